"""Sums by cluster and the covariance that follows from them, for rows that are not independent.

    scores (n, k) of the rows ── Clusters.sums ──▶ (G, k) ── sandwich ──▶ (k, k)

A score is a row's influence on an estimate, already multiplied by the bread of the sandwich. The
factor for few clusters is stated by the caller: none is CR0, ``crv1_factor`` is CR1.

Source: Liang and Zeger (1986), Biometrika 73, 13-22; Cameron and Miller (2015), "A practitioner's
guide to cluster-robust inference", Journal of Human Resources 50, 317-372.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.numerics.arrays import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clusters:
    """n rows grouped into G clusters: ``order`` (n,) puts the rows of a cluster together, None
    when they lie so; ``first`` (G,) are the positions at which the clusters begin."""

    order: Ints | None
    first: Ints

    def sums(self, scores: Floats) -> Floats:
        """Sums of ``scores`` over each cluster: (G,) of (n,), (G, k) of (n, k).

        One figure is added row after row, several in pairs; the two differ by rounding."""
        rows = scores if self.order is None else scores[self.order]
        if rows.ndim == 1:
            member = np.repeat(np.arange(len(self)), np.diff(self.first, append=len(rows)))
            return np.asarray(np.bincount(member, rows, len(self)), dtype=np.float64)
        totals: Floats = np.add.reduceat(rows, self.first, axis=0)
        return totals

    def any_of(self, flags: Bools) -> Bools:
        """(G, ...) whether any row of a cluster has the flag, ``flags`` (n, ...)."""
        rows = flags if self.order is None else flags[self.order]
        reached: Bools = np.logical_or.reduceat(rows, self.first, axis=0)
        return reached

    def __len__(self) -> int:
        return len(self.first)


def clusters_of(label: Ints) -> Clusters:
    """Group rows by ``label`` (n,): clusters are in the order of their labels."""
    order = None
    if (np.diff(label) < 0).any():
        order = np.argsort(label, kind="stable")
        label = label[order]
    begins = np.append(True, np.diff(label) != 0)[: len(label)]
    return Clusters(order=order, first=np.flatnonzero(begins))


def sandwich(sums: Floats, factor: float = 1.0) -> Floats:
    """(k, k) covariance from the ``sums`` (G, k) of independent clusters, or rows. CR0 without a
    factor; the sums are taken as they are, not about their mean."""
    covariance: Floats = sums.T @ sums
    return covariance * factor


def crv1_factor(clusters: int, rows: int, counted: int) -> float:
    """G / (G - 1) x (n - 1) / (n - k), with k the ``counted`` coefficients. Kept finite where there
    is one cluster, or no row to spare: whoever publishes an error refuses those first."""
    return clusters / max(clusters - 1, 1) * (rows - 1) / max(rows - counted, 1)
