"""Which pairs may be made at all, beyond the score: limits on covariates, and what must differ."""

from dataclasses import dataclass

import numpy as np

from pbc_eval.numerics.arrays import Bools, Floats, Ints

SLACK = 1e-9  # of a width: 0.9 and 0.7 are 0.2 apart, whatever their binary digits say


@dataclass(frozen=True, slots=True, eq=False)
class PairRules:
    """Two people may be paired if every limited covariate is within its width and every column in
    ``differ`` is different.

    ``values`` holds, a row a person, the limited covariates, and ``widths`` their limits in the
    same units; ``differ`` holds codes. ``focal_rows`` says which row each focal person is.
    """

    values: list[list[float]]
    widths: list[float]
    differ: list[list[int]]
    focal_rows: list[int]

    def allow(self, person: int, row: int) -> bool:
        """May focal person number ``person`` be paired with the person in ``row``?"""
        me = self.focal_rows[person]
        for mine, theirs, width in zip(self.values[me], self.values[row], self.widths, strict=True):
            if abs(mine - theirs) > width:
                return False
        return all(a != b for a, b in zip(self.differ[me], self.differ[row], strict=True))


def pair_rules(values: Floats, widths: Floats, differ: Ints, focal: Bools) -> PairRules | None:
    """Rules from arrays: ``values`` (n, q), ``widths`` (q,), ``differ`` (n, r), ``focal`` (n,);
    None when nothing is limited, so that the fast path is taken."""
    if not values.shape[1] and not differ.shape[1]:
        return None
    return PairRules(
        values=values.tolist(),
        widths=(widths * (1 + SLACK)).tolist(),
        differ=differ.tolist(),
        focal_rows=np.flatnonzero(focal).tolist(),
    )
