"""Workbooks as bytes: text stays text, formulas are only those that this program writes.

The one home of openpyxl for writing. The same content gives the same bytes: no clock, fixed dates
inside the file. A text cell is stored as text whatever it begins with, so nothing in it can run.
"""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

FIXED = "2000-01-01T00:00:00Z"
ZIP_DATE = (2000, 1, 1, 0, 0, 0)
LONGEST_TEXT = 32_000  # a cell holds 32,767 characters


@dataclass(frozen=True, slots=True)
class Formula:
    """A live formula, without its equals sign, made of cell references and numbers only."""

    text: str


Value = str | float | int | bool | Formula | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: rows of values, the header among them."""

    title: str
    rows: Sequence[Sequence[Value]]
    header: int = 1  # number of the header row, from 1; rows down to it stay in view
    bold: Sequence[int] = ()  # other rows in bold, from 1
    widths: Sequence[float] = ()  # of columns, in characters
    formats: Mapping[int, str] = field(default_factory=dict)  # of numbers, by column from 1


def workbook_bytes(sheets: Sequence[Sheet], names: Mapping[str, str] | None = None) -> bytes:
    """An .xlsx file. ``names`` maps a defined name to its cell: 'Inputs'!$B$4."""
    book = Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet.title)
        for r, row in enumerate(sheet.rows, start=1):
            for c, value in enumerate(row, start=1):
                _write(page.cell(r, c), value, sheet.formats.get(c, ""))
                if r == sheet.header:
                    page.cell(r, c).font = Font(bold=True, color="FFFFFF")
                    page.cell(r, c).fill = PatternFill("solid", fgColor="12436D")
                    page.cell(r, c).alignment = Alignment(wrap_text=True, vertical="top")
                elif r in sheet.bold:
                    page.cell(r, c).font = Font(bold=True)
        page.freeze_panes = f"A{sheet.header + 1}"
        for c, width in enumerate(sheet.widths, start=1):
            page.column_dimensions[get_column_letter(c)].width = width
    for name, cell in (names or {}).items():
        book.defined_names[name] = DefinedName(name, attr_text=cell)
    stream = io.BytesIO()
    book.save(stream)
    return _without_clock(stream.getvalue())


def _write(cell: Cell, value: Value, number_format: str) -> None:
    if value is None:
        return
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)[:LONGEST_TEXT]
        cell.data_type = "s"  # never a formula
        cell.quotePrefix = True
        return
    if isinstance(value, Formula):
        cell.value = f"={value.text}"
    elif isinstance(value, float):
        cell.value = repr(value)  # openpyxl would keep 16 digits, one too few to lose nothing
        cell.data_type = "n"
    else:
        cell.value = value
    if number_format and not isinstance(value, bool):
        cell.number_format = number_format


def _without_clock(data: bytes) -> bytes:
    """The same file with fixed dates, inside and on its parts."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", FIXED.encode(), content)
            part = zipfile.ZipInfo(name, ZIP_DATE)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o600 << 16
            new.writestr(part, content)
    return stream.getvalue()
