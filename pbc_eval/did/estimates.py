"""Estimates of all cells and their joint covariance, from cohort moments or from units.

Write a unit's influence on an estimate as w * (a_c + b_c . (D - path_c)), c its cohort. Then

    Cov = 1/W^2  sum_c  [a b]_c  gram_c  [a b]_c'        (sums by cluster in place of units)

and a sum, difference or average of estimates is that of its a and b. Beside the k cells, the
covariance carries C rows "indicator of cohort c", which is what an estimated cohort-share weight
adds to an average of cells (aggregate.py).

Sources: Callaway and Sant'Anna (2021), theorem 2 and section 4; Sant'Anna and Zhao (2020), whose
three estimators coincide when there are no covariates.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from pbc_eval.did.block_sums import BlockSums, rows_by_cohort
from pbc_eval.did.cells import CellPlan
from pbc_eval.did.shared_loadings import SharedLoadings
from pbc_eval.did.small_cohorts import NO_SMALL_COHORTS, SmallCohorts, small_from_moments
from pbc_eval.did.small_sample import CohortParts, parts_from_moments
from pbc_eval.did.taken_off import TakenOff
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import CLUSTERS, UNITS, Units
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.clustered import sandwich
from pbc_eval.panel.moments import CohortMoments, UnitArrays

Visit: TypeAlias = Callable[[Floats], None]

VALUES_A_BLOCK = 4_000_000  # 32 MB: units are taken in blocks of this many influence values


_LONE = "cohort of {units}"
REFERENCE = Sentence("reference period")  # the reason of a cell that is zero by construction


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellEstimates:
    """k cells over C cohorts. Effects and levels are in the outcome's unit."""

    plan: CellPlan
    estimate: Floats  # (k,) NaN when it cannot be had
    level: Floats  # (k,) mean outcome of the treated in the cell's period
    joint: Floats  # (k + C, k + C) covariance of cells, then of the cohorts' indicators
    shares: Floats  # (C,) each cohort's share of the weight
    cohort_units: Ints  # (C,)
    n_treated: Ints  # (k,) units
    n_comparison: Ints  # (k,) units
    reason: tuple[Sentence, ...]  # (k,) why a cell has no standard error; empty when it has one
    before: CohortParts | None = None  # of the cells before treatment, by cohort; None if too many
    gaps: bool = False  # are units missing in some periods, so that cells rest on different ones?
    small: SmallCohorts = NO_SMALL_COHORTS  # what small cohorts add to ``joint``
    row_weight: Floats | None = (
        None  # (k,) of the treated rows in a cell; None: the cohorts' shares
    )
    trimmed: Ints | None = None  # (k,) comparison units without weight because of their score
    notes: tuple[Sentence, ...] = ()  # on comparison units without weight
    independent: Ints | None = None  # (C,) units, or clusters, of each cohort; None: not known
    counted: Floats | None = None  # (k, C) what cohorts' changes since the base count, if told
    taken_off: TakenOff | None = None  # then ``joint`` has k rows more, of differences before

    @property
    def k(self) -> int:
        return len(self.estimate)

    @property
    def std_error(self) -> Floats:
        """(k,) NaN where ``reason`` says why."""
        variance = np.diag(self.joint)[: self.k]
        known = np.array([not reason for reason in self.reason])
        return np.where(known, np.sqrt(np.maximum(variance, 0.0)), np.nan)


def cells_from_moments(plan: CellPlan, moments: CohortMoments) -> CellEstimates:
    """ATT(g, t) = v . path_g - m, with v the contrast (+1 at t, -1 at the base) and m the
    comparison pool's mean of it; influence as in did.md's formulas, cohort by cohort."""
    k, n_cohorts = plan.pool.shape
    use = plan.usable
    shares = moments.shares
    change = moments.path[:, plan.period] - moments.path[:, plan.base]  # (C, k)
    change = np.where(moments.units[:, None] > 0, change, 0.0)
    pool_weight = np.where(plan.pool, moments.weight, 0.0)  # (k, C)
    with np.errstate(invalid="ignore"):
        pool_mean = (pool_weight * change.T).sum(axis=1) / pool_weight.sum(axis=1)
    estimate = change[plan.cohort, np.arange(k)] - pool_mean
    estimate = np.where(use, estimate, np.where(plan.reference, 0.0, np.nan))

    loadings = []
    for c in range(n_cohorts):
        own = np.flatnonzero((plan.cohort == c) & use)
        pooled = np.flatnonzero(plan.pool[:, c] & use)
        pool_share = plan.pool[pooled] @ shares
        cells = np.concatenate([own, pooled])
        scale = np.concatenate(
            [np.full(len(own), 1 / shares[c]) if len(own) else [], -1 / pool_share]
        )
        rows = np.zeros((len(cells) + 1, moments.gram.shape[1]))
        at = np.arange(len(cells))
        rows[at, 1 + plan.period[cells]] = scale
        rows[at, 1 + plan.base[cells]] = -scale
        rows[len(own) : len(cells), 0] = -(change[c, pooled] - pool_mean[pooled]) / pool_share
        rows[-1, 0] = 1.0
        loadings.append((np.append(cells, k + c), rows))
    units = moments.units
    distinct = distinct_from_moments(plan, moments)
    return CellEstimates(
        plan=plan,
        estimate=estimate,
        level=moments.level[plan.cohort, plan.period],
        joint=score_covariance(loadings, moments, k + n_cohorts),
        shares=shares,
        cohort_units=units,
        n_treated=units[plan.cohort],
        n_comparison=plan.pool @ units,
        reason=reasons(plan, *distinct, clustered=moments.clusters is not None),
        before=parts_from_moments(loadings, moments, np.flatnonzero(plan.before & use)),
        small=small_from_moments(loadings, moments, k + n_cohorts),
        independent=independent_of(moments),
    )


