"""Estimates of all cells from repeated cross-sections, without covariates.

    ATT(g, t) = (mean of g in t - mean of g in the base) - the same of the comparison cohorts

Every row is one observation of one stratum, a cohort in a period; its influence is affine in its
own outcome, so that moments by stratum give the joint covariance as they do for panels.

Source: Callaway and Sant'Anna (2021), appendix B; Sant'Anna and Zhao (2020), section 2.3.
"""

import numpy as np

from pbc_eval.did.cells import CellPlan
from pbc_eval.did.estimates import CellEstimates, reasons, score_covariance
from pbc_eval.did.small_cohorts import SMALL, SmallCohorts, small_from_moments
from pbc_eval.did.small_sample import CohortParts, fits, parts_from_moments
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel.moments import CohortMoments

Loadings = list[tuple[Ints, Floats]]


def cells_from_cross_sections(plan: CellPlan, moments: CohortMoments) -> CellEstimates:
    """``moments`` of C * T strata, see panel/cross_sections.py. Numbers of units are numbers of
    rows in the cell's two periods."""
    k, n_cohorts = plan.pool.shape
    n_periods = len(moments.units) // n_cohorts
    weight = moments.weight.reshape(n_cohorts, n_periods)
    mean = np.where(moments.units > 0, moments.path[:, 0], 0.0).reshape(n_cohorts, n_periods)
    units = moments.units.reshape(n_cohorts, n_periods)
    total = weight.sum()
    ends = [(plan.period, 1.0), (plan.base, -1.0)]
    estimate, use = np.zeros(k), plan.usable
    pooled = []  # weight and mean of the pool at each end, (k,)
    for at, sign in ends:
        pool_weight = (plan.pool * weight[:, at].T).sum(axis=1)
        use = use & (weight[plan.cohort, at] > 0) & (pool_weight > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            pool_mean = (plan.pool * (weight * mean)[:, at].T).sum(axis=1) / pool_weight
        estimate += sign * (mean[plan.cohort, at] - pool_mean)
        pooled.append((pool_weight, pool_mean))

    rows: Floats = np.zeros((n_cohorts * n_periods, k, 2))
    for (at, sign), (pool_weight, pool_mean) in zip(ends, pooled, strict=True):
        for j in np.flatnonzero(use):
            own = plan.cohort[j] * n_periods + at[j]
            rows[own, j, 1] += sign * total / weight[plan.cohort[j], at[j]]
            inside = np.flatnonzero(plan.pool[j] & (weight[:, at[j]] > 0))
            scale = -sign * total / pool_weight[j]
            rows[inside * n_periods + at[j], j, 1] += scale
            rows[inside * n_periods + at[j], j, 0] += scale * (mean[inside, at[j]] - pool_mean[j])
    loadings: Loadings = []
    for stratum, block in enumerate(rows):
        where = np.flatnonzero(block.any(axis=1))
        cohort = k + stratum // n_periods
        loadings.append((np.append(where, cohort), np.vstack([block[where], [1.0, 0.0]])))
    distinct = _distinct(plan, moments, n_periods)
    return CellEstimates(
        plan=plan,
        estimate=np.where(use, estimate, np.where(plan.reference, 0.0, np.nan)),
        level=np.where(weight > 0, mean, np.nan)[plan.cohort, plan.period],
        joint=score_covariance(loadings, moments, k + n_cohorts),
        shares=weight.sum(axis=1) / total,
        cohort_units=units.sum(axis=1),
        n_treated=units[plan.cohort, plan.period] + units[plan.cohort, plan.base],
        n_comparison=(plan.pool * (units[:, plan.period] + units[:, plan.base]).T).sum(axis=1),
        reason=reasons(plan, *distinct, clustered=moments.clusters is not None),
        before=_parts(loadings, moments, n_periods, np.flatnonzero(plan.before & use)),
        small=_small(loadings, moments, n_periods, k + n_cohorts),
    )


def _distinct(plan: CellPlan, moments: CohortMoments, n_periods: int) -> tuple[Ints, Ints]:
    """Independent rows (clusters when clustered) on each side, in the period that has fewer."""
    n_cohorts = plan.pool.shape[1]
    if moments.clusters is None:
        units = moments.units.reshape(n_cohorts, n_periods)
        sides = [
            (units[plan.cohort, at], (plan.pool * units[:, at].T).sum(axis=1))
            for at in (plan.period, plan.base)
        ]
    else:
        present = np.zeros((moments.clusters.n_clusters, n_cohorts, n_periods), dtype=bool)
        stratum = moments.clusters.cohort
        present[moments.clusters.cluster, stratum // n_periods, stratum % n_periods] = True
        own = present.sum(axis=0)
        sides = [
            (
                own[plan.cohort, at],
                np.array(
                    [
                        present[:, pool, t].any(axis=1).sum()
                        for pool, t in zip(plan.pool, at, strict=True)
                    ]
                ),
            )
            for at in (plan.period, plan.base)
        ]
    return np.minimum(sides[0][0], sides[1][0]), np.minimum(sides[0][1], sides[1][1])


def _parts(
    loadings: Loadings, moments: CohortMoments, n_periods: int, at: Ints
) -> CohortParts | None:
    """Independent parts of the covariance: strata, or cohorts when clusters span periods."""
    if moments.clusters is None:
        return parts_from_moments(loadings, moments, at)
    n_cohorts = len(loadings) // n_periods
    if not fits(n_cohorts, len(at)):
        return None
    covariance, size = np.zeros((n_cohorts, len(at), len(at))), np.ones(n_cohorts, dtype=np.int64)
    for cohort in range(n_cohorts):
        scores = _cluster_scores(loadings, moments, n_periods, cohort, at)
        size[cohort] = len(scores)
        covariance[cohort] = scores.T @ scores
    return CohortParts(at=at, covariance=covariance, size=size)


def _small(loadings: Loadings, moments: CohortMoments, n_periods: int, m: int) -> SmallCohorts:
    """Small strata, or cohorts when clusters span periods."""
    if moments.clusters is None:
        return small_from_moments(loadings, moments, m, n_periods)
    members = {
        c: _cluster_scores(loadings, moments, n_periods, c, np.arange(m)).T
        for c in np.unique(moments.clusters.cohort // n_periods).tolist()
    }
    small = {c: own for c, own in members.items() if 2 <= own.shape[1] < SMALL}
    others = sum(own.shape[1] for c, own in members.items() if c not in small)
    return SmallCohorts.of(small, others)


def _cluster_scores(
    loadings: Loadings, moments: CohortMoments, n_periods: int, cohort: int, at: Ints
) -> Floats:
    """(G, b) influences of a cohort's clusters on the estimates ``at`` (b,)."""
    clusters = moments.clusters
    assert clusters is not None
    place = {int(cell): position for position, cell in enumerate(at)}
    scores = np.zeros((clusters.n_clusters, len(at)))
    for stratum in range(cohort * n_periods, (cohort + 1) * n_periods):
        mine = clusters.cohort == stratum
        where, rows = loadings[stratum]
        inside = [j for j, cell in enumerate(where) if int(cell) in place]
        to = [place[int(where[j])] for j in inside]
        scores[np.ix_(clusters.cluster[mine], to)] += clusters.sums[mine] @ rows[inside].T
    members = np.unique(clusters.cluster[clusters.cohort // n_periods == cohort])
    shares: Floats = scores[members] / float(moments.weight.sum())
    return shares
