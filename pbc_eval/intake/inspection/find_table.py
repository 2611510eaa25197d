"""Which rows of a sheet are the table? Titles stand above it, notes and totals below.

    rows ── find_table ▶ Place (header, first and last row of data, what stands around it)

The table is the longest run of rows that are about as full as most; its headings are the row of
words above numbers and dates, and where two rows of words stand above each other, the fuller one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pbc_eval.intake.table_cells import is_blank
from pbc_eval.messages import written_numbers

FULL = 0.5  # of what most rows hold: a row of the table
NAMED = 0.8  # of what most rows hold: a row of headings, not of merged titles
MOST_HEADINGS = 4  # rows of words above each other that are looked through
TOTAL = re.compile(r"(grand |sub-?)?total\b.*|sum:?|all (areas|people|units)|cyfanswm\b.*", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Rows as a spreadsheet numbers them, from 1. ``last_row`` is the last one of data."""

    header_row: int
    last_row: int
    above: tuple[str, ...]  # what stands above the headings, in words
    below: tuple[str, ...]  # what stands below the data
    totals: tuple[int, ...]  # rows between the data that look like totals
    ends_the_sheet: bool  # nothing stands below


def find_table(rows: Sequence[Sequence[Any]]) -> Place | None:
    """Where the table stands; None for a sheet without one (fewer than two rows of two cells)."""
    filled = [sum(not is_blank(cell) for cell in row) for row in rows]
    usual = _usual([count for count in filled if count > 1])
    if usual < 2:
        return None
    begin, end = _longest_run(filled, max(2.0, FULL * usual))
    if end - begin < 2:
        return None
    head = _header(rows[begin:end], filled[begin:end], usual) + begin
    while end - 1 > head + 1 and _total(rows[end - 1]):
        end -= 1
    below = [row for row in rows[end:] if not all(map(is_blank, row))]
    return Place(
        header_row=head + 1,
        last_row=end,
        above=tuple(_words(row) for row in rows[:head] if not all(map(is_blank, row))),
        below=tuple(_words(row) for row in below),
        totals=tuple(at + 1 for at in range(head + 1, end) if _total(rows[at])),
        ends_the_sheet=not below,
    )


def _usual(counts: Sequence[int]) -> int:
    """How many cells most rows hold, the higher of equally frequent ones; 0 without rows."""
    return max(set(counts), key=lambda count: (counts.count(count), count), default=0)


def _longest_run(filled: Sequence[int], least: float) -> tuple[int, int]:
    """The longest run of rows of which each holds at least so much, as begin and end."""
    best, begin = (0, 0), 0
    for at in range(len(filled) + 1):
        if at == len(filled) or filled[at] < least:
            if at - begin > best[1] - best[0]:
                best = (begin, at)
            begin = at + 1
    return best


def _header(rows: Sequence[Sequence[Any]], filled: Sequence[int], usual: int) -> int:
    """The position of the headings in a run of rows: the last of the rows of words at its top
    that is as full as most."""
    words = 0
    while words < min(MOST_HEADINGS, len(rows) - 1) and _is_words(rows[words]):
        words += 1
    full = [at for at in range(words) if filled[at] >= NAMED * usual]
    if not full:
        return 0
    # a table of words alone has rows of words below its headings: the first full one names them
    mixed = any(not _is_words(row) for row in rows[words : words + 1])
    return full[-1] if mixed and words < MOST_HEADINGS else full[0]


def _is_words(row: Sequence[Any]) -> bool:
    """Is every cell of a row text that is no number?"""
    cells = [cell for cell in row if not is_blank(cell)]
    return bool(cells) and all(
        isinstance(cell, str) and not written_numbers.is_number(cell) for cell in cells
    )


def _total(row: Sequence[Any]) -> bool:
    first = next((cell for cell in row if not is_blank(cell)), None)
    return isinstance(first, str) and TOTAL.fullmatch(first.strip()) is not None


def _words(row: Sequence[Any]) -> str:
    text = " ".join(str(cell) for cell in row if not is_blank(cell))
    return text if len(text) <= 100 else f"{text[:97]}..."
