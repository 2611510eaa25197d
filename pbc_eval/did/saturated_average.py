"""An average effect as one linear function of a saturated two-way regression's coefficients.

    complete panel ─ a regressor a cohort and period ─▶ beta, average . beta = the effect

On a complete panel the effect is a sum over units of their own outcomes, each cohort's by its own
weights over periods (``SaturatedAverage.loads``): inference with few units starts from those.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pbc_eval.did.averages import Kind
from pbc_eval.did.cells import CellPlan, plan_cells
from pbc_eval.did.cohort_regression import (
    comparison_window,
    complete_moments,
    first_periods,
    regress,
)
from pbc_eval.did.regression_cells import indicators, refuse_without_never, treated_cells
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel.moments import CohortMoments, moments_of_arrays
from pbc_eval.panel.panel import Panel

Regression = Literal["interaction_weighted", "extended_two_way"]
MOST_CLUSTERS = 1_000  # beyond it the normal reference serves
MOST_EFFECTS = 2_500  # beyond it one regression takes minutes and gigabytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SaturatedAverage:
    """C cohorts, T periods of the window, K regressors."""

    moments: CohortMoments  # by cluster, over the window
    x: Floats  # (C, T, K)
    beta: Floats  # (K,)
    average: Floats  # (K,) weights of the coefficients
    factor: float  # of the CRV1 covariance
    clusters: int

    @property
    def estimate(self) -> float:
        return float(self.average @ self.beta)

    @property
    def loads(self) -> Floats:
        """(C, T): the estimate is the sum over cohorts of these times the mean outcome path."""
        weight = self.moments.weight
        within = self.x - self.x.mean(axis=1, keepdims=True)
        z = within - np.einsum("c,ctk->tk", weight, within) / weight.sum()
        gram = np.einsum("c,ctk,ctl->kl", weight, z, z)
        loads: Floats = weight[:, None] * (z @ np.linalg.solve(gram, self.average))
        return loads


def saturated_average(
    panel: Panel,
    regression: Regression,
    owner: str,
    *,
    kind: Kind = "simple",
    anticipation: int = 0,
    most: int = MOST_CLUSTERS,
) -> SaturatedAverage:
    """``regression``: against the never treated ("interaction_weighted", which leaves
    ``anticipation`` periods before the start open), or against all not treated at the time.

    Raises DesignError for panels that are not complete, fewer than 2 or more than ``most`` clusters
    (units, where there is no cluster), and more than 2,500 effects.
    """
    moments = clustered_moments(panel, owner, most)
    if regression == "interaction_weighted":
        refuse_without_never(panel, owner)
        plan = plan_cells(
            panel,
            control_group="never_treated",
            base_period="universal",
            anticipation=anticipation,
        )
        window = panel.n_periods
    else:
        window = comparison_window(panel, owner)
        moments = first_periods(moments, window)
        plan = treated_cells(panel)
    cells = np.flatnonzero(plan.usable)
    if len(cells) > MOST_EFFECTS:
        raise DesignError(
            f"{panel.name}: {owner} goes through an effect for every group and period, here "
            f"{len(cells):,}, and the most is {MOST_EFFECTS:,}; group starts into years, or use "
            "the errors of the estimator.",
            rule=Sentence(
                "It is not for more than {most} effects by group and period.",
                most=Number(MOST_EFFECTS),
            ),
        )
    x, names = indicators(plan, cells, window)
    fit = regress(moments, x, names, panel.name)
    return SaturatedAverage(
        moments=moments,
        x=x,
        beta=fit.beta,
        average=_shares(plan, cells, moments, kind),
        factor=fit.factor,
        clusters=fit.clusters,
    )


def _shares(plan: CellPlan, cells: Ints, moments: CohortMoments, kind: Kind) -> Floats:
    """(K,) weights of the cells in the average, the shares of cohorts taken as fixed."""
    cohort = plan.cohort[cells]
    after = plan.event_time[cells] >= 0
    share: Floats = moments.shares[cohort] * after
    if kind == "cohort":  # each over its own periods, then by share
        share = share / np.bincount(cohort, after)[cohort].clip(1) / _once(share, cohort)
        return share
    if kind != "simple":  # each event time or period alike
        _, at = np.unique(
            plan.event_time[cells] if kind == "event" else plan.period[cells], return_inverse=True
        )
        total = np.bincount(at, share)
        share = share / np.where(total > 0, total, 1.0)[at] / int((total > 0).sum())
        return share
    total_share: Floats = share / share.sum()
    return total_share


def _once(share: Floats, cohort: Ints) -> float:
    """The sum of the shares of the cohorts that count, each once."""
    return float(sum(share[cohort == c].max() for c in np.unique(cohort)))


def clustered_moments(panel: Panel, owner: str, most: int = MOST_CLUSTERS) -> CohortMoments:
    """Moments with sums by cluster, where there are few; every unit is one without a cluster."""
    moments = complete_moments(panel, owner)
    clusters = panel.n_units if moments.clusters is None else moments.clusters.n_clusters
    if not 2 <= clusters <= most:
        raise DesignError(
            f"{panel.name}: {owner} is for 2 to {most:,} clusters, there are "
            f"{clusters:,}; "
            + ("name a cluster with more." if clusters < 2 else "att_gt's errors serve as well.")
        )
    if moments.clusters is None:
        return moments_of_arrays(panel.arrays(), n_cohorts=len(panel.cohorts), clustered=True)
    return moments
