"""Cells where a unit's weight changes over time.

    base_period   in every cell of a cohort, a unit counts by its weight in the cohort's base
                  period, the last wholly before treatment
    varying       every observation counts by its own weight: changes of weighted averages

With w_i1 and w_i0 a unit's weights in a cell's period and in its base, and means over those of a
cohort or pool that are seen in both,

    varying:  ATT = (mean of y_1 by w_1 - mean of y_0 by w_0) - the same of the pool

and a unit's influence is its part in each of the four means. Shares of cohorts are by the weight of
the first period in either. As ``fix_weights`` of R's did 2.3.1. With covariates, ``varying`` takes
the observations of both periods as repeated cross-sections, each with its own weight and covariates
(``adjusted_repeated``), and adds up what a unit's two observations do to the estimate.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pbc_eval.did.adjusted_repeated import OBSERVATIONS, Sample, adjust_cell, standardised
from pbc_eval.did.adjustment import EstimationMethod
from pbc_eval.did.cells import CellPlan
from pbc_eval.did.cohort_score import Unlike
from pbc_eval.did.estimates import CellEstimates, Visit, one_hot, reasons
from pbc_eval.did.notes import without_weight
from pbc_eval.did.regression_cells import select
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.clustered import clusters_of, sandwich
from pbc_eval.panel.covariates import UnitCovariates
from pbc_eval.panel.moments import UnitArrays

Estimate = Callable[[CellPlan, UnitArrays, Visit], CellEstimates]


@dataclass(frozen=True, slots=True)
class UnitOrder:
    """The order in which influences are shown: of units, or of clusters when ``clustered``."""

    rows: Ints
    clustered: bool


def unit_order(arrays: UnitArrays, *, clustered: bool, by_cohort: bool) -> UnitOrder:
    """As ``cells_from_pairs`` shows them, or, ``by_cohort``, as ``cells_with_covariates`` does."""
    if clustered or by_cohort:
        key = arrays.cluster if clustered else arrays.cohort
        return UnitOrder(np.argsort(key, kind="stable"), clustered)
    return UnitOrder(np.arange(len(arrays.unit)), clustered)


def cells_at_base_weights(
    plan: CellPlan,
    arrays: UnitArrays,
    weights: Floats,
    *,
    estimate: Estimate,
    order: UnitOrder,
) -> CellEstimates:
    """Cohort by cohort, with ``weights`` (n, T) in its base period. Units without a weight there
    have no part in the cohort's cells."""
    parts, scores = [], []
    for cohort in np.unique(plan.cohort):
        mine = select(plan, plan.cohort == cohort)
        base = int(mine.base[~mine.before].max(initial=-1))
        known = weights[:, base] > 0 if base >= 0 else np.zeros(len(weights), dtype=bool)
        used = replace(
            arrays,
            weight=np.where(known, weights[:, max(base, 0)], 0.0),
            outcome=np.where(known[:, None], arrays.outcome, np.nan),
        )
        shown: list[Floats] = []
        parts.append(estimate(mine, used, shown.append))
        scores.append(np.vstack(shown)[:, : parts[-1].k])
    return _joined(plan, arrays, parts, np.hstack(scores), order)


def cells_at_own_weights(
    plan: CellPlan, arrays: UnitArrays, weights: Floats, *, clustered: bool
) -> CellEstimates:
    """Every observation by its own of the ``weights`` (n, T)."""
    k, n_cohorts = plan.pool.shape
    member = one_hot(arrays.cohort, n_cohorts)
    own = member[:, plan.cohort].astype(bool)
    pooled = (member @ plan.pool.T).astype(bool)
    seen = ~np.isnan(arrays.outcome[:, plan.period] + arrays.outcome[:, plan.base])
    seen &= ~np.isnan(weights[:, plan.period] + weights[:, plan.base])
    estimate, scores, use = np.zeros(k), np.zeros((len(arrays.unit), k)), plan.usable.copy()
    level = np.full(k, np.nan)
    for at, end in ((plan.period, 1.0), (plan.base, -1.0)):
        y = np.where(seen, arrays.outcome[:, at], 0.0)
        for side, sign in ((own, 1.0), (pooled, -1.0)):
            w = np.where(side & seen, weights[:, at], 0.0)
            total = w.sum(axis=0)
            use &= total > 0
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = (w * y).sum(axis=0) / total
                scores += end * sign * w * (y - mean) / total
            estimate += end * sign * mean
            if end > 0 and sign > 0:
                level = mean
    scores[:, ~use] = 0.0
    order = unit_order(arrays, clustered=clustered, by_cohort=False)
    treated, compared = own & seen, pooled & seen
    n_own, n_pool = treated.sum(axis=0), compared.sum(axis=0)
    distinct = (n_own, n_pool)
    if clustered:
        clusters = clusters_of(arrays.cluster[order.rows])
        scores = clusters.sums(scores[order.rows])
        distinct = (
            clusters.any_of(treated[order.rows]).sum(axis=0),
            clusters.any_of(compared[order.rows]).sum(axis=0),
        )
    part = CellEstimates(
        plan=plan,
        estimate=np.where(use, estimate, np.where(plan.reference, 0.0, np.nan)),
        level=level,
        joint=np.zeros((0, 0)),
        shares=np.zeros(0),
        cohort_units=np.zeros(0, dtype=np.int64),
        n_treated=n_own,
        n_comparison=n_pool,
        reason=reasons(plan, *distinct, clustered=clustered),
    )
    return _joined(plan, arrays, [part], scores, order)


