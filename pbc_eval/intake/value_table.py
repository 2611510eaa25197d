"""Value maps in and out of tables: CSV, Excel workbooks and data frames.

Headers are matched without regard to case, spaces, hyphens and what stands behind a colon or in
brackets, and the wording of Social Value UK's own value map is known; an unknown header is an
error, with the nearest known column. A cell that is not what its column needs is refused with its
row and column. Nothing is guessed (``table_cells``). What is written is read back without loss.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pydantic import ValidationError

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.base import Agreed
from pbc_eval.agreement.problems import problems_in_words
from pbc_eval.agreement.table_layout import AS_IT_IS, TableLayout
from pbc_eval.agreement.uncertainty import Correlation, Uncertain
from pbc_eval.agreement.value_map import (
    ValuedOutcome,
    ValueMap,
    map_problems,
)
from pbc_eval.errors import DataError, ValueMapError
from pbc_eval.intake.cell_table import (
    Rows,
    csv_rows,
    frame_rows,
    normal_header,
    refuse_spreadsheet_errors,
    separator_of,
)
from pbc_eval.intake.laid_out import laid_out_rows
from pbc_eval.intake.number_columns import check_notation
from pbc_eval.intake.raw_cells import BOOK_SUFFIXES
from pbc_eval.intake.table_cells import CellProblem, is_blank, read_cell
from pbc_eval.intake.value_map_kinds import (
    CORRELATIONS_SHEET,
    INPUTS,
    INPUTS_SHEET,
    KNOWN,
    OUTCOMES,
    OUTCOMES_SHEET,
    PAIRS,
    UNCERTAIN,
    UNCERTAINTY,
    UNCERTAINTY_SHEET,
    Kind,
    Pair,
)
from pbc_eval.intake.workbook_file import readable_workbook
from pbc_eval.messages.written_numbers import Notation, read_alike, value_in

WORKED_OUT = {"impact", "present_value", "total_present_value", "net_present_value"}
MOST_SHOWN = 8  # cells or rows with the same problem
MEANT = " Did you mean "


class _Table(NamedTuple):
    """The rows of a table, what it is called, which row of the file its first is, and whether its
    cells stand between commas, all of them text, as a program writes them."""

    rows: Rows
    name: str
    first: int = 2
    by_program: bool = False


NOTHING = _Table([], "")


def read_value_map(
    path: Path,
    *,
    inputs: Path | None = None,
    uncertainty: Path | None = None,
    numbers: Notation | None = None,
    layout: TableLayout = AS_IT_IS,
    inputs_layout: TableLayout = AS_IT_IS,
    uncertainty_layout: TableLayout = AS_IT_IS,
) -> ValueMap:
    """A value map from a CSV file, or a workbook of Excel or LibreOffice.

    ``inputs`` and ``uncertainty`` name the CSV files of those tables. In a workbook the sheets are
    "outcomes" (or the first) and, if there are, "inputs", "uncertainty" and "correlations". Row
    numbers in messages are those of the file, the header being row 1. ``numbers`` says how numbers
    that are text are written, by an example: "1.234,5"; without it they are refused. ``layout``
    says where in the file the outcomes' table stands, and which heading is which column; so do
    ``inputs_layout`` and ``uncertainty_layout`` of those tables.

    Raises ValueMapError that lists every problem: the row, the column, the value, the rule and the
    remedy.
    """
    check_notation(path.name, numbers)
    if not path.is_file():
        raise ValueMapError(f"{path}: no such file.")
    if path.suffix.lower() == ".csv":
        spent = _table(inputs, inputs_layout)
        varied = _table(uncertainty, uncertainty_layout)
        return _build(_table(path, layout), spent, varied, NOTHING, numbers)
    if path.suffix.lower() not in BOOK_SUFFIXES:
        raise ValueMapError(f"{path}: a value map is a .csv, .xlsx or .ods file.")
    if inputs is not None or uncertainty is not None:
        raise ValueMapError(
            f"{path}: put inputs and uncertainty in the workbook's {INPUTS_SHEET!r} and "
            f"{UNCERTAINTY_SHEET!r} sheets."
        )
    is_ods = path.suffix.lower() == ".ods"
    book = path if is_ods else readable_workbook(path, ValueMapError)
    sheets = pd.read_excel(
        book,
        sheet_name=None,
        dtype=object,
        keep_default_na=False,
        engine="calamine" if is_ods else "openpyxl",
    )
    if layout.stated:
        sheets = {name: frame for name, frame in sheets.items() if _is_beside(name)}
    stands = {INPUTS_SHEET: inputs_layout, UNCERTAINTY_SHEET: uncertainty_layout}
    laid_out = {
        kind: _table(path, at.model_copy(update={"sheet": at.sheet or _named_as(kind, sheets)}))
        for kind, at in stands.items()
        if at.stated
    }
    taken = [at.sheet for at in stands.values() if at.stated]
    sheets = {
        name: frame
        for name, frame in sheets.items()
        if name not in taken and str(name).strip().lower() not in laid_out
    }
    for sheet, frame in sheets.items():
        refuse_spreadsheet_errors(frame, f"{path.name}, sheet {sheet}")
    named = {str(name).strip().lower(): frame for name, frame in sheets.items()}
    spent, varied, tied = (
        laid_out.get(name) or _sheet_table(named.pop(name, None), f"{path.name}, sheet {name}")
        for name in (INPUTS_SHEET, UNCERTAINTY_SHEET, CORRELATIONS_SHEET)
    )
    if layout.stated:
        return _build(_table(path, layout), spent, varied, tied, numbers)
    if not named:
        raise ValueMapError(f"{path.name}: has no sheet of outcomes.")
    frame = named.get(OUTCOMES_SHEET, next(iter(named.values())))
    outcomes = _Table(frame_rows(frame, path.name, KNOWN), path.name)
    return _build(outcomes, spent, varied, tied, numbers)


def read_uncertainty(
    path: Path, *, numbers: Notation | None = None, layout: TableLayout = AS_IT_IS
) -> tuple[Uncertain, ...]:
    """Uncertain inputs from a CSV file, one a line, or from a table that is laid out as ``layout``
    says. Raises ValueMapError as above."""
    problems: list[str] = []
    made = _models(_table(path, layout), UNCERTAINTY, numbers, problems)
    _refuse(problems)
    return tuple(UNCERTAIN.validate_python(entry) for entry in made)


def value_map_from_frame(
    outcomes: pd.DataFrame, inputs: pd.DataFrame | None = None, *, numbers: Notation | None = None
) -> ValueMap:
    """A value map from data frames, one row an outcome (and an input). The frames are not changed.

    Raises ValueMapError as ``read_value_map`` does; the first row of the frame is row 2.
    """
    given = [] if inputs is None else frame_rows(inputs, "inputs", KNOWN)
    return _build(
        _Table(frame_rows(outcomes, "value map", KNOWN), "value map"),
        _Table(given, "inputs"),
        NOTHING,
        NOTHING,
        numbers,
    )


def _named_as(kind: str, sheets: Mapping[Any, object]) -> str:
    """The sheet of that kind, as the workbook writes it."""
    return next((str(name) for name in sheets if str(name).strip().lower() == kind), kind)


def _sheet_table(frame: pd.DataFrame | None, table: str) -> _Table:
    return _Table([] if frame is None else frame_rows(frame, table, KNOWN), table)


def _is_beside(sheet: object) -> bool:
    return str(sheet).strip().lower() in (INPUTS_SHEET, UNCERTAINTY_SHEET, CORRELATIONS_SHEET)


def _table(path: Path | None, layout: TableLayout) -> _Table:
    """A CSV file with its headings in the first row, or a table where the layout says that it
    stands; nothing of no file."""
    if path is None:
        return NOTHING
    if not layout.stated:
        rows = csv_rows(path, KNOWN)
        return _Table(rows, path.name, by_program=separator_of(path, KNOWN) == ",")
    try:
        laid_out = laid_out_rows(path, layout)
    except DataError as problem:
        raise ValueMapError(str(problem)) from None
    sheet = f", sheet {layout.sheet}" if layout.sheet else ""
    return _Table(laid_out.rows, path.name + sheet, laid_out.first, laid_out.by_commas)


def _build(
    outcomes: _Table,
    inputs: _Table,
    uncertainty: _Table,
    correlations: _Table,
    numbers: Notation | None,
) -> ValueMap:
    """The map of all tables. Raises ValueMapError with every problem of every table."""
    problems: list[str] = []
    rows, spent, varied, pairs = (
        _models(table, kind, numbers, problems)
        for table, kind in (
            (outcomes, OUTCOMES),
            (inputs, INPUTS),
            (uncertainty, UNCERTAINTY),
            (correlations, PAIRS),
        )
    )
    if problems and rows:
        valued = [row for row in rows if isinstance(row, ValuedOutcome)]
        problems += [f"{outcomes.name}: {problem}." for problem in map_problems(valued)]
    _refuse(problems)
    try:
        return ValueMap.model_validate(
            {
                "outcomes": rows,
                "inputs": spent,
                "uncertainty": varied,
                "correlations": [
                    Correlation(between=(pair.first, pair.second), value=pair.value)
                    for pair in pairs
                    if isinstance(pair, Pair)
                ],
            }
        )
    except ValidationError as error:
        raise ValueMapError(f"{outcomes.name}: {_in_words(error, {})}") from error


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        count = "" if len(problems) == 1 else f"{len(problems)} problems:\n"
        raise ValueMapError(count + "\n".join(problems))


def _models(
    given: _Table, kind: Kind, numbers: Notation | None, problems: list[str]
) -> list[Agreed]:
    """The rows as models; what is wrong with others is added to ``problems``, a line a column."""
    rows, table, first, by_program = given
    if kind is OUTCOMES:
        rows = _with_ids(rows)
    known = list(kind.columns)
    problems += _unknown_columns(rows[0] if rows else {}, known, table)
    built: list[Agreed] = []
    cells_at: dict[tuple[str, str], list[tuple[int, CellProblem]]] = {}
    wrong_rows: dict[str, list[str]] = {}
    for number, row in enumerate(rows, start=first):
        cells = {normal_header(header): value for header, value in row.items() if header.strip()}
        if all(is_blank(value) for value in cells.values()):
            continue
        if total := _total_row(cells):
            problems.append(
                f"{table}, row {number}: looks like a total ({total!r}). Delete the row; totals "
                "are worked out."
            )
            continue
        filled, bad = dict[str, Any](), set[str]()
        for name, value in cells.items():
            if is_blank(value) or name not in known:
                continue
            filled[name], problem = read_cell(name, value, numbers, by_program=by_program)
            if problem is not None:
                cells_at.setdefault((name, problem.rule), []).append((number, problem))
                bad.add(name)
        good = {name: value for name, value in filled.items() if name not in bad}
        label = str(good.get("id") or good.get("stakeholder") or good.get("row") or "")
        try:
            built.append(kind.validate(good))
        except ValidationError as error:
            for line in _problems_of_row(error, good, known, bad):
                wrong_rows.setdefault(line, []).append(f"{number} ({label})")
    problems += [_cells_in_words(table, name, at) for (name, _), at in cells_at.items()]
    problems += _notation_for([cell for at in cells_at.values() for _, cell in at], table, numbers)
    problems += [_rows_in_words(table, line, at) for line, at in wrong_rows.items()]
    return built


def _with_ids(rows: Rows) -> Rows:
    """Rows of a table that has no column of ids are named by who changes and how, in its words."""
    named = [{normal_header(header): header for header in row} for row in rows]
    if not rows or any("id" in headers for headers in named):
        return rows
    made, ids = Rows(), list[str]()
    for row, headers in zip(rows, named, strict=True):
        words = [
            str(row.get(headers.get(part, ""), "") or "") for part in ("stakeholder", "outcome")
        ]
        name = re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")
        if not words[1].strip() or not name or _total_row({k: row[h] for k, h in headers.items()}):
            made.append(row)
            continue
        number = ids.count(name) + 1
        ids.append(name)
        made.append({"id": name if number == 1 else f"{name}-{number}", **row})
    return made


def _total_row(cells: Mapping[str, Any]) -> str:
    """The word of a row of totals: nothing but it and numbers."""
    texts = [
        str(value).strip() for value in cells.values() if isinstance(value, str) and value.strip()
    ]
    is_total = len(texts) == 1 and re.fullmatch(r"(grand |sub-?)?totals?:?|sum:?", texts[0].lower())
    return texts[0] if is_total else ""


def _problems_of_row(
    error: ValidationError, row: Mapping[str, Any], known: Sequence[str], bad: set[str]
) -> list[str]:
    """What is wrong with a row, beside the cells that are ``bad`` already."""
    entries = [entry for entry in error.errors() if not set(map(str, entry["loc"])) & bad]
    if not entries or (
        bad and all(entry["type"] == "value_error" and not entry["loc"] for entry in entries)
    ):
        return []  # a rule of the whole row, which the bad cells may have broken
    lines = _in_words(error, row, known).splitlines()
    return [line for line in lines if line.partition(":")[0].strip() not in bad]


def _cells_in_words(table: str, column: str, at: Sequence[tuple[int, CellProblem]]) -> str:
    """One line a column: every row with what it holds, and what was perhaps meant."""
    number, problem = at[0]
    if len(at) == 1 or not problem.got:
        return f"{table}, row {number}, column {column!r}: {problem.in_words}"
    held = first_few((f"{entry.got} in row {row}" for row, entry in at), MOST_SHOWN)
    meant = [entry.meant for _, entry in at[:MOST_SHOWN]]
    line = f"{table}, column {column!r}: {problem.rule}, got {held}."
    if not all(text.startswith(MEANT) for text in meant):
        return line + next(filter(None, meant), "")
    return (
        f"{line} Did you mean {', '.join(text.removeprefix(MEANT).rstrip('?') for text in meant)}?"
    )


def _notation_for(cells: Sequence[CellProblem], table: str, numbers: Notation | None) -> list[str]:
    """The one notation that reads all of several cells, where none was stated."""
    texts = [cell.text for cell in cells if cell.text]
    if numbers is not None or len(texts) < 2 or len(texts) < len(cells):
        return []
    able = {
        tuple(value_in(text, way) for text in texts): way for way in reversed(read_alike(texts))
    }
    if len(able) != 1:
        return []
    (way,) = able.values()
    return [f'{table}: or state how these are written: numbers: "{way}" reads them all.']


def _rows_in_words(table: str, line: str, at: Sequence[str]) -> str:
    if len(at) == 1:
        return f"{table}, row {at[0]}: {line}"
    return f"{table}, rows {first_few(at, MOST_SHOWN)}: {line}"


def _in_words(error: ValidationError, data: Any, known: Sequence[str] = ()) -> str:
    problems = problems_in_words(error, data, known)
    return "\n".join(line.removeprefix("as a whole: ") for line in problems)


def _unknown_columns(row: Mapping[str, Any], known: Sequence[str], table: str) -> list[str]:
    problems = []
    for header in row:
        name = normal_header(header)
        if not header.strip() or name in known:
            continue
        if name in WORKED_OUT:
            problems.append(
                f"{table}: column {header!r} is worked out, not read. Remove it from the table."
            )
            continue
        problems.append(f"{table}: unknown column {header!r}.{did_you_mean(name, known)}")
    if problems and any("unknown" in problem for problem in problems):
        problems[-1] += f" Known columns: {', '.join(known)}."
    return problems
