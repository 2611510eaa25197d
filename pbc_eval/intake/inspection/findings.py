"""What a person should know of a file before using it, each with where it is."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pbc_eval._validate import first_few
from pbc_eval.intake.inspection.find_table import Place
from pbc_eval.intake.inspection.profile import ColumnProfile
from pbc_eval.intake.inspection.roles import Parts
from pbc_eval.intake.raw_cells import Cells


def around(place: Place, sheets: Sequence[str], cells: Cells) -> list[str]:
    """What stands around the table, and how the file is written."""
    notes = list[str]()
    if len(sheets) > 1:
        notes.append(f"sheets: {first_few(sheets)}; looked at {cells.sheet!r}")
    notes += [f"above the headings: {text}" for text in place.above[:4]]
    notes += [f"below the data: {text}" for text in place.below[:6]]
    if place.totals:
        rows = first_few(place.totals)
        notes.append(f"rows that look like totals stand among the data: {rows}. Take them out")
    if cells.encoding not in ("", "utf-8", "utf-8-sig"):
        notes.append(f"the text looks like {cells.encoding}, not UTF-8")
    return notes


def of_columns(columns: Sequence[ColumnProfile]) -> list[str]:
    """Numbers as text, marks for missing values, gaps and what cannot be read."""
    notes = list[str]()
    for column in columns:
        if column.kind == "number as text":
            notes.append(_as_text(column))
        if column.odd:
            notes.append(f"{column.heading!r} has marks for missing: {first_few(column.odd)}")
        if column.missing and column.kind != "empty":
            without = f"{column.missing:,} of {column.rows:,} rows have none"
            notes.append(f"{column.heading!r}: {without}")
        if column.problem:
            notes.append(f"{column.heading!r}: {column.problem}")
    return notes


def _as_text(column: ColumnProfile) -> str:
    start = f"{column.heading!r} holds numbers as text, such as {column.examples[0]!r}"
    if not column.notations:
        return f"{start}; no one notation reads them all"
    if column.ambiguous:
        return f"{start}; {' and '.join(column.notations)} read them differently: state which"
    return f'{start}; numbers: "{column.notations[0]}" reads them'


def of_rows(values: Mapping[str, Sequence[Any]], parts: Parts) -> list[str]:
    """Repeated rows, gaps, and identifiers that stop where others begin, of units over time."""
    if parts.shape != "panel" or "time" not in parts.roles:
        return []
    units, times = values[parts.roles["unit"]], values[parts.roles["time"]]
    count: dict[tuple[Any, Any], int] = {}
    for pair in zip(units, times, strict=True):
        count[pair] = count.get(pair, 0) + 1
    notes = list[str]()
    if twice := [pair for pair, number in count.items() if number > 1]:
        rows, first = sum(count[pair] - 1 for pair in twice), ", ".join(map(str, twice[0]))
        notes.append(f"{rows:,} rows repeat a unit and period, such as {first}")
    seen: dict[Any, set[Any]] = {}
    for who, when in count:
        seen.setdefault(who, set()).add(when)
    every = set().union(*seen.values())
    gaps = len(seen) * len(every) - len(count)
    if gaps:
        short = sorted(str(who) for who, when in seen.items() if len(when) < len(every))
        notes.append(
            f"{gaps:,} of {len(seen) * len(every):,} unit-periods have no row; units with gaps: "
            f"{first_few(short)}"
        )
    return notes + _codes_that_change(seen, every)


def _codes_that_change(seen: Mapping[Any, set[Any]], every: set[Any]) -> list[str]:
    try:
        order = sorted(every)
    except TypeError:
        return []  # times of several kinds: told by the column itself
    notes = []
    for last, following in pairwise(order):
        stopped = sorted(str(who) for who, when in seen.items() if max(when) == last)
        begun = sorted(str(who) for who, when in seen.items() if min(when) == following)
        if stopped and begun and len(stopped) + len(begun) <= max(4, len(seen) // 4):
            notes.append(
                f"{first_few(stopped)} stop after {_day(last)} where {first_few(begun)} begin: "
                "one code that became another? Give them one identifier"
            )
    return notes


def _day(value: Any) -> str:
    return str(value).removesuffix(" 00:00:00")
