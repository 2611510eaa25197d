"""Starts read from a column that says, in each period, whether a unit is treated.

    unit time on          unit time on first_treated
    A    1    0            A    1    0  2
    A    2    1     ──▶    A    2    1  2
    B    1    0            B    1    0  (never)

A start is taken to last. Where treatment is switched off again, or is a dose and not on or off,
nobody guesses: it is refused with the units concerned, unless what counts is stated.
"""

from dataclasses import dataclass, fields, replace
from typing import Literal

import pandas as pd

from pbc_eval._validate import check_choice, first_few
from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import UNITS, Name, Units
from pbc_eval.panel.frame_columns import check_columns
from pbc_eval.panel.ledger import Ledger, LedgerStep
from pbc_eval.panel.periods import Periods, read_periods
from pbc_eval.panel.source import (
    Column,
    Data,
    Source,
    Table,
    collect,
    keep,
    open_source,
)
from pbc_eval.panel.unit_rows import answer_column, name_units, time_column

Switching = Literal["refuse", "last_until_end", "leave_out_after"]
SWITCHING = ("refuse", "last_until_end", "leave_out_after")
DoseOf = Literal["mean", "largest"]
DOSES_OF = ("mean", "largest")
FIRST_TREATED = "first_treated"
SWITCHED_OFF = Sentence("treatment switched off")
START_NOT_SEEN = Sentence("start not seen")


@dataclass(frozen=True, slots=True, eq=False)
class TreatedSource(Source):
    """A source with the columns that starts and doses were read into, and what that left out."""

    steps: tuple[LedgerStep, ...] = ()


def starts_of_treatment(
    data: Data,
    *,
    unit: str,
    time: str,
    treatment: str,
    switching: Switching = "refuse",
    dose: bool = False,
) -> TreatedSource:
    """``data`` with a column ``first_treated`` for ``Panel.from_data(cohort="first_treated")``.

    ``treatment`` holds 1 (true, yes) in each period in which the unit is treated, and 0 before.
    ``switching`` says what counts for a unit that is switched off again: "refuse" to guess;
    "last_until_end", the effect of having started, whatever came later; or "leave_out_after": its
    rows from the first period without treatment on are left out, with a line in the ledger (the
    panel is then read with ``missing="pairs"`` or ``"complete_units"``).

    With ``dose`` any value above 0 is treated: see ``dose_by_unit``.

    Raises DataError, with the units concerned, for a missing or negative value, for a dose where
    none was stated, and for treatment that is switched off.
    """
    check_choice("starts_of_treatment", "switching", switching, SWITCHING, DataError)
    source = open_source(data)
    check_columns(source.name, source.columns, (unit, time, treatment))
    if FIRST_TREATED in source.columns:
        raise DataError(
            f"{source.name}: there is a column {FIRST_TREATED!r} already, where starts would be "
            "written. Rename it, or name it as the cohort."
        )
    rows = source.table.select(
        u=source.column(unit),
        t=time_column(source, time),
        d=answer_column(source, treatment, unit),
    )
    _refuse_what_is_no_treatment(rows, source.name, treatment, dose=dose)
    periods = _periods(rows, source, time)
    at = rows.t.cases(*((value, p) for p, raw in enumerate(periods.raw) for value in raw))
    units = keep(_by_unit(rows.mutate(at=at)))
    if switching == "refuse":
        _refuse_switching(units, source.name, treatment, periods)
    return _with_starts(
        source,
        units,
        periods,
        names=(unit, time, treatment),
        leave_out=switching == "leave_out_after",
    )


def _periods(rows: Table, source: Source, time: str) -> Periods:
    times = collect(rows.filter(rows.t.notnull()).select("t").distinct())["t"]
    if times.empty:
        raise DataError(f"{source.name}: {time!r} holds no time. Name the column of periods.")
    owner = f"{source.name}, {time!r}"
    return read_periods(times, owner, zoned=time in source.zoned)


