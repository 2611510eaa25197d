"""Errors for people who belong together: pupils of a school, patients of a practice.

    influence (n, k), clusters, treated ── clustered_covariance ──▶ covariance (k, k), freedom

Influences are added up by cluster. Where the programme came to whole clusters, each arm has its own
factor G / (G - 1), and Student's t has the degrees of freedom of Welch and Satterthwaite, which are
few when an arm has few clusters; where clusters hold people of both arms it is CR1 with G - 1.
After matching, people depend on those of their cluster and on those of their matched set: the sum
of both covariances less that of cluster within set, and never less than that by set alone.

Source: Liang and Zeger (1986), Biometrika 73, 13-22; Cameron, Gelbach and Miller (2011), Journal of
Business & Economic Statistics 29, 238-249 (two ways); Satterthwaite (1946), Biometrics 2, 110-114.
"""

from typing import NamedTuple

import numpy as np

from pbc_eval.errors import DataError
from pbc_eval.matching.columns_of_frames import check_columns
from pbc_eval.matching.design import Design, strata_of
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.numerics.clustered import clusters_of, crv1_factor, sandwich


class Grouping(NamedTuple):
    """``label`` (n,): the cluster of each person; ``name`` of the column that says so."""

    label: Ints
    name: str


def grouping_of(design: Design, rows: Bools, cluster: str | None) -> Grouping | None:
    """The clusters of the people in ``rows`` (n,), by the column ``cluster``; None without one.
    Raises DataError for a column that the data lack, or in which one of these people has nothing.
    """
    if cluster is None:
        return None
    check_columns(design.frame, [cluster], "effect")
    column = design.frame.loc[rows, cluster]
    if column.isna().any():
        raise DataError(
            f"effect: {int(column.isna().sum()):,} of {len(column):,} people have no {cluster!r}, "
            "by which errors are to be clustered. Fill it in, or leave cluster out."
        )
    return Grouping(strata_of(column.to_frame(), [cluster]), cluster)


class ClusteredCovariance(NamedTuple):
    """``covariance`` (k, k) is None where it cannot be had, and ``reason`` says why."""

    covariance: Floats | None
    degrees_of_freedom: float
    reason: Sentence | None = None


def clustered_covariance(
    influence: Floats,
    treated: Bools,
    grouping: Grouping,
    *,
    counted: int,
    sets: Ints | None = None,
) -> ClusteredCovariance:
    """The covariance of k figures from each person's ``influence`` (n, k) on them. ``counted`` is
    the number of coefficients; ``sets`` (n,) are matched sets, None where there are none."""
    by = clusters_of(grouping.label)
    total = by.sums(influence)
    has_treated, has_others = by.any_of(treated), by.any_of(~treated)
    arms = [has_treated & ~has_others, has_others & ~has_treated]
    n, g = len(influence), len(by)
    mixed = (has_treated & has_others).any()
    fewest = g if mixed else min(int(arm.sum()) for arm in arms)
    if fewest < 2:
        return ClusteredCovariance(
            None,
            float("nan"),
            Sentence(
                "fewer than two clusters ({column}) in a group, so that how far clusters differ "
                "cannot be seen",
                column=Name(grouping.name),
            ),
        )
    if mixed:
        covariance, freedom = sandwich(total, crv1_factor(g, n, counted)), float(g - 1)
    else:
        sizes = [int(arm.sum()) for arm in arms]
        parts = [
            sandwich(total[arm], size / (size - 1)) for arm, size in zip(arms, sizes, strict=True)
        ]
        covariance, freedom = parts[0] + parts[1], _welch(parts, sizes)
    if sets is not None:
        covariance = _two_ways(influence, grouping.label, sets, covariance, counted)
    return ClusteredCovariance(covariance, freedom)


def clustered_words(cluster: str, *, in_sets: bool) -> Sentence:
    """Where the error comes from, for readers who check it."""
    if in_sets:
        return Sentence(
            "clustered by {column} and by matched set, Student's t with the degrees of freedom of "
            "the clusters (Welch); the score is taken as known",
            column=Name(cluster),
        )
    return Sentence(
        "clustered by {column}, Student's t with the degrees of freedom of the clusters (Welch)",
        column=Name(cluster),
    )


def _two_ways(
    influence: Floats, label: Ints, sets: Ints, covariance: Floats, counted: int
) -> Floats:
    n = len(influence)
    _, inside = np.unique(np.column_stack([label, sets]), axis=0, return_inverse=True)
    by_set, by_both = (
        sandwich(by.sums(influence), crv1_factor(len(by), n, counted))
        for by in (clusters_of(sets), clusters_of(inside.reshape(-1)))
    )
    added = covariance + by_set - by_both
    return added if _of_difference(added) > _of_difference(by_set) else by_set


def _welch(parts: list[Floats], sizes: list[int]) -> float:
    variances = [_of_difference(part) for part in parts]
    whole = sum(v**2 / (size - 1) for v, size in zip(variances, sizes, strict=True))
    return sum(variances) ** 2 / whole if whole > 0 else float(min(sizes) - 1)


def _of_difference(covariance: Floats) -> float:
    """The variance of the one figure, or of the first less the second."""
    lean = np.array([1.0]) if len(covariance) == 1 else np.array([1.0, -1.0])
    return float(lean @ covariance @ lean)
