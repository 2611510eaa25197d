"""Simultaneous confidence bands: one critical value for a whole series.

The multiplier bootstrap of Callaway and Sant'Anna (2021, section 4.1) has, given the data, the
covariance of the influence functions. Drawing from a normal with that covariance gives the same
critical value without going through the units again (Montiel Olea and Plagborg-Moller 2019).
"""

import numpy as np

from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import normal_quantile
from pbc_eval.numerics.roots import symmetric_root
from pbc_eval.numerics.significant import significant

DRAWS = 100_000  # the 95 % point is then known to about 0.005
DRAWS_AT_ONCE = 10_000
DIGITS = 7


def simultaneous_critical_value(covariance: Floats, level: float, seed: int) -> float:
    """The ``level`` quantile of the largest |t| among m estimates with ``covariance`` (m, m).

    Never below the pointwise normal point. Estimates without variation are left out.
    """
    pointwise = float(normal_quantile(0.5 + level / 2))
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    varies = spread > 0
    if varies.sum() < 2:
        return pointwise
    correlation = (covariance / np.outer(spread, spread))[np.ix_(varies, varies)]
    root = symmetric_root(correlation)
    draw = np.random.default_rng(seed)
    largest = np.concatenate(
        [
            np.abs(draw.standard_normal((DRAWS_AT_ONCE, len(root))) @ root).max(axis=1)
            for _ in range(DRAWS // DRAWS_AT_ONCE)
        ]
    )
    # draws of a nearly singular covariance are known to fewer digits than other numbers
    return max(pointwise, significant(float(np.quantile(largest, level)), DIGITS))
