"""When treatment starts: which values mean never, and what a start inside a period means.

    cohort values ── place_starts ▶ Starts ── .cohorts ▶ labels, starts, codes of values

Nothing ambiguous is resolved silently: a code that might mean never, and a start inside a period,
are asked for, all of them at once, unless the caller has stated what they mean.
"""

import datetime
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Names, Period
from pbc_eval.panel.coded_times import Code as TimeCode
from pbc_eval.panel.coded_times import from_code, possible_readings
from pbc_eval.panel.periods import Periods
from pbc_eval.panel.time_values import is_missing, shown

StartInside = Literal["refuse", "this_period", "next_period", "leave_period_out"]
START_INSIDE = ("refuse", "this_period", "next_period", "leave_period_out")

Code = int | float | str | datetime.date
NEVER_WORDS = {"", "inf", "+inf", "infinity"}
USUAL_CODES = {-1, -9, -99, -999, 99, 999, 9_999, 99_999, 999_999, 1899, 1900, 2099, 2999}
USUAL_DATES = {  # what other software writes for no date, beside what lies far off
    datetime.date(1899, 12, 30),
    datetime.date(1899, 12, 31),
    datetime.date(1900, 1, 1),
    datetime.date(1960, 1, 1),
    datetime.date(1970, 1, 1),
}
FAR = 50  # years, or numbers, outside the periods: no plausible start
DROPPED_EARLY, DROPPED_LATE = -1, -2  # codes of units that leave the sample


@dataclass(frozen=True, slots=True)
class Start:
    """One value of the cohort column."""

    value: Any
    at: float  # on the scale of the spans; infinite for never
    first: int  # position of the first treated period; T: none
    touched: int  # position of the first period that is not wholly untreated; T: none
    inside: int | None = None  # the period that it lies inside of


@dataclass(frozen=True, slots=True)
class Starts:
    """Every value of the cohort column, and the cohorts they make.

    Cohorts are numbered 0 ... C-1, 0 for never. A cohort's ``begun`` is the earliest start in it.
    """

    placed: tuple[Start, ...]
    labels: tuple[int, ...]  # (C,)
    starts: tuple[int, ...]  # (C,) position of the first treated period; T for never
    begun: tuple[float, ...]  # (C,) on the scale of the spans; infinite for never
    codes: dict[Any, int]  # value to cohort number, or DROPPED_EARLY, DROPPED_LATE
    late: tuple[float, ...]  # starts after the last period, counted as never
    notes: tuple[Sentence, ...]

    def values_of(self, code: int) -> list[Any]:
        """The values in the data with a code; none for values that are missing."""
        return [value for value, at in self.codes.items() if at == code and value is not None]

    @property
    def early(self) -> tuple[str, ...]:
        """The values that leave as treated in or before the first period, as they are written."""
        return tuple(_written(value) for value in self.values_of(DROPPED_EARLY))

    @property
    def inside(self) -> dict[int, list[Any]]:
        """By period, the values that lie inside of it."""
        by_period: dict[int, list[Any]] = {}
        for start in self.placed:
            if start.inside is not None:
                by_period.setdefault(start.inside, []).append(start.value)
        return by_period


def place_starts(
    values: Iterable[Any],
    periods: Periods,
    owner: str,
    *,
    start_inside: StartInside,
    never_codes: Sequence[Code] | None,
    count: Callable[[list[Any]], str],
    zoned: bool = False,
) -> Starts:
    """Place every value of a cohort column. ``count`` says how many units have some values;
    ``zoned``, whether the column carried a time zone.

    Raises DataError for a value that cannot be placed, and, all at once, for codes that might mean
    never and for starts inside a period that nobody has settled.
    """
    given = list(dict.fromkeys(None if is_missing(value) else value for value in values))
    listed = codes_of(never_codes)
    doubtful = _codes_observed(given, periods)
    asked = [v for v in given if v is not None and _asks(v, periods, listed, owner, doubtful)]
    placed, unsettled = [], []
    for value in given:
        if value in asked:
            continue
        start = _placed(
            value, periods, owner, listed=listed, start_inside=start_inside, zoned=zoned
        )
        placed.append(start)
        if start.inside is not None and start_inside == "refuse":
            unsettled.append(start)
    problems = []
    if asked:
        problems.append(_which_never(asked, periods, count, doubtful))
    if unsettled:
        problems.append(_which_period(unsettled, periods, count))
    if problems:
        raise DataError(f"{owner}: {' '.join(problems)}")
    return _numbered(placed, periods, start_inside)


def is_never(value: Any, periods: Periods, listed: set[str] | None) -> bool:
    """Does a value say that treatment never comes? 0 does, unless it is a period."""
    if value is None or (isinstance(value, str) and value.strip().lower() in NEVER_WORDS):
        return True
    plain = _plain(value)
    if listed is not None and plain in listed:
        return True
    return plain == "0" and (listed is None or not _zero_is_observed(periods))


