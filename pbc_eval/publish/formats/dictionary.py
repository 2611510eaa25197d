"""The data dictionary: what each column of each downloaded table means, and its unit.

Made from the tables' own headers and kinds, so that it cannot drift from what the page shows.
dictionary.json and dictionary.csv hold the same; csv-metadata.json says it in the terms of CSV on
the Web (W3C Recommendation "Metadata Vocabulary for Tabular Data", 17 December 2015).
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.disclosure import SUPPRESSED, ReleasedPortfolio, ReleasedTable
from pbc_eval.evaluation.record import Kind
from pbc_eval.intake.formula_text import harmless
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.page import Page, Released

COMMON = {  # columns that many tables and figures share, and that no table gives a header
    "term": "What is estimated.",
    "estimate": "The estimate.",
    "std_error": "Standard error of the estimate.",
    "statistic": "Estimate divided by its standard error.",
    "p_value": "Two-sided p-value.",
    "conf_low": "Lower end of the confidence interval.",
    "conf_high": "Upper end of the confidence interval.",
    "n_treated": "Units in the programme behind the estimate.",
    "n_comparison": "Units for comparison behind the estimate.",
    "reason": "Why there is no standard error, where there is none.",
    "event_time": "Periods since the programme began; negative before it.",
    "time": "Period.",
    "position": "Place of the period on the axis of the figure.",
    "cohort": "Period in which the units joined the programme.",
    "group": "Group of units.",
    "first_treated": "Period in which the group joined the programme.",
    "mean": "Mean of the outcome.",
    "label": "What the row is about.",
    "amount": "Money, in the contract's currency.",
    "value": "The value, in its own unit.",
    "low": "Lower end of the range that is shown.",
    "high": "Upper end of the range that is shown.",
    "period": "Period.",
    "measure": "What is measured.",
    "formula": "The rule in words, with its numbers.",
    "illustrative": "Whether the amount was made up to show how the rule works.",
    "ratio": "Present value divided by investment.",
    "ratio_low": "The ratio with the assumption at its low end.",
    "ratio_high": "The ratio with the assumption at its high end.",
    "first": "The first assumption.",
    "second": "The second assumption.",
    "share_of_draws": "Share of the random draws in this class.",
    "from": "Lower end of the class.",
    "to": "Upper end of the class.",
    "known": "Due if the true effect were known.",
    "expected": "Mean payment over random draws.",
    "chance_of_more": "Chance that more is paid than was earned.",
    "chance_of_less": "Chance that less is paid than was earned.",
}
_UNITS: dict[Kind, str] = {
    "text": "",
    "count": "number",
    "p_value": "probability, 0 to 1",
    "share": "fraction: 0.25 is 25%",
    "chance": "probability, 0 to 1",
    "number": "number",
    "measure": "as the row says",
}
_DATATYPES: dict[str, Any] = {  # booleans as the files hold them
    "text": "string",
    "boolean": {"base": "boolean", "format": "True|False"},
}
SYMBOLS = {
    SUPPRESSED: "Held back: a number this small could identify someone, or could be worked out "
    "from the others.",
    "": "Missing, or does not apply.",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a CSV file: ``type`` is number, boolean or text; ``unit`` may be empty."""

    name: str
    meaning: str
    type: str
    unit: str


@dataclass(frozen=True, slots=True)
class Described:
    """One CSV file with its columns, in the order of the file."""

    file: str
    caption: str
    rows: int
    columns: tuple[Column, ...]


def dictionary_json(page: Page, released: Released) -> bytes:
    """The dictionary as JSON, with what the symbols in the cells mean."""
    return _json_text(_as_json(described_files(page, released)))


def dictionary_csv(page: Page, released: Released) -> bytes:
    """The dictionary as a table, one row a column."""
    return _as_csv(described_files(page, released)).encode()


def csv_metadata(page: Page, released: Released) -> bytes:
    """The dictionary in the terms of CSV on the Web."""
    return metadata_of(described_files(page, released))


