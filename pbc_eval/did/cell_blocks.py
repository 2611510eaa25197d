"""Cells that can be adjusted together: the same units with the same covariates.

Covariates are taken in the base period of each cell. Cells that share it (all of them, when
covariates are constant within units) share one sheet. With units missing in some periods every cell
is a sheet of its own, made of the units observed in both its periods.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.did.cells import CellPlan
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel.covariates import UnitCovariates
from pbc_eval.panel.moments import UnitArrays


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """Some units as one sheet sees them: x (r, p), outcomes relative to the base (r, q)."""

    at: Ints
    rows: Ints  # (r,) their positions among the units asked for
    x: Floats
    relative: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """Cells that use the same units and the same covariates; q periods are involved."""

    cells: Ints
    periods: Ints  # (q,) positions
    reference: int  # outcomes are taken relative to this period
    covariates_in: int  # position of the period whose covariates are used
    centre: Floats  # of the covariates, for the arithmetic only
    spread: Floats

    def contrast(self, plan: CellPlan, cells: Ints) -> Floats:
        """(q, m): +1 in a cell's period, -1 in its base."""
        now = self.periods[:, None] == plan.period[cells]
        then = self.periods[:, None] == plan.base[cells]
        difference: Floats = now.astype(float) - then.astype(float)
        return difference

    def units(self, arrays: UnitArrays, covariates: UnitCovariates, at: Ints) -> Units:
        """Those of the units ``at`` that have all outcomes and covariates of the sheet."""
        raw = covariates.at(self.covariates_in, at)
        relative = arrays.outcome[at]
        if len(self.periods) < relative.shape[1]:
            relative = relative[:, self.periods]
        relative = relative - arrays.outcome[at, self.reference][:, None]
        x = np.ones((len(at), raw.shape[1] + 1))
        x[:, 1:] = (raw - self.centre) / self.spread
        # A sum is not a number when a part of it is not.
        seen = ~np.isnan(x.sum(axis=1) + relative.sum(axis=1))
        rows = np.flatnonzero(seen)
        if len(rows) < len(at):
            at, x, relative = at[rows], x[rows], relative[rows]
        return Units(at=at, rows=rows, x=x, relative=relative)


def lay_out(plan: CellPlan, arrays: UnitArrays, covariates: UnitCovariates) -> list[Sheet]:
    """The sheets of all usable cells."""
    usable = np.flatnonzero(plan.usable)
    holes = np.isnan(arrays.outcome).any() or any(np.isnan(x).any() for x in covariates.blocks)
    if holes:
        groups = [usable[[j]] for j in range(len(usable))]
    elif covariates.varies:
        groups = [usable[plan.base[usable] == base] for base in np.unique(plan.base[usable])]
    else:
        groups = [usable] if len(usable) else []
    every = np.arange(len(arrays.unit))
    sheets = []
    for cells in groups:
        base = int(plan.base[cells[0]])
        raw = covariates.at(base, every)
        raw = raw[~np.isnan(raw).any(axis=1)]
        spread = raw.std(axis=0) if len(raw) else np.ones(raw.shape[1])
        sheets.append(
            Sheet(
                cells=cells,
                periods=np.unique(np.append(plan.period[cells], plan.base[cells])),
                reference=base,
                covariates_in=base,
                centre=raw.mean(axis=0) if len(raw) else np.zeros(raw.shape[1]),
                spread=np.where(spread > 0, spread, 1.0),
            )
        )
    return sheets
