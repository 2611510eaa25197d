"""Cells of a value map's tables: each as its column needs it, or refused with the remedy.

Nothing is guessed: "1,000", "£5", "25%", spreadsheet errors and dates made by Excel are refused.
"""

import datetime as dt
import math
import re
from typing import Any

import pandas as pd

from pbc_eval.errors import PbcError, ValueMapError
from pbc_eval.intake.formula_text import harmless, restored

SHARES = {"deadweight", "displacement", "attribution", "leakage", "drop_off"}
WHOLE = {"duration", "start", "price_year", "confidence_grade"}
NUMBERS = SHARES | WHOLE | {
    "number_in_group", "number_involved", "input_value", "quantity", "sample_size", "proxy_value",
    "income", "value", "mean", "std_dev", "low", "mode", "high", "alpha", "beta", "shape",
}  # fmt: skip
YES_NO_COLUMNS = {"cashable", "truncate"}
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
LISTS = {"values"}  # numbers in one cell, with semicolons between them


def is_blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is pd.NaT or is_nan(value)


def is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def cell_value(place: str, column: str, value: Any) -> Any:
    """The cell as its column needs it, or ValueMapError naming row and column."""
    where = f"{place}, column {column!r}"
    if isinstance(value, (dt.date, dt.datetime)):
        raise ValueMapError(
            f"{where}: {value:%Y-%m-%d} is a date. A spreadsheet may have turned a fraction or a "
            "range into one: format the cell as text or number and type it again."
        )
    if hasattr(value, "item"):
        value = value.item()  # a numpy scalar
    if column in YES_NO_COLUMNS:
        return _yes_or_no(where, value)
    if column in LISTS:
        return [plain_number(where, part, column) for part in str(value).split(";")]
    if column not in NUMBERS:
        return restored(str(value).strip())
    number = plain_number(where, value, column)
    if column in WHOLE:
        if number != int(number):
            raise ValueMapError(f"{where}: must be a whole number, got {value!r}.")
        return int(number)
    return number


def _yes_or_no(where: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in YES_NO:
        raise ValueMapError(f"{where}: must be yes or no, got {value!r}.")
    return YES_NO[word]


def plain_number(
    where: str, value: Any, column: str, error: type[PbcError] = ValueMapError
) -> float:
    """The number in a cell; text that only looks like one is refused with what to write."""
    if isinstance(value, bool):
        raise error(f"{where}: must be a number, got {value!r}.")
    if isinstance(value, (int, float)):
        number = float(value)
        if not math.isfinite(number):
            raise error(f"{where}: must be a finite number, got {value!r}.")
        return number
    text = str(value).strip()
    if re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", text):
        return float(text)
    bare = re.sub(r"[£$€,\s]", "", text)
    if re.fullmatch(r"[-+]?\d+(\.\d+)?%", bare):
        meant = f" Did you mean {float(bare[:-1]) / 100:g}?"
    elif re.fullmatch(r"[-+]?\d+(\.\d+)?", bare):
        meant = f" Did you mean {bare}? Leave out currency signs and thousands separators."
    else:
        meant = ""
    rule = "a fraction in [0, 1]" if column in SHARES else "a plain number"
    raise error(f"{where}: must be {rule}, got {text!r}.{meant}")


def cell_text(value: object) -> str:
    """A value as CSV holds it: nothing is lost, and nothing runs in a spreadsheet."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(repr(part) for part in value)
    return repr(value) if isinstance(value, float) else harmless(str(value))
