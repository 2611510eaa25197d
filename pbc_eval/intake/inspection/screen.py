"""An inspection on the screen of a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pbc_eval.intake.inspection.inspection import Inspection


def show_inspection(seen: Inspection, console: Console) -> None:
    """The profile as a table, what is odd as a list, and the heading of the draft."""
    table = Table(title=escape(seen.where), title_justify="left")
    for heading in ("column", "heading", "holds", "missing", "distinct", "role?"):
        table.add_column(heading, overflow="fold")
    for row in seen.to_frame().itertuples(index=False):
        counts = f"{row.missing:,}", f"{row.distinct:,}"
        cells = (row.name, row.heading, row.holds, *counts, row.role)
        table.add_row(*(escape(str(cell)) for cell in cells))
    console.print(table, soft_wrap=False)
    for finding in seen.findings:
        console.print(f"- {escape(finding)}")
    console.print("\nA draft for evaluation.yaml:\n")
