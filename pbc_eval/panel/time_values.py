"""A column of times, read as a whole: what one value means may depend on the others.

values ── read_column ▶ Calendar (how they are written) + a Moment for each value
cohort value ── read_moment (by that calendar) ▶ Moment
"""

import datetime
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.coded_times import Code, code_of, from_code, not_plain
from pbc_eval.panel.time_text import Kind, Written, is_slashed, order_of, readings, why_none

ORIGIN = pd.Timestamp(1970, 1, 1)
MONTHS_OF = {"month": 1, "quarter": 3, "half": 6}
FORMS = (
    "Periods are whole numbers (2004), months (2020-03, Mar-20), quarters (2020Q2), weeks "
    "(2020-W05), financial years (2024-25) or dates (2020-03-15)"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One value: where it begins and ends, in days since 1970, or as a number of its own kind."""

    kind: Kind
    at: float
    end: float
    start: pd.Timestamp | None  # None for numbers and for years that are not the calendar's
    zoned: bool = False

    @property
    def dated(self) -> bool:
        return self.start is not None


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a column of times is written."""

    kind: Kind = "number"
    code: Code = "plain"
    day_first: bool | None = None
    zoned: bool = False


def read_column(
    values: Iterable[Any], owner: str
) -> tuple[dict[Any, Moment], Calendar, tuple[Sentence, ...]]:
    """Every value's moment, how the column is written, and what to note about it.

    Raises DataError for a value that is no time, for values of several forms, and where a column
    could be read in more than one way.
    """
    raw = list(values)
    texts = [value for value in raw if isinstance(value, str)]
    day_first = _settled_order(texts, owner)
    written = {value: _possible(value, owner, day_first) for value in raw}
    pairs = _settled_years(written, owner)
    chosen = {value: _choose(every, pairs) for value, every in written.items()}
    kinds = {meaning.kind for meaning in chosen.values()}
    if len(kinds) > 1 and not kinds <= {"day", "month"}:
        what = "dates and numbers" if "number" in kinds else " and ".join(sorted(kinds)) + "s"
        raise DataError(f"{owner}: times mix {what} ({first_few(raw)}); write all in one form.")
    if len({meaning.zoned for meaning in chosen.values()}) > 1:
        raise DataError(
            f"{owner}: some times carry a time zone and some do not ({first_few(raw)}); write all "
            "as local dates without a zone."
        )
    code: Code = "plain"
    notes: tuple[Sentence, ...] = ()
    if kinds == {"number"}:
        code, notes = code_of([meaning.number for meaning in chosen.values()], owner)
    moments = {value: _moment(meaning, code) for value, meaning in chosen.items()}
    kind: Kind = "day" if kinds == {"day", "month"} else next(iter(moments.values())).kind
    zoned = any(meaning.zoned for meaning in chosen.values())
    return moments, Calendar(kind=kind, code=code, day_first=day_first, zoned=zoned), notes


def read_moment(value: Any, owner: str, calendar: Calendar) -> Moment:
    """A cohort's value, read as the periods are written. Raises DataError for what is no time."""
    every = _possible(value, owner, calendar.day_first)
    if len({meaning.start for meaning in every}) > 1 and is_slashed(str(value)):
        raise DataError(f"{owner}: {_two_orders(str(value), every)}")
    meaning = _choose(every, calendar.kind == "year")
    if meaning.kind != "number":
        return _moment(meaning, "plain")
    codes: list[Code] = [calendar.code]
    if calendar.code == "plain" and calendar.kind != "number":
        codes = ["yyyymm", "yyyymmdd"]
    for code in codes:
        if from_code(meaning.number, code) is not None:
            return _moment(meaning, code)
    return _moment(meaning, "plain")


def is_missing(value: Any) -> bool:
    """Is nothing there? Infinity, as other software writes 'never', is nothing too."""
    if value is None or value is pd.NaT or value is pd.NA:
        return True
    if isinstance(value, float | np.floating | Decimal):
        return not math.isfinite(value)
    return False


def shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _possible(value: Any, owner: str, day_first: bool | None) -> list[Written]:
    """Every meaning of one value. Raises DataError when there is none."""
    if isinstance(value, pd.Timestamp | datetime.date):
        stamp = pd.Timestamp(value)
        return [Written("day", stamp.tz_localize(None), zoned=stamp.tzinfo is not None)]
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return [Written("number", None, int(value))]
    if isinstance(value, float | np.floating | Decimal) and value == round(value):
        return [Written("number", None, int(value))]
    every = readings(value, day_first=day_first) if isinstance(value, str) else []
    if not every and (why := why_none(str(value))):
        raise DataError(f"{owner}: {shown(value)} is not a period. {why}")
    if not every:
        raise DataError(
            f"{owner}: {shown(value)} is not a period. {FORMS}; for a cohort, empty says that the "
            "unit is never treated, and so does any code that never_treated_codes names. Correct "
            "the value."
        )
    return every


def _settled_order(texts: list[str], owner: str) -> bool | None:
    slashed = sorted({text for text in texts if is_slashed(text)})
    order = order_of(slashed)
    if not slashed or order is not None:
        return order
    differing = [text for text in slashed if len(readings(text)) > 1]
    if any(len(readings(text)) == 1 and not _reads_alike(text) for text in slashed):
        raise DataError(
            f"{owner}: {first_few(slashed)} mix days before and after the month. Write dates as "
            "year-month-day."
        )
    if not differing:
        return True
    raise DataError(f"{owner}: {_two_orders(differing[0], readings(differing[0]))}")


def _reads_alike(text: str) -> bool:
    """Is the day the month, as in 01/01/2024?"""
    day, month = re.findall(r"\d+", text)[:2]
    return int(day) == int(month)


def _two_orders(text: str, every: list[Written]) -> str:
    days = " or ".join(str(meaning.start.date()) for meaning in every if meaning.start is not None)
    return (
        f"{text!r} can be {days}, and nothing in the column tells which. Write dates as "
        "year-month-day."
    )


def _settled_years(written: dict[Any, list[Written]], owner: str) -> bool:
    """Are values such as '2024-25' years, and not months? True where any can be nothing else."""
    kinds = [{meaning.kind for meaning in every} for every in written.values()]
    either = [
        value for value, here in zip(written, kinds, strict=True) if {"year", "month"} <= here
    ]
    years = any("year" in here and "month" not in here for here in kinds)
    months = any("month" in here and "year" not in here for here in kinds)
    if either and not years and not months and len(written) == len(either):
        year = written[either[0]][0].number
        raise DataError(
            f"{owner}: {first_few(either)} can be financial years or months. Write {year}/"
            f"{(year + 1) % 100:02d} for the year, or {year}M{(year + 1) % 100:02d} for the month."
        )
    return years and not months


def _choose(every: list[Written], pairs: bool) -> Written:
    """A year where years are written in pairs; else whatever it can be beside that."""
    years = [meaning for meaning in every if meaning.kind == "year"]
    others = [meaning for meaning in every if meaning.kind != "year"]
    return (years or others)[0] if pairs else (others or years)[0]


def _moment(meaning: Written, code: Code) -> Moment:
    start, kind = meaning.start, meaning.kind
    if kind == "number" and code != "plain":
        start = from_code(meaning.number, code)
        kind = {"yyyymm": "month", "yyyymmdd": "day", "yyyyww": "week"}[code]  # type: ignore[assignment]
    if start is None:
        return Moment(kind, meaning.number, meaning.number + 1, None)
    at = days_of(start)
    end = at + (7 if kind == "week" else 1)
    if kind in MONTHS_OF:
        end = _months_after(start, MONTHS_OF[kind])
    elif kind == "day":
        end = days_of(start.normalize()) + 1
    return Moment(kind, at, end, start, zoned=meaning.zoned)


def _months_after(start: pd.Timestamp, months: int) -> float:
    """Days since 1970, some months after a start; the last month that a calendar has ends it."""
    try:
        return days_of(start + pd.DateOffset(months=months))
    except ValueError:  # beyond the year 9999
        return days_of(start) + 31 * months


def days_of(stamp: pd.Timestamp) -> float:
    """Days since 1970."""
    return float((stamp - ORIGIN) / pd.Timedelta(days=1))


def stamp_of(days: float) -> pd.Timestamp:
    """The time so many days after 1970 began."""
    return ORIGIN + pd.Timedelta(days=days)


__all__ = [
    "Calendar",
    "Moment",
    "days_of",
    "is_missing",
    "not_plain",
    "read_column",
    "read_moment",
    "shown",
    "stamp_of",
]
