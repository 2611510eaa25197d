"""Coarsened exact matching: people are compared within cells of similar covariates.

    frame, covariates ── coarse_strata ──▶ strata (n,)

Numbers fall into bins that include their lower edge and not their upper; the outer bins are open,
so nobody falls outside. Categories stay as they are unless grouped. Cells with people of one group
only are left out afterwards.

Bins: "sturges" (the default), "fd" (Freedman-Diaconis; wider quantiles when the quartiles agree)
and "scott" choose a number of bins of equal width over the range in the sample; a whole number
asks for that many; "q4" asks for four bins with equal numbers of people (type-7 quantiles); a list
gives the cut points themselves.

Source: Iacus, King & Porro (2012), Political Analysis 20, 1-24; Sturges (1926); Freedman &
Diaconis (1981); Scott (1979), Biometrika 66, 605-610.
"""

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Protocol

import numpy as np
import pandas as pd

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.errors import DesignError
from pbc_eval.matching.design import strata_of
from pbc_eval.matching.encoding import is_category, numbers
from pbc_eval.matching.labels import combined
from pbc_eval.numerics.arrays import Floats, Ints

Cut = str | int | Sequence[float]
CutPoints = Cut | Mapping[str, Cut]
Grouping = Mapping[str, Sequence[Sequence[object]]]

RULES = ("sturges", "fd", "scott")
MOST_BINS = 10_000


def coarse_strata(
    frame: pd.DataFrame, covariates: Sequence[str], cutpoints: CutPoints, grouping: Grouping
) -> Ints:
    """Whole numbers that agree where people share all bins and groups, shape (n,).

    ``cutpoints`` is one rule for all numeric covariates or a mapping from some of them to theirs,
    the others following Sturges; ``grouping`` maps a covariate to lists of values that count as
    one. Raises DesignError for rules that are unknown, do not fit the covariate, or name no one.
    """
    texts = {name: str(frame[name].dtype) for name in covariates if is_category(frame[name])}
    cuts = cuts_asked(covariates, texts, cutpoints, grouping)
    codes: list[Ints] = []
    for name in covariates:
        column = frame[name]
        if name in grouping:
            codes.append(_grouped(column, grouping[name]))
        elif name in texts:
            codes.append(strata_of(frame, [name]))
        else:
            values = numbers(column)
            edges = inner_edges(OfValues(values), cuts[name], name)
            codes.append(np.searchsorted(edges, values, side="right"))
    return combined(codes)


def cuts_asked(
    covariates: Sequence[str], texts: Mapping[str, str], cutpoints: CutPoints, grouping: Grouping
) -> dict[str, Cut]:
    """The rule of each covariate that is cut; ``texts`` are those of categories, with their type.

    Raises DesignError for rules that name no covariate, one that is grouped, or a category."""
    by_name = dict(cutpoints) if isinstance(cutpoints, Mapping) else {}
    for role, named in (("cutpoints", by_name), ("grouping", grouping)):
        for name in named:
            if name not in covariates:
                raise DesignError(
                    f"match: {role} names {name!r}, which is not among the covariates."
                    f"{did_you_mean(name, covariates)} Leave it out, or add the covariate."
                )
    default: Cut = "sturges" if isinstance(cutpoints, Mapping) else cutpoints
    cuts = {}
    for name in covariates:
        if name in by_name and name in grouping:
            raise DesignError(f"match: {name!r} has both cutpoints and grouping; keep one.")
        if name in by_name and name in texts:
            raise DesignError(
                f"match: cutpoints names {name!r}, a column of {texts[name]}; only numbers "
                "can be cut. Use grouping to merge its values."
            )
        if name not in grouping and name not in texts:
            cuts[name] = by_name.get(name, default)
    return cuts


class Distribution(Protocol):
    """What rules for cut points ask of a covariate, wherever its values are."""

    n: int
    low: float
    high: float

    def deviation(self) -> float:
        """The standard deviation (n - 1)."""

    def quantiles(self, shares: Sequence[float]) -> Floats:
        """Type-7 quantiles."""


