"""Tables whose rows no column names as it stands: cells are merged, or it takes a second one."""

from collections.abc import Mapping, Sequence
from typing import Any

from pbc_eval.intake.inspection.profile import ColumnProfile, profile
from pbc_eval.intake.inspection.roles import roles_of, timely
from pbc_eval.intake.table_cells import is_blank

MOST_GROUPS = 6  # kinds of people that a table has a row for in each area and period


def filled_down(
    columns: Sequence[ColumnProfile], values: Mapping[str, Sequence[Any]]
) -> tuple[str, ...]:
    """The column of words that names the rows of a table only once its empty cells are filled with
    what stands above, as where cells were merged; none where the table has an identifier without.

    A guess, offered in a draft: a gap in a column of words may as well be a gap.
    """
    if not columns or roles_of(columns, values).shape != "unknown":
        return ()
    for column in columns:
        cells = values[column.name]
        if column.kind != "text" or 2 * column.missing < column.rows or is_blank(cells[0]):
            continue
        filled = {**values, column.name: down(cells)}
        again = [profile(c.name, c.heading, filled[c.name]) for c in columns]
        parts = roles_of(again, filled)
        if parts.shape == "panel" and parts.roles["unit"] == column.name and "time" in parts.roles:
            return (column.name,)
    return ()


def named_together(
    columns: Sequence[ColumnProfile], values: Mapping[str, Sequence[Any]]
) -> tuple[str, ...]:
    """Identifier, period and group where only the three name a row: areas with a row for each of a
    few groups a period. Empty where no three do."""
    words = [c for c in columns if c.kind == "text" and not c.missing]
    groups = [c for c in columns if 2 <= c.distinct <= MOST_GROUPS and not c.missing]
    for unit in sorted(words, key=lambda c: -c.distinct):
        for time in columns:
            for group in groups:
                if len({unit.name, time.name, group.name}) < 3 or not timely(time):
                    continue
                three = [values[c.name] for c in (unit, time, group)]
                if len(set(zip(*three, strict=True))) == unit.rows:
                    return (unit.name, time.name, group.name)
    return ()


def down(cells: Sequence[Any]) -> list[Any]:
    """Each empty cell with what stands above it."""
    made: list[Any] = []
    for cell in cells:
        made.append(made[-1] if is_blank(cell) and made else cell)
    return made
