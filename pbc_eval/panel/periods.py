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
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Period

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
    order: tuple[float, ...]  # what sorts them: whole numbers, or days since 1970
    raw: tuple[tuple[Any, ...], ...]  # the values in the data that mean each period
    dated: bool
    notes: tuple[Sentence, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, label: int) -> str:
        """A period as a reader writes it: '2024-05', '2024-05-31', or the number itself."""
        text = str(label)
        if not self.dated:
            return text
        month = f"{text[:4]}-{text[4:6]}"
        return f"{month}-{text[6:]}" if len(text) > 6 else month

    def position(self, cohort: Any, owner: str) -> int | None:
        """Where a cohort's treatment starts: the first period at or after its date.

        None for never treated (missing, 0 or infinite); T for a date after the last period.
        Raises DataError for a value that cannot be placed among the periods.
        """
        at = self._place(cohort, owner)
        return None if at is None else sum(period < at for period in self.order)

    def between(self, cohort: Any, owner: str) -> bool:
        """Does a cohort's date fall inside the window, but on no period observed?"""
        at = self._place(cohort, owner)
        return at is not None and self.order[0] < at < self.order[-1] and at not in self.order

    def _place(self, cohort: Any, owner: str) -> float | None:
        if _is_never(cohort):
            return None
        key = read_time(cohort, owner)
        if self.dated and isinstance(key, int):
            key = _from_digits(key) or key
        excel = _excel_hint(key)
        if excel and (self.dated or not _excel_hint(self.labels[-1])):
            raise DataError(f"{owner}: {excel}")
        if isinstance(key, pd.Timestamp) != self.dated:
            raise DataError(
                f"{owner}: {_shown(cohort)} cannot be placed among the periods {self.labels[0]} to "
                f"{self.labels[-1]}. Give the cohort as the first treated period in the form of "
                "the time column, and missing or 0 for never treated."
            )
        return _sortable(key)


def read_periods(values: Iterable[Any], owner: str) -> Periods:
    """Order the distinct values of a time column.

    Raises DataError for times that are not whole, of mixed form, more than ``MOST_PERIODS``, or
    that look like Excel's day numbers.
    """
    raw = list(values)
    if len(raw) > MOST_PERIODS:
        raise DataError(
            f"{owner}: {len(raw):,} distinct times, more than {MOST_PERIODS:,}. Round time stamps "
            "to the period of the evaluation (month, quarter, year) first."
        )
    keys = {value: read_time(value, owner) for value in raw}
    dated = {isinstance(key, pd.Timestamp) for key in keys.values()}
    if len(dated) > 1:
        raise DataError(
            f"{owner}: times mix dates and numbers ({first_few(raw)}); write all in one form."
        )
    notes: tuple[Sentence, ...] = ()
    if dated == {False}:
        hints = [_excel_hint(key) for key in keys.values()]
        if all(hints):
            raise DataError(f"{owner}: {min(hints)}")
        stamps = {value: _from_digits(key) for value, key in keys.items() if isinstance(key, int)}
        digits = {value: stamp for value, stamp in stamps.items() if stamp is not None}
        if len(digits) == len(keys):
            notes = (
                Sentence(
                    "{owner}: {first} to {last} are read as dates written in digits; event time "
                    "counts observed periods",
                    owner=Name(owner),
                    first=Period(str(min(raw))),
                    last=Period(str(max(raw))),
                ),
            )
            keys, dated = dict(digits), {True}
    raw_by_place: dict[float, list[Any]] = {}
    for value, key in keys.items():
        raw_by_place.setdefault(_sortable(key), []).append(value)
    order = sorted(raw_by_place)
    by_order = {_sortable(key): key for key in keys.values()}
    labels = _labels([by_order[at] for at in order], owner)
    return Periods(
        labels=labels,
        clock=tuple(range(len(order))) if dated == {True} else labels,
        order=tuple(order),
        raw=tuple(tuple(raw_by_place[at]) for at in order),
        dated=dated == {True},
        notes=notes,
    )


def read_time(value: Any, owner: str) -> Key:
    """A whole number or a time stamp; DataError for anything else."""
    if isinstance(value, pd.Timestamp | datetime.date):
        return pd.Timestamp(value).tz_localize(None)
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return int(value)
    read = _from_text(value.strip()) if isinstance(value, str) else None
    if read is None:
        raise DataError(
            f"{owner}: {_shown(value)} is not a period. Periods are whole numbers (2004), months "
            "(2020-03), quarters (2020Q2) or dates (2020-03-15); for a cohort, empty or 0 says "
            "that the unit is never treated. Correct the value."
        )
    return read


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _from_text(text: str) -> Key | None:
    if WHOLE.fullmatch(text):
        return int(float(text))
    if quarter := QUARTER.fullmatch(text):
        return pd.Timestamp(int(quarter[1]), 3 * int(quarter[2]) - 2, 1)
    if not ISO_DATE.fullmatch(text):
        return None
    stamp = pd.to_datetime(text, errors="coerce")
    return None if pd.isna(stamp) else stamp.tz_localize(None)


def _sortable(key: Key) -> float:
    if isinstance(key, int):
        return key
    return (key - pd.Timestamp(1970, 1, 1)) / pd.Timedelta(days=1)


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
    whole = tuple(key for key in keys if isinstance(key, int))
    if whole:
        return whole
    stamps = [key for key in keys if isinstance(key, pd.Timestamp)]
    monthly = all(stamp.day == 1 for stamp in stamps)
    labels = tuple(int(stamp.strftime("%Y%m" if monthly else "%Y%m%d")) for stamp in stamps)
    if len(set(labels)) < len(labels):
        raise DataError(
            f"{owner}: several times fall on one day or month ({first_few(stamps)}). Round time "
            "stamps to the period of the evaluation first."
        )
    return labels
