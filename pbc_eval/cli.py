"""pbc-eval: the command line. A user's mistake gets one readable screen, never a traceback."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel as Box
from rich.table import Table

from pbc_eval import __version__
from pbc_eval.errors import PbcError, SpecError

if TYPE_CHECKING:
    from pbc_eval.agreement.evaluation import EvaluationSpec
    from pbc_eval.batch.jobs import Job

P = ParamSpec("P")
T = TypeVar("T")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="From a performance-based contract and its data to a published impact report.\n\n"
    "Start with `pbc-eval new data/my-evaluation`, fill in its evaluation.yaml, then `pbc-eval "
    "check data/my-evaluation` until all is well, then `pbc-eval run data/my-evaluation`.",
)
console = Console(soft_wrap=True)
screen = Console(stderr=True, soft_wrap=True)

Paths = Annotated[list[Path], typer.Argument(help="evaluation.yaml, or the folder that holds it.")]
Reports = Annotated[Path, typer.Option(help="Where editions and the index are written.")]
Report = Annotated[
    str, typer.Option(help="Another kind than the file asks for: design_note, sroi_report, ...")
]
Workers = Annotated[int, typer.Option(min=1, help="How many evaluations run at once.")]
Force = Annotated[bool, typer.Option("--force", help="Make reports that did not change, too.")]
MARKS = {"pass": "[green]holds[/]", "review": "[yellow]look[/]", "fail": "[red]fails[/]"}


def _readable(command: Callable[P, T]) -> Callable[P, T]:
    """Show an error raised on purpose as one screen and end with code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except ModuleNotFoundError as missing:
            _show(_what_to_install(missing), "Not installed")
            raise typer.Exit(1) from None
        except (PbcError, OSError) as problem:
            _show(str(problem), type(problem).__name__)
            raise typer.Exit(1) from None

    return run


def _what_to_install(missing: ModuleNotFoundError) -> str:
    """One sentence with the remedy; an error inside the package itself is raised as it is."""
    tool = (missing.name or "").partition(".")[0]
    if tool in ("", "pbc_eval"):
        raise missing
    return (
        f"This command makes reports, for which {tool} is needed, and it is not installed. "
        "Install the report tools: pip install 'pbc-eval[report]'"
    )


def _print_version(asked: bool) -> None:
    if asked:
        console.print(f"pbc-eval {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say it and end."),
    ] = False,
) -> None:
    """From a performance-based contract and its data to a published impact report."""


@app.command()
@_readable
def new(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    *,
    method: Annotated[
        str, typer.Option(help="difference_in_differences, matching, reported, forecast, ...")
    ] = "",
    file: Annotated[
        Path | None, typer.Option("--from", help="The data or value map to start from.")
    ] = None,
    sheet: Annotated[str, typer.Option(help="Of a workbook; else the fullest.")] = "",
    portfolio: Annotated[bool, typer.Option(help="For all contracts of a year.")] = False,
) -> None:
    """Make a folder with a commented evaluation.yaml (or portfolio.yaml), ready to fill in.

    With --from, the file is looked at (see inspect), copied, and read as it stands: what the draft
    says of its columns is a guess, to be checked. The method follows from the file if not stated.

    Editors that know YAML schemas complete and check the file as you type.
    """
    from pbc_eval.agreement import starter  # noqa: PLC0415 heavy: loads the models

    if portfolio:
        made = starter.write_portfolio_starter(folder)
    elif file is not None:
        from pbc_eval.intake.inspection.new_folder import write_from_file  # noqa: PLC0415 likewise

        made = write_from_file(folder, file, method, sheet or None)
    else:
        made = starter.write_starter(folder, method or starter.METHODS[0])
    console.print(
        f"Made {escape(str(made))}. Fill it in, then: pbc-eval check {escape(str(folder))}"
    )


@app.command()
@_readable
def inspect(
    file: Annotated[Path, typer.Argument(help="A data file or value map; file.duckdb::table.")],
    sheet: Annotated[str, typer.Option(help="Of a workbook; else the fullest.")] = "",
    block: Annotated[bool, typer.Option("--block", help="Print the draft alone.")] = False,
) -> None:
    """Look at a person's file: its table, its columns, what is odd, and a draft of the data block.

    Finds the sheet, the row of headings, notes and totals, how numbers and dates are written, gaps
    and duplicates. The parts that columns play are guesses, to be checked.
    """
    from pbc_eval.intake.inspection.inspection import inspect as look  # noqa: PLC0415 heavy
    from pbc_eval.intake.inspection.screen import show_inspection  # noqa: PLC0415 likewise

    seen = look(file, sheet=sheet or None)
    if not block:
        show_inspection(seen, console)
    sys.stdout.write(seen.block)


