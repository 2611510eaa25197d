"""A table as it stands in a person's file, by what the evaluation says of its layout.

    file, TableLayout ── read_laid_out ▶ LaidOut (frame, notes for the ledger)

The file is never changed. Rows above the headings and below the last row are not data, and that is
told; a row or a heading that is not where it was said to be is refused with what stands there.
"""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import pandas as pd

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.table_layout import Dates, TableLayout
from pbc_eval.errors import DataError
from pbc_eval.intake.raw_cells import Cells, raw_cells
from pbc_eval.intake.table_cells import is_blank
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Number
from pbc_eval.messages.written_numbers import may_be_thousands
from pbc_eval.panel.time_text import is_slashed, readings

MOST_PROBLEMS = 20  # headings that are not there, told one by one
MOST_SHOWN = 12


class LaidOut(NamedTuple):
    """A table under its short names, what was left out or filled, in words, and which row of the
    file each of its rows is."""

    frame: pd.DataFrame
    notes: tuple[Sentence, ...]
    rows: tuple[int, ...]


def read_laid_out(
    path: Path, layout: TableLayout, as_text: Sequence[str] = (), missing: Sequence[str] = ("",)
) -> LaidOut:
    """The table of a text file or workbook where ``layout`` says that it stands.

    ``as_text`` are columns, by their short names, whose numbers stay as they are written; cells
    that are one of ``missing`` are missing. Raises DataError for a sheet, row, heading or encoding
    that is not there.
    """
    cells, head, end = _found(path, layout)
    headings = _headings(path, cells.rows[head])
    names = _names(path, headings, layout, head)
    kept = [at for at in range(head + 1, end) if not all(map(is_blank, cells.rows[at]))]
    body = [cells.rows[at] for at in kept]
    empty = end - head - 1 - len(body)
    frame = _frame(body, names, cells, as_text, missing)
    frame, filled = _filled_down(path, frame, layout.fill_down)
    frame, dated = _dated(frame, layout.dates)
    notes = [*_rows_left_out(path, cells, head, end, empty), *filled, *dated]
    return LaidOut(frame, tuple(notes), tuple(at + 1 for at in kept))


def _found(path: Path, layout: TableLayout) -> tuple[Cells, int, int]:
    """The cells, the position of the headings, and how many rows there are to the last."""
    cells = raw_cells(path, layout.sheet, layout.encoding, layout.separator)
    head = (layout.header_row or 1) - 1
    if head >= len(cells.rows):
        raise DataError(
            f"{path.name}: header_row is {head + 1}, but the table ends at row {len(cells.rows)}."
        )
    end = layout.last_row or len(cells.rows)
    if end > len(cells.rows):
        raise DataError(
            f"{path.name}: last_row is {end}, but the table ends at row {len(cells.rows)}. The "
            "file is another one, or has fewer rows than when this was written."
        )
    return cells, head, end


class LaidOutRows(NamedTuple):
    """The rows of a table as they stand, each cell by its short name; which row of the file the
    first of them is; and whether commas part their cells."""

    rows: list[dict[str, Any]]
    first: int
    by_commas: bool


def laid_out_rows(path: Path, layout: TableLayout) -> LaidOutRows:
    """The rows of a table, untyped. Raises DataError as ``read_laid_out`` does."""
    cells, head, end = _found(path, layout)
    names = _names(path, _headings(path, cells.rows[head]), layout, head)
    rows = [
        {name: cell for name, cell in zip(names, row, strict=False) if cell is not None}
        for row in cells.rows[head + 1 : end]
    ]
    return LaidOutRows(rows, head + 2, cells.separator == ",")


