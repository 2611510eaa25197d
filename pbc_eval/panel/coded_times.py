"""Whole numbers that stand for times: which code they follow, or every code that they might.

202003  20200315  202014         months, days and weeks of a year: read, and told
20101  21915  1577836800 ...     several codes fit, or none can be told from another: refused,
                                 each reading named with what to write instead
2004, 7, 723                     numbers in their own right; Stata's months are named in a note
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import pandas as pd

from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Period
from pbc_eval.panel.time_text import iso_week, no_such_week

Code = Literal["plain", "yyyymm", "yyyymmdd", "yyyyww"]

MOST_PLAIN = 9_999  # beyond this no whole number is a period in its own right
YEARS = range(1900, 2200)
STATA_MONTHS = range(480, 1_080)  # 2000 to 2049, counted from 1960
STATA_QUARTERS = range(160, 360)
CENTURY_TURN = 40  # between years of two digits no wave is missed for so long
MAC_EPOCH = "1904-01-01"  # of workbooks that began on an old Macintosh
_EPOCHS = (  # of days, in the five-digit range
    ("Excel's number for the day", "1899-12-30"),
    ("Stata's and SAS's number (%td) for the day", "1960-01-01"),
    ("R's and Unix's number for the day", "1970-01-01"),
)
_CLOCKS = (  # name, unit of pandas, origin
    ("seconds since 1970 (Unix),", "s", "1970-01-01"),
    ("milliseconds since 1970,", "ms", "1970-01-01"),
    ("milliseconds since 1960 (Stata's %tc),", "ms", "1960-01-01"),
    ("microseconds since 1970,", "us", "1970-01-01"),
    ("nanoseconds since 1970,", "ns", "1970-01-01"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a column of numbers, and the pandas expression that turns it into dates."""

    words: str
    example: str
    remedy: str


def from_code(number: int, code: Code) -> pd.Timestamp | None:
    """The first day of the time that a number stands for; None where the code does not admit it."""
    text = str(number)
    if code == "plain" or not text.isdigit() or len(text) != len(code):
        return None
    if int(text[:4]) not in YEARS:
        return None
    if code == "yyyyww":
        return iso_week(int(text[:4]), int(text[4:]))
    form = {"yyyymm": "%Y%m", "yyyymmdd": "%Y%m%d"}[code]
    stamp = pd.to_datetime(text, format=form, errors="coerce")
    return None if pd.isna(stamp) else stamp


def code_of(numbers: Sequence[int], owner: str) -> tuple[Code, tuple[Sentence, ...]]:
    """The code that all of a column's numbers follow, and what to note about it.

    Raises DataError naming every possible reading where there is not exactly one that is safe.
    """
    for code in ("yyyymm", "yyyymmdd", "yyyyww"):
        if all(from_code(number, code) is not None for number in numbers):
            return code, (_read_as(code, numbers, owner),)
    low, high = min(numbers), max(numbers)
    possible = possible_readings(numbers)
    if possible or high > MOST_PLAIN or low < -MOST_PLAIN:
        raise DataError(f"{owner}: {not_plain(numbers)}")
    return "plain", _stata_note(numbers, owner)


def not_plain(numbers: Sequence[int]) -> str:
    """Why numbers are not taken as periods in their own right: their readings, each with a remedy.

    Times are dates in the file; a pandas expression is offered for each reading, to be tried.
    """
    first = min(numbers)
    possible = possible_readings(numbers)
    if not possible and (absent := missing_week(numbers)):
        return absent
    if not possible:
        return (
            f"{first} is no period: a year has four digits, a month is 202003 or 2020-03, a week "
            "2020-W05, a quarter 2020Q2, a day 2020-03-15. Write the times in one of these forms."
        )
    named = "; or ".join(
        f"{reading.words} {reading.example}: {reading.remedy}" for reading in possible
    )
    looks = "looks like" if len(possible) == 1 else "can be read in several ways, as"
    return f"{first} {looks} {named}. Convert the column to dates first."


def possible_readings(numbers: Sequence[int]) -> list[Reading]:
    """Every code that all the numbers fit, other than those that are read without asking."""
    if min(numbers) < 0:
        return []
    return [
        *_two_digit_years(numbers),
        *_quarters(numbers),
        *_short_codes(numbers),
        *_days(numbers),
        *_clocks(numbers),
    ]


def missing_week(numbers: Sequence[int]) -> str:
    """Why whole numbers that look like weeks are none; empty where all could be, or none does."""
    pairs = [divmod(number, 100) for number in numbers]
    if not all(year in YEARS and 1 <= week <= 53 for year, week in pairs):
        return ""
    absent = [year for year, week in pairs if iso_week(year, week) is None]
    return no_such_week(absent[0], 53) if absent else ""


