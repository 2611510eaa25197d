"""P-values of several tests taken together.

    p (k,) ── holm                 no false rejection at all, however the tests hang together
           ── benjamini_hochberg   a share of false ones among the rejected
           ── romano_wolf          as holm, and less strict where statistics move together

Sources: Holm (1979), Scandinavian Journal of Statistics 6, 65-70; Benjamini and Hochberg (1995),
Journal of the Royal Statistical Society B 57, 289-300; Romano and Wolf (2005), Econometrica 73,
1237-1282, and (2016), Statistics and Probability Letters 113, 38-40, for the p-values.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from pbc_eval._validate import check_choice
from pbc_eval.errors import DataError, DesignError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import normal_quantile
from pbc_eval.numerics.roots import covariance_root

Adjustment = Literal["holm", "benjamini_hochberg", "romano_wolf"]
ADJUSTMENTS = ("holm", "benjamini_hochberg", "romano_wolf")
OWNER = "adjust_p_values"
DRAWS = 100_000
SEED = 20_050_701


def adjust_p_values(
    p: Sequence[float] | Floats | pd.Series,
    method: Adjustment = "holm",
    *,
    covariance: Floats | None = None,
    statistics: Sequence[float] | Floats | None = None,
    draws: Floats | None = None,
) -> Floats:
    """(k,) p-values adjusted for being k, in the order given.

    "romano_wolf" needs to know how the statistics hang together: the ``covariance`` (k, k) of the
    estimates, or their correlations, of which normal statistics are drawn; or ``draws`` (b, k) of
    the statistics under the null, from a bootstrap or permutations, with the ``statistics`` (k,)
    of the sample. Without ``statistics`` they are those of two-sided normal p-values.

    Raises DataError for what is no p-value or does not fit, DesignError where the joint
    distribution is needed and not given.
    """
    check_choice(OWNER, "method", method, ADJUSTMENTS, DesignError)
    try:
        values = np.asarray(p, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"{OWNER}: p must be numbers, got {p!r}.") from None
    if values.ndim != 1 or not len(values) or not ((values >= 0) & (values <= 1)).all():
        raise DataError(f"{OWNER}: p must be p-values between 0 and 1, none missing; got {p!r}.")
    if method == "holm":
        order = np.argsort(values, kind="stable")
        steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
        return _in_place(order, np.minimum(steps, 1.0))
    if method == "benjamini_hochberg":
        from scipy import stats  # noqa: PLC0415 heavy

        return np.asarray(stats.false_discovery_control(values, method="bh"))
    sizes = _statistics(values, statistics)
    return _step_down(sizes, _joint(len(values), covariance, draws), counted=draws is not None)


def _in_place(order: np.ndarray, adjusted: Floats) -> Floats:
    placed = np.empty(len(adjusted))
    placed[order] = adjusted
    return placed


def _statistics(p: Floats, statistics: Sequence[float] | Floats | None) -> Floats:
    if statistics is None:
        return np.asarray(-normal_quantile(p / 2))
    sizes: Floats = np.abs(np.asarray(statistics, dtype=float))
    if sizes.shape != p.shape or np.isnan(sizes).any():
        raise DataError(f"{OWNER}: statistics must be {len(p)} numbers, got {sizes.shape}.")
    return sizes


def _joint(k: int, covariance: Floats | None, draws: Floats | None) -> Floats:
    """(b, k) absolute statistics as they come about when every null holds."""
    if (covariance is None) == (draws is None):
        raise DesignError(
            f"{OWNER}: romano_wolf needs the covariance of the estimates, or draws of the "
            "statistics under the null; give one of them, or choose holm."
        )
    if draws is not None:
        given = np.asarray(draws, dtype=float)
        if given.ndim != 2 or given.shape[1] != k or len(given) < 2 or np.isnan(given).any():
            raise DataError(f"{OWNER}: draws must be (b, {k}) numbers, got {given.shape}.")
        return np.asarray(np.abs(given))
    sigma = np.asarray(covariance, dtype=float)
    if sigma.shape != (k, k) or not np.isfinite(sigma).all() or not (np.diag(sigma) > 0).all():
        raise DataError(
            f"{OWNER}: covariance must be {k} by {k} with variances above zero, got {sigma.shape}."
        )
    spread = np.sqrt(np.diag(sigma))
    root = covariance_root(sigma / np.outer(spread, spread))
    return np.asarray(np.abs(np.random.default_rng(SEED).standard_normal((DRAWS, k)) @ root.T))


def _step_down(sizes: Floats, joint: Floats, *, counted: bool) -> Floats:
    """The largest statistic is held against the largest of all, the next against the largest of
    those left; no p-value below one before it. ``counted``: the sample is one of the draws."""
    order = np.argsort(-sizes, kind="stable")
    left = np.maximum.accumulate(joint[:, order[::-1]], axis=1)[:, ::-1]  # largest from here on
    beyond = (left >= sizes[order]).sum(axis=0)
    chance = (beyond + 1) / (len(joint) + 1) if counted else beyond / len(joint)
    return _in_place(order, np.maximum.accumulate(chance))
