"""The effect under weights, with errors that know the score was estimated.

    Weighting, outcome ── weighted_effect ──▶ WeightedEffect

"difference" compares weighted means. "augmented" adds a linear regression in each group: the
effect is right if either the score or the regressions are (double robustness).

Every person's influence on the effect is the sum of their own part and of their part in the
coefficients of the score and of the regressions (stacked estimating equations); the variance is
the sum of squared influences times n / (n - 1). Leaving the score's part out would make the error
of an ATE too large, and may make that of an ATT too small.

Source: Stefanski & Boos (2002), The American Statistician 56, 29-38; Lunceford & Davidian (2004),
Statistics in Medicine 23, 2937-2960; Robins, Rotnitzky & Zhao (1994), JASA 89, 846-866.
"""

from typing import Literal, NamedTuple

import numpy as np

from pbc_eval.errors import DesignError
from pbc_eval.matching.clustered_error import Grouping, clustered_covariance
from pbc_eval.matching.weighting import Block, Weighting
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number, Units
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.collinearity import independent_columns

WeightedMethod = Literal["difference", "augmented"]
WEIGHTED_METHODS: tuple[WeightedMethod, ...] = ("difference", "augmented")


class WeightedEffect(NamedTuple):
    """The effect, the mean the target population would have had untreated, both in the outcome's
    unit, and each person's influence on the two means (treated, untreated), shape (n, 2)."""

    estimate: float
    untreated_mean: float
    influence: Floats

    def error(self, treated: Bools, grouping: Grouping | None) -> "WeightedError":
        """The standard error, by clusters where people, ``treated`` (n,) or not, belong to some."""
        n = len(self.influence)
        whole = self.influence[:, 0] - self.influence[:, 1]
        if grouping is None:
            return WeightedError(float(np.sqrt(whole @ whole * n / (n - 1))))
        by_group = clustered_covariance(whole[:, None], treated, grouping, counted=1)
        if by_group.covariance is None:
            return WeightedError(None, float("nan"), by_group.reason)
        return WeightedError(float(np.sqrt(by_group.covariance[0, 0])), by_group.degrees_of_freedom)


class WeightedError(NamedTuple):
    """A standard error, its degrees of freedom, and why there is none."""

    std_error: float | None
    degrees_of_freedom: float = float("inf")
    reason: Sentence | None = None


def weighted_effect(
    weighting: Weighting,
    treated: Bools,
    outcome: Floats,
    covariates: Floats,
    method: WeightedMethod,
    *,
    sampling: Floats | None = None,
) -> WeightedEffect:
    """Effect of ``treated`` (n,) on ``outcome`` (n,) under ``weighting``.

    ``covariates`` (n, p) enter the regressions of "augmented", in which people count as often as
    ``sampling`` (n,) says. Raises DesignError when a group is too small for its regression.
    """
    means, influence = [], []
    for group in (treated, ~treated):
        regression = None
        if method == "augmented":
            regression = _Regression.fit(covariates, outcome, group, sampling)
        mean, part = _potential_mean(weighting, group, outcome, regression)
        means.append(mean)
        influence.append(part)
    return WeightedEffect(means[0] - means[1], means[1], np.column_stack(influence))


def _potential_mean(
    weighting: Weighting,
    group: Bools,
    outcome: Floats,
    regression: "_Regression | None",
) -> tuple[float, Floats]:
    """The target population's mean outcome had everybody been in ``group``, and influences (n,).

    mean = sum h m / sum h + sum w (y - m) / sum w, with h the target, w the group's weights and m
    the regression's prediction, zero for "difference".
    """
    share = weighting.target / weighting.target.sum()
    total = weighting.weights[group].sum()
    weights = np.where(group, weighting.weights, 0.0) / total
    predicted = np.zeros(len(outcome)) if regression is None else regression.predicted
    base = float(share @ predicted)
    rest = outcome - predicted
    correction = float(weights @ rest)
    influence = share * (predicted - base) + weights * (rest - correction)
    if regression is not None:
        lever = regression.design.T @ (share - weights)
        influence += regression.influence @ lever
    per_weight = np.where(group, rest - correction, 0.0) / total
    per_target = (predicted - base) / weighting.target.sum()
    influence -= score_influence(weighting.blocks, per_weight, per_target)
    return base + correction, influence


def score_influence(
    blocks: tuple[Block, ...], per_weight: Floats, per_target: Floats | None = None
) -> Floats:
    """What each person does to a figure through the fitted scores, (n,), to be taken off their
    own part. ``per_weight`` and ``per_target`` (n,) are the figure's derivatives by each person's
    weight and by their share in the target population."""
    total = np.zeros(len(per_weight))
    for block in blocks:
        by_score = block.weight_slope * per_weight
        if per_target is not None:
            by_score = by_score + block.target_slope * per_target
        lever = _solved(block.columns, block.curvature, block.columns.T @ by_score)
        total += (block.columns @ lever) * block.slope
    return total


def _solved(columns: Floats, curvature: Floats, gradient: Floats) -> Floats:
    """H^-1 g, with columns scaled first so that incomes beside indicators lose no digits."""
    size = np.sqrt(np.einsum("ij,ij->j", columns, columns))
    scaled = columns / size
    hessian = scaled.T @ (scaled * curvature[:, None])
    return np.asarray(np.linalg.lstsq(hessian, gradient / size, rcond=None)[0] / size)


def too_few_in_group(people: int, k: int) -> DesignError:
    """The refusal of a regression within a group of ``people`` with ``k`` coefficients."""
    rule = Sentence(
        "a group of {people} cannot carry a regression with {k} coefficients. Use "
        "method='difference', or fewer covariates.",
        people=Units(people),
        k=Number(k),
    )
    return DesignError(f"effect: {rule}", rule)


class _Regression(NamedTuple):
    """Least squares within one group: ``design`` (n, k) and ``predicted`` (n,) for everybody,
    ``influence`` (n, k) of each person on the coefficients."""

    design: Floats
    predicted: Floats
    influence: Floats

    @staticmethod
    def fit(
        covariates: Floats, outcome: Floats, group: Bools, sampling: Floats | None
    ) -> "_Regression":
        inside = covariates[group]
        centre, spread = inside.mean(axis=0), inside.std(axis=0)
        kept = independent_columns(inside)
        scaled = (covariates[:, kept] - centre[kept]) / spread[kept]
        design = np.column_stack([np.ones(len(scaled)), scaled])
        mine = design[group]
        if len(mine) <= mine.shape[1]:
            raise too_few_in_group(len(mine), mine.shape[1])
        counts = np.ones(len(outcome)) if sampling is None else sampling / sampling.mean()
        heavy = mine * counts[group][:, None]
        inverse = np.linalg.inv(heavy.T @ mine)
        coefficients = inverse @ (heavy.T @ outcome[group])
        predicted = design @ coefficients
        rest = np.where(group, counts * (outcome - predicted), 0.0)
        return _Regression(design, predicted, (design * rest[:, None]) @ inverse)
