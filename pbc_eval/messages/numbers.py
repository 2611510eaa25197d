"""How results are written, once for text, tables and figures: an effect in its outcome's own unit.

How a plain number, an amount of money or a date is written is said in messages/number_formats.py.
"""

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from pbc_eval.messages.number_formats import MINUS, MISSING, money, number, p_value, percent
from pbc_eval.messages.sentence import part_in_english
from pbc_eval.messages.values import Chance, Effect, Level

__all__ = [
    "MINUS",
    "MISSING",
    "adds_up_as_shown",
    "amount",
    "chance",
    "count",
    "differ_as_shown",
    "effect_value",
    "in_points",
    "level",
    "level_value",
    "measure",
    "money",
    "number",
    "p_value",
    "percent",
    "short_chance",
    "size",
    "unit_of",
]


# "% of pupils", "per cent"; not "% of the comparison group's level", which is a relative effect
PER_CENT = re.compile(r"(?!.*\blevel\b)(%|per ?cent\b(?! ?points?)|percentage (?!points?))", re.I)


class Measured(Protocol):
    """What decides how an effect is written: the outcome that it is of."""

    @property
    def unit(self) -> str: ...
    @property
    def shown_as(self) -> str: ...
    @property
    def decimals(self) -> int: ...


def count(value: float | None) -> str:
    return number(value, 0)


def chance(share: float) -> str:
    """A share of random draws, which never claims certainty: 'more than 99.9%'."""
    return part_in_english(Chance(share))


def short_chance(share: float | None) -> str:
    """The same in the cell of a table: '< 0.1%', '2.5%', '> 99.9%'."""
    if share is None or math.isnan(share):
        return MISSING
    if share > 0.999:
        return f"> {percent(0.999, 1)}"
    return f"< {percent(0.001, 1)}" if share < 0.001 else percent(share, 1)


def measure(value: float | None) -> str:
    """What a clause is priced on: four decimals below 10 (shares), two above, none if whole."""
    if value is None or math.isnan(value):
        return MISSING
    if value == int(value):
        return number(value, 0)
    return number(value, 4 if abs(value) < 10 else 2)


def effect_value(
    value: float, outcome: Measured, currency: str, *, with_unit: bool = True
) -> Effect:
    """The size of an effect, for a sentence that says its direction in words."""
    return Effect(
        abs(value),
        decimals=outcome.decimals,
        unit=unit_of(outcome) if with_unit else "",
        scale=100.0 if outcome.shown_as == "percentage_points" else 1.0,
        currency=currency if outcome.shown_as == "money" else "",
    )


def level_value(value: float, outcome: Measured, currency: str) -> Level:
    """A level, for a sentence."""
    per_cent = is_per_cent(outcome) and outcome.shown_as != "percentage_points"
    return Level(
        value / 100 if per_cent else value,
        decimals=outcome.decimals,
        unit=unit_of(outcome),
        scale=100.0 if in_points(outcome) else 1.0,
        currency=currency if outcome.shown_as == "money" else "",
    )


def amount(value: float | None, outcome: Measured, currency: str) -> str:
    """An effect or a level without its unit, as tables and axes write it."""
    if value is None or math.isnan(value):
        return MISSING
    if outcome.shown_as == "money":
        return money(value, currency, outcome.decimals)
    scale = 100 if outcome.shown_as == "percentage_points" else 1
    return number(scale * value, outcome.decimals)


def differ_as_shown(level: float, other_level: float, difference: float, outcome: Measured) -> bool:
    """Is the difference of two levels, as they are written, the difference as it is written?"""
    scale = 100 if outcome.shown_as == "percentage_points" else 1
    first, second, apart = (
        Decimal(f"{scale * value:.{outcome.decimals}f}")
        for value in (level, other_level, difference)
    )
    return first - second == apart


def adds_up_as_shown(parts: Iterable[float], total: float, decimals: int) -> bool:
    """Is the sum of the parts, as they are written, the total as it is written?"""
    written = (Decimal(f"{part:.{decimals}f}") for part in parts)
    return sum(written) == Decimal(f"{total:.{decimals}f}")


def is_per_cent(outcome: Measured) -> bool:
    """Are the data in per cent, so that a difference of two is so many percentage points?"""
    return bool(PER_CENT.match(outcome.unit.strip())) and outcome.shown_as != "money"


def in_points(outcome: Measured) -> bool:
    """Is an effect written in percentage points: of shares, or of data in per cent?"""
    return outcome.shown_as == "percentage_points" or is_per_cent(outcome)


def unit_of(outcome: Measured) -> str:
    """What stands after an effect: nothing for money, whose sign carries it. A difference of
    percentages is in percentage points; how large it is of the level without it stands beside."""
    if in_points(outcome):
        return "percentage points"
    return "" if outcome.shown_as == "money" else outcome.unit


def size(value: float, outcome: Measured, currency: str) -> str:
    """The size of an effect in words: '2.3 readmissions per 100 discharges'. Never negative."""
    return part_in_english(effect_value(value, outcome, currency))


def level(value: float, outcome: Measured, currency: str) -> str:
    """A level in words: '21.9 readmissions per 100 discharges', '62.1%', '$4,480'."""
    return part_in_english(level_value(value, outcome, currency))
