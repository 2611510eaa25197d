"""Commands that publish and that hold what was published against its inputs: note, run, batch,
publish, verify."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from pbc_eval.cli.door import (
    Force,
    Paths,
    Report,
    Reports,
    Workers,
    app,
    console,
    file_of,
    readable,
    screen,
)
from pbc_eval.errors import SpecError

if TYPE_CHECKING:
    from pbc_eval.batch.jobs import Job
    from pbc_eval.batch.pool import Pool


@app.command()
@readable
def note(paths: Paths, reports: Reports = Path("reports"), workers: Workers = 1) -> None:
    """Publish design notes: what will be done, before outcomes are seen.

    No outcome after treatment is read. The page prints the fingerprint to register.
    """
    from pbc_eval.batch.jobs import job_of  # noqa: PLC0415 heavy: loads the models

    run_all(
        [job_of(file_of(path), reports, "design_note") for path in paths], reports, workers=workers
    )


@app.command()
@readable
def run(
    paths: Paths,
    reports: Reports = Path("reports"),
    workers: Workers = 1,
    *,
    report: Report = "",
    force: Force = False,
    to: Annotated[
        list[str] | None,
        typer.Option(
            help="Another format, beside the page: docx, for Word, its numbers locked; pdf, tagged "
            "for everybody. May be given several times."
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(help="Where documents are written; else word/ or pdf/."),
    ] = None,
) -> None:
    """Run evaluations and portfolios and publish their pages under reports/.

    The kind of report follows from the file: evaluation.yaml makes what its publication.report
    says, portfolio.yaml a portfolio. A failed run leaves the last good edition where it is. The
    exit code is 0 only when every page was made. What reviewers leave in a document is read with
    `pbc-eval review`.
    """
    if to:
        from pbc_eval.publish.documents import refuse_unknown_formats  # noqa: PLC0415 seldom

        refuse_unknown_formats(to)
    with _loading(len(paths)) as begun:
        from pbc_eval.batch.jobs import find_jobs  # noqa: PLC0415 heavy: loads the models

        jobs = [job for path in paths for job in find_jobs(path, reports)]
        if report:
            jobs = [replace(job, report=report) for job in jobs if not job.report]
        run_all(jobs, reports, begun, workers=workers, force=force)
    if to:
        from pbc_eval.publish.documents import write_documents  # noqa: PLC0415 likewise

        for name in dict.fromkeys(to):
            for file in write_documents(name, [job.edition for job in jobs], into):
                console.print(f"Document: {escape(str(file))}")


@app.command()
@readable
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
    dask: Annotated[str, typer.Option(help="A Dask scheduler: tcp://host:8786.")] = "",
    alert: Annotated[bool, typer.Option("--alert", help="Tell somebody if it fails.")] = False,
) -> None:
    """Run every evaluation below a folder, several at a time, and write the index, last.

    Reports of which nothing changed are not made again; a batch that was stopped goes on where it
    was. One that fails does not stop the others. The exit code is 0 when every report stands
    published, 1 when one does not, 3 when another batch is at work, 130 or 143 after a signal.
    """
    from pbc_eval.batch.alert import alerts  # noqa: PLC0415 heavy: loads the models
    from pbc_eval.batch.chosen import chosen  # noqa: PLC0415 likewise
    from pbc_eval.batch.jobs import find_jobs  # noqa: PLC0415 likewise
    from pbc_eval.batch.limits import Limits, share_of_memory  # noqa: PLC0415 likewise

    with alerts(reports, screen.print, asked=alert):
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
        memory=int(memory * 1e9) or (None if dask else share_of_memory(workers)),
    )
    run_all(
        jobs,
        reports,
        workers=workers,
        force=force,
        cell=cell_deadline,
        limits=limits,
        alone=True,
        wait=60 * wait,
        dask=dask,
        alert=alert,
    )


@app.command()
@readable
def publish(reports: Reports = Path("reports")) -> None:
    """Write the site (index.html, a page a contract, feed, catalogues) after checking all hashes.

    Needed when editions were copied in or taken away by hand, or site.yaml changed; `run` and
    `batch` do it themselves, and check the hashes of files that changed.
    """
    if not reports.is_dir():
        raise SpecError(f"{reports}: no such folder. Name the folder that holds the editions.")
    print_index(reports, check_all=True)


@app.command()
@readable
def verify(
    editions: Annotated[list[Path], typer.Argument(help="Folders of published editions.")],
    evaluation: Annotated[
        Path | None,
        typer.Option(help="The evaluation it was made from; else it is looked for by its id."),
    ] = None,
    signers: Annotated[
        Path | None,
        typer.Option(help="Names and public keys of who may sign: each edition must be signed."),
    ] = None,
) -> None:
    """Run published editions again and say whether they are what their inputs give.

    Says "identical", or what differs: a file changed by hand, data, code, a version, a number. The
    exit code is 0 only when every published number was found again, and every signature holds
    where signers are given.
    """
    from pbc_eval.publish.signatures import signature_of  # noqa: PLC0415 likewise
    from pbc_eval.publish.verify import verify_edition  # noqa: PLC0415 heavy: loads papermill

    holds = True
    for edition in editions:
        verification = verify_edition(edition, evaluation)
        signature = signature_of(edition, signers)
        holds &= verification.holds and not signature.fault
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
        if signature.is_there or signers:
            style = "bold red" if signature.fault else "green" if signature.by else ""
            console.print(f"  {escape(signature.sentence)}", style=style, soft_wrap=True)
    if not holds:
        raise typer.Exit(1)


@app.command()
@readable
def sign(
    editions: Annotated[list[Path], typer.Argument(help="Folders of published editions.")],
    key: Annotated[Path, typer.Option(help="Your private SSH key, such as ~/.ssh/id_ed25519.")],
) -> None:
    """Sign published editions with an SSH key: a reader sees who stands behind every file.

    Writes manifest.json.sig into each. Who checks it needs your public key by another way:
    `pbc-eval verify EDITION --signers FILE`, or ssh-keygen alone.
    """
    from pbc_eval.publish.signatures import sign_edition  # noqa: PLC0415 heavy: loads the reader

    for edition in editions:
        console.print(f"signed: {escape(str(sign_edition(edition, key.expanduser())))}")


@contextmanager
def _loading(reports: int) -> "Iterator[Pool | None]":
    """Processes for so many reports, loading while files are read; None where none are forked."""
    from pbc_eval.batch.pool import MANY, Pool  # noqa: PLC0415 likewise

    if not Pool.is_possible():
        yield None
        return
    with Pool(many=reports >= MANY) as begun:
        yield begun


def run_all(jobs: "list[Job]", reports: Path, begun: "Pool | None" = None, **chosen: Any) -> None:
    from pbc_eval.batch.run import Choices  # noqa: PLC0415 heavy: loads the models
    from pbc_eval.batch.told import run_and_tell  # noqa: PLC0415 likewise

    code = run_and_tell(
        jobs, reports, Choices(**chosen), console=console, screen=screen, begun=begun
    )
    if code:
        raise typer.Exit(code)


def print_index(reports: Path, *, check_all: bool = False) -> None:
    from pbc_eval.batch.site import build_site  # noqa: PLC0415 heavy: loads the page tools
    from pbc_eval.batch.told import tell_site  # noqa: PLC0415 likewise

    site = build_site(reports, check_all=check_all)
    tell_site(site, console, screen)
    if site.damaged:
        raise typer.Exit(1)
