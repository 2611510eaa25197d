"""Cells of a value map's tables: each as its column needs it, or refused with the remedy.

Nothing is guessed: "1,000", "£5", "25%" are read only in a notation that is stated, and spreadsheet
errors and dates made by Excel are refused.
"""

import datetime as dt
import math
from typing import Any, NamedTuple

import pandas as pd

from pbc_eval.agreement.base import share_instead
from pbc_eval.agreement.valued_outcome import part_of_a_year
from pbc_eval.errors import PbcError, ValueMapError
from pbc_eval.intake.formula_text import harmless, restored
from pbc_eval.intake.times_in_words import LASTING, time_instead
from pbc_eval.intake.yes_no import YES_NO
from pbc_eval.messages import written_numbers
from pbc_eval.messages.written_numbers import Notation

SHARES = {
    *("deadweight", "displacement", "attribution", "leakage", "drop_off"),
    "optimism_mitigated",
}
WHOLE = {"duration", "months", "start", "year", "price_year", "confidence_grade"}
NUMBERS = SHARES | WHOLE | {
    "number_in_group", "number_involved", "input_value", "quantity", "sample_size", "proxy_value",
    "income", "value", "mean", "std_dev", "low", "mode", "high", "alpha", "beta", "shape",
}  # fmt: skip
YES_NO_COLUMNS = {"cashable", "truncate"}
A_DATE = (
    "is a date. A spreadsheet may have turned a fraction or a range into one: format the cell as "
    "text or number and type it again"
)
LARGEST = 1e18  # of a number in a cell, whatever the currency; products of such are still floats
IN_SIZE = f"must be a finite number, of at most {LARGEST:,.0f} in size"
LISTS = {"values"}  # numbers in one cell, with semicolons between them


def is_blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is pd.NaT or value is pd.NA or is_nan(value)


def is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


class CellProblem(NamedTuple):
    """What is wrong with a cell: the rule, what it holds, and what was perhaps meant."""

    rule: str  # "must be a fraction in [0, 1]"
    got: str
    meant: str = ""  # " Did you mean 0.25?"
    text: str = ""  # the cell itself, where it is text in a column of numbers

    @property
    def in_words(self) -> str:
        if not self.got:
            return f"{self.rule}."
        return f"{self.rule}, got {self.got}" + (f".{self.meant}" if self.meant else ".")


def read_cell(
    column: str, value: Any, notation: Notation | None = None, *, by_program: bool = False
) -> tuple[Any, CellProblem | None]:
    """The cell as its column needs it, or what is wrong with it; ``by_program`` as below."""
    if isinstance(value, (dt.date, dt.datetime)):
        return None, CellProblem(f"{value:%Y-%m-%d} {A_DATE}", "")
    if hasattr(value, "item"):
        value = value.item()  # a numpy scalar
    if column in YES_NO_COLUMNS:
        word = str(value).strip().lower()
        known = value if isinstance(value, bool) else YES_NO.get(word)
        return known, None if known is not None else CellProblem("must be yes or no", repr(value))
    if column in LISTS:
        parts = str(value).split(";")
        read = [number_in(part, column, notation, by_program=by_program) for part in parts]
        return [number for number, _ in read], next((bad for _, bad in read if bad), None)
    if column not in NUMBERS:
        return restored(str(value).strip()), None
    number, problem = number_in(value, column, notation, by_program=by_program)
    if problem is None and number is not None and column in WHOLE:
        if number == int(number):
            return int(number), None
        less = f" {part_of_a_year(number)}." if column == "duration" else ""
        problem = CellProblem("must be a whole number", repr(value), less)
    return number, problem


def number_in(
    value: Any, column: str, notation: Notation | None = None, *, by_program: bool = False
) -> tuple[float | None, CellProblem | None]:
    """The number in a cell, text being read as ``notation`` says, or what is wrong with it.

    Text that is one number to some and another to others ("1.250") is refused unless a notation is
    stated, or a program wrote it: cells between commas are text whatever they hold, and a comma
    there parts no decimals (``by_program``).
    """
    if isinstance(value, bool):
        return None, CellProblem("must be a number", repr(value))
    if isinstance(value, (int, float)):
        number = float(value)
        return number, None if abs(number) <= LARGEST else CellProblem(IN_SIZE, repr(value))
    text = str(value).strip()
    read = written_numbers.value_in(text, notation) if notation else written_numbers.plain(text)
    ambiguous = notation is None and not by_program and written_numbers.is_ambiguous(text)
    if read is not None and not ambiguous:
        if abs(number := float(read)) <= LARGEST:  # infinite for 1e400
            return number, None
        return None, CellProblem(IN_SIZE, repr(text))
    share = column in SHARES
    rule = "must be a fraction in [0, 1]" if share else "must be a plain number"
    if notation is not None:
        return None, CellProblem(f"{rule} written like {notation}", repr(text))
    if column in LASTING:
        meant = time_instead(text, column)
    else:
        meant = share_instead(text) if share and not ambiguous else written_numbers.instead(text)
    return None, CellProblem(rule, repr(text), meant, text)


def plain_number(
    where: str,
    value: Any,
    column: str,
    error: type[PbcError] = ValueMapError,
    notation: Notation | None = None,
) -> float:
    """The number in a cell; what is none is refused with what to write."""
    number, problem = number_in(value, column, notation)
    if problem is not None or number is None:
        raise error(f"{where}: {problem.in_words if problem else 'is empty.'}")
    return number


def cell_text(value: object) -> str:
    """A value as CSV holds it: nothing is lost, and nothing runs in a spreadsheet."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(repr(part) for part in value)
    return repr(value) if isinstance(value, float) else harmless(str(value))
