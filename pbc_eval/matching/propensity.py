"""The propensity score: the chance of treatment given the covariates, by logit or probit.

    design columns ── fit_propensity ──▶ PropensityFit ── .linear / .score ──▶ (n,)

Plain maximum likelihood by Newton's method, without any penalty: a penalised fit (the default of
several machine-learning libraries) shrinks the score and changes who is matched. A model that has
no maximum (separation) is refused rather than stopped half way. The solver is numerics/logit.py.

Source: Rosenbaum & Rubin (1983), Biometrika 70, 41-55; McCullagh & Nelder (1989), chapter 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbc_eval._validate import first_few
from pbc_eval.agreement.matching_settings import Link
from pbc_eval.errors import DesignError
from pbc_eval.matching.sampling import with_mean_one
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.collinearity import independent_columns
from pbc_eval.numerics.logit import (
    MOST_STEPS,
    FirstPart,
    LinkCurvature,
    NoMaximum,
    fit_binary,
    logit_chance,
    logit_curvature,
    probit_chance,
    probit_curvature,
)
from pbc_eval.numerics.separation import separating_columns

STEP_TOLERANCE = 1e-11  # on standardised coefficients
MANY = 200_000  # people from which a first fit on a part of them saves time


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
    kept = independent_columns(columns)
    scaled = np.column_stack(
        [np.ones(len(columns)), (columns[:, kept] - centre[kept]) / spread[kept]]
    )

    fit = fit_binary(
        scaled,
        treated,
        weight=with_mean_one(sampling),
        curvature=CURVATURES[link],
        tolerance=STEP_TOLERANCE,
        part=FirstPart(from_rows=MANY + 1, rows=MANY // 4) if sampling is None else None,
    )
    if isinstance(fit, NoMaximum):
        raise DesignError(_no_maximum(scaled, kept, treated, names))
    beta = fit.coefficients

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
        steps=fit.steps,
    )


def _on_scale(linear: Floats, link: Link) -> Floats:
    if link == "logit":
        return logit_chance(linear)
    if link == "probit":
        return probit_chance(linear)
    return linear.copy()


def _no_maximum(
    scaled: Floats, kept: NDArray[np.intp], treated: Bools, names: tuple[str, ...]
) -> str:
    """Why the fit has no maximum: the covariates that tell the two groups apart by themselves, or
    together where none does alone."""
    culprits = []
    for at, j in enumerate(kept, start=1):
        inside, outside = scaled[treated, at], scaled[~treated, at]
        if inside.min() >= outside.max() or inside.max() <= outside.min():
            culprits.append(names[j])  # the ranges do not overlap, or touch at one value only
    if not culprits:
        culprits = [names[kept[at - 1]] for at in separating_columns(scaled, treated)]
    return not_fitted(culprits)


def not_fitted(culprits: Sequence[str]) -> str:
    """That a score has no maximum, with the covariates to look at first."""
    named = f" Look first at {first_few(culprits)}: there the groups do not overlap." * bool(
        culprits
    )
    return (
        f"propensity score: no finite coefficients after {MOST_STEPS} steps; the covariates "
        f"separate the treated from the comparison group (nearly) perfectly.{named} Leave out the "
        "covariate, merge its rare levels, put it in exact=, or restrict the sample to people who "
        "could have been in either group."
    )


CURVATURES: dict[Link, LinkCurvature] = {
    "logit": logit_curvature,
    "linear_logit": logit_curvature,
    "probit": probit_curvature,
    "linear_probit": probit_curvature,
}
