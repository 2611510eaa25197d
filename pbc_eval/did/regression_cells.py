"""Cells estimated by a regression, in the form that ``GroupTimeEffects`` averages.

interaction_weighted.py, extended_two_way.py and imputation.py each give effects by cohort and
period with loadings on cohort moments; here they become cells with a joint covariance, to which
the shares of cohorts are added when they are taken as estimated.
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from pbc_eval.did.cells import CellPlan, plan_cells
from pbc_eval.did.cohort_regression import Loadings
from pbc_eval.did.estimates import (
    CellEstimates,
    distinct_from_moments,
    independent_of,
    reasons,
    score_covariance,
)
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.notes import not_adjusted, weighted_by
from pbc_eval.did.shared_loadings import SharedLoadings
from pbc_eval.did.small_cohorts import small_from_moments
from pbc_eval.did.small_sample import parts_from_moments
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.panel.moments import CohortMoments
from pbc_eval.panel.panel import Panel
from pbc_eval.results import Method

Shares = Literal["estimated", "fixed"]
SHARES = ("estimated", "fixed")


def treated_cells(panel: Panel) -> CellPlan:
    """Cells from treatment onwards, each compared with all units not treated at the time."""
    plan = plan_cells(
        panel, control_group="not_yet_treated", base_period="universal", anticipation=0
    )
    return select(plan, plan.event_time >= 0)


def select(plan: CellPlan, kept: Bools) -> CellPlan:
    """Some of a plan's cells."""
    return replace(
        plan,
        cohort=plan.cohort[kept],
        period=plan.period[kept],
        base=plan.base[kept],
        pool=plan.pool[kept],
        event_time=plan.event_time[kept],
        reference=plan.reference[kept],
        before=plan.before[kept],
        reason=tuple(reason for reason, keep in zip(plan.reason, kept, strict=True) if keep),
    )


def indicators(plan: CellPlan, cells: Ints, n_periods: int) -> tuple[Floats, list[str]]:
    """(C, T, K) an indicator for each of the cells, and their names by position."""
    x = np.zeros((plan.pool.shape[1], n_periods, len(cells)))
    x[plan.cohort[cells], plan.period[cells], np.arange(len(cells))] = 1.0
    return x, [f"cell {plan.cohort[j]}, {plan.period[j]}" for j in cells]


def gather(
    plan: CellPlan,
    cells: Ints,
    effects: Floats,
    loadings: Loadings,
    moments: CohortMoments,
    *,
    factor: float,
    shares: Shares,
) -> CellEstimates:
    """``effects`` (m,) and ``loadings`` of the ``cells`` (m,), their covariance times ``factor``;
    ``moments`` cover all periods in which the loadings do."""
    k, n_cohorts = plan.pool.shape
    scaled = _scaled(loadings, cells, (k, n_cohorts), np.sqrt(factor), shares)
    estimate = np.full(k, np.nan)
    estimate[cells] = effects
    own, pool = distinct_from_moments(plan, moments)
    periods = moments.level.shape[1]
    level = moments.level[plan.cohort, np.minimum(plan.period, periods - 1)]
    return CellEstimates(
        plan=plan,
        estimate=np.where(plan.reference, 0.0, estimate),
        level=np.where(plan.period < periods, level, np.nan),
        joint=score_covariance(scaled, moments, k + n_cohorts),
        shares=moments.shares,
        cohort_units=moments.units,
        n_treated=moments.units[plan.cohort],
        n_comparison=plan.pool @ moments.units,
        reason=reasons(plan, own, pool, clustered=moments.clusters is not None),
        before=parts_from_moments(
            scaled, moments, np.flatnonzero(plan.before & ~np.isnan(estimate))
        ),
        small=small_from_moments(scaled, moments, k + n_cohorts),
        independent=independent_of(moments),
    )


def _scaled(
    loadings: Loadings, cells: Ints, size: tuple[int, int], root: float, shares: Shares
) -> Loadings:
    """The loadings times ``root`` at the places of the ``cells`` among k, and after those the rows
    of the C cohorts' indicators; ``size``: k and C. Fixed shares add nothing to them."""
    k, n_cohorts = size
    counts = 1.0 if shares == "estimated" else 0.0

    def with_share(c: int, where: Ints, rows: Floats) -> tuple[Ints, Floats]:
        share = np.zeros((1, rows.shape[1]))
        share[0, 0] = counts
        return np.append(cells[where], k + c), np.vstack([root * rows, share])

    if not isinstance(loadings, SharedLoadings):
        return [with_share(c, *pair) for c, pair in enumerate(loadings)]
    pairs = [
        with_share(c, *pair)
        for c, pair in enumerate(zip(loadings.where, loadings.own, strict=True))
    ]
    shared = np.zeros((k + n_cohorts, loadings.shared.shape[1]))
    shared[cells] = root * loadings.shared
    return SharedLoadings(
        where=tuple(where for where, _ in pairs),
        own=tuple(rows for _, rows in pairs),
        shared=shared,
        each=loadings.each,
    )


def regression_method(
    panel: Panel,
    plan: CellPlan,
    *,
    estimator: str,
    comparison: Sentence,
    base: str,
    inference: Sentence,
    shares: Shares,
    notes: tuple[Sentence, ...],
    adjusted: bool = False,
) -> Method:
    """The method of one of the three estimators; ``notes`` are what this panel adds."""
    cohort_shares = {
        "fixed": Sentence("cohort shares taken as fixed in averages"),
        "estimated": Sentence("cohort shares taken as estimated in averages"),
    }
    every = [*plan.notes, *notes, cohort_shares[shares]]
    if panel.covariates and not adjusted:
        every.append(not_adjusted(panel.roles.covariates))
    return Method(
        estimator=estimator,
        comparison_group=comparison,
        base_period=base,
        clustering=panel.clustering,
        inference=inference,
        notes=(*every, *weighted_by(panel.roles.weight)),
    )


def regression_effects(
    panel: Panel, cells: CellEstimates, method: Method, *, level: float, seed: int
) -> GroupTimeEffects:
    """The cells as effects of the panel, which averages weigh by the treated rows seen in them."""
    return GroupTimeEffects(
        cells=cells,
        cohorts=panel.cohorts,
        periods=panel.periods.labels,
        period_names=panel.periods.names,
        method=method,
        level=level,
        seed=seed,
        ledger=panel.ledger,
        weights="treated_rows",
    )


def refuse_without_never(panel: Panel, owner: str) -> None:
    """Raise DesignError when no unit is never treated, or for what ``owner`` does not know."""
    panel.refuse_for(owner)
    if not panel.cohort_units[0]:
        raise DesignError(
            f"{panel.name}: {owner} compares with never-treated units, and there are none; use "
            "imputation, extended_two_way or att_gt(control_group='not_yet_treated').",
            rule=Sentence("It compares with never-treated units, and there are none."),
        )
