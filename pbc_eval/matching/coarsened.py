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
    by_name = dict(cutpoints) if isinstance(cutpoints, Mapping) else {}
    for role, named in (("cutpoints", by_name), ("grouping", grouping)):
        for name in named:
            if name not in covariates:
                raise DesignError(
                    f"match: {role} names {name!r}, which is not among the covariates."
                    f"{did_you_mean(name, covariates)} Leave it out, or add the covariate."
                )
    default = "sturges" if isinstance(cutpoints, Mapping) else cutpoints
    codes: list[Ints] = []
    for name in covariates:
        column = frame[name]
        if name in grouping:
            if name in by_name:
                raise DesignError(f"match: {name!r} has both cutpoints and grouping; keep one.")
            codes.append(_grouped(column, grouping[name]))
        elif is_category(column):
            if name in by_name:
                raise DesignError(
                    f"match: cutpoints names {name!r}, a column of {column.dtype}; only numbers "
                    "can be cut. Use grouping to merge its values."
                )
            codes.append(strata_of(frame, [name]))
        else:
            values = numbers(column)
            edges = inner_edges(values, by_name.get(name, default), name)
            codes.append(np.searchsorted(edges, values, side="right"))
    return combined(codes)


def inner_edges(values: Floats, cut: Cut, name: str) -> Floats:
    """The cut points between bins of ``values`` (n,), in increasing order."""
    low, high = float(values.min()), float(values.max())
    if isinstance(cut, str) and re.fullmatch(r"q[0-9]+", cut):
        parts = int(cut[1:])
        _check_bins(parts, cut, name)
        return np.asarray(np.unique(np.quantile(values, np.arange(1, parts) / parts)))
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


def _number_of_bins(values: Floats, rule: str) -> int:
    n, spread = len(values), float(values.max() - values.min())
    if rule == "sturges":
        return math.ceil(math.log2(n) + 1)
    width = 3.5 * float(np.std(values, ddof=1)) * n ** (-1 / 3)
    if rule == "fd":
        for tail in (0.25, 0.125, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256, 1 / 512):
            # when half the people share a value, wider quantiles, as R documents
            low, high = np.quantile(values, [tail, 1 - tail])
            if high > low:
                width = float(high - low) / (1 - 2 * tail) * n ** (-1 / 3)
                break
    return max(1, min(MOST_BINS, math.ceil(spread / width))) if width > 0 else 1


def _grouped(column: pd.Series, groups: Sequence[Sequence[object]]) -> Ints:
    """Codes by group; values no group names stay by themselves."""
    name = str(column.name)
    if isinstance(groups, str) or any(
        isinstance(group, str) or not isinstance(group, Sequence) for group in groups
    ):
        raise DesignError(
            f"match: grouping of {name!r} must be lists of values that count as one, such as "
            f"[['north', 'east'], ['south']]; got {groups!r}."
        )
    known = list(column.unique())
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
    return np.array([code[value] for value in column.tolist()], dtype=np.int64)
