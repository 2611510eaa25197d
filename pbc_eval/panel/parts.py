"""Parts of a panel: some of its units, or the same units in other cohorts or with other outcomes.

Panel ── unit_frame ▶ one row a unit ── keep or renumber ── part_of ▶ Panel
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.ledger import LedgerStep
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.pulls import digest_of_arrays
from pbc_eval.panel.source import collect, open_source

PARTS = Sentence("parts of the sample")
OTHERS = Sentence("units of other parts")


def unit_frame(panel: Panel) -> pd.DataFrame:
    """The units in memory, one row each and in order: u (identifier), g (number of the cohort),
    y0 ... (outcomes) and what else the panel holds.

    Raises DataError for repeated cross-sections, in which no unit is followed.
    """
    if panel.repeated:
        raise DataError(
            f"{panel.name}: these are repeated cross-sections, in which no unit is followed; parts "
            "of a panel need its units. Name the unit column."
        )
    if panel.pulls is not None:
        columns = len(panel.units.columns)
        panel.pulls.allow(panel.roles.outcome, PARTS, panel.n_units, columns)
    units = collect(panel.units.order_by("u"))
    if panel.pulls is not None:
        digest = digest_of_arrays(units[name].to_numpy() for name in units)
        panel.pulls.seen(panel.roles.outcome, "units for parts", digest)
    return units


def part_of(panel: Panel, units: pd.DataFrame, steps: Sequence[LedgerStep] = ()) -> Panel:
    """The panel with these rows of ``unit_frame`` alone, in the cohorts (g) that they hold.

    ``steps`` say in the ledger who was left out and why; without them one step says that there were
    others.
    """
    outcomes = [f"y{at}" for at in range(panel.n_periods)]
    seen = units[outcomes].notna().sum()
    counts = np.bincount(units["g"].to_numpy(np.int64), minlength=len(panel.cohorts))
    rows = int(seen.sum())
    if not steps:
        gone = panel.ledger.rows - rows
        others = panel.n_units - len(units)
        steps = [
            LedgerStep(
                what=OTHERS, rows_in=panel.ledger.rows, rows_dropped=gone, units_dropped=others
            )
        ]
    table = open_source(units.reset_index(drop=True)).table
    cohort_units = tuple(map(int, counts))
    return replace(
        panel,
        units=table,
        _held=table,
        pulls=None,  # it is in memory
        cohort_units=cohort_units,
        ledger=replace(
            panel.ledger,
            steps=(*panel.ledger.steps, *steps),
            units_per_cohort=tuple(zip(panel.cohorts, cohort_units, strict=True)),
            rows_per_period=tuple(zip(panel.periods.labels, map(int, seen), strict=True)),
        ),
    )


def with_outcomes(panel: Panel, outcome: Floats) -> Panel:
    """The same units with other outcomes (n, T), rows in the order of ``arrays()``, none missing.

    For outcomes that are drawn again and again: nothing of the units is read or checked anew.
    Raises DataError where units of the panel lack an outcome, and as ``unit_frame`` does.
    """
    if not panel.balanced:
        raise DataError(
            f"{panel.name}: other outcomes are for units that are seen in every period; read the "
            "panel with missing='complete_units'."
        )
    columns = {f"y{at}": outcome[:, at] for at in range(panel.n_periods)}
    table = open_source(unit_frame(panel).assign(**columns)).table
    return replace(panel, units=table, _held=table, pulls=None)
