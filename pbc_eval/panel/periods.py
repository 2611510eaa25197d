"""Time as the data tell it: labels a reader knows, an order, and a clock for event time.

| times in the data              | label        | clock (event time is a difference of clocks)    |
|--------------------------------|--------------|-------------------------------------------------|
| whole numbers, 2004 or '2004'  | 2004         | the number itself: 2000, 2002, 2004 are 2 apart |
| financial years, '2024-25'     | 2024         | the number itself                               |
| months, '2020-03', 202003      | 202003       | position among the periods observed             |
| quarters, '2020Q2', 'Q2 2020'  | 202004       | position among the periods observed             |
| weeks, '2020-W05', 202005      | 202005       | position among the periods observed             |
| dates, 2020-03-15, 20200315    | 20200315     | position among the periods observed             |

What a period spans, and which one a start falls inside of: spans.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.coded_times import MOST_PLAIN, not_plain, possible_readings
from pbc_eval.panel.spans import Spans, spans_of
from pbc_eval.panel.time_values import (
    Calendar,
    Moment,
    days_of,
    read_column,
    read_moment,
    shown,
)

MOST_PERIODS = 2_000  # beyond this a time column holds time stamps, not periods
CALENDAR_YEARS = range(1700, 2300)  # whole numbers that a date can be placed among


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """The periods observed, in order. All tuples have length T."""

    labels: tuple[int, ...]
    clock: tuple[int, ...]
    raw: tuple[tuple[Any, ...], ...]  # the values in the data that mean each period
    names: tuple[str, ...]  # as a reader writes them
    dated: bool
    spans: Spans
    calendar: Calendar
    notes: tuple[Sentence, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, label: int) -> str:
        """A period as a reader writes it: '2024-05', '2024-05-31', '2024-25', or the number."""
        return self.names[self.labels.index(label)] if label in self.labels else str(label)

    def place(self, start: Any, owner: str, *, zoned: bool = False) -> float:
        """Where a start lies on the scale of the spans. ``zoned``: did its column carry a zone?

        Raises DataError for a value that cannot be placed among the periods.
        """
        moment = read_moment(start, owner, self.calendar)
        if not moment.dated and moment.kind == "number" and abs(moment.at) > MOST_PLAIN:
            numbers = [int(moment.at)]
            if (possible_readings(numbers) and abs(self.labels[-1]) <= MOST_PLAIN) or self.dated:
                raise DataError(f"{owner}: {not_plain(numbers)}")
        by_day = self.calendar.kind == moment.kind == "day"
        if by_day and self.calendar.zoned != (moment.zoned or zoned):
            which = "the times carry a time zone and {} does not"
            if not self.calendar.zoned:
                which = "{} carries a time zone and the times do not"
            raise DataError(
                f"{owner}: {which.format(shown(start))}. Write both as local dates without a zone."
            )
        if self.dated == moment.dated and (self.calendar.kind == "year") == (moment.kind == "year"):
            self._refuse_coarser(moment, start, owner)
            return moment.at
        if moment.dated and self.calendar.kind == "number" and self._calendar_years:
            stamp = moment.start
            assert stamp is not None
            new_year = pd.Timestamp(stamp.year, 1, 1)
            days = days_of(pd.Timestamp(stamp.year + 1, 1, 1)) - days_of(new_year)
            return stamp.year + (moment.at - days_of(new_year)) / days
        raise DataError(
            f"{owner}: {shown(start)} cannot be placed among the periods {self.names[0]} to "
            f"{self.names[-1]}. Give the cohort as the first treated period in the form of "
            "the time column, and leave it empty for never treated."
        )

    def position(self, start: Any, owner: str) -> int:
        """The first period that begins at or after a start; T for a date after the last."""
        return self.spans.first_from(self.place(start, owner))

    @property
    def _calendar_years(self) -> bool:
        return all(label in CALENDAR_YEARS for label in self.labels)

    def _refuse_coarser(self, moment: Moment, start: Any, owner: str) -> None:
        """A quarter does not say in which month it began. Dates say their day."""
        touched = sum(
            moment.at < end and begin < moment.end
            for begin, end in zip(self.spans.begins, self.spans.ends, strict=True)
        )
        if moment.dated and moment.kind != "day" and touched > 1:
            raise DataError(
                f"{owner}: {shown(start)} spans {touched} of the periods {self.names[0]} to "
                f"{self.names[-1]}. Give the first treated period, or the day."
            )


def read_periods(values: Iterable[Any], owner: str, *, zoned: bool = False) -> Periods:
    """Order the distinct values of a time column. ``zoned``: did the column carry a time zone, of
    which only the local date is left?

    Raises DataError for times that are not whole, of mixed form, more than ``MOST_PERIODS``, or
    that can be read in several ways.
    """
    raw = list(values)
    if len(raw) > MOST_PERIODS:
        raise DataError(
            f"{owner}: {len(raw):,} distinct times, more than {MOST_PERIODS:,}. Round time stamps "
            "to the period of the evaluation (month, quarter, year) first."
        )
    moments, calendar, notes = read_column(raw, owner)
    raw_by_place: dict[float, list[Any]] = {}
    for value, moment in moments.items():
        raw_by_place.setdefault(moment.at, []).append(value)
    order = sorted(raw_by_place)
    by_order = {moment.at: moment for moment in moments.values()}
    ordered = [by_order[at] for at in order]
    spans = spans_of(ordered)
    labels = _labels(ordered, owner)
    dated = ordered[0].dated
    texts = [str(raw_by_place[at][0]) for at in order]
    return Periods(
        labels=labels,
        clock=tuple(range(len(order))) if dated else labels,
        raw=tuple(tuple(raw_by_place[at]) for at in order),
        names=tuple(map(_named, ordered, labels, texts)),
        dated=dated,
        spans=spans,
        calendar=replace(calendar, zoned=calendar.zoned or zoned),
        notes=notes,
    )


def _labels(moments: list[Moment], owner: str) -> tuple[int, ...]:
    stamps = [moment.start for moment in moments if moment.start is not None]
    if not stamps:
        return tuple(int(moment.at) for moment in moments)
    if moments[0].kind == "week":
        weeks = [stamp.isocalendar() for stamp in stamps]
        return tuple(100 * week.year + week.week for week in weeks)
    monthly = all(stamp.day == 1 for stamp in stamps)
    labels = tuple(int(stamp.strftime("%Y%m" if monthly else "%Y%m%d")) for stamp in stamps)
    if len(set(labels)) < len(labels):
        raise DataError(
            f"{owner}: several times fall on one day or month ({first_few(stamps)}). Round time "
            "stamps to the period of the evaluation first."
        )
    return labels


def _named(moment: Moment, label: int, text: str) -> str:
    stamp, digits = moment.start, str(label)
    if moment.kind == "year":
        return text if text.upper().startswith(("FY", "AY")) else f"{label}-{(label + 1) % 100:02d}"
    if stamp is None:
        return digits
    if moment.kind == "week":
        return f"{digits[:4]}-W{digits[4:]}"
    if moment.kind == "quarter":
        return f"{stamp.year}Q{stamp.quarter}"
    if moment.kind == "half":
        return f"{stamp.year}H{1 if stamp.month < 7 else 2}"
    month = f"{digits[:4]}-{digits[4:6]}"
    return f"{month}-{digits[6:]}" if len(digits) > 6 else month
