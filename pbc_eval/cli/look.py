"""Commands that look at what goes out and what comes back: audit, review."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from pbc_eval.cli.door import Reports, app, console, readable

if TYPE_CHECKING:
    from pbc_eval.publish.audit.faults import Cause
    from pbc_eval.publish.word.review import WordReview

LABELS = {
    "number": "A number differs",
    "words": "Words were changed without a track",
    "gone": "A line is gone",
    "added": "A line was added",
}
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


@app.command()
@readable
def review(
    file: Annotated[Path, typer.Argument(help="The document (.docx) that came back.")],
    *,
    edition: Annotated[
        Path | None, typer.Option(help="The edition it was made from; else it is looked for.")
    ] = None,
    reports: Reports = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List what reviewers left in a document: comments, tracked changes, and what differs.

    Each line is held against the edition: numbers, whether or not their change is tracked, and
    words that were changed without a track. The exit code is 0 only when there is none of either.
    """
    from pbc_eval.publish.word import review as word  # noqa: PLC0415 heavy: loads the page tools

    came_back = word.review_word(file, edition, reports=reports)
    if as_json:
        typer.echo(json.dumps(word.as_json(came_back), indent=1))
    else:
        _tell_review(came_back)
    if not came_back.holds:
        raise typer.Exit(1)


def _tell_review(review: "WordReview") -> None:
    console.print(
        f"{escape(review.file)}: {escape(review.evaluation)}, edition {escape(review.edition)}"
    )
    table = Table(box=box.SIMPLE_HEAD, title="What reviewers left", title_justify="left")
    for column in ("", "who", "when", "under", "at", "text"):
        table.add_column(column, overflow="fold")
    for remark in review.remarks:
        kind = f"{remark.kind}, resolved" if remark.done else remark.kind
        cells = (kind, remark.author, remark.date[:16], remark.section, remark.at[:80], remark.text)
        table.add_row(*map(escape, cells))
    if review.remarks:
        console.print(table, soft_wrap=False)
    else:
        console.print("No comment and no tracked change.")
    for entry in review.differences:
        console.print(
            f"{LABELS[entry.kind]}, under {escape(repr(entry.section))}:", style="bold red"
        )
        for was, now in entry.numbers:
            console.print(f"  {escape(was or 'nothing')} is {escape(now or 'nothing')} now")
        if entry.published:
            console.print(f"  published: {escape(entry.published[:300])}")
        if entry.now:
            console.print(f"  now:       {escape(entry.now[:300])}")
    if review.note:
        console.print(escape(review.note))
    if review.formats:
        console.print(f"Tracked changes of format: {review.formats:,}, not listed.")
    if review.unlocked:
        console.print(f"{review.unlocked:,} of {review.numbers:,} numbers are not locked any more.")
    console.print(
        "Every number and sentence is as published, but for changes of words that are tracked."
        if review.holds
        else f"{len(review.differences):,} lines differ from what was published."
    )
