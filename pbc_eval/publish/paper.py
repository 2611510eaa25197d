"""The tagged PDF of a published edition. The home of WeasyPrint.

    edition ─ page without what only a screen has ▶ style for sheets ▶ PDF/UA-1

What a screen reader needs (headings, header cells of each cell, descriptions of drawings, title,
language, and that of each passage in another) is taken from the page, which has it. Nothing is
fetched: the page carries what it shows.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from pbc_eval import provenance
from pbc_eval._validate import first_few
from pbc_eval.errors import PublicationError
from pbc_eval.publish.edition_results import read_results
from pbc_eval.publish.word.blocks import marks_of

PAGE = "index.html"
# Sheets name the report and count themselves; the rest is the page's own style for printing.
SHEETS = """
@page { size: A4; margin: 20mm 15mm 18mm;
  @top-left { content: string(series); font: 8pt sans-serif; color: #4a555c }
  @top-right { content: string(marks); font: bold 8pt sans-serif; color: #801650 }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif;
    color: #4a555c } }
html { hyphens: none }
main h1 { font-size: 21pt; line-height: 1.2; margin: 2mm 0 }
main h2 { font-size: 14pt } main h3 { font-size: 11pt } main h4 { font-size: 10pt }
summary { break-after: avoid }
.series { string-set: series content() }
.marks-of-sheets { string-set: marks attr(data-marks) }
table { width: 100% }
thead { display: table-header-group }
main .headlines { display: grid; grid-template-columns: 1fr 1fr; gap: 4mm }
main .headline { padding: 2mm 3mm } main .headline .figure { font-size: 16pt }
main .headline p { margin: .5mm 0 }
body.draft::before { position: fixed; top: 120mm; left: 0; width: 180mm; font-size: 34pt;
  transform: rotate(-32deg) }
"""
_BUILDER = "_build_box_tree"  # of weasyprint.pdf.tags
_ONE_AT_A_TIME = threading.Lock()
SCREEN_ONLY = "script, noscript, nav, .skip, .download, .on-one-page, .scroll-hint"


def tagged_pdf(folder: Path) -> bytes:
    """The document of a published edition, whose folder it is.

    Raises PublicationError where the folder holds no whole edition, a drawing of its page has no
    description, or the language of a passage cannot be marked.
    """
    from weasyprint import HTML  # noqa: PLC0415 opens libraries of the system
    from weasyprint.urls import URLFetcher  # noqa: PLC0415 likewise

    manifest = provenance.read_manifest(folder)
    results = read_results(folder)
    page = BeautifulSoup((folder / PAGE).read_text(encoding="utf-8"), "html.parser")
    _only_what_paper_has(page)
    _dress(page, author=results.particulars.publication.contact, released=str(results.released))
    other = {str(part["lang"]) for part in page.select("body [lang]") if part.get_text(strip=True)}
    marked: set[str] = set()
    identity = f"{manifest['evaluation']} {provenance.sha256(folder / provenance.MANIFEST)}"
    noticed = _Noticed()
    logger = logging.getLogger("weasyprint")
    before = logger.propagate, logger.level
    logger.addHandler(noticed)
    logger.propagate = False
    logger.setLevel(logging.ERROR)
    try:
        with _languages_marked(marked):
            content = HTML(
                string=str(page), url_fetcher=URLFetcher(allowed_protocols=("data",))
            ).write_pdf(
                pdf_variant="pdf/ua-1",
                pdf_identifier=identity.encode("utf-8"),
                finisher=_say_what_headers_are_of,
            )
    finally:
        logger.removeHandler(noticed)
        logger.propagate, logger.level = before
    if noticed.problems:
        raise PublicationError(
            f"{folder}: no document for everybody can be made of its page. "
            + "; ".join(noticed.problems)
        )
    if other - marked:
        raise PublicationError(
            f"{folder}: passages in {first_few(sorted(other - marked))} are not marked as such by "
            "this version of WeasyPrint. Install the version that requirements.txt names."
        )
    return bytes(content)


@contextmanager
def _languages_marked(marked: set[str]) -> Iterator[None]:
    """Each part of the document says its language where its element does (``lang``).

    WeasyPrint says only the document's own, and shows who finishes a document no elements. So its
    builder of tags is accompanied; what was marked is noted, to be held against the page.
    """
    import pydyf  # noqa: PLC0415 WeasyPrint's own
    from weasyprint.pdf import tags  # noqa: PLC0415 likewise

    build: Callable[..., Iterator[Any]] = getattr(tags, _BUILDER, lambda *_: iter(()))

    def accompanied(box: Any, *rest: Any) -> Iterator[Any]:
        element = getattr(box, "element", None)
        is_part = element is not None and element.tag not in ("html", "body")
        language = element.get("lang") if element is not None and is_part else None
        for part in build(box, *rest):
            if language:
                part["Lang"] = pydyf.String(language)
                marked.add(language)
            yield part

    with _ONE_AT_A_TIME:
        try:
            setattr(tags, _BUILDER, accompanied)
            yield
        finally:
            setattr(tags, _BUILDER, build)


def _say_what_headers_are_of(document: object, pdf: Any) -> None:
    """Each cell names its header cells (by WeasyPrint). Some readers know only what a header is
    of, so that is said too: of its column in the head of a table, else of its row."""
    parts: dict[bytes, Any] = {
        part.reference: part for part in pdf.objects if callable(getattr(part, "get", None))
    }
    for cell in parts.values():
        if cell.get("S") != "/TH":
            continue
        group = parts[parts[cell["P"]]["P"]]
        cell["A"]["Scope"] = "/Column" if group["S"] == "/THead" else "/Row"


class _Noticed(logging.Handler):
    """Keeps what would make the document one that some cannot read."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.problems: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.problems.append(re.sub(r"data:[^\s\"']+", "of the page", record.getMessage())[:300])


def _only_what_paper_has(page: BeautifulSoup) -> None:
    """Without scripts and contents; links lead to a sheet or to an address that stays."""
    for part in page.select(SCREEN_ONLY):
        part.decompose()
    for link in page.select("a[href]"):
        if str(link["href"]).startswith(("#", "https://", "http://", "mailto:")):
            continue
        # a file beside the page, which is not beside the document
        listed = link.find_parent("li")
        if listed is not None and listed.get_text() == link.get_text():
            listed.decompose()
        elif link.find_parent("figcaption") is not None:
            link.decompose()
        else:
            link.unwrap()
    for empty in page.select("ul"):
        if empty.find("li") is None:
            empty.decompose()
    names = {str(part["id"]) for part in page.select("[id]")}
    for link in page.select('a[href^="#"]'):
        if str(link["href"])[1:] not in names:
            link.unwrap()


def _dress(page: BeautifulSoup, *, author: str, released: str) -> None:
    """What the file says of itself, its style, and what each sheet carries."""
    head, body = page.head, page.body
    assert head is not None
    assert body is not None
    for name, content in (("author", author), ("dcterms.created", released)):
        meta = page.new_tag("meta")
        meta["name"], meta["content"] = name, content
        head.append(meta)
    style = page.new_tag("style")
    style.string = SHEETS  # after the page's own, over which it goes
    head.append(style)
    marks = page.new_tag("div", attrs={"class": "marks-of-sheets", "data-marks": marks_of(body)})
    body.insert(0, marks)
