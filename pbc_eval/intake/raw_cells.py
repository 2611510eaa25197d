"""The cells of a file as they stand, sheet by sheet and row by row: before anything is a heading.

data.csv .tsv .txt     any encoding that is stated or can be told, any separator
data.xlsx .ods         by python-calamine, which reads values and no formulas
"""

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.errors import DataError
from pbc_eval.intake.workbook_file import readable_workbook, refuse_a_trap

_NO_FILES = frozenset({"idna", "punycode", "undefined", "raw-unicode-escape", "unicode-escape"})

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
BOOK_SUFFIXES = (".xlsx", ".ods")
SEPARATORS = (",", ";", "\t", "|")
LOOKED_AT = 200  # lines from which a separator is told
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Cells:
    """``rows`` of one sheet, from its first row, each as wide as it was written."""

    sheet: str  # empty for a text file
    rows: Sequence[Sequence[Any]]
    are_text: bool  # every cell is text: what it is must be told from how it is written
    encoding: str = ""
    separator: str = ""


def raw_cells(
    path: Path,
    sheet: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    *,
    stated_only: bool = True,
) -> Cells:
    """The cells of one sheet (the first if none is named), or of a text file. With
    ``stated_only`` an encoding that is not UTF-8 must be stated; else it is taken for what it looks
    like.

    Raises DataError for a sheet that is not there, for a sheet, encoding or separator stated of a
    kind of file that has none, and for text that is not of the encoding.
    """
    suffix = path.suffix.lower()
    if suffix in BOOK_SUFFIXES:
        stated = {"encoding": encoding, "separator": separator}
        if useless := [key for key, value in stated.items() if value]:
            raise DataError(f"{path.name}: {useless[0]} is for text files. Leave it out.")
        return _of_book(path, sheet)
    if suffix in TEXT_SUFFIXES:
        if sheet:
            raise DataError(f"{path.name}: sheet is for workbooks. Leave it out.")
        return _of_text(path, encoding, separator, stated_only=stated_only)
    raise DataError(
        f"{path.name}: header_row, last_row, fill_down, sheet, encoding and separator are for "
        f"{', '.join((*TEXT_SUFFIXES, *BOOK_SUFFIXES))}. Leave them out."
    )


def sheet_names(path: Path) -> tuple[str, ...]:
    """The sheets of a workbook, in their order; none for a text file."""
    if path.suffix.lower() not in BOOK_SUFFIXES:
        return ()
    return tuple(_book(path).sheet_names)


def _book(path: Path) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 seldom needed

    try:
        if path.suffix.lower() == ".xlsx":
            return CalamineWorkbook.from_object(readable_workbook(path))
        refuse_a_trap(path, DataError)
        return CalamineWorkbook.from_object(path)
    except (BadZipFile, CalamineError, OSError, ValueError) as problem:
        raise DataError(f"{path.name}: is no workbook that can be read: {problem}.") from None


def _of_book(path: Path, sheet: str | None) -> Cells:
    book = _book(path)
    names = list(book.sheet_names)
    if not names:
        raise DataError(f"{path.name}: has no sheet.")
    if sheet is not None and sheet not in names:
        raise DataError(
            f"{path.name}: there is no sheet {sheet!r}.{did_you_mean(sheet, names)} "
            f"Sheets found: {first_few(names)}."
        )
    page = book.get_sheet_by_name(sheet or names[0])
    rows = page.to_python(skip_empty_area=False)
    return Cells(sheet or names[0], [[_cell(cell) for cell in row] for row in rows], are_text=False)


def _cell(cell: Any) -> Any:
    """A workbook keeps every number as a float; whole ones are whole."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return None if cell == "" else cell


def _of_text(
    path: Path, encoding: str | None, separator: str | None, *, stated_only: bool
) -> Cells:
    content = path.read_bytes()
    used = encoding or encoding_of(content)
    if stated_only and encoding is None and used == "cp1252":
        raise DataError(
            f"{path.name}: is not UTF-8. State its encoding (cp1252 for what Excel saves as "
            "'CSV'), or save it as 'CSV UTF-8'."
        )
    try:
        text = content.decode(used if _has_letters(used) else "none")
    except LookupError:
        raise DataError(
            f"{path.name}: encoding {used!r} is not known. Use utf-8, cp1252 or utf-16."
        ) from None
    except UnicodeDecodeError as problem:
        raise DataError(
            f"{path.name}: is not {used}: byte {problem.start} is none of its letters. State "
            "another encoding: cp1252 for what Excel saves as 'CSV', utf-16 for 'Unicode text'."
        ) from None
    mark = "\t" if separator == "tab" else separator or separator_of(text)
    try:
        rows = list(
            csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=mark)
        )
    except csv.Error as problem:
        raise DataError(f"{path.name}: is not a well-formed text table: {problem}.") from None
    return Cells("", rows, are_text=True, encoding=used, separator="tab" if mark == "\t" else mark)


def _has_letters(encoding: str) -> bool:
    """Is it an encoding of files? Of the others some read one text as another. Raises LookupError
    for one that is not known."""
    return codecs.lookup(encoding).name not in _NO_FILES


def encoding_of(content: bytes) -> str:
    """UTF-16 by its mark, UTF-8 where every byte is, else the encoding of Excel's plain CSV."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return name
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def separator_of(text: str) -> str:
    """What stands between cells: the mark under which most lines have as many cells as most."""
    lines = [line for line in text.splitlines()[:LOOKED_AT] if line.strip()]

    def agreement(mark: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=mark)]
        except csv.Error:
            return 0, 0
        cells = max(set(widths), key=lambda w: (widths.count(w), w), default=1)
        return (widths.count(cells), cells) if cells > 1 else (0, 0)

    return max(SEPARATORS, key=agreement)
