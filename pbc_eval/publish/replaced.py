"""What readers had of an edition under its own name, before another took its place.

    reports/ID/EDITION, named in SHA256SUMS ── replaced ──▶ .reports-work/replaced/ID/EDITION/HASH/

A provisional edition may be replaced by another. Once the index listed it, it was read and copied:
what it and the next tell together is asked as of two editions of different names. So the tables of
whatever was listed are kept beside the reports; what no index ever listed is not.
"""

import shutil
from pathlib import Path

from pbc_eval import provenance
from pbc_eval.errors import PublicationError
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.checksums import SUMS
from pbc_eval.publish.workspace import workspace_of

REPLACED = "replaced"
DIGITS = 12  # of a manifest's hash, in the names of what was replaced
TABLES = ("*.csv", "*.json")  # in downloads: what later editions are compared with


def was_listed(reports: Path, folder: Path) -> bool:
    """Did the index that stands list the edition as it is now?"""
    sums, manifest = reports / SUMS, folder / MANIFEST
    if not (sums.is_file() and manifest.is_file()):
        return False
    name = f"{folder.parent.name}/{folder.name}/{MANIFEST}"
    line = f"{provenance.sha256(manifest)}  {name}"
    return line in sums.read_text(encoding="utf-8").splitlines()


def had_by_readers(reports: Path, target: Path) -> tuple[Path, ...]:
    """Folders with what readers have had of an edition: as it is, if listed, and as it was."""
    kept = _kept(reports, target)
    before = sorted(folder for folder in kept.glob("[!.]*") if folder.is_dir())
    now = [target] if was_listed(reports, target) and not _is_final(target) else []
    return (*now, *before)


def keep_replaced(reports: Path, target: Path) -> str:
    """Keep the tables of an edition that is about to be replaced, where readers have had it. Its
    mark, by which other notes on it are kept too; empty where nothing is kept."""
    if not was_listed(reports, target) or _is_final(target):
        return ""
    mark = provenance.sha256(target / MANIFEST)[:DIGITS]
    place = _kept(reports, target) / mark
    fresh = place.with_name(f".{mark}")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "downloads").mkdir(parents=True)
    shutil.copy2(target / MANIFEST, fresh / MANIFEST)
    for pattern in TABLES:
        for file in (target / "downloads").glob(pattern):
            shutil.copy2(file, fresh / "downloads" / file.name)
    shutil.rmtree(place, ignore_errors=True)
    fresh.rename(place)
    return mark


def _kept(reports: Path, target: Path) -> Path:
    return workspace_of(reports) / REPLACED / target.parent.name / target.name


def _is_final(folder: Path) -> bool:
    """A final edition is never replaced by another: there is nothing to compare."""
    try:
        return provenance.read_manifest(folder).get("status") == "final"
    except PublicationError:
        return False
