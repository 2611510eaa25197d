"""From gross value to net: what each step of a value map takes away.

    gross value ─ would have happened anyway ─ displaced ─ owed to others ─ leaks away ─ other
    adjustments ─ fades ─ discounted ─▶ present value ─ investment ─▶ net present value

Each step is taken after those before it, so the steps add up exactly; another order would give
other steps and the same end.
"""

from typing import NamedTuple

import numpy as np

from pbc_eval.sroi.present_value import SroiResult


class WaterfallStep(NamedTuple):
    """One step: ``change`` takes the level before it to ``level``; totals have no change."""

    name: str
    change: float | None  # money; None for a total
    level: float  # money left after the step


def waterfall(result: SroiResult) -> tuple[WaterfallStep, ...]:
    """Steps in order; those that change nothing are left out. Money of year 0 from the present
    value on, undiscounted before."""
    given = result.assumptions
    per_year = given.quantity * given.proxy_value
    gross = per_year * (given.duration - 1 + given.last_year)
    steps = [WaterfallStep("Gross value", None, float(gross.sum()))]
    left = gross.copy()
    for name, kept in (
        ("Would have happened anyway", 1 - given.deadweight),
        ("Displaced from elsewhere", 1 - given.displacement),
        ("Owed to others", 1 - given.attribution),
        ("Leaks to others than the group", 1 - given.leakage),
        ("Optimism and income weights", given.multiplier),
    ):
        left = left * kept
        _take(steps, name, float(left.sum()))
    _take(steps, "Fades with time", float(result.values.sum()))
    _take(steps, "Discounted", result.present_value)
    steps.append(WaterfallStep("Present value", None, result.present_value))
    steps.append(WaterfallStep("Investment", -result.investment, result.net_present_value))
    steps.append(WaterfallStep("Net present value", None, result.net_present_value))
    return tuple(steps)


def _take(steps: list[WaterfallStep], name: str, level: float) -> None:
    before = steps[-1].level
    if not np.isclose(level, before, rtol=1e-12, atol=1e-9):
        steps.append(WaterfallStep(name, level - before, level))
