"""A mean in each group of a sample, and the two means' joint covariance.

    sample, values ── group_means ──▶ GroupMeans

Every effect measure that is a function of two group means (differences, ratios, odds) takes them
from here, so that all of them rest on the same numbers and errors. A person's influence on a mean
is their share of the weight times their distance from it; with an exposure the mean is a rate, sum
of values over sum of exposure. Influences are added up by matched set, or stand alone where there
are none; in a weighted sample they count the estimation of the score.

Source: as ``matching.effect`` and ``matching.weighted_effect``; rates: delta method, Cochran
(1977), Sampling Techniques, section 6.3.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pbc_eval.matching.clustered_error import clustered_covariance, grouping_of
from pbc_eval.matching.effect import checked_outcome, outcome_values
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.weighted_effect import score_influence
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.numerics.clustered import clusters_of, crv1_factor, sandwich

Sample = MatchedSample | WeightedSample


class GroupMeans(NamedTuple):
    """``treated`` and ``comparison`` are means (or rates); ``covariance`` (2, 2) is theirs, treated
    first, None when there are too few people or sets; ``degrees_of_freedom`` belong to the t."""

    treated: float
    comparison: float
    covariance: Floats | None
    degrees_of_freedom: float
    n_treated: int
    n_comparison: int


def in_analysis(sample: Sample) -> Bools:
    """Who is in the analysis, (n,)."""
    return sample.matched if isinstance(sample, MatchedSample) else sample.kept


def analysed(sample: Sample, outcome: str | pd.Series, name_if_none: str) -> tuple[str, Floats]:
    """The outcome's name and its finite values among the people in the analysis."""
    series = outcome_values(sample.design.frame, sample.design.ids, outcome)
    name = str(series.name) if series.name is not None else name_if_none
    if series.dtype == bool:
        series = series.astype(np.float64)
    return name, checked_outcome(series[in_analysis(sample)], name)


def group_means(
    sample: Sample, values: Floats, exposure: Floats | None = None, cluster: str | None = None
) -> GroupMeans:
    """Means of ``values`` (m,), or rates by ``exposure`` (m,), over the people in the analysis."""
    means, per_weight = [], []
    treated = sample.design.treated[in_analysis(sample)]
    weights = analysis_weights(sample)
    for group in (treated, ~treated):
        part = np.where(group, weights, 0.0)
        below = float(part.sum() if exposure is None else part @ exposure)
        mean = float(part @ values) / below
        means.append(mean)
        rest = values - mean * (1.0 if exposure is None else exposure)
        per_weight.append(np.where(group, rest / below, 0.0))
    covariance, freedom = joint_covariance(sample, np.column_stack(per_weight), cluster)
    if covariance is not None and exposure is None and isinstance(sample, MatchedSample):
        error = sample.reuse_error(values) if sample.counts_reuse("difference", cluster) else None
        if error is not None:  # what the two means share is what makes their difference's error
            shared = (covariance[0, 0] + covariance[1, 1] - error**2) / 2
            covariance[0, 1] = covariance[1, 0] = shared
            freedom = float(sample.focal[sample.matched].sum() - 1)
    return GroupMeans(
        means[0], means[1], covariance, freedom, int(treated.sum()), int((~treated).sum())
    )


def analysis_weights(sample: Sample) -> Floats:
    """What the people in the analysis weigh, (m,)."""
    if isinstance(sample, MatchedSample):
        return sample.analysis_weights[sample.matched]
    return sample.weighting.weights


def joint_covariance(
    sample: Sample, per_weight: Floats, cluster: str | None = None
) -> tuple[Floats | None, float]:
    """The covariance (2, 2) of two figures, one a group, and its degrees of freedom.

    ``per_weight`` (m, 2) holds their derivatives by each person's weight, 0 for people of the
    other group; a figure must not change when all weights of a group are multiplied.
    """
    n, rows = len(per_weight), in_analysis(sample)
    treated, grouping = sample.design.treated[rows], grouping_of(sample.design, rows, cluster)
    influence = analysis_weights(sample)[:, None] * per_weight
    if isinstance(sample, WeightedSample):
        for j in (0, 1):
            influence[:, j] -= score_influence(sample.weighting.blocks, per_weight[:, j])
    if grouping is not None:
        by_group = clustered_covariance(influence, treated, grouping, counted=2, sets=_sets(sample))
        return by_group.covariance, by_group.degrees_of_freedom
    if isinstance(sample, WeightedSample):
        return sandwich(influence, n / (n - 1)), float("inf")
    if (sets := _sets(sample)) is None:
        return _by_people(influence, treated, analysis_weights(sample))
    by = clusters_of(sets)
    by_set = np.column_stack([by.sums(column) for column in influence.T])
    g = len(by_set)
    return (sandwich(by_set, crv1_factor(g, n, 2)), float(g - 1)) if g > 1 else (None, float("nan"))


def _sets(sample: Sample) -> Ints | None:
    """The matched sets of the people in the analysis, (m,), None where there are none."""
    if isinstance(sample, WeightedSample) or not sample.in_sets:
        return None
    return sample.assignment.subclass[sample.matched]


def _by_people(influence: Floats, treated: Bools, weights: Floats) -> tuple[Floats | None, float]:
    """HC3 of two means."""
    if min(treated.sum(), (~treated).sum()) < 2:
        return None, float("nan")
    totals = np.where(treated, weights[treated].sum(), weights[~treated].sum())
    leverage = np.maximum(1 - weights / totals, 1e-300)
    return sandwich(influence / leverage[:, None]), float(len(weights) - 2)
