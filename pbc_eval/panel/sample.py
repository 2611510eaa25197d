"""From what was found in the data to the sample: periods, cohorts, and who is left out.

Each rule here either leaves the data alone, adds a note or a step to the ledger, or refuses.
"""

from typing import Literal

import numpy as np
import pandas as pd

from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Names, Number, Period
from pbc_eval.panel import unit_rows as intake
from pbc_eval.panel.ledger import LedgerStep
from pbc_eval.panel.periods import Periods, read_periods
from pbc_eval.panel.source import Column, Table, collect
from pbc_eval.panel.unit_rows import Roles

Missing = Literal["refuse", "complete_units", "pairs"]
NEVER = 0  # the label of the never treated

Positions = dict[object, int | None]


def find_periods(counted: pd.DataFrame, owner: str, roles: Roles) -> tuple[Periods, list[Sentence]]:
    """The periods with any outcome, and notes on gaps. ``found``: see ``intake.profile``."""
    by_time = counted.groupby("t")["observed"].sum()
    if not by_time.sum():
        raise DataError(f"{owner}: {roles.outcome!r} is missing in every row.")
    periods = read_periods(by_time.index[by_time > 0], f"{owner}, {roles.time!r}")
    notes = list(periods.notes)
    empty = sorted(map(str, by_time.index[by_time == 0]))
    if empty:
        notes.append(
            Sentence(
                "no outcome is observed in {periods}: not counted as periods",
                periods=Names(tuple(empty)),
            )
        )
    if len(periods) < 2:
        raise DataError(
            f"{owner}: outcomes are observed in one period only ({periods.labels[0]}); a change "
            "needs at least two."
        )
    gaps = np.diff(periods.clock)
    if gaps.max() > gaps.min():
        wide = np.flatnonzero(gaps > gaps.min())
        apart = [f"{periods.labels[at]} to {periods.labels[at + 1]}" for at in wide]
        notes.append(
            Sentence(
                "periods are not evenly spaced ({gaps}): the base period is the last one observed "
                "before treatment",
                gaps=Names(tuple(apart)),
            )
        )
    return periods, notes


def place_cohorts(counted: pd.DataFrame, periods: Periods, roles: Roles) -> Positions:
    """Each cohort value in the data, and the position of its first treated period."""
    values = [None if pd.isna(value) else value for value in counted["c"].unique()]
    owner = f"cohort {roles.cohort!r}"
    return {value: periods.position(value, owner) for value in dict.fromkeys(values)}


def number_cohorts(
    positions: Positions, periods: Periods
) -> tuple[tuple[int, ...], tuple[int, ...], dict[object, int]]:
    """Labels and starts by cohort number, and the number of each value in the data (-1: drop)."""
    end = len(periods)
    starts = sorted({at for at in positions.values() if at is not None and 0 < at < end})
    number = {at: g for g, at in enumerate(starts, start=1)} | {end: 0, 0: -1}
    codes = {value: 0 if at is None else number[at] for value, at in positions.items()}
    labels = (NEVER, *(periods.labels[at] for at in starts))
    return labels, (end, *starts), codes


def cohort_notes(positions: Positions, periods: Periods) -> list[Sentence]:
    """What was decided on cohort dates outside the observed periods."""
    notes = []
    late = sorted(str(value) for value, at in positions.items() if at == len(periods))
    if late:
        notes.append(
            Sentence(
                "cohort {cohorts} is treated after the last period ({last}): counted as never "
                "treated",
                cohorts=Names(tuple(late)),
                last=Period(periods.labels[-1]),
            )
        )
    for value, at in positions.items():
        if at is not None and periods.between(value, ""):
            notes.append(
                Sentence(
                    "cohort {cohort} falls between observed periods: first treated in {period}",
                    cohort=Period(str(value)),
                    period=Period(periods.labels[at]),
                )
            )
    if 0 in periods.labels[1:] and any(value in {0, "0"} for value in positions):
        notes.append(
            Sentence(
                "cohort {zero} means never treated, although period {zero} is observed",
                zero=Period(0),
            )
        )
    return sorted(notes)


def cohort_number(wide: Table, codes: dict[object, int]) -> Column:
    """The number of each unit's cohort, from the value in the data."""
    given = [(value, code) for value, code in codes.items() if value is not None]
    if not given:
        return wide.rows * 0
    return wide.c.isnull().ifelse(0, wide.c.cases(*given, else_=0))


def drop_units(
    wide: Table, flag: Column, steps: list[LedgerStep], what: Sentence, why: Sentence
) -> Table:
    """Take flagged units out, and enter them in the ledger when there are any."""
    gone = wide.filter(flag)
    counts = collect(gone.aggregate(units=gone.count(), rows=gone.seen.sum())).iloc[0]
    if not counts["units"]:
        return wide
    steps.append(
        LedgerStep(
            what=what,
            rows_in=steps[-1].rows_left,
            rows_dropped=int(counts["rows"]),
            units_dropped=int(counts["units"]),
            why=why,
            units=intake.name_units(gone),
        )
    )
    return wide.filter(~flag)


def settle_incomplete(
    wide: Table, periods: Periods, steps: list[LedgerStep], owner: str, missing: Missing
) -> Table:
    """Refuse, drop or keep units that lack an outcome in some period, as ``missing`` says."""
    if missing == "pairs":
        return drop_units(
            wide,
            wide.seen == 0,
            steps,
            Sentence("never observed"),
            Sentence("no outcome in any period"),
        )
    incomplete = wide.seen < len(periods)
    if missing == "complete_units":
        why = Sentence(
            "not observed in all {periods} periods; missing='complete_units'",
            periods=Number(len(periods)),
        )
        return drop_units(wide, incomplete, steps, Sentence("incomplete units"), why)
    part = wide.filter(incomplete)
    counts = collect(part.aggregate(units=part.count(), seen=part.seen.sum())).iloc[0]
    units = int(counts["units"])
    if not units:
        return wide
    lacking = units * len(periods) - int(counts["seen"])
    every = int(wide.count().to_pyarrow().as_py())
    named = ", ".join(intake.name_units(part)) + (" ..." if units > 5 else "")
    raise DataError(
        f"{owner}: {units:,} of {every:,} units lack an outcome in some of the {len(periods)} "
        f"periods ({named}); {lacking:,} of {every * len(periods):,} unit-periods are missing. "
        "Choose: complete the data; missing='complete_units' to drop these units; or "
        "missing='pairs' to use every pair of periods a unit is observed in."
    )
