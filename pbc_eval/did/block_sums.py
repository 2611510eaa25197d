"""What is summed while units' influences are gone through in blocks, for every estimator that does.

influences of a block ─ BlockSums.add ▶ joint covariance, each cohort's part of the effects before
                                        treatment, small cohorts, independent units on both sides
"""

from collections.abc import Iterable

import numpy as np

from pbc_eval.did.small_cohorts import SmallScores
from pbc_eval.did.small_sample import add_block, no_parts
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.numerics.clustered import clusters_of, sandwich
from pbc_eval.panel.moments import UnitArrays


class BlockSums:
    """Of k cells over C cohorts, whose influences have k + C columns."""

    def __init__(self, arrays: UnitArrays, before: Ints, shape: tuple[int, int], clustered: bool):
        """``before`` (b,): positions of the estimated cells before treatment; ``shape``: k, C."""
        k, n_cohorts = shape
        self._cluster = arrays.cluster if clustered else None
        self.joint: Floats = np.zeros((k + n_cohorts, k + n_cohorts))
        self.parts = no_parts(n_cohorts, before)
        self.small = SmallScores(arrays.cohort, self._cluster)
        self.treated: Ints = np.zeros(k, dtype=np.int64)  # units, or clusters
        self.compared: Ints = np.zeros(k, dtype=np.int64)

    def add(
        self,
        at: Ints,
        cohorts: Iterable[tuple[int, slice | Bools]],
        scores: Floats,
        sides: tuple[Bools, Bools],
    ) -> Floats:
        """The units ``at`` (n,), no cluster of which is in another block, with their influences
        (n, k + C) and ``sides`` (n, k): whether a cell counts them as treated, and as compared.
        ``cohorts``: each with its rows. Gives the influences of independent units."""
        cluster = None if self._cluster is None else self._cluster[at]
        for cohort, rows in cohorts:
            of_rows = None if cluster is None else cluster[rows]
            add_block(self.parts, scores[rows], cohort, of_rows)
            self.small.add(scores[rows], cohort, of_rows)
        treated, compared = sides
        if cluster is not None:
            clusters = clusters_of(cluster)
            scores = clusters.sums(scores)
            treated, compared = clusters.any_of(treated), clusters.any_of(compared)
        self.treated += treated.sum(axis=0)
        self.compared += compared.sum(axis=0)
        self.joint += sandwich(scores)
        return scores


def rows_by_cohort(cohort: Ints) -> list[tuple[int, Bools]]:
    """Each cohort among the units (n,) of a block, with its rows."""
    return [(int(c), cohort == c) for c in np.unique(cohort)]
