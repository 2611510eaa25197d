"""Value maps written as tables: CSV files, or a workbook with all of them."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pbc_eval.agreement.base import Agreed
from pbc_eval.agreement.value_map import ValueMap
from pbc_eval.errors import ValueMapError
from pbc_eval.intake.table_cells import cell_text
from pbc_eval.intake.value_map_kinds import (
    CORRELATIONS_SHEET,
    INPUTS,
    INPUTS_SHEET,
    OUTCOMES,
    OUTCOMES_SHEET,
    PAIRS,
    UNCERTAINTY,
    UNCERTAINTY_SHEET,
    Kind,
    Pair,
)
from pbc_eval.intake.workbook_file import Sheet, Value, workbook_bytes


def write_value_map(
    value_map: ValueMap, path: Path, *, inputs: Path | None = None, uncertainty: Path | None = None
) -> None:
    """Write a value map as CSV, or as a workbook with all its tables when ``path`` ends in .xlsx.

    Reading it back gives an equal value map. Text that a spreadsheet would run as a formula gets
    an apostrophe, which reading takes off again.

    Raises ValueMapError when there are inputs, uncertain figures or correlations and nowhere to
    write them.
    """
    pairs = [Pair(first=c.between[0], second=c.between[1], value=c.value)
             for c in value_map.correlations]  # fmt: skip
    if path.suffix.lower() == ".xlsx":
        tables = (
            (OUTCOMES_SHEET, OUTCOMES, value_map.outcomes),
            (INPUTS_SHEET, INPUTS, value_map.inputs),
            (UNCERTAINTY_SHEET, UNCERTAINTY, value_map.uncertainty),
            (CORRELATIONS_SHEET, PAIRS, pairs),
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
    _write_csv(path, value_map.outcomes, OUTCOMES)
    if inputs is not None:
        _write_csv(inputs, value_map.inputs, INPUTS)
    if uncertainty is not None:
        _write_csv(uncertainty, value_map.uncertainty, UNCERTAINTY)


def _write_csv(path: Path, rows: Sequence[Agreed], kind: Kind) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(kind.columns)
        for row in rows:
            writer.writerow([cell_text(getattr(row, name, None)) for name in kind.columns])


def _sheet(title: str, kind: Kind, rows: Sequence[Agreed]) -> Sheet:
    cells = [[_workbook_cell(getattr(row, name, None)) for name in kind.columns] for row in rows]
    return Sheet(title=title, rows=[list(kind.columns), *cells], widths=[18.0] * len(kind.columns))


def _workbook_cell(value: Any) -> Value:
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    return cell_text(value) or None