def codes_of(never_codes: Sequence[Code] | None) -> set[str] | None:
    """The codes as they are compared; None when nobody has stated any."""
    return None if never_codes is None else {_plain(code) for code in never_codes}


def _placed(
    value: Any,
    periods: Periods,
    owner: str,
    *,
    listed: set[str] | None,
    start_inside: StartInside,
    zoned: bool,
) -> Start:
    if is_never(value, periods, listed):
        return Start(value, math.inf, len(periods), len(periods))
    spans = periods.spans
    at = periods.place(value, owner, zoned=zoned)
    inside = spans.inside(at)
    if inside is not None and start_inside == "this_period":
        at = spans.begins[inside]
    return Start(value, at, spans.first_from(at), spans.first_touched(at, 0), inside)


def _numbered(placed: list[Start], periods: Periods, start_inside: StartInside) -> Starts:
    end = len(periods)
    last_begin = periods.spans.begins[-1]
    codes: dict[Any, int] = {}
    firsts = sorted({s.first for s in placed if s.touched > 0 and s.first < end})
    number = {first: g for g, first in enumerate(firsts, start=1)}
    for start in placed:
        if start.touched == 0:
            codes[start.value] = DROPPED_EARLY
        elif start.first < end:
            codes[start.value] = number[start.first]
        elif start.touched < end and start_inside == "next_period":
            codes[start.value] = DROPPED_LATE
        else:
            codes[start.value] = 0
    begun = [
        min(start.at for start in placed if codes[start.value] == g)
        for g in range(1, len(firsts) + 1)
    ]
    late = [s for s in placed if math.isfinite(s.at) and s.at > last_begin and not codes[s.value]]
    return Starts(
        placed=tuple(placed),
        labels=(0, *(periods.labels[first] for first in firsts)),
        starts=(end, *firsts),
        begun=(math.inf, *begun),
        codes=codes,
        late=tuple(start.at for start in late),
        notes=_notes(placed, codes, late, periods),
    )


def _notes(
    placed: list[Start], codes: dict[Any, int], late: list[Start], periods: Periods
) -> tuple[Sentence, ...]:
    """What was decided on starts outside the observed periods."""
    notes = []
    zero = [start for start in placed if start.value is not None and _plain(start.value) == "0"]
    if zero and not math.isfinite(zero[0].at) and _zero_is_observed(periods):
        notes.append(
            Sentence(
                "cohort {zero} means never treated, although period {zero} is observed",
                zero=Period(0),
            )
        )
    if late:
        notes.append(
            Sentence(
                "cohort {cohorts} is treated after the last period ({last}): counted as never "
                "treated",
                cohorts=Names(tuple(sorted(str(start.value) for start in late))),
                last=Period(periods.name(periods.labels[-1])),
            )
        )
    begins = periods.spans.begins
    for start in placed:
        between = start.inside is None and begins[0] < start.at < begins[-1]
        if between and start.at not in begins and codes[start.value] > 0:
            notes.append(
                Sentence(
                    "cohort {cohort} falls between observed periods: first treated in {period}",
                    cohort=Period(str(start.value)),
                    period=Period(periods.name(periods.labels[start.first])),
                )
            )
    return tuple(sorted(notes))


def _zero_is_observed(periods: Periods) -> bool:
    return not periods.dated and periods.labels[0] <= 0 <= periods.labels[-1]


def _zero_could_be_a_start(given: list[Any], periods: Periods) -> bool:
    """Is 0 a period, and the first one only where other values say never? In the first period
    nobody is first treated, so that 0 beside other starts alone is the usual code."""
    if not _zero_is_observed(periods):
        return False
    others = any(v is None or (isinstance(v, str) and is_never(v, periods, None)) for v in given)
    return periods.labels[0] < 0 or others


def _codes_observed(given: list[Any], periods: Periods) -> set[str]:
    """The codes for never, of those given, that are periods too: 0, and -1 where nothing else says
    never."""
    codes = {"0"} if _zero_could_be_a_start(given, periods) else set[str]()
    never = any(is_never(v, periods, None) for v in given if v is None or _plain(v) not in codes)
    within = not periods.dated and periods.labels[0] <= -1 <= periods.labels[-1]
    return codes | ({"-1"} if within and not never else set())


def _asks(
    value: Any, periods: Periods, listed: set[str] | None, owner: str, doubtful: set[str]
) -> bool:
    """Might a value mean never, with nobody having stated what it means?"""
    plain = _plain(value)
    if listed is not None or (plain == "0" and plain not in doubtful):
        return False
    if plain in doubtful:
        return True
    if _is_word(value):
        return not is_never(value, periods, None)
    if _is_whole(plain):
        number = int(plain.partition(".")[0])
        return _odd_number(number, periods) or (
            periods.dated and (_is_no_time(number, periods) or _far_date(value, periods, owner))
        )
    return _far_date(value, periods, owner) if periods.dated else _far_year(value, periods)


