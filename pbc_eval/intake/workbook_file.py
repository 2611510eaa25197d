"""Workbooks as bytes: text stays text, formulas are only those that this program writes; and
workbooks that people bring, without the empty cells that make a small sheet a gigantic one.

The one home of openpyxl. The same content gives the same bytes: no clock, fixed dates
inside the file. A text cell is stored as text whatever it begins with, so nothing in it can run.
"""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError, PbcError
from pbc_eval.intake.header_row import refuse_too_wide
from pbc_eval.intake.open_document import LONGEST_IN_FILE, MOST_ROWS, refuse_repeats
from pbc_eval.numerics.published import published

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

FIXED = "2000-01-01T00:00:00Z"
ZIP_DATE = (2000, 1, 1, 0, 0, 0)
MOST_EMPTY = 2_000_000  # cells of a sheet's area without a use, before it is looked at closely
MOST_UNPACKED = 1_000_000_000  # bytes of all parts of a workbook
SPARSE = 20  # times as large an area as there are cells
_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]+)"')
_FORMULA = re.compile(rb'(<c r="([A-Z]+[0-9]+)"[^>]*><f>[^<]*</f>)<v ?(?:/>|></v>)')
LONGEST_TEXT = 32_000  # a cell holds 32,767 characters
_LONG = re.compile(rb"[^<]{%d}" % (LONGEST_IN_FILE + 1))


@dataclass(frozen=True, slots=True)
class Formula:
    """A live formula, without its equals sign, made of cell references and numbers only.

    ``value`` is what it comes to: kept in the file, for programs that show a workbook without
    working it out (a protected view, a preview).
    """

    text: str
    value: float


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
    from openpyxl import Workbook  # noqa: PLC0415 heavy, and seldom needed
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415 likewise
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 likewise
    from openpyxl.workbook.defined_name import DefinedName  # noqa: PLC0415 likewise

    book = Workbook()
    book.remove(book.active)
    kept: dict[str, dict[bytes, float]] = {}
    for number, sheet in enumerate(sheets, start=1):
        values = kept.setdefault(f"xl/worksheets/sheet{number}.xml", {})
        page = book.create_sheet(sheet.title)
        for r, row in enumerate(sheet.rows, start=1):
            for c, value in enumerate(row, start=1):
                _write(page.cell(r, c), value, sheet.formats.get(c, ""))
                if isinstance(value, Formula):
                    values[page.cell(r, c).coordinate.encode()] = value.value
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
    return without_clock(stream.getvalue(), kept)


def _write(cell: "Cell", value: Value, number_format: str) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415 heavy

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


def _with_values(content: bytes, values: Mapping[bytes, float]) -> bytes:
    """The part of a sheet with what each of its formulas comes to, which openpyxl leaves blank."""

    def fill(cell: re.Match[bytes]) -> bytes:
        value = published(float(values[cell[2]]))  # alike on every machine
        return cell[1] + b"<v>" + repr(value).encode() + b"</v>"

    return _FORMULA.sub(fill, content)