@app.command()
@_readable
def check(
    paths: Paths,
    reports: Reports = Path("reports"),
    design: Annotated[
        bool, typer.Option("--design", help="Before outcomes: which effect could be told apart?")
    ] = False,
) -> None:
    """Check evaluations without writing anything: file, data, design, payment terms, value map.

    With --design, no outcome from the start on is read: the smallest effect that could be told
    apart, by the design's own estimator, beside what was promised.

    Of a portfolio, its file, its table and that its members are published under reports/.

    Every problem is named with its line, the value found, the rule and the remedy. The exit code
    is 0 only when every evaluation could be run as it stands.
    """
    from pbc_eval.agreement.evaluation import load_evaluation  # noqa: PLC0415 heavy: loads the models
    from pbc_eval.intake.beside import problems_beside  # noqa: PLC0415 likewise
    from pbc_eval.publish.report_kinds import is_portfolio  # noqa: PLC0415 likewise

    problems = 0
    for path in paths:
        try:
            if is_portfolio(path):
                _check_portfolio(path, reports)
                continue
            spec = load_evaluation(path)
            if design:
                _check_design(spec)
                continue
        except (PbcError, OSError) as problem:
            problems += 1
            lines = [str(problem), *problems_beside(_file_of(path))]
            _show("\n".join(lines), f"{path}: {type(problem).__name__}")
            continue
        from pbc_eval.disclosure import release  # noqa: PLC0415 heavy: loads data tools
        from pbc_eval.disclosure.open_data import open_files  # noqa: PLC0415 likewise
        from pbc_eval.evaluation.evaluate import evaluate  # noqa: PLC0415 likewise

        try:
            open_files(spec)
            released = release(evaluate(spec))
        except (PbcError, OSError) as problem:
            problems += 1
            _show(str(problem), f"{path}: {type(problem).__name__}")
            continue
        table = Table(title=f"{spec.id}, edition {spec.edition}", title_justify="left")
        for heading in ("outcome", "check", "", "finding"):
            table.add_column(heading)
        for finding in released.findings:
            for result in finding.checks:
                mark = MARKS.get(result.status, "not tested")
                table.add_row(finding.outcome.id, result.name, mark, escape(result.sentence))
        if table.row_count:
            console.print(table, soft_wrap=False)
        else:
            console.print(f"{escape(spec.id)}: no checks apply.")
        console.print(f"{escape(spec.id)}: ready to run.\n")
    if problems:
        raise typer.Exit(1)


def _check_design(spec: "EvaluationSpec") -> None:
    """Print which effect of each outcome could be told apart, and what was promised."""
    from pbc_eval.evaluation.note.design_note import design_note  # noqa: PLC0415 heavy
    from pbc_eval.messages import numbers  # noqa: PLC0415 likewise

    made = design_note(spec)
    table = Table(title=f"{spec.id}: what could be told apart", title_justify="left")
    for heading in ("outcome", "smallest effect", "promised", "rests on"):
        table.add_column(heading)
    for expected in made.expected:
        smallest, promised = (
            numbers.size(size, expected.outcome, spec.contract.currency)
            if size is not None
            else "not known"
            for size in (expected.smallest, expected.promised)
        )
        if expected.smallest and expected.promised and expected.promised < expected.smallest:
            promised = f"{promised}: too small to be told apart"
        row = (expected.outcome.id, smallest, promised, expected.rests_on)
        table.add_row(*map(escape, row))
    console.print(table, soft_wrap=False)
    console.print(f"With a power of {made.power:.0%} and intervals of {made.confidence:.0%}.\n")


def _check_portfolio(path: Path, reports: Path) -> None:
    from pbc_eval.agreement.portfolio import load_portfolio  # noqa: PLC0415 likewise
    from pbc_eval.disclosure import release_portfolio  # noqa: PLC0415 heavy: loads data tools
    from pbc_eval.evaluation.portfolio.assemble import portfolio_of  # noqa: PLC0415 likewise

    released = release_portfolio(portfolio_of(load_portfolio(path), reports))
    count = len(released.contracts)
    console.print(f"{escape(released.spec.id)}: {count} contracts, ready to run.\n")


