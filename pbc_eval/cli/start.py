"""Commands before anything is published: new, inspect, check."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pbc_eval.cli.door import Paths, Reports, app, console, file_of, readable, show
from pbc_eval.errors import PbcError, SpecError

if TYPE_CHECKING:
    from pbc_eval.agreement.evaluation import EvaluationSpec

MARKS = {"pass": "[green]holds[/]", "review": "[yellow]look[/]", "fail": "[red]fails[/]"}


@app.command()
@readable
def new(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder that does not exist yet.", show_default=False)
    ] = None,
    *,
    method: Annotated[
        str, typer.Option(help="difference_in_differences, matching, reported, forecast, ...")
    ] = "",
    file: Annotated[
        Path | None, typer.Option("--from", help="The data or value map to start from.")
    ] = None,
    sheet: Annotated[str, typer.Option(help="Of a workbook; else the fullest.")] = "",
    portfolio: Annotated[bool, typer.Option(help="For all contracts of a year.")] = False,
    synthetic: Annotated[
        int, typer.Option(min=0, help="So many made-up contracts, to try a batch on.")
    ] = 0,
) -> None:
    """Make a folder with a commented evaluation.yaml (or portfolio.yaml), ready to fill in.

    With --from, the file is looked at (see inspect), copied, and read as it stands: what the draft
    says of its columns is a guess, to be checked. The method follows from the file if not stated.

    Without a folder it asks, where it is called from a terminal.

    Editors that know YAML schemas complete and check the file as you type.
    """
    from pbc_eval.agreement import starter  # noqa: PLC0415 heavy: loads the models
    from pbc_eval.agreement.portfolio import PORTFOLIO_FILE  # noqa: PLC0415 likewise

    if folder is not None and synthetic:
        _write_synthetic(folder, synthetic)
        return
    if folder is None:
        if synthetic or not is_a_person():
            raise SpecError("new: name a folder that does not exist yet: pbc-eval new data/shelter")
        folder, method, file, portfolio = _asked(starter.METHODS)
    if portfolio and method:
        raise SpecError(f"new: a portfolio has no method, got {method!r}. Leave one of them out.")
    if file is not None:
        from pbc_eval.intake.inspection.new_folder import write_from_file  # noqa: PLC0415 likewise

        asked = starter.PORTFOLIO if portfolio else method
        made = write_from_file(folder, file, asked, sheet or None)
    elif portfolio:
        made = starter.write_portfolio_starter(folder)
    else:
        made = starter.write_starter(folder, method or starter.METHODS[0])
    if made.name != PORTFOLIO_FILE:
        from pbc_eval.publish.own_notebook import write_own_notebook  # noqa: PLC0415 likewise

        write_own_notebook(folder)
    console.print(
        f"Made {escape(str(made))}. Fill it in, then: pbc-eval check {escape(str(folder))}"
    )


def _write_synthetic(folder: Path, contracts: int) -> None:
    from pbc_eval.batch.synthetic import write_synthetic  # noqa: PLC0415 heavy: loads numpy

    made = write_synthetic(folder, contracts)
    console.print(
        f"Made {len(made):,} synthetic contracts in {escape(str(folder))}. Try them: pbc-eval "
        f"batch {escape(str(folder))} --reports {escape(str(folder))}-reports"
    )


def is_a_person() -> bool:
    """Is somebody there to answer?"""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _asked(methods: Sequence[str]) -> tuple[Path, str, Path | None, bool]:
    """What a person answers: folder, method (empty: as the file has it), file, portfolio or not."""
    name = typer.prompt("Name of the evaluation, which names its folder too (winter-shelter)")
    kinds = ["as the file has it", *methods, "portfolio"]
    for number, kind in enumerate(kinds):
        console.print(f"  {number}  {kind.replace('_', ' ')}")
    chosen = typer.prompt("Which method", default=0, type=int)
    if not 0 <= chosen < len(kinds):
        raise SpecError(f"new: must be a number from 0 to {len(kinds) - 1}, got {chosen}.")
    folder, kind = Path("data") / name, kinds[chosen]
    if kind == "portfolio":
        return folder, "", None, True
    text = typer.prompt("A file to start from (empty: none)", default="", show_default=False)
    return folder, "" if chosen == 0 else kind, Path(text).expanduser() if text else None, False


@app.command()
@readable
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
@readable
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
            lines = [str(problem), *problems_beside(file_of(path))]
            show("\n".join(lines), f"{path}: {type(problem).__name__}")
            continue
        from pbc_eval.disclosure import release  # noqa: PLC0415 heavy: loads data tools
        from pbc_eval.disclosure.open_data import open_files  # noqa: PLC0415 likewise
        from pbc_eval.evaluation.evaluate import evaluate  # noqa: PLC0415 likewise

        try:
            open_files(spec)
            evaluation = evaluate(spec)
            released = release(evaluation)
        except (PbcError, OSError) as problem:
            problems += 1
            from pbc_eval.intake.columns_named import columns_not_there  # noqa: PLC0415 likewise
            from pbc_eval.intake.words_as_missing import words_read_as_missing  # noqa: PLC0415

            # a category that is read as missing may be why the design does not hold
            lines = [str(problem), *columns_not_there(spec), *words_read_as_missing(spec)]
            show("\n".join(lines), f"{path}: {type(problem).__name__}")
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
        for note in evaluation.performance.notes if evaluation.performance else ():
            console.print(escape(str(note)))
        console.print(f"{escape(spec.id)}: ready to run.")
        _tell_next(spec)
    if problems:
        raise typer.Exit(1)


def _tell_next(spec: "EvaluationSpec") -> None:
    from pbc_eval.agreement.next_steps import next_steps  # noqa: PLC0415 heavy: loads the models
    from pbc_eval.intake.words_as_missing import words_read_as_missing  # noqa: PLC0415 likewise

    if steps := (*words_read_as_missing(spec), *next_steps(spec)):
        console.print("Next, in this order:")
    for number, step in enumerate(steps, start=1):
        console.print(f"  {number}. {escape(step)}")
    console.print()


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
    console.print(f"With a power of {made.power:.0%} and intervals of {made.confidence:.0%}.")
    proposed = made.before.proposed if made.before else None
    if proposed is not None:
        stated = getattr(spec.design, "inference", "analytic")
        answer = f"design.inference: {proposed.inference}"
        answer += ", as is stated" if stated == proposed.inference else f" (stated: {stated})"
        console.print(f"Proposed is {escape(answer)}. {escape(str(proposed.reason))}")
    console.print()


def _check_portfolio(path: Path, reports: Path) -> None:
    from pbc_eval.agreement.portfolio import load_portfolio  # noqa: PLC0415 likewise
    from pbc_eval.disclosure import release_portfolio  # noqa: PLC0415 heavy: loads data tools
    from pbc_eval.evaluation.portfolio.assemble import portfolio_of  # noqa: PLC0415 likewise

    released = release_portfolio(portfolio_of(load_portfolio(path), reports))
    count = len(released.contracts)
    console.print(f"{escape(released.spec.id)}: {count} contracts, ready to run.\n")
