"""Times written in words: what a text stands for, and every reading it admits.

'2020-03'  'Mar-20'  '03/2020'  '2020M03'      a month
'2020Q2'  'Q2 2020'  '2020-H1'                 a quarter, a half year
'2020-W05'                                     a week, as ISO 8601 counts them
'2024-25'  '2024/25'  'FY24'                   a year that is not the calendar's
'2020-03-15'  '2020-03-15T00:00+01:00'         a day; with a zone, the day at that place
'15/03/2020'                                   a day, once the order is known (see ``order_of``)
"""

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Kind = Literal["number", "day", "week", "month", "quarter", "half", "year"]

FULL = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS = [name[:3] for name in FULL]
WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](.*))?")
ISO_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})")
MONTH_CODE = re.compile(r"(\d{4})[- ]?[Mm](\d{1,2})")
MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{4})")
NAMED = re.compile(r"([A-Za-z]{3,9})\.?[-/ ,']*(\d{4}|\d{2})")
NAMED_LAST = re.compile(r"(\d{4})[-/ ]*([A-Za-z]{3,9})\.?")
DAY_NAMED = re.compile(r"(\d{1,2})[-/ ]([A-Za-z]{3,9})\.?[-/ ,]*(\d{4})")
PART = re.compile(r"(\d{4})[-/ ]*([QqHhWw])(\d{1,2})")
PART_FIRST = re.compile(r"([QqHhWw])[- ]?(\d{1,2})[-/ ]+(\d{4})|(\d)([QqHh])[-/ ]?(\d{4})")
YEARS = re.compile(r"(?:FY|AY)?[- ]?(\d{4}|\d{2})[-/](\d{4}|\d{2})", re.IGNORECASE)
FINANCIAL = re.compile(r"(?:FY|AY)[- ]?(\d{4}|\d{2})", re.IGNORECASE)
SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T].*)?")
TERM = re.compile(r"(?:T|TERM|TRIM)[- ]?\d[-/ ,]*\d{2,4}|\d{4}[-/ ]*(?:T|TERM|TRIM)[- ]?\d", re.I)
PART_OF_FINANCIAL = re.compile(
    r"(?:FY|AY)?[- ]?\d{2,4}([-/]\d{2,4})?[-/ ]*[QH][- ]?\d"
    r"|[QH][- ]?\d[-/ ]*(?:FY|AY)?[- ]?\d{2,4}([-/]\d{2,4})?",
    re.IGNORECASE,
)
DECIMAL_YEAR = re.compile(r"(?:19|20)\d{2}\.\d+")
ZONE = re.compile(r"(Z|[+-]\d{2}(:?\d{2})?)$")


@dataclass(frozen=True, slots=True)
class Written:
    """What one text stands for. ``start`` is its first day; of a year that is not the calendar's
    only the number is known, and of a number nothing else."""

    kind: Kind
    start: pd.Timestamp | None
    number: int = 0
    zoned: bool = False


def readings(text: str, *, day_first: bool | None = None) -> list[Written]:
    """Every meaning that ``text`` can have; none when it is no time.

    ``day_first`` says how '01/02/2020' is written, where the column tells.
    """
    text = text.strip()
    if WHOLE.fullmatch(text):
        return [Written("number", None, int(text.partition(".")[0]))]
    years = _years(text)
    if years and "/" in text:  # a month is not written 2009/10
        return years
    return list(dict.fromkeys([*years, *_months(text), *_parts(text), *_days(text, day_first)]))


def order_of(texts: Iterable[str]) -> bool | None:
    """Is the day written before the month, in dates such as 13/02/2020? None: both would do."""
    pairs = [match for text in texts if (match := SLASHED.fullmatch(text.strip()))]
    first = max((int(match[1]) for match in pairs), default=0)
    second = max((int(match[3]) for match in pairs), default=0)
    if (first > 12) == (second > 12):
        return None
    return first > 12


def is_slashed(text: str) -> bool:
    """Is it a date whose day and month can only be told apart by their size?"""
    return bool(SLASHED.fullmatch(text.strip()))


def _years(text: str) -> list[Written]:
    if match := YEARS.fullmatch(text):
        first, second = match[1], match[2]
        if len(first) == 2 and not text.upper().startswith(("FY", "AY")):
            return []
        year = int(first) if len(first) == 4 else 2000 + int(first)
        follows = int(second) == (year + 1 if len(second) == 4 else (year + 1) % 100)
        return [Written("year", None, year)] if follows else []
    if match := FINANCIAL.fullmatch(text):
        return [Written("year", None, int(match[1]) + (2000 if len(match[1]) == 2 else 0))]
    return []


