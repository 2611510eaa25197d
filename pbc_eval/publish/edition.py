"""One edition: run in private, made whole, then put in its place in one step.

    evaluation.yaml ─ lock ─ private run folder ─ notebook ─ page ─ manifest (last) ─ rename

A failed run leaves the good edition that was there untouched, and its own folder under
``reports/.runs`` for whoever looks into it. A final edition is never replaced by a different one.
"""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pbc_eval import provenance
from pbc_eval.errors import PublicationError
from pbc_eval.publish.notebook import execute, to_page
from pbc_eval.publish.page import refuse_an_unfit_page
from pbc_eval.spec.evaluation import EvaluationSpec, load_evaluation

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "impact_report.ipynb"
LOCK_WAIT = 900  # seconds; a run of the same evaluation takes a fraction of this


@dataclass(frozen=True, slots=True)
class Edition:
    """A published edition: where it is, and what it is an edition of."""

    evaluation: str
    edition: str
    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / "index.html"


def publish_edition(evaluation: Path, reports: Path, notebook: Path = NOTEBOOK) -> Edition:
    """Run one evaluation through the notebook and put the edition under ``reports``.

    Raises SpecError, DataError and the rest of the tree for faults of the evaluation, and
    PublicationError when the page is unfit, the edition is locked by another run, or it is final
    and would change.
    """
    spec = load_evaluation(evaluation)
    reports = reports.resolve()
    target = reports / spec.id / spec.edition
    runs = reports / ".runs"
    runs.mkdir(parents=True, exist_ok=True)
    lock = FileLock(runs / f"{spec.id}.lock")
    try:
        with lock.acquire(timeout=LOCK_WAIT):
            run_dir = Path(tempfile.mkdtemp(prefix=f"{spec.id}-{spec.edition}-", dir=runs))
            _make(spec, evaluation, run_dir, notebook)
            _put_in_place(run_dir / "edition", target, is_final=spec.status == "final")
            shutil.rmtree(run_dir)
    except Timeout:
        raise PublicationError(
            f"{spec.id}: another run has held this evaluation for {LOCK_WAIT} seconds. Wait for "
            f"it, or end it and remove {lock.lock_file}."
        ) from None
    return Edition(spec.id, spec.edition, target)


def _make(spec: EvaluationSpec, evaluation: Path, run_dir: Path, notebook: Path) -> None:
    edition = run_dir / "edition"
    (edition / "downloads").mkdir(parents=True)
    executed = execute(
        notebook,
        {"evaluation": str(evaluation.resolve()), "run_dir": str(edition)},
        run_dir,
    )
    results = json.loads((edition / "downloads" / "results.json").read_text(encoding="utf-8"))
    page = to_page(
        executed,
        title=f"{spec.title}: impact report, edition {spec.edition}",
        description=spec.contract.summary,
        footer=f"{spec.title}, edition {spec.edition}. {spec.publication.licence}.",
    )
    refuse_an_unfit_page(page)
    (edition / "index.html").write_text(page, encoding="utf-8")
    facts = results["provenance"]
    files = [path for path in edition.rglob("*") if path.is_file()]
    provenance.write_manifest(edition, facts, files)


def _put_in_place(made: Path, target: Path, *, is_final: bool) -> None:
    """Move a whole edition to where readers find it; the old one is there until the new one is."""
    if target.exists():
        if is_final and (target / provenance.MANIFEST).exists():
            _refuse_a_changed_final(made, target)
        old = made.parent / "replaced"
        target.rename(old)
    target.parent.mkdir(parents=True, exist_ok=True)
    for path in made.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
    made.rename(target)


def _refuse_a_changed_final(made: Path, target: Path) -> None:
    before, after = (
        json.loads((folder / provenance.MANIFEST).read_text(encoding="utf-8"))
        for folder in (target, made)
    )
    if before["outputs_sha256"] != after["outputs_sha256"]:
        raise PublicationError(
            f"{after['evaluation']}: edition {after['edition']} is final and published, and this "
            "run gives other results. Final editions do not change: give the correction a new "
            "edition, and say why under revisions."
        )
