"""The chance that a normal vector lies within a box.

One variable after the other, each given those before it, at quasi-random points that are the same
in every run: about five digits with 2^14 points.

Source: Genz (1992), "Numerical computation of multivariate normal probabilities", Journal of
Computational and Graphical Statistics 1, 141-149.
"""

import numpy as np
from scipy import special

from pbc_eval.numerics.arrays import Floats

POINTS_LOG2 = 14
SEED = 19_920_101
NO_SPREAD = 1e-9  # of a variable's own, given the others: it is then a function of them
EDGE = 1e-15


def box_probability(low: Floats, high: Floats, covariance: Floats) -> float:
    """P(low <= X <= high) of X normal with mean zero; ``low``, ``high`` (k,), ``covariance`` (k, k)
    positive semi-definite, of variables that vary."""
    from scipy.stats import qmc  # noqa: PLC0415 heavy

    sd = np.sqrt(np.diag(covariance))
    low, high = low / sd, high / sd
    order = np.argsort(special.ndtr(high) - special.ndtr(low), kind="stable")
    correlation = (covariance / np.outer(sd, sd))[np.ix_(order, order)]
    low, high = low[order], high[order]
    k = len(low)
    factor = _factor(correlation)
    points = qmc.Sobol(max(k - 1, 1), seed=SEED).random_base2(POINTS_LOG2)
    drawn = np.zeros((len(points), k))
    chance = np.ones(len(points))
    for j in range(k):
        shift = drawn[:, :j] @ factor[j, :j]
        own = factor[j, j]
        if own == 0.0:
            chance = chance * ((shift >= low[j] - NO_SPREAD) & (shift <= high[j] + NO_SPREAD))
            continue
        begin, end = special.ndtr((low[j] - shift) / own), special.ndtr((high[j] - shift) / own)
        chance = chance * (end - begin)
        if j < k - 1:
            inside = begin + points[:, j] * (end - begin)
            drawn[:, j] = special.ndtri(np.clip(inside, EDGE, 1 - EDGE))
    return float(chance.mean())


def _factor(correlation: Floats) -> Floats:
    """(k, k) lower triangular L with L L' = ``correlation``, without a square root of rounding."""
    k = len(correlation)
    lower = np.zeros((k, k))
    for j in range(k):
        left = correlation[j:, j] - lower[j:, :j] @ lower[j, :j]
        if left[0] > NO_SPREAD:
            lower[j:, j] = left / np.sqrt(left[0])
    return lower
