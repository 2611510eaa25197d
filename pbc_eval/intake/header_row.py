"""Which row names the columns? The first; a table with a title above it is refused, by its row."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import pandas as pd

from pbc_eval.errors import DataError

TITLE_ROWS = 10  # rows in which a header that is not the first row is looked for
ENOUGH = 3  # names of known columns in one row, to take it for the header
MOST_COLUMNS = 5_000


def refuse_too_wide(name: str, columns: int) -> None:
    """Raises DataError for more columns than any table of units has: each costs the engine memory,
    however few its rows."""
    if columns > MOST_COLUMNS:
        raise DataError(
            f"{name}: has {columns:,} columns, of which a table may have {MOST_COLUMNS:,}. Take "
            "out those that the evaluation does not name."
        )


def header_further_down(
    lines: Sequence[Sequence[Any]],
    known: Collection[str],
    normal: Callable[[str], str] = str.strip,
) -> int | None:
    """The position of a later row that names the ``known`` columns better than the first, or None.

    ``lines`` are the rows from the top, ``normal`` brings a header to the form of ``known``.
    """
    wanted = set(known)

    def named(line: Sequence[Any]) -> int:
        return len({normal(str(cell)) for cell in line} & wanted)

    counts = [named(line) for line in lines[: TITLE_ROWS + 1]]
    if not counts:
        return None
    best = max(range(len(counts)), key=lambda at: counts[at])
    enough = counts[best] >= min(ENOUGH, max(len(wanted), 1)) and counts[best] > 2 * counts[0]
    return best if best > 0 and enough else None


def header_problem(position: int) -> str:
    """What to do about a header in a later row, in words."""
    above = "row" if position == 1 else f"{position} rows"
    return (
        f"the columns seem to be named in row {position + 1}, below a title or a merged header. "
        f"Delete the {above} above it, and unmerge."
    )


def refuse_a_title(
    name: str, lines: Sequence[Sequence[object]], columns: Sequence[str] | None
) -> None:
    """Raise DataError where a later row names the ``columns``. ``lines``: rows from the top."""
    position = header_further_down(lines, columns or ())
    if position is not None:
        raise DataError(f"{name}: {header_problem(position)}")


def top_of_frame(frame: pd.DataFrame) -> list[Sequence[object]]:
    """The first rows of a frame, its columns' names above them."""
    rows = frame.head(TITLE_ROWS).itertuples(index=False, name=None)
    return [[str(name) for name in frame.columns], *rows]