def is_of_a_lone_cohort(reason: Sentence) -> bool:
    """Does a cell lack a standard error because its cohort is a single unit or cluster?"""
    return reason.template == _LONE


def independent_units(cohort: Ints, cluster: Ints | None, n_cohorts: int) -> Ints:
    """(C,) units of each cohort, or clusters with one of its units; both (n,), by unit."""
    if cluster is None:
        return np.bincount(cohort, minlength=n_cohorts)
    pairs = np.unique(np.column_stack([cohort, cluster]), axis=0)
    return np.bincount(pairs[:, 0], minlength=n_cohorts)


def independent_of(moments: CohortMoments) -> Ints:
    """The same from moments."""
    if moments.clusters is None:
        return moments.units
    return np.bincount(moments.clusters.cohort, minlength=len(moments.units))


def score_covariance(
    loadings: list[tuple[Ints, Floats]] | SharedLoadings, moments: CohortMoments, size: int
) -> Floats:
    """Covariance (size, size) of estimates whose influence in cohort c is row . (1, D - path_c).

    ``loadings`` holds, for each cohort, the estimates that involve it (m,) and their rows
    (m, T+1).
    """
    total = float(moments.weight.sum())
    if moments.clusters is None and isinstance(loadings, SharedLoadings):
        joint = loadings.covariance(moments.gram)
        joint /= total**2
        return joint
    joint = np.zeros((size, size))
    if moments.clusters is None:
        for (where, rows), gram in zip(loadings, moments.gram, strict=True):
            joint[np.ix_(where, where)] += rows @ gram @ rows.T
        joint /= total**2
        return joint
    sums = moments.clusters
    step = max(1, VALUES_A_BLOCK // size)
    for first in range(0, sums.n_clusters, step):
        lo, hi = np.searchsorted(sums.cluster, [first, first + step])
        scores = np.zeros((min(step, sums.n_clusters - first), size))
        for c, (where, rows) in enumerate(loadings):
            at = lo + np.flatnonzero(sums.cohort[lo:hi] == c)
            # A cohort has one row a cluster, so no entry is added to twice.
            scores[np.ix_(sums.cluster[at] - first, where)] += sums.sums[at] @ rows.T
        joint += sandwich(scores)
    joint /= total**2
    return joint


def distinct_from_moments(plan: CellPlan, moments: CohortMoments) -> tuple[Ints, Ints]:
    """Independent units (clusters when clustered) behind each cell's two sides, counted to 2."""
    if moments.clusters is None:
        return moments.units[plan.cohort], plan.pool @ moments.units
    n_cohorts = len(moments.units)
    present = np.zeros((moments.clusters.n_clusters, n_cohorts), dtype=bool)
    present[moments.clusters.cluster, moments.clusters.cohort] = True
    own = present.sum(axis=0)[plan.cohort]
    pools, which = np.unique(plan.pool, axis=0, return_inverse=True)
    counts = np.array([present[:, pool].any(axis=1).sum() for pool in pools])
    return own, counts[which.ravel()]


def cells_from_pairs(
    plan: CellPlan, arrays: UnitArrays, *, clustered: bool, visit: Visit | None = None
) -> CellEstimates:
    """The same with units missing in some periods: a cell uses the units observed in both of its
    periods, and a unit that is not has no influence on it. Two passes over blocks of units.

    ``visit`` is shown the influences (b, k + C) of every block of units, or of clusters."""
    k, n_cohorts = plan.pool.shape
    size = k + n_cohorts
    total = arrays.weight.sum()
    order = np.argsort(arrays.cluster, kind="stable") if clustered else np.arange(len(arrays.unit))
    cuts = cluster_blocks(arrays.cluster[order], max(1, VALUES_A_BLOCK // size), clustered)

    weight, change, level, count = _sums_of_pairs(plan, arrays, [order[cut] for cut in cuts])
    side = np.zeros((n_cohorts, k))  # +1 treated, -1 comparison, 0 neither
    side[plan.cohort, np.arange(k)] = 1.0
    side[plan.pool.T] = -1.0
    own, pooled = side > 0, side < 0
    own_weight, pool_weight = (weight * own).sum(axis=0), (weight * pooled).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        own_mean = (change * own).sum(axis=0) / own_weight
        pool_mean = (change * pooled).sum(axis=0) / pool_weight
        own_level = (level * own).sum(axis=0) / own_weight
        scale = np.where(own, 1 / own_weight, 0.0) - np.where(pooled, 1 / pool_weight, 0.0)
    use = plan.usable & (own_weight > 0) & (pool_weight > 0)
    centre = np.where(own, own_mean, np.where(pooled, pool_mean, 0.0))
    scale = np.where(use, scale, 0.0)

    before = np.flatnonzero(plan.before & use)
    sums = BlockSums(arrays, before, (k, n_cohorts), clustered)
    for cut in cuts:
        at = order[cut]
        g, w = arrays.cohort[at], arrays.weight[at, None]
        delta = arrays.outcome[np.ix_(at, plan.period)] - arrays.outcome[np.ix_(at, plan.base)]
        seen = ~np.isnan(delta)
        scores = np.empty((len(at), size))
        scores[:, :k] = w * scale[g] * np.where(seen, delta - np.where(use, centre[g], 0.0), 0.0)
        scores[:, k:] = w * one_hot(g, n_cohorts) / total
        scores = sums.add(at, rows_by_cohort(g), scores, (seen & own[g], seen & pooled[g]))
        if visit is not None:
            visit(scores)
    return CellEstimates(
        plan=plan,
        estimate=np.where(use, own_mean - pool_mean, np.where(plan.reference, 0.0, np.nan)),
        level=own_level,
        joint=sums.joint,
        shares=np.bincount(arrays.cohort, arrays.weight, n_cohorts) / total,
        cohort_units=np.bincount(arrays.cohort, minlength=n_cohorts),
        n_treated=(count * own).sum(axis=0),
        n_comparison=(count * pooled).sum(axis=0),
        reason=reasons(plan, sums.treated, sums.compared, clustered=clustered),
        before=sums.parts,
        small=sums.small.cohorts(),
        independent=independent_units(
            arrays.cohort, arrays.cluster if clustered else None, n_cohorts
        ),
    )


def _sums_of_pairs(
    plan: CellPlan, arrays: UnitArrays, blocks: list[Ints]
) -> tuple[Floats, Floats, Floats, Ints]:
    """Sums over the units observed in both periods of a cell, by cohort, each of shape (C, k):
    their weight, their weighted change and level now, and how many they are."""
    k, n_cohorts = plan.pool.shape
    weight, change, level = np.zeros((3, n_cohorts, k))
    count = np.zeros((n_cohorts, k), dtype=np.int64)
    for at in blocks:
        member, w = one_hot(arrays.cohort[at], n_cohorts), arrays.weight[at, None]
        now = arrays.outcome[np.ix_(at, plan.period)]
        delta = now - arrays.outcome[np.ix_(at, plan.base)]
        seen = ~np.isnan(delta)
        weight += member.T @ (w * seen)
        count += (member.T @ seen).astype(np.int64)
        change += member.T @ (w * np.where(seen, delta, 0.0))
        level += member.T @ (w * np.where(seen, now, 0.0))
    return weight, change, level, count


def one_hot(cohort: Ints, n_cohorts: int) -> Floats:
    hot: Floats = (cohort[:, None] == np.arange(n_cohorts)).astype(float)
    return hot


def cluster_blocks(cluster: Ints, size: int, clustered: bool) -> list[slice]:
    """Cut rows (sorted by cluster) into blocks of about ``size`` that never split a cluster."""
    n = len(cluster)
    cuts = [0]
    while cuts[-1] < n:
        end = min(cuts[-1] + size, n)
        if clustered and end < n:
            end = int(np.searchsorted(cluster, cluster[end - 1], side="right"))
        cuts.append(end)
    return [slice(lo, hi) for lo, hi in pairwise(cuts)]


def reasons(plan: CellPlan, own: Ints, pool: Ints, *, clustered: bool) -> tuple[Sentence, ...]:
    """Why each cell has no standard error; ``own`` and ``pool`` count independent units."""
    single = Units(1, CLUSTERS if clustered else UNITS, as_word=True)
    every = []
    for j, given in enumerate(plan.reason):
        reason = given
        if reason:
            pass
        elif plan.reference[j]:
            reason = REFERENCE
        elif own[j] == 0:
            reason = Sentence("no treated unit observed in both periods")
        elif pool[j] == 0:
            reason = Sentence("no comparison unit observed in both periods")
        elif own[j] == 1:
            reason = Sentence(_LONE, units=single)
        elif pool[j] == 1:
            reason = Sentence("comparison group of {units}", units=single)
        every.append(reason)
    return tuple(every)
