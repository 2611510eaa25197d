"""One edition: run in private, made whole, then put in its place.

    evaluation.yaml ─ lock ─ private run folder ─ notebook ─ page ─ companions ─ manifest (last)
    ─ rename

A failed run leaves the good edition that was there untouched, and its own folder beside the reports
(workspace.py) for whoever looks into it. A final edition is never replaced by a different one: the
log of editions knows which are final, whatever their own folder says.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from nbformat import NotebookNode

from pbc_eval import provenance
from pbc_eval._validate import first_few
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.portfolio import PortfolioSpec
from pbc_eval.disclosure.editions import refuse_differencing
from pbc_eval.disclosure.open_data import open_files
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.messages.catalogue import confirmed_by
from pbc_eval.provenance import MANIFEST, open_doubts
from pbc_eval.publish.citation import citation_of
from pbc_eval.publish.compared import compare_numbers
from pbc_eval.publish.edition_files import agreed_text, open_inputs, write_companions
from pbc_eval.publish.edition_log import LOG, add_one, log_of, was_final
from pbc_eval.publish.edition_results import read_results
from pbc_eval.publish.exchange import exchange
from pbc_eval.publish.few_changed import members_of, refuse_few_changed, remember_members
from pbc_eval.publish.guessed_inputs import refuse_guessed_inputs
from pbc_eval.publish.notebook import LostKernelError, execute, to_page
from pbc_eval.publish.notebook_limits import CELL_DEADLINE
from pbc_eval.publish.own_claims import supported_by
from pbc_eval.publish.own_words import OwnWords
from pbc_eval.publish.owners import refuse_another_owner, remember_owner
from pbc_eval.publish.page import refuse_an_unfit_page
from pbc_eval.publish.populations import remember_people, same_people
from pbc_eval.publish.replaced import had_by_readers, keep_replaced
from pbc_eval.publish.report_kinds import KINDS, Agreed, Kind, Subject, kind_of, read_agreed
from pbc_eval.publish.snapshot import snapshot_of
from pbc_eval.publish.summary_page import SUMMARY, has_summary, summary_page
from pbc_eval.publish.workspace import workspace_of
from pbc_eval.results_file import RESULTS, ResultsFile

NOTEBOOK = KINDS["impact_report"].notebook
LOCK_WAIT = 900  # seconds; a run of the same evaluation takes a fraction of this
ASIDE = ".{}.replaced"  # an old edition, for the moment in which the new one takes its place


@dataclass(frozen=True, slots=True)
class Edition:
    """A published edition: where it is, and what it is an edition of."""

    evaluation: str
    edition: str
    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / "index.html"


def publish_edition(
    evaluation: Path,
    reports: Path,
    notebook: Path | None = None,
    *,
    report: str = "",
    agreed: Agreed | None = None,
    cell_deadline: float = CELL_DEADLINE,
) -> Edition:
    """Run one evaluation or portfolio through the notebook of its kind, and put the edition under
    ``reports``. ``report`` names another kind than its file asks for: design_note, sroi_report.
    ``agreed`` is what ``evaluation`` holds, where it was read already. ``cell_deadline``: seconds
    for each cell of the notebook.

    Raises SpecError when the file cannot be used, and PublicationError, which repeats what the
    evaluation said, when a cell fails, the page is unfit, the edition is locked by another run, or
    it is final and would change; DisclosureError when it would tell, with an edition published
    before, what neither may tell.
    """
    agreed = agreed or read_agreed(evaluation)
    kind = kind_of(agreed, report)
    spec = kind.subject(agreed)
    _refuse_an_unconfirmed_language(spec)
    _open_files(spec)  # what may not be passed on is refused before anything runs
    reports = reports.resolve()
    _refuse_members_in_doubt(spec, reports)
    target = _place_of(spec, reports)
    refuse_another_owner(reports, spec)  # now, and again when it takes its place
    runs = workspace_of(reports) / "runs" / spec.id
    runs.mkdir(parents=True, exist_ok=True)
    with _alone(runs / "lock", spec.id):
        for earlier in runs.glob("run-*"):
            shutil.rmtree(earlier, ignore_errors=True)
        run_dir = Path(tempfile.mkdtemp(prefix=f"run-{spec.edition}-", dir=runs))
        with snapshot_of(spec, agreed, run_dir / "inputs") as source:
            made = replace(spec, source=source)
            used = notebook or kind.notebook_of(source)
            _make(kind, made, run_dir, reports, used, cell_deadline=cell_deadline)
            members = members_of(reports, read_agreed(source))
        with site_lock(reports):
            refuse_another_owner(reports, spec)
            rule = spec.publication.disclosure
            related = same_people(reports, spec)
            had = had_by_readers(reports, target)
            refuse_differencing(run_dir / "edition", target.parent, rule, related, had)
            refuse_guessed_inputs(run_dir / "edition", spec)
            refuse_few_changed(reports, spec, members)
            mark = keep_replaced(reports, target)
            put_in_place(run_dir / "edition", target, is_final=spec.status == "final")
            add_one(reports, target)
            remember_owner(reports, spec)
            remember_people(reports, spec)
            remember_members(reports, spec, members, replaced=mark)
        shutil.rmtree(run_dir, ignore_errors=True)
    return Edition(spec.id, spec.edition, target)


@contextmanager
def site_lock(reports: Path) -> Iterator[None]:
    """Held while an edition takes its place, and while the index reads them all."""
    with _alone(workspace_of(reports) / "site.lock", "the index"):
        yield


def put_in_place(made: Path, target: Path, *, is_final: bool) -> None:
    """Move a whole edition to where readers find it.

    Where the system can, the old and the new one change places in one step, and every reader finds
    one of them. Elsewhere the old edition steps aside within the same folder and is removed only
    when the new one is in place. Whatever ends the program in between, ``put_back`` finds it there.
    """
    put_back(target)
    _refuse_another_final(made, target)
    if target.exists() and _stays(made, target, is_final=is_final):
        return
    for path in (*made.rglob("*"), made):
        _sync(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and exchange(made, target):
        _sync(target.parent)
        shutil.rmtree(made)
        return
    aside = target.parent / ASIDE.format(target.name)
    try:
        if target.exists():
            target.rename(aside)
        made.rename(target)
    finally:
        put_back(target)
    _sync(target.parent)


def put_back(target: Path) -> None:
    """After a crash while an edition was replaced: the old one returns, unless the new one came."""
    aside = target.parent / ASIDE.format(target.name)
    if not aside.exists():
        return
    if target.exists():
        shutil.rmtree(aside)
    else:
        aside.rename(target)


def put_all_back(reports: Path) -> None:
    """``put_back`` for every edition under ``reports``."""
    before, after = ASIDE.split("{}")
    for aside in reports.glob(f"*/{ASIDE.format('*')}"):
        put_back(aside.parent / aside.name.removeprefix(before).removesuffix(after))


def _refuse_an_unconfirmed_language(spec: Subject) -> None:
    language = spec.publication.language
    if spec.status == "final" and not confirmed_by(language):
        raise PublicationError(
            f"{spec.id}: publication.language is {language!r}, whose translation nobody has "
            "confirmed, and a final edition never changes. Have a translator confirm it (docs/"
            "languages.md), use 'en', or set status to provisional."
        )


def _open_files(spec: Subject) -> tuple[str, ...]:
    return open_files(spec.agreed) if isinstance(spec.agreed, EvaluationSpec) else ()


def _refuse_members_in_doubt(spec: Subject, reports: Path) -> None:
    """A portfolio tells the results of its members; of one that is not listed they are not told."""
    if not isinstance(spec.agreed, PortfolioSpec) or spec.status == "draft":
        return
    names = [f"{member.evaluation}/{member.edition}" for member in spec.agreed.members]
    if in_doubt := [name for name in names if open_doubts(reports / name)]:
        raise PublicationError(
            f"{spec.id}: {first_few(in_doubt)} is not listed, since its disclosure-review.csv "
            "names outputs for review, and a portfolio would tell its results. Answer for each "
            "there under publication.disclosure.reviewed, or set the portfolio's status to draft."
        )


def _place_of(spec: Subject, reports: Path) -> Path:
    target = reports / spec.id / spec.edition
    if not target.resolve().is_relative_to(reports):
        raise PublicationError(
            f"{spec.id}: {reports / spec.id} leads out of {reports}. Remove the link; editions "
            "are written below the folder of reports only."
        )
    return target


@contextmanager
def _alone(lock: Path, owner: str) -> Iterator[None]:
    try:
        with FileLock(lock).acquire(timeout=LOCK_WAIT):
            yield
    except Timeout:
        raise PublicationError(
            f"{owner}: another run has held {lock.name} for {LOCK_WAIT} seconds. Wait for it, or "
            "end it; the lock goes with the process that holds it."
        ) from None


def _make(
    kind: Kind, spec: Subject, run_dir: Path, reports: Path, notebook: Path, *, cell_deadline: float
) -> None:
    edition = run_dir / "edition"
    parameters = {kind.parameter: str(spec.source.resolve()), "run_dir": str(edition)}
    if kind.parameter == "portfolio":
        parameters["reports"] = str(reports)  # where the editions of its members are
    executed = _executed(notebook, parameters, run_dir, cell_deadline)
    results = _results(edition, notebook)
    facts = _facts(kind, spec, results, notebook)
    is_draft = spec.status == "draft"
    mark = "Draft: " if is_draft else ""
    page = to_page(
        executed,
        title=f"{mark}{spec.title}: {kind.words}, edition {spec.edition}",
        description=spec.summary,
        footer=f"{spec.title}, edition {spec.edition}. {spec.publication.licence}.",
        citation="" if is_draft else citation_of(results).sentence,
        is_draft=is_draft,
        language=spec.publication.language,
        words=_words_of(spec, results),
    )
    refuse_an_unfit_page(page)
    (edition / "index.html").write_text(page, encoding="utf-8", newline="\n")
    if has_summary(page):
        summary = summary_page(page, spec.publication.language)
        refuse_an_unfit_page(summary)
        (edition / SUMMARY).write_text(summary, encoding="utf-8", newline="\n")
    write_companions(
        edition,
        agreed=agreed_text(spec.agreed),
        inputs=open_inputs(spec.source.parent, facts["inputs_sha256"], _open_files(spec)),
        results=results,
        facts=facts,
    )
    files = [path for path in edition.rglob("*") if path.is_file()]
    provenance.write_manifest(edition, facts, files)


def _executed(
    notebook: Path, parameters: dict[str, str], run_dir: Path, cell_deadline: float
) -> NotebookNode:
    """The executed notebook; once more from the start where its kernel was ended from outside."""
    for is_last in (False, True):
        edition = run_dir / "edition"
        shutil.rmtree(edition, ignore_errors=True)
        (edition / "downloads").mkdir(parents=True)
        try:
            return execute(notebook, parameters, run_dir, cell_deadline)
        except LostKernelError:
            if is_last:
                raise
    raise AssertionError  # the last attempt returned or raised


def _words_of(spec: Subject, results: ResultsFile) -> OwnWords | None:
    """What own words of this edition are held to; None where it has no place for any."""
    agreed = spec.agreed
    if not isinstance(agreed, EvaluationSpec):
        return None
    others = design_kind(agreed.design).reported_by_others
    ordered = sorted(results.outcomes, key=lambda outcome: not outcome.primary)
    return OwnWords(
        rule=spec.publication.disclosure,
        outcomes=tuple(supported_by(outcome, reported_by_others=others) for outcome in ordered),
        units=tuple(agreed.data.unit_name[1:]) if agreed.data else (),
        language=spec.publication.language,
    )


def _results(edition: Path, notebook: Path) -> ResultsFile:
    if not (edition / RESULTS).is_file():
        raise PublicationError(
            f"{notebook.name}: wrote no results.json. End it with report.rest(), which writes "
            "the files and shows what is left of the page."
        )
    return read_results(edition)


def _facts(kind: Kind, spec: Subject, results: ResultsFile, notebook: Path) -> dict[str, Any]:
    """What the manifest says beside the hashes, from the results that the notebook wrote."""
    facts = results.provenance
    if facts is None:
        raise PublicationError(f"{notebook.name}: gave results without their provenance.")
    if (facts.evaluation, facts.edition) != (spec.id, spec.edition):
        raise PublicationError(
            f"{notebook.name}: gave results of {facts.evaluation}, edition {facts.edition}, "
            f"in a run of {spec.id}, edition {spec.edition}. Was {spec.source.name} changed "
            "meanwhile? Run it again."
        )
    return {
        **facts.model_dump(),
        "report": kind.name,
        "status": spec.status,
        "notebook_sha256": provenance.sha256(notebook),
    }


def _stays(made: Path, target: Path, *, is_final: bool) -> bool:
    """Does the edition that is there stay? A final one does; a run that differs is refused, unless
    it is the same run on other hardware."""
    try:
        before = provenance.read_manifest(target)
    except PublicationError:  # not a whole edition; there is nothing to keep
        return False
    after = provenance.read_manifest(made)
    if before.get("status") != "final":
        return False
    old, new = before["outputs_sha256"], after["outputs_sha256"]
    if (old != new and not _only_hardware_differs(made, target)) or not is_final:
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        raise PublicationError(
            f"{after['evaluation']}: edition {after['edition']} is final and published, and this "
            f"run differs from it ({first_few(changed) or 'its status'}). Final editions do not "
            "change: give the correction a new edition, and say why under revisions."
        )
    return not provenance.changed_files(target)


def _refuse_another_final(made: Path, target: Path) -> None:
    """Refuse to replace what the log says is final and its folder does not say any more."""
    after = provenance.read_manifest(made)
    entries = log_of(target.parent.parent, after["evaluation"])
    final = was_final(entries, after["evaluation"], after["edition"])
    if final is None or provenance.sha256(made / MANIFEST) == final.manifest_sha256:
        return
    manifest = target / MANIFEST
    if manifest.is_file() and provenance.sha256(manifest) == final.manifest_sha256:
        return
    state = "differs from what was published" if manifest.is_file() else "is not there any more"
    raise PublicationError(
        f"{after['evaluation']}: edition {after['edition']} was published as final (line {final.n} "
        f"of {LOG}), its {MANIFEST} {state}, and this run differs from it. Restore the folder from "
        "a copy; give a correction a new edition, and say why under revisions."
    )


def _only_hardware_differs(made: Path, target: Path) -> bool:
    """Do two runs of the same inputs by the same code differ in the last digits alone?"""
    before, after = provenance.read_manifest(target), provenance.read_manifest(made)
    same_run = all(
        before.get(part) == after.get(part)
        for part in ("inputs_sha256", "code_sha256", "notebook_sha256", "versions")
    )
    return (
        same_run
        and before["outputs_sha256"].keys() == after["outputs_sha256"].keys()
        and compare_numbers(target, made).on_other_hardware
    )


def _sync(path: Path) -> None:
    """Have the system write a file or folder to disk, where it can."""
    if os.name != "posix" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
