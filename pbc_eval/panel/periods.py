"""Time as the data tell it: labels a reader knows, an order, and a clock for event time.

| times in the data              | label        | clock (event time is a difference of clocks)    |
|--------------------------------|--------------|-------------------------------------------------|
| whole numbers, 2004 or '2004'  | 2004         | the number itself: 2000, 2002, 2004 are 2 apart |
| months, '2020-03', 202003      | 202003       | position among the periods observed             |
| quarters, '2020Q2'             | 202004       | position among the periods observed             |
| dates, 2020-03-15, 20200315    | 20200315     | position among the periods observed             |
"""

import datetime
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError

MOST_PERIODS = 2_000  # beyond this a time column holds time stamps, not periods
EXCEL_DAYS = range(20_000, 60_000)  # 1954 to 2064 as Excel counts days
WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
QUARTER = re.compile(r"(\d{4})[- ]?[Qq]([1-4])")
ISO_DATE = re.compile(r"\d{4}-\d{1,2}(-\d{1,2}([ T].*)?)?")
NEVER_WORDS = {"", "0", "0.0", "inf", "+inf", "infinity"}

Key = int | pd.Timestamp


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """The periods observed, in order. All tuples have length T."""

    labels: tuple[int, ...]
    clock: tuple[int, ...]
    keys: tuple[Key, ...]  # whole numbers, or time stamps
    raw: tuple[tuple[Any, ...], ...]  # the values in the data that mean each period
    notes: tuple[str, ...] = ()

    @property
    def dated(self) -> bool:
        return isinstance(self.keys[0], pd.Timestamp)

    def __len__(self) -> int:
        return len(self.labels)

    def position(self, cohort: Any, owner: str) -> int | None:
        """Where a cohort's treatment starts: the first period at or after its date.

        None for never treated (missing, 0 or infinite); T for a date after the last period.
        Raises DataError for a value that cannot be placed among the periods.
        """
        key = self._key(cohort, owner)
        if key is None:
            return None
        return sum(period < key for period in self.keys)  # type: ignore[operator]

    def between(self, cohort: Any, owner: str) -> bool:
        """Does a cohort's date fall inside the window, but on no period observed?"""
        key = self._key(cohort, owner)
        if key is None or key in self.keys:
            return False
        return 0 < sum(period < key for period in self.keys) < len(self)  # type: ignore[operator]

    def _key(self, cohort: Any, owner: str) -> Key | None:
        if _is_never(cohort):
            return None
        key = read_time(cohort, owner)
        if self.dated and isinstance(key, int):
            key = _from_digits(key) or key
        excel = "" if self.dated is False and _excel_hint(self.keys[-1]) else _excel_hint(key)
        if excel or isinstance(key, pd.Timestamp) != self.dated:
            raise DataError(
                f"{owner}: {excel or f'{cohort!r} cannot be placed among the periods '}"
                + (
                    ""
                    if excel
                    else f"{self.labels[0]} to {self.labels[-1]}. Give the cohort as the "
                    "first treated period in the form of the time column, and missing or 0 for never "
                    "treated."
                )
            )
        return key


def read_periods(values: Iterable[Any], owner: str) -> Periods:
    """Order the distinct values of a time column.

    Raises DataError for times that are missing, not whole, of mixed form, more than
    ``MOST_PERIODS``, or that look like Excel's day numbers.
    """
    raw = list(values)
    if len(raw) > MOST_PERIODS:
        raise DataError(
            f"{owner}: {len(raw):,} distinct times, more than {MOST_PERIODS:,}. Round time stamps "
            "to the period of the evaluation (month, quarter, year) first."
        )
    found: dict[Key, list[Any]] = {}
    for value in raw:
        found.setdefault(read_time(value, owner), []).append(value)
    dated = {isinstance(key, pd.Timestamp) for key in found}
    if len(dated) > 1:
        raise DataError(
            f"{owner}: times mix dates and numbers ({first_few(raw)}); write all in one form."
        )
    notes: list[str] = []
    if dated == {False}:
        if all(_excel_hint(key) for key in found):
            raise DataError(f"{owner}: {_excel_hint(min(found))}")  # type: ignore[type-var]
        stamps = {key: _from_digits(key) for key in found if isinstance(key, int)}
        if all(stamps.values()):
            notes.append(
                f"{owner}: {min(stamps)} to {max(stamps)} are read as dates written in digits; "
                "event time counts observed periods."
            )
            found = {stamp: found[key] for key, stamp in stamps.items() if stamp is not None}
    keys = sorted(found)  # type: ignore[type-var]
    labels = _labels(keys, owner)
    clock = labels if isinstance(keys[0], int) else tuple(range(len(keys)))
    return Periods(labels, clock, tuple(keys), tuple(tuple(found[key]) for key in keys), (*notes,))


def read_time(value: Any, owner: str) -> Key:
    """A whole number or a time stamp; DataError for anything else."""
    if isinstance(value, pd.Timestamp | datetime.date):
        return pd.Timestamp(value).tz_localize(None)
    if isinstance(value, bool | np.bool_):
        return int(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        if math.isfinite(value) and float(value).is_integer():
            return int(value)
    elif isinstance(value, str):
        text = value.strip()
        if WHOLE.fullmatch(text):
            return int(float(text))
        if quarter := QUARTER.fullmatch(text):
            return pd.Timestamp(int(quarter[1]), 3 * int(quarter[2]) - 2, 1)
        if ISO_DATE.fullmatch(text):
            try:
                return pd.Timestamp(text)
            except ValueError:
                pass
    raise DataError(
        f"{owner}: {value!r} is not a period. Periods are whole numbers (2004), months (2020-03), "
        "quarters (2020Q2) or dates (2020-03-15)."
    )


def _is_never(value: Any) -> bool:
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return True
    if isinstance(value, str):
        return value.strip().lower() in NEVER_WORDS
    return not isinstance(value, pd.Timestamp | datetime.date) and value == 0


def _from_digits(number: int) -> pd.Timestamp | None:
    """202003 or 20200315 as a date; None for any other number."""
    form = {6: "%Y%m", 8: "%Y%m%d"}.get(len(str(number)))
    if form is None or not 1900 <= int(str(number)[:4]) <= 2199:
        return None
    stamp = pd.to_datetime(str(number), format=form, errors="coerce")
    return None if pd.isna(stamp) else stamp


def _excel_hint(key: Key) -> str:
    if not isinstance(key, int) or key not in EXCEL_DAYS:
        return ""
    day = datetime.date(1899, 12, 30) + datetime.timedelta(days=key)
    return (
        f"{key} looks like Excel's number for the day {day}. Convert the column to dates first: "
        "pd.to_datetime(column, unit='D', origin='1899-12-30')."
    )


def _labels(keys: list[Key], owner: str) -> tuple[int, ...]:
    stamps = [key for key in keys if isinstance(key, pd.Timestamp)]
    if not stamps:
        return tuple(int(key) for key in keys if isinstance(key, int))
    monthly = all(stamp.day == 1 for stamp in stamps)
    labels = tuple(int(stamp.strftime("%Y%m" if monthly else "%Y%m%d")) for stamp in stamps)
    if len(set(labels)) < len(labels):
        raise DataError(
            f"{owner}: several times fall on one day ({first_few(stamps)}). Round time stamps to "
            "the period of the evaluation first."
        )
    return labels
