"""The vocabulary every room shares: what an estimate, a series of them, and a check look like.

Rooms on one floor (did, matching, payment, sroi) meet only through these records. They hold
facts; every derived figure (an interval, a p-value) has one owner, a property here, and print,
table and plot ask it. They hold no clock, no path and no random state.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed, counted, interval_in_short
from pbc_eval.errors import DataError, DesignError
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.written_numbers import instead
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import t_quantile, t_sf

CheckStatus = Literal["pass", "review", "fail", "not_applicable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How an estimate was made, in words that a reader can check against the design."""

    estimator: str  # "group-time average treatment effects (Callaway & Sant'Anna 2021)"
    comparison_group: Sentence  # "never-treated units"
    base_period: str = "not applicable"
    clustering: str = "none"
    inference: Sentence = (
        EMPTY  # where standard errors and intervals come from, small-sample convention
    )
    seed: int | None = None  # of any random draw behind an interval
    notes: tuple[
        Sentence, ...
    ] = ()  # what a reader must know: cohorts dropped, cells without an error


class OverTies(NamedTuple):
    """What an estimate would be had ties between people been broken in so many other ways: the ends
    of the range, its own place included."""

    low: float
    high: float
    ways: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedInterval:
    """The interval and p-value of a test that was inverted, at the level of its estimate; an end is
    infinite where no value on its side is rejected."""

    conf_low: float
    conf_high: float
    p_value: float

    @property
    def bounded(self) -> bool:
        """Is it an interval at all?"""
        return math.isfinite(self.conf_low) and math.isfinite(self.conf_high)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AttEstimate(Displayed):
    """One average effect on the treated, in the outcome's own unit.

    ``std_error`` is None when it cannot be had, and ``reason`` then says why; an estimate never
    travels without the number of units behind it.
    """

    term: str
    estimate: float
    std_error: float | None
    n_treated: int  # treated units behind the estimate
    n_comparison: int  # comparison units behind it
    method: Method
    level: float = 0.95
    critical_value: float | None = None  # None: the two-sided point of the t (or normal) reference
    degrees_of_freedom: float = math.inf
    small_sample_factor: float = 1.0  # multiplies the error in intervals and tests: few units
    reason: Sentence | None = None  # why there is no standard error
    counterfactual_mean: float | None = None  # the treated group's outcome had it not been treated
    over_ties: OverTies | None = None  # None: no tie between people decides anything
    no_interval: Sentence | None = None  # why the error makes no interval: it does not hold
    stated: StatedInterval | None = None  # in place of multiples of the error, where it counts

    def __post_init__(self) -> None:
        if self.std_error is None and not self.reason:
            raise DesignError(f"{self.term}: an estimate without a standard error must say why.")

    @property
    def critical(self) -> float:
        """The multiple of the standard error that makes the interval, unless one is ``stated``."""
        if self.critical_value is not None:
            return self.critical_value
        point = float(t_quantile(0.5 + self.level / 2, self.degrees_of_freedom))
        return point * self.small_sample_factor

    @property
    def error_of_inference(self) -> float | None:
        """The standard error with its allowance for few units: what intervals, tests and
        simulations start from. Of a stated interval that of a normal with an interval as wide."""
        if self.stated is not None:
            if not self.stated.bounded:
                return None
            point = float(t_quantile(0.5 + self.level / 2, math.inf))
            return (self.stated.conf_high - self.stated.conf_low) / (2 * point)
        return None if self.std_error is None else self.std_error * self.small_sample_factor

    @property
    def conf_low(self) -> float | None:
        if self.std_error is None or self.no_interval:
            return None
        if self.stated is not None:
            return self.stated.conf_low if self.stated.bounded else None
        return self.estimate - self.critical * self.std_error

    @property
    def conf_high(self) -> float | None:
        if self.std_error is None or self.no_interval:
            return None
        if self.stated is not None:
            return self.stated.conf_high if self.stated.bounded else None
        return self.estimate + self.critical * self.std_error

    @property
    def statistic(self) -> float | None:
        """Estimate over ``error_of_inference``; None without one, or when the error is zero. Where
        the interval is stated, over the standard error, which its draws are held against."""
        if self.stated is not None:
            return self.estimate / self.std_error if self.std_error else None
        return self.estimate / self.error_of_inference if self.error_of_inference else None

    @property
    def p_value(self) -> float | None:
        """Two-sided, of the null that the effect is zero."""
        if self.stated is not None:
            return self.stated.p_value
        if self.statistic is None or self.no_interval:
            return None
        return float(2 * t_sf(abs(self.statistic), self.degrees_of_freedom))

    @property
    def significant(self) -> bool | None:
        """Does the interval exclude zero? None when there is no interval."""
        if self.conf_low is None or self.conf_high is None:
            return None
        return self.conf_low > 0 or self.conf_high < 0

    def summary(self) -> str:
        """The estimate with its interval, and how many units are behind it."""
        known = interval_in_short(self.estimate, self.conf_low, self.conf_high, self.level)
        return f"{self.term}: {known}; {self.n_treated:,} treated, {self.n_comparison:,} comparison"

    def to_frame(self) -> pd.DataFrame:
        """One row, tidy columns."""
        return frame_with_sentences([self.to_row()])

    def to_row(self) -> dict[str, Any]:
        """The tidy columns; missing figures are NaN."""
        missing = math.nan
        return {
            "term": self.term,
            "estimate": self.estimate,
            "std_error": missing if self.std_error is None else self.std_error,
            "statistic": missing if self.statistic is None else self.statistic,
            "p_value": missing if self.p_value is None else self.p_value,
            "conf_low": missing if self.conf_low is None else self.conf_low,
            "conf_high": missing if self.conf_high is None else self.conf_high,
            "n_treated": self.n_treated,
            "n_comparison": self.n_comparison,
            "reason": self.reason or self.no_interval or EMPTY,
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EffectSeries(Displayed):
    """An aggregation: one overall effect and the series it summarises.

    ``index`` holds event times, cohorts or periods; ``covariance`` (k, k) is that of the series'
    estimates, in squared outcome units; it is empty when the aggregation has no series ("simple").
    """

    overall: AttEstimate
    kind: Literal["simple", "event", "cohort", "calendar"]
    index: tuple[int, ...] = ()
    effects: tuple[AttEstimate, ...] = ()
    covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    bands: Literal["simultaneous", "pointwise"] = "pointwise"

    @property
    def index_name(self) -> str:
        return {"event": "event_time", "calendar": "time"}.get(self.kind, "cohort")

    @property
    def estimate(self) -> float:
        return self.overall.estimate

    @property
    def std_error(self) -> float | None:
        return self.overall.std_error

    @property
    def conf_low(self) -> float | None:
        return self.overall.conf_low

    @property
    def conf_high(self) -> float | None:
        return self.overall.conf_high

    def summary(self) -> str:
        """Which average, of how many effects, and the overall one with its interval."""
        count = f", {counted(len(self.effects), 'effect')}" if self.effects else ""
        return f"{self.kind}{count}; {self.overall.summary()}"

    def to_frame(self) -> pd.DataFrame:
        """One row an entry of the series (the overall effect alone for "simple"), tidy columns."""
        if self.kind == "simple":
            return frame_with_sentences([self.overall.to_row()])
        rows = [
            {self.index_name: at} | effect.to_row()
            for at, effect in zip(self.index, self.effects, strict=True)
        ]
        return frame_with_sentences(rows)


def frame_with_sentences(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ("reason",)
) -> pd.DataFrame:
    """A frame of rows in which the Sentences of ``columns`` stay what they are: pandas would make
    plain text of them, of which nobody can tell any more which numbers count people."""
    frame = pd.DataFrame(list(rows))
    kept = {name: [row[name] for row in rows] for name in columns if name in frame}
    return frame.assign(
        **{name: pd.Series(cells, frame.index, dtype=object) for name, cells in kept.items()}
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckResult:
    """Does the design hold? One answer, one sentence, one table.

    ``null`` states what was tested in words; a check that could not be run is "not_applicable"
    and its sentence says why.
    """

    name: str  # short identifier, used by waivers: "pre_trends"
    status: CheckStatus
    sentence: Sentence
    null: str = ""
    statistic: float | None = None
    p_value: float | None = None
    table: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredOutcome:
    """What is known of one outcome when a payment falls due or value is claimed.

    Effects are signed so that positive is an improvement, whatever the outcome's direction.
    ``effect`` and its interval are per unit (person, firm, area) in the outcome's unit;
    ``total_scale`` turns them into a total (number of treated units, or person-periods at risk).

    ``counterfactual_slope`` is the covariance of the counterfactual's error with the effect's, over
    the variance of the effect's. An estimated counterfactual is the level of those treated less the
    effect: with that level known, -1 where a rise is an improvement and 1 where a fall is; 0 where
    the level without the programme was known from elsewhere.
    """

    outcome: str
    source: Literal["estimated", "reported", "counted"]
    effect: float | None = None
    std_error: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    p_value: float | None = None
    counterfactual: float | None = None  # level per unit without the programme; > 0 for relative
    total_scale: float | None = None
    count: float | None = None  # verified outcomes, for tariffs that pay by the piece
    claims_checked: int | None = None  # of the count, in a verification sample
    claims_wrong: int | None = None  # of those checked
    counterfactual_slope: float = 0.0  # how the counterfactual moves with the effect's error
    unit: str = ""
    alternatives: tuple[tuple[str, float], ...] = ()  # effect under each named other estimator
    by_person: Mapping[str, float] | None = None  # the count of each person, where it is known
    no_interval: Sentence | None = None  # why the effect has none, where that is known

    def __post_init__(self) -> None:
        """Numbers of any type become plain ones. Raises DataError for what is no number."""
        for name in _NUMBERS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _plain_number(self.outcome, name, value))
        if self.by_person is None:
            return
        if not isinstance(self.by_person, Mapping | pd.Series):
            raise DataError(
                f"{self.outcome}: by_person maps each person to a count, got {self.by_person!r}."
            )
        people = {
            str(person): _plain_number(self.outcome, f"by_person, {person}", units)
            for person, units in dict(self.by_person).items()
        }
        object.__setattr__(self, "by_person", MappingProxyType(people))
        total = math.fsum(people.values())
        if self.count is None or not math.isclose(total, self.count, rel_tol=1e-12, abs_tol=1e-12):
            raise DataError(
                f"{self.outcome}: counts by person add up to {total:g}, but count is "
                f"{self.count!r}. Give count={total:g}, or correct the counts by person."
            )


_NUMBERS = (
    *("effect", "std_error", "conf_low", "conf_high", "p_value", "counterfactual"),
    *("total_scale", "count", "claims_checked", "claims_wrong"),
)


def _plain_number(outcome: str, name: str, value: Any) -> int | float | Decimal:
    """The number as Python's own; text, true and false are none, and neither are arrays."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        meant = instead(value) if isinstance(value, str) else ""
        raise DataError(f"{outcome}: {name} must be a number, got {value!r}.{meant}")
    return value
