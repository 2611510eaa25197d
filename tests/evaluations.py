"""Evaluations for tests: copies of the real ones, changed by one thing that each test names."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock

import pbc_eval as pbc
from pbc_eval.disclosure.record import ReleasedEvaluation
from pbc_eval.evaluation.record import Evaluation

PROJECT = Path(__file__).parents[1]
DATA = PROJECT / "data"
EVERY = sorted(path.parent.name for path in DATA.glob("*/evaluation.yaml"))
# One of each kind of evidence is looked at in every run; the others where long tests are run.
FEW = ("hospital-readmissions", "one-service", "supported-work", "wheels-to-meals")
EACH = [name if name in FEW else pytest.param(name, marks=pytest.mark.soak) for name in EVERY]


# Somebody answers for numbers in the file's words, where a test hides what the example shows.
TOLD = (
    "\n    reviewed:\n      - "
    "{output: told-elsewhere, by: A test, date: 2026-01-01, reason: Known.}"
)


@cache
def evaluation_of(name: str) -> Evaluation:
    """One of the evaluations under data/ as it stands: worked out once in a process, shared by the
    tests, and so not to be changed by them."""
    return pbc.evaluate(pbc.load_evaluation(DATA / name))


@cache
def released_of(name: str) -> ReleasedEvaluation:
    """What may be shown of one of them, shared likewise."""
    return pbc.release(evaluation_of(name))


def copy_of(name: str, folder: Path) -> Path:
    """A whole copy of one of the evaluations under data/; its folder keeps the name."""
    target = folder / name
    shutil.copytree(DATA / name, target)
    return target


def change(file: Path, old: str, new: str) -> None:
    """Replace text that must be there, once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} holds {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


def files_under(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes: what was written, and what was not."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def made_once(tmp_path_factory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that ``make`` fills once a run, however many workers the run has."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder, done = root / name, root / f"{name}.done"
    with FileLock(root / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def of_people(evaluation):
    """The evaluation as if its units were people, so that few of them are held back."""
    spec = evaluation.spec
    rule = spec.publication.disclosure.model_copy(update={"counts": "people"})
    publication = spec.publication.model_copy(update={"disclosure": rule})
    summary = re.sub(r"\d+", "many", spec.contract.summary)  # which tells how many there are
    contract = spec.contract.model_copy(update={"summary": summary})
    changes = {"publication": publication, "contract": contract}
    if spec.protocol is not None:  # which tells of two of them in words
        changes["protocol"] = spec.protocol.model_copy(update={"deviations": ()})
    return replace(evaluation, spec=spec.model_copy(update=changes))
