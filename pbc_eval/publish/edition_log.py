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
import os
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
SEEN = "editions.seen"  # how the log looked when its chain was last followed, or it was written
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


def log_of(reports: Path, evaluation: str) -> tuple[Entry, ...]:
    """The lines on one evaluation, oldest first, for who adds an edition to many thousands.

    The chain is not followed again while the log is the file that was last written or read whole
    (its size, times and inode); ``read_log``, once for each site, always follows it. Raises
    PublicationError as ``read_log`` does.
    """
    seen = _seen(reports)
    if not seen or _looks(reports / LOG) != seen:
        entries = read_log(reports)
        _remember(reports)
        return tuple(entry for entry in entries if entry.evaluation == evaluation)
    return _on(_texts(reports / LOG), evaluation)


def add_one(reports: Path, folder: Path) -> None:
    """Add the edition in ``folder`` where it is not in the log as it is now; drafts never are.

    Call while the site's lock is held.
    """
    facts = provenance.read_manifest(folder)
    mine = log_of(reports, facts["evaluation"])
    known = last_of(mine, facts["evaluation"], facts["edition"])
    digest = provenance.sha256(folder / MANIFEST)
    if facts.get("status") == "draft" or (known is not None and known.manifest_sha256 == digest):
        return
    texts = _texts(reports / LOG)
    last = _entry(texts[-1], len(texts)) if texts else None
    _write(reports, texts, [_entry_of(facts, digest, len(texts) + 1, last)])


def add_to_log(reports: Path, folders: Sequence[Path]) -> tuple[Entry, ...]:
    """Add the editions in ``folders`` that are not in the log as they are now; the whole log.

    Call while the site's lock is held.
    """
    before = read_log(reports)
    entries = list(before)
    known = {(entry.evaluation, entry.edition): entry.manifest_sha256 for entry in entries}
    for folder in folders:
        facts = provenance.read_manifest(folder)
        key, digest = (facts["evaluation"], facts["edition"]), provenance.sha256(folder / MANIFEST)
        if known.get(key) == digest or facts.get("status") == "draft":
            continue
        entries.append(_entry_of(facts, digest, len(entries) + 1, entries[-1] if entries else None))
        known[key] = digest
    if len(entries) > len(before):
        _write(reports, [entry.line for entry in before], entries[len(before) :])
    _remember(reports)
    return tuple(entries)


def _entry_of(facts: dict[str, Any], digest: str, n: int, last: Entry | None) -> Entry:
    return Entry(
        n=n,
        evaluation=facts["evaluation"],
        edition=facts["edition"],
        status=str(facts.get("status", "")),
        manifest_sha256=digest,
        previous=_FIRST if last is None else last.sha256,
    )


def _write(reports: Path, texts: Sequence[str], added: Sequence[Entry]) -> None:
    """The log with lines added, and its head."""
    lines = [*texts, *(entry.line for entry in added)]
    _replace(reports / LOG, "".join(f"{line}\n" for line in lines))
    _replace(workspace_of(reports) / HEAD, f"{len(lines)} {added[-1].sha256}\n")
    _remember(reports)


def last_of(entries: Sequence[Entry], evaluation: str, edition: str) -> Entry | None:
    """The last line on an edition; None where it was never published."""
    mine = [e for e in entries if (e.evaluation, e.edition) == (evaluation, edition)]
    return mine[-1] if mine else None


def was_final(entries: Sequence[Entry], evaluation: str, edition: str) -> Entry | None:
    """The line by which an edition became final; None where it never did."""
    return finals_of(entries).get((evaluation, edition))


def finals_of(entries: Sequence[Entry]) -> dict[tuple[str, str], Entry]:
    """The line by which each edition that is final became so, by evaluation and edition."""
    finals: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        if entry.status == "final":
            finals.setdefault((entry.evaluation, entry.edition), entry)
    return finals


def _entries(file: Path) -> list[Entry]:
    return [_entry(line, n) for n, line in enumerate(_texts(file), start=1)]


def _texts(file: Path) -> list[str]:
    return file.read_text("utf-8", errors="replace").splitlines() if file.is_file() else []


def _on(texts: Sequence[str], evaluation: str) -> tuple[Entry, ...]:
    """Lines that name the evaluation anywhere are read; those of others are passed over."""
    named = f'"{evaluation}"'
    read = (_entry(text, n) for n, text in enumerate(texts, start=1) if named in text)
    return tuple(entry for entry in read if entry.evaluation == evaluation)


def _looks(file: Path) -> str:
    """Size, times and inode; empty where there is no file. A clock that is set back changes the
    time of the last change of its state, which the system alone sets."""
    if not file.is_file():
        return ""
    state = file.stat()
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"


def _seen(reports: Path) -> str:
    seen = workspace_of(reports) / SEEN
    return seen.read_text("utf-8").strip() if seen.is_file() else ""


def _remember(reports: Path) -> None:
    """Several reports of a batch may do so at once."""
    file = workspace_of(reports) / SEEN
    fresh = file.with_name(f".{SEEN}.{os.getpid()}")
    fresh.write_text(f"{_looks(reports / LOG)}\n", encoding="utf-8", newline="\n")
    fresh.replace(file)


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
    if known and not entries:
        lines = "one line" if known == 1 else f"{known} lines"
        raise PublicationError(
            f"{LOG}: had {lines} when it was last written here, and is gone. {_REMEDY} Or, to "
            f"begin again as if nothing had been published, remove {head.parent.name} beside "
            f"{reports.resolve().name}: who kept an earlier copy of the site will see that it "
            "began again."
        )
    if len(entries) < known or (known and entries[known - 1].sha256 != digest):
        raise PublicationError(
            f"{LOG}: had {known} lines when it was last written here, and is another log now. "
            f"{_REMEDY}"
        )


def _replace(file: Path, text: str) -> None:
    fresh = file.parent / f".{file.name}.new"
    fresh.write_text(text, encoding="utf-8", newline="\n")
    fresh.replace(file)
