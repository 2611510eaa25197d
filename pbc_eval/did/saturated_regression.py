"""Least squares with unit and period effects and an effect for each of many cells, cell by cell.

    Y_it = unit + period + sum over cells of beta_ct [cohort = c, period = t] + error

on a complete panel, K cells in C cohorts and T periods, w_c the weight of a cohort. Its effects
take a cohort's cells out whole, so that only the periods that have none of them, U_c, say anything
of the period effects lambda:

    sum_c w_c D_c (path_c - lambda) = 0          D_c takes the mean over U_c out, and is 0 elsewhere
    beta_ct = (path_ct - lambda_t) - mean over U_c of (path_c - lambda)

One system of T equations in place of one of K. The inverse of the normal equations is

    [same cohort] (1[same cell] + 1 / |U_c|) / w_c  +  A N^+ A'     N = sum_c w_c D_c

with A (K, T) the second line as a matrix, and a unit's influence splits the same way: on the cells
of its own cohort, and through lambda on all. So the covariance takes K^2 T steps, where inverting
K equations and going through them for each cohort takes K^3 + K^2 T C.

What is estimated, refused and counted is that of cohort_regression.regress (tests hold the two
together); where a cell may be absorbed by the others, that one decides and names it.

Source: Frisch and Waugh (1933); Woodbury (1950), Memorandum Report 42, Princeton.
"""

import numpy as np

from pbc_eval.did.cells import CellPlan
from pbc_eval.did.cohort_regression import CohortRegression, regress
from pbc_eval.did.regression_cells import indicators
from pbc_eval.did.shared_loadings import SharedLoadings
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.clustered import crv1_factor
from pbc_eval.numerics.collinearity import COLLINEAR
from pbc_eval.panel.moments import CohortMoments

_WORST = 1e-12  # least eigenvalue of N beside the largest: below it lambda is not known


def saturated_regression(
    moments: CohortMoments, plan: CellPlan, cells: Ints, owner: str
) -> CohortRegression:
    """An effect for each of the ``cells`` of the plan, over all periods of the ``moments``.

    Raises DesignError naming those that the effects absorb.
    """
    fit = _by_cell(moments, plan.cohort[cells], plan.period[cells])
    if fit is None:
        x, names = indicators(plan, cells, moments.path.shape[1])
        return regress(moments, x, names, owner)
    return fit


def _by_cell(moments: CohortMoments, cohort: Ints, period: Ints) -> CohortRegression | None:
    """None where a cell may be absorbed. ``cohort`` and ``period`` (K,) of the cells."""
    weight, total = moments.weight, float(moments.weight.sum())
    n_cohorts, n_periods, k = len(weight), moments.path.shape[1], len(cohort)
    where = tuple(np.flatnonzero(cohort == c) for c in range(n_cohorts))
    open_periods = np.ones((n_cohorts, n_periods), dtype=bool)
    open_periods[cohort, period] = False
    n_open = open_periods.sum(axis=1)
    if (n_open == 0).any() or (weight[cohort] <= 0).any():
        return None
    free = open_periods / n_open[:, None]  # (C, T) takes the mean over the open periods
    left = [
        np.diag(open_periods[c] * 1.0) - np.outer(open_periods[c], free[c])
        for c in range(n_cohorts)
    ]
    normal = sum((w * d for w, d in zip(weight, left, strict=True)), start=np.zeros_like(left[0]))
    inverse = _centred_inverse(normal)
    if inverse is None:
        return None
    alone = np.zeros((k, n_periods))  # A
    alone[np.arange(k), period] = 1.0
    alone -= free[cohort]
    if _may_be_absorbed(moments, alone, inverse, cohort, n_open):
        return None
    path = np.where(moments.units[:, None] > 0, moments.path, 0.0)
    common = inverse @ sum((w * (d @ p) for w, d, p in zip(weight, left, path, strict=True)))
    gap = path - common
    beta = np.einsum("kt,kt->k", alone, gap[cohort])
    own, each = [], []
    for c in range(n_cohorts):
        rows = np.zeros((len(where[c]), n_periods + 1))
        rows[:, 1:] = alone[where[c]] * (total / weight[c]) if len(where[c]) else 0.0
        own.append(rows)
        rest = left[c] @ gap[c]
        pull = inverse @ np.column_stack([rest, left[c]])
        each.append(-total * pull if n_open[c] > 1 and weight[c] > 0 else None)
    units = int(moments.units.sum())
    clusters = units if moments.clusters is None else moments.clusters.n_clusters
    rows_used, counted = units * n_periods, k + n_periods
    return CohortRegression(
        beta=beta,
        loadings=SharedLoadings(where=where, own=tuple(own), shared=alone, each=tuple(each)),
        factor=crv1_factor(clusters, rows_used, counted),
        clusters=clusters,
        rows=rows_used,
        counted=counted,
    )


def _centred_inverse(normal: Floats) -> Floats | None:
    """(T, T) N^+ of N, which takes constants to 0; None where it takes other paths there too."""
    n = len(normal)
    scale = float(np.trace(normal)) / n
    if scale <= 0:
        return None
    level = np.full((n, n), scale / n)
    sizes = np.linalg.eigvalsh(normal + level)
    if sizes[0] <= _WORST * sizes[-1]:
        return None
    inverse: Floats = np.linalg.inv(normal + level) - np.full((n, n), 1 / (scale * n))
    return inverse


def _may_be_absorbed(
    moments: CohortMoments, alone: Floats, inverse: Floats, cohort: Ints, n_open: Ints
) -> bool:
    """Is what all others leave of some cell within the tolerance of ``dependent_columns``, which
    counts what those before it leave, and so never less?"""
    weight, total = moments.weight[cohort], float(moments.weight.sum())
    n_periods = moments.path.shape[1]
    square = weight * (1 - weight / total) * (1 - 1 / n_periods)
    own = (1 + 1 / n_open[cohort]) / weight
    variance = own + np.einsum("kt,kt->k", alone @ inverse, alone)
    absorbed = (square <= COLLINEAR * weight) | (square * variance * COLLINEAR >= 1)
    return bool(absorbed.any())
