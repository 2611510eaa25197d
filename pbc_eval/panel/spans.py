"""What stretch of time each period stands for, and which of them a start touches.

A period is a span, not an instant. Dates stand for spans too: where they recur on the first (or the
last) day of a month they stand for the months from (or up to) there, where they are seven days
apart for weeks. Dates without such a rule stand for their day.

    whole numbers      [n, n + 1)
    months, quarters   their calendar span; every third first of a month is a quarter
    weeks, days        seven days, one day
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pbc_eval.panel.time_values import MONTHS_OF, Moment, days_of, stamp_of

Unit = Literal["number", "year", "month", "week", "day", "date"]
"""``date``: single days that follow no rule, whose number counts and not the time between them."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Where T periods begin and end, in order: days since 1970, or numbers of their own."""

    begins: tuple[float, ...]
    ends: tuple[float, ...]
    unit: Unit
    months: int = 0  # how many months a span has, where it is made of months

    def inside(self, at: float) -> int | None:
        """The period that ``at`` lies inside of, after its beginning."""
        for position, (begin, end) in enumerate(zip(self.begins, self.ends, strict=True)):
            if begin < at < end:
                return position
        return None

    def first_from(self, at: float) -> int:
        """The first period that begins at or after ``at``; T when there is none."""
        return sum(begin < at for begin in self.begins)

    def first_touched(self, at: float, before: int) -> int:
        """The first period that ends after ``at`` less ``before`` periods; T when there is none.

        The time is subtracted from the date itself: a year before 2009 is 2008, whichever waves
        were observed.
        """
        if not math.isfinite(at):
            return len(self.ends)
        if self.unit == "date":
            reached = sum(end <= at for end in self.ends)
            if reached == len(self.ends):  # after the last: how long after is not counted in days
                return reached
            return max(0, reached - before)
        if self.unit == "month":
            at = days_of(stamp_of(at) - pd.DateOffset(months=self.months * before))
        else:
            at -= before * {"week": 7}.get(self.unit, 1)
        return sum(end <= at for end in self.ends)


def spans_of(moments: Sequence[Moment]) -> Spans:
    """The spans of a column's moments, which are in order."""
    stamps = [moment.start for moment in moments if moment.start is not None]
    begins = tuple(moment.at for moment in moments)
    if not stamps:
        unit: Unit = "year" if moments[0].kind == "year" else "number"
        return Spans(begins, tuple(moment.end for moment in moments), unit)
    kind = moments[0].kind
    if kind == "week":
        return Spans(begins, tuple(moment.end for moment in moments), "week")
    if kind in ("quarter", "half"):
        ends = tuple(moment.end for moment in moments)
        return Spans(begins, ends, "month", MONTHS_OF[kind])
    return _months(stamps) or _weeks_or_days(stamps)


def _months(stamps: list[pd.Timestamp]) -> Spans | None:
    """Dates that recur by months: from the first of one, up to the last, or anywhere in each."""
    at_midnight = all(stamp == stamp.normalize() for stamp in stamps)
    counted = [12 * stamp.year + stamp.month - 1 for stamp in stamps]
    gaps = np.diff(counted)
    if not at_midnight or (len(gaps) and gaps.min() < 1):
        return None
    months = math.gcd(12, *gaps.tolist()) if len(gaps) else 1
    firsts = [pd.Timestamp(at // 12, at % 12 + 1, 1) for at in counted]
    if all(stamp.day == 1 for stamp in stamps):
        begins = firsts
    elif all(stamp.is_month_end for stamp in stamps):
        begins = [first - pd.DateOffset(months=months - 1) for first in firsts]
    elif months == 1 and len({stamp.day for stamp in stamps}) == 1:
        begins = firsts
    else:
        return None
    ends = [first + pd.DateOffset(months=months) for first in begins]
    return Spans(tuple(map(days_of, begins)), tuple(map(days_of, ends)), "month", months)


def _weeks_or_days(stamps: list[pd.Timestamp]) -> Spans:
    days = np.array([days_of(stamp) for stamp in stamps])
    begins = tuple(np.floor(days).tolist())
    gaps = np.diff(days)
    whole = bool((days == np.floor(days)).all())
    if whole and len(gaps) and gaps.min() == 7 and not (gaps % 7).any():
        return Spans(begins, tuple((days + 7).tolist()), "week")
    unit: Unit = "day" if len(gaps) and gaps.min() == 1 else "date"
    return Spans(begins, tuple((np.floor(days) + 1).tolist()), unit)