def metadata_of(described: Sequence[Described]) -> bytes:
    """Described files in the terms of CSV on the Web."""
    return _json_text(_as_csvw(described))


def described_files(page: Page, released: Released) -> tuple[Described, ...]:
    """Every CSV file of a page, in the order of its name; outcomes give effects their units."""
    spec = released.spec
    outcomes = {outcome.id: outcome for outcome in spec.outcomes}
    currency = (
        released.spec.currency
        if isinstance(released, ReleasedPortfolio)
        else released.spec.contract.currency
    )
    described = [_table(table, outcomes.get(table.about), currency) for table in page.tables]
    described += [_figure(figure) for figure in page.figures]
    return tuple(sorted(described, key=lambda file: file.file))


def _json_text(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _table(table: ReleasedTable, outcome: Outcome | None, currency: str) -> Described:
    columns = tuple(
        Column(
            name=str(column),
            meaning=table.headers.get(column) or _meaning(str(column)),
            type=_type(table.frame[column], table.kinds.get(column)),
            unit=_unit(table.kinds.get(column), outcome, currency),
        )
        for column in table.frame.columns
    )
    return Described(f"{table.name}.csv", table.caption, len(table.frame), columns)


def _figure(figure: Figure) -> Described:
    return described_table(figure.name, figure.caption, figure.data)


def described_table(name: str, caption: str, frame: pd.DataFrame) -> Described:
    """A table whose columns say by their values what they hold."""
    columns = tuple(
        Column(str(column), _meaning(str(column)), _type(frame[column], None), "")
        for column in frame.columns
    )
    return Described(f"{name}.csv", caption, len(frame), columns)


def _meaning(column: str) -> str:
    """The common meaning of a column, else its own name in words."""
    return COMMON.get(column) or f"{column.replace('_', ' ').strip().capitalize()}."


def _type(values: pd.Series, kind: Kind | None) -> str:
    if kind is not None:
        return "text" if kind == "text" else "number"
    given = [value for value in values if value != SUPPRESSED and not pd.isna(value)]
    if given and all(isinstance(value, bool | np.bool_) for value in given):
        return "boolean"
    numbers = bool(given) and all(isinstance(value, Real) for value in given)
    return "number" if numbers or pd.api.types.is_numeric_dtype(values) else "text"


def _unit(kind: Kind | None, outcome: Outcome | None, currency: str) -> str:
    if kind == "money":
        return currency
    if kind in ("effect", "level"):
        if outcome is None:
            return "as the outcome's own unit"
        if outcome.shown_as == "percentage_points":
            return "fraction; times 100 it is what the page shows"
        return outcome.unit
    return _UNITS.get(kind, "") if kind else ""


def _as_json(described: Sequence[Described]) -> dict[str, Any]:
    return {
        "symbols": SYMBOLS,
        "files": [
            {
                "file": file.file,
                "caption": file.caption,
                "rows": file.rows,
                "columns": [
                    {"name": c.name, "meaning": c.meaning, "type": c.type, "unit": c.unit}
                    for c in file.columns
                ],
            }
            for file in described
        ],
    }


def _as_csv(described: Sequence[Described]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["file", "column", "meaning", "type", "unit"])
    for file in described:
        for c in file.columns:
            words = (file.file, c.name, c.meaning, c.type, c.unit)
            writer.writerow([harmless(word) for word in words])
    return stream.getvalue()


def _as_csvw(described: Sequence[Described]) -> dict[str, Any]:
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "tables": [
            {
                "url": file.file,
                "dc:title": file.caption,
                "tableSchema": {"columns": [_csvw_column(column) for column in file.columns]},
            }
            for file in described
        ],
    }


def _csvw_column(column: Column) -> dict[str, Any]:
    words = column.meaning if not column.unit else f"{column.meaning} Unit: {column.unit}."
    described: dict[str, Any] = {"titles": column.name, "dc:description": words}
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", column.name):
        described["name"] = column.name
    described["datatype"] = _DATATYPES.get(column.type, column.type)
    described["null"] = ["", SUPPRESSED]
    return described
