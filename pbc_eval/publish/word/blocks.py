"""A published page as a row of blocks: what a document has, in the order in which readers read it.

    edition/index.html ─ headings, paragraphs, lists, tables, drawings ▶ Block, …

It is read off the page that readers see and off nothing else, with the authors' own words, tables
and figures where they stand: page and document cannot disagree. What is there to navigate a page
(contents, downloads, marks that are drawn) is left out.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

Style = Literal[
    "heading1", "heading2", "heading3", "heading4", "plain", "summary", "notice", "formula", "note",
    "figure", "bullet", "number", "caption",
]  # fmt: skip
HEADINGS: dict[str, Style] = {
    "h1": "heading1",
    "h2": "heading2",
    "h3": "heading3",
    "h4": "heading4",
    "h5": "heading4",
    "h6": "heading4",
}
_STYLES: dict[str, Style] = {  # by the class of a paragraph
    "summary": "summary",
    "notice": "notice",
    "formula": "formula",
    "note": "note",
    "figure": "figure",
    "total": "figure",
}
LOCKED = frozenset(
    ("notice", "badges", "figure", "verdict", "total")
)  # as a whole, not number by number
_LEFT_OUT = frozenset(("skip", "on-one-page", "contents", "hidden", "mark", "links"))
_DRAWING = "data:image/svg+xml;base64,"
_BLANK = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one kind; ``language`` is empty for that of the document."""

    text: str
    bold: bool = False
    link: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A heading, a paragraph or an item of a list; ``locked``: nobody may change a letter of it.
    ``starts`` a list that is numbered anew."""

    section: str
    style: Style
    runs: tuple[Run, ...]
    locked: bool = False
    starts: bool = False

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it is written on the page; ``numeric`` are the columns that hold numbers."""

    section: str
    name: str
    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing (SVG) with what it shows in words."""

    section: str
    svg: bytes
    alt: str
    caption: str


Block = Words | Grid | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A page as blocks. ``marks`` is what a reader must know of it on each sheet: draft,
    provisional, invented data, illustrative amounts."""

    title: str
    description: str
    language: str
    marks: str
    blocks: tuple[Block, ...]


def document_of(edition: Path) -> Document:
    """The page of an edition, as blocks. ``edition`` is its folder; pages are whole (they were
    refused otherwise), so that nothing of them is tolerated or repaired here."""
    soup = BeautifulSoup((edition / "index.html").read_text(encoding="utf-8"), "html.parser")
    root = soup.html
    assert root is not None
    main = soup.find("main")
    assert isinstance(main, Tag)
    language = str(root.get("lang", "en"))
    reading = _Reading(edition)
    blocks = [*reading.blocks_in(main, "")]
    footer = soup.find("footer")
    if isinstance(footer, Tag):
        blocks += reading.blocks_in(footer, "footer")
    described = soup.find("meta", attrs={"name": "description"})
    return Document(
        title=_plain(soup.title) if soup.title else "",
        description=str(described.get("content", "")) if isinstance(described, Tag) else "",
        language=language,
        marks=marks_of(main),
        blocks=tuple(blocks),
    )


def marks_of(main: Tag) -> str:
    """What a reader must know of a page on each of its sheets."""
    badges = [_plain(badge) for badge in main.select("ul.badges > li")]
    draft = [_plain(notice.strong) for notice in main.select("p.draft-notice") if notice.strong]
    return " · ".join((*draft, *badges))


class _Reading:
    """Walks a page; ``section`` is the anchor of the section that a block stands in."""

    def __init__(self, edition: Path) -> None:
        self.edition = edition

    def blocks_in(self, parent: Tag, section: str) -> Iterator[Block]:
        for child in parent.children:
            if isinstance(child, Tag) and not _is_left_out(child):
                yield from self._block(child, section)

    def _block(self, tag: Tag, section: str) -> Iterator[Block]:
        if tag.name in ("section", "header"):
            yield from self.blocks_in(tag, str(tag.get("id", section or "masthead")))
        elif tag.name in HEADINGS:
            yield from _words(tag, section, HEADINGS[tag.name])
        elif tag.name in ("p", "pre"):
            classes = _classes(tag)
            style: Style = next((_STYLES[name] for name in classes if name in _STYLES), "plain")
            yield from _words(tag, section, style)
        elif tag.name in ("ul", "ol"):
            yield from _listed(tag, section)
        elif tag.name == "dl":
            yield from _terms(tag, section)
        elif tag.name == "table":
            yield from _grid(tag, section)
        elif tag.name == "figure":
            yield from self._picture(tag, section)
        elif tag.name == "summary":
            if not _titles_a_table(tag):
                yield from _words(tag, section, "plain", bold=True)
        else:
            yield from self.blocks_in(tag, section)

    def _picture(self, tag: Tag, section: str) -> Iterator[Block]:
        """A drawing on the page, or the one in the file beside it that the page leads to."""
        image, below = tag.find("img"), tag.find("figcaption")
        caption = _plain(below) if isinstance(below, Tag) else ""
        if isinstance(image, Tag):
            alt, source = str(image.get("alt", "")), str(image.get("src", ""))
            if source.startswith(_DRAWING):
                svg = base64.b64decode(source.removeprefix(_DRAWING))
                yield Picture(section, svg, alt, caption)
        else:
            link = tag.select_one('figcaption a[href$=".svg"]')
            alt = _plain(tag.p) if tag.p else caption
            if link is not None:
                svg = (self.edition / str(link["href"])).read_bytes()
                yield Picture(section, svg, alt, caption)
        yield Words(section, "caption", (Run(caption),))


