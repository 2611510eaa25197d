"""Value maps in and out of tables: CSV, Excel workbooks and data frames.

Headers are matched without regard to case, spaces and hyphens; an unknown one is an error, with
the nearest known column. A cell that is not what its column needs is refused with its row and
column. Nothing is guessed: "1,000", "£5", "25%" and dates made by Excel are all refused.
"""

import csv
import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import ValidationError

from pbc_eval._validate import did_you_mean
from pbc_eval.errors import ValueMapError
from pbc_eval.spec.base import Agreed
from pbc_eval.spec.problems import problems_in_words
from pbc_eval.spec.value_map import StakeholderInput, ValuedOutcome, ValueMap

Rows = list[dict[str, Any]]
M = TypeVar("M", bound=Agreed)
SHARES = {"deadweight", "displacement", "attribution", "leakage", "drop_off"}
WHOLE = {"duration", "start"}
NUMBERS = SHARES | WHOLE | {
    "number_in_group", "number_involved", "input_value", "quantity", "sample_size",
    "proxy_value", "value",
}  # fmt: skip
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
ALIASES = {"dropoff": "drop_off", "dead_weight": "deadweight"}
OUTCOMES_SHEET, INPUTS_SHEET = "outcomes", "inputs"


def read_value_map(path: Path, *, inputs: Path | None = None) -> ValueMap:
    """A value map from a CSV file or an Excel workbook.

    ``inputs`` names the CSV file of the inputs table (stakeholder, description, value). In a
    workbook the sheets are "outcomes" (or the first) and, if there is one, "inputs". Row numbers
    in messages are those of the file, the header being row 1.

    Raises ValueMapError naming the row, the column, the value, the rule and the remedy.
    """
    if not path.is_file():
        raise ValueMapError(f"{path}: no such file.")
    if path.suffix.lower() == ".csv":
        given = _csv_rows(inputs) if inputs is not None else []
        return _build(_csv_rows(path), given, path.name, inputs.name if inputs else "")
    if path.suffix.lower() != ".xlsx":
        raise ValueMapError(f"{path}: a value map is a .csv or .xlsx file.")
    if inputs is not None:
        raise ValueMapError(f"{path}: put inputs in the workbook's {INPUTS_SHEET!r} sheet.")
    sheets = pd.read_excel(path, sheet_name=None, dtype=object, keep_default_na=False)
    for sheet, frame in sheets.items():
        _refuse_spreadsheet_errors(frame, f"{path.name}, sheet {sheet}")
    named = {str(name).strip().lower(): frame for name, frame in sheets.items()}
    given_frame = named.pop(INPUTS_SHEET, None)
    if not named:
        raise ValueMapError(f"{path.name}: has no sheet of outcomes.")
    frame = named.get(OUTCOMES_SHEET, next(iter(named.values())))
    given = [] if given_frame is None else _frame_rows(given_frame)
    return _build(_frame_rows(frame), given, path.name, f"{path.name}, sheet {INPUTS_SHEET}")


def value_map_from_frame(outcomes: pd.DataFrame, inputs: pd.DataFrame | None = None) -> ValueMap:
    """A value map from data frames, one row an outcome (and an input). The frames are not changed.

    Raises ValueMapError as ``read_value_map`` does; the first row of the frame is row 2.
    """
    given = [] if inputs is None else _frame_rows(inputs)
    return _build(_frame_rows(outcomes), given, "value map", "inputs")


def write_value_map(value_map: ValueMap, path: Path, *, inputs: Path | None = None) -> None:
    """Write outcomes (and inputs) as CSV; reading them back gives an equal value map.

    Raises ValueMapError when there are inputs and nowhere to write them.
    """
    if value_map.inputs and inputs is None:
        raise ValueMapError(f"{path.name}: the map has inputs. Give inputs= a path, to keep them.")
    _write_csv(path, value_map.outcomes, ValuedOutcome)
    if inputs is not None:
        _write_csv(inputs, value_map.inputs, StakeholderInput)


