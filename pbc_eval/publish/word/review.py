"""What came back from reviewers of a document: comments, tracked changes, what nobody told.

    file ─ lines ─┬─ comments and tracked changes ▶ Remark, …
                  └─ held against the edition, line by line ▶ Difference, …

Numbers are held by what is written, not by their locks: a document whose locks a program lost is
judged like any other.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Literal

from pbc_eval import provenance
from pbc_eval.errors import PublicationError
from pbc_eval.publish.word.blocks import Block, Grid, Words, document_of
from pbc_eval.publish.word.file_parts import open_document
from pbc_eval.publish.word.lines import BAR, Line, Reading, Remark
from pbc_eval.publish.word.locks import cut, cut_rows, numbers_in, place_of, says_what_it_said

DifferenceKind = Literal["number", "words", "gone", "added"]
MOST_LINES = 50_000
ALIKE = 0.5  # share of letters that two lines have in common to be held against each other
_MADE_FROM = re.compile(r"(.+), edition (.+), SHA-256 of its manifest: ([0-9a-f]{64})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where a document does not say what its edition says.

    ``number``: a number differs, whether or not the change is tracked. ``words``: a sentence was
    changed without a track. ``gone``, ``added``: a line was taken out or put in. ``numbers`` are
    the changes of numbers, each as published and as it reads now; one is empty where there is
    none.
    """

    kind: DifferenceKind
    section: str
    published: str
    now: str
    numbers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WordReview:
    """A document that came back. ``numbers`` is how many texts its edition locks, ``unlocked`` how
    many of those locks are not in the file; ``formats`` how many changes of format are tracked;
    ``note`` says what could not be held against the edition."""

    file: str
    evaluation: str
    edition: str
    remarks: tuple[Remark, ...]
    differences: tuple[Difference, ...]
    numbers: int
    unlocked: int
    formats: int
    note: str = ""

    @property
    def holds(self) -> bool:
        """Does every line say what was published, but for changes of words that are tracked?"""
        return not self.differences


def review_word(
    file: str | Path, edition: str | Path | None = None, *, reports: str | Path = "reports"
) -> WordReview:
    """Read what reviewers left in a document that ``word_report`` made.

    ``edition`` is the folder of the edition that it is held against; else the one that it names
    below ``reports``. Where there is none, its numbers are held by their own locks.

    Raises PublicationError for what is no document, or was not made of an edition.
    """
    path = Path(file)
    if not path.is_file():
        raise PublicationError(f"{path}: no such file. Name the document (.docx) that came back.")
    reading = Reading(open_document(path))
    if len(reading.lines) > MOST_LINES:
        raise PublicationError(
            f"{path.name}: has {len(reading.lines):,} lines, and no report has more than "
            f"{MOST_LINES:,}. Review a copy with the report alone."
        )
    name, number, sha256 = _made_from(path.name, reading)
    folder = Path(edition) if edition is not None else _edition_of(Path(reports), name, number)
    note, numbers, unlocked = "", len(reading.controls), 0
    if folder is None:
        differences = tuple(_broken_locks(reading))
        note = (
            f"There is no edition {number} of {name} under {reports}: words were not compared, and "
            "numbers only with their own locks. Name its folder with --edition."
        )
    else:
        if provenance.sha256(folder / provenance.MANIFEST) != sha256:
            note = (
                f"{folder} is not the state of the edition that the document was made from: "
                "differences may come from that."
            )
        blocks = document_of(folder).blocks
        keys = [key for position, block in enumerate(blocks) for key in _keys(block, position)]
        there = {key for key, _ in reading.controls}
        numbers, unlocked = len(keys), sum(key not in there for key in keys)
        differences = tuple(_differences(list(_published(blocks)), reading.lines))
    return WordReview(
        file=path.name,
        evaluation=name,
        edition=number,
        remarks=reading.remarks,
        differences=differences,
        numbers=numbers,
        unlocked=unlocked,
        formats=reading.formats,
        note=note,
    )


def _made_from(name: str, reading: Reading) -> tuple[str, str, str]:
    """Evaluation, edition and hash of the manifest that a document names in its last lines."""
    for line in reversed(reading.lines):
        named = _MADE_FROM.search(line.before.removeprefix("Made from ").strip())
        if named:
            return named[1], named[2], named[3]
    raise PublicationError(
        f"{name}: does not name the edition that it was made from, in a line at its end that "
        "begins with Made from. Was it made with `pbc-eval run --to docx`? Restore that line."
    )


def _edition_of(reports: Path, name: str, number: str) -> Path | None:
    """The folder of an edition below ``reports``; never one outside, whatever a file says."""
    root = reports.resolve()
    folder = (root / name / number).resolve()
    inside = folder.is_relative_to(root) and folder.parent.parent == root
    return folder if inside and (folder / provenance.MANIFEST).is_file() else None


