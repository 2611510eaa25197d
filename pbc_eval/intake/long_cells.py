"""Cells that no page could show: a label of a megabyte would stand in every table and drawing."""

from collections.abc import Iterable

import pandas as pd

from pbc_eval.agreement.sizes import LONGEST_NAME
from pbc_eval.errors import DataError
from pbc_eval.panel.source import Source, collect


def refuse_long_cells(source: Source, columns: Iterable[str]) -> None:
    """Raise DataError, naming each of the ``columns`` that the table has with a text of more
    characters than a name may have. One pass over the table, where it is."""
    texts = [
        name
        for name in columns
        if name in source.columns and source.column(name).type().is_string()
    ]
    if not texts:
        return
    sizes = [source.column(name).length() for name in texts]
    longest = {f"longest{at}": size.max() for at, size in enumerate(sizes)}
    too_long = {f"rows{at}": (size > LONGEST_NAME).sum() for at, size in enumerate(sizes)}
    known = collect(source.table.aggregate(**longest, **too_long)).iloc[0]
    _refuse(
        source.name,
        {name: (known[f"longest{at}"], known[f"rows{at}"]) for at, name in enumerate(texts)},
    )


def refuse_long_cells_of(owner: str, frame: pd.DataFrame, columns: Iterable[str]) -> None:
    """The same of rows that are in memory."""
    named = [name for name in columns if name in frame]
    texts = frame[named].select_dtypes([object, "str", "category"])
    sizes = {
        name: cells.map(lambda cell: len(cell) if isinstance(cell, str) else 0).astype(float)
        for name, cells in texts.items()
    }
    _refuse(
        owner,
        {str(name): (size.max(), (size > LONGEST_NAME).sum()) for name, size in sizes.items()},
    )


def _refuse(owner: str, of_columns: dict[str, tuple[float, float]]) -> None:
    """``of_columns``: the longest text of each, and in how many rows one is too long."""
    problems = [
        f"{name!r} has up to {int(longest):,} characters ({int(rows):,} "
        f"{'row' if rows == 1 else 'rows'} with too many)"
        for name, (longest, rows) in of_columns.items()
        if longest > LONGEST_NAME  # never of an empty column, whose longest is not a number
    ]
    if problems:
        raise DataError(
            f"{owner}: a cell that stands for a unit, a period or a group may have "
            f"{LONGEST_NAME:,} characters, and column {'; column '.join(problems)}. Shorten "
            "them, or take the column out of the evaluation."
        )