@app.command()
@_readable
def note(paths: Paths, reports: Reports = Path("reports"), workers: Workers = 1) -> None:
    """Publish design notes: what will be done, before outcomes are seen.

    No outcome after treatment is read. The page prints the fingerprint to register.
    """
    from pbc_eval.batch.jobs import job_of  # noqa: PLC0415 heavy: loads the models

    _run_all(
        [job_of(_file_of(path), reports, "design_note") for path in paths], reports, workers=workers
    )


@app.command()
@_readable
def run(
    paths: Paths,
    reports: Reports = Path("reports"),
    workers: Workers = 1,
    *,
    report: Report = "",
    force: Force = False,
) -> None:
    """Run evaluations and portfolios and publish their pages under reports/.

    The kind of report follows from the file: evaluation.yaml makes what its publication.report
    says, portfolio.yaml a portfolio. A failed run leaves the last good edition where it is. The
    exit code is 0 only when every page was made.
    """
    from pbc_eval.batch.jobs import find_jobs  # noqa: PLC0415 heavy: loads the models

    jobs = [job for path in paths for job in find_jobs(path, reports)]
    if report:
        jobs = [replace(job, report=report) for job in jobs if not job.report]
    _run_all(jobs, reports, workers=workers, force=force)


@app.command()
@_readable
def batch(
    folder: Annotated[Path, typer.Argument(help="A folder of evaluations.")],
    reports: Reports = Path("reports"),
    *,
    workers: Workers = 2,
    force: Force = False,
    only: Annotated[
        list[str] | None, typer.Option(help="The id of an evaluation; may be given several times.")
    ] = None,
    only_failed: Annotated[
        bool, typer.Option("--only-failed", help="Those that were not published when last tried.")
    ] = False,
    since: Annotated[str, typer.Option(help="Those with a file changed since 2026-05-01.")] = "",
    cell_deadline: Annotated[float, typer.Option(min=1, help="Seconds for a cell.")] = 600,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds for a report.")] = 3600,
    batch_deadline: Annotated[float, typer.Option(min=0, help="Seconds for all; 0: none.")] = 0,
    memory: Annotated[float, typer.Option(min=0, help="GB for a report; 0: a share of all.")] = 0,
    wait: Annotated[float, typer.Option(min=0, help="Minutes to wait for another batch.")] = 0,
    alert: Annotated[bool, typer.Option("--alert", help="Tell somebody if it fails.")] = False,
) -> None:
    """Run every evaluation below a folder, several at a time, and write the index, last.

    Reports of which nothing changed are not made again; a batch that was stopped goes on where it
    was. One that fails does not stop the others. The exit code is 0 when every report stands
    published, 1 when one does not, 3 when another batch is at work, 130 or 143 after a signal.
    """
    from pbc_eval.batch.chosen import chosen  # noqa: PLC0415 heavy: loads the models
    from pbc_eval.batch.jobs import find_jobs  # noqa: PLC0415 likewise
    from pbc_eval.batch.limits import Limits, share_of_memory  # noqa: PLC0415 likewise

    jobs = chosen(
        find_jobs(folder, reports),
        reports,
        only=only or (),
        only_failed=only_failed,
        since=since,
    )
    limits = Limits(
        report=deadline,
        batch=batch_deadline or None,
        memory=int(memory * 1e9) or share_of_memory(workers),
    )
    _run_all(
        jobs,
        reports,
        workers=workers,
        force=force,
        cell=cell_deadline,
        limits=limits,
        alone=True,
        wait=60 * wait,
        alert=alert,
    )


@app.command()
@_readable
def status(
    folder: Annotated[Path, typer.Argument(help="A folder of evaluations.")],
    reports: Reports = Path("reports"),
    on: Annotated[str, typer.Option(help="The day, if not today: 2026-05-01.")] = "",
) -> None:
    """Say how each evaluation stands: late, due, unsigned, unpublished, changed, failed.

    The exit code is 1 when something needs work, so that a script can ask.
    """
    from pbc_eval.batch.jobs import find_jobs  # noqa: PLC0415 heavy: loads the models
    from pbc_eval.batch.status import day_of, standings  # noqa: PLC0415 likewise
    from pbc_eval.batch.told import tell_standings  # noqa: PLC0415 likewise

    every = standings(find_jobs(folder, reports), reports, day_of(on))
    tell_standings(every, console)
    if any(standing.needs_work for standing in every):
        raise typer.Exit(1)


