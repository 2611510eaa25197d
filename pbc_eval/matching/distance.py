"""Distances between people by several covariates at once, as points in a space.

    columns, treated ── space_of ──▶ Space, in which plain Euclidean distance is the one asked for

- "mahalanobis": in units of the pooled within-group covariance, so that neither units of
  measurement nor correlated covariates count twice.
- "robust_mahalanobis": of the ranks, with the spread of each that untied ranks would have, so that
  long tails and rare categories do not dominate (Rosenbaum 2010).
- "scaled_euclidean": each covariate by its pooled within-group standard deviation.

Categories enter with an indicator for every level; directions without spread are left out
(generalised inverse). Source: Rubin (1980), Biometrics 36, 293-298; Rosenbaum (2010), Design of
Observational Studies, section 8.3.
"""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.numerics.roots import symmetric_root

SpaceDistance = Literal["mahalanobis", "robust_mahalanobis", "scaled_euclidean"]
SPACE_DISTANCES: tuple[SpaceDistance, ...] = (
    "mahalanobis",
    "robust_mahalanobis",
    "scaled_euclidean",
)

FLAT = 1e-9  # share of the largest variance below which a direction counts as without spread
GRAIN = 9  # decimals kept of a distance: two machines may differ in the last bits


class Space(NamedTuple):
    """``points`` (n, d): where people are. ``line`` (n,): everybody's place, from 0, when laid out
    along the first coordinate, equal ones in row order; ties between distances are broken by it.
    """

    points: Floats
    line: Ints


def space_of(
    columns: Floats, treated: Bools, distance: SpaceDistance, sampling: Floats | None = None
) -> Space:
    """Place people, by ``columns`` (n, p), ``treated`` (n,) marking one of the two groups.
    ``sampling`` (n,) weights the covariance; ranks are those of the sample."""
    if distance == "robust_mahalanobis":
        ranks = pd.DataFrame(columns).rank().to_numpy()
        n = len(ranks)
        return laid_out(_whitened(ranks, _with_spread(np.cov(ranks.T, ddof=1), n * (n + 1) / 12)))
    covariance = pooled_covariance(columns, treated, sampling)
    if distance == "scaled_euclidean":
        spread = np.sqrt(np.diag(covariance))
        varies = spread > 0
        return laid_out((columns[:, varies] - columns[:, varies].mean(axis=0)) / spread[varies])
    return laid_out(_whitened(columns, covariance))


def pooled_covariance(columns: Floats, treated: Bools, sampling: Floats | None = None) -> Floats:
    """The covariance around each group's own mean, (p, p), divided by n - 2; ``sampling`` (n,)
    weights people, its scale dropping out."""
    if sampling is not None:
        share = sampling / sampling.sum()
        total = np.zeros((columns.shape[1], columns.shape[1]))
        for group in (treated, ~treated):
            mean = np.average(columns[group], axis=0, weights=share[group])
            rest = (columns[group] - mean) * np.sqrt(share[group])[:, None]
            total += rest.T @ rest
        return np.asarray(total / (1 - share @ share))
    inside = [columns[group] - columns[group].mean(axis=0) for group in (treated, ~treated)]
    total = sum(part.T @ part for part in inside)
    return np.asarray(total / max(len(columns) - 2, 1))


def _with_spread(covariance: Floats, variance: float) -> Floats:
    """The same correlations, every variance replaced by that of untied ranks."""
    covariance = np.atleast_2d(covariance)
    spread = np.sqrt(np.diag(covariance))
    factor = np.divide(np.sqrt(variance), spread, out=np.zeros_like(spread), where=spread > 0)
    return np.asarray(covariance * factor[:, None] * factor)


def _whitened(columns: Floats, covariance: Floats) -> Floats:
    """Columns times the inverse root of the covariance, computed on standardised columns."""
    spread = np.sqrt(np.diag(covariance))
    varies = spread > 1e-12 * np.maximum(np.abs(columns).max(axis=0), 1e-300)
    scaled = (columns[:, varies] - columns[:, varies].mean(axis=0)) / spread[varies]
    correlation = covariance[np.ix_(varies, varies)] / np.outer(spread[varies], spread[varies])
    # the symmetric root of the inverse keeps the first coordinate close to the first covariate
    return np.asarray(scaled @ symmetric_root(correlation, flat=FLAT, inverse=True))


def laid_out(points: Floats) -> Space:
    """People at ``points`` (n, d), equal first coordinates in row order."""
    if not points.shape[1]:
        points = np.zeros((len(points), 1))
    order = np.argsort(np.round(points[:, 0], GRAIN), kind="stable")
    line = np.empty(len(points), dtype=np.int64)
    line[order] = np.arange(len(points))
    return Space(points, line)
