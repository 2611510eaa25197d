"""Effects of every cohort in every period, as every estimator gives them.

att_gt · imputation · ... ▶ GroupTimeEffects ── .aggregate(kind) ▶ EffectSeries
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed, counted
from pbc_eval.did.adjustment import EstimationMethod
from pbc_eval.did.aggregate import Bands, aggregate
from pbc_eval.did.averages import Kind, Weights
from pbc_eval.did.estimates import CellEstimates
from pbc_eval.did.small_cohorts import allowance
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import t_sf
from pbc_eval.panel.ledger import Ledger
from pbc_eval.results import EffectSeries, Method

DEFAULT_SEED = 20_210_601  # of the draws behind simultaneous bands


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class GroupTimeEffects(Displayed):
    """Every cohort's effect in every period, with the covariance of all of them."""

    cells: CellEstimates
    cohorts: tuple[int, ...]  # (C,) labels; 0 for never treated
    periods: tuple[int, ...]  # (T,) labels
    method: Method
    level: float
    seed: int
    ledger: Ledger
    adjustment: EstimationMethod = "dr"  # for covariates, when there are any
    weights: Weights = "units"  # of effects in averages, unless said otherwise
    period_names: tuple[str, ...] = ()  # (T,) as a reader writes them; without them, the labels

    def name_of(self, label: int) -> str:
        """A period, or the cohort first treated in it, as a reader writes it: '2023Q4'."""
        known = dict(zip(self.periods, self.period_names, strict=bool(self.period_names)))
        return known.get(label, str(label))

    @property
    def covariance(self) -> Floats:
        """(k, k) of the cells in the order of ``to_frame``; NaN for cells without an error."""
        k = self.cells.k
        covariance = self.cells.joint[:k, :k].copy()
        silent = np.isnan(self.cells.std_error)
        covariance[silent, :] = covariance[:, silent] = np.nan
        return covariance

    def summary(self) -> str:
        """How many effects, of how many cohorts and periods."""
        frame = self.to_frame()
        cohorts, times = frame["cohort"].nunique(), frame["time"].nunique()
        parts = (len(frame), "effect"), (cohorts, "cohort"), (times, "period")
        effects, of, over = (counted(*part) for part in parts)
        return f"{effects} of {of} over {over}"

    def to_frame(self) -> pd.DataFrame:
        """One row a cell. Intervals are pointwise and, like p-values, allow for small cohorts
        (small_cohorts.py); ``reason`` says why an error is missing.

        Columns: cohort, time, event_time, base, estimate, std_error, statistic, p_value, conf_low,
        conf_high, n_treated, n_comparison, n_trimmed (of the comparison, without weight because
        of their score), reason.
        """
        cells, plan = self.cells, self.cells.plan
        error = cells.std_error
        each = np.eye(cells.k, len(cells.joint))
        allowed = allowance(cells.small, each, np.diag(cells.joint)[: cells.k])
        with np.errstate(invalid="ignore", divide="ignore"):
            statistic = np.where(error > 0, cells.estimate / (error * allowed.factor), np.nan)
        margin = allowed.critical(self.level) * error
        periods = np.array([*self.periods, 0])
        frame = pd.DataFrame(
            {
                "cohort": np.array(self.cohorts)[plan.cohort],
                "time": periods[plan.period],
                "event_time": plan.event_time,
                "base": pd.Series(periods[plan.base], dtype="Int64").mask(plan.base < 0),
                "estimate": cells.estimate,
                "std_error": error,
                "statistic": statistic,
                "p_value": 2 * t_sf(np.abs(statistic), allowed.df),
                "conf_low": cells.estimate - margin,
                "conf_high": cells.estimate + margin,
                "n_treated": cells.n_treated,
                "n_comparison": cells.n_comparison,
                "n_trimmed": 0 if cells.trimmed is None else cells.trimmed,
            }
        )
        return frame.assign(reason=pd.Series(cells.reason, frame.index, dtype=object))

    def aggregate(
        self,
        kind: Kind = "simple",
        *,
        level: float | None = None,
        bands: Bands = "simultaneous",
        balance_e: int | None = None,
        min_e: int | None = None,
        max_e: int | None = None,
        weights: Weights | None = None,
    ) -> EffectSeries:
        """Average the cells.

        "simple": all cells from treatment onwards, by cohort share. "event": by event time; the
        overall effect averages event times from 0. "cohort": each cohort's mean over its periods,
        overall by cohort share. "calendar": by period, overall the mean over periods.
        Standard errors account for the estimated shares; an average that leans on effects without a
        standard error has none, and says why. ``weights``: a cohort counts by its "units", or an
        effect by the "treated_rows" seen in it; the default is the estimator's own.

        ``min_e`` and ``max_e`` limit event times (``min_e`` for "event" only), counted as the
        effects count them: a difference of whole-number periods, so that ``max_e=2`` keeps what
        is at most two years after the start, be it one wave or two; for dates, the number of
        observed periods. ``balance_e`` keeps the cohorts whose effects are estimated at each of
        their event times from 0 to it, and no event time beyond it ("event" only).
        ``level`` defaults to that of the effects. Raises DesignError when nothing is left.
        """
        return aggregate(
            self.cells,
            (self.cohorts, self.periods),
            (tuple(map(self.name_of, self.cohorts)), tuple(map(self.name_of, self.periods))),
            self.method,
            kind=kind,
            level=self.level if level is None else level,
            bands=bands,
            seed=self.seed,
            balance_e=balance_e,
            min_e=min_e,
            max_e=max_e,
            weights=self.weights if weights is None else weights,
        )
