"""What a file holds, for a person who starts from it: the profile, what is odd, a first draft.

file ── inspect ▶ Inspection (.to_frame(), .block for evaluation.yaml, .findings)
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.errors import DataError
from pbc_eval.intake.inspection.block import data_block, value_map_block
from pbc_eval.intake.inspection.filled_down import down, filled_down, named_together
from pbc_eval.intake.inspection.find_table import Place, find_table
from pbc_eval.intake.inspection.findings import around, of_columns, of_rows
from pbc_eval.intake.inspection.other_tables import (
    OtherKind,
    OtherTable,
    other_block,
    other_table,
)
from pbc_eval.intake.inspection.profile import ColumnProfile, profile
from pbc_eval.intake.inspection.roles import Parts, Role, Shape, roles_of
from pbc_eval.intake.inspection.value_columns import value_columns
from pbc_eval.intake.laid_out import column_letters, plain_heading
from pbc_eval.intake.raw_cells import BOOK_SUFFIXES, TEXT_SUFFIXES, Cells, raw_cells, sheet_names
from pbc_eval.intake.table_cells import is_blank
from pbc_eval.panel.source import collect, open_source

MOST_ROWS = 500_000  # of which a profile is made cell by cell
RESERVED = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inspection:
    """A file at first sight. ``roles`` are guesses from headings and values, for a person to check;
    ``block`` is the draft of what evaluation.yaml says of the file; ``findings`` is what is odd."""

    file: str
    sheet: str
    sheets: tuple[str, ...]
    place: Place
    encoding: str
    separator: str
    columns: tuple[ColumnProfile, ...]
    shape: Shape
    is_value_map: bool
    other: OtherKind | None  # a table that stands beside an evaluation: claims, a portfolio's
    named_by: tuple[str, ...]  # columns that name a row only together: area, period and group
    roles: Mapping[Role, str]
    covariates: tuple[str, ...]
    findings: tuple[str, ...]
    block: str
    layout: TableLayout

    def to_frame(self) -> pd.DataFrame:
        """One row a column: name, heading, holds, missing, distinct, examples, role."""
        parts = {name: role for role, name in self.roles.items()}
        return pd.DataFrame(
            {
                "name": column.name,
                "heading": column.heading,
                "holds": column.in_words,
                "missing": column.missing,
                "distinct": column.distinct,
                "examples": "; ".join(column.examples),
                "role": parts.get(column.name, "covariate" * (column.name in self.covariates)),
            }
            for column in self.columns
        )

    def __str__(self) -> str:
        lines = [self.where, "", self.to_frame().to_string(index=False), ""]
        lines += [f"- {finding}" for finding in self.findings]
        return "\n".join([*lines, "", self.block])

    def __repr__(self) -> str:
        return f"<Inspection of {self.file}: {self.rows:,} rows, {len(self.columns)} columns>"

    def _repr_html_(self) -> str:
        """For a notebook: the profile as a table, then what is odd, then the draft."""
        frame = self.to_frame()
        heads = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in frame)
        rows = "".join(
            f'<tr><th scope="row">{html.escape(str(first))}</th>'
            + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in rest)
            + "</tr>"
            for first, *rest in frame.itertuples(index=False, name=None)
        )
        odd = "".join(f"<li>{html.escape(finding)}</li>" for finding in self.findings)
        return (
            f"<table><caption>{html.escape(self.where)}</caption><thead><tr>{heads}</tr></thead>"
            f"<tbody>{rows}</tbody></table><ul>{odd}</ul><pre>{html.escape(self.block)}</pre>"
        )

    @property
    def rows(self) -> int:
        return self.columns[0].rows if self.columns else 0

    @property
    def where(self) -> str:
        """Where the table stands, in words."""
        sheet = f", sheet {self.sheet!r}" if self.sheet else ""
        return (
            f"{self.file}{sheet}: headings in row {self.place.header_row}, {self.rows:,} rows of "
            f"data to row {self.place.last_row}, {len(self.columns)} columns"
        )


def inspect(file: str | Path, *, sheet: str | None = None) -> Inspection:
    """A first look at a data file or a value map as people have them.

    Finds the sheet, the row of headings, notes and totals, how numbers and dates are written, gaps
    and duplicates, and which part each column probably plays; and drafts the ``data``,
    ``value_map`` or ``claims`` block, or the keys of a portfolio, that
    read the file as it stands. The roles are guesses, to be checked.
    Reads .csv, .tsv, .txt, .xlsx, .ods, .parquet, .dta, .sav, .rds and ``file.duckdb::table``.
    Raises DataError for a file that is not there, that cannot be read, or that holds no table.
    """
    path = Path(file)
    cells, sheets = _cells(path, sheet)
    place = find_table(cells.rows)
    if place is None:
        others = f" Sheets: {first_few(sheets)}." if len(sheets) > 1 else ""
        raise DataError(
            f"{path.name}: no table was found: no two rows of two cells.{others} Name another "
            "file or sheet."
        )
    head, end = place.header_row - 1, place.last_row
    body = [row for row in cells.rows[head + 1 : end] if not all(map(is_blank, row))]
    headings = [plain_heading(cell) for cell in cells.rows[head]]
    width = max([len(headings), *(len(row) for row in body)])
    headings += [""] * (width - len(headings))
    columns, values = list[ColumnProfile](), dict[str, Sequence[Any]]()
    filled = [heading for heading in headings if heading]
    mapped = value_columns(filled)
    for at, heading in enumerate(headings):
        column = [row[at] if at < len(row) else None for row in body]
        if not heading and all(map(is_blank, column)):
            continue
        named = next((name for name, own in mapped.items() if own == heading), "")
        name = named or _short_name(heading or f"column {column_letters(at)}", list(values))
        values[name] = column
        columns.append(profile(name, heading or f"column {column_letters(at)}", column))
    other = None if mapped else _other(filled, columns)
    fill = () if mapped or other else filled_down(columns, values)
    if fill:
        values |= {name: down(values[name]) for name in fill}
        columns = [profile(c.name, c.heading, values[c.name]) for c in columns]
    parts = Parts("unknown", {}, ()) if mapped or other else roles_of(columns, values)
    together = (
        () if mapped or other or parts.shape != "unknown" else named_together(columns, values)
    )
    layout = _layout(path, cells, place, sheets).model_copy(update={"fill_down": fill})
    if mapped:
        block = value_map_block(path, layout, columns, mapped)
    elif other is not None:
        block = other_block(path, layout, columns, other)
    else:
        block = data_block(path, layout, columns, parts)
    return Inspection(
        file=path.name,
        sheet=cells.sheet,
        sheets=sheets,
        place=place,
        encoding=cells.encoding,
        separator=cells.separator,
        columns=tuple(columns),
        shape=parts.shape,
        is_value_map=bool(mapped),
        other=other.kind if other else None,
        named_by=together,
        roles=parts.roles,
        covariates=parts.covariates,
        findings=(
            *around(place, sheets, cells),
            *of_columns(columns),
            *(
                f"{name!r}: empty cells mean the cell above (fill_down), as where cells are merged"
                for name in fill
            ),
            *of_rows(values, parts),
        ),
        block=block,
        layout=layout,
    )


def _other(headings: Sequence[str], columns: Sequence[ColumnProfile]) -> OtherTable | None:
    """What stands beside an evaluation; what is claimed has a name, and is no number."""
    other = other_table(headings)
    if other is None or other.kind != "claims":
        return other
    named = next(c for c in columns if c.heading == other.columns["claims_of"])
    return other if named.kind in ("text", "yes or no") else None


def _cells(path: Path, sheet: str | None) -> tuple[Cells, tuple[str, ...]]:
    place = str(path).partition("::")[0]
    suffix = Path(place).suffix.lower()
    if not Path(place).is_file() or suffix not in (*TEXT_SUFFIXES, *BOOK_SUFFIXES):
        source = open_source(path)  # says what is wrong, and which files there are
        frame = collect(source.table.limit(MOST_ROWS)).set_axis(list(source.columns), axis=1)
        rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
        return Cells("", [list(map(str, frame.columns)), *rows], are_text=False), ()
    sheets = sheet_names(path)
    if sheet is None and len(sheets) > 1:
        sizes = {name: _size(raw_cells(path, name)) for name in sheets}
        sheet = max(sizes, key=lambda name: sizes[name])
    return raw_cells(path, sheet, stated_only=False), sheets


def _size(cells: Cells) -> int:
    return sum(not is_blank(cell) for row in cells.rows for cell in row)


def _short_name(heading: str, taken: Sequence[str]) -> str:
    """A name to write in a file: the heading's first words, in lower case, once only."""
    words = [word for word in RESERVED.sub(" ", heading.lower()).split() if word]
    name = "_".join(words[:4]) or "column"
    name = name if name[0].isalpha() else f"c_{name}"
    number = 2
    made = name
    while made in taken:
        made, number = f"{name}_{number}", number + 1
    return made


def _layout(path: Path, cells: Cells, place: Place, sheets: Sequence[str]) -> TableLayout:
    is_text = path.suffix.lower() in TEXT_SUFFIXES
    plain = cells.encoding in ("", "utf-8", "utf-8-sig")
    return TableLayout(
        sheet=cells.sheet if len(sheets) > 1 and cells.sheet != sheets[0] else None,
        header_row=place.header_row if place.header_row > 1 else None,
        last_row=None if place.ends_the_sheet else place.last_row,
        encoding=None if plain or not is_text else cells.encoding,
        separator=cells.separator if is_text and place.header_row > 1 else None,
    )
