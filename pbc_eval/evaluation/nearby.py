"""Comparison units that the programme may have reached: who they are, and what happened to them.

Panel ─┬ without_nearby ▶ the panel of the headline, with a step in the ledger for each ring
       └ effects_by_ring ▶ each ring, as if it were treated, against comparison units further off
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from pbc_eval.agreement.design_parts import Spillover
from pbc_eval.agreement.outcomes import DataRoles
from pbc_eval.did.by_group import COLUMNS, row_of
from pbc_eval.errors import DataError, DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, by_arm
from pbc_eval.numerics.arrays import Ints
from pbc_eval.panel.ledger import LedgerStep
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.parts import part_of, unit_frame
from pbc_eval.panel.source import Source
from pbc_eval.panel.starts import place_starts
from pbc_eval.panel.time_values import is_missing
from pbc_eval.panel.treatment import values_by_unit
from pbc_eval.results import AttEstimate

NEARBY = Sentence("near a treated unit")
FAR = -1


def rings_of(units: pd.DataFrame, source: Source, data: DataRoles, spill: Spillover) -> Ints:
    """(n,) the ring of each comparison unit, 0 for the nearest; -1 for those further off and for
    the treated.

    Raises DataError, with the units concerned, where it is not known how far one is.
    """
    values = values_by_unit(source, data.unit, spill.column, may_lack=True)
    values = units["u"].map(values.to_dict())
    comparison = (units["g"] == 0).to_numpy()
    numbers = pd.to_numeric(values, errors="coerce")
    unknown = comparison & numbers.isna().to_numpy()
    if unknown.any():
        named = ", ".join(map(str, units.loc[unknown, "u"].head(5)))
        raise DataError(
            f"design.spillover: {spill.column!r} holds no number for {int(unknown.sum()):,} "
            f"comparison units ({named}). Fill it in, for those far from every treated unit too; "
            "for the treated it may be empty."
        )
    ends = [0.5] if spill.neighbour else list(spill.rings)
    far = numbers.to_numpy(float)
    if spill.neighbour:
        if not set(far[comparison].tolist()) <= {0.0, 1.0}:
            raise DataError(
                f"design.spillover: neighbour {spill.column!r} must hold 1 and 0. For how far "
                "units are, name it distance, with rings."
            )
        far = 1 - far
    ring = np.searchsorted(ends, far, side="left")
    return np.where(comparison & (ring < len(ends)), ring, FAR).astype(np.int64)


def without_nearby(panel: Panel, source: Source, data: DataRoles, spill: Spillover) -> Panel:
    """The panel without comparison units in a ring, each ring with a step in its ledger.

    Raises DataError as ``rings_of`` does, and where every comparison unit is near.
    """
    units = unit_frame(panel)
    ring = rings_of(units, source, data, spill)
    if not (ring >= 0).any():
        return panel
    if not ((units["g"] == 0).to_numpy() & (ring == FAR)).any():
        raise DataError(
            f"design.spillover: every unit for comparison lies in a ring ({spill.labels[-1]}), so "
            "that nobody is left to compare with. Narrow the rings, or add units further off."
        )
    outcomes = [f"y{at}" for at in range(panel.n_periods)]
    steps: list[LedgerStep] = []
    rows = panel.ledger.rows
    for at, label in enumerate(spill.labels):
        mine = units[ring == at]
        gone = int(mine[outcomes].notna().sum().sum())
        if len(mine):
            why = Sentence(
                "{column}: {ring}, where the programme may have reached",
                column=Name(spill.column),
                ring=Name(label),
            )
            steps.append(
                LedgerStep(
                    what=NEARBY,
                    rows_in=rows,
                    rows_dropped=gone,
                    units_dropped=len(mine),
                    why=by_arm(why, 0, len(mine)),
                    units=tuple(map(str, mine["u"].head(5))),
                )
            )
            rows -= gone
    return part_of(panel, units[ring == FAR], steps)


def effects_by_ring(
    panel: Panel,
    source: Source,
    data: DataRoles,
    spill: Spillover,
    average: Callable[[Panel], AttEstimate],
) -> pd.DataFrame:
    """One row a ring, as ``effects_by_group`` has them; the treated here are the ring's units from
    when the nearest treated unit started. ``panel`` holds them still.

    Raises DesignError where treated units start at different times and ``spill.start`` is not
    given, and DataError for starts that cannot be placed.
    """
    units = unit_frame(panel)
    ring = rings_of(units, source, data, spill)
    moved, started = _with_their_starts(panel, ring, source, data, spill)
    far = (units["g"] == 0).to_numpy() & (ring == FAR)
    rows = []
    for at, label in enumerate(spill.labels):
        part = started[far | ((ring == at) & (started["g"].to_numpy() > 0))]
        if (ring == at).any():
            rows.append(row_of(label, moved, part, average))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _with_their_starts(
    panel: Panel, ring: Ints, source: Source, data: DataRoles, spill: Spillover
) -> tuple[Panel, pd.DataFrame]:
    """A panel whose cohorts are those of the rings, and its units with the rings' starts."""
    units = unit_frame(panel)
    near = ring >= 0
    if spill.start is None:
        starts = sorted(set(units.loc[units["g"] > 0, "g"].tolist()))
        if len(starts) > 1:
            named = ", ".join(panel.periods.name(panel.cohorts[g]) for g in starts[:5])
            raise DesignError(
                f"design.spillover: treated units start at different times ({named}), so that it "
                "is not known from when those near them may be affected. Name the column that says "
                "when the nearest treated unit starts: design.spillover.start."
            )
        return panel, units.assign(g=np.where(near, starts[0], units["g"]))
    begun = values_by_unit(source, data.unit, spill.start, may_lack=True)
    given = units["u"].map(begun.to_dict())
    values = [None if is_missing(v) else v for v in given[near]]
    placed = place_starts(
        values,
        panel.periods,
        f"design.spillover.start {spill.start!r}",
        start_inside=data.start_inside_period or "refuse",
        never_codes=data.never_treated_codes,
        count=lambda some: f"{sum(value in some for value in values):,} units",
        zoned=spill.start in source.zoned,
    )
    codes = np.zeros(len(units), dtype=np.int64)
    codes[near] = [placed.codes[value] for value in values]
    moved = replace(panel, cohorts=placed.labels, starts=placed.starts, begun=placed.begun)
    return moved, units.assign(g=codes)
