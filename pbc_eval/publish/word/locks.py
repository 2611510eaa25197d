"""Which letters of a document are locked, and under which key: every number as it is written.

A number is a word that holds a digit, with its sign, currency and unit; what only surrounds it (a
bracket, a comma, a full stop) is not part of it. Notices, marks of a draft or of invented data, and
the figures of the first screen are locked as a whole.

A key says where the number stands, and ends with a hash of it: whoever has the file alone sees that
a number was changed; whoever has the edition sees what it was.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pbc_eval.publish.word.blocks import Block, Grid, Run, Words

MOST = 64  # characters of a tag and of a title, as the format allows
_OPENING, _CLOSING = "([{\"'“‘", ".,;:!?)]}\"'”’…"
_WORD = re.compile(r"\S+")
_DIGIT = re.compile(r"\d")
_MAGNITUDE = re.compile(r"\s(?:million|billion|thousand|percentage points?|per cent|%)(?!\w)")
_HASH = 10  # hexadecimal digits of a hash in a key


@dataclass(frozen=True, slots=True)
class Piece:
    """Letters of a paragraph; ``key`` is empty where they may be changed."""

    run: Run
    key: str = ""


def numbers_in(text: str) -> list[str]:
    """The numbers of a text as they are written, in their order."""
    return [text[start:end] for start, end in _spans(text)]


def cut(block: Words, place: str) -> Iterator[Piece]:
    """A paragraph in pieces that are locked or not; ``place`` is where it stands in the document.

    A paragraph that is locked as a whole has a key a run.
    """
    n = 0
    for run in block.runs:
        for text, is_locked in _split(run.text, whole=block.locked):
            n += is_locked
            key = key_of(f"{place}/{n}", text) if is_locked else ""
            yield Piece(Run(text, run.bold, run.link, run.language), key)


def cut_rows(grid: Grid, place: str) -> Iterator[tuple[Piece, ...]]:
    """The rows of a table, its headers first: each cell is locked as a whole where it holds a
    number."""
    for n, row in enumerate((grid.headers, *grid.rows)):
        yield tuple(
            Piece(
                Run(text, bold=n == 0),
                key_of(f"{place}/{n}/{m}", text) if numbers_in(text) else "",
            )
            for m, text in enumerate(row, start=1)
        )


def key_of(place: str, text: str) -> str:
    """The key of a locked text: its place, and a hash of what it says."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH]
    if len(place) > MOST - _HASH - 1:
        place = hashlib.sha256(place.encode()).hexdigest()[:32]
    return f"{place}#{digest}"


def says_what_it_said(key: str, text: str) -> bool:
    """Is the text under a key the one that was locked?"""
    return key_of("", text) == "#" + key.rpartition("#")[2]


def place_of(block: Block, position: int) -> str:
    """Where a block stands: its section and its number in the document, or the table's name."""
    if isinstance(block, Grid):
        return f"{block.name or block.section}.{position}"
    return f"{block.section or 'top'}.{position}"


def _split(text: str, *, whole: bool) -> Iterator[tuple[str, bool]]:
    if whole:
        yield text, True
        return
    at = 0
    for start, end in _spans(text):
        if start > at:
            yield text[at:start], False
        yield text[start:end], True
        at = end
    if at < len(text):
        yield text[at:], False


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each number of a text begins and ends."""
    for word in _WORD.finditer(text):
        if not _DIGIT.search(word[0]):
            continue
        start = word.end() - len(word[0].lstrip(_OPENING))
        end = word.start() + len(word[0].rstrip(_CLOSING))
        after = _MAGNITUDE.match(text, end)
        yield start, after.end() if after else end