def cells_adjusted_at_own_weights(
    plain: CellEstimates,
    arrays: UnitArrays,
    weights: Floats,
    covariates: UnitCovariates,
    *,
    method: EstimationMethod,
    clustered: bool,
) -> CellEstimates:
    """``plain``, the cells of ``cells_at_own_weights``, adjusted for each observation's own
    covariates; counts and levels stay."""
    plan, k = plain.plan, plain.k
    estimate = np.where(plan.reference, 0.0, np.full(k, np.nan))
    scores = np.zeros((len(arrays.unit), k))
    reason, n_trimmed = list(plain.reason), np.zeros(k, dtype=np.int64)
    unlike: list[Unlike | None] = []
    for j in np.flatnonzero(~np.isnan(plain.estimate) & plan.usable):
        units, sample = _both_ends(plan, int(j), arrays, weights, covariates)
        adjusted = adjust_cell(method, sample, covariates.names)
        if isinstance(adjusted, Sentence):
            reason[j] = adjusted
            continue
        estimate[j], n_trimmed[j] = adjusted.estimate, adjusted.trimmed
        unlike.append(adjusted.unlike)
        scores[units, j] = adjusted.influence.reshape(2, -1).sum(axis=0)
    order = unit_order(arrays, clustered=clustered, by_cohort=False)
    if clustered:
        scores = clusters_of(arrays.cluster[order.rows]).sums(scores[order.rows])
    part = replace(
        plain,
        estimate=estimate,
        reason=tuple(reason),
        trimmed=n_trimmed,
        notes=without_weight(unlike, OBSERVATIONS),
    )
    joined = _joined(plan, arrays, [part], scores, order)
    return replace(joined, trimmed=n_trimmed, notes=part.notes)


def _both_ends(
    plan: CellPlan, j: int, arrays: UnitArrays, weights: Floats, covariates: UnitCovariates
) -> tuple[Ints, Sample]:
    """The units of a cell that are seen in its period and in its base, and their observations:
    all of the period, then all of the base."""
    ends, own = (int(plan.period[j]), int(plan.base[j])), int(plan.cohort[j])
    inside = (arrays.cohort == own) | np.asarray(plan.pool[j], dtype=bool)[arrays.cohort]
    for at in ends:
        inside &= ~np.isnan(arrays.outcome[:, at]) & (weights[:, at] > 0)
    units = np.flatnonzero(inside)
    return units, Sample(
        y=np.concatenate([arrays.outcome[units, at] for at in ends]),
        x=standardised(np.vstack([covariates.at(at, units) for at in ends])),
        weight=np.concatenate([weights[units, at] for at in ends]),
        treated=np.tile((arrays.cohort[units] == own).astype(float), 2),
        now=np.repeat([1.0, 0.0], len(units)),
    )


def _joined(
    plan: CellPlan,
    arrays: UnitArrays,
    parts: list[CellEstimates],
    scores: Floats,
    order: UnitOrder,
) -> CellEstimates:
    """One set of cells, with what each unit adds to the shares of cohorts beside ``scores``."""
    n_cohorts = plan.pool.shape[1]
    total = arrays.weight.sum()
    share: Floats = (arrays.weight[:, None] * one_hot(arrays.cohort, n_cohorts) / total)[order.rows]
    if order.clustered:
        share = clusters_of(arrays.cluster[order.rows]).sums(share)
    every = np.hstack([scores, share])
    return CellEstimates(
        plan=plan,
        estimate=np.concatenate([part.estimate for part in parts]),
        level=np.concatenate([part.level for part in parts]),
        joint=sandwich(every),
        shares=np.bincount(arrays.cohort, arrays.weight, n_cohorts) / arrays.weight.sum(),
        cohort_units=np.bincount(arrays.cohort, minlength=n_cohorts),
        n_treated=np.concatenate([part.n_treated for part in parts]),
        n_comparison=np.concatenate([part.n_comparison for part in parts]),
        reason=tuple(reason for part in parts for reason in part.reason),
    )
