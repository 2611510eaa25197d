"""What the ratio owes to each assumption.

one_way           each assumption alone at a low and a high value (a tornado)
switching_values  the value of each assumption at which the ratio is 1

Defaults of one_way, where no bounds are given: shares (deadweight, displacement, attribution,
leakage, drop-off) plus and minus 25 percentage points, held in [0, 1]; an estimated quantity at
the ends of its interval; any other quantity, proxies and the investment plus and minus 25 %;
duration plus and minus one year; the discount rate plus and minus one point; the first outcome
year undiscounted and discounted once. Deadweight of an estimated quantity is never varied: it is
zero by construction.

Source: HM Treasury, The Green Book, on sensitivity analysis and switching values; Social Value UK,
"A Guide to SROI" (2012), stage 5.3.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbc_eval._validate import check_choice, check_number, check_share, did_you_mean
from pbc_eval.errors import ValueMapError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.parameters.discounting import annual_rates
from pbc_eval.sroi.assumptions import SHARES, Assumptions, value_by_year
from pbc_eval.sroi.present_value import LEAD, SroiResult

ALL = "all outcomes"
PROJECT = "whole project"
SHARE_STEP, RELATIVE_STEP, RATE_STEP = 0.25, 0.25, 0.01
BY_ROW = ("quantity", "proxy_value", *SHARES, "duration")
SHARES_HELD, YEARS_HELD = "within 0 to 1", "at 1 year or more"
How = Literal["set to", "shifted by", "multiplied by"]
Bounds = Mapping[tuple[str, str], tuple[float, float]]


class OneWay(NamedTuple):
    """One assumption alone at two values. ``swing`` is the distance between the two ratios."""

    outcome: str  # row id, "all outcomes" or "whole project"
    assumption: str
    how: How  # what low and high do to the base
    base: float | None  # None when rows differ
    low: float
    high: float
    ratio_low: float  # social return ratio at ``low``
    ratio_high: float
    swing: float
    held: str = ""  # "0 to 1": some value would have gone beyond, and is held there


def one_way(result: SroiResult, *, bounds: Bounds | None = None) -> tuple[OneWay, ...]:
    """Every assumption alone at a low and a high value, widest swing first.

    ``bounds`` replaces the default (low, high) for (row id or "all outcomes", assumption), and is
    set, not added; ("whole project", "discount" or "investment") likewise. Without effect on the
    ratio (drop-off of a single year), an assumption is left out unless bounds name it.

    Raises ValueMapError for bounds that name no row or assumption, or a share outside [0, 1].
    """
    given = dict(bounds or {})
    _check_bounds(result, given)
    entries = [
        _row_entry(result, position, name, given)
        for position in range(len(result.outcomes))
        for name in BY_ROW
        if (result.outcomes[position].id, name) in given or _matters(result, position, name)
    ]
    entries += [_all_entry(result, name, given) for name in BY_ROW]
    entries += _project_entries(result, given)
    return tuple(sorted(entries, key=lambda entry: -entry.swing))


def ratio_with(
    result: SroiResult,
    *,
    assumptions: Assumptions | None = None,
    investment: float | None = None,
    rate: float | None = None,
    rate_shift: float = 0.0,
    lead: int | None = None,
) -> float:
    """The ratio with some things changed. ``rate`` replaces the discount by one rate for all
    years, ``rate_shift`` moves every year's; ``lead`` is 0 or 1, the first outcome year."""
    given = result.assumptions if assumptions is None else assumptions
    values = value_by_year(given, LEAD[result.start_convention] if lead is None else lead)
    years = values.shape[1] - 1
    discount = result.discount if rate is None else rate
    rates = np.maximum(annual_rates(discount, years, result.date) + rate_shift, 0.0)
    factors = np.concatenate([[1.0], 1 / np.cumprod(1 + rates)])
    if investment is None:
        furthest = max((year for year, _ in result.later_inputs), default=0)
        if (rate is not None or rate_shift) and furthest:
            later = np.maximum(annual_rates(discount, furthest, result.date) + rate_shift, 0.0)
            worth = np.concatenate([[1.0], 1 / np.cumprod(1 + later)])
            investment = result.invested_at(worth)
        else:
            investment = result.investment
    return float((values @ factors).sum()) / investment


def with_values(
    given: Assumptions, name: str, values: Floats | float, rows: int | slice = slice(None)
) -> Assumptions:
    """The assumptions with ``name`` set to ``values`` in ``rows``."""
    column: NDArray[Any] = getattr(given, name).copy()
    column[rows] = values
    changed: dict[str, Any] = {name: column}
    return dataclasses.replace(given, **changed)


def _check_bounds(result: SroiResult, bounds: Bounds) -> None:
    ids = [row.id for row in result.outcomes]
    for (outcome, name), (low, high) in bounds.items():
        for end in (low, high):
            check_number(f"bounds of {outcome}", name, end, ValueMapError)
        if outcome not in {*ids, ALL, PROJECT}:
            raise ValueMapError(
                f"bounds: {outcome!r} is not a row of the value map, {ALL!r} or {PROJECT!r}."
                f"{did_you_mean(outcome, ids)}"
            )
        choices = ("discount", "investment") if outcome == PROJECT else BY_ROW
        check_choice(f"bounds of {outcome}", "assumption", name, choices, ValueMapError)
        if name in SHARES or name == "discount":
            for value in (low, high):
                check_share(f"bounds of {outcome}", name, value, ValueMapError)
        if low > high:
            raise ValueMapError(f"bounds of {outcome}, {name}: low {low:g} is above high {high:g}.")
        if name == "duration" and not (low >= 1 and low == int(low) and high == int(high)):
            raise ValueMapError(f"bounds of {outcome}, duration: must be whole years from 1.")
        if name == "investment" and not low > 0:
            raise ValueMapError(
                f"bounds of {outcome}, investment: must be above zero, got {low:g}."
            )
        estimated = outcome in ids and result.assumptions.estimated[ids.index(outcome)]
        if name == "deadweight" and estimated:
            raise ValueMapError(
                f"bounds of {outcome}, deadweight: the quantity is estimated and already net of "
                "it. Remove the bounds."
            )


