"""Periods as text that sorts by time: 2025-04, 2025-Q2, 2025."""

import datetime as dt
import re
from typing import Any

from pbc_eval.agreement.performance import PERIODS, Every
from pbc_eval.errors import DataError
from pbc_eval.panel.coded_times import possible_readings
from pbc_eval.panel.time_text import is_slashed, readings

EXCEL_DAY_0 = dt.date(1899, 12, 30)


def periods_between(first: str, last: str, every: Every) -> tuple[str, ...]:
    """Every period from the first to the last, both included."""
    if every == "year":
        return tuple(str(year) for year in range(int(first), int(last) + 1))
    size, mark = (12, "-") if every == "month" else (4, "-Q")

    def number(text: str) -> int:
        year, part = text.split(mark)
        return int(year) * size + int(part) - 1

    width = 2 if every == "month" else 1
    return tuple(
        f"{at // size}{mark}{at % size + 1:0{width}d}"
        for at in range(number(first), number(last) + 1)
    )


def period_of(value: Any, every: Every, file: str) -> str:
    """The period that a cell names: 2025-04, Apr-25, 2025Q2, or any day of it as a date.

    Raises DataError for local forms, whose order of day and month cannot be told, and for the
    numbers that spreadsheets store for dates, with the date that each stands for.
    """
    if isinstance(value, dt.datetime | dt.date):
        return _containing(value, every)
    text = str(value).strip()
    text = re.sub(r"^(\d{4})\.0$", r"\1", text)  # a column of years that a gap made floats
    example, pattern = PERIODS[every]
    if re.fullmatch(pattern, text):
        return text
    day = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})( 00:00:00)?", text)
    if day:
        try:
            return _containing(dt.date(int(day[1]), int(day[2]), int(day[3])), every)
        except ValueError:
            raise DataError(f"{file}: the period {text!r} is no day of the calendar.") from None
    meanings = [] if is_slashed(text) else readings(text)
    start = meanings[0].start if len(meanings) == 1 else None
    if start is not None and meanings[0].kind in ("day", every):
        return _containing(start.date(), every)
    if re.fullmatch(r"\d{5}(\.0)?", text):
        stands_for = EXCEL_DAY_0 + dt.timedelta(days=int(float(text)))
        raise DataError(
            f"{file}: the period {text!r} looks like an Excel serial date for {stands_for}. Write "
            f"{_containing(stands_for, every)} if that is what is meant{_or_else(text)}."
        )
    raise DataError(
        f"{file}: the period {text!r} must be a {every} such as {example}, or a date such as "
        "2025-04-30 (the order of day and month cannot be told from other forms)."
    )


def _or_else(text: str) -> str:
    """What else a number of five digits may be, beside a day as Excel counts it."""
    others = [r for r in possible_readings([int(float(text))]) if "Excel" not in r.words]
    named = "; ".join(f"{reading.words} {reading.example}" for reading in others)
    return f"; it may also be {named}" if named else ""


def _containing(day: dt.date, every: Every) -> str:
    if every == "year":
        return str(day.year)
    return f"{day:%Y-%m}" if every == "month" else f"{day.year}-Q{(day.month + 2) // 3}"
