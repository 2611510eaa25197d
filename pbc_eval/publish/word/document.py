"""An editable document (DOCX) of a published edition, its numbers locked. The home of python-docx.

    edition ─ document_of ▶ blocks ─ numbers locked ▶ paragraphs, tables, pictures ▶ one file

Every number stands in a content control that Word lets nobody change, with a key (``locks``);
changes are tracked from the first letter. The file is the same to the byte whenever and wherever it
is made of one edition.
"""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor

from pbc_eval import provenance
from pbc_eval.intake.workbook_file import without_clock
from pbc_eval.publish.edition_results import read_results
from pbc_eval.publish.word.blocks import Block, Document, Grid, Picture, Run, Words, document_of
from pbc_eval.publish.word.locks import Piece, cut, cut_rows, key_of, place_of
from pbc_eval.report.figures.drawing import as_png, plain_svg

if TYPE_CHECKING:
    from docx.document import Document as DocumentFile
    from docx.oxml.xmlchemy import BaseOxmlElement

MADE_FROM = "made-from"  # where the key begins of the line that names the edition
FONT = "Arial"
NAVY = RGBColor(0x12, 0x43, 0x6D)
WIDTH, TALLEST = Cm(16.5), Cm(22)  # of a picture: what is between the margins, less its caption
_SVG = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"  # the name of the extension that holds a drawing
_SVG_SPACE = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
_STYLES = {
    "heading1": "Heading 1",
    "heading2": "Heading 2",
    "heading3": "Heading 3",
    "heading4": "Heading 4",
    "bullet": "List Bullet",
    "number": "List Number",
    "caption": "Caption",
    "summary": "Subtitle",
    "notice": "Intense Quote",
    "note": "Body Text 3",
    "formula": "Body Text 2",
    "figure": "Body Text",
}


def document_bytes(folder: Path) -> bytes:
    """The document of a published edition, whose folder it is.

    Raises PublicationError where the folder holds no whole edition.
    """
    manifest = provenance.read_manifest(folder)
    results = read_results(folder)
    page = document_of(folder)
    writer = _Writer(page)
    for position, block in enumerate(page.blocks):
        writer.add(block, position)
    writer.finish(
        f"{manifest['evaluation']}, edition {manifest['edition']}, SHA-256 of its manifest: "
        f"{provenance.sha256(folder / provenance.MANIFEST)}",
        published=str(results.released),
        contact=results.particulars.publication.contact,
    )
    return writer.content()