class OfValues:
    """The distribution of ``values`` (n,) in memory."""

    def __init__(self, values: Floats) -> None:
        self.values, self.n = values, len(values)
        self.low, self.high = float(values.min()), float(values.max())

    def deviation(self) -> float:
        return float(np.std(self.values, ddof=1))

    def quantiles(self, shares: Sequence[float]) -> Floats:
        return np.asarray(np.quantile(self.values, shares))


def inner_edges(values: Distribution, cut: Cut, name: str) -> Floats:
    """The cut points between bins of a covariate, in increasing order."""
    low, high = values.low, values.high
    if isinstance(cut, str) and re.fullmatch(r"q[0-9]+", cut):
        parts = int(cut[1:])
        _check_bins(parts, cut, name)
        return np.asarray(np.unique(values.quantiles(list(np.arange(1, parts) / parts))))
    if isinstance(cut, str):
        if cut not in RULES:
            raise DesignError(
                f"match: cutpoints of {name!r} must be one of {', '.join(RULES)}, q2, q3, ..., a "
                f"number of bins or a list of cut points; got {cut!r}.{did_you_mean(cut, RULES)}"
            )
        parts = _number_of_bins(values, cut)
    elif isinstance(cut, Integral) and not isinstance(cut, bool):
        parts = int(cut)
        _check_bins(parts, cut, name)
    else:
        return _own_points(cut, name)
    return np.linspace(low, high, parts + 1)[1:-1] if high > low else np.empty(0)


def _check_bins(parts: int, cut: object, name: str) -> None:
    if not 1 <= parts <= MOST_BINS:
        raise DesignError(
            f"match: cutpoints of {name!r} must ask for 1 to {MOST_BINS:,} bins, got {cut!r}."
        )


def _own_points(cut: object, name: str) -> Floats:
    points = list(cut) if isinstance(cut, Sequence | np.ndarray) else None
    fine = points and all(
        isinstance(point, Real) and not isinstance(point, bool) and math.isfinite(point)
        for point in points
    )
    if not fine or points is None or list(points) != sorted(set(points)):
        raise DesignError(
            f"match: cutpoints of {name!r} must be a rule, a number of bins, or finite numbers in "
            f"increasing order, got {cut!r}."
        )
    return np.array(points, dtype=np.float64)


def _number_of_bins(values: Distribution, rule: str) -> int:
    n, spread = values.n, values.high - values.low
    if rule == "sturges":
        return math.ceil(math.log2(n) + 1)
    width = 3.5 * values.deviation() * n ** (-1 / 3)
    if rule == "fd":
        for tail in (0.25, 0.125, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256, 1 / 512):
            # when half the people share a value, wider quantiles, as R documents
            low, high = values.quantiles([tail, 1 - tail])
            if high > low:
                width = float(high - low) / (1 - 2 * tail) * n ** (-1 / 3)
                break
    return max(1, min(MOST_BINS, math.ceil(spread / width))) if width > 0 else 1


def _grouped(column: pd.Series, groups: Sequence[Sequence[object]]) -> Ints:
    """Codes by group; values no group names stay by themselves."""
    code = codes_of_groups(str(column.name), list(column.unique()), groups)
    return np.array([code[value] for value in column.tolist()], dtype=np.int64)


def codes_of_groups(
    name: str, known: Sequence[object], groups: Sequence[Sequence[object]]
) -> dict[object, int]:
    """Of each ``known`` value the number of its group; those that no group names have their own."""
    if isinstance(groups, str) or any(
        isinstance(group, str) or not isinstance(group, Sequence) for group in groups
    ):
        raise DesignError(
            f"match: grouping of {name!r} must be lists of values that count as one, such as "
            f"[['north', 'east'], ['south']]; got {groups!r}."
        )
    code: dict[object, int] = {}
    for number, group in enumerate(groups):
        for value in group:
            if value not in known:
                raise DesignError(
                    f"match: grouping of {name!r} names {value!r}, which nobody has. Values: "
                    f"{first_few(known, 12)}."
                )
            if value in code:
                raise DesignError(f"match: grouping of {name!r} puts {value!r} in two groups.")
            code[value] = number
    for value in sorted(known, key=str):
        code.setdefault(value, len(code) + len(groups))
    return code
