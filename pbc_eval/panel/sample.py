"""From what was found in the data to the sample: periods, cohorts, and who is left out.

Each rule here either leaves the data alone, adds a note or a step to the ledger, or refuses.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import UNITS, Name, Names, Number, Period, Units, by_arm
from pbc_eval.panel import unit_rows as intake
from pbc_eval.panel.ledger import LedgerStep
from pbc_eval.panel.periods import Periods, read_periods
from pbc_eval.panel.source import Column, Source, Table, collect
from pbc_eval.panel.starts import (
    DROPPED_EARLY,
    DROPPED_LATE,
    Code,
    StartInside,
    Starts,
    place_starts,
)
from pbc_eval.panel.unit_rows import Roles

Missing = Literal["refuse", "complete_units", "pairs"]
START_INSIDE_A_PERIOD = Sentence("start inside a period")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRules:
    """What was stated about starts that could be taken in more than one way."""

    start_inside: StartInside = "refuse"
    never_codes: tuple[Code, ...] | None = None  # None: nobody has said


def find_periods(
    counted: pd.DataFrame, source: Source, roles: Roles
) -> tuple[Periods, list[Sentence]]:
    """The periods with any outcome, and notes on gaps. ``found``: see ``intake.profile``."""
    owner = source.name
    by_time = counted.groupby("t")["observed"].sum()
    if not by_time.sum():
        raise DataError(f"{owner}: {roles.outcome!r} is missing in every row.")
    periods = read_periods(
        by_time.index[by_time > 0],
        f"{owner}, {roles.time!r}",
        zoned=roles.time in source.zoned,
    )
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


def settle_starts(
    counted: pd.DataFrame,
    rows: Table,
    source: Source,
    *,
    periods: Periods,
    roles: Roles,
    rules: StartRules,
) -> Starts:
    """When each value of the cohort column starts, as the rules say. ``counted``: see
    ``unit_rows.profile``."""
    noun = "units" if roles.unit else "rows"

    def count(values: list[Any]) -> str:
        few = rows.filter(rows.c.isin(values))
        number = few.u.nunique() if roles.unit else few.count()
        return f"{int(number.to_pyarrow().as_py()):,} {noun}"

    return place_starts(
        counted["c"].unique(),
        periods,
        f"cohort {roles.cohort!r}",
        start_inside=rules.start_inside,
        never_codes=rules.never_codes,
        count=count,
        zoned=roles.cohort in source.zoned,
    )


def cohort_number(wide: Table, codes: dict[object, int]) -> Column:
    """The number of each unit's cohort, from the value in the data."""
    given = [(value, code) for value, code in codes.items() if value is not None]
    if not given:
        return wide.rows * 0
    return wide.c.isnull().ifelse(0, wide.c.cases(*given, else_=0))


def drop_units(
    wide: Table, flag: Column, steps: list[LedgerStep], what: Sentence, why: Sentence
) -> Table:
    """Take flagged units out, and enter them in the ledger by arm when there are any.

    Where some cannot be reached by the measure at all, only those who can are treated."""
    gone = wide.filter(flag)
    treated_ones = (gone.g != 0) & (gone.e == 1) if "e" in gone.columns else gone.g != 0
    counts = collect(
        gone.aggregate(units=gone.count(), rows=gone.seen.sum(), treated=treated_ones.sum())
    ).iloc[0]
    units = int(counts["units"])
    if not units:
        return wide
    treated = int(counts["treated"])
    steps.append(
        LedgerStep(
            what=what,
            rows_in=steps[-1].rows_left,
            rows_dropped=int(counts["rows"]),
            units_dropped=units,
            why=by_arm(why, treated, units - treated),
            units=intake.name_units(gone),
        )
    )
    return wide.filter(~flag)


def drop_early_and_late(
    wide: Table, periods: Periods, starts: Starts, steps: list[LedgerStep]
) -> Table:
    """Take out units without a period wholly before treatment, and those partly treated in the
    last period."""
    early = starts.values_of(DROPPED_EARLY)
    why = Sentence(
        "treated in or before {first}: no period before treatment",
        first=Period(periods.name(periods.labels[0])),
    )
    if any(start.inside == 0 for start in starts.placed):
        why = Sentence(
            "treated in, inside or before {first}: no period wholly before treatment",
            first=Period(periods.name(periods.labels[0])),
        )
    what = Sentence("treated in the first period")
    wide = drop_units(wide, wide.g == DROPPED_EARLY, steps, what, why) if early else wide
    if not starts.values_of(DROPPED_LATE):
        return wide
    why = Sentence(
        "treatment starts inside {last}, the last period: neither treated nor untreated",
        last=Period(periods.name(periods.labels[-1])),
    )
    what = Sentence("start inside the last period")
    return drop_units(wide, wide.g == DROPPED_LATE, steps, what, why)


def settle_inside(
    wide: Table,
    periods: Periods,
    starts: Starts,
    steps: list[LedgerStep],
    rules: StartRules,
) -> Table:
    """What was stated of starts inside a period, entered in the ledger; with
    ``leave_period_out`` the outcome of that period is taken out."""
    for position, values in sorted(starts.inside.items()):
        flag = wide.c.isin(values)
        part = wide.filter(flag)
        y = f"y{position}"
        counts = collect(part.aggregate(units=part.count(), rows=part[y].count())).iloc[0]
        units = int(counts["units"])
        if not units:
            continue
        left_out = rules.start_inside == "leave_period_out"
        steps.append(
            LedgerStep(
                what=START_INSIDE_A_PERIOD,
                rows_in=steps[-1].rows_left,
                rows_dropped=int(counts["rows"]) if left_out else 0,
                why=what_counts(Units(units, UNITS), position, periods, rules.start_inside),
                units=intake.name_units(part),
            )
        )
        if left_out:
            wide = wide.mutate(**{y: flag.fill_null(False).ifelse(None, wide[y])})
    return wide


def what_counts(
    inside: Units, position: int, periods: Periods, start_inside: StartInside
) -> Sentence:
    """How those whose treatment starts inside a period are counted, by what was stated."""
    here = Name(periods.names[position])
    after = position + 1
    then = Name(periods.names[after]) if after < len(periods) else Sentence("after the last period")
    if start_inside == "this_period":
        return Sentence(
            "{inside} whose treatment starts inside {here}: treated from {here} on "
            "(start_inside_period: this_period)",
            inside=inside,
            here=here,
        )
    if start_inside == "next_period":
        return Sentence(
            "{inside} whose treatment starts inside {here}: treated from {then} on, and {here} "
            "serves as no base (start_inside_period: next_period)",
            inside=inside,
            here=here,
            then=then,
        )
    return Sentence(
        "{inside} whose treatment starts inside {here}: treated from {then} on, and {here} is left "
        "out (start_inside_period: leave_period_out)",
        inside=inside,
        here=here,
        then=then,
    )


def settle_incomplete(
    wide: Table,
    periods: Periods,
    steps: list[LedgerStep],
    owner: str,
    *,
    missing: Missing,
    hint: str = "",
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
        f"missing='pairs' to use every pair of periods a unit is observed in.{hint}"
    )