def _published(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """Every line of an edition, as a document has it, with the heading above it."""
    heading = ""
    for block in blocks:
        if isinstance(block, Words):
            yield heading, block.text
            if block.style.startswith("heading"):
                heading = block.text
        elif isinstance(block, Grid):
            yield heading, BAR.join(block.headers)
            for row in block.rows:
                yield heading, BAR.join(row)


def _keys(block: Block, position: int) -> Iterator[str]:
    place = place_of(block, position)
    if isinstance(block, Words):
        yield from (piece.key for piece in cut(block, place) if piece.key)
    elif isinstance(block, Grid):
        yield from (cell.key for row in cut_rows(block, place) for cell in row if cell.key)


def _differences(
    published: Sequence[tuple[str, str]], lines: Sequence[Line]
) -> Iterator[Difference]:
    """Each line that differs, in the order of the document."""
    was = [_even(text) for _, text in published]
    lines = [line for line in lines if not line.before.startswith("Made from ")]
    new = [line for line in lines if not line.before.strip(f" {BAR}")]  # tracked, with all it holds
    lines = [line for line in lines if line not in new]
    now = [_even(line.before) for line in lines]
    for first, second in _pairs(was, now):
        if first is not None and second is not None:
            line = lines[second]
            numbers = _changed(numbers_in(was[first]), numbers_in(_even(line.now)))
            if numbers or was[first] != now[second]:
                kind: DifferenceKind = "number" if numbers else "words"
                section = published[first][0]
                yield _difference(kind, section, was[first], _even(line.now), numbers)
        elif first is not None:
            numbers = tuple((number, "") for number in numbers_in(was[first]))
            yield _difference("gone", published[first][0], was[first], "", numbers)
        elif second is not None:
            yield _added(lines[second])
    for line in new:
        added = _added(line)
        if added.numbers:
            yield added


def _added(line: Line) -> Difference:
    text = _even(line.now)
    numbers = tuple(("", number) for number in numbers_in(text))
    return _difference("added", line.section, "", text, numbers)


def _difference(
    kind: DifferenceKind,
    section: str,
    published: str,
    now: str,
    numbers: tuple[tuple[str, str], ...],
) -> Difference:
    return Difference(kind=kind, section=section, published=published, now=now, numbers=numbers)


def _pairs(was: list[str], now: list[str]) -> Iterator[tuple[int | None, int | None]]:
    """Which line of two texts is which; None where there is none."""
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal" or b - a == d - c:
            yield from zip(range(a, b), range(c, d), strict=True)
        else:
            yield from _likest(was, now, range(a, b), range(c, d))


def _likest(
    was: list[str], now: list[str], first: range, second: range
) -> Iterator[tuple[int | None, int | None]]:
    """Lines that are alike, in one order on both sides; the others stand alone."""
    at = second.start
    for i in first:
        window = range(at, min(second.stop, at + 40))
        alike = [(_likeness(was[i], now[j]), -j) for j in window]
        best, place = max(alike, default=(0.0, 0))
        if best < ALIKE:
            yield i, None
            continue
        yield from ((None, j) for j in range(at, -place))
        yield i, -place
        at = -place + 1
    yield from ((None, j) for j in range(at, second.stop))


def _likeness(one_line: str, other: str) -> float:
    matcher = SequenceMatcher(None, one_line[:2000], other[:2000], autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= ALIKE else 0.0


def _changed(was: list[str], now: list[str]) -> tuple[tuple[str, str], ...]:
    """Numbers that are not the same, each as published and as it reads."""
    changed: list[tuple[str, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind != "equal":
            most = max(b - a, d - c)
            befores = [*was[a:b], *[""] * (most - (b - a))]
            afters = [*now[c:d], *[""] * (most - (d - c))]
            changed += zip(befores, afters, strict=True)
    return tuple(changed)


def _broken_locks(reading: Reading) -> Iterator[Difference]:
    for key, text in reading.controls:
        if "#" in key and not says_what_it_said(key, text):
            section = key.partition("#")[0]
            yield _difference("number", section, "", text, (("", text),))


def _even(text: str) -> str:
    """Without what programs change on their own: kinds of blanks, and their number."""
    return " ".join(text.split())


def as_json(review: WordReview) -> Mapping[str, Any]:
    """The review as plain data, for scripts."""
    return {
        "file": review.file,
        "evaluation": review.evaluation,
        "edition": review.edition,
        "holds": review.holds,
        "note": review.note,
        "numbers": review.numbers,
        "unlocked": review.unlocked,
        "formats": review.formats,
        "remarks": [
            {name: getattr(remark, name) for name in Remark.__slots__} for remark in review.remarks
        ],
        "differences": [
            {
                "kind": entry.kind,
                "section": entry.section,
                "published": entry.published,
                "now": entry.now,
                "numbers": [{"published": was, "now": now} for was, now in entry.numbers],
            }
            for entry in review.differences
        ],
    }