def headings_to_names(name: str, headings: Sequence[str], layout: TableLayout) -> dict[str, str]:
    """Each short name with the heading that it stands for. Raises DataError naming every heading
    that is not there, with the nearest, and a name that another column has."""
    known = {plain_heading(heading): heading for heading in headings}
    found_at = {
        short: known[plain_heading(heading)]
        for short, heading in layout.columns.items()
        if plain_heading(heading) in known
    }
    lacking = [short for short in layout.columns if short not in found_at]
    problems = [
        f"{name}: columns: {short}: there is no heading {layout.columns[short]!r}."
        f"{did_you_mean(layout.columns[short], list(headings))}"
        for short in lacking[:MOST_PROBLEMS]
    ]
    if len(lacking) > MOST_PROBLEMS:
        problems.append(f"{name}: columns: and {len(lacking) - MOST_PROBLEMS:,} more.")
    taken = [
        short
        for short, heading in found_at.items()
        if short in headings and short != heading and short not in found_at.values()
    ]
    problems += [
        f"{name}: columns: {short} is the heading of another column. Choose another short name."
        for short in taken
    ]
    if problems:
        shown = first_few([heading for heading in headings if heading], MOST_SHOWN)
        raise DataError("\n".join([*problems, f"{name}: headings: {shown}."]))
    return found_at


def plain_heading(heading: object) -> str:
    """A heading without the line breaks and spaces that a cell's width puts into it."""
    return " ".join(str(heading).split())


def _headings(path: Path, row: Sequence[Any]) -> list[str]:
    headings = ["" if is_blank(cell) else plain_heading(cell) for cell in row]
    if not any(headings):
        raise DataError(f"{path.name}: header_row names an empty row. Name the row of headings.")
    return headings


def _names(path: Path, headings: Sequence[str], layout: TableLayout, head: int) -> list[str]:
    try:
        short = {
            heading: name
            for name, heading in headings_to_names(
                path.name, [h for h in headings if h], layout
            ).items()
        }
    except DataError as problem:
        row = f" They are those of row {head + 1}."
        raise DataError(f"{problem}{row}") from None
    return [
        short.get(heading, heading) if heading else f"column {column_letters(at)}"
        for at, heading in enumerate(headings)
    ]


def column_letters(at: int) -> str:
    """The letters by which a spreadsheet names a column, from 0."""
    text, left = "", at + 1
    while left:
        left, digit = divmod(left - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def _frame(
    body: Sequence[Sequence[Any]],
    names: Sequence[str],
    cells: Cells,
    as_text: Sequence[str],
    missing: Sequence[str],
) -> pd.DataFrame:
    width = len(names)
    lacking = "" if cells.are_text else None  # of a row that ends before the others do
    rows = [[*row[:width], *[lacking] * (width - len(row))] for row in body]
    used = [at for at in range(width) if not names[at].startswith("column ")
            or any(not is_blank(row[at]) for row in rows)]  # fmt: skip
    kept = [[row[at] for at in used] for row in rows]
    labels = [names[at] for at in used]
    if cells.are_text:
        return _as_text_files_are_read(kept, labels, as_text, missing, cells.separator == ",")
    columns = [_typed([row[k] for row in kept], missing) for k in range(len(labels))]
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=range(len(kept)))
    return frame.set_axis(labels, axis=1)


def _as_text_files_are_read(
    rows: Sequence[Sequence[str]],
    labels: Sequence[str],
    as_text: Sequence[str],
    missing: Sequence[str],
    by_program: bool,
) -> pd.DataFrame:
    """Text cells as numbers and words, by the rules for any other text file; ``by_program`` where
    commas part them."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    stream.seek(0)
    if not rows:
        return pd.DataFrame(columns=list(labels))
    at_text = {
        k: str
        for k, label in enumerate(labels)
        if label in as_text or (not by_program and may_be_thousands(row[k] for row in rows))
    }
    frame = pd.read_csv(
        stream,
        header=None,
        names=range(len(labels)),
        dtype=at_text,
        keep_default_na=False,
        na_values=list(missing),
        skip_blank_lines=False,
        skipinitialspace=True,
    )
    return frame.set_axis(list(labels), axis=1)


def _typed(values: Sequence[Any], missing: Sequence[str]) -> pd.Series:
    """A sheet's column: numbers where all are, else the cells as they are."""
    given = [
        None if is_blank(v) or (isinstance(v, str) and v.strip() in missing) else v for v in values
    ]
    kinds = {type(value) for value in given if value is not None}
    if kinds <= {int, float} and kinds:
        whole = kinds == {int} and None not in given
        return pd.Series(given, dtype="int64" if whole else "float64")
    if kinds and kinds <= {dt.date, dt.datetime}:
        return pd.to_datetime(pd.Series(given))
    return pd.Series(given, dtype=object)


