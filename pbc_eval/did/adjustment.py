"""Adjusting one comparison for covariates: outcome regression, weighting, or both.

For a cohort (d = 1) and its comparison units (d = 0), with x the covariates and their intercept,
y the change in the outcome, w a unit's weight and p(x) the chance of being in the cohort,

    reg   mean over d = 1 of  y - x b,                      b from the comparison units
    ipw   mean over d = 1 of  y  -  mean over d = 0 of  y,  the latter weighted by p / (1 - p)
    dr    the same of  y - x b

with a unit's influence on the estimate (means weighted by w; S the sums of the weights)

    d w (r - eta1) / S1  -  (1 - d) w p/(1-p) (r - eta0) / S0              r = y - x b
    - w (d - p) x . H^-1 M / S0                                            the score is estimated
    - (1 - d) w r x . (X'WX)^-1 (m1 - m0)                                  and so is b

A level of a covariate that no unit of the cohort has separates comparison units from it: their
chance of being in the cohort is 0 and so is their weight in ipw and in the second mean of dr, the
limit to which the logit goes (numerics/separation.py). A level that nobody here has, or everybody,
adjusts for nothing and is left out.

where H is the logit's information, M the derivative of the weighted sum by its coefficients, and
m1, m0 the means of x in the two weighted groups.

Source: Sant'Anna and Zhao (2020), "Doubly robust difference-in-differences estimators", Journal of
Econometrics 219: the traditional doubly robust estimator for panel data, and its two parts.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.linalg import solve
from numpy.typing import NDArray

from pbc_eval.did.cohort_score import Unlike, fitted_chance, placed, score_of
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Names, Number
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.collinearity import COLLINEAR, dependent_columns

EstimationMethod = Literal["dr", "reg", "ipw"]

TRIM = 0.995  # comparison units with a score at or above it get no weight, as in the did package


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """Weighted sums over the units of some cohorts: p columns of x, q outcome columns."""

    xx: Floats  # (p, p) sum of w x x'
    xd: Floats  # (p, q) sum of w x y'

    @property
    def weight(self) -> float:
        return float(self.xx[0, 0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdjustedChange:
    """All that a unit's influence needs, for the q outcome columns of one comparison."""

    estimate: Floats  # (q,)
    slope: Floats  # (p, q) b; zero for ipw
    eta_treated: Floats  # (q,)
    eta_comparison: Floats  # (q,)
    weight_treated: float
    weight_comparison: float  # 0 for reg
    regression: Floats | None  # (p,) (X'WX)^-1 (m1 - m0)
    score: Floats | None  # (p,) coefficients of the propensity score
    scoring: Floats  # (p, q) H^-1 M / S0
    trimmed: int  # comparison units without weight because of their score
    unlike: "Unlike | None" = None  # comparison units without weight: like nobody in the cohort

    def of_treated(self, x: Floats, change: Floats, weight: Floats) -> Floats:
        """(n, q) influence of units of the cohort, with ``x`` (n, p) and ``change`` (n, q)."""
        values = change - x @ self.slope
        values -= self.eta_treated
        values *= (weight / self.weight_treated)[:, None]
        if self.score is not None:
            values -= (weight * (1 - fitted_chance(x, self.score)))[:, None] * (x @ self.scoring)
        return values

    def of_comparison(self, x: Floats, change: Floats, weight: Floats) -> Floats:
        """(n, q) influence of comparison units. Over all units, treated and comparison, the
        influences sum to nothing."""
        values = change - x @ self.slope
        factor = np.zeros(len(x))  # of a unit's own rest
        if self.regression is not None:
            factor -= weight * (x @ self.regression)
        if self.score is None:
            values *= factor[:, None]
            return values
        chance = fitted_chance(x, self.score)
        if self.unlike is not None:
            chance = self.unlike.without_chance(x, chance)
        odds = np.where(chance < TRIM, chance / (1 - chance), 0.0)
        odds *= weight / self.weight_comparison
        values *= (factor - odds)[:, None]
        values += odds[:, None] * self.eta_comparison
        values += (weight * chance)[:, None] * (x @ self.scoring)
        return values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """The units behind an adjustment. ``x``, ``treated`` and ``weight`` cover both sides and are
    needed by the propensity score only; ``relative`` (n0, q) holds the comparison's outcomes."""

    own: Sums
    pool: Sums
    x: Floats
    treated: Bools
    weight: Floats
    relative: Floats


def adjust(
    method: EstimationMethod,
    comparison: Comparison,
    contrast: Floats,
    names: tuple[str, ...],
) -> AdjustedChange | Sentence:
    """Fit one comparison; ``contrast`` (columns, q) turns outcome columns into changes.

    A sentence says why it cannot be fitted.
    """
    p = len(comparison.own.xx)
    kept = telling_columns(comparison.own.xx + comparison.pool.xx)
    if len(kept) == p:
        return _adjusted(method, comparison, contrast, names)
    few = _by_columns(comparison, kept)
    named = tuple(names[j - 1] for j in kept[1:])
    return _widened(_adjusted(method, few, contrast, named), kept, p)