class _Writer:
    """Puts blocks into a new document, in their order."""

    def __init__(self, page: Document) -> None:
        self.page = page
        self.file: DocumentFile = docx.Document()
        self.controls = self.pictures = 0
        _house_style(self.file, page.language)
        _track_changes(self.file)
        self.list: Any = None  # the numbering of the list that is being written

    def add(self, block: Block, position: int) -> None:
        if isinstance(block, Words):
            self._words(block, place_of(block, position))
        elif isinstance(block, Grid):
            self._grid(block, place_of(block, position))
        else:
            self._picture(block)

    def finish(self, made_from: str, *, published: str, contact: str) -> None:
        """The last line, which names the edition; heads and feet of sheets; what the file says of
        itself."""
        paragraph = self.file.add_paragraph(style=_STYLES["note"])
        self._put(paragraph._p, Piece(Run("Made from ", language="en")))
        self._put(paragraph._p, Piece(Run(made_from), key_of(MADE_FROM, made_from)))
        sheet = self.file.sections[0]
        top = sheet.header.paragraphs[0]
        if self.page.marks:
            self._put(
                top._p, Piece(Run(self.page.marks, bold=True), key_of("sheet", self.page.marks))
            )
            self._put(top._p, Piece(Run("  ")))
        self._put(top._p, Piece(Run(self.page.title)))
        top.paragraph_format.space_after = Pt(10)
        for paragraph in (top, sheet.footer.paragraphs[0]):
            paragraph.style.font.size = Pt(9)
        _page_number(sheet.footer.paragraphs[0]._p)
        about = self.file.core_properties
        about.title, about.subject = self.page.title, self.page.description
        about.author, about.language = contact, self.page.language
        about.identifier, about.comments = made_from, ""
        about.keywords, about.last_modified_by = "", ""
        about.content_status = self.page.marks
        about.version = published

    def content(self) -> bytes:
        """The bytes of the file, with no clock in them."""
        stream = io.BytesIO()
        self.file.save(stream)
        return without_clock(stream.getvalue(), {})

    def _words(self, block: Words, place: str) -> None:
        paragraph = self.file.add_paragraph(style=_STYLES.get(block.style))
        if block.style == "number":
            if block.starts:
                self.list = _new_list(self.file)
            paragraph._p.get_or_add_pPr().append(_numbered(self.list))
        for piece in cut(block, place):
            self._put(paragraph._p, piece)

    def _grid(self, grid: Grid, place: str) -> None:
        table = self.file.add_table(rows=0, cols=len(grid.headers), style="Table Grid")
        about = table._tbl.tblPr
        about.append(_tag("w:tblCaption", val=grid.caption))
        for n, pieces in enumerate(cut_rows(grid, place)):
            self._row(table._tbl, grid, pieces, head=n == 0)

    def _row(
        self, table: "BaseOxmlElement", grid: Grid, pieces: Iterable[Piece], *, head: bool = False
    ) -> None:
        row = _within(table, "w:tr")
        about = _within(row, "w:trPr")
        _within(about, "w:cantSplit")
        if head:
            _within(about, "w:tblHeader")
        for piece, is_number in zip(pieces, grid.numeric, strict=True):
            cell = _within(row, "w:tc")
            width = str(int(WIDTH.twips / len(grid.numeric)))
            _within(cell, "w:tcPr").append(_tag("w:tcW", w=width, type="dxa"))
            paragraph = _within(cell, "w:p")
            style = _within(paragraph, "w:pPr")
            style.append(_tag("w:pStyle", val="BodyText3"))
            style.append(_tag("w:spacing", before="20", after="20"))
            if is_number:
                style.append(_tag("w:jc", val="right"))
            if piece.run.text:
                self._put(paragraph, piece)

    def _picture(self, picture: Picture) -> None:
        """The drawing as it is, and as points for programs that cannot show it."""
        self.pictures += 1
        n = self.pictures
        shape = self.file.add_picture(io.BytesIO(as_png(picture.svg, words=picture.alt)))
        paragraph = self.file.paragraphs[-1]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT
        paragraph.paragraph_format.keep_with_next = True
        about = shape._inline.docPr
        about.set("descr", picture.alt)
        about.set("name", f"Figure {n}")
        smaller = min(1.0, WIDTH / shape.width, TALLEST / shape.height)
        shape.width, shape.height = (
            Emu(int(side * smaller)) for side in (shape.width, shape.height)
        )
        drawing = Part(
            PackURI(f"/word/media/drawing{n}.svg"),
            "image/svg+xml",
            plain_svg(picture.svg),
            self.file.part.package,
        )
        link = self.file.part.relate_to(drawing, RELATIONSHIP_TYPE.IMAGE)
        blip = next(shape._inline.iter(qn("a:blip")))
        extension = _within(_within(blip, "a:extLst"), "a:ext")
        extension.set("uri", _SVG)
        holder = extension.makeelement(f"{{{_SVG_SPACE}}}svgBlip", nsmap={"asvg": _SVG_SPACE})
        holder.set(qn("r:embed"), link)
        extension.append(holder)

    def _put(self, paragraph: "BaseOxmlElement", piece: Piece) -> None:
        """Letters at the end of a paragraph, in a control that locks them where they have a key."""
        parent, run = paragraph, piece.run
        if run.link:
            link = self.file.part.relate_to(run.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
            parent = _within(parent, "w:hyperlink")
            parent.set(qn("r:id"), link)
        if piece.key:
            self.controls += 1
            control = _within(parent, "w:sdt")
            about = _within(control, "w:sdtPr")
            about.append(_tag("w:alias", val=f"As published: {run.text}"[:64]))
            about.append(_tag("w:tag", val=piece.key))
            about.append(_tag("w:id", val=str(self.controls)))
            about.append(_tag("w:lock", val="sdtContentLocked"))
            _within(about, "w:text")
            parent = _within(control, "w:sdtContent")
        letters = _within(parent, "w:r")
        if run.bold or run.language or run.link:
            about = _within(letters, "w:rPr")
            if run.bold:
                _within(about, "w:b")
            if run.link:
                about.append(_tag("w:color", val="12436D"))
                about.append(_tag("w:u", val="single"))
            if run.language:
                about.append(_tag("w:lang", val=run.language))
        text = _within(letters, "w:t")
        text.text = run.text
        text.set(qn("xml:space"), "preserve")


def _tag(name: str, **values: str) -> "BaseOxmlElement":
    element = OxmlElement(name)
    for key, value in values.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _within(parent: "BaseOxmlElement", name: str) -> "BaseOxmlElement":
    """A new element at the end of another."""
    element = OxmlElement(name)
    parent.append(element)
    return element


def _house_style(file: "DocumentFile", language: str) -> None:
    """A4, one face without serifs, headings in one colour, the language of the page."""
    sheet = file.sections[0]
    sheet.page_width, sheet.page_height = Cm(21), Cm(29.7)
    sheet.left_margin = sheet.right_margin = Cm(2.25)
    sheet.top_margin = sheet.bottom_margin = Cm(2)
    styles = file.styles
    for fonts in styles.element.iter(qn("w:rFonts")):
        fonts.attrib.clear()
        for script in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{script}"), FONT)
    for spoken in styles.element.iter(qn("w:lang")):
        spoken.set(qn("w:val"), {"en": "en-GB", "cy": "cy-GB"}.get(language, language))
    sizes = {"Normal": 11, "Heading 1": 20, "Heading 2": 16, "Heading 3": 13, "Heading 4": 11,
             "Subtitle": 13, "Caption": 10, "Body Text": 14, "Body Text 2": 10, "Body Text 3": 9,
             "Intense Quote": 11}  # fmt: skip
    for name, points in sizes.items():
        style: Any = styles[name]
        style.font.size = Pt(points)
        style.font.italic = False
        style.font.bold = name.startswith(("Heading", "Caption")) or name == "Body Text"
        style.font.color.rgb = NAVY if name.startswith("Heading") else RGBColor(0, 0, 0)
        style.paragraph_format.space_after = Pt(6)
        style.paragraph_format.keep_with_next = name.startswith(("Heading", "Caption"))
    styles["Caption"].paragraph_format.space_before = Pt(10)


def _track_changes(file: "DocumentFile") -> None:
    settings = file.settings.element
    before = settings.find(qn("w:defaultTabStop"))
    before.addprevious(OxmlElement("w:trackRevisions"))


def _new_list(file: "DocumentFile") -> int:
    """A numbering of its own, from one, in the manner of the style of numbered lists."""
    numbering = file.part.numbering_part.element
    style = file.styles[_STYLES["number"]].element
    usual = style.pPr.numPr.numId.val
    numbers = {number.numId: number for number in numbering.num_lst}
    made = numbering.add_num(numbers[usual].abstractNumId.val)
    made.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(made.numId)


def _numbered(number: int) -> "BaseOxmlElement":
    numbered = OxmlElement("w:numPr")
    numbered.append(_tag("w:ilvl", val="0"))
    numbered.append(_tag("w:numId", val=str(number)))
    return numbered


def _page_number(paragraph: "BaseOxmlElement") -> None:
    for kind in ("begin", None, "end"):
        run = _within(paragraph, "w:r")
        if kind:
            run.append(_tag("w:fldChar", fldCharType=kind))
        else:
            _within(run, "w:instrText").text = "PAGE"