def _months(text: str) -> list[Written]:
    year, month = 0, 0
    if match := ISO_MONTH.fullmatch(text) or MONTH_CODE.fullmatch(text):
        year, month = int(match[1]), int(match[2])
    elif match := MONTH_FIRST.fullmatch(text):
        year, month = int(match[2]), int(match[1])
    elif match := NAMED.fullmatch(text):
        year, month = _full_year(match[2]), _month_named(match[1])
    elif match := NAMED_LAST.fullmatch(text):
        year, month = int(match[1]), _month_named(match[2])
    return _at("month", year, month, 1)


def _parts(text: str) -> list[Written]:
    if match := PART.fullmatch(text):
        year, letter, number = int(match[1]), match[2].upper(), int(match[3])
    elif match := PART_FIRST.fullmatch(text):
        letter = (match[1] or match[5]).upper()
        number, year = int(match[2] or match[4]), int(match[3] or match[6])
    else:
        return []
    if letter == "Q" and 1 <= number <= 4:
        return _at("quarter", year, 3 * number - 2, 1)
    if letter == "H" and 1 <= number <= 2:
        return _at("half", year, 6 * number - 5, 1)
    if letter == "W" and (monday := iso_week(year, number)) is not None:
        return [Written("week", monday)]
    return []


def _days(text: str, day_first: bool | None) -> list[Written]:
    if match := ISO_DAY.fullmatch(text):
        stamp = pd.to_datetime(text, errors="coerce")
        if pd.isna(stamp):
            return []
        zoned = bool(match[4] and ZONE.search(match[4].strip()))
        return [Written("day", stamp.tz_localize(None), zoned=zoned)]
    if match := DAY_NAMED.fullmatch(text):
        return _at("day", int(match[3]), _month_named(match[2]), int(match[1]))
    if match := SLASHED.fullmatch(text):
        left, right, year = int(match[1]), int(match[3]), int(match[4])
        as_day_first = _at("day", year, right, left)
        as_month_first = _at("day", year, left, right)
        if day_first is None:
            return [*as_day_first, *as_month_first]
        return as_day_first if day_first else as_month_first
    return []


def _at(kind: Kind, year: int, month: int, day: int) -> list[Written]:
    try:
        return [Written(kind, pd.Timestamp(year, month, day))] if year > 999 else []
    except ValueError:
        return []


def _full_year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (2000 if int(text) < 69 else 1900)


def _month_named(word: str) -> int:
    """1 to 12; 0 for a word that names no month. Names are English, whole or their beginning."""
    word = word.lower()
    named = word[:3] in MONTHS and (word == "sept" or FULL[MONTHS.index(word[:3])].startswith(word))
    return MONTHS.index(word[:3]) + 1 if named else 0


def no_such_week(year: int, week: int) -> str:
    """That a year has no such week, and what to write."""
    after = f"{year + 1}-W01"
    return (
        f"{year} has no week {week} (ISO 8601 gives it 52): the days after {year}-W52 are in "
        f"{after}. Correct the year or the week."
    )


def why_none(text: str) -> str:
    """What a text that is no time was probably meant to be, and what to write; empty if unknown."""
    text = text.strip()
    if (match := PART.fullmatch(text)) and match[2] in "Ww" and match[3] == "53":
        return no_such_week(int(match[1]), 53)
    if TERM.fullmatch(text):
        return (
            "T can be a term, a third of a year or a quarter (trimestre). Write a quarter as "
            "2024Q1, anything else by its first day (2024-01-08)."
        )
    if PART_OF_FINANCIAL.fullmatch(text):
        return (
            "The file does not say in which month that year begins. Write the quarter by its "
            "first day (2023-10-01), or by the calendar's year (2023Q4)."
        )
    if DECIMAL_YEAR.fullmatch(text):
        return (
            "Decimals can be tenths of a year or months. Write the month (2020-10), the quarter "
            "(2020Q4) or the day."
        )
    return ""


def iso_week(year: int, week: int) -> pd.Timestamp | None:
    """The Monday of a week of ISO 8601; None for a week that the year does not have."""
    try:
        return pd.Timestamp(datetime.date.fromisocalendar(year, week, 1))
    except ValueError:
        return None
