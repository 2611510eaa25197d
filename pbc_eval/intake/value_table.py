"""Value maps in and out of tables: CSV, Excel workbooks and data frames.

Headers are matched without regard to case, spaces, hyphens and what stands behind a colon or in
brackets, and the wording of Social Value UK's own value map is known; an unknown header is an
error, with the nearest known column. A cell that is not what its column needs is refused with its
row and column. Nothing is guessed (``table_cells``). What is written is read back without loss.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.base import Agreed
from pbc_eval.agreement.problems import problems_in_words
from pbc_eval.agreement.uncertainty import Correlation, Uncertain
from pbc_eval.agreement.value_map import StakeholderInput, ValuedOutcome, ValueMap
from pbc_eval.errors import ValueMapError
from pbc_eval.intake.cell_table import (
    Rows,
    csv_rows,
    frame_rows,
    normal_header,
    refuse_spreadsheet_errors,
)
from pbc_eval.intake.table_cells import (
    cell_text,
    cell_value,
    is_blank,
)
from pbc_eval.intake.workbook_file import Sheet, Value, workbook_bytes

WORKED_OUT = {"impact", "present_value", "total_present_value", "net_present_value"}
OUTCOMES_SHEET, INPUTS_SHEET, UNCERTAINTY_SHEET = "outcomes", "inputs", "uncertainty"
CORRELATIONS_SHEET = "correlations"


class _Kind(NamedTuple):
    """One kind of table: its columns, and a row of it as a model."""

    columns: tuple[str, ...]
    validate: Callable[[dict[str, Any]], Agreed]


class _Pair(Agreed):
    """A correlation as a line of a table."""

    first: str
    second: str
    value: float


_UNCERTAIN: TypeAdapter[Uncertain] = TypeAdapter(Uncertain)
_OUTCOMES = _Kind(tuple(ValuedOutcome.model_fields), ValuedOutcome.model_validate)
_INPUTS = _Kind(tuple(StakeholderInput.model_fields), StakeholderInput.model_validate)
_PAIRS = _Kind(tuple(_Pair.model_fields), _Pair.model_validate)
_UNCERTAINTY = _Kind(
    ("row", "input", "type", "mean", "std_dev", "low", "mode", "high", "alpha", "beta", "shape",
     "values", "value", "truncate", "source"),
    _UNCERTAIN.validate_python,
)  # fmt: skip
_KNOWN = {*_OUTCOMES.columns, *_INPUTS.columns, *_UNCERTAINTY.columns}


def read_value_map(
    path: Path, *, inputs: Path | None = None, uncertainty: Path | None = None
) -> ValueMap:
    """A value map from a CSV file or an Excel workbook.

    ``inputs`` and ``uncertainty`` name the CSV files of those tables. In a workbook the sheets are
    "outcomes" (or the first) and, if there are, "inputs", "uncertainty" and "correlations". Row
    numbers in messages are those of the file, the header being row 1.

    Raises ValueMapError naming the row, the column, the value, the rule and the remedy.
    """
    if not path.is_file():
        raise ValueMapError(f"{path}: no such file.")
    if path.suffix.lower() == ".csv":
        spent, varied = (_csv_table(at) for at in (inputs, uncertainty))
        return _build(_csv_table(path), spent, varied, ([], ""))
    if path.suffix.lower() != ".xlsx":
        raise ValueMapError(f"{path}: a value map is a .csv or .xlsx file.")
    if inputs is not None or uncertainty is not None:
        raise ValueMapError(
            f"{path}: put inputs and uncertainty in the workbook's {INPUTS_SHEET!r} and "
            f"{UNCERTAINTY_SHEET!r} sheets."
        )
    sheets = pd.read_excel(path, sheet_name=None, dtype=object, keep_default_na=False)
    for sheet, frame in sheets.items():
        refuse_spreadsheet_errors(frame, f"{path.name}, sheet {sheet}")
    named = {str(name).strip().lower(): frame for name, frame in sheets.items()}
    spent, varied, tied = (
        _sheet_table(named.pop(name, None), f"{path.name}, sheet {name}")
        for name in (INPUTS_SHEET, UNCERTAINTY_SHEET, CORRELATIONS_SHEET)
    )
    if not named:
        raise ValueMapError(f"{path.name}: has no sheet of outcomes.")
    frame = named.get(OUTCOMES_SHEET, next(iter(named.values())))
    return _build((frame_rows(frame, path.name, _KNOWN), path.name), spent, varied, tied)


def read_uncertainty(path: Path) -> tuple[Uncertain, ...]:
    """Uncertain inputs from a CSV file, one a line. Raises ValueMapError as above."""
    made = _models(csv_rows(path, _KNOWN), _UNCERTAINTY, path.name)
    return tuple(_UNCERTAIN.validate_python(entry) for entry in made)


def value_map_from_frame(outcomes: pd.DataFrame, inputs: pd.DataFrame | None = None) -> ValueMap:
    """A value map from data frames, one row an outcome (and an input). The frames are not changed.

    Raises ValueMapError as ``read_value_map`` does; the first row of the frame is row 2.
    """
    given = [] if inputs is None else frame_rows(inputs, "inputs", _KNOWN)
    return _build(
        (frame_rows(outcomes, "value map", _KNOWN), "value map"),
        (given, "inputs"),
        ([], ""),
        ([], ""),
    )


def write_value_map(
    value_map: ValueMap, path: Path, *, inputs: Path | None = None, uncertainty: Path | None = None
) -> None:
    """Write a value map as CSV, or as a workbook with all its tables when ``path`` ends in .xlsx.

    Reading it back gives an equal value map. Text that a spreadsheet would run as a formula gets
    an apostrophe, which reading takes off again.

    Raises ValueMapError when there are inputs, uncertain figures or correlations and nowhere to
    write them.
    """
    pairs = [_Pair(first=c.between[0], second=c.between[1], value=c.value)
             for c in value_map.correlations]  # fmt: skip
    if path.suffix.lower() == ".xlsx":
        tables = (
            (OUTCOMES_SHEET, _OUTCOMES, value_map.outcomes),
            (INPUTS_SHEET, _INPUTS, value_map.inputs),
            (UNCERTAINTY_SHEET, _UNCERTAINTY, value_map.uncertainty),
            (CORRELATIONS_SHEET, _PAIRS, pairs),
        )
        path.write_bytes(workbook_bytes([_sheet(*table) for table in tables]))
        return
    for what, rows, at in (
        ("inputs", value_map.inputs, inputs),
        ("uncertainty", value_map.uncertainty, uncertainty),
    ):
        if rows and at is None:
            raise ValueMapError(
                f"{path.name}: the map has {what}. Give {what}= a path, to keep them."
            )
    if pairs:
        raise ValueMapError(f"{path.name}: the map has correlations. Write it as .xlsx.")
    _write_csv(path, value_map.outcomes, _OUTCOMES)
    if inputs is not None:
        _write_csv(inputs, value_map.inputs, _INPUTS)
    if uncertainty is not None:
        _write_csv(uncertainty, value_map.uncertainty, _UNCERTAINTY)


def _write_csv(path: Path, rows: Sequence[Agreed], kind: _Kind) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(kind.columns)
        for row in rows:
            writer.writerow([cell_text(getattr(row, name, None)) for name in kind.columns])


def _sheet(title: str, kind: _Kind, rows: Sequence[Agreed]) -> Sheet:
    cells = [[_workbook_cell(getattr(row, name, None)) for name in kind.columns] for row in rows]
    return Sheet(title=title, rows=[list(kind.columns), *cells], widths=[18.0] * len(kind.columns))


def _workbook_cell(value: Any) -> Value:
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    return cell_text(value) or None


def _csv_table(path: Path | None) -> tuple[Rows, str]:
    return ([], "") if path is None else (csv_rows(path, _KNOWN), path.name)


def _sheet_table(frame: pd.DataFrame | None, table: str) -> tuple[Rows, str]:
    return ([] if frame is None else frame_rows(frame, table, _KNOWN)), table


def _build(
    outcomes: tuple[Rows, str],
    inputs: tuple[Rows, str],
    uncertainty: tuple[Rows, str],
    correlations: tuple[Rows, str],
) -> ValueMap:
    name = outcomes[1]
    pairs = _models(correlations[0], _PAIRS, correlations[1])
    try:
        return ValueMap.model_validate(
            {
                "outcomes": _models(outcomes[0], _OUTCOMES, name),
                "inputs": _models(inputs[0], _INPUTS, inputs[1]),
                "uncertainty": _models(uncertainty[0], _UNCERTAINTY, uncertainty[1]),
                "correlations": [
                    Correlation(between=(pair.first, pair.second), value=pair.value)
                    for pair in pairs
                    if isinstance(pair, _Pair)
                ],
            }
        )
    except ValidationError as error:
        raise ValueMapError(f"{name}: {_in_words(error, {})}") from error


def _models(rows: Rows, kind: _Kind, table: str) -> list[Agreed]:
    known = list(kind.columns)
    _refuse_unknown(rows[0] if rows else {}, known, table)
    built: list[Agreed] = []
    for number, row in enumerate(rows, start=2):
        place = f"{table}, row {number}"
        cells = {normal_header(header): value for header, value in row.items() if header.strip()}
        if all(is_blank(value) for value in cells.values()):
            continue
        filled = {name: cell_value(place, name, v) for name, v in cells.items() if not is_blank(v)}
        label = str(filled.get("id") or filled.get("stakeholder") or filled.get("row") or "")
        try:
            built.append(kind.validate(filled))
        except ValidationError as error:
            problems = _in_words(error, filled, known)
            raise ValueMapError(f"{place} ({label}): {problems}") from error
    return built


def _in_words(error: ValidationError, data: Any, known: Sequence[str] = ()) -> str:
    problems = problems_in_words(error, data, known)
    return "\n".join(line.removeprefix("as a whole: ") for line in problems)


def _refuse_unknown(row: Mapping[str, Any], known: Sequence[str], table: str) -> None:
    for header in row:
        name = normal_header(header)
        if not header.strip() or name in known:
            continue
        if name in WORKED_OUT:
            raise ValueMapError(
                f"{table}: column {header!r} is worked out, not read. Remove it from the table."
            )
        raise ValueMapError(
            f"{table}: unknown column {header!r}.{did_you_mean(name, known)} "
            f"Known columns: {', '.join(known)}."
        )
