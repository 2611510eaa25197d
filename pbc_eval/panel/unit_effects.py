"""Units for which no effect can be had, taken out with a line in the ledger for each reason.

Where units lack outcomes in some periods, a treated unit that is not seen before its treatment, or
not once treated, has no change to be compared, and a unit seen once has none either. They would be
counted among the treated and the comparison units without being in any effect.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.ledger import LedgerStep
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.sample import drop_units
from pbc_eval.panel.source import Column, Table, collect

SEEN_ONCE = Sentence("seen in one period only")
NOT_BEFORE = Sentence("not seen before treatment")
NOT_AFTER = Sentence("not seen once treated")
_WHY = {
    SEEN_ONCE: Sentence("no change to be compared"),
    NOT_BEFORE: Sentence("no outcome in any period wholly before treatment: no effect to be had"),
    NOT_AFTER: Sentence("no outcome from treatment on: no effect to be had"),
}


def with_effects_only(panel: Panel, anticipation: int = 0) -> Panel:
    """The panel without units for which no effect can be had; the same one when there are none.

    ``anticipation``: periods before the start that are not wholly untreated either. Nothing is
    asked of complete panels, nor of repeated cross-sections, in which no unit is followed.
    """
    if panel.repeated or panel.balanced:
        return panel
    periods = range(panel.n_periods)
    names = [f"y{at}" for at in periods]
    wide = panel.units.mutate(seen=_seen(panel.units, names))
    steps: list[LedgerStep] = list(panel.ledger.steps)
    before = len(steps)
    touched, starts = panel.first_touched(anticipation), panel.starts
    for what in (SEEN_ONCE, NOT_BEFORE, NOT_AFTER):
        flag = wide.seen == 1
        if what is not SEEN_ONCE:
            flag = wide.g < 0
            for g in range(1, len(panel.cohorts)):
                inside = names[: touched[g]] if what is NOT_BEFORE else names[starts[g] :]
                flag = flag | ((wide.g == g) & (_seen(wide, inside) == 0))
        wide = drop_units(wide, flag, steps, what, _WHY[what])
    if len(steps) == before:
        return panel
    units = wide.drop("seen")
    table = _counted(units, names, len(panel.cohorts))
    counts = tuple(int(n) for n in table["n"])
    return replace(
        panel,
        units=units,
        cohort_units=counts,
        ledger=replace(
            panel.ledger,
            steps=tuple(steps),
            units_per_cohort=tuple(zip(panel.cohorts, counts, strict=True)),
            rows_per_period=tuple(
                (label, int(table[name].sum()))
                for label, name in zip(panel.periods.labels, names, strict=True)
            ),
        ),
    )


def _seen(units: Table, names: list[str]) -> Column:
    """In how many of some periods each unit is seen."""
    seen = units.g * 0
    for name in names:
        seen = seen + units[name].notnull().cast("int64")
    return seen


def _counted(units: Table, names: list[str], n_cohorts: int) -> pd.DataFrame:
    counts = units.group_by("g").aggregate(
        n=units.count(), **{name: units[name].count() for name in names}
    )
    table = collect(counts).set_index("g").reindex(np.arange(n_cohorts), fill_value=0)
    return table
