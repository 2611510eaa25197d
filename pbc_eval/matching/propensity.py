"""The propensity score: the chance of treatment given the covariates, by logit or probit.

    design columns ── fit_propensity ──▶ PropensityFit ── .linear / .score ──▶ (n,)

Plain maximum likelihood by Newton's method, without any penalty: a penalised fit (the default of
several machine-learning libraries) shrinks the score and changes who is matched. A model that has
no maximum (separation) is refused rather than stopped half way.

Source: Rosenbaum & Rubin (1983), Biometrika 70, 41-55; McCullagh & Nelder (1989), chapter 2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_ndtr, ndtr

from pbc_eval._validate import first_few
from pbc_eval.agreement.matching_settings import Link
from pbc_eval.errors import DesignError
from pbc_eval.matching.sampling import with_mean_one

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MAX_STEPS = 50  # Newton doubles the correct digits each step; a fit that exists needs about ten
STEP_TOLERANCE = 1e-11  # on standardised coefficients
MANY = 200_000  # people from which a first fit on a part of them saves time
COLLINEAR = 1e-7  # share of a column's length that the columns before it leave unexplained


class Curvature(NamedTuple):
    """One observation's part of the log-likelihood at its linear score, each of shape (n,)."""

    log_likelihood: Floats
    slope: Floats  # first derivative by the linear score
    weight: Floats  # minus the second derivative, never negative


@dataclass(frozen=True, slots=True, eq=False)
class PropensityFit:
    """A fitted score.

    ``coefficients`` has an entry a design column, in the column's own units, NaN where the column
    was left out because the others already determine it; ``aliased`` names those. ``linear`` and
    ``score`` have shape (n,): the linear predictor, and what is matched on under ``link``.
    """

    link: Link
    names: tuple[str, ...]
    intercept: float
    coefficients: Floats
    linear: Floats
    score: Floats
    aliased: tuple[str, ...]
    steps: int


def fit_propensity(
    columns: Floats,
    treated: Bools,
    names: tuple[str, ...],
    link: Link = "logit",
    sampling: Floats | None = None,
) -> PropensityFit:
    """Fit P(treated | columns) with an intercept.

    ``columns`` (n, p) are finite numbers, dummies included; ``treated`` (n,); ``sampling`` (n,)
    multiplies each person's part of the likelihood. Constant columns
    and exact combinations of earlier columns are left out and named. People with the same
    covariates get the same score to the last bit: sums run column by column, not by a matrix
    product whose rounding depends on the row.

    Raises DesignError when the treated and the comparison group are (nearly) separated, so that
    no finite coefficients exist, or when Newton's method does not settle.
    """
    centre = columns.mean(axis=0)
    spread = columns.std(axis=0)
    kept = independent_columns(columns, centre, spread)
    scaled = np.column_stack(
        [np.ones(len(columns)), (columns[:, kept] - centre[kept]) / spread[kept]]
    )

    curvature = _weighted(CURVATURES[link], with_mean_one(sampling))
    start = np.zeros(scaled.shape[1])
    if sampling is None and len(scaled) > MANY:
        start = _head_start(scaled, treated, curvature)
    beta, steps = _newton(scaled, treated, curvature, start)
    if beta is None:
        raise DesignError(_no_maximum(columns, treated, names))

    coefficients = np.full(len(names), np.nan)
    coefficients[kept] = beta[1:] / spread[kept]
    intercept = float(beta[0] - np.sum(coefficients[kept] * centre[kept]))
    linear = np.full(len(columns), intercept)
    for column in kept:
        linear += columns[:, column] * coefficients[column]
    return PropensityFit(
        link=link,
        names=names,
        intercept=intercept,
        coefficients=coefficients,
        linear=linear,
        score=_on_scale(linear, link),
        aliased=tuple(names[j] for j in range(len(names)) if j not in set(kept.tolist())),
        steps=steps,
    )


def _weighted(
    curvature: Callable[[Floats, Bools], Curvature], sampling: Floats | None
) -> Callable[[Floats, Bools], Curvature]:
    if sampling is None:
        return curvature

    def weighted(linear: Floats, treated: Bools) -> Curvature:
        return Curvature(*(part * sampling for part in curvature(linear, treated)))

    return weighted


