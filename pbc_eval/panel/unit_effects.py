"""Units for which no effect can be had, taken out with a line in the ledger for each reason.

Where units lack outcomes in some periods, a treated unit that is not seen before its treatment, or
not once treated, has no change to be compared, and a unit seen once has none either. They would be
counted among the treated and the comparison units without being in any effect.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.ledger import LedgerStep
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.sample import drop_units
from pbc_eval.panel.source import Column, Table, collect

SEEN_ONCE = Sentence("seen in one period only")
NOT_BEFORE = Sentence("not seen before treatment")
NOT_IN_BASE = Sentence("not seen in the base period")
NOT_AFTER = Sentence("not seen once treated")
NO_COMPARISON = Sentence("in no comparison")
OTHER_SIDE = Sentence("looked at apart")
_WHY = {
    SEEN_ONCE: Sentence("no change to be compared"),
    NOT_BEFORE: Sentence("no outcome in any period wholly before treatment: no effect to be had"),
    NOT_IN_BASE: Sentence(
        "no outcome in the last period wholly before treatment, from which effects are reckoned"
    ),
    NOT_AFTER: Sentence("no outcome from treatment on: no effect to be had"),
    NO_COMPARISON: Sentence(
        "never seen both in the base period of a cohort and once it is treated"
    ),
}


def with_effects_only(panel: Panel, anticipation: int = 0, *, at_base: bool = True) -> Panel:
    """The panel without units for which no effect can be had; the same one when there are none.

    ``anticipation``: periods before the start that are not wholly untreated either. ``at_base``:
    are effects reckoned from the base period, as ``att_gt`` does? Else any period before treatment
    serves. Nothing is asked of complete panels, nor of repeated cross-sections, in which no unit is
    followed.
    """
    if panel.repeated or panel.balanced:
        return panel
    names = [f"y{at}" for at in range(panel.n_periods)]
    wide = panel.units.mutate(seen=_seen(panel.units, names))
    steps: list[LedgerStep] = list(panel.ledger.steps)
    before = len(steps)
    cohorts = _Cohorts(panel, anticipation, names)
    wide = drop_units(wide, wide.seen == 1, steps, SEEN_ONCE, _WHY[SEEN_ONCE])
    flags = [(NOT_BEFORE, cohorts.without(wide, cohorts.untouched))]
    if at_base:
        flags.append((NOT_IN_BASE, cohorts.without(wide, cohorts.base)))
    flags.append((NOT_AFTER, cohorts.without(wide, cohorts.treated)))
    if at_base:
        flags.append((NO_COMPARISON, (wide.g == 0) & ~cohorts.compared(wide)))
    for what, flag in flags:
        wide = drop_units(wide, flag, steps, what, _WHY[what])
    if len(steps) == before:
        return panel
    return _with_units(panel, wide.drop("seen"), steps)


def side_of(panel: Panel, *, eligible: bool) -> Panel:
    """The units that the measure can reach once it is in force, or those that it cannot, as a panel
    of their own; in the engine that holds them.

    Raises DataError for a panel read without ``eligible``, and for repeated cross-sections.
    """
    if not panel.roles.eligible or panel.repeated:
        raise DataError(
            f"{panel.name}: read the panel with unit=... and eligible=..., the column that says "
            "which units the measure can reach."
        )
    names = [f"y{at}" for at in range(panel.n_periods)]
    wide = panel.units.mutate(seen=_seen(panel.units, names))
    what = Sentence("units not eligible") if eligible else Sentence("eligible units")
    steps: list[LedgerStep] = list(panel.ledger.steps)
    wide = drop_units(wide, wide.e != int(eligible), steps, what, OTHER_SIDE)
    side = _with_units(panel, wide.drop("seen"), steps)
    return replace(side, roles=replace(side.roles, eligible=None))


def _with_units(panel: Panel, units: Table, steps: list[LedgerStep]) -> Panel:
    """The panel with these of its units alone; ``steps`` is its whole ledger."""
    names = [f"y{at}" for at in range(panel.n_periods)]
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


class _Cohorts:
    """Which outcomes of each treated cohort lie before, in and after its base period."""

    def __init__(self, panel: Panel, anticipation: int, names: list[str]) -> None:
        touched = panel.first_touched(anticipation).tolist()
        present = [g for g in range(1, len(panel.cohorts)) if panel.cohort_units[g]]
        self.untouched = {g: names[: touched[g]] for g in present}
        self.base = {g: names[max(touched[g] - 1, 0) : touched[g]] for g in present}
        self.treated = {g: names[panel.starts[g] :] for g in present}

    def without(self, wide: Table, outcomes: dict[int, list[str]]) -> Column:
        """Treated units that lack all of their cohort's ``outcomes``."""
        flag = wide.g < 0
        for g, names in outcomes.items():
            flag = flag | ((wide.g == g) & (_seen(wide, names) == 0))
        return flag

    def compared(self, wide: Table) -> Column:
        """Units seen both in the base period of some cohort and once it is treated."""
        flag = wide.g < 0
        for g, base in self.base.items():
            both = (_seen(wide, base) > 0) & (_seen(wide, self.treated[g]) > 0)
            flag = flag | both
        return flag


def _seen(units: Table, names: list[str]) -> Column:
    """In how many of some periods each unit is seen."""
    seen = units.g * 0
    for name in names:
        seen = seen + units[name].notnull().ifelse(1, 0)
    return seen


def _counted(units: Table, names: list[str], n_cohorts: int) -> pd.DataFrame:
    counts = units.group_by("g").aggregate(
        n=units.count(), **{name: units[name].count() for name in names}
    )
    table = collect(counts).set_index("g").reindex(np.arange(n_cohorts), fill_value=0)
    return table
