"""What is wrong with the tables beside a file that cannot be read itself: told with it, at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pbc_eval.agreement.table_layout import AS_IT_IS, TableLayout, checked_layout
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import PbcError, SpecError


def problems_beside(path: Path) -> tuple[str, ...]:
    """What is wrong with the value map that a file names which itself cannot be read as a whole."""
    try:
        data = read_yaml(path).data
    except SpecError:
        return ()
    valuation = data.get("value_map") if isinstance(data, Mapping) else None
    file = valuation.get("file") if isinstance(valuation, Mapping) else None
    table = path.parent / file if isinstance(file, str) and file else None
    if table is None or not table.is_file():
        return ()
    from pbc_eval.intake.value_table import read_value_map  # noqa: PLC0415 heavy: loads data tools

    try:
        read_value_map(
            table, numbers=_text(valuation, "numbers"), layout=layout_of(valuation or {})
        )
    except PbcError as problem:
        return (str(problem),)
    return ()


def layout_of(stated: Mapping[str, Any]) -> TableLayout:
    """What a part of the file says of its table's place; nothing, where that is what is wrong."""
    layout = {key: stated[key] for key in TableLayout.model_fields if key in stated}
    try:
        return checked_layout(layout)
    except SpecError:
        return AS_IT_IS


def _text(part: Any, key: str) -> Any:
    return part.get(key) if isinstance(part, Mapping) else None
