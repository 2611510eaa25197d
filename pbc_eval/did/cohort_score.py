"""The propensity score of a cohort against its comparison units, and those it gives no chance.

    x (n, p), treated (n,) ── score_of ──▶ Score, or a Sentence that says why there is none

A level of a covariate that no unit of the cohort has (a region outside the pilot) separates the
comparison units there from the cohort. The score exists in the limit: their chance is 0, and that
of the others is what a fit among them gives (numerics/separation.py).
"""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import solve
from numpy.typing import NDArray

from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Names
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.collinearity import independent_columns
from pbc_eval.numerics.logit import BinaryFit, FirstPart, NoMaximum, fit_binary, logit_chance
from pbc_eval.numerics.separation import BEYOND, comparable, separating_columns

HIGHEST_SCORE = 1 - 1e-6  # keeps the odds of a fitted score finite
SCORE_TOLERANCE = 1e-10  # on coefficients of standardised covariates
SCORE_PART = FirstPart(from_rows=40_000, rows=20_000)  # of many units, fitted first


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unlike:
    """Comparison units like nobody in the cohort: those beyond one of the ``directions`` (p, m).
    ``units`` is how many there are, ``columns`` the covariates by which they lie apart."""

    directions: Floats
    units: int
    columns: tuple[str, ...]

    def without_chance(self, x: Floats, chance: Floats) -> Floats:
        """``chance`` (n,) of the comparison units ``x`` (n, p), 0 for those they are."""
        return np.where((x @ self.directions < -BEYOND).any(axis=1), 0.0, chance)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Score:
    """A fitted score: ``coefficients`` (p,), what its estimation adds to influences, and the
    comparison units whose chance is 0."""

    coefficients: Floats
    information: Floats  # of the columns that are fitted
    fitted: NDArray[np.intp]
    unlike: Unlike | None

    def chance(self, x: Floats) -> Floats:
        """(n,) scores of comparison units ``x`` (n, p)."""
        chance = fitted_chance(x, self.coefficients)
        return chance if self.unlike is None else self.unlike.without_chance(x, chance)

    def pull(self, moved: Floats) -> Floats:
        """(p, ...) inverse information times ``moved`` (p, ...)."""
        pulled = np.asarray(solve(self.information, moved[self.fitted]), dtype=np.float64)
        return placed(self.fitted, pulled, len(moved))


def score_of(x: Floats, treated: Bools, weight: Floats, names: tuple[str, ...]) -> Score | Sentence:
    """The propensity score; comparison units like nobody in the cohort have a chance of 0. A
    sentence names the columns where units of the cohort are like nobody they are compared with."""
    every = np.arange(x.shape[1])
    fit = fit_score(x, treated, weight)
    if isinstance(fit, BinaryFit):
        return Score(
            coefficients=fit.coefficients,
            information=fit.information(x),
            fitted=every,
            unlike=None,
        )
    left = comparable(x, treated, lose_yes=False, lose_no=True)
    if left is None or left.rows.all():
        return _separated(x, treated, names)
    rows = left.rows
    few = np.r_[0, independent_columns(x[rows, 1:]) + 1]
    inside = x[np.ix_(rows, few)]
    fit = fit_score(inside, treated[rows], weight[rows])
    if isinstance(fit, NoMaximum):
        return _separated(x, treated, names)
    apart = np.flatnonzero(np.abs(left.directions).max(axis=1) > BEYOND)
    return Score(
        coefficients=placed(few, fit.coefficients, x.shape[1]),
        information=fit.information(inside),
        fitted=few,
        unlike=Unlike(
            directions=left.directions,
            units=int((~rows).sum()),
            columns=tuple(names[j - 1] for j in apart if j),
        ),
    )


def _separated(x: Floats, treated: Bools, names: tuple[str, ...]) -> Sentence:
    apart = tuple(names[j - 1] for j in separating_columns(x, treated))
    return Sentence(
        "covariates separate the cohort from its comparison units ({columns}): no propensity score",
        columns=Names(apart or names, len(apart or names)),
    )


def fit_score(x: Floats, treated: Bools, weight: Floats) -> BinaryFit | NoMaximum:
    """The propensity score of a cohort against its comparison units, ``x`` (n, p) with its
    intercept. With many units a part of them is fitted first: two or three steps over all of them
    are then enough."""
    return fit_binary(x, treated, weight=weight, tolerance=SCORE_TOLERANCE, part=SCORE_PART)


def fitted_chance(x: Floats, coefficients: Floats) -> Floats:
    """(n,) propensity scores, kept off 1 so that their odds are finite."""
    chance: Floats = np.minimum(logit_chance(x @ coefficients), HIGHEST_SCORE)
    return chance


def placed(at: NDArray[np.intp], values: Floats, p: int) -> Floats:
    """``values`` (m, ...) at m of p places, zeros at the others."""
    wide = np.zeros((p, *values.shape[1:]))
    wide[at] = values
    return wide