@app.command()
@_readable
def schedule(
    kind: Annotated[str, typer.Argument(help="cron, systemd, github or airflow.")],
    folder: Annotated[Path, typer.Argument(help="A folder of evaluations.")],
    reports: Reports = Path("reports"),
    *,
    at: Annotated[str, typer.Option(help="Time of day.")] = "02:30",
    zone: Annotated[str, typer.Option(help="Time zone: Europe/London.")] = "UTC",
    days: Annotated[str, typer.Option(help="daily, weekdays or a day's name.")] = "daily",
    hours: Annotated[float, typer.Option(min=0.1, help="For the whole batch.")] = 6,
    into: Annotated[Path, typer.Option(help="Where the files are written.")] = Path(),
) -> None:
    """Write the files by which a machine runs a batch unattended.

    Somebody is told when it fails twice: set PBC_EVAL_ALERT_COMMAND, PBC_EVAL_ALERT_WEBHOOK or
    PBC_EVAL_ALERT_MAIL in the environment of the unit.
    """
    from pbc_eval.batch.schedule import plan_of, write_units  # noqa: PLC0415 loads time zones

    plan = plan_of(folder, reports, at, zone, days, hours=hours)
    for file in write_units(kind, plan, into):
        console.print(f"Made {escape(str(file))}")


@app.command()
@_readable
def publish(reports: Reports = Path("reports")) -> None:
    """Write the site (index.html, a page a contract, feed, catalogues) after checking all hashes.

    Needed when editions were copied in or taken away by hand, or site.yaml changed; `run` and
    `batch` do it themselves, and check the hashes of files that changed.
    """
    if not reports.is_dir():
        raise SpecError(f"{reports}: no such folder. Name the folder that holds the editions.")
    _print_index(reports, check_all=True)


@app.command()
@_readable
def verify(
    editions: Annotated[list[Path], typer.Argument(help="Folders of published editions.")],
    evaluation: Annotated[
        Path | None,
        typer.Option(help="The evaluation it was made from; else it is looked for by its id."),
    ] = None,
) -> None:
    """Run published editions again and say whether they are what their inputs give.

    Says "identical", or what differs: a file changed by hand, data, code, a version, a number. The
    exit code is 0 only when every published number was found again.
    """
    from pbc_eval.publish.verify import verify_edition  # noqa: PLC0415 heavy: loads papermill

    holds = True
    for edition in editions:
        verification = verify_edition(edition, evaluation)
        holds &= verification.holds
        console.print(
            escape(verification.sentence), style="green" if verification.holds else "bold red"
        )
        for heading, lines in (
            ("because", verification.causes),
            ("differs", verification.differences),
        ):
            for line in lines[:20]:
                console.print(f"  {heading}: {escape(line)}", soft_wrap=True)
            if len(lines) > 20:
                console.print(f"  and {len(lines) - 20} more")
    if not holds:
        raise typer.Exit(1)


def _file_of(path: Path) -> Path:
    from pbc_eval.publish.report_kinds import EVALUATION_FILE  # noqa: PLC0415 heavy

    return path / EVALUATION_FILE if path.is_dir() else path


def _run_all(jobs: "list[Job]", reports: Path, **chosen: Any) -> None:
    from pbc_eval.batch.run import Choices  # noqa: PLC0415 heavy: loads the models
    from pbc_eval.batch.told import run_and_tell  # noqa: PLC0415 likewise

    code = run_and_tell(jobs, reports, Choices(**chosen), console=console, screen=screen)
    if code:
        raise typer.Exit(code)


def _print_index(reports: Path, *, check_all: bool = False) -> None:
    from pbc_eval.batch.site import build_site  # noqa: PLC0415 heavy: loads the page tools
    from pbc_eval.batch.told import tell_site  # noqa: PLC0415 likewise

    site = build_site(reports, check_all=check_all)
    tell_site(site, console, screen)
    if site.damaged:
        raise typer.Exit(1)


def _show(message: str, title: str) -> None:
    box = Box(escape(message), title=escape(title), title_align="left", border_style="red")
    screen.print(box, soft_wrap=False)  # a box that is not wrapped is cut, and the remedy lost


def main() -> Any:
    """The entry point of the ``pbc-eval`` command."""
    return app(prog_name="pbc-eval")


if __name__ == "__main__":
    sys.exit(main())
