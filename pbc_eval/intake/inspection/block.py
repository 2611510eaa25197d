"""The draft of what evaluation.yaml says of a file: how it is laid out, and which column is which.

Everything drafted is read back by the models of the evaluation before it is offered (tested).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.agreement.yaml_file import yaml_text
from pbc_eval.intake.inspection.profile import ColumnProfile
from pbc_eval.intake.inspection.roles import Parts, Role, Shape
from pbc_eval.intake.inspection.value_columns import says_otherwise

GUESS = "  # a guess from its heading and values: check it"


def data_block(
    path: Path, layout: TableLayout, columns: Sequence[ColumnProfile], parts: Parts
) -> str:
    """The ``data`` block, and in comments what outcomes and design can be made of it."""
    shape, roles, covariates = parts
    by_name = {column.name: column for column in columns}
    lines = [*data_lines(path, layout, columns, parts), *_after(shape, roles, covariates, by_name)]
    return "\n".join(lines) + "\n"


def data_lines(
    path: Path, layout: TableLayout, columns: Sequence[ColumnProfile], parts: Parts
) -> list[str]:
    """The ``data`` block alone, line by line."""
    shape, roles, covariates = parts
    used = [*roles.values(), *covariates] or [column.name for column in columns]
    by_name = {column.name: column for column in columns}
    keys: dict[str, Any] = {"file": path.name, **stated_keys(layout)}
    renamed = {c.name: c.heading for c in columns if c.name in used and c.name != c.heading}
    if renamed:
        keys["columns"] = renamed
    numbers = notation_of([by_name[name] for name in used if name in by_name])
    if numbers:
        keys["numbers"] = numbers
    lines = ["data:", *indented(keys)]
    for role in ("unit", "time", "cohort", "weight", "cluster"):
        if role in roles:
            lines.append(f"  {role}: {roles[role]}{GUESS}")
    if shape == "panel" and "cohort" not in roles:
        lines.append("  # cohort: the column of the first treated period; none was found")
    return lines


def _after(
    shape: Shape,
    roles: Mapping[Role, str],
    covariates: Sequence[str],
    by_name: Mapping[str, ColumnProfile],
) -> list[str]:
    """What follows the block: its outcome, and the design that such data allow."""
    lines = []
    if "outcome" in roles:
        column = f"#     column: {roles['outcome']}{GUESS}"
        lines += ["", "# outcomes:", "#   - id: a-short-name", column]
        if by_name[roles["outcome"]].percent:
            lines.append("#     # per cent as text is read as a fraction: 12% is 0.12")
    if shape == "panel":
        lines += ["", "# design:", "#   method: difference_in_differences"]
    if shape == "people":
        treatment = roles.get("treatment", "the column of 1 and 0")
        listed = ", ".join(covariates)
        lines += ["", "# design:", "#   method: matching", f"#   treatment: {treatment}{GUESS}"]
        lines.append(f"#   covariates: [{listed}]  # keep those known before the programme")
    return lines


def value_map_block(
    path: Path,
    layout: TableLayout,
    columns: Sequence[ColumnProfile],
    mapped: Mapping[str, str],
) -> str:
    """The ``value_map`` block; ``mapped`` is each column with the heading it has."""
    keys: dict[str, Any] = {"file": path.name, **stated_keys(layout)}
    other = says_otherwise(mapped)
    if other:
        keys["columns"] = other
    numbers = notation_of([column for column in columns if column.heading in mapped.values()])
    if numbers:
        keys["numbers"] = numbers
    lines = ["value_map:", *indented(keys)]
    lines.append("  # valued_on: 2026-03-31     a day: it selects the edition of rates and prices")
    lines.append("  # price_base: 2024/25 prices")
    left = [c.heading for c in columns if c.heading not in mapped.values()]
    if left:
        lines.append(f"  # headings that are no column of a value map: {', '.join(left)}")
    return "\n".join(lines) + "\n"


def stated_keys(layout: TableLayout) -> dict[str, Any]:
    """What of a layout is not as a plain table has it, by key."""
    return layout.model_dump(exclude_defaults=True)


def notation_of(columns: Sequence[ColumnProfile]) -> str:
    """The one notation in which all numbers as text are written; none where there is not one."""
    texts = [set(column.notations) for column in columns if column.kind == "number as text"]
    shared = set.intersection(*texts) if texts else set()
    if not shared or any(column.ambiguous for column in columns):
        return ""
    order = ("1,234.5", "1.234,5", "1 234.5", "1 234,5", "1'234.5", "1'234,5")
    return next(way for way in order if way in shared)


def indented(keys: Mapping[str, Any]) -> list[str]:
    """Keys as lines of a part of the file."""
    return [f"  {line}" for line in yaml_text(keys).splitlines()]
