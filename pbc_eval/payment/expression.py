"""An amount as a formula that can be read three ways.

    exact            Decimals: the amount that is paid
    over_draws       arrays of floats: the same rule over a million draws (over_draws.py)
    in_spreadsheet   text: the same rule as a live formula in a workbook

Each kind of clause states its formula once; payment, simulation and workbook all read that one.
A condition is 1 where it holds and 0 where it does not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal

SIGNIFICANT_DIGITS = 12  # an effect's float noise is near the 16th; no agreed figure has 12
COUNT_DIGITS = 15  # a count is no estimate: every digit that a float holds for certain
Mode = Literal["half_up", "half_even", "down"]
MODES: dict[Mode, str] = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "down": ROUND_DOWN,
}


@dataclass(frozen=True, slots=True)
class Term:
    """A number that was agreed: a price, a cap."""

    name: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that was measured of an outcome: effect, conf_low, count, total_scale."""

    outcome: str
    name: str


@dataclass(frozen=True, slots=True)
class AmountOf:
    """The rounded amount of another line of the statement."""

    line: str


@dataclass(frozen=True, slots=True)
class Plus:
    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Times:
    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Over:
    numerator: "Expression"
    denominator: "Expression"


@dataclass(frozen=True, slots=True)
class Least:
    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Greatest:
    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """1 where ``left`` is ``right`` or more."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Above:
    """1 where ``left`` is more than ``right``."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class If:
    """``then`` where the condition is not 0, else ``otherwise``."""

    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True, slots=True)
class Significant:
    """At so many significant digits, free of float noise; a whole number stays as it is."""

    of: "Expression"
    digits: int = SIGNIFICANT_DIGITS


@dataclass(frozen=True, slots=True)
class Rounded:
    """To so many decimals; "down" is towards zero."""

    of: "Expression"
    decimals: int
    mode: Mode


Leaf = Term | Fact | AmountOf
Expression = (
    Leaf | Plus | Times | Over | Least | Greatest | AtLeast | Above | If | Significant | Rounded
)
ZERO, ONE, MINUS_ONE = Term("0", Decimal(0)), Term("1", Decimal(1)), Term("-1", Decimal(-1))
CONSTANTS = (ZERO, ONE, MINUS_ONE)  # written as they are, never as a cell of their own


def minus(whole: Expression, part: Expression) -> Expression:
    return Plus((whole, Times((MINUS_ONE, part))))


def leaves(expression: Expression) -> tuple[Leaf, ...]:
    """Every term, fact and other line in the order of first use, without the constants."""
    if isinstance(expression, Term | Fact | AmountOf):
        return () if expression in CONSTANTS else (expression,)
    seen: dict[Leaf, None] = {}
    for part in parts_of(expression):
        seen.update(dict.fromkeys(leaves(part)))
    return tuple(seen)


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """What an expression is made of; nothing of a leaf."""
    match expression:
        case Plus(parts) | Times(parts) | Least(parts) | Greatest(parts):
            return parts
        case Over(one, two) | AtLeast(one, two) | Above(one, two):
            return one, two
        case If(condition, then, otherwise):
            return condition, then, otherwise
        case Significant(of) | Rounded(of):
            return (of,)  # its digits are no part
    return ()


def significant(value: float | Decimal, digits: int = SIGNIFICANT_DIGITS) -> Decimal:
    """``value`` at so many significant digits, free of float noise; whole numbers are exact."""
    if value == (whole := int(value)):
        return Decimal(whole)
    return Decimal(f"{value:.{digits}g}")


def exact(  # noqa: PLR0911  one return for each kind of part
    expression: Expression, known: Callable[[Fact | AmountOf], Decimal]
) -> Decimal:
    """The value, in the caller's decimal context. ``known`` gives facts and other lines."""
    if isinstance(expression, Term):
        return expression.value
    if isinstance(expression, Fact | AmountOf):
        return known(expression)
    if isinstance(expression, If):
        held = exact(expression.condition, known)
        return exact(expression.then if held else expression.otherwise, known)
    values = [exact(part, known) for part in parts_of(expression)]
    match expression:
        case Plus():
            return sum(values, Decimal(0))
        case Times():
            return math.prod(values, start=Decimal(1))
        case Over():
            return values[0] / values[1]
        case Least():
            return min(values)
        case Greatest():
            return max(values)
        case AtLeast():
            return Decimal(int(values[0] >= values[1]))
        case Above():
            return Decimal(int(values[0] > values[1]))
        case Significant():
            return significant(values[0], expression.digits)
        case Rounded(decimals=decimals, mode=mode):
            # "+ 0" turns minus zero, which prints as a debt, into zero
            return values[0].quantize(Decimal(1).scaleb(-decimals), MODES[mode]) + 0


def in_spreadsheet(  # noqa: PLR0911  one return for each kind of part
    expression: Expression,
    name: Callable[[Leaf], str],
    known: Callable[[Fact | AmountOf], Decimal],
) -> str:
    """The formula as spreadsheets read it, over the names that ``name`` gives to the leaves.

    Functions are upper case: ROUND, ROUNDDOWN, MIN, MAX, IF, ABS, INT. ``known`` tells the size
    of a number that is rounded to significant digits, for which spreadsheets have no function.
    """

    def text(part: Expression) -> str:
        return in_spreadsheet(part, name, known)

    match expression:
        case Term(value=value) if expression in CONSTANTS:
            return f"{value:f}"
        case Term() | Fact() | AmountOf():
            return name(expression)
        case Plus(parts):
            return f"({'+'.join(text(part) for part in parts)})"
        case Times(parts):
            return f"({'*'.join(text(part) for part in parts)})"
        case Over(one, two):
            return f"({text(one)}/{text(two)})"
        case Least(parts):
            return f"MIN({','.join(text(part) for part in parts)})"
        case Greatest(parts):
            return f"MAX({','.join(text(part) for part in parts)})"
        case AtLeast(one, two):
            return f"IF({text(one)}>={text(two)},1,0)"
        case Above(one, two):
            return f"IF({text(one)}>{text(two)},1,0)"
        case If(condition, then, otherwise):
            return f"IF({text(condition)}<>0,{text(then)},{text(otherwise)})"
        case Significant(of):
            return f"ROUND({text(of)},{_decimals_of(abs(exact(of, known)), expression.digits)})"
        case Rounded(of, decimals, mode):
            return _rounded_in_spreadsheet(text(of), decimals, mode)


def _decimals_of(size: Decimal, digits: int) -> int:
    """Decimals that leave so many significant digits, and a whole number as it is."""
    decimals = digits - 1 - (size.adjusted() if size else 0)
    return max(decimals, 0) if size == int(size) else decimals


def _rounded_in_spreadsheet(inner: str, decimals: int, mode: Mode) -> str:
    inner = f"ROUND({inner},{decimals + 6})"  # float noise must not decide a half
    if mode == "half_up":
        return f"ROUND({inner},{decimals})"
    if mode == "down":
        return f"ROUNDDOWN({inner},{decimals})"
    scaled = f"{inner}*{10**decimals}"
    is_half = f"ABS(ABS({scaled})-INT(ABS({scaled}))-0.5)<0.0000005"
    return f"IF({is_half},ROUND({scaled}/2,0)*2/{10**decimals},ROUND({inner},{decimals}))"