def independent_columns(columns: Floats, centre: Floats, spread: Floats) -> NDArray[np.intp]:
    """Positions of the columns that neither are constant nor follow from earlier ones."""
    largest = np.abs(columns).max(axis=0, initial=0.0)
    kept = [j for j in range(columns.shape[1]) if spread[j] > 1e-12 * max(largest[j], 1e-300)]
    while kept:
        scaled = (columns[:, kept] - centre[kept]) / spread[kept]
        remainder = np.abs(np.diag(np.linalg.qr(scaled, mode="r"))) / np.sqrt(len(columns))
        dependent = np.flatnonzero(remainder < COLLINEAR)
        if not len(dependent) and len(remainder) == len(kept):
            break
        kept.pop(int(dependent[0]) if len(dependent) else len(remainder))
    return np.array(kept, dtype=np.intp)


def _on_scale(linear: Floats, link: Link) -> Floats:
    if link == "logit":
        return np.asarray(expit(linear), dtype=np.float64)
    if link == "probit":
        return np.asarray(ndtr(linear), dtype=np.float64)
    return linear.copy()


def _logit(linear: Floats, treated: Bools) -> Curvature:
    chance = expit(linear)
    towards = np.where(treated, linear, -linear)
    return Curvature(-np.logaddexp(0.0, -towards), treated - chance, chance * (1 - chance))


def _probit(linear: Floats, treated: Bools) -> Curvature:
    side = np.where(treated, 1.0, -1.0)
    log_chance = log_ndtr(side * linear)
    # the inverse Mills ratio on the logarithmic scale, which survives far tails
    slope = side * np.exp(-0.5 * linear**2 - 0.5 * np.log(2 * np.pi) - log_chance)
    return Curvature(log_chance, slope, slope * (slope + linear))


def _head_start(
    scaled: Floats, treated: Bools, curvature: Callable[[Floats, Bools], Curvature]
) -> Floats:
    """Coefficients near the maximum, from a part of many people; zeros where that part has none.
    Where Newton's method starts from does not change where it ends, only how soon.

    A covariate that nobody in the part has is looked for first: whether a solver takes its empty
    row for singular, or for a step without end, depends on the rounding of the machine."""
    few = slice(None, None, len(scaled) // (MANY // 4))
    cold = np.zeros(scaled.shape[1])
    covariates = scaled[few, 1:]
    kept = independent_columns(covariates, covariates.mean(axis=0), covariates.std(axis=0))
    if len(kept) < covariates.shape[1]:
        return cold
    beta, _ = _newton(scaled[few], treated[few], curvature, cold)
    return cold if beta is None else beta


def _newton(
    scaled: Floats,
    treated: Bools,
    curvature: Callable[[Floats, Bools], Curvature],
    start: Floats,
) -> tuple[Floats | None, int]:
    """Maximise the log-likelihood from ``start``; None when there is no maximum. Under separation
    the steps never shrink, and that is the test: the gradient does vanish there, and mistaking that
    for convergence is how a score of zeros and ones gets published."""
    beta = start
    here = curvature(scaled @ beta, treated)
    total = float(here.log_likelihood.sum())
    for step_number in range(1, MAX_STEPS + 1):
        hessian = scaled.T @ (scaled * here.weight[:, None])
        try:
            step = np.linalg.solve(hessian, scaled.T @ here.slope)
        except np.linalg.LinAlgError:
            break
        if not np.isfinite(step).all():
            break
        for _ in range(30):  # halve a step that overshoots
            trial = curvature(scaled @ (beta + step), treated)
            trial_total = float(trial.log_likelihood.sum())
            if trial_total >= total - 1e-9 * (1 + abs(total)):
                break
            step = step / 2
        beta, here, total = beta + step, trial, trial_total
        if np.max(np.abs(step)) <= STEP_TOLERANCE * (1 + np.max(np.abs(beta))):
            return beta, step_number
    return None, MAX_STEPS


def _no_maximum(columns: Floats, treated: Bools, names: tuple[str, ...]) -> str:
    """Why the fit has no maximum: the covariates that tell the two groups apart by themselves."""
    culprits = []
    for j, name in enumerate(names):
        inside, outside = columns[treated, j], columns[~treated, j]
        if inside.min() >= outside.max() or inside.max() <= outside.min():
            culprits.append(name)  # the ranges do not overlap, or touch at one value only
    named = f" Look first at {first_few(culprits)}: there the groups do not overlap." * bool(
        culprits
    )
    return (
        f"propensity score: no finite coefficients after {MAX_STEPS} steps; the covariates "
        f"separate the treated from the comparison group (nearly) perfectly.{named} Leave out the "
        "covariate, merge its rare levels, put it in exact=, or restrict the sample to people who "
        "could have been in either group."
    )


CURVATURES: dict[Link, Callable[[Floats, Bools], Curvature]] = {
    "logit": _logit,
    "linear_logit": _logit,
    "probit": _probit,
    "linear_probit": _probit,
}
