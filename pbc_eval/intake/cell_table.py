"""Tables of cells as people keep them in CSV files and workbooks: a header row, and rows under it.

Read as they stand, each cell as it was written; what each column needs is for whoever asked
(``table_cells``). Refused are cells in columns without a header, headers that appear twice, errors
of the spreadsheet, and a header that stands further down, below a title.
"""

import csv
import re
from collections.abc import Collection, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from pbc_eval.agreement.sizes import LONGEST_NAME, LONGEST_TEXT, too_long
from pbc_eval.errors import ValueMapError
from pbc_eval.intake.header_row import TITLE_ROWS, header_further_down, header_problem
from pbc_eval.intake.table_cells import is_blank, is_nan

Rows = list[dict[str, Any]]
ALIASES = {
    "dropoff": "drop_off",
    "dead_weight": "deadweight",
    "stakeholders": "stakeholder",
    "intended_unintended_changes": "outcome",
    "outcomes": "outcome",
    "the_outcomes": "outcome",
    "what_changes": "outcome",
    "inputs": "input",
    "outputs": "output",
    "value_of_the_inputs": "input_value",
    "outcomes_start": "start",
    "financial_proxy": "proxy",
    "value_in_currency": "proxy_value",
    "proxy_value_in_currency": "proxy_value",
    "source_of_proxy": "proxy_source",
    "source_of_value": "proxy_source",
}


def csv_rows(path: Path, known: Collection[str]) -> Rows:
    """The rows of a CSV file as text, by header; ``known`` are columns that such a table may have.

    Raises ValueMapError for a file that is no table.
    """
    if not path.is_file():
        raise ValueMapError(f"{path}: no such file.")
    lines: list[list[str]] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # Excel writes a byte-order mark
            text = file.read()
        marks = text.splitlines(keepends=True)
        lines += csv.reader(marks, delimiter=_separator(text, known), strict=True)
    except UnicodeDecodeError as error:
        raise ValueMapError(f"{path.name}: is not UTF-8. Save it as 'CSV UTF-8'.") from error
    except csv.Error as error:
        if "field limit" in str(error):
            row = f"{path.name}, row {len(lines) + 1}"
            raise ValueMapError(
                f"{row}: a cell has more than {csv.field_size_limit():,} characters, of which it "
                f"may have {LONGEST_TEXT:,}. Shorten it."
            ) from None
        raise ValueMapError(f"{path.name}: is not a well-formed CSV file: {error}.") from error
    if not lines:
        raise ValueMapError(f"{path.name}: is empty. The first row names the columns.")
    header = lines[0]
    _refuse_a_header_further_down(lines, path.name, known)
    _refuse_repeats(header)
    for number, line in enumerate(lines[1:], start=2):
        if len(line) > len(header):
            raise ValueMapError(
                f"{path.name}, row {number}: has {len(line)} cells for {len(header)} columns. "
                "Quote text that contains the character between cells."
            )
        _refuse_unnamed(header, line, f"{path.name}, row {number}")
        refuse_long_cells(header, line, f"{path.name}, row {number}")
    return [dict(zip_longest(header, line, fillvalue="")) for line in lines[1:]]


def separator_of(path: Path, known: Collection[str]) -> str:
    """What stands between the cells of a CSV file that ``csv_rows`` reads."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return _separator(file.readline(), known)


def _separator(text: str, known: Collection[str]) -> str:
    """What stands between the cells: that which makes the most known columns of the first line."""
    first = text.partition("\n")[0].rstrip("\r")

    def columns(mark: str) -> int:
        names = (cell.strip("\"' ") for cell in first.split(mark))
        return sum(normal_header(name) in known for name in names)

    return max((",", ";", "\t"), key=columns)


def frame_rows(frame: pd.DataFrame, table: str, known: Collection[str]) -> Rows:
    """The rows of a sheet or a frame, by header. Raises ValueMapError for what is no table."""
    # pandas names a column without a header "Unnamed: 3"
    header = [re.sub(r"^Unnamed: \d+$", "", str(name)) for name in frame.columns]
    rows = list(frame.itertuples(index=False, name=None))
    _refuse_a_header_further_down([header, *rows[:TITLE_ROWS]], table, known)
    _refuse_repeats(header)
    for number, row in enumerate(rows, start=2):
        _refuse_unnamed(header, row, f"row {number}")
        refuse_long_cells(header, row, f"{table}, row {number}")
    return [dict(zip(header, row, strict=True)) for row in rows]


def _refuse_a_header_further_down(
    lines: Sequence[Sequence[Any]], table: str, known: Collection[str]
) -> None:
    """A title, or a merged header, above the row that names the columns."""
    position = header_further_down(lines, known, normal_header)
    if position is not None:
        raise ValueMapError(f"{table}: {header_problem(position)}")


def refuse_spreadsheet_errors(frame: pd.DataFrame, table: str) -> None:
    """Empty cells arrive as empty text, so a missing number is a cell in error (#N/A, #DIV/0!)."""
    for name in frame.columns:
        if bad := [number for number, cell in enumerate(frame[name], start=2) if is_nan(cell)]:
            raise ValueMapError(
                f"{table}, row {bad[0]}, column {str(name)!r}: the cell holds a spreadsheet error "
                "such as #N/A or #DIV/0!. Correct the formula, or clear the cell."
            )


def _refuse_unnamed(header: Sequence[str], cells: Sequence[Any], place: str) -> None:
    for name, cell in zip(header, cells, strict=False):
        if not name.strip() and not is_blank(cell):
            raise ValueMapError(f"{place}: {cell!r} stands in a column without a header. Name it.")


def refuse_long_cells(header: Sequence[str], cells: Sequence[Any], place: str) -> None:
    """Raise ValueMapError for a cell, or a heading, of more letters than a page can show."""
    for name in header:
        if len(name) > LONGEST_NAME:
            raise ValueMapError(
                f"{place}: the heading {name[:20]!r}... has {len(name):,} characters, of which it "
                f"may have {LONGEST_NAME:,}. Shorten it."
            )
    for name, cell in zip(header, cells, strict=False):
        if isinstance(cell, str) and (problem := too_long(normal_header(name), cell)):
            raise ValueMapError(f"{place}, column {name!r}: {problem}.")


def _refuse_repeats(header: Sequence[str]) -> None:
    names = [normal_header(name) for name in header]
    twice = sorted({name for name in names if names.count(name) > 1 and name})
    if twice:
        raise ValueMapError(f"value map: column {twice[0]!r} appears more than once. Keep one.")


def normal_header(header: str) -> str:
    """A header without case, spaces, hyphens, brackets and what stands behind a colon."""
    bare = re.sub(r"\(.*?\)|:.*|[%?]", " ", header, flags=re.DOTALL)
    name = re.sub(r"[\s\-_/]+", "_", bare.strip().lower()).strip("_")
    return ALIASES.get(name, name)
