"""From tables to cells: what each kind of table lets a reader work out, noted in one register.

A relation is noted only where it holds in fact, so that no table can be misread by its kind.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from pbc_eval.disclosure.cell_register import CellRegister, Name, is_small
from pbc_eval.evaluation.by_eligibility import NEVER_OF_BOTH_KINDS, NOT_ELIGIBLE
from pbc_eval.evaluation.record import Finding, OutputTable

Inside = Mapping[int, frozenset[str]]  # row of an event study to the groups that it is the sum of


def note_table(
    register: CellRegister,
    table: OutputTable,
    known: Sequence[tuple[str, float]] = (),
    inside: Mapping[str, Inside] | None = None,
    wholes: Mapping[str, int] | None = None,
) -> None:
    """Enter every count of a table. ``known`` are counts that stand elsewhere, by column;
    ``wholes`` are cells, by column, that may be the total of the table and be hidden themselves."""
    if table.adds_up == "in_nests":
        for column in table.governed_by:
            elsewhere = [value for name, value in known if name == column]
            _note_nests(register, table, column, elsewhere, (inside or {}).get(column, {}))
    else:
        for column in _count_columns(table):
            for row, value in _values(table, column):
                dependent = bool(table.group_by) and table.adds_up == "not"
                register.add(value, name=(table.name, row, column), cost=1.0 if dependent else None)
    _note_what_goes_together(register, table)
    if table.adds_up == "to_a_total":
        for column in table.governed_by:
            cells = [register.names[table.name, row, column] for row, _ in _values(table, column)]
            total = sum(register.value(cell) for cell in cells)
            terms, whole = [(cell, 1.0) for cell in cells], (wholes or {}).get(column)
            if whole is not None and register.relate([*terms, (whole, -1.0)]):
                continue
            if cells and not is_small(total, register.rule):  # a small total is not told either
                register.relate(terms, total)
    elif table.adds_up == "to_the_first":
        for column in table.governed_by:
            _note_first(register, table, column, [v for name, v in known if name == column])
    elif table.adds_up == "in_steps" and len(table.frame):
        _note_steps(register, table)


def note_finding(register: CellRegister, finding: Finding) -> None:
    """Enter all tables of a finding, and what they tell about each other."""
    n_treated, n_comparison = finding.headline.n_treated, finding.headline.n_comparison
    known = [
        *(("n_treated", n_treated), ("n_comparison", n_comparison)),
        *(("treated", n_treated), ("comparison", n_comparison)),
    ]
    inside, groups = _sums_of_groups(finding), finding.table("groups")
    submitted: dict[str, int] = {}
    for table in sorted(finding.tables, key=lambda table: table is not groups):
        note_table(register, table, known, inside, submitted)
        if table is groups and groups.adds_up == "to_the_first" and len(groups.frame):
            submitted = {
                column: register.names[groups.name, 0, column] for column in groups.governed_by
            }
    if groups is not None and groups.group_by == "group":
        _note_groups(register, finding, groups, inside.get("n_treated", {}))
    others = [estimate for estimate in finding.alternatives if estimate != finding.benchmark]
    shown_counts = {n for estimate in others for n in (estimate.n_treated, estimate.n_comparison)}
    for cell in submitted.values():  # an estimate that leaves nobody out tells how many there were
        if register.value(cell) in shown_counts:
            elsewhere = register.add(register.value(cell), never=True)
            register.relate([(cell, 1.0), (elsewhere, -1.0)])
    ledger = finding.table("ledger")
    if submitted and ledger is not None:
        for row in range(len(ledger.frame)):  # the step into which they went, all of both groups
            went_in = [(register.names[ledger.name, row, "rows_in"], 1.0)]
            register.relate([*went_in, *((cell, -1.0) for cell in submitted.values())])
        if groups is not None:
            _note_who_left(register, groups, ledger)


def note_shared(register: CellRegister, findings: Sequence[Finding]) -> None:
    """The same people stand in the tables of several outcomes: what one table hides another must
    not show. Two cells of the same kind of table, row, column and number are one count."""
    shared: dict[tuple[str, str, str, float], int] = {}
    for finding in findings:
        for table in finding.tables:
            keys = keys_of(table)
            kind = table.name.removeprefix(f"{finding.outcome.id}-")
            for column in _count_columns(table):
                for row, value in _values(table, column):
                    cell = register.names.get((table.name, row, column))
                    if cell is None or row >= len(keys):
                        continue
                    other = shared.setdefault((kind, keys[row], column, value), cell)
                    if other != cell and register.relate([(cell, 1.0), (other, -1.0)]):
                        register.together(cell, other)


def _note_who_left(register: CellRegister, groups: OutputTable, ledger: OutputTable) -> None:
    """What a step of the ledger takes out is one of the rows of those left out, of both groups."""
    for at, key in enumerate(keys_of(groups)):
        names = [(groups.name, at, column) for column in groups.governed_by]
        arms = [register.names[name] for name in names if name in register.names]
        if at == 0 or key in groups.not_people or not any(map(register.value, arms)):
            continue
        for row in range(len(ledger.frame)):
            dropped = register.names[ledger.name, row, "rows_dropped"]
            register.relate([(dropped, 1.0), *((cell, -1.0) for cell in arms)])


def _count_columns(table: OutputTable) -> list[str]:
    columns = list(table.governed_by)
    return [*columns, "rows_in", "rows_left"] if table.adds_up == "in_steps" else columns


def _values(table: OutputTable, column: str) -> list[tuple[int, float]]:
    numbers = pd.to_numeric(table.frame[column]).to_numpy(float)
    return [(row, float(value)) for row, value in enumerate(numbers) if not np.isnan(value)]


def _note_what_goes_together(register: CellRegister, table: OutputTable) -> None:
    """Counts that govern each other go together; one that governs another takes it along."""
    for column, governed in table.governed_by.items():
        for other in (name for name in governed if name in table.governed_by):
            for row, _ in _values(table, column):
                counting, governed_place = (
                    register.names[table.name, row, column],
                    (table.name, row, other),
                )
                if governed_place not in register.names:
                    continue
                if column in table.governed_by[other]:
                    register.together(counting, register.names[governed_place])
                else:
                    register.follows(counting, register.names[governed_place])


def _note_first(
    register: CellRegister, table: OutputTable, column: str, known: Sequence[float]
) -> None:
    """The first row is the sum of the others; what was analysed stands elsewhere."""
    keys = keys_of(table)
    counted = [
        (register.names[table.name, row, column], value)
        for row, value in _values(table, column)
        if keys[row] not in table.not_people
    ]
    if not counted:
        return
    (first, whole), *parts = counted
    for cell, value in parts:
        if value in known:
            register.never(cell)
        elif register.is_small(cell):  # notes and checks say of the few who are left out
            register.tell_small(cell)
    terms = [(first, 1.0), *((cell, -1.0) for cell, _ in parts)]
    if parts and not register.relate(terms):
        for cell, value in parts:  # parts of it all the same: a small one may be what is missing
            if register.is_small(cell) or is_small(whole - value, register.rule):
                register.together(cell, first)


def _note_steps(register: CellRegister, table: OutputTable) -> None:
    """What is left of one row goes into the next; what is left at the end stands elsewhere."""
    steps = [
        {
            column: register.names[table.name, row, column]
            for column in _count_columns(table)
            if (table.name, row, column) in register.names
        }
        for row in range(len(table.frame))
    ]
    for here in steps:
        taken = [(here["rows_dropped"], -1.0), (here["rows_left"], -1.0)]
        register.relate([(here["rows_in"], 1.0), *taken])
        units = here.get("units_dropped")
        if units is None:
            continue
        register.together(here["rows_dropped"], units)
        if register.is_small(units) and register.value(units):  # rows tell units
            each = register.value(here["rows_dropped"]) / register.value(units)
            most = float(np.ceil(each * register.rule.threshold))
            register.ask(here["rows_dropped"], float(np.floor(each)), most)
    for here, following in pairwise(steps):
        if register.relate([(here["rows_left"], 1.0), (following["rows_in"], -1.0)]):
            register.together(here["rows_left"], following["rows_in"])
    _note_rows_of_few(register, steps)
    register.never(steps[-1]["rows_left"])


def _note_rows_of_few(register: CellRegister, steps: Sequence[Mapping[str, int]]) -> None:
    """All rows that are lost on the way, where they are those of few units: a step that counts no
    units (outcome missing) takes rows of the same ones, as many as the periods for each."""
    cells = [here["units_dropped"] for here in steps if "units_dropped" in here]
    units = sum(register.value(cell) for cell in cells)
    rows = sum(register.value(here["rows_dropped"]) for here in steps)
    if not (units and rows and is_small(units, register.rule)):
        return
    each = rows / units
    lost = register.add(rows, always=True, cost=0.0)
    register.relate([*((here["rows_dropped"], 1.0) for here in steps), (lost, -1.0)])
    register.ask(lost, float(np.floor(each)), float(np.ceil(each * register.rule.threshold)))


def _note_nests(
    register: CellRegister, table: OutputTable, column: str, known: Sequence[float], inside: Inside
) -> None:
    """Each count is of a group within another: their difference counts a group too.

    Where it is known of two rows which groups they add up, and neither holds the other, their
    difference counts nobody.
    """
    places: dict[tuple[float, frozenset[str] | None], int] = {}
    for row, value in _values(table, column):
        name: Name = (table.name, row, column)
        key = (value, inside.get(row))
        if key not in places:
            places[key] = register.add(value, name=name)
        register.same_place(name, places[key])
        if value in known:
            register.never(places[key])
    for value in known:
        if value > 0 and all(value != other for other, _ in places):
            places[float(value), None] = register.add(value, never=True)
    ordered = sorted(places.items(), key=lambda item: (-item[0][0], item[1]))
    for at, ((larger, whole), cell) in enumerate(ordered):
        for (smaller, part), other in ordered[at + 1 :]:
            apart = whole is not None and part is not None and not part < whole
            if apart or not 0 < larger - smaller < register.rule.threshold or smaller == 0:
                continue
            between = register.add(larger - smaller, always=True, cost=0.0)
            register.relate([(cell, 1.0), (other, -1.0), (between, -1.0)])


def _sums_of_groups(finding: Finding) -> dict[str, Inside]:
    """Which groups stand behind each count of the event study, by column, where they add up to it:
    the treated; and of triple differences, whose comparison is another for each group, those."""
    groups, event, cells = (finding.table(kind) for kind in ("groups", "event", "cells"))
    if groups is None or event is None or cells is None or groups.group_by != "group":
        return {}
    if not {"cohort", "event_time"} <= {*cells.frame.columns}:
        return {}
    units = dict(zip(keys_of(groups), groups.frame["units"], strict=True))
    behind: dict[int, set[str]] = {}
    for key, time in zip(keys_of(cells), cells.frame["event_time"], strict=True):
        behind.setdefault(int(time), set()).update({key} & units.keys())
    compared = {
        time: {name + NOT_ELIGIBLE for name in names} | NEVER_OF_BOTH_KINDS
        for time, names in behind.items()
        if units.keys() >= NEVER_OF_BOTH_KINDS
    }
    return {
        column: _that_add_up(event, column, of, units)
        for column, of in (("n_treated", behind), ("n_comparison", compared))
        if of
    }


def _that_add_up(
    event: OutputTable, column: str, behind: Mapping[int, set[str]], units: Mapping[str, float]
) -> Inside:
    sums = {}
    for row, (time, n) in enumerate(
        zip(event.frame["event_time"], event.frame[column], strict=True)
    ):
        names = frozenset(behind.get(int(time), ()))
        if names and sum(units.get(name, 0) for name in names) == n:
            sums[row] = names
    return sums


def _note_groups(
    register: CellRegister, finding: Finding, groups: OutputTable, inside: Inside
) -> None:
    """A group is the same one in every table, and rows of the event study are sums of groups."""
    keys = keys_of(groups)
    cells = {
        keys[row]: register.names[groups.name, row, "units"] for row, _ in _values(groups, "units")
    }
    for table in finding.tables:
        if not table.group_by or table is groups:
            continue
        for row, key in enumerate(keys_of(table)):
            group = cells.get(key)
            for column in table.governed_by if group is not None else ():
                if group is not None and (table.name, row, column) in register.names:
                    _note_same(register, group, (table.name, row, column))
    event = finding.table("event")
    if event is not None:
        rows = {
            (register.names[event.name, row, "n_treated"], names) for row, names in inside.items()
        }
        for whole, names in sorted(rows, key=lambda pair: (pair[0], sorted(pair[1]))):
            register.relate([(whole, 1.0), *((cells[name], -1.0) for name in sorted(names))])
    entered = [name for name in cells if any(name in names for names in inside.values())]
    register.relate([(cells[name], 1.0) for name in entered], finding.headline.n_treated)
    _note_unit_periods(register, finding, cells)
    for name, cell in cells.items():
        if name not in entered and register.value(cell) == finding.headline.n_comparison:
            register.never(cell)


def _note_unit_periods(register: CellRegister, finding: Finding, cells: dict[str, int]) -> None:
    """What a total is reckoned with (unit-periods in the programme) stands in the statement, and is
    a sum of the groups, each times its periods."""
    table, total = finding.table("cells"), finding.outcome.total
    scale = finding.measured.total_scale
    if table is None or total is None or scale is None or "event_time" not in table.frame:
        return
    periods: dict[str, int] = {}
    for key, time in zip(keys_of(table), table.frame["event_time"], strict=True):
        periods[key] = periods.get(key, 0) + (float(time) >= 0)
    if total.of == "units":
        periods = {key: int(n > 0) for key, n in periods.items()}
    terms = [(cells[key], float(n)) for key, n in periods.items() if n and key in cells]
    if terms:
        register.relate(terms, scale * total.per)


def _note_same(register: CellRegister, group: int, name: Name) -> None:
    """A row of another table about a group goes with it; the same count is the same cell."""
    place = register.names[name]
    register.follows(group, place)
    if name[2] in ("units", "n_treated") and register.value(place) == register.value(group):
        register.together(place, group)
        register.same_place(name, group)


def keys_of(table: OutputTable) -> tuple[str, ...]:
    """What each row is about: its key, or the name of its group where the table has no keys."""
    if table.keys:
        return table.keys
    column = table.group_by or str(table.frame.columns[0])
    return tuple(map(str, table.frame[column]))


def names_of(table: OutputTable, places: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """Cells as a person finds them: the row by its first text, the column by its header."""
    texts = [column for column, kind in table.kinds.items() if kind == "text"]
    names = []
    for row, column in places:
        label = table.frame[texts[0]].iloc[row] if texts else f"row {row + 1}"
        names.append(f"{label}, {table.headers.get(column, column)}")
    return tuple(dict.fromkeys(names))
