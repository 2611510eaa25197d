"""What was found of each KPI: by period, overall, its rating, its chart."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pbc_eval._display import Displayed, counted
from pbc_eval.agreement.performance import Kpi
from pbc_eval.kpi.charts import ControlChart
from pbc_eval.messages.sentence import Sentence
from pbc_eval.results import MeasuredOutcome

Rating = Literal["Good", "Approaching target", "Requires improvement", "Inadequate", "Other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiPeriod:
    """One period of one KPI; ``value`` is None where it was not reported."""

    period: str
    value: float | None
    count: float | None = None  # met, events or people who answered
    among: float | None = None  # of how many; None for single values and surveys
    conf_low: float | None = None  # of a survey
    conf_high: float | None = None
    rows: float | None = None  # behind a value that is a sum, mean or single value of rows
    rating: Rating | None = None
    signals: tuple[str, ...] = ()  # rules of the control chart that it completes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class KpiResult(Displayed):
    """One KPI. ``overall`` is of all periods together, by their counts where it has any."""

    kpi: Kpi
    periods: tuple[KpiPeriod, ...]
    overall: float
    rating: Rating
    reason: str  # of the rating Other; empty otherwise
    chart: ControlChart

    @property
    def missing(self) -> tuple[str, ...]:
        """Periods that were to be reported and were not."""
        return tuple(period.period for period in self.periods if period.value is None)

    @property
    def latest(self) -> KpiPeriod:
        """The last period that was reported."""
        return next(period for period in reversed(self.periods) if period.value is not None)

    @property
    def missed(self) -> int:
        """How many reported periods missed the target."""
        return sum(period.rating not in (None, "Good") for period in self.periods)

    def measured(self) -> MeasuredOutcome | None:
        """What a payment clause counts; None if nothing rests on the KPI."""
        feeds = self.kpi.feeds
        if feeds is None:
            return None
        latest = self.latest.value
        count = {"latest": latest, "overall": self.overall, "missed_periods": self.missed}[feeds]
        return MeasuredOutcome(outcome=self.kpi.id, source="counted", count=float(count or 0.0))

    def to_frame(self) -> pd.DataFrame:
        """One row a period. Columns: period, value, count, among, conf_low, conf_high, low, high
        (limits of the chart), rating ("not reported" where missing), signals (in words)."""
        rows = [
            {
                "period": period.period,
                "value": period.value,
                "count": period.count,
                "among": period.among,
                "conf_low": period.conf_low,
                "conf_high": period.conf_high,
                "low": low,
                "high": high,
                "rating": period.rating or "not reported",
                "signals": "; ".join(period.signals),
            }
            for period, low, high in zip(self.periods, self.chart.low, self.chart.high, strict=True)
        ]
        frame = pd.DataFrame(rows)
        numbers = [c for c in frame.columns if c not in ("period", "rating", "signals")]
        return frame.astype(dict.fromkeys(numbers, float))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PerformanceResult(Displayed):
    """All KPIs of a contract."""

    every: str
    kpis: tuple[KpiResult, ...]
    notes: tuple[Sentence, ...] = ()  # which columns of text were read as numbers, and how

    def measured(self) -> dict[str, MeasuredOutcome]:
        """What payment clauses count, by KPI."""
        outcomes = (result.measured() for result in self.kpis)
        return {outcome.outcome: outcome for outcome in outcomes if outcome is not None}

    def summary(self) -> str:
        met = sum(result.latest.value is not None for result in self.kpis)
        return f"{counted(len(self.kpis), 'measure')} by {self.every}, {met} reported in the latest"

    def to_frame(self) -> pd.DataFrame:
        """One row a measure. Columns: measure, target, latest_period, latest, overall, rating,
        missed and missing (numbers of periods)."""
        return pd.DataFrame(
            {
                "measure": result.kpi.label,
                "target": result.kpi.target,
                "latest_period": result.latest.period,
                "latest": result.latest.value,
                "overall": result.overall,
                "rating": result.rating,
                "missed": result.missed,
                "missing": len(result.missing),
            }
            for result in self.kpis
        )
