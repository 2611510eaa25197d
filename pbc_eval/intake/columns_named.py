"""Columns that an evaluation names and its file does not have: told at once, each with its key.

A run stops at the first that it needs. Whoever makes the file needs them all.
"""

from collections.abc import Iterator

from pydantic import BaseModel

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.errors import PbcError
from pbc_eval.intake.table_files import open_table

ASKS = "Column"  # how the description of a key begins that names one


def columns_not_there(spec: EvaluationSpec) -> tuple[str, ...]:
    """A line for each file beside the evaluation that is not there or lacks several columns that
    are named; none for data in an engine, or for a file that cannot be opened."""
    data, claims = spec.data, spec.claims
    lines = list[str]()
    if data is not None and data.file and data.backend is None:
        named = [(key, column) for column, key in named_columns(spec)]
        lines += _line(spec, data.file, data, named)
    if claims is not None:
        lines += _line(spec, claims.file, claims, list(_named(claims, "claims")))
    return tuple(lines)


def named_columns(spec: EvaluationSpec) -> list[tuple[str, str]]:
    """Columns of the data that the evaluation names, each with the key that names it."""
    outcomes = ((f"outcomes[{at}]", each) for at, each in enumerate(spec.outcomes, start=1))
    parts: list[tuple[str, BaseModel]] = [("design", spec.design), *outcomes]
    if spec.data is not None:
        parts.insert(0, ("data", spec.data))
    return [(column, key) for name, part in parts for key, column in _named(part, name)]


def _line(
    spec: EvaluationSpec, file: str, layout: TableLayout, named: list[tuple[str, str]]
) -> list[str]:
    first = {column: key for key, column in reversed(named)}  # the first key that names it
    columns = list(dict.fromkeys(column for _, column in named))
    name = file.partition("::")[0]
    if not (spec.folder / name).is_file():
        if did_you_mean(name, [path.name for path in spec.folder.iterdir()]):
            return []  # it is there under another name
        return [f"{file}: is to have the columns {_listed(columns, first)}."]
    try:
        there = set(open_table(spec.path(file), layout.layout).columns)
    except (PbcError, OSError):
        return []
    lacking = [column for column in columns if column not in there]
    return [f"{file}: lacks the columns {_listed(lacking, first)}."] if len(lacking) > 1 else []


def _listed(columns: list[str], keys: dict[str, str]) -> str:
    return ", ".join(f"{column!r} ({keys[column]})" for column in columns)


def _named(part: BaseModel, key: str) -> Iterator[tuple[str, str]]:
    """Keys and the columns they name, in the table of the part: not in one of their own."""
    for name, field in type(part).model_fields.items():
        value, here = getattr(part, name), f"{key}.{name}"
        if (field.description or "").startswith(ASKS) and value is not None:
            for column in (value,) if isinstance(value, str) else value:
                yield here, str(column)
            continue
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, BaseModel) and "file" not in type(inner).model_fields:
                yield from _named(inner, here)