def _matters(result: SroiResult, position: int, name: str) -> bool:
    given = result.assumptions
    if name == "deadweight":
        return not given.estimated[position]
    return not (name == "drop_off" and given.duration[position] == 1)


def _row_entry(result: SroiResult, position: int, name: str, bounds: Bounds) -> OneWay:
    given, outcome = result.assumptions, result.outcomes[position].id
    base, held = float(getattr(given, name)[position]), ""
    if (outcome, name) in bounds:
        low, high = bounds[outcome, name]
    elif name == "quantity" and _has_interval(given, position):
        low, high = float(given.quantity_low[position]), float(given.quantity_high[position])
    elif name in SHARES:
        low, high = max(base - SHARE_STEP, 0.0), min(base + SHARE_STEP, 1.0)
        held = SHARES_HELD * (low > base - SHARE_STEP or high < base + SHARE_STEP)
    elif name == "duration":
        low, high = max(base - 1, 1.0), base + 1
        held = YEARS_HELD * (low > base - 1)
    else:
        low, high = sorted((base * (1 - RELATIVE_STEP), base * (1 + RELATIVE_STEP)))
    ratios = [
        ratio_with(result, assumptions=with_values(given, name, value, position))
        for value in (low, high)
    ]
    return _entry((outcome, name), "set to", base, (low, high), ratios, held=held)


def _has_interval(given: Assumptions, position: int) -> bool:
    ends = (given.quantity_low[position], given.quantity_high[position])
    return bool(np.isfinite(ends).all())


def _all_entry(result: SroiResult, name: str, bounds: Bounds) -> OneWay:
    """Every row at once: set to given bounds, or moved from where each row stands."""
    given = result.assumptions
    now: NDArray[Any] = getattr(given, name)
    how: How
    held = ""
    if (ALL, name) in bounds:
        how, ends = "set to", bounds[ALL, name]
        moved = [np.full(now.shape, end) for end in ends]
    elif name in SHARES:
        how, ends = "shifted by", (-SHARE_STEP, SHARE_STEP)
        moved = [np.clip(now + end, 0.0, 1.0) for end in ends]
        held = SHARES_HELD * bool((now - SHARE_STEP < 0).any() or (now + SHARE_STEP > 1).any())
    elif name == "duration":
        how, ends = "shifted by", (-1.0, 1.0)
        moved = [np.maximum(now + end, 1) for end in ends]
        held = YEARS_HELD * bool((now < 2).any())
    else:
        how, ends = "multiplied by", (1 - RELATIVE_STEP, 1 + RELATIVE_STEP)
        moved = [now * end for end in ends]
    if name == "deadweight":
        moved = [np.where(given.estimated, 0.0, values) for values in moved]
    ratios = [ratio_with(result, assumptions=with_values(given, name, values)) for values in moved]
    base = float(now[0]) if (now == now[0]).all() else None
    return _entry((ALL, name), how, base, ends, ratios, held=held)


def _project_entries(result: SroiResult, bounds: Bounds) -> list[OneWay]:
    base = result.investment
    ends = bounds.get((PROJECT, "investment"), (base * 0.75, base * 1.25))
    ratios = [ratio_with(result, investment=end) for end in ends]
    entries = [_entry((PROJECT, "investment"), "set to", base, ends, ratios)]

    rate = result.discount if isinstance(result.discount, float) else None
    if (PROJECT, "discount") in bounds or rate is not None:
        default = (max((rate or 0.0) - RATE_STEP, 0.0), min((rate or 0.0) + RATE_STEP, 1.0))
        is_default = (PROJECT, "discount") not in bounds
        held = SHARES_HELD * (is_default and rate is not None and rate < RATE_STEP)
        ends = bounds.get((PROJECT, "discount"), default)
        ratios = [ratio_with(result, rate=end) for end in ends]
        entries.append(_entry((PROJECT, "discount"), "set to", rate, ends, ratios, held=held))
    else:
        ends = (-RATE_STEP, RATE_STEP)
        ratios = [ratio_with(result, rate_shift=end) for end in ends]
        entries.append(_entry((PROJECT, "discount"), "shifted by", None, ends, ratios))

    ratios = [ratio_with(result, lead=lead) for lead in (0, 1)]
    lead = float(LEAD[result.start_convention])
    name = "times the first outcome year is discounted"
    entries.append(_entry((PROJECT, name), "set to", lead, (0.0, 1.0), ratios))
    return entries


def _entry(
    place: tuple[str, str],
    how: How,
    base: float | None,
    ends: tuple[float, float],
    ratios: list[float],
    *,
    held: str = "",
) -> OneWay:
    low, high = ratios
    return OneWay(*place, how, base, *ends, low, high, abs(high - low), held)
