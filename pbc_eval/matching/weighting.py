"""Weights that make the two groups alike, and how they respond to the score behind them.

    Design ── a method of WEIGHTINGS ──▶ Weighting

- "ipw": one over the chance of being in one's own group, from a fitted propensity score.
- "overlap": the chance of being in the other group. Nobody weighs more than 1, and the effect is
  for those who could well have been in either group.
- "entropy": the weights nearest to equal ones under which the covariate means are exactly equal.
- "cbps": a logistic score chosen so that its weights balance the covariate means exactly. For the
  ATT and ATC that is the same condition as entropy balancing's, and so are the weights.

A person's weight counts how many people of the target group they stand for. The derivatives by
the linear score go into the standard error: the score was estimated from the same people.

Source: Robins, Hernán & Brumback (2000), Epidemiology 11; Li, Morgan & Zaslavsky (2018), JASA
113, 390-400 (overlap); Hainmueller (2012); Imai & Ratkovic (2014); Zhao & Percival (2017).
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_ndtr

from pbc_eval.agreement.algorithms import know_algorithm, name_of
from pbc_eval.agreement.matching_settings import Link
from pbc_eval.agreement.weighting_options import (
    CovariateBalancing,
    Entropy,
    InversePropensity,
    Overlap,
    WeightingOptions,
)
from pbc_eval.matching.balancing_loss import Loss, Tilt, tilt
from pbc_eval.matching.encoding import Columns
from pbc_eval.matching.propensity import (
    CURVATURES,
    PropensityFit,
    fit_propensity,
)
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.collinearity import independent_columns

Target = Literal["ATT", "ATE", "ATC", "ATO"]


class Block(NamedTuple):
    """One fitted score and what hangs on it. ``columns`` (n, k) begin with ones; the rest has
    shape (n,): the derivatives of each person's loss by their linear score (``slope``,
    ``curvature``), and those of their weight and of their place in the target population."""

    columns: Floats
    slope: Floats
    curvature: Floats
    weight_slope: Floats
    target_slope: Floats


class Weighting(NamedTuple):
    """``weights`` (n,) and ``target`` (n,): each person's share in the population the effect is
    for, before scaling. ``score`` (n,) is None where there is no propensity score; ``coefficients``
    has a row a fitted score, the intercept first, in the covariates' units."""

    weights: Floats
    target: Floats
    blocks: tuple[Block, ...]
    score: Floats | None
    coefficients: Floats
    aliased: tuple[str, ...]


class WeightingProblem(NamedTuple):
    """What a method is given: the covariates (n, p), who is treated (n,), whom the effect is for,
    the options, and how many people of the population each stands for (n,), ones without sampling
    weights."""

    columns: Columns
    treated: Bools
    estimand: Target
    by: WeightingOptions
    sampling: Floats

    @property
    def link(self) -> Link:
        return self.by.score_link


def target_of(problem: WeightingProblem) -> Floats:
    """Each person's share in the target population: the treated, the others, or everybody."""
    treated = problem.treated
    everybody = np.ones(len(treated), dtype=bool)
    members = {"ATT": treated, "ATC": ~treated}.get(problem.estimand, everybody)
    return np.where(members, problem.sampling, 0.0)


def by_propensity(problem: WeightingProblem) -> Weighting:
    """Inverse-propensity weights; overlap weights for the target "ATO"."""
    columns, treated = problem.columns, problem.treated
    sampling = problem.sampling
    fit = fit_propensity(columns.score_values, treated, columns.score_names, problem.link, sampling)
    log_in, log_out = _log_chances(fit)
    score = np.exp(log_in)
    score_slope = _score_slope(fit, score)
    target, target_slope = target_of(problem) / sampling, np.zeros(len(treated))
    if problem.estimand == "ATO":
        weights = np.where(treated, np.exp(log_out), score)
        weight_slope = np.where(treated, -score_slope, score_slope)
        target, target_slope = score * np.exp(log_out), score_slope * (1 - 2 * score)
    elif problem.estimand == "ATE":
        weights = np.exp(-np.where(treated, log_in, log_out))
        weight_slope = np.where(treated, -score_slope, score_slope) * weights**2
    elif problem.estimand == "ATT":
        weights = np.where(treated, 1.0, np.exp(log_in - log_out))
        weight_slope = np.where(treated, 0.0, score_slope * np.exp(-2 * log_out))
    else:
        weights = np.where(treated, np.exp(log_out - log_in), 1.0)
        weight_slope = np.where(treated, -score_slope * np.exp(-2 * log_in), 0.0)
    curvature = CURVATURES[problem.link](fit.linear, treated)
    kept = np.isfinite(fit.coefficients)
    block = Block(
        columns=_with_ones(columns.score_values[:, kept]),
        slope=-curvature.slope * sampling,
        curvature=curvature.weight * sampling,
        weight_slope=weight_slope * sampling,
        target_slope=target_slope * sampling,
    )
    row = np.r_[fit.intercept, np.nan_to_num(fit.coefficients)]
    return Weighting(
        weights * sampling, target * sampling, (block,), score, row[None, :], fit.aliased
    )


