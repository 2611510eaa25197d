"""Sheets of an OpenDocument workbook (.ods) before they are read: a row, or a cell, may be said to
stand there two thousand million times, and a text may be of any length.

Source: OpenDocument 1.3, part 3, 19.677 and 19.679 (table:number-rows-repeated,
table:number-columns-repeated).
"""

import re
import zipfile
from pathlib import Path

from pbc_eval.errors import PbcError

MOST_ROWS = 1_048_576  # of a sheet, in any spreadsheet program
MOST_COLUMNS = 16_384
MOST_ADDED = 20_000_000  # cells that are there by being repeated
LONGEST_IN_FILE = 200_000  # bytes of one text; a cell holds 32,767 characters
_ROW = re.compile(
    rb"<(?:[\w.-]+:)?table-row\b([^>]*?)(?:/>|>(.*?)</(?:[\w.-]+:)?table-row\s*>)", re.S
)
_CELL = re.compile(
    rb"<(?:[\w.-]+:)?(?:covered-)?table-cell\b([^>]*?)"
    rb"(?:/>|>(.*?)</(?:[\w.-]+:)?(?:covered-)?table-cell\s*>)",
    re.S,
)
_REPEATED = re.compile(rb"number-(?:rows|columns)-repeated\s*=\s*[\"']\s*(\d+)")
_SHEET = re.compile(rb"<(?:[\w.-]+:)?table(?=[\s>])")
_LONG = re.compile(rb"[^<]{%d}" % (LONGEST_IN_FILE + 1))


def refuse_repeats(path: Path, error: type[PbcError]) -> None:
    """Raise ``error`` for a sheet of more rows, columns or repeated cells than a program writes, or
    with a text that no cell holds. Empty ones at the end of a row or a sheet count for nothing."""
    with zipfile.ZipFile(path) as parts:
        if "content.xml" not in parts.namelist():
            return
        content = parts.read("content.xml")
    if _LONG.search(content):
        raise error(
            f"{path.name}: content.xml holds a text of more than {LONGEST_IN_FILE:,} bytes; a cell "
            "has at most 32,767 characters. Shorten it."
        )
    for sheet in _SHEET.split(content)[1:]:
        rows, columns, added = _extent(sheet)
        if rows > MOST_ROWS or columns > MOST_COLUMNS or added > MOST_ADDED:
            raise error(
                f"{path.name}: a row or a cell is repeated until its sheet has {rows:,} rows and "
                f"{columns:,} columns, more than a spreadsheet program writes. Save the table as "
                "CSV or Parquet."
            )


def _extent(sheet: bytes) -> tuple[int, int, int]:
    """Rows down to the last that holds something, columns of the widest, and cells that are there
    by being repeated."""
    rows = empty = columns = added = 0
    for row in _ROW.finditer(sheet):
        times = _times(row[1])
        width, cells = _width(row[2] or b"")
        if not width:
            empty += times
            continue
        rows, empty = rows + empty + times, 0
        columns = max(columns, width)
        added += times * width - cells
    return rows, columns, added


def _width(row: bytes) -> tuple[int, int]:
    """The place of the last cell that holds something, and how many are written down."""
    width = empty = cells = 0
    for cell in _CELL.finditer(row):
        cells += 1
        if not cell[2] and b"value" not in cell[1]:
            empty += _times(cell[1])
            continue
        width, empty = width + empty + _times(cell[1]), 0
    return width, cells


def _times(attributes: bytes) -> int:
    repeated = _REPEATED.search(attributes)
    return int(repeated[1][:18]) if repeated else 1