def _read_as(code: Code, numbers: Sequence[int], owner: str) -> Sentence:
    first, last = Period(str(min(numbers))), Period(str(max(numbers)))
    if code == "yyyyww":
        return Sentence(
            "{owner}: {first} to {last} are read as year and week (ISO 8601); event time counts "
            "observed periods",
            owner=Name(owner),
            first=first,
            last=last,
        )
    weeks = len({number // 100 for number in numbers}) == 1 and code == "yyyymm"
    if weeks and all(from_code(number, "yyyyww") is not None for number in numbers):
        return Sentence(
            "{owner}: {first} to {last} are read as months (not as weeks) written in digits; event "
            "time counts observed periods",
            owner=Name(owner),
            first=first,
            last=last,
        )
    return Sentence(
        "{owner}: {first} to {last} are read as dates written in digits; event time counts "
        "observed periods",
        owner=Name(owner),
        first=first,
        last=last,
    )


def _stata_note(numbers: Sequence[int], owner: str) -> tuple[Sentence, ...]:
    """Plain numbers that Stata would show as months or quarters keep their spacing; it is told."""
    names = []
    if all(number in STATA_MONTHS for number in numbers):
        at = divmod(min(numbers), 12)
        names.append(f"{1960 + at[0]}-{at[1] + 1:02d} (%tm)")
    if all(number in STATA_QUARTERS for number in numbers):
        at = divmod(min(numbers), 4)
        names.append(f"{1960 + at[0]}Q{at[1] + 1} (%tq)")
    if not names:
        return ()
    return (
        Sentence(
            "{owner}: {first} to {last} are read as plain numbers, one apart; where they are "
            "Stata's count from 1960, {first} is {meant}",
            owner=Name(owner),
            first=Period(str(min(numbers))),
            last=Period(str(max(numbers))),
            meant=Name(" or ".join(names)),
        ),
    )


def _two_digit_years(numbers: Sequence[int]) -> list[Reading]:
    """97, 98, 99, 0, 1: as plain numbers the new century would come before the old one."""
    order = sorted(set(numbers))
    steps = [later - earlier for earlier, later in pairwise(order)]
    if order[0] < 0 or order[-1] > 99 or len(order) < 3 or max(steps) < CENTURY_TURN:
        return []
    if order[0] > 40 or order[-1] < 60:
        return []
    return [
        Reading(
            "a year of two digits,",
            f"20{order[0]:02d} after 19{order[-1]:02d}",
            "(column + 2000).where(column < 50, column + 1900)",
        )
    ]


def _quarters(numbers: Sequence[int]) -> list[Reading]:
    if not all(number // 10 in YEARS and 1 <= number % 10 <= 4 for number in numbers):
        return []
    first = min(numbers)
    return [
        Reading(
            "year and quarter,",
            f"{first // 10}Q{first % 10}",
            "(column // 10).astype(str) + 'Q' + (column % 10).astype(str)",
        )
    ]


def _short_codes(numbers: Sequence[int]) -> list[Reading]:
    """yymm and yyq, told by a last month or quarter that is followed by the next year's first;
    year and day of the year; day, month and year."""
    readings: list[Reading] = []
    for base, name, top in (
        (100, "year and month (yymm),", 12),
        (10, "year and quarter (yyq),", 4),
    ):
        digits = 2 + len(str(base)) - 1
        fit = all(len(str(n)) == digits and 1 <= n % base <= top for n in numbers)
        turns = any(n % base == top and n + base - top + 1 in numbers for n in numbers)
        if fit and turns:
            first = min(numbers)
            shown = f"20{first // base:02d}-{first % base:02d}"
            if base == 10:
                shown = f"20{first // base:02d}Q{first % base}"
            remedy = "pd.to_datetime(dict(year=2000 + column // 100, month=column % 100, day=1))"
            if base == 10:
                remedy = "'20' + (column // 10).astype(str) + 'Q' + (column % 10).astype(str)"
            readings.append(Reading(name, shown, remedy))
    for form, widths, name in (
        ("%Y%j", (7,), "year and day of the year,"),
        ("%d%m%Y", (7, 8), "day, month and year,"),
        ("%m%d%Y", (7, 8), "month, day and year,"),
    ):
        width = max(widths)
        padded = [str(number).zfill(width) for number in numbers]
        if all(len(str(number)) in widths for number in numbers):
            days = pd.to_datetime(pd.Series(padded), format=form, errors="coerce")
            if days.notna().all() and days.dt.year.isin(YEARS).all():
                remedy = f"pd.to_datetime(column.astype(str).str.zfill({width}), format={form!r})"
                readings.append(Reading(name, str(days.iloc[0].date()), remedy))
    return readings


def _days(numbers: Sequence[int]) -> list[Reading]:
    if not all(MOST_PLAIN < number < 60_000 for number in numbers):
        return []
    first, readings = min(numbers), []
    for name, origin in _EPOCHS:
        day = datetime.date.fromisoformat(origin) + datetime.timedelta(days=first)
        remedy = f"pd.to_datetime(column, unit='D', origin='{origin}')"
        if 1950 <= day.year < 2060:
            readings.append(Reading(name, str(day), remedy))
    mac = [datetime.date.fromisoformat(MAC_EPOCH) + datetime.timedelta(days=n) for n in numbers]
    firsts = len(numbers) > 1 and all(day.day == 1 and 1990 <= day.year < 2060 for day in mac)
    if firsts and len({(day.year, day.month) for day in mac}) == len(set(numbers)):
        remedy = f"pd.to_datetime(column, unit='D', origin='{MAC_EPOCH}')"
        name = "Excel's number in a workbook that counts from 1904, for the day"
        readings.append(Reading(name, str(min(mac)), remedy))
    return readings


def _clocks(numbers: Sequence[int]) -> list[Reading]:
    if min(numbers) < 10**8:
        return []
    readings = []
    for name, unit, origin in _CLOCKS:
        moment = _moment(min(numbers), unit, origin)
        if moment is not None and 1980 <= moment.year < 2060:
            remedy = f"pd.to_datetime(column, unit='{unit}', origin='{origin}')"
            readings.append(Reading(name, str(moment), remedy))
    return readings


def _moment(number: int, unit: str, origin: str) -> datetime.datetime | None:
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    try:
        start = datetime.datetime.fromisoformat(origin)
        return start + datetime.timedelta(seconds=number // per_second)
    except OverflowError:
        return None
