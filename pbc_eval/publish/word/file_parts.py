"""A document (DOCX) that somebody sent, opened without trust: its text and its comments as trees.

Nothing is unpacked to disk, no entity is resolved, nothing that it points to is opened.
"""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from pbc_eval.errors import PublicationError
from pbc_eval.intake.workbook_file import refuse_a_trap

MOST = 400_000_000  # bytes of all parts of a document, pictures too
MOST_TEXT = 60_000_000  # bytes of a part that is read
DEEPEST = 200  # elements within each other
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"
_LINK = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_AGAIN = "Open it in Word or LibreOffice and save it as a Word document (.docx)."


@dataclass(frozen=True, slots=True)
class FileParts:
    """The body of a document, its comments, and which of them were answered with "done"."""

    body: Element
    comments: tuple[Element, ...]
    done: frozenset[str]  # ids of the last paragraphs of comments that were resolved


def open_document(path: Path) -> FileParts:
    """Raises PublicationError, in one sentence with a remedy, for what is no document, is damaged,
    unpacks to more than memory holds, or defines entities."""
    try:
        refuse_a_trap(
            path,
            PublicationError,
            kind="document",
            program="word processor",
            remedy="Take pictures that are not the report's out of a copy, and review that.",
            most=MOST,
        )
        with zipfile.ZipFile(path) as archive:
            return _parts(path.name, archive)
    except (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, OSError):
        raise PublicationError(
            f"{path.name}: is no Word document, or a damaged one. {_AGAIN}"
        ) from None
    except (ParseError, UnicodeDecodeError, LookupError, ValueError) as problem:
        raise PublicationError(
            f"{path.name}: is a damaged Word document ({problem}). {_AGAIN}"
        ) from None


def _parts(name: str, archive: zipfile.ZipFile) -> FileParts:
    main = next(iter(_linked(archive, "", "/officeDocument")), "word/document.xml")
    root = _tree(name, archive, main)
    if root is None:
        raise PublicationError(f"{name}: holds no text of a Word document. {_AGAIN}")
    body = root.find(f"{W}body")
    if body is None:
        raise PublicationError(f"{name}: is of another kind than a Word document. {_AGAIN}")
    comments: list[Element] = []
    for part in _linked(archive, main, "/comments"):
        tree = _tree(name, archive, part)
        comments += [] if tree is None else tree.findall(f"{W}comment")
    done: set[str] = set()
    for part in _linked(archive, main, "/commentsExtended"):
        tree = _tree(name, archive, part)
        for entry in () if tree is None else tree.iter(f"{W15}commentEx"):
            if entry.get(f"{W15}done") in ("1", "true"):
                done.add(entry.get(f"{W15}paraId", ""))
    return FileParts(body, tuple(comments), frozenset(done))


def _linked(archive: zipfile.ZipFile, part: str, kind: str) -> Iterator[str]:
    """Names of the parts of a kind that a part names; nothing outside of the file."""
    folder, _, file = part.rpartition("/")
    tree = _tree(part, archive, posixpath.join(folder, "_rels", f"{file}.rels"))
    for link in () if tree is None else tree.iter(_LINK):
        is_outside = link.get("TargetMode", "").casefold() == "external"
        if link.get("Type", "").endswith(kind) and not is_outside:
            target = link.get("Target", "")
            whole = target[1:] if target.startswith("/") else posixpath.join(folder, target)
            yield posixpath.normpath(whole)


def _tree(name: str, archive: zipfile.ZipFile, part: str) -> Element | None:
    """A part as a tree; None where there is none of that name."""
    try:
        entry = archive.getinfo(part)
    except KeyError:
        return None
    if entry.file_size > MOST_TEXT:
        raise PublicationError(
            f"{name}: {part} holds {entry.file_size / 1e6:,.0f} MB of text, more than the "
            f"{MOST_TEXT / 1e6:,.0f} MB that are read. Review a copy with the report alone."
        )
    parser = XMLParser(target=_Bounded())  # noqa: S314 it refuses what makes XML dangerous
    with archive.open(entry) as stream:
        while chunk := stream.read(1 << 20):
            parser.feed(chunk)
    tree: Element = parser.close()
    return tree


class _Bounded(TreeBuilder):
    """Builds a tree of elements and text alone: no document type, no bottomless nesting."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it declares a document type")

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError(f"elements stand within each other more than {DEEPEST} deep")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)