def _filled_down(
    path: Path, frame: pd.DataFrame, names: Sequence[str]
) -> tuple[pd.DataFrame, list[Sentence]]:
    notes = []
    for name in names:
        if name not in frame:
            raise DataError(
                f"{path.name}: fill_down: there is no column {name!r}."
                f"{did_you_mean(name, list(map(str, frame.columns)))}"
            )
        if list(frame.columns).count(name) > 1:
            raise DataError(
                f"{path.name}: fill_down: {name!r} heads more than one column. Give each a name of "
                "its own in the file."
            )
        empty = int(frame[name].isna().sum())
        filled = frame[name].ffill()
        if filled.isna().any():
            raise DataError(
                f"{path.name}: fill_down: {name}: the first row is empty, so nothing stands above."
            )
        frame = frame.assign(**{name: filled})
        notes.append(
            Sentence(
                "empty cells of {column} that take the value above them: {cells}",
                cells=Number(empty),
                column=Name(repr(name)),
            )
        )
    return frame, notes


def _dated(frame: pd.DataFrame, dates: Dates | None) -> tuple[pd.DataFrame, list[Sentence]]:
    """Columns of nothing but dates with slashes, as year-month-day. Raises DataError for a date
    that there is not when it is written so."""
    notes, made, problems = list[Sentence](), dict[int, pd.Series](), list[str]()
    for at, name in enumerate(frame.columns) if dates else ():  # by place: names may repeat
        column = frame.iloc[:, at]
        texts = [value for value in column.dropna().unique() if isinstance(value, str)]
        if not texts or len(texts) < column.nunique() or not all(map(is_slashed, texts)):
            continue
        days: dict[str, str] = {}
        for text in texts:
            starts = {
                meaning.start.date().isoformat()
                for meaning in readings(text, day_first=dates == "31/12/2024")
                if meaning.start is not None
            }
            days[text] = starts.pop() if len(starts) == 1 else ""
        if wrong := [text for text, day in days.items() if not day]:
            problems.append(
                f"{name}: {first_few(map(repr, wrong))} is no date written like {dates}."
            )
            continue
        made[at] = column.map(days).where(column.notna(), None)
        notes.append(
            Sentence(
                "{column} holds dates written like {example}",
                column=Name(repr(name)),
                example=Name(str(dates)),
            )
        )
    if problems:
        raise DataError("\n".join(problems))
    frame = frame.copy()
    for at, column in made.items():
        frame.isetitem(at, cast(Any, column))
    return frame, notes


def _rows_left_out(path: Path, cells: Cells, head: int, end: int, empty: int) -> list[Sentence]:
    notes = []
    if head:
        notes.append(
            Sentence(
                "the headings of {file} stand in row {row}; what stands above is no data",
                file=Name(path.name),
                row=Name(str(head + 1)),
            )
        )
    below = sum(not all(map(is_blank, row)) for row in cells.rows[end:])
    if below:
        notes.append(
            Sentence(
                "rows below row {row} of {file} that are notes or totals, and no data: {rows}",
                rows=Number(below),
                row=Name(str(end)),
                file=Name(path.name),
            )
        )
    if empty:
        notes.append(Sentence("empty rows left out: {rows}", rows=Number(empty)))
    return notes
