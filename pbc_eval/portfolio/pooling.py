"""The mean effect over contracts, and where the effect of another such contract would lie.

Random effects with Paule and Mandel's between-contract variance. The interval is that of Hartung
and Knapp (2001), with t(k - 1); with Paule and Mandel's variance its factor is 1, and it is never
let below 1. The prediction interval is that of Higgins, Thompson and Spiegelhalter (2009, Journal
of the Royal Statistical Society A 172: 137-159), with t(k - 2).
"""

import math
from dataclasses import dataclass

import numpy as np

from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import normal_quantile, t_quantile
from pbc_eval.portfolio.heterogeneity import (
    Heterogeneity,
    checked,
    generalised_q,
    heterogeneity,
    mean_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledEffect:
    """The mean over contracts, in the unit of the effects; ``level`` of both intervals.

    ``prediction`` is None for fewer than three contracts.
    """

    mean: float
    std_error: float
    conf_low: float
    conf_high: float
    prediction: tuple[float, float] | None
    level: float
    heterogeneity: Heterogeneity

    @property
    def contracts(self) -> int:
        return self.heterogeneity.contracts


def pooled_effect(estimates: Floats, variances: Floats, *, level: float = 0.95) -> PooledEffect:
    """The random-effects mean of ``estimates`` (k,) with sampling ``variances`` (k,).

    Raises DataError as ``heterogeneity`` does.
    """
    y, v = checked(estimates, variances)
    k = len(y)
    between_contracts = heterogeneity(y, v, level=level)
    mean = mean_at(between_contracts.tau2, y, v)
    factor = max(1.0, generalised_q(between_contracts.tau2, y, v) / (k - 1))
    error = math.sqrt(factor / float(np.sum(1 / (v + between_contracts.tau2))))
    reach = float(t_quantile(0.5 + level / 2, k - 1)) * error
    prediction = None
    if k >= 3:
        spread = math.sqrt(between_contracts.tau2 + error**2)
        wide = float(t_quantile(0.5 + level / 2, k - 2)) * spread
        prediction = (mean - wide, mean + wide)
    return PooledEffect(
        mean=mean,
        std_error=error,
        conf_low=mean - reach,
        conf_high=mean + reach,
        prediction=prediction,
        level=level,
        heterogeneity=between_contracts,
    )


def common_mean(estimates: Floats, variances: Floats) -> float:
    """The mean weighted by precision alone: the centre of a funnel, where chance is all."""
    y, v = checked(estimates, variances)
    return mean_at(0.0, y, v)


def funnel_limits(centre: float, std_errors: Floats, coverage: float) -> tuple[Floats, Floats]:
    """Between which estimates with such errors lie by chance, if ``centre`` is true of all.

    Spiegelhalter (2005), Funnel plots for comparing institutional performance, Statistics in
    Medicine 24: 1185-1202. ``coverage`` is 0.95 or 0.998 there.
    """
    reach = float(normal_quantile(0.5 + coverage / 2)) * np.asarray(std_errors, float)
    return centre - reach, centre + reach
