"""The command that looks at a site as its readers do: audit."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from pbc_eval.cli.door import app, console, readable

if TYPE_CHECKING:
    from pbc_eval.publish.audit.faults import Cause

MOST_PAGES = 3  # that are named for a cause


@app.command()
@readable
def audit(
    reports: Annotated[Path, typer.Argument(help="The folder of a site.")] = Path("reports"),
    *,
    baseline: Annotated[
        Path | None, typer.Option(help="Faults that are known; else audit-baseline.json there.")
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Write the faults of today as those that are known.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="Browsers at the same time.")] = 2,
) -> None:
    """Look at every page in a browser: WCAG 2.2 AA, keyboard, narrow screens, spaced text, paper.

    Faults are told by their cause. The exit code is 1 when there is one that the baseline does not
    know. Needs a Chromium, and: pip install 'pbc-eval[audit]'.
    """
    from pbc_eval.publish.audit.faults import BASELINE, write_baseline  # noqa: PLC0415 seldom
    from pbc_eval.publish.audit.site import audit_site  # noqa: PLC0415 likewise

    made = audit_site(
        reports,
        baseline=baseline,
        workers=workers,
        tell=lambda name: console.print(escape(name)),
    )
    for heading, causes in (("new", made.new), ("known", made.known)):
        for cause in causes:
            _tell(heading, cause)
    for key in made.gone:
        console.print(f"gone: {escape(key)}. Take it out of the baseline, or write it anew.")
    n = len(made.pages)
    console.print(
        f"{n:,} {'page' if n == 1 else 'pages'} in {made.seconds:.0f} s: {len(made.new)} new "
        f"causes of faults, {len(made.known)} known."
    )
    if accept:
        target = baseline or reports / BASELINE
        write_baseline(target, (*made.new, *made.known))
        console.print(f"Written: {escape(str(target))}. Commit it.")
    elif not made.is_well:
        raise typer.Exit(1)


def _tell(heading: str, cause: "Cause") -> None:
    style = "bold red" if heading == "new" else ""
    console.print(f"{heading}: {escape(cause.rule)}: {escape(cause.words)}", style=style)
    console.print(f"  at {escape(cause.where)} ({', '.join(cause.at)})")
    more = len(cause.pages) - MOST_PAGES
    named = ", ".join(cause.pages[:MOST_PAGES]) + (f" and {more} more" if more > 0 else "")
    console.print(f"  {cause.times} times, on {escape(named)}")
