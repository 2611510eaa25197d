"""The influence of every unit on every adjusted cell, block by block, never held for all.

See adjustment.py for the formulas.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pbc_eval.did.adjustment import AdjustedChange
from pbc_eval.did.cell_blocks import Sheet, Units
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.panel.covariates import UnitCovariates
from pbc_eval.panel.moments import UnitArrays


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """An adjustment and the cells it serves."""

    sheet: int
    cells: Ints  # (m,)
    cohort: int
    pool: Bools  # (C,)
    contrast: Floats  # (q, m)
    model: AdjustedChange


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Influence of b units, those of one cohort together, and the side each is on, by cell."""

    at: Ints  # (b,)
    scores: Floats  # (b, k + C)
    treated: Bools  # (b, k)
    compared: Bools  # (b, k)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Influences:
    """Every unit's influence on every cell, computed when asked for."""

    arrays: UnitArrays
    covariates: UnitCovariates
    sheets: list[Sheet]
    fitted: list[Fitted]
    n_cells: int
    n_cohorts: int

    def block(self, at: Ints) -> Block:
        """Of the units ``at``, in which those of one cohort lie together."""
        scores = np.zeros((len(at), self.n_cells + self.n_cohorts))
        treated, compared = np.zeros((2, len(at), self.n_cells), dtype=bool)
        total = self.arrays.weight.sum()
        for cohort, rows in runs(self.arrays.cohort[at]):
            self._write(at[rows], cohort, scores[rows], treated[rows], compared[rows])
            scores[rows, self.n_cells + cohort] = self.arrays.weight[at[rows]] / total
        return Block(at=at, scores=scores, treated=treated, compared=compared)

    def _write(
        self, at: Ints, cohort: int, scores: Floats, treated: Bools, compared: Bools
    ) -> None:
        nothing = np.empty((0, 0))
        held, units = -1, Units(at=at, rows=at, x=nothing, relative=nothing)
        for fit in self.fitted:
            own = fit.cohort == cohort
            if not own and not fit.pool[cohort]:
                continue
            if fit.sheet != held:
                held = fit.sheet
                units = self.sheets[held].units(self.arrays, self.covariates, at)
            influence = fit.model.of_treated if own else fit.model.of_comparison
            change = units.relative @ fit.contrast
            values = influence(units.x, change, self.arrays.weight[units.at])
            side = treated if own else compared
            rows, cells = _span(units.rows), _span(fit.cells)
            if isinstance(rows, slice) or isinstance(cells, slice):
                scores[rows, cells], side[rows, cells] = values, True
            else:
                scores[np.ix_(rows, cells)], side[np.ix_(rows, cells)] = values, True


def runs(cohort: Ints) -> Iterator[tuple[int, slice]]:
    """The cohorts of some units, those of one lying together, and the rows of each."""
    cuts = [0, *(np.flatnonzero(np.diff(cohort)) + 1).tolist(), len(cohort)]
    for first, end in pairwise(cuts):
        yield int(cohort[first]), slice(first, end)


def _span(at: Ints) -> slice | Ints:
    """Increasing positions as a slice when none is left out: much faster to write to."""
    whole = len(at) > 0 and int(at[-1] - at[0]) == len(at) - 1
    return slice(int(at[0]), int(at[-1]) + 1) if whole else at
