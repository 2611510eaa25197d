"""From tables to cells: what each kind of table lets a reader work out, noted in one book.

A relation is noted only where it holds in fact, so that no table can be misread by its kind.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from pbc_eval.disclosure.book import Book, Name, is_small
from pbc_eval.evaluation.record import Finding, OutputTable

NOT_PEOPLE = "Effective"  # rows that are no head count begin with this word


def note_table(book: Book, table: OutputTable, known: Sequence[tuple[str, float]] = ()) -> None:
    """Enter every count of a table. ``known`` are counts that stand elsewhere, by column."""
    if table.adds_up == "in_nests":
        for column in table.governed_by:
            _note_nests(book, table, column, [v for name, v in known if name == column])
    else:
        for column in _count_columns(table):
            for row, value in _values(table, column):
                dependent = bool(table.group_by) and table.adds_up == "not"
                book.add(value, name=(table.name, row, column), cost=1.0 if dependent else None)
    _note_what_goes_together(book, table)
    if table.adds_up == "to_a_total":
        for column in table.governed_by:
            cells = [book.names[table.name, row, column] for row, _ in _values(table, column)]
            total = sum(book.value(cell) for cell in cells)
            if cells and not is_small(total, book.rule):  # a small total is not told either
                book.relate([(cell, 1.0) for cell in cells], total)
    elif table.adds_up == "to_the_first":
        for column in table.governed_by:
            _note_first(book, table, column, [v for name, v in known if name == column])
    elif table.adds_up == "in_steps":
        _note_steps(book, table)


def note_finding(book: Book, finding: Finding) -> None:
    """Enter all tables of a finding, and what they tell about each other."""
    n_treated, n_comparison = finding.headline.n_treated, finding.headline.n_comparison
    known = [
        *(("n_treated", n_treated), ("n_comparison", n_comparison)),
        *(("treated", n_treated), ("comparison", n_comparison)),
    ]
    for table in finding.tables:
        note_table(book, table, known)
    groups = finding.table("groups")
    if groups is not None and groups.group_by == "group":
        _note_groups(book, finding, groups)
    _note_submitted(book, finding)


def _count_columns(table: OutputTable) -> list[str]:
    columns = list(table.governed_by)
    return [*columns, "rows_in", "rows_left"] if table.adds_up == "in_steps" else columns


def _values(table: OutputTable, column: str) -> list[tuple[object, float]]:
    numbers = pd.to_numeric(table.frame[column])
    return [(row, float(value)) for row, value in numbers.items() if not np.isnan(value)]


def _note_what_goes_together(book: Book, table: OutputTable) -> None:
    """Counts that govern each other go together; one that governs another takes it along."""
    for column, governed in table.governed_by.items():
        for other in governed:
            if other not in table.governed_by:
                continue
            for row, _ in _values(table, column):
                one, two = book.names[table.name, row, column], (table.name, row, other)
                if two not in book.names:
                    continue
                if column in table.governed_by[other]:
                    book.together(one, book.names[two])
                else:
                    book.follows(one, book.names[two])


def _note_first(book: Book, table: OutputTable, column: str, known: Sequence[float]) -> None:
    """The first row is the sum of the others; what was analysed stands elsewhere."""
    labels = table.frame.iloc[:, 0].astype(str)
    counted = [
        (book.names[table.name, row, column], value)
        for row, value in _values(table, column)
        if not labels[row].startswith(NOT_PEOPLE)
    ]
    if not counted:
        return
    (first, whole), *parts = counted
    for cell, value in parts:
        if value in known:
            book.never(cell)
    terms = [(first, 1.0), *((cell, -1.0) for cell, _ in parts)]
    if parts and not book.relate(terms):
        for cell, value in parts:  # parts of it all the same: a small one may be what is missing
            if book.is_small(cell) or is_small(whole - value, book.rule):
                book.together(cell, first)


def _note_steps(book: Book, table: OutputTable) -> None:
    """What is left of one row goes into the next; what is left at the end stands elsewhere."""
    rows = list(table.frame.index)
    cell = {row: {c: book.names[table.name, row, c] for c in _count_columns(table)
                  if (table.name, row, c) in book.names} for row in rows}  # fmt: skip
    for row in rows:
        here = cell[row]
        book.relate([(here["rows_in"], 1.0), (here["rows_dropped"], -1.0), (here["rows_left"], -1.0)])
        units = here.get("units_dropped")
        if units is not None:
            book.together(here["rows_dropped"], units)
            if book.is_small(units):  # so many rows each: they tell the units
                dropped, n = book.value(here["rows_dropped"]), book.value(units)
                each = dropped / n if n else 1.0
                book.ask(here["rows_dropped"], np.floor(each), np.ceil(each * book.rule.threshold))
    for row, following in zip(rows[:-1], rows[1:], strict=True):
        left, into = cell[row]["rows_left"], cell[following]["rows_in"]
        if book.relate([(left, 1.0), (into, -1.0)]):
            book.together(left, into)
    book.never(cell[rows[-1]]["rows_left"])


def _note_nests(book: Book, table: OutputTable, column: str, known: Sequence[float]) -> None:
    """Each count is of a group within another: their difference counts a group too."""
    places: dict[float, int] = {}
    for row, value in _values(table, column):
        name: Name = (table.name, row, column)
        if value not in places:
            places[value] = book.add(value, name=name)
        book.same_place(name, places[value])
    for value in known:
        if value in places:
            book.never(places[value])
        elif value > 0:
            places[float(value)] = book.add(value, never=True)
    told = sorted((value for value in places if value > 0), reverse=True)
    for at, larger in enumerate(told):
        for smaller in told[at + 1 :]:
            if 0 < larger - smaller < book.rule.threshold:
                apart = book.add(larger - smaller, always=True, cost=0.0)
                book.relate([(places[larger], 1.0), (places[smaller], -1.0), (apart, -1.0)])


def _note_groups(book: Book, finding: Finding, groups: OutputTable) -> None:
    """A group is the same one in every table, and periods of the event study are sums of groups."""
    cells = {str(groups.frame.loc[row, "group"]): book.names[groups.name, row, "units"]
             for row, _ in _values(groups, "units")}  # fmt: skip
    for table in finding.tables:
        if not table.group_by or table is groups:
            continue
        for row, label in table.frame[table.group_by].items():
            group = next((c for name, c in cells.items() if _names(name, label)), None)
            if group is None:
                continue
            for column in table.governed_by:
                if (table.name, row, column) not in book.names:
                    continue
                place = book.names[table.name, row, column]
                book.follows(group, place)
                same = column in ("units", "n_treated") and book.value(place) == book.value(group)
                if same and book.relate([(place, 1.0), (group, -1.0)]):
                    book.together(place, group)
    event, means = finding.table("event"), finding.table("means")
    if event is None or means is None or "event_time" not in event.frame:
        return
    times = {
        (str(group), int(position - first))
        for group, first, position in zip(
            *(means.frame[c] for c in ("group", "first_treated", "position")), strict=True
        )
        if not np.isnan(first)
    }
    sums: set[tuple[int, tuple[int, ...]]] = set()
    for row, time in event.frame["event_time"].items():
        inside = tuple(cell for name, cell in cells.items() if (name, int(time)) in times)
        sums.add((book.names[event.name, row, "n_treated"], inside))
    for whole, inside in sorted(sums):
        book.relate([(whole, 1.0), *((cell, -1.0) for cell in inside)])
    started = {group for group, _ in times}
    entered = [(cell, 1.0) for name, cell in cells.items() if name in started]
    book.relate(entered, finding.headline.n_treated)


def _names(group: str, label: object) -> bool:
    """Does the label of a row (7, or 'quarter 7 of 2019') mean this group?"""
    return group == str(label) or group.endswith(f" {label}")


def _note_submitted(book: Book, finding: Finding) -> None:
    """People of a score's bars or range are all that were submitted: the same number."""
    groups = finding.table("groups")
    if groups is None or groups.adds_up != "to_the_first":
        return
    top = groups.frame.index[0]
    for kind in ("score-bars", "ledger"):
        table = finding.table(kind)
        if table is None:
            continue
        if kind == "ledger":
            first = [(book.names[table.name, table.frame.index[0], "rows_in"], 1.0)]
            both = [(book.names[groups.name, top, c], -1.0) for c in groups.governed_by]
            book.relate([*first, *both])
            continue
        for column in ("treated", "comparison"):
            bars = [(book.names[table.name, row, column], 1.0) for row, _ in _values(table, column)]
            book.relate([*bars, (book.names[groups.name, top, column], -1.0)])


def names_of(table: OutputTable, names: Iterable[tuple[object, str]]) -> tuple[str, ...]:
    """Cells as a person finds them: the row by its first text, the column by its header."""
    texts = [column for column, kind in table.kinds.items() if kind == "text"]
    found = []
    for row, column in names:
        label = table.frame.loc[row, texts[0]] if texts else row
        found.append(f"{label}, {table.headers.get(column, column)}")
    return tuple(dict.fromkeys(found))