def _refuse_what_is_no_treatment(rows: Table, owner: str, treatment: str, *, dose: bool) -> None:
    lacking = rows.filter(rows.d.isnull() | rows.d.isinf())
    if count := _count(lacking):
        raise DataError(
            f"{owner}: {count:,} rows do not say whether their unit is treated ({treatment!r} is "
            f"empty, units {', '.join(name_units(lacking))}). Fill in 1 or 0, or take the rows out."
        )
    below = rows.filter(rows.d < 0)
    if count := _count(below):
        raise DataError(
            f"{owner}: {treatment!r} is negative in {count:,} rows (units "
            f"{', '.join(name_units(below))}). 0 is untreated, above 0 is treated; correct them."
        )
    between = rows.filter((rows.d != 0) & (rows.d != 1))
    if not dose and _count(between):
        values = collect(rows.filter(rows.d > 0).select("d").distinct().order_by("d"))["d"]
        thirds = values.quantile([1 / 3, 2 / 3]).unique()
        bins = ", ".join(f"{value:.6g}" for value in thirds)
        raise DataError(
            f"{owner}: {treatment!r} holds {len(values):,} values above 0, from {values.min():g} "
            f"to {values.max():g} (units {', '.join(name_units(between))}): a dose, where 1 and 0 "
            "were expected. Say that it is one, and above 0 is treated: starts_of_treatment("
            f"dose=True), in a file design.dose: {{column: {treatment}, bins: [{bins}]}}, which "
            "shows the effect in each bin; or make the column 1 where the unit counts as treated."
        )


def _by_unit(rows: Table) -> Table:
    """One row a unit: u, started (position), off (position of the first period without treatment
    after the start), before (of the last row before the start)."""
    on = (rows.d > 0).ifelse(rows["at"], None)
    first = rows.group_by("u").aggregate(started=on.min())
    each = rows.join(first.select(v=first.u, started=first.started), [rows.u == first.u])
    after = (each.d == 0) & (each["at"] > each.started)
    whole = each.group_by("u").aggregate(
        started=each.started.min(),
        off=after.ifelse(each["at"], None).min(),
        before=(each["at"] < each.started).ifelse(each["at"], None).max(),
    )
    return whole.filter(whole.started.notnull())


def _refuse_switching(units: Table, owner: str, treatment: str, periods: Periods) -> None:
    off = units.filter(units.off.notnull())
    count = _count(off)
    if not count:
        return
    first = collect(off.order_by("u").limit(1)).iloc[0]
    raise DataError(
        f"{owner}: {treatment!r} is switched off again for {count:,} of {_count(units):,} treated "
        f"units ({first_few(name_units(off, 6))}; {first['u']} in "
        f"{periods.names[int(first['off'])]}). A start is taken to last here. Say what counts, "
        "switching= (data.switching in a file): last_until_end, the effect of having started, "
        "whatever came later; or leave_out_after, without their rows from then on (then also "
        "missing: pairs or complete_units)."
    )


def _with_starts(
    source: Source,
    units: Table,
    periods: Periods,
    *,
    names: tuple[str, str, str],
    leave_out: bool,
) -> TreatedSource:
    unit, time, treatment = names
    t = time_column(source, time)
    placed = {f"pbc_{name}": units[name] for name in ("u", "started", "off")}
    beside = units.select(**placed)
    at = t.cases(*((value, p) for p, raw in enumerate(periods.raw) for value in raw))
    rows = source.table.mutate(pbc_unit=source.column(unit), pbc_at=at)
    rows = rows.left_join(beside, rows.pbc_unit == beside.pbc_u)
    starts: Column = rows.pbc_started.cases(*((p, raw[0]) for p, raw in enumerate(periods.raw)))
    whole = rows.mutate(**{FIRST_TREATED: starts})
    steps = _steps(whole, units, treatment, leave_out=leave_out)
    if leave_out:
        whole = whole.filter(whole.pbc_off.isnull() | (whole.pbc_at < whole.pbc_off))
    kept = whole.select(*source.table.columns, FIRST_TREATED)
    as_it_was = {each.name: getattr(source, each.name) for each in fields(source)}
    zoned = source.zoned | ({FIRST_TREATED} if time in source.zoned else frozenset())
    made = {"table": keep(kept), "zoned": zoned, "steps": tuple(steps)}
    return TreatedSource(**(as_it_was | made))


