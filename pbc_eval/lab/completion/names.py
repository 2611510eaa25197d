"""Names that a file of keys may use and that its schema cannot list: columns of the data, ids of
outcomes, files beside it.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pbc_eval.agreement.contained_file import contained_file
from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.agreement.yaml_file import Location
from pbc_eval.errors import PbcError
from pbc_eval.intake.beside import layout_of

MOST_FILES = 200
LARGEST_LAID_OUT = 50_000_000  # bytes; a table that must be laid out is read as a whole


def columns_at(folder: Path, tree: Any, path: Location) -> tuple[str, ...]:
    """The columns of the table that a place is about: of the nearest ``file`` above it, else of the
    data; none where it cannot be opened. Rows are not kept."""
    return _columns(folder, _table_of(tree, path), short=True)


def headings_at(folder: Path, tree: Any, path: Location) -> tuple[str, ...]:
    """The same as they are headed in the file."""
    return _columns(folder, _table_of(tree, path), short=False)


def outcome_ids(tree: Any) -> tuple[str, ...]:
    """The ids of outcomes, counts and KPIs, in that order."""
    places = (("outcomes", "id"), ("counts", "outcome"), ("kpis", "id"))
    within = {**_mapping(tree), **_mapping(_mapping(tree).get("performance"))}
    rows = [(row, key) for part, key in places for row in _rows(within.get(part))]
    return tuple(dict.fromkeys(str(row[key]) for row, key in rows if row.get(key)))


def files_beside(folder: Path) -> tuple[str, ...]:
    """Tables in the folder of the file, by name."""
    from pbc_eval.panel.source import SUFFIXES  # noqa: PLC0415 heavy: loads the engine

    try:
        names = [path.name for path in folder.iterdir() if path.is_file()]
    except OSError:
        return ()
    return tuple(sorted(n for n in names if n.lower().endswith(SUFFIXES))[:MOST_FILES])


def _table_of(tree: Any, path: Location) -> Mapping[str, Any]:
    """What the file says of the table that a place is about."""
    above, here = [_mapping(_mapping(tree).get("data")), _mapping(tree)], tree
    for part in path:
        try:
            here = here[part]
        except (IndexError, KeyError, TypeError):
            break
        above.append(_mapping(here))
    return next((part for part in reversed(above) if part.get("file")), {})


def _columns(folder: Path, stated: Mapping[str, Any], *, short: bool) -> tuple[str, ...]:
    name = str(stated.get("file") or "")
    if not name:
        return ()
    layout = layout_of(stated)
    if not short:
        layout = layout.model_copy(update={"columns": {}})
    try:
        file = contained_file("evaluation", folder, name)
        state = Path(str(file).partition("::")[0]).stat()
        if layout.moves_rows and state.st_size > LARGEST_LAID_OUT:
            return ()
        return _columns_of(file, layout.model_dump_json(), state.st_mtime_ns, state.st_size)
    except (PbcError, OSError):
        return ()


@lru_cache(maxsize=32)
def _columns_of(file: Path, layout: str, changed: int, size: int) -> tuple[str, ...]:
    """The columns of a table that is so old and so large."""
    from pbc_eval.intake.table_files import open_table  # noqa: PLC0415 heavy: loads the engine

    return open_table(file, TableLayout.model_validate_json(layout)).columns


def _mapping(part: Any) -> Mapping[str, Any]:
    return part if isinstance(part, Mapping) else {}


def _rows(part: Any) -> list[Mapping[str, Any]]:
    return [row for row in part if isinstance(row, Mapping)] if isinstance(part, list) else []
