"""Tables that count no people: money, assumptions, chances. Nothing in them is to be held back."""

import pandas as pd

from pbc_eval.evaluation.record import Kind, OutputTable


def open_table(
    name: str,
    caption: str,
    frame: pd.DataFrame,
    columns: dict[str, tuple[str, Kind]],
    *,
    decimals: int = 0,
    notes: tuple[str, ...] = (),
) -> OutputTable:
    """A table of money and assumptions; ``columns`` maps those shown to header and kind."""
    return OutputTable(
        name=name,
        caption=caption,
        frame=frame.reset_index(drop=True),
        kinds={column: kind for column, (_, kind) in columns.items()},
        headers={column: header for column, (header, _) in columns.items()},
        decimals=decimals,
        counts_people=False,
        notes=notes,
    )
