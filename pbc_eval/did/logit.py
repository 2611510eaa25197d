"""The propensity score of a cohort against its comparison units: a weighted logit.

Maximum likelihood by Newton's method, without a penalty. A fit that has no maximum, because the
covariates separate the two groups, is told by steps that do not shrink, never by a small gradient.

Source: McCullagh and Nelder (1989), Generalized Linear Models, chapter 4.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.numerics.arrays import Bools, Floats

PART = 20_000  # units in the fit that a large one begins from
MAX_STEPS = 50  # a fit that exists needs about ten
STEP_TOLERANCE = 1e-10  # on coefficients of standardised covariates
COLLINEAR = 1e-9  # of a column's sum of squares, left unexplained by the columns before it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logit:
    """``coefficients`` (p,); ``information`` (p, p), minus the Hessian of the log-likelihood."""

    coefficients: Floats
    information: Floats


def fit_logit(x: Floats, treated: Bools, weight: Floats) -> Logit | None:
    """Fit P(treated | x); ``x`` (n, p) with its intercept. None when there is no maximum.

    Many units are first fitted by a regular part of them: the search then begins so near that
    two or three steps over all of them are enough.
    """
    beta = np.zeros(x.shape[1])
    if len(x) >= 2 * PART:
        every = len(x) // PART
        part = fit_logit(x[::every], treated[::every], weight[::every])
        beta = beta if part is None else part.coefficients
    sign = np.where(treated, 1.0, -1.0)
    value, score = _at(x @ beta, sign, weight)
    for _ in range(MAX_STEPS):
        information = x.T @ (x * (weight * score * (1 - score))[:, None])
        gradient = x.T @ (weight * (treated - score))
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(step).all():
            return None
        for _ in range(30):  # halve a step that overshoots
            reached, there = _at(x @ (beta + step), sign, weight)
            if reached >= value - 1e-9 * (1 + abs(value)):
                break
            step = step / 2
        beta, value, score = beta + step, reached, there
        if np.max(np.abs(step)) <= STEP_TOLERANCE * (1 + np.max(np.abs(beta))):
            information = x.T @ (x * (weight * score * (1 - score))[:, None])
            return Logit(coefficients=beta, information=information)
    return None


def _at(linear: Floats, sign: Floats, weight: Floats) -> tuple[float, Floats]:
    """Log-likelihood and fitted chances. One exponential serves both."""
    small = np.exp(-np.abs(linear))
    value = -(weight @ (np.log1p(small) + np.maximum(-sign * linear, 0.0)))
    score = np.where(linear >= 0, 1.0, small) / (1 + small)
    return float(value), score


def dependent_columns(gram: Floats) -> list[int]:
    """Columns of x that follow from the columns before them, from the products x'Wx (p, p)."""
    size = np.sqrt(np.maximum(np.diag(gram), 0.0))
    dependent = np.flatnonzero(size == 0).tolist()
    left = gram / np.outer(np.where(size > 0, size, 1.0), np.where(size > 0, size, 1.0))
    for j in range(len(gram)):
        if left[j, j] <= COLLINEAR:
            dependent.append(j)
            continue
        left = left - np.outer(left[:, j], left[j]) / left[j, j]
    return sorted(set(dependent))
