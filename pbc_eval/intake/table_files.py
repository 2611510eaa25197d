"""One opening for every table of units, periods and people that an evaluation names.

file + layout ── open_table ▶ Source: read by the engine where the file is as it should be,
                              else as the layout says, with what a ledger must tell
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from pbc_eval.agreement.table_layout import AS_IT_IS, TableLayout, checked_layout
from pbc_eval.errors import DataError
from pbc_eval.intake.laid_out import LaidOut, headings_to_names, read_laid_out
from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.local_engine import MISSING_WORDS
from pbc_eval.panel.source import Source, collect, open_source

ReadRows: TypeAlias = Callable[
    [Path, Sequence[str], TableLayout], tuple[pd.DataFrame, tuple[Sentence, ...]]
]


def open_table(path: Path, layout: TableLayout = AS_IT_IS, as_text: Sequence[str] = ()) -> Source:
    """The table of a file under its short names; ``as_text`` are columns, by these names, whose
    numbers stay as they are written. Raises DataError as ``open_source`` and ``read_laid_out``."""
    if layout.moves_rows:
        laid_out = _laid_out(path, layout, as_text)
        opened = open_source(laid_out.frame)
        name = Path(str(path).partition("::")[0]).name
        return replace(opened, name=name, notes=laid_out.notes)
    wanted = [layout.columns.get(name, name) for name in as_text]
    source = open_source(path, as_text=wanted)
    return under_short_names(source, layout)


def _laid_out(path: Path, layout: TableLayout, as_text: Sequence[str]) -> LaidOut:
    file, _, inside = str(path).partition("::")
    if inside and layout.sheet:
        raise DataError(f"{Path(file).name}: name the sheet once: drop '::{inside}' or sheet.")
    layout = layout.layout.model_copy(update={"sheet": layout.sheet or inside or None})
    path = Path(file)
    if not path.is_file():
        open_source(path)  # says which there are
    return read_laid_out(path, layout, as_text, MISSING_WORDS)


def numbered_rows(
    path: Path, layout: TableLayout = AS_IT_IS, as_text: Sequence[str] = ()
) -> LaidOut:
    """All rows of a table whose rows are told one by one, each with its number in the file."""
    if layout.moves_rows:
        return _laid_out(path, layout, as_text)
    frame, notes = read_rows(path, as_text, layout)
    return LaidOut(frame, notes, tuple(range(2, len(frame) + 2)))


def read_rows(
    path: Path, as_text: Sequence[str] = (), layout: TableLayout = AS_IT_IS
) -> tuple[pd.DataFrame, tuple[Sentence, ...]]:
    """All rows and columns of such a table in memory, and what was left out or filled."""
    source = open_table(path, layout, as_text)
    return collect(source.table).set_axis(list(source.columns), axis=1), source.notes


def under_short_names(source: Source, layout: TableLayout) -> Source:
    """The source with the short names that ``layout`` gives to headings."""
    if not layout.columns:
        return source
    names = headings_to_names(source.name, source.columns, layout)
    short = {name: source.aliases.get(heading, heading) for name, heading in names.items()}
    return replace(source, aliases={**source.aliases, **short})


def read_table(
    path: str | Path,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    last_row: int | None = None,
    fill_down: Sequence[str] = (),
    columns: dict[str, str] | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> pd.DataFrame:
    """The table in a person's file as a frame, cleaned as it is said: the keys of ``data`` in an
    evaluation, from Python.

    ``header_row`` and ``last_row`` count as a spreadsheet does; ``columns`` gives headings short
    names, ``{"rate": "NEET rate (16-17)"}``. Reads .csv, .tsv, .txt, .xlsx, .ods, .parquet, .dta,
    .sav, .rds and ``file.duckdb::table``. Raises DataError for what is not there, naming it, and
    SpecError for a layout that contradicts itself.
    """
    layout = checked_layout(
        {
            "sheet": sheet,
            "header_row": header_row,
            "last_row": last_row,
            "fill_down": tuple(fill_down),
            "columns": columns or {},
            "encoding": encoding,
            "separator": separator,
        }
    )
    source = open_table(Path(path), layout)
    return collect(source.table).set_axis(list(source.columns), axis=1)