def _odd_number(number: int, periods: Periods) -> bool:
    """A number that other software writes for never, or far from every period."""
    if periods.dated:
        return number < 0 or number in USUAL_CODES
    first, last = periods.labels[0], periods.labels[-1]
    if first <= number <= last:
        return False
    if possible_readings([number]):
        return False  # told when it is placed
    away = first - number if number < first else number - last
    usual = number in USUAL_CODES and away > 1
    return usual or number < 0 <= first or away > max(FAR, 5 * (last - first))


def _is_no_time(number: int, periods: Periods) -> bool:
    """A number that is nothing in the code of the periods, nor in another: 999912 among months."""
    code = periods.calendar.code
    codes: list[TimeCode] = ["yyyymm", "yyyymmdd"] if code == "plain" else [code]
    unread = all(from_code(number, each) is None for each in codes)
    return number > 99_999 and unread and not possible_readings([number])


def _far_date(value: Any, periods: Periods, owner: str) -> bool:
    try:
        at = periods.place(value, owner, zoned=periods.calendar.zoned)
    except DataError:
        return False  # told when it is placed
    first, end = periods.spans.begins[0], periods.spans.ends[-1]
    if first <= at < end:
        return False
    away = first - at if at < first else at - end
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days=int(at))
    return day in USUAL_DATES or away > 365.25 * FAR


def _far_year(value: Any, periods: Periods) -> bool:
    """A date among whole numbers, or a financial year among such: far off when its year is."""
    if periods.calendar.kind == "year" and isinstance(value, str):
        try:
            return _odd_number(int(periods.place(value, "")), periods)
        except DataError:
            return False  # told when it is placed
    if not isinstance(value, pd.Timestamp | datetime.date):
        return False
    first, last = periods.labels[0], periods.labels[-1]
    usual = pd.Timestamp(value).date() in USUAL_DATES and not first <= value.year <= last
    return usual or not first - FAR <= value.year <= last + FAR


def _which_never(
    asked: list[Any], periods: Periods, count: Callable[[list[Any]], str], doubtful: set[str]
) -> str:
    words = [value for value in asked if _is_word(value)]
    observed = [value for value in asked if _plain(value) in doubtful]
    far = [value for value in asked if value not in words and value not in observed]
    window = f"the periods {periods.names[0]} to {periods.names[-1]}"
    parts = []
    if words:
        parts.append(f"{first_few(sorted(map(_written, words)))} is not a period ({count(words)})")
    for value in sorted(observed, reverse=True):
        code = _plain(value)
        usual = "the usual code" if code == "0" else "a usual code"
        parts.append(f"{code} is among {window}, and {usual} for never treated ({count([value])})")
    if far:
        parts.append(
            f"{first_few(sorted(map(_written, far)))} lies far from {window} ({count(far)})"
        )
    codes = ", ".join(sorted(map(_written, asked)))
    other = (
        "Else correct the value."
        if words
        else ("If it is when treatment started, say never_treated_codes=[].")
    )
    return (
        f"{'; '.join(parts)}. If that means never treated, say so: never_treated_codes=[{codes}] "
        f"(data.never_treated_codes in a file). {other}"
    )


def _is_word(value: Any) -> bool:
    """A text without a number in it, or a date of noughts: '0000-00-00'."""
    if not isinstance(value, str) or _is_whole(value.strip()):
        return False
    return not any(letter in "123456789" for letter in value)


def _which_period(
    unsettled: list[Start], periods: Periods, count: Callable[[list[Any]], str]
) -> str:
    example = unsettled[0]
    assert example.inside is not None
    after = example.inside + 1
    then = periods.names[after] if after < len(periods) else "after the last period"
    here = periods.names[example.inside]
    named = first_few(
        [f"{_written(start.value)} in {periods.names[start.inside or 0]}" for start in unsettled]
    )
    return (
        f"treatment starts inside a period for {count([s.value for s in unsettled])} ({named}), "
        "which is then neither treated nor untreated. Say what it counts as, "
        "start_inside_period= (data.start_inside_period in a file): "
        f"this_period (here treated from {here} on), next_period (from {then} on; {here} serves as "
        f"no base), or leave_period_out (from {then} on, and {here} is left out for these units)."
    )


def _written(value: Any) -> str:
    """A value as it would be typed: 1995 for 1995.0, a date without a time of midnight."""
    return shown(value) if isinstance(value, str) else _plain(value)


def _plain(value: Any) -> str:
    """A code as it is compared: 9999, 9999.0 and '9999' are one, a date is its day."""
    if isinstance(value, pd.Timestamp | datetime.datetime):
        stamp = pd.Timestamp(value).tz_localize(None)
        return str(stamp.date()) if stamp == stamp.normalize() else str(stamp)
    text = str(value).strip().lower()
    if not isinstance(value, str | datetime.date):
        return str(int(value)) if float(value).is_integer() else text
    return text.partition(".")[0] if _is_whole(text) and "." in text else text


def _is_whole(text: str) -> bool:
    head, _, tail = text.lstrip("+-").partition(".")
    return head.isdigit() and not tail.strip("0")
