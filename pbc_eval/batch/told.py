"""A batch as people read it: progress, a line a report, a table and the site at the end."""

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel as Box
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from pbc_eval._validate import first_few
from pbc_eval.batch.alert import alerts, send, text_of
from pbc_eval.batch.alone import AnotherBatchError
from pbc_eval.batch.jobs import Job, JobResult
from pbc_eval.batch.local import what_the_system_says
from pbc_eval.batch.pool import Pool
from pbc_eval.batch.run import Choices, Interrupted, Whole, run_batch
from pbc_eval.batch.site import Site
from pbc_eval.batch.status import ANSWER, Standing

MOST_ROWS = 60  # beyond it, only what was not published is listed
WIDE = 240  # characters of a line in a log, where no terminal says how many there are
_COLOURS = {"done": "green", "unchanged": "cyan", "failed": "red"}


def run_and_tell(
    jobs: Sequence[Job],
    reports: Path,
    choices: Choices,
    *,
    console: Console,
    screen: Console,
    begun: Pool | None = None,
) -> int:
    """Run a batch; results go to ``console``, progress and problems to ``screen``. The exit code: 0
    when every report stands published, 1 when one does not, 3 when another batch is at work, 128
    and its number after a signal.

    Raises what ``run_batch`` raises of mistakes in files.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    times = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, *times, console=screen) as progress:
        task = progress.add_task("Reports", total=len(jobs))

        def tell(result: JobResult) -> None:
            progress.advance(task)
            progress.console.print(f"  {escape(line_of(result))}")

        try:
            with alerts(reports, screen.print, asked=choices.alert):
                whole = run_batch(jobs, reports, choices, tell, begun=begun)
        except Interrupted as stopped:
            progress.stop()
            sentence = (
                f"Stopped: {stopped.done} of {stopped.total} reports were done. Everything that "
                "was under way was ended; what was published before is as it was. The same command "
                "goes on from here."
            )
            show(screen, sentence, "Stopped")
            return stopped.exit_code
        except AnotherBatchError as busy:
            progress.stop()
            show(screen, str(busy), "Another batch is at work")
            return 3
        except OSError as refused:
            progress.stop()
            show(screen, what_the_system_says(refused), "The batch could not run")
            return 1
    _tell_whole(whole, console, screen)
    if choices.alert and not whole.is_well:
        for problem in send(text_of(whole, reports)):
            screen.print(escape(problem))
    return 0 if whole.is_well else 1


def _tell_whole(whole: Whole, console: Console, screen: Console) -> None:
    for problem, names in failed_alike(whole.results).items():
        if len(names) == 1:
            show(screen, problem, f"{names[0]}: not published")
        else:
            listed = first_few(names, MOST_ROWS)
            show(screen, f"{problem}\n\n{listed}", f"{len(names)} reports: not published")
    wide = console if console.is_terminal else Console(width=WIDE)
    wide.print(table_of(whole.results), soft_wrap=False)
    if whole.site is None:
        show(screen, whole.problem, "The site was not built")
    else:
        tell_site(whole.site, console, screen)


def failed_alike(results: Sequence[JobResult]) -> dict[str, list[str]]:
    """Why reports were not published, each reason with all reports that it kept: what is wrong with
    a shared file, or a disk, is wrong with each of them."""
    alike: dict[str, list[str]] = {}
    for result in results:
        if result.problem:
            alike.setdefault(result.problem, []).append(result.job.name)
    return alike


def tell_site(site: Site, console: Console, screen: Console) -> None:
    """What a publisher should know of the site, and where it is."""
    for sentence in site.left_out:
        console.print(f"Left out: {escape(sentence)}")
    for draft in site.drafts:
        console.print(f"Draft, not listed: {escape(draft)}")
    for doubtful in site.in_doubt:
        console.print(f"In doubt, not listed: {escape(doubtful)}: {ANSWER}.")
    for sentence in site.damaged:
        show(screen, sentence, "Not listed: damaged")
    console.print(f"All reports: {escape(str(site.index))}")


def show(screen: Console, message: str, title: str) -> None:
    """A box that is not wrapped is cut, and the remedy lost."""
    boxed = Box(escape(message), title=escape(title), title_align="left", border_style="red")
    screen.print(boxed, soft_wrap=False)


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


def tell_standings(standings: Sequence[Standing], console: Console) -> None:
    """How each report stands, a row each, those that need work first."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("report", "edition", "release", "state", "why"):
        table.add_column(heading)
    for standing in standings:
        colour = "red" if standing.needs_work else "green"
        table.add_row(
            escape(standing.name),
            escape(standing.edition),
            standing.release.isoformat() if standing.release else "",
            f"[{colour}]{', '.join(standing.states)}[/]",
            escape(standing.words),
        )
    wide = console if console.is_terminal else Console(width=WIDE)
    wide.print(table, soft_wrap=False)
