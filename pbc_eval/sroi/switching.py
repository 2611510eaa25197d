"""Switching values: how wrong each assumption must be before the ratio is 1.

Quantities, proxies and the shares taken off enter the present value linearly and are solved in
closed form; drop-off and the discount rate by a bracketed root; durations year by year. When no
admissible value brings the ratio to 1, the value is None and the reason is given in words.

Source: HM Treasury, The Green Book, on switching values.
"""

from collections.abc import Callable
from typing import NamedTuple

from pbc_eval.agreement.value_map import LONGEST
from pbc_eval.numerics.root_finding import root_between
from pbc_eval.sroi.assumptions import SHARES
from pbc_eval.sroi.present_value import SroiResult
from pbc_eval.sroi.sensitivity import ALL, BY_ROW, PROJECT, ratio_with, with_values

ROOT_TOLERANCE = 1e-12
LINEAR_SHARES = tuple(name for name in SHARES if name != "drop_off")


class SwitchingValue(NamedTuple):
    """The value at which the social return ratio is 1, or None and the reason why not."""

    outcome: str  # row id, "all outcomes" or "whole project"
    assumption: str
    base: float | None
    value: float | None
    reason: str = ""


def switching_values(result: SroiResult) -> tuple[SwitchingValue, ...]:
    """One entry for each row and assumption, then all quantities, investment and discount.

    Quantities and proxies are sought on their own side of zero, shares and the discount rate in
    [0, 1]. A duration is the nearest whole number of years on the other side of 1.
    """
    entries = [
        _of_row(result, position, name)
        for position in range(len(result.outcomes))
        for name in BY_ROW
    ]
    scale = 1 / result.ratio if result.ratio > 0 else None
    reason = "" if scale else "the present value is not above zero, so no scaling makes it so"
    entries.append(SwitchingValue(ALL, "quantity, multiplied by", 1.0, scale, reason))
    present = result.present_value if result.present_value > 0 else None
    reason = "" if present else "the present value is not above zero, so no investment is repaid"
    entries.append(SwitchingValue(PROJECT, "investment", result.investment, present, reason))
    entries.append(_of_discount(result))
    return tuple(entries)


def _of_row(result: SroiResult, position: int, name: str) -> SwitchingValue:
    given, outcome = result.assumptions, result.outcomes[position].id
    base = float(getattr(given, name)[position])

    def excess(value: float) -> float:
        changed = with_values(given, name, value, position)
        return ratio_with(result, assumptions=changed) - 1

    if name == "deadweight" and given.estimated[position]:
        why = "the quantity is estimated and already net of deadweight"
        return SwitchingValue(outcome, name, base, None, why)
    if name in ("quantity", "proxy_value"):
        value, why = _on_a_line(excess, base)
    elif name == "duration":
        value, why = _whole_years(excess, int(base))
    else:
        value, why = _in_unit_interval(excess, linear=name in LINEAR_SHARES)
    return SwitchingValue(outcome, name, base, value, why)


def _on_a_line(excess: Callable[[float], float], base: float) -> tuple[float | None, str]:
    """Root of a straight line, on the same side of zero as ``base``."""
    at_zero, step = excess(0.0), base or 1.0
    slope = (excess(step) - at_zero) / step
    if slope == 0:
        return None, f"it has no bearing on the ratio, which stays at {at_zero + 1:.3g}"
    value = -at_zero / slope
    if value * step < 0:
        side = "above" if at_zero > 0 else "below"
        return None, f"the ratio is {side} 1 even at zero ({at_zero + 1:.3g})"
    return value, ""


def _in_unit_interval(excess: Callable[[float], float], linear: bool) -> tuple[float | None, str]:
    at_zero, at_one = excess(0.0), excess(1.0)
    if at_zero == at_one:
        return None, f"it has no bearing on the ratio, which stays at {at_zero + 1:.3g}"
    if at_zero * at_one > 0:
        side = "above" if at_zero > 0 else "below"
        runs = f"from {at_zero + 1:.3g} at 0 to {at_one + 1:.3g} at 1"
        return None, f"the ratio stays {side} 1 throughout, {runs}"
    if linear:
        return at_zero / (at_zero - at_one), ""
    return root_between(excess, 0.0, 1.0, tolerance=ROOT_TOLERANCE), ""


def _whole_years(excess: Callable[[float], float], base: int) -> tuple[float | None, str]:
    now = excess(base)
    shorter = [years for years in range(base, 0, -1) if excess(years) * now <= 0]
    if shorter:
        return float(shorter[0]), ""
    # values of a longer run only add up: if the longest does not cross, none does
    if excess(LONGEST) * now > 0:
        side = "above" if now > 0 else "below"
        return None, f"the ratio stays {side} 1 from 1 to {LONGEST} years"
    low, high = base, LONGEST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if excess(middle) * now > 0 else (low, middle)
    return float(high), ""


def _of_discount(result: SroiResult) -> SwitchingValue:
    """One rate for all years; for a schedule too, whose base is then None."""
    base = result.discount if isinstance(result.discount, float) else None
    value, why = _in_unit_interval(lambda rate: ratio_with(result, rate=rate) - 1, linear=False)
    return SwitchingValue(PROJECT, "discount", base, value, why)
