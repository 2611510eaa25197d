"""What readers read in the files of two editions, word by word: the first that differs.

    page ── words and addresses, and the letters in its drawings ─┐
    table, text, metadata ── its lines                            ├─▶ differing words ─▶ Retold
    archive, workbook, document ── the same of each file inside   ┘

Numbers in results.json and in the tables are compared in compared.py. Here it is what is made of
them: a page whose amounts were changed by hand, with manifest and checksums made to fit, holds
numbers that nothing gives. Where nothing that the manifest names differs, what is not read but
shows all the same is compared too: bars and lines, what is hidden, how a cell is written.
"""

import base64
import binascii
import hashlib
import io
import operator
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from pbc_eval.publish.compared import SAME

TEXTS = (".txt", ".csv", ".json", ".jsonld", ".cff", ".bib", ".md", ".yaml", ".xml", ".rels")
PAGES = (".html", ".xml", ".svg", ".rels")
ARCHIVES = (".zip", ".xlsx", ".docx", ".ods")
FACTS = ("SHA256SUMS", "ro-crate-metadata.json")  # hashes and sizes of the other files
_ADDRESSES = frozenset({"href", "alt", "title", "aria-label", "content"})
_DRAWING = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")
_SIZE = re.compile(r'"contentSize": "\d+( B)?"')  # of another file: a digit more is a byte more
_HASH = re.compile(r"\b[0-9a-f]{40,64}(\+changes)?\b")
_NUMERAL = re.compile(r"\d[\d.,\u00a0\u202f]*\d|\d")
MOST_BYTES = 200_000_000  # of a file inside an archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """Where two editions read differently. ``words`` are sentences, one a file; ``numerals`` those
    in which a number differs; ``beyond_rounding`` says whether any differs by more than the last
    place that it is written to, or something else than a number does. ``marks`` are differences
    in what is not read: coordinates, styles, pictures, formats; one a file."""

    words: tuple[str, ...] = ()
    numerals: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    beyond_rounding: bool = False


def compare_words(before: Path, after: Path, names: tuple[str, ...], known: set[str]) -> Retold:
    """Compare the files ``names`` of two editions. ``known`` are texts that differ for a reason
    that is told beside: versions, commits. Where they stand, nothing is compared."""
    words: list[str] = []
    numerals: list[str] = []
    marks: list[str] = []
    beyond = False
    for name in names:
        first, second = _words_in(before / name, known), _words_in(after / name, known)
        place = _first_difference(first, second)
        if place is None:
            was, now = (_marks_in(folder / name, known) for folder in (before, after))
            if (mark := _first_difference(was, now, _rounded_alike)) is not None:
                marks.append(f"{name}: {mark}")
            continue
        words.append(f"{name}: {place}")
        beyond = beyond or not all(map(_rounded_alike, first, second)) or len(first) != len(second)
        number = _first_difference(_numerals(first), _numerals(second))
        if number is not None:
            numerals.append(f"{name}: {number}")
    return Retold(
        words=tuple(words), numerals=tuple(numerals), marks=tuple(marks), beyond_rounding=beyond
    )


def _words_in(file: Path, known: set[str]) -> list[str]:
    texts = _texts(file.name, file.read_bytes(), _Reader)
    return [word for text in texts for word in _masked(text, known).split()]


def _marks_in(file: Path, known: set[str]) -> list[str]:
    texts = _texts(file.name, file.read_bytes(), _Marks)
    return [word for text in texts for word in _masked(text, known).split()]


def _masked(text: str, known: set[str]) -> str:
    text = _SIZE.sub("(size)", _HASH.sub("(hash)", text))
    for other in sorted(known, key=len, reverse=True):
        text = text.replace(other, "(known)")
    return text


def _texts(name: str, content: bytes, reader: type["_Reader"]) -> list[str]:
    """What is read in a file; its bytes, in letters, where it is neither text nor drawing."""
    suffix = PurePosixPath(name).suffix.lower()
    if PurePosixPath(name).name in FACTS:
        return []
    if suffix in ARCHIVES:
        return _inside(content, reader)
    if suffix in PAGES:
        return reader.read(content.decode("utf-8", errors="replace"))
    if suffix == ".csv":  # a comma stands between its numbers, never within one
        return [content.decode("utf-8", errors="replace").replace(",", " ")]
    if suffix in TEXTS:
        return [content.decode("utf-8", errors="replace")]
    return [_as_letters(content)]


def _inside(content: bytes, reader: type["_Reader"]) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            texts: list[str] = []
            for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
                texts.append(entry.filename)
                if entry.file_size > MOST_BYTES:
                    texts.append(f"more than {MOST_BYTES} bytes")
                else:
                    texts += _texts(entry.filename, archive.read(entry), reader)
            return texts
    except (zipfile.BadZipFile, OSError, RuntimeError):
        return [_as_letters(content)]


def _as_letters(content: bytes) -> str:
    """The hash of bytes that nobody reads, without digits: it differs, and is no number."""
    digits = str.maketrans("0123456789", "ghijklmnop")
    return f"(bytes {hashlib.sha256(content).hexdigest().translate(digits)})"


class _Reader(HTMLParser):
    """Collects what a page says: its text, its addresses, and the letters in its drawings."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []

    @classmethod
    def read(cls, page: str) -> list[str]:
        reader = cls()
        reader.feed(page)
        reader.close()
        return reader.texts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in _ADDRESSES:
                self.texts.append(value)
            if value and tag == "img" and name == "src":
                self.texts += self.drawn(value)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @classmethod
    def drawn(cls, address: str) -> list[str]:
        """What a drawing that lies in an address holds, read as the page is."""
        drawing = _DRAWING.fullmatch(address)
        if not drawing:
            return []
        try:
            svg = base64.b64decode(drawing[1], validate=True).decode("utf-8", errors="replace")
        except binascii.Error:
            return [address]
        return cls.read(svg)


