"""The log of a site: which edition was published, in which order, and that it was not replaced.

    editions.log   a line an edition as it was put in place: n, evaluation, edition, status, SHA-256
                   of its manifest, SHA-256 of the line before

Lines are only added. Whoever kept a copy, or the last hash from the feed, sees any other change.
The head is also kept beside the reports, so that a log that was cut or replaced stops the press
here. That an edition is final is known from the log, whatever its own folder says.

Source: Haber and Stornetta (1991), "How to time-stamp a digital document", Journal of Cryptology 3.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pbc_eval import provenance
from pbc_eval.errors import PublicationError
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.workspace import workspace_of

LOG = "editions.log"
HEAD = "editions.head"
_FIRST = "0" * 64
_REMEDY = f"Restore {LOG} from a copy, or from the server."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line. ``previous`` is the SHA-256 of the line before, zeros for the first."""

    n: int
    evaluation: str
    edition: str
    status: str
    manifest_sha256: str
    previous: str

    @property
    def line(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.line.encode()).hexdigest()


def read_log(reports: Path) -> tuple[Entry, ...]:
    """Every line, oldest first; none where nothing was published yet.

    Raises PublicationError for a line that does not follow from the one before, and for a log that
    is not the one to which the last line was added.
    """
    file = reports / LOG
    entries = tuple(_entries(file))
    previous = _FIRST
    for n, entry in enumerate(entries, start=1):
        if (entry.n, entry.previous) != (n, previous):
            raise PublicationError(
                f"{LOG}, line {n}: does not follow from the line before: the log was changed. "
                f"{_REMEDY}"
            )
        previous = entry.sha256
    _refuse_another_head(reports, entries)
    return entries


def add_to_log(reports: Path, folders: Sequence[Path]) -> tuple[Entry, ...]:
    """Add the editions in ``folders`` that are not in the log as they are now; the whole log.

    Call while the site's lock is held.
    """
    entries = list(read_log(reports))
    known = {(entry.evaluation, entry.edition): entry.manifest_sha256 for entry in entries}
    added = 0
    for folder in folders:
        facts = provenance.read_manifest(folder)
        key, digest = (facts["evaluation"], facts["edition"]), provenance.sha256(folder / MANIFEST)
        if known.get(key) == digest or facts.get("status") == "draft":
            continue
        entries.append(
            Entry(
                n=len(entries) + 1,
                evaluation=key[0],
                edition=key[1],
                status=str(facts.get("status", "")),
                manifest_sha256=digest,
                previous=entries[-1].sha256 if entries else _FIRST,
            )
        )
        known[key] = digest
        added += 1
    if added:
        text = "".join(f"{entry.line}\n" for entry in entries)
        _replace(reports / LOG, text)
        _replace(workspace_of(reports) / HEAD, f"{len(entries)} {entries[-1].sha256}\n")
    return tuple(entries)


def last_of(entries: Sequence[Entry], evaluation: str, edition: str) -> Entry | None:
    """The last line on an edition; None where it was never published."""
    mine = [e for e in entries if (e.evaluation, e.edition) == (evaluation, edition)]
    return mine[-1] if mine else None


def was_final(entries: Sequence[Entry], evaluation: str, edition: str) -> Entry | None:
    """The line by which an edition became final; None where it never did."""
    mine = [e for e in entries if (e.evaluation, e.edition) == (evaluation, edition)]
    return next((entry for entry in mine if entry.status == "final"), None)


def _entries(file: Path) -> list[Entry]:
    if not file.is_file():
        return []
    lines = file.read_text("utf-8", errors="replace").splitlines()
    return [_entry(line, n) for n, line in enumerate(lines, start=1)]


def _entry(line: str, n: int) -> Entry:
    try:
        given: dict[str, Any] = json.loads(line)
        entry = Entry(**given)
        if line != entry.line:
            raise ValueError
    except (ValueError, TypeError):
        raise PublicationError(f"{LOG}, line {n}: is no line of a log. {_REMEDY}") from None
    return entry


def _refuse_another_head(reports: Path, entries: Sequence[Entry]) -> None:
    head = workspace_of(reports) / HEAD
    if not head.is_file():
        return
    n, _, digest = head.read_text("utf-8").strip().partition(" ")
    known = int(n) if n.isdigit() else 0
    if len(entries) < known or (known and entries[known - 1].sha256 != digest):
        raise PublicationError(
            f"{LOG}: had {known} lines when it was last written here, and is another log now. "
            f"{_REMEDY}"
        )


def _replace(file: Path, text: str) -> None:
    fresh = file.parent / f".{file.name}.new"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)
