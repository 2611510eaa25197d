"""How numbers are written, once for text, tables and figures.

Thousands have commas, negatives a true minus sign, p-values never read "0.000", and an effect is
written in its outcome's own unit.
"""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"
SYMBOLS = {"GBP": "£", "USD": "$", "EUR": "€", "AUD": "A$", "NZD": "NZ$", "INR": "₹"}


class Measured(Protocol):
    """What decides how an effect is written: the outcome that it is of."""

    @property
    def unit(self) -> str: ...
    @property
    def shown_as(self) -> str: ...
    @property
    def decimals(self) -> int: ...


def number(value: float | None, decimals: int = 1) -> str:
    """1,234.5; the minus sign is a real one; missing is an en dash."""
    if value is None or math.isnan(value):
        return MISSING
    text = f"{abs(value):,.{decimals}f}"
    is_zero = not text.strip("0.,")
    return text if value >= 0 or is_zero else MINUS + text


def count(value: float | None) -> str:
    return number(value, 0)


def money(value: float | None, currency: str, decimals: int = 0) -> str:
    """£1,235, with the code in front where there is no symbol."""
    if value is None or math.isnan(value):
        return MISSING
    text = number(abs(value), decimals)
    is_zero = not text.strip("0.,")
    sign = MINUS if value < 0 and not is_zero else ""
    return f"{sign}{SYMBOLS.get(currency, currency + ' ')}{text}"


def percent(value: float | None, decimals: int = 0) -> str:
    """A fraction as a percentage: 0.25 is 25%."""
    return MISSING if value is None or math.isnan(value) else f"{number(100 * value, decimals)}%"


def chance(share: float) -> str:
    """A share of random draws, which never claims certainty: 'more than 99.9%'."""
    if share > 0.999:
        return "more than 99.9%"
    if share < 0.001:
        return "fewer than 0.1%"
    return percent(share, 1 if share > 0.99 or share < 0.01 else 0)


def short_chance(share: float | None) -> str:
    """The same in the cell of a table: '< 0.1%', '2.5%', '> 99.9%'."""
    if share is None or math.isnan(share):
        return MISSING
    if share > 0.999:
        return "> 99.9%"
    return "< 0.1%" if share < 0.001 else percent(share, 1)


def measure(value: float | None) -> str:
    """What a clause is priced on: four decimals below 10 (shares), two above, none if whole."""
    if value is None or math.isnan(value):
        return MISSING
    if value == int(value):
        return number(value, 0)
    return number(value, 4 if abs(value) < 10 else 2)


def p_value(value: float | None) -> str:
    if value is None or math.isnan(value):
        return MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def amount(value: float | None, outcome: Measured, currency: str) -> str:
    """An effect or a level without its unit, as tables and axes write it."""
    if value is None or math.isnan(value):
        return MISSING
    if outcome.shown_as == "money":
        return money(value, currency, outcome.decimals)
    scale = 100 if outcome.shown_as == "percentage_points" else 1
    return number(scale * value, outcome.decimals)


def differ_as_shown(one: float, other: float, difference: float, outcome: Measured) -> bool:
    """Is the difference of two levels, as they are written, the difference as it is written?"""
    scale = 100 if outcome.shown_as == "percentage_points" else 1
    first, second, apart = (
        Decimal(f"{scale * value:.{outcome.decimals}f}") for value in (one, other, difference)
    )
    return first - second == apart


def adds_up_as_shown(parts: Iterable[float], total: float, decimals: int) -> bool:
    """Is the sum of the parts, as they are written, the total as it is written?"""
    written = (Decimal(f"{part:.{decimals}f}") for part in parts)
    return sum(written) == Decimal(f"{total:.{decimals}f}")


def unit_of(outcome: Measured) -> str:
    """What stands after an effect: nothing for money, whose sign carries it."""
    if outcome.shown_as == "percentage_points":
        return "percentage points"
    return "" if outcome.shown_as == "money" else outcome.unit


def size(value: float, outcome: Measured, currency: str) -> str:
    """The size of an effect in words: '2.3 readmissions per 100 discharges'. Never negative."""
    return f"{amount(abs(value), outcome, currency)} {unit_of(outcome)}".strip()


def level(value: float, outcome: Measured, currency: str) -> str:
    """A level in words: '21.9 readmissions per 100 discharges', '62.1%', '$4,480'."""
    if outcome.shown_as == "percentage_points":
        return percent(value, outcome.decimals)
    return f"{amount(value, outcome, currency)} {unit_of(outcome)}".strip()
