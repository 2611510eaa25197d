"""A league without the noise of ranking: shrunken effects, and how sure each rank is.

Empirical Bayes after Morris (1983, Journal of the American Statistical Association 78: 47-55). An
estimate is drawn towards the mean of all by

    B_i = (k - 3) / (k - 1) * v_i / (v_i + tau2)

the more, the more of its distance from the mean is chance; the first factor, and the last term of
the variance below, allow for tau2 being estimated:

    s_i^2 = v_i (1 - (1 - w_i) B_i) + 2 / (k - 3) * B_i^2 * (vbar + tau2) / (v_i + tau2) * d_i^2

with w_i the weight of i in the mean, d_i its distance from it, and vbar the weighted mean of v.
Ranks come from seeded draws of all true effects, each from its own Normal(shrunken, s_i^2).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval.errors import DataError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import normal_quantile
from pbc_eval.portfolio.heterogeneity import checked, mean_at, paule_mandel

LEAST = 4  # Morris's correction divides by k - 3
DRAWS = 20_000
CHUNK = 2_000  # draws ranked at once, so that memory does not grow with them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class League(Displayed):
    """Shrunken effects (k,) and what is known of their ranks; rank 1 is the largest effect.

    ``shrunken`` and ``std_error`` are in the unit of the effects, ``shrinkage`` is the share of an
    estimate's distance from the mean that was taken off. Chances are of the best and worst
    quarter of the contracts.
    """

    estimates: Floats
    shrinkage: Floats
    shrunken: Floats
    std_error: Floats
    rank: Floats  # mean rank over the draws
    rank_low: Floats
    rank_high: Floats
    best_quarter: Floats
    worst_quarter: Floats
    level: float
    draws: int
    seed: int

    @property
    def conf_low(self) -> Floats:
        return self.shrunken - self._reach

    @property
    def conf_high(self) -> Floats:
        return self.shrunken + self._reach

    @property
    def _reach(self) -> Floats:
        return np.asarray(normal_quantile(0.5 + self.level / 2) * self.std_error)

    @property
    def surely_above(self) -> int:
        """How many rank in the better half with all of their interval."""
        return int(np.sum(self.rank_high < (len(self.rank) + 1) / 2))

    @property
    def surely_below(self) -> int:
        return int(np.sum(self.rank_low > (len(self.rank) + 1) / 2))

    def to_frame(self) -> pd.DataFrame:
        """One row a contract, in the order in which they were given."""
        return pd.DataFrame(
            {
                "estimate": self.estimates,
                "shrinkage": self.shrinkage,
                "shrunken": self.shrunken,
                "std_error": self.std_error,
                "conf_low": self.conf_low,
                "conf_high": self.conf_high,
                "rank": self.rank,
                "rank_low": self.rank_low,
                "rank_high": self.rank_high,
                "best_quarter": self.best_quarter,
                "worst_quarter": self.worst_quarter,
            }
        )


def shrunken_effects(estimates: Floats, variances: Floats) -> tuple[Floats, Floats, Floats]:
    """Shrunken effects, their standard errors and the shrinkage B, each (k,).

    Raises DataError for fewer than four estimates and as ``heterogeneity`` does.
    """
    y, v = checked(estimates, variances)
    k = len(y)
    if k < LEAST:
        raise DataError(
            f"portfolio: a league needs {LEAST} or more contracts of one kind, got {k}. Show their "
            "estimates beside each other instead."
        )
    tau2 = paule_mandel(y, v)
    weight = 1 / (v + tau2)
    share = weight / weight.sum()
    mean = mean_at(tau2, y, v)
    taken = (k - 3) / (k - 1) * v / (v + tau2)
    away = y - mean
    typical = float(np.sum(share * v))
    variance = v * (1 - (1 - share) * taken)
    variance += 2 / (k - 3) * taken**2 * (typical + tau2) / (v + tau2) * away**2
    return y - taken * away, np.sqrt(variance), taken


def league(
    estimates: Floats,
    variances: Floats,
    *,
    seed: int,
    level: float = 0.95,
    draws: int = DRAWS,
) -> League:
    """The league of ``estimates`` (k,) with sampling ``variances`` (k,); larger is better."""
    shrunken, error, taken = shrunken_effects(estimates, variances)
    ranks = _drawn_ranks(shrunken, error, seed, draws)
    k = len(shrunken)
    quarter = max(1, k // 4)
    low, high = np.quantile(
        ranks, [(1 - level) / 2, (1 + level) / 2], axis=0, method="inverted_cdf"
    )
    return League(
        estimates=np.asarray(estimates, float),
        shrinkage=taken,
        shrunken=shrunken,
        std_error=error,
        rank=ranks.mean(axis=0),
        rank_low=low.astype(float),
        rank_high=high.astype(float),
        best_quarter=(ranks <= quarter).mean(axis=0),
        worst_quarter=(ranks > k - quarter).mean(axis=0),
        level=level,
        draws=draws,
        seed=seed,
    )


def _drawn_ranks(shrunken: Floats, error: Floats, seed: int, draws: int) -> np.ndarray:
    """Ranks (draws, k) of drawn true effects; 1 is the largest."""
    rng = np.random.default_rng(seed)
    ranks = np.empty((draws, len(shrunken)), dtype=np.int32)
    for start in range(0, draws, CHUNK):
        part = ranks[start : start + CHUNK]
        drawn = shrunken + error * rng.standard_normal(part.shape)
        order = np.argsort(-drawn, axis=1)
        np.put_along_axis(part, order, np.arange(1, len(shrunken) + 1, dtype=np.int32), axis=1)
    return ranks