def by_entropy(problem: WeightingProblem) -> Weighting:
    """Entropy balancing: each group that is not the target is weighted towards it."""
    treated, target = problem.treated, target_of(problem)
    weights, blocks, rows = target.copy(), [], []
    groups = {"ATT": [~treated], "ATC": [treated]}.get(problem.estimand, [~treated, treated])
    kept = _independent(problem.columns)
    for group in groups:
        inside = np.where(group, problem.sampling, 0.0)
        fitted = _solve(problem, Loss(inside, np.zeros(len(treated)), -target), kept)
        mine = inside * np.exp(np.where(group, fitted.linear, 0.0))
        weights = np.where(group, mine, weights)
        blocks.append(_block(problem, fitted, kept, weight_slope=mine))
        rows.append(fitted.coefficients)
    return Weighting(weights, target, tuple(blocks), None, np.array(rows), _left_out(problem, kept))


def by_balancing_score(problem: WeightingProblem) -> Weighting:
    """The just-identified covariate-balancing propensity score, logistic."""
    treated, sampling = problem.treated, problem.sampling
    up, down = (np.where(group, sampling, 0.0) for group in (~treated, treated))
    none = np.zeros(len(treated))
    loss = {
        "ATT": Loss(up, none, -down),  # comparison odds add up to the treated
        "ATC": Loss(none, down, up),
    }.get(problem.estimand, Loss(up, down, up - down))
    kept = _independent(problem.columns)
    fitted = _solve(problem, loss, kept)
    towards = np.where(treated, -fitted.linear, fitted.linear)
    odds_against = np.exp(np.where(loss.up + loss.down > 0, towards, 0.0))
    fixed = {"ATT": treated, "ATC": ~treated}.get(problem.estimand, np.zeros_like(treated))
    whole = 1.0 if problem.estimand == "ATE" else 0.0  # one over the chance is one plus the odds
    weights = sampling * np.where(fixed, 1.0, whole + odds_against)
    slope = sampling * np.where(fixed, 0.0, np.where(treated, -odds_against, odds_against))
    return Weighting(
        weights=weights,
        target=target_of(problem),
        blocks=(_block(problem, fitted, kept, weight_slope=slope),),
        score=np.asarray(expit(fitted.linear)),
        coefficients=fitted.coefficients[None, :],
        aliased=_left_out(problem, kept),
    )


class WeightingMethod(NamedTuple):
    """``options`` is the model of the settings; ``weigh`` makes the weights."""

    options: type[WeightingOptions]
    weigh: Callable[[WeightingProblem], Weighting]


WEIGHTINGS: dict[str, WeightingMethod] = {}


def add_algorithm(method: WeightingMethod) -> None:
    """Let ``weight`` and evaluation files use an algorithm by the name in its options.

    Raises DesignError where another algorithm has that name.
    """
    know_algorithm(method.options)
    WEIGHTINGS[name_of(method.options)] = method


for _row in (
    WeightingMethod(InversePropensity, by_propensity),
    WeightingMethod(Overlap, by_propensity),
    WeightingMethod(Entropy, by_entropy),
    WeightingMethod(CovariateBalancing, by_balancing_score),
):
    add_algorithm(_row)


def _log_chances(fit: PropensityFit) -> tuple[Floats, Floats]:
    """The logarithms of the chance of treatment and of its opposite, exact in both tails."""
    if fit.link == "probit":
        return np.asarray(log_ndtr(fit.linear)), np.asarray(log_ndtr(-fit.linear))
    return -np.logaddexp(0.0, -fit.linear), -np.logaddexp(0.0, fit.linear)


def _score_slope(fit: PropensityFit, score: Floats) -> Floats:
    if fit.link == "probit":
        return np.asarray(np.exp(-0.5 * fit.linear**2) / np.sqrt(2 * np.pi))
    return score * np.asarray(expit(-fit.linear))


def _independent(columns: Columns) -> NDArray[np.intp]:
    return independent_columns(columns.score_values)


def _solve(problem: WeightingProblem, loss: Loss, kept: NDArray[np.intp]) -> Tilt:
    columns = problem.columns
    return tilt(columns.score_values, loss, kept, columns.score_names)


def _block(
    problem: WeightingProblem, fitted: Tilt, kept: NDArray[np.intp], weight_slope: Floats
) -> Block:
    return Block(
        columns=_with_ones(problem.columns.score_values[:, kept]),
        slope=fitted.slope,
        curvature=fitted.curvature,
        weight_slope=weight_slope,
        target_slope=np.zeros(len(weight_slope)),
    )


def _left_out(problem: WeightingProblem, kept: NDArray[np.intp]) -> tuple[str, ...]:
    names = problem.columns.score_names
    return tuple(names[j] for j in range(len(names)) if j not in set(kept.tolist()))


def _with_ones(columns: Floats) -> Floats:
    """An intercept and the columns about their means, each of spread 1: what is solved with them
    depends on neither where a scale begins nor its unit."""
    spread = columns.std(axis=0)
    scaled = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.column_stack([np.ones(len(columns)), scaled])