def without_clock(data: bytes, values: Mapping[str, Mapping[bytes, float]]) -> bytes:
    """The same workbook or document with fixed dates, inside and on its parts, and the ``values``
    that its formulas come to, by part and cell."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", FIXED.encode(), content)
            if values.get(name):
                content = _with_values(content, values[name])
            part = zipfile.ZipInfo(name, ZIP_DATE)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.create_system = 3  # Unix, wherever this runs
            part.external_attr = 0o600 << 16
            new.writestr(part, content)
    return stream.getvalue()


def readable_workbook(path: Path, error: type[PbcError] = DataError) -> Path | io.BytesIO:
    """The workbook as it can be read into memory: itself, or a copy without empty cells far from
    its tables (a format, or a deleted cell, at the last row). Values stay as they are.

    Raises ``error``, naming the cell, where one that holds something stands so far from the others
    that the sheet between them does not fit into memory.
    """
    refuse_a_trap(path, error)
    if not _has_sparse_sheets(path, error):
        return path
    from openpyxl import load_workbook  # noqa: PLC0415 heavy, and seldom needed

    book = load_workbook(path, data_only=True)
    for sheet in book.worksheets:
        _without_far_cells(sheet, path.name, error)
    buffer = io.BytesIO()
    book.save(buffer)
    return io.BytesIO(buffer.getvalue())


def refuse_a_trap(
    path: Path,
    error: type[PbcError],
    *,
    kind: str = "workbook",
    program: str = "spreadsheet program",
    remedy: str = "Save the table as CSV or Parquet.",
    most: int | None = None,
) -> None:
    """Refuse a file that is small and unpacks to more than ``most`` bytes (of a workbook), or has
    entities.

    ``kind`` is what it should be, and ``program`` what would have written it.
    """
    most = MOST_UNPACKED if most is None else most
    with zipfile.ZipFile(path) as parts:
        unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > most:
            raise error(
                f"{path.name}: unpacks to {unpacked / 1e6:,.0f} MB, more than the "
                f"{most / 1e6:,.0f} MB that a {kind} may have. {remedy}"
            )
        for part in parts.infolist():
            if not part.filename.endswith((".xml", ".rels")):
                continue
            with parts.open(part) as stream:
                if re.search(rb"<!(DOCTYPE|ENTITY)", stream.read(4096), re.IGNORECASE):
                    raise error(
                        f"{path.name}: defines entities ({part.filename}), which no {program} "
                        "does. Open it in one and save it again."
                    )
    if path.suffix.lower() == ".ods":
        refuse_repeats(path, error)


def _has_sparse_sheets(path: Path, error: type[PbcError]) -> bool:
    """Raises ``error`` for more rows, or a longer text, than a sheet or a cell can have."""
    sparse = False
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            is_sheet = name.startswith("xl/worksheets/sheet")
            if not is_sheet and name != "xl/sharedStrings.xml":
                continue
            content = parts.read(name)
            if is_sheet and content.count(b"<row") > MOST_ROWS:
                raise error(
                    f"{path.name}: {name} has more than the {MOST_ROWS:,} rows that a sheet can "
                    "have. Save the table as CSV or Parquet."
                )
            if _LONG.search(content):
                raise error(
                    f"{path.name}: {name} holds a text of more than {LONGEST_IN_FILE:,} bytes; a "
                    "cell has at most 32,767 characters. Shorten it."
                )
            sparse |= is_sheet and _is_sparse(_CELL.findall(content))
    return sparse


def _is_sparse(cells: Sequence[tuple[bytes, bytes]]) -> bool:
    if not cells:
        return False
    from openpyxl.utils import column_index_from_string  # noqa: PLC0415 heavy, and seldom needed

    columns = {letters for letters, _ in cells}
    width = max(column_index_from_string(letters.decode()) for letters in columns)
    return _too_empty(max(int(row) for _, row in cells) * width, len(cells))


def _too_empty(area: int, cells: int) -> bool:
    return area - cells > MOST_EMPTY and area > SPARSE * cells


def _without_far_cells(sheet: "Worksheet", name: str, error: type[PbcError]) -> None:
    """Empty cells go where there are too many of them; a far cell that holds something is told."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 heavy, and seldom needed

    every: dict[tuple[int, int], Cell] = sheet._cells  # sparse: only what the file has
    full = {at: cell for at, cell in every.items() if cell.value not in (None, "")}
    height, width = (max((at[side] for at in full), default=0) for side in (0, 1))
    if _too_empty(height * width, len(full)):
        far = max(full, key=lambda at: (at[0] * at[1], at))
        others = [at for at in full if at != far]
        place = f"{name}, sheet {sheet.title!r}: cell {full[far].coordinate}"
        if not others:
            raise error(
                f"{place} is the only one that holds something. Name another file or sheet."
            )
        corner = f"{get_column_letter(max(c for _, c in others))}{max(r for r, _ in others)}"
        raise error(
            f"{place} holds {full[far].value!r}, far from the other {len(others):,} cells, which "
            f"end at {corner}. Delete it, or move it to a sheet of its own."
        )
    for at in [at for at in every if at not in full]:
        del every[at]


def sheet_frame(path: Path, name: str) -> pd.DataFrame:
    """One sheet of a workbook, the first without a name. Raises DataError for one not there."""
    is_ods = path.suffix.lower() == ".ods"
    if is_ods:
        refuse_a_trap(path, DataError)
    file, engine = (path, "calamine") if is_ods else (readable_workbook(path), "openpyxl")
    book = pd.ExcelFile(file, engine=engine)  # type: ignore[arg-type]
    with book:
        if name and name not in book.sheet_names:
            raise DataError(
                f"{path.name}: there is no sheet {name!r}. "
                f"Sheets found: {first_few(book.sheet_names)}."
            )
        frame = pd.read_excel(book, sheet_name=name or 0)
    refuse_too_wide(path.name, len(frame.columns))
    return frame