def _steps(whole: Table, units: Table, treatment: str, *, leave_out: bool) -> list[LedgerStep]:
    """What was decided, each with the units concerned."""
    steps = []
    off = units.filter(units.off.notnull())
    column = Name(repr(treatment))
    rows = _count(whole)
    if count := _count(off):
        gone = _count(whole.filter(whole.pbc_at >= whole.pbc_off)) if leave_out else 0
        switched = Units(count, UNITS)
        why = Sentence(
            "{column} is switched off again for {units}: they count as treated from their start "
            "to the end (switching: last_until_end)",
            column=column,
            units=switched,
        )
        if leave_out:
            why = Sentence(
                "{column} is switched off again for {units}: their rows from then on are left out "
                "(switching: leave_out_after)",
                column=column,
                units=switched,
            )
        steps.append(
            LedgerStep(
                what=SWITCHED_OFF,
                rows_in=rows,
                rows_dropped=gone,
                why=why,
                units=name_units(off),
            )
        )
        rows -= gone
    unseen = units.filter(units.before < units.started - 1)
    if count := _count(unseen):
        steps.append(
            LedgerStep(
                what=START_NOT_SEEN,
                rows_in=rows,
                why=Sentence(
                    "{units} are not seen in the period before the first in which {column} says "
                    "that they are treated: they count as treated from that one on",
                    units=Units(count, UNITS),
                    column=column,
                ),
                units=name_units(unseen),
            )
        )
    return steps


def with_steps(ledger: Ledger, source: Source) -> Ledger:
    """A panel's ledger with what came first, before the rows of ``source`` were read as a panel."""
    if not isinstance(source, TreatedSource) or not source.steps:
        return ledger
    read, *rest = ledger.steps
    before = replace(read, rows_in=source.steps[0].rows_in)
    return replace(ledger, steps=(before, *source.steps, *rest))


def _count(table: Table) -> int:
    return int(table.count().to_pyarrow().as_py())


def dose_by_unit(data: Data, *, unit: str, dose: str, of: DoseOf | None = None) -> pd.Series:
    """How much each treated unit got, by its identifier: the value above 0 that all its rows hold,
    or, where they differ, what ``of`` says, their "mean" or the "largest".

    Raises DataError, with the units concerned, where doses differ and nobody has said which counts.
    """
    if of is not None:
        check_choice("dose_by_unit", "of", of, DOSES_OF, DataError)
    source = open_source(data, (unit, dose))
    rows = source.table.select(u=source.column(unit), d=answer_column(source, dose, unit))
    above = rows.filter(rows.d > 0)
    units = above.group_by("u").aggregate(
        low=above.d.min(), high=above.d.max(), mean=above.d.mean()
    )
    varying = units.filter(units.high > units.low)
    if of is None and (count := _count(varying)):
        first = collect(varying.order_by("u").limit(1)).iloc[0]
        raise DataError(
            f"{source.name}: {dose!r} changes while treated for {count:,} units "
            f"({first_few(name_units(varying, 6))}; {first['u']} from {first['low']:g} to "
            f"{first['high']:g}), but a unit has one dose. Say which counts, of= (design.dose.of "
            "in a file): mean or largest."
        )
    _announce(source, units, dose)
    return collect(units.order_by("u")).set_index("u")["mean" if of == "mean" else "high"]


def _announce(source: Source, units: Table, column: str) -> None:
    """One row a unit comes out of an engine that holds the data."""
    if source.pulls is not None:
        source.pulls.allow(column, Sentence("a value for each of them"), _count(units), 2)


def values_by_unit(source: Source, unit: str, column: str, *, may_lack: bool = False) -> pd.Series:
    """One value of a column a unit, by the unit's identifier.

    Raises DataError, with the units concerned, where a unit has several or, unless it ``may_lack``
    one, none, and for a column that is not there.
    """
    check_columns(source.name, source.columns, [column])
    rows = source.table.select(u=source.column(unit), v=source.column(column))
    grouped = rows.group_by("u").aggregate(
        v=rows.v.max(), several=rows.v.nunique(), lacking=rows.v.isnull().any()
    )
    several = grouped.filter(grouped.several > 1)
    lacking = grouped.filter(grouped.lacking)
    for bad, problem in ((several, "changes within"), (lacking, "is empty for")):
        if may_lack and bad is lacking:
            continue
        if count := _count(bad):
            raise DataError(
                f"{source.name}: {column!r} {problem} {count:,} units "
                f"({first_few(name_units(bad, 6))}), but it must be a unit's own. Give each unit "
                "one value, the same in all its rows."
            )
    _announce(source, grouped, column)
    return collect(grouped).set_index("u")["v"]
