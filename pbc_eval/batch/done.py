"""What was done already: a report is not made again while nothing that it is made from changed.

For each report that was published, a note in the workspace holds the hash of every file that was
read (the evaluation, its data, editions before), of the code with its notebooks and templates, the
versions of packages, the kind of report, and the manifests of the edition and of those beside it.
Files whose size, inode and times are those of the note are not read again; the time at which the
system saw a file change cannot be set by hand.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbc_eval import provenance
from pbc_eval.batch.jobs import Job
from pbc_eval.errors import PbcError
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.report_kinds import EVALUATION_FILE, OWN_NOTEBOOK, is_portfolio
from pbc_eval.publish.workspace import workspace_of

FOLDER = "done"


@dataclass(frozen=True, slots=True)
class Made:
    """What every report of a batch is made with."""

    code: str
    versions: dict[str, str]

    @classmethod
    def now(cls) -> "Made":
        """As it is installed at this moment."""
        return cls(provenance.code_hash(), provenance.versions())


def remember(job: Job, folder: Path) -> None:
    """Note that ``job`` was published in ``folder``.

    Nothing is noted where a file is not any more what was read: the report is then made again.
    """
    facts = provenance.read_manifest(folder)
    files = _files_read(facts, _file_of(job), job.reports)
    seen = {}
    for path, digest in files.items():
        before = _looks(path)
        if before is None or provenance.sha256(path) != digest or _looks(path) != before:
            return
        seen[str(path)] = {"looks": before, "sha256": digest}
    note = {
        "report": job.report,
        "evaluation": facts["evaluation"],
        "edition": facts["edition"],
        "code": facts["code_sha256"],
        "versions": facts["versions"],
        "files": seen,
        "folder": str(folder),
        "published": all_looks(folder),
        "beside": _beside(folder),
        "own_notebook": _has_own_notebook(job),
    }
    target = _note_of(job)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(note), encoding="utf-8", newline="\n")
    fresh.replace(target)


def forget(job: Job) -> None:
    """Have ``job`` made again, whatever stands published."""
    _note_of(job).unlink(missing_ok=True)


def page_if_unchanged(job: Job, made: Made) -> Path | None:
    """The page of ``job`` where it stands published and would be made the same; else None."""
    try:
        note = json.loads(_note_of(job).read_text(encoding="utf-8"))
        same = note["code"] == made.code and note["versions"] == made.versions
        if not same or not all(_is_same(Path(p), seen) for p, seen in note["files"].items()):
            return None
        folder = Path(note["folder"])
        if note["beside"] != _beside(folder):
            return None
        if note.get("own_notebook", False) != _has_own_notebook(job):
            return None
        if note["published"] != all_looks(folder) and provenance.changed_files(folder):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, PbcError):
        return None
    return folder / "index.html"


def _files_read(facts: dict[str, Any], source: Path, reports: Path) -> dict[Path, str]:
    """Every file that was read, with its hash. What a portfolio calls by the name of an edition
    lies under ``reports``."""
    files = {}
    for name, digest in facts["inputs_sha256"].items():
        if name.startswith("duckdb:"):  # what was read of a file, which is named itself
            continue
        path = source.parent / name
        if is_portfolio(source) and not path.is_file():
            path = reports / name
        files[path.resolve()] = digest
    return files


def _beside(folder: Path) -> dict[str, str]:
    """The manifests of the editions of one evaluation: what is told together is judged together."""
    return {
        manifest.parent.name: provenance.sha256(manifest)
        for manifest in sorted(folder.parent.glob(f"[!.]*/{MANIFEST}"))
    }


def _has_own_notebook(job: Job) -> bool:
    """Is there one that was not there before? One that is there is among the files read."""
    return (_file_of(job).parent / OWN_NOTEBOOK).is_file()


def _is_same(path: Path, seen: dict[str, Any]) -> bool:
    looks = _looks(path)
    return looks is not None and (
        looks == seen["looks"] or provenance.sha256(path) == seen["sha256"]
    )


def _looks(path: Path) -> list[int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]


def all_looks(folder: Path) -> dict[str, list[int] | None]:
    """Size, times and inode of every file below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): _looks(path) for path in sorted(files)}


def _file_of(job: Job) -> Path:
    path = job.evaluation.resolve()
    return path / EVALUATION_FILE if path.is_dir() else path


def _note_of(job: Job) -> Path:
    name = hashlib.sha256(f"{_file_of(job)}\n{job.report}".encode()).hexdigest()[:32]
    return workspace_of(job.reports) / FOLDER / f"{name}.json"