def _words(tag: Tag, section: str, style: Style, *, bold: bool = False) -> Iterator[Words]:
    if "download" in _classes(tag) and "apart" not in _classes(tag):
        return
    runs = _runs(tag, bold=bold)
    if runs:
        yield Words(section, style, runs, locked=bool(_classes(tag) & LOCKED))


def _listed(tag: Tag, section: str) -> Iterator[Words]:
    if "badges" in _classes(tag):
        marks = " · ".join(_plain(item) for item in tag.find_all("li"))
        yield Words(section, "plain", (Run(marks, bold=True),), locked=True)
        return
    starts = tag.name == "ol"
    for item in tag.find_all("li", recursive=False):
        runs = _runs(item)
        if runs:
            yield Words(section, "number" if tag.name == "ol" else "bullet", runs, starts=starts)
            starts = False
        for nested in item.find_all(("ul", "ol"), recursive=False):
            yield from _listed(nested, section)


def _terms(tag: Tag, section: str) -> Iterator[Words]:
    term: tuple[Run, ...] = ()
    for part in tag.find_all(("dt", "dd")):
        if part.name == "dt":
            term = (*_runs(part, bold=True), Run(": ", bold=True))
        else:
            yield Words(section, "plain", (*term, *_runs(part)))
            term = ()


def _grid(tag: Tag, section: str) -> Iterator[Block]:
    """A table below its caption, which is a paragraph of its own, as documents have it."""
    caption = _plain(tag.caption) if tag.caption else ""
    name = str(tag.caption.get("id", "")).removeprefix("t-") if tag.caption else ""
    heads = tag.select("thead th")
    rows = tuple(
        tuple(_plain(cell) for cell in row.find_all(("th", "td"))) for row in tag.select("tbody tr")
    )
    yield Words(section, "caption", (Run(caption),))
    yield Grid(
        section=section,
        name=name,
        caption=caption,
        headers=tuple(_plain(head) for head in heads),
        rows=rows,
        numeric=tuple("num" in _classes(head) for head in heads),
    )


def _titles_a_table(tag: Tag) -> bool:
    """Does a folded table stand under its own caption?"""
    caption = tag.parent.select_one("caption") if tag.parent else None
    return caption is not None and _plain(caption) == _plain(tag)


def _classes(tag: Tag) -> set[str]:
    classes = tag.get("class")
    return set(classes) if isinstance(classes, list) else set()


def _is_left_out(tag: Tag) -> bool:
    return tag.name in ("nav", "style", "script") or bool(_classes(tag) & _LEFT_OUT)


def _plain(tag: Tag) -> str:
    return "".join(run.text for run in _runs(tag))


def _runs(tag: Tag, *, bold: bool = False) -> tuple[Run, ...]:
    """The letters of an element, runs of blanks as one, none at the ends."""
    runs: list[Run] = []
    for run in _pieces(tag, Run("", bold=bold, language=_spoken(tag))):
        text = _BLANK.sub(" ", run.text)
        if text.startswith(" ") and (not runs or runs[-1].text.endswith(" ")):
            text = text[1:]
        if text:
            runs.append(Run(text, run.bold, run.link, run.language))
    while runs and not runs[-1].text.rstrip(" "):
        runs.pop()
    if runs and runs[-1].text.endswith(" "):
        last = runs[-1]
        runs[-1] = Run(last.text.rstrip(" "), last.bold, last.link, last.language)
    return tuple(runs)


def _spoken(tag: Tag) -> str:
    """The language that an element is marked with, itself or around it; '' for the page's own."""
    for around in (tag, *tag.parents):
        if around.name != "html" and around.get("lang"):
            return str(around["lang"])
    return ""


def _pieces(tag: Tag, like: Run) -> Iterator[Run]:
    for child in tag.children:
        if isinstance(child, Tag):
            if child.name in ("ul", "ol") or _is_left_out(child) or _is_a_download(child):
                continue
            address = str(child.get("href", "")) if child.name == "a" else ""
            yield from _pieces(
                child,
                Run(
                    "",
                    like.bold or child.name in ("strong", "b"),
                    address if address.startswith(("https://", "http://")) else like.link,
                    str(child.get("lang", like.language)),
                ),
            )
        elif type(child) is NavigableString:
            yield Run(str(child), like.bold, like.link, like.language)


def _is_a_download(tag: Tag) -> bool:
    """A link in a caption to the file of its figure: beside a document there is none."""
    inside = tag.parent is not None and tag.parent.name == "figcaption"
    return inside and tag.name == "a"