def _adjusted(
    method: EstimationMethod,
    comparison: Comparison,
    contrast: Floats,
    names: tuple[str, ...],
) -> AdjustedChange | Sentence:
    """``adjust``, every column telling something."""
    own, pool = comparison.own, comparison.pool
    p, q = pool.xx.shape[0], contrast.shape[1]
    slope: Floats = np.zeros((p, q))
    if method != "ipw":
        if dependent := dependent_columns(pool.xx):
            return collinear(dependent, names, Sentence("among the comparison units"))
        slope = np.asarray(solve(pool.xx, pool.xd @ contrast), dtype=np.float64)
    mean_own = own.xx[0] / own.weight
    eta_treated = (own.xd[0] @ contrast - own.xx[0] @ slope) / own.weight
    if method == "reg":
        return AdjustedChange(
            estimate=eta_treated,
            slope=slope,
            eta_treated=eta_treated,
            eta_comparison=np.zeros(q),
            weight_treated=own.weight,
            weight_comparison=0.0,
            regression=solve(pool.xx, mean_own),
            score=None,
            scoring=np.zeros((p, q)),
            trimmed=0,
        )
    if dependent := dependent_columns(own.xx + pool.xx):
        return collinear(dependent, names, Sentence("among treated and comparison units"))
    fitted = score_of(comparison.x, comparison.treated, comparison.weight, names)
    if isinstance(fitted, Sentence):
        return fitted
    x = comparison.x[~comparison.treated]
    chance = fitted.chance(x)
    below = chance < TRIM
    odds = comparison.weight[~comparison.treated] * np.where(below, chance / (1 - chance), 0.0)
    weighted = x * odds[:, None]
    xx, xd = weighted.T @ x, weighted.T @ comparison.relative @ contrast
    total = float(xx[0, 0])
    if total <= 0:
        return Sentence(
            "no comparison unit has a propensity score below {trim}", trim=Number(TRIM, 3)
        )
    eta_comparison = (xd[0] - xx[0] @ slope) / total
    moved = xd - xx @ slope - np.outer(xx[0], eta_comparison)
    return AdjustedChange(
        estimate=eta_treated - eta_comparison,
        slope=slope,
        eta_treated=eta_treated,
        eta_comparison=eta_comparison,
        weight_treated=own.weight,
        weight_comparison=total,
        regression=None if method == "ipw" else solve(pool.xx, mean_own - xx[0] / total),
        score=fitted.coefficients,
        scoring=fitted.pull(moved) / total,
        trimmed=int((~below).sum()),
        unlike=fitted.unlike,
    )


def telling_columns(products: Floats) -> NDArray[np.intp]:
    """Positions of the columns that are not the same for everybody, the intercept among them, from
    the weighted ``products`` (p, p) of the columns."""
    weight = products[0, 0]
    size = np.diag(products) / weight
    spread = size - (products[0] / weight) ** 2
    telling = spread > COLLINEAR * np.maximum(size, 1e-300)
    telling[0] = True
    return np.flatnonzero(telling)


def _by_columns(comparison: Comparison, kept: NDArray[np.intp]) -> Comparison:
    """The same units by some of the columns, the intercept among them."""
    own, pool = comparison.own, comparison.pool
    return replace(
        comparison,
        own=Sums(xx=own.xx[np.ix_(kept, kept)], xd=own.xd[kept]),
        pool=Sums(xx=pool.xx[np.ix_(kept, kept)], xd=pool.xd[kept]),
        x=comparison.x[:, kept],
    )


def _widened(
    few: AdjustedChange | Sentence, kept: NDArray[np.intp], p: int
) -> AdjustedChange | Sentence:
    """The same with zeros for the columns, of ``p``, that are not ``kept``."""
    if isinstance(few, Sentence):
        return few
    unlike = few.unlike
    if unlike is not None:
        unlike = replace(unlike, directions=placed(kept, unlike.directions, p))
    return replace(
        few,
        slope=placed(kept, few.slope, p),
        regression=None if few.regression is None else placed(kept, few.regression, p),
        score=None if few.score is None else placed(kept, few.score, p),
        scoring=placed(kept, few.scoring, p),
        unlike=unlike,
    )


def collinear(dependent: list[int], names: tuple[str, ...], where: Sentence) -> Sentence:
    """Why a cell cannot be adjusted; ``dependent`` counts the intercept as 0."""
    named = tuple(("intercept", *names)[j] for j in dependent)
    return Sentence(
        "covariates are collinear {where}: {names}", where=where, names=Names(named, len(named))
    )
