"""How much true effects differ from contract to contract, beyond chance.

    y_i ~ Normal(theta_i, v_i),  theta_i ~ Normal(mu, tau2)

The between-contract variance tau2 by Paule and Mandel (1982), with the interval of the Q-profile
method (Viechtbauer 2007, Statistics in Medicine 26: 37-52); DerSimonian and Laird (1986) and
restricted maximum likelihood beside it as cross-checks. All work on the generalised statistic
Q(tau2) = sum (y_i - mu(tau2))^2 / (v_i + tau2), which falls as tau2 grows.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval._validate import check_level
from pbc_eval.errors import DataError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import chi2_quantile, chi2_sf
from pbc_eval.numerics.root_finding import root_between
from pbc_eval.numerics.vectors import vector

GRID = 201
TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """Cochran's Q with its p-value, I2, and tau2 with its interval, in squared units of effect.

    ``tau2`` is Paule and Mandel's. An interval from 0 to 0 means that the estimates lie closer
    together than chance alone would have them.
    """

    contracts: int
    q: float
    p_value: float  # of the null that all true effects are the same
    i_squared: float  # share of the spread of the estimates that is not chance, 0 to 1
    tau2: float
    tau2_low: float
    tau2_high: float
    tau2_dersimonian_laird: float
    tau2_reml: float
    level: float

    @property
    def degrees_of_freedom(self) -> int:
        return self.contracts - 1


def heterogeneity(estimates: Floats, variances: Floats, *, level: float = 0.95) -> Heterogeneity:
    """Q, I2 and tau2 of ``estimates`` (k,) with sampling ``variances`` (k,), k at least 2.

    Raises DataError for fewer than two estimates, a number that is not finite, or a variance that
    is not above zero.
    """
    estimates, variances = checked(estimates, variances)
    check_level("heterogeneity", level, DataError)
    k = len(estimates)
    q = generalised_q(0.0, estimates, variances)
    below, above = (float(chi2_quantile(at, k - 1)) for at in ((1 - level) / 2, (1 + level) / 2))
    return Heterogeneity(
        contracts=k,
        q=q,
        p_value=float(chi2_sf(q, k - 1)),
        i_squared=max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0,
        tau2=paule_mandel(estimates, variances),
        tau2_low=_where_q_is(above, estimates, variances),
        tau2_high=_where_q_is(below, estimates, variances),
        tau2_dersimonian_laird=dersimonian_laird(estimates, variances),
        tau2_reml=restricted_likelihood(estimates, variances),
        level=level,
    )


def checked(estimates: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Both as arrays of one length, finite, with variances above zero. Raises DataError."""
    y, v = vector("portfolio", "estimates", estimates), vector("portfolio", "variances", variances)
    if y.ndim != 1 or y.shape != v.shape or len(y) < 2:
        raise DataError(
            f"portfolio: needs two or more estimates, each with its variance; got {y.shape} and "
            f"{v.shape}. Leave out contracts without a standard error."
        )
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise DataError(
            "portfolio: estimates must be finite and variances above zero. Leave out contracts "
            "without a standard error."
        )
    return y, v


def mean_at(tau2: float, y: Floats, v: Floats) -> float:
    """The mean weighted by 1 / (v + tau2)."""
    return float(np.average(y, weights=1 / (v + tau2)))


def generalised_q(tau2: float, y: Floats, v: Floats) -> float:
    return float(np.sum((y - mean_at(tau2, y, v)) ** 2 / (v + tau2)))


def paule_mandel(y: Floats, v: Floats) -> float:
    """The tau2 at which Q is what it is expected to be, k - 1; zero where it is less at zero."""
    return _where_q_is(len(y) - 1.0, y, v)


def _where_q_is(wanted: float, y: Floats, v: Floats) -> float:
    if generalised_q(0.0, y, v) <= wanted:
        return 0.0
    most = float(np.sum((y - y.mean()) ** 2)) / wanted  # Q(t) < sum of squares / t for t > 0
    return root_between(
        lambda tau2: generalised_q(tau2, y, v) - wanted, 0.0, most, tolerance=TOLERANCE * most
    )


def dersimonian_laird(y: Floats, v: Floats) -> float:
    """From Q at zero alone, in closed form."""
    w = 1 / v
    excess = generalised_q(0.0, y, v) - (len(y) - 1)
    return max(0.0, excess / float(w.sum() - (w**2).sum() / w.sum()))


def restricted_likelihood(y: Floats, v: Floats) -> float:
    """The tau2 of the largest restricted likelihood: the best of a grid, then its slope's root."""
    most = float(np.sum((y - y.mean()) ** 2))  # beyond it the likelihood only falls
    if most == 0:
        return 0.0
    grid = most * np.linspace(0, 1, GRID) ** 2  # finer near zero
    best = int(np.argmax([_log_likelihood(tau2, y, v) for tau2 in grid]))
    left, right = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    if _slope(left, y, v) <= 0:
        return float(left)  # it falls from there on: at zero
    return root_between(lambda tau2: _slope(tau2, y, v), left, right, tolerance=TOLERANCE * most)


def _log_likelihood(tau2: float, y: Floats, v: Floats) -> float:
    w = 1 / (v + tau2)
    return float(0.5 * (np.log(w).sum() - np.log(w.sum()) - generalised_q(tau2, y, v)))


def _slope(tau2: float, y: Floats, v: Floats) -> float:
    """Of the restricted likelihood by tau2, times two."""
    w = 1 / (v + tau2)
    away = y - mean_at(tau2, y, v)
    return float(np.sum((w * away) ** 2) - w.sum() + np.sum(w**2) / w.sum())
