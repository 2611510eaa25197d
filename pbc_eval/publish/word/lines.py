"""The text of a document, line by line: as it was published, as it reads now, and who changed what.

A line is a paragraph, or a row of a table with a bar between its cells. Tracked changes are
taken apart: ``before`` has none of them made, ``now`` has all of them accepted.
"""

from dataclasses import dataclass, field
from typing import Literal
from xml.etree.ElementTree import Element

from pbc_eval.publish.word.file_parts import W14, FileParts, W

RemarkKind = Literal["comment", "insertion", "deletion", "moved here", "moved away"]
CHANGES: dict[str, RemarkKind] = {
    f"{W}ins": "insertion",
    f"{W}del": "deletion",
    f"{W}moveTo": "moved here",
    f"{W}moveFrom": "moved away",
}
NEW, GONE = ("insertion", "moved here"), ("deletion", "moved away")
BAR = " | "
MOST_LETTERS = 500  # of what a comment is about
Marks = tuple[tuple[RemarkKind, str, str], ...]
_HOLDERS = {f"{W}{name}" for name in ("hyperlink", "smartTag", "sdt", "sdtContent", "fldSimple",
                                      "customXml", "dir", "bdo")}  # fmt: skip
_BLANKS = {f"{W}{name}" for name in ("tab", "br", "cr", "ptab")}
_FORMATS = {f"{W}{name}" for name in ("rPrChange", "pPrChange", "tblPrChange", "tcPrChange",
                                      "trPrChange", "sectPrChange")}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a reviewer left: a comment, or a change that is tracked.

    ``section`` is the heading it stands under, ``at`` the letters that a comment is about or the
    line of a change, ``text`` what was said, inserted or deleted. ``date`` is as the file has it.
    ``done``: the comment was resolved.
    """

    kind: RemarkKind
    author: str
    date: str
    section: str
    at: str
    text: str
    done: bool = False


@dataclass(slots=True, eq=False)
class Line:
    """One line of a document and the heading above it."""

    section: str
    before: str = ""
    now: str = ""
    changes: list[tuple[RemarkKind, str, str, str]] = field(default_factory=list)

    def add(self, text: str, marks: Marks) -> None:
        """Letters at its end; ``marks`` are the tracked changes that they stand in."""
        kinds = [kind for kind, _, _ in marks]
        is_new, is_gone = (any(kind in those for kind in kinds) for those in (NEW, GONE))
        self.before += "" if is_new else text
        self.now += "" if is_gone else text
        if marks:
            kind, author, date = marks[-1]
            if self.changes and self.changes[-1][:2] == (kind, author) and self.changes[-1][3]:
                last = self.changes.pop()
                self.changes.append((kind, author, last[2], last[3] + text))
            else:
                self.changes.append((kind, author, date, text))
        elif text.strip() and self.changes:
            self.changes.append((*self.changes[-1][:3], ""))  # an end, so that none goes on beyond

    def bar(self) -> None:
        self.before += BAR
        self.now += BAR


@dataclass(slots=True, eq=False)
class _Comment:
    author: str
    date: str
    text: str
    done: bool
    at: str = ""
    section: str = ""


class Reading:
    """A document that was read: ``lines`` with text, the text of each control by its key
    (``controls``), and how many changes of format are tracked (``formats``)."""

    def __init__(self, parts: FileParts) -> None:
        self.lines: list[Line] = []
        self.controls: list[tuple[str, str]] = []
        self.formats = sum(element.tag in _FORMATS for element in parts.body.iter())
        self._heading = ""
        self._comments = {c.get(f"{W}id", ""): _comment(c, parts.done) for c in parts.comments}
        self._open: list[str] = []  # comments whose range was begun
        self._in_order: list[_Comment | Line] = []
        self._joined: Line | None = None  # a line whose end was inserted: it goes on in the next
        self._blocks(parts.body, ())

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Comments and changes in the order of the text; comments that stand nowhere at the end."""
        listed: list[Remark] = []
        placed = [entry for entry in self._in_order if isinstance(entry, _Comment)]
        nowhere = [entry for entry in self._comments.values() if entry not in placed]
        for entry in (*self._in_order, *nowhere):
            if isinstance(entry, _Comment):
                listed.append(
                    Remark(
                        kind="comment",
                        author=entry.author,
                        date=entry.date,
                        section=entry.section,
                        at=" ".join(entry.at.split()),
                        text=entry.text,
                        done=entry.done,
                    )
                )
                continue
            at = " ".join(entry.before.split()) or " ".join(entry.now.split())
            listed += [
                Remark(kind=kind, author=author, date=date, section=entry.section, at=at, text=text)
                for kind, author, date, text in entry.changes
                if text.strip()
            ]
        return tuple(listed)

    def _blocks(self, parent: Element, marks: Marks) -> None:
        for child in parent:
            if child.tag == f"{W}p":
                self._paragraph(child, marks)
            elif child.tag == f"{W}tbl":
                for row in child.iter(f"{W}tr"):
                    self._row(row, marks)
            elif child.tag == f"{W}sdt":
                for content in child.findall(f"{W}sdtContent"):
                    self._blocks(content, marks)
            elif child.tag in CHANGES:
                self._blocks(child, (*marks, _mark(child)))
            elif child.tag == f"{W}customXml":
                self._blocks(child, marks)
            else:
                self._point(child)

    def _paragraph(self, paragraph: Element, marks: Marks) -> None:
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        line = self._joined or Line(self._heading)
        self._inline(paragraph, line, marks)
        end = paragraph.find(f"{W}pPr/{W}rPr/{W}ins")
        if end is not None and line.before:
            self._joined = line
            line.now += " "
            return
        self._joined = None
        self._keep(line)
        if style is not None and style.get(f"{W}val", "").startswith("Heading"):
            self._heading = " ".join(line.now.split())

    def _row(self, row: Element, marks: Marks) -> None:
        change = next((part for part in row.findall(f"{W}trPr/*") if part.tag in CHANGES), None)
        marks = marks if change is None else (*marks, _mark(change))
        line = Line(self._heading)
        for n, cell in enumerate(row.iter(f"{W}tc")):
            if n:
                line.bar()
            for paragraph in cell.iter(f"{W}p"):
                self._inline(paragraph, line, marks)
        self._keep(line)

    def _keep(self, line: Line) -> None:
        if line.before.strip(f" {BAR}") or line.now.strip(f" {BAR}"):
            self.lines.append(line)
            self._in_order.append(line)

    def _inline(self, parent: Element, line: Line, marks: Marks) -> None:
        for child in parent:
            if child.tag == f"{W}r":
                self._letters(child, line, marks)
            elif child.tag in CHANGES:
                self._inline(child, line, (*marks, _mark(child)))
            elif child.tag == f"{W}sdt":
                self._control(child, line, marks)
            elif child.tag in _HOLDERS:
                self._inline(child, line, marks)
            else:
                self._point(child)

    def _letters(self, run: Element, line: Line, marks: Marks) -> None:
        for part in run:
            if part.tag in (f"{W}t", f"{W}delText"):
                self._text(part.text or "", line, marks)
            elif part.tag in _BLANKS:
                self._text(" ", line, marks)
            elif part.tag == f"{W}noBreakHyphen":
                self._text("-", line, marks)
            elif part.tag == f"{W}commentReference":
                self._begin(part.get(f"{W}id", ""), line)

    def _text(self, text: str, line: Line, marks: Marks) -> None:
        line.add(text, marks)
        for name in self._open:
            if len(self._comments[name].at) < MOST_LETTERS:
                self._comments[name].at += text

    def _control(self, control: Element, line: Line, marks: Marks) -> None:
        tag = control.find(f"{W}sdtPr/{W}tag")
        start = len(line.now)
        for content in control.findall(f"{W}sdtContent"):
            self._inline(content, line, marks)
        if tag is not None:
            self.controls.append((tag.get(f"{W}val", ""), line.now[start:]))

    def _point(self, element: Element) -> None:
        name = element.get(f"{W}id", "")
        if element.tag == f"{W}commentRangeStart" and name in self._comments:
            self._begin(name, Line(self._heading))
            self._open.append(name)
        elif element.tag == f"{W}commentRangeEnd" and name in self._open:
            self._open.remove(name)

    def _begin(self, name: str, line: Line) -> None:
        """A comment stands here, if it does not stand anywhere yet."""
        comment = self._comments.get(name)
        if comment is not None and comment not in self._in_order:
            comment.section = line.section
            comment.at = line.now
            self._in_order.append(comment)


def _mark(element: Element) -> tuple[RemarkKind, str, str]:
    author, date = element.get(f"{W}author", ""), element.get(f"{W}date", "")
    return CHANGES[element.tag], author, date


def _comment(element: Element, done: frozenset[str]) -> _Comment:
    paragraphs = list(element.iter(f"{W}p"))
    texts = ["".join(t.text or "" for t in p.iter(f"{W}t")) for p in paragraphs]
    last = paragraphs[-1].get(f"{W14}paraId", "") if paragraphs else ""
    return _Comment(
        author=element.get(f"{W}author", ""),
        date=element.get(f"{W}date", ""),
        text="\n".join(text for text in texts if text),
        done=bool(last) and last in done,
    )
