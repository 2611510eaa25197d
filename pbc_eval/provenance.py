"""Where a report came from: hashes of what went in, versions of what ran. No clock, no path.

The manifest is written last into an edition's folder; an edition without one is not an edition. One
with open doubts in the record of its disclosure review is listed nowhere.
"""

import hashlib
import json
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from pbc_eval import __version__
from pbc_eval._resources import EXAMPLES, notebooks_folder, package_folder
from pbc_eval.errors import PublicationError
from pbc_eval.intake.file_hash import sha256

__all__ = [
    "MANIFEST",
    "REVIEW_RECORD",
    "SIGNATURE",
    "changed_files",
    "code_commit",
    "code_hash",
    "manifest",
    "open_doubts",
    "read_manifest",
    "review_record",
    "running_code",
    "seed_of",
    "sha256",
    "versions",
    "write_manifest",
]

MANIFEST = "manifest.json"
REVIEW_RECORD = "disclosure-review.json"  # which rule each output was held to, and who answers
TUTORIALS = "tutorials"  # among the notebooks; no page is made by them
SIGNATURE = "manifest.json.sig"  # beside it, and not one of its files
_REMEDY = "Run the evaluation again, or restore the file."
_REPORTED = (
    "pbc-eval",
    "ibis-framework",
    "duckdb",
    "linearmodels",
    "numpy",
    "pandas",
    "scipy",
    "statsmodels",
    "matplotlib",
    "nbconvert",
    "papermill",
)


def seed_of(evaluation_id: str, edition: str) -> int:
    """The seed of all random draws of one edition: 63 bits of the hash of its name."""
    digest = hashlib.sha256(f"{evaluation_id}/{edition}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def code_hash() -> str:
    """One SHA-256 over every file of this package and its notebooks, whatever its kind: each may
    shape a page. So a report names the code that made it, in a clone as in an installed wheel."""
    digest = hashlib.sha256()
    for name, path in sorted(_own_files().items()):
        digest.update(name.encode())
        digest.update(sha256(path).encode())
    return digest.hexdigest()


def _own_files() -> dict[str, Path]:
    """The package's files by the name that they have in a wheel; no caches, no hidden files."""
    own: dict[str, Path] = {}
    for below, root in (("", package_folder()), ("notebooks/", notebooks_folder())):
        for path in root.rglob("*"):
            inside = path.relative_to(root)
            hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
            hidden = hidden or inside.parts[0] == EXAMPLES or TUTORIALS in inside.parts  # to learn
            if path.is_file() and not hidden:
                own[below + inside.as_posix()] = path
    return own


def code_commit() -> str:
    """The git commit of the code, with '+changes' when files differ from it; '' outside git."""
    root = Path(__file__).parents[1]
    try:
        _git(
            root, "ls-files", "--error-unmatch", "pbc_eval/__init__.py"
        )  # not another's repository
        commit = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--", "pbc_eval", "notebooks")
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{commit}+changes" if changed else commit


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(  # noqa: S603 fixed words only
        ["git", "-C", str(root), *words],  # noqa: S607 git is found on the user's own path
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,  # a busy machine must not change what a page says
    )
    return done.stdout.strip()


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a number could depend on."""
    installed = {"python": platform.python_version()}
    for name in _REPORTED:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed[name] = __version__ if name == "pbc-eval" else "not installed"
    return installed


@dataclass(frozen=True, slots=True)
class RunningCode:
    """The code that this process runs: hash, commit, and versions of what it stands on."""

    sha256: str
    commit: str
    versions: dict[str, str]


@cache
def running_code() -> RunningCode:
    """The code as it was when this was first asked, which is what is in memory: a file that changes
    while a process runs changes nothing of what it makes. What is forked from it knows it too."""
    return RunningCode(code_hash(), code_commit(), versions())


def manifest(
    *, evaluation_id: str, edition: str, inputs: dict[str, str], seed: int
) -> dict[str, Any]:
    """What is needed to rebuild an edition, apart from the list of the files that were made."""
    return {
        "evaluation": evaluation_id,
        "edition": edition,
        "inputs_sha256": dict(sorted(inputs.items())),
        "code_sha256": running_code().sha256,
        "code_commit": running_code().commit,
        "versions": dict(running_code().versions),
        "seed": seed,
    }


def write_manifest(folder: Path, facts: dict[str, Any], files: Iterable[Path]) -> Path:
    """Write the manifest with the hash of each published file. Call it last."""
    outputs = {path.relative_to(folder).as_posix(): sha256(path) for path in sorted(files)}
    target = folder / MANIFEST
    text = json.dumps({**facts, "outputs_sha256": outputs}, indent=1, sort_keys=True)
    target.write_text(text + "\n", encoding="utf-8", newline="\n")
    return target


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an edition. Raises PublicationError when it is missing or cannot be read."""
    path = folder / MANIFEST
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        named = {"evaluation", "edition", "outputs_sha256"} <= facts.keys()
    except (OSError, ValueError, AttributeError) as problem:
        raise PublicationError(f"{path}: cannot be read ({problem}). {_REMEDY}") from None
    if not named or not isinstance(facts["outputs_sha256"], dict):
        raise PublicationError(f"{path}: is not a manifest. {_REMEDY}")
    return dict(facts)


def changed_files(folder: Path) -> tuple[str, ...]:
    """What differs from the manifest: 'index.html has changed', 'x.csv is missing', 'y is new'."""
    expected = read_manifest(folder)["outputs_sha256"]
    there = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    changes = []
    for name, digest in sorted(expected.items()):
        if name not in there:
            changes.append(f"{name} is missing")
        elif sha256(there[name]) != digest:
            changes.append(f"{name} has changed")
    changes += [
        f"{name} is new" for name in sorted(there.keys() - expected.keys() - {MANIFEST, SIGNATURE})
    ]
    return tuple(changes)


def review_record(folder: Path) -> dict[str, Any] | None:
    """The record of the disclosure review of a published edition; None where it has none."""
    file = folder / "downloads" / REVIEW_RECORD
    if not file.is_file():
        return None
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return record


def open_doubts(folder: Path) -> tuple[str, ...]:
    """Outputs of a published edition that its disclosure review doubts and nobody answers for."""
    outputs = (review_record(folder) or {}).get("outputs", [])
    return tuple(
        str(each["output"])
        for each in outputs
        if each.get("status") == "review" and not each.get("reviewed_by")
    )