class _Marks(_Reader):
    """Collects every tag with its attributes, and in drawings too: what shows without letters."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts.append(f"<{tag}")
        for name, value in attrs:
            inside = self.drawn(value or "") if name == "src" else []
            self.texts += inside or [f"{name}={value or ''}"]

    def handle_data(self, data: str) -> None:
        pass


def _numerals(words: list[str]) -> list[str]:
    return [number for word in words for number in _NUMERAL.findall(word)]


def _rounded_alike(was: str, now: str) -> bool:
    """Are two words the same, or one number to within one of its last place?"""
    if was == now:
        return True
    first, second = _NUMERAL.findall(was), _NUMERAL.findall(now)
    if _NUMERAL.sub("#", was) != _NUMERAL.sub("#", now) or len(first) != len(second):
        return False
    return all(map(_numbers_alike, first, second))


def _numbers_alike(was: str, now: str) -> bool:
    """Within one of the last place, or as near as two machines give the same number: written to
    ten digits, one of them may end in a nought that is not written."""
    if abs(int(re.sub(r"\D", "", was)) - int(re.sub(r"\D", "", now))) <= 1:
        return True
    try:
        first, second = (float(re.sub(r"[,\u00a0\u202f]", "", number)) for number in (was, now))
    except ValueError:  # a date, a version
        return False
    return abs(first - second) <= SAME * max(abs(first), abs(second))


def _first_difference(
    before: list[str], after: list[str], alike: Callable[[str, str], bool] = operator.eq
) -> str | None:
    for was, now in zip_longest(before, after):
        if was is None or now is None or not alike(was, now):
            return f"{_quoted(was)} is {_quoted(now)} when it is made again"
    return None


def _quoted(word: str | None) -> str:
    return "nothing" if word is None else f"'{word[:60]}'"


def told_apart(before: Mapping[str, object], now: Mapping[str, object]) -> set[str]:
    """Texts of two manifests' versions and commits that differ: what may differ on a page too."""
    first, second = dict(_facts(before)), dict(_facts(now))
    pairs = ((first.get(name), second.get(name)) for name in {*first, *second})
    return {text for pair in pairs if pair[0] != pair[1] for text in pair if text}


def _facts(manifest: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name in ("code_commit", "code_sha256", "notebook_sha256"):
        yield name, str(manifest.get(name) or "")
    versions = manifest.get("versions")
    if isinstance(versions, Mapping):
        yield from ((str(name), str(version)) for name, version in versions.items())
