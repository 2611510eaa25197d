"""Results of a batch as people read them: a line as each ends, a table at the end."""

from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from pbc_eval.batch.jobs import JobResult

MOST_ROWS = 60  # beyond it, only what was not published is listed
_COLOURS = {"done": "green", "unchanged": "cyan", "failed": "red"}


def line_of(result: JobResult) -> str:
    """'one-service: /reports/one-service/2026-1/index.html (4 s)'."""
    if result.problem:
        return f"{result.job.name}: failed ({result.seconds:.0f} s)"
    if result.unchanged:
        return f"{result.job.name}: unchanged, {result.page}"
    return f"{result.job.name}: {result.page} ({result.seconds:.0f} s)"


def table_of(results: Sequence[JobResult]) -> Table:
    """Done, unchanged, failed: with the reason and the file to open, what failed last."""
    counts = {name: sum(r.outcome == name for r in results) for name in _COLOURS}
    table = Table(
        title=", ".join(f"{count} {name}" for name, count in counts.items()),
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("report")
    table.add_column("")
    table.add_column("reason")
    table.add_column("open", overflow="fold")
    shown = sorted(results, key=lambda r: (bool(r.problem), r.job.name))
    if len(shown) > MOST_ROWS:
        shown = [result for result in shown if result.problem]
    for result in shown:
        reason = result.problem.strip().splitlines()[0] if result.problem else ""
        mark = f"[{_COLOURS[result.outcome]}]{result.outcome}[/]"
        table.add_row(
            escape(result.job.name), mark, escape(reason), escape(str(result.to_open or ""))
        )
    return table