def _write_csv(path: Path, rows: Sequence[Agreed], model: type[Agreed]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(model.model_fields)
        for row in rows:
            writer.writerow([_as_text(value) for _, value in row])


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return repr(value) if isinstance(value, float) else str(value)


def _csv_rows(path: Path) -> Rows:
    if not path.is_file():
        raise ValueMapError(f"{path}: no such file.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # Excel writes a byte-order mark
            lines = list(csv.reader(file, strict=True))
    except UnicodeDecodeError as error:
        raise ValueMapError(f"{path.name}: is not UTF-8. Save it as 'CSV UTF-8'.") from error
    except csv.Error as error:
        raise ValueMapError(f"{path.name}: is not a well-formed CSV file: {error}.") from error
    if not lines:
        raise ValueMapError(f"{path.name}: is empty. The first row names the columns.")
    header = lines[0]
    _refuse_repeats(header)
    for number, line in enumerate(lines[1:], start=2):
        if len(line) > len(header):
            raise ValueMapError(
                f"{path.name}, row {number}: has {len(line)} cells for {len(header)} columns. "
                "Quote text that contains commas."
            )
        _refuse_unnamed(header, line, f"{path.name}, row {number}")
    return [dict(zip_longest(header, line, fillvalue="")) for line in lines[1:]]


def _frame_rows(frame: pd.DataFrame) -> Rows:
    # pandas names a column without a header "Unnamed: 3"
    header = [re.sub(r"^Unnamed: \d+$", "", str(name)) for name in frame.columns]
    _refuse_repeats(header)
    rows = list(frame.itertuples(index=False, name=None))
    for number, row in enumerate(rows, start=2):
        _refuse_unnamed(header, row, f"row {number}")
    return [dict(zip(header, row, strict=True)) for row in rows]


def _refuse_spreadsheet_errors(frame: pd.DataFrame, table: str) -> None:
    """Empty cells arrive as empty text, so a missing number is a cell in error (#N/A, #DIV/0!)."""
    for name in frame.columns:
        if bad := [number for number, cell in enumerate(frame[name], start=2) if _is_nan(cell)]:
            raise ValueMapError(
                f"{table}, row {bad[0]}, column {str(name)!r}: the cell holds a spreadsheet error "
                "such as #N/A or #DIV/0!. Correct the formula, or clear the cell."
            )


def _refuse_unnamed(header: Sequence[str], cells: Sequence[Any], place: str) -> None:
    for name, cell in zip(header, cells, strict=False):
        if not name.strip() and not _blank(cell):
            raise ValueMapError(f"{place}: {cell!r} stands in a column without a header. Name it.")


def _refuse_repeats(header: Sequence[str]) -> None:
    names = [_normal(name) for name in header]
    twice = sorted({name for name in names if names.count(name) > 1 and name})
    if twice:
        raise ValueMapError(f"value map: column {twice[0]!r} appears more than once. Keep one.")


def _normal(header: str) -> str:
    name = re.sub(r"[\s\-_]+", "_", header.strip().lower()).strip("_")
    return ALIASES.get(name, name)


def _build(outcomes: Rows, inputs: Rows, name: str, inputs_name: str) -> ValueMap:
    rows = _models(outcomes, ValuedOutcome, name)
    given = _models(inputs, StakeholderInput, inputs_name)
    try:
        return ValueMap(outcomes=tuple(rows), inputs=tuple(given))
    except ValidationError as error:
        raise ValueMapError(f"{name}: " + "\n".join(problems_in_words(error, {}))) from error


def _models(rows: Rows, model: type[M], table: str) -> list[M]:
    known = list(model.model_fields)
    _refuse_unknown(rows[0] if rows else {}, known, table)
    built: list[M] = []
    for number, row in enumerate(rows, start=2):
        place = f"{table}, row {number}"
        cells = {_normal(header): value for header, value in row.items() if header.strip()}
        if all(_blank(value) for value in cells.values()):
            continue
        filled = {name: _cell(place, name, v) for name, v in cells.items() if not _blank(v)}
        label = str(filled.get("id") or filled.get("stakeholder") or "")
        try:
            built.append(model.model_validate(filled))
        except ValidationError as error:
            problems = "\n".join(problems_in_words(error, filled, known))
            raise ValueMapError(f"{place} ({label}): {problems}") from error
    return built


def _refuse_unknown(row: Mapping[str, Any], known: Sequence[str], table: str) -> None:
    for header in row:
        if header.strip() and _normal(header) not in known:
            raise ValueMapError(
                f"{table}: unknown column {header!r}.{did_you_mean(_normal(header), known)} "
                f"Known columns: {', '.join(known)}."
            )


def _blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is pd.NaT or _is_nan(value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _cell(place: str, column: str, value: Any) -> Any:
    """The cell as its column needs it, or ValueMapError naming row and column."""
    where = f"{place}, column {column!r}"
    if isinstance(value, (dt.date, dt.datetime)):
        raise ValueMapError(
            f"{where}: {value:%Y-%m-%d} is a date. A spreadsheet may have turned a fraction or a "
            "range into one: format the cell as text or number and type it again."
        )
    if hasattr(value, "item"):
        value = value.item()  # a numpy scalar
    if column == "cashable":
        return _yes_or_no(where, value)
    if column not in NUMBERS:
        return str(value).strip()
    number = _number(where, value, column)
    if column in WHOLE:
        if number != int(number):
            raise ValueMapError(f"{where}: must be a whole number, got {value!r}.")
        return int(number)
    return number


def _yes_or_no(where: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in YES_NO:
        raise ValueMapError(f"{where}: must be yes or no, got {value!r}.")
    return YES_NO[word]


def _number(where: str, value: Any, column: str) -> float:
    if isinstance(value, bool):
        raise ValueMapError(f"{where}: must be a number, got {value!r}.")
    if isinstance(value, (int, float)):
        number = float(value)
        if not math.isfinite(number):
            raise ValueMapError(f"{where}: must be a finite number, got {value!r}.")
        return number
    text = str(value).strip()
    if re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", text):
        return float(text)
    bare = re.sub(r"[£$€,\s]", "", text)
    if re.fullmatch(r"[-+]?\d+(\.\d+)?%", bare):
        meant = f" Did you mean {float(bare[:-1]) / 100:g}?"
    elif re.fullmatch(r"[-+]?\d+(\.\d+)?", bare):
        meant = f" Did you mean {bare}? Leave out currency signs and thousands separators."
    else:
        meant = ""
    rule = "a fraction in [0, 1]" if column in SHARES else "a plain number"
    raise ValueMapError(f"{where}: must be {rule}, got {text!r}.{meant}")
