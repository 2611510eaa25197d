"""The tagged PDF of an edition: what the page has, in order, for somebody who hears it read."""

import builtins
import io
import itertools
import re
import sys

import pikepdf
import pytest
from attacker import invented
from bs4 import BeautifulSoup
from pdfua import validate
from typer.testing import CliRunner
from word_files import BODY, edition, text_runs

import pbc_eval as pbc
from pbc_eval import cli, provenance
from pbc_eval.errors import PublicationError
from pbc_eval.publish.documents import write_documents

pytestmark = pytest.mark.slow  # seconds, together
# It cannot be worked out with the pikepdf of today: headings are looked at here instead.
NOT_LOOKED_AT = {"UA-14-001"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return edition(tmp_path_factory.mktemp("pdf"))


@pytest.fixture(scope="module")
def content(folder):
    return pbc.pdf_report(folder)


@pytest.fixture(scope="module")
def document(content):
    with pikepdf.open(io.BytesIO(content)) as opened:
        yield opened


def faults_of(content, tmp_path):
    """What the checker of the standard says, and what it did not look at."""
    (tmp_path / "it.pdf").write_bytes(content)
    outcomes = validate(str(tmp_path / "it.pdf")).outcomes
    assert len(outcomes) >= 12
    skipped = {outcome.rule_id for outcome in outcomes if outcome.skipped_reason}
    faults = [finding.message for outcome in outcomes for finding in outcome.findings]
    return faults, skipped - NOT_LOOKED_AT


def parts_of(document):
    """The tagged parts of a document in the order in which they are read, with their depth."""

    def walk(part, depth):
        if isinstance(part, pikepdf.Dictionary) and "/S" in part:
            yield part, depth
        children = part.get("/K", []) if isinstance(part, pikepdf.Dictionary) else []
        for child in children if isinstance(children, pikepdf.Array) else [children]:
            if isinstance(child, pikepdf.Dictionary):
                yield from walk(child, depth + 1)

    return list(walk(document.Root.StructTreeRoot, 0))


def words_of(document):
    """The letters of every marked piece, by sheet and number, from the fonts' own tables."""
    words = {}
    for number, sheet in enumerate(document.pages):
        fonts = {name: letters_of(font) for name, font in sheet.Resources.get("/Font", {}).items()}
        font, mark = {}, None
        for operands, operator in pikepdf.parse_content_stream(sheet):
            name = str(operator)
            if name == "BDC":
                mark = operands[1].get("/MCID") if "/MCID" in operands[1] else None
            elif name == "Tf":
                font = fonts[str(operands[0])]
            elif name in ("TJ", "Tj") and mark is not None:
                pieces = operands[0] if name == "TJ" else operands
                raw = b"".join(bytes(p) for p in pieces if isinstance(p, pikepdf.String))
                codes = (raw[i : i + 2].hex() for i in range(0, len(raw), 2))
                words.setdefault((number, int(mark)), []).append(
                    "".join(font.get(code, "\ufffd") for code in codes)
                )
    return {key: "".join(pieces) for key, pieces in words.items()}


def letters_of(font):
    table = font.ToUnicode.read_bytes().decode()
    pairs = re.findall(r"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]+)>", table)
    return {code.lower(): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}


def text_of(document, part):
    """What is read out of a part."""
    words = words_of(document)
    number_of = {sheet.obj.objgen: number for number, sheet in enumerate(document.pages)}

    def walk(node, sheet):
        if isinstance(node, pikepdf.Array):
            return "".join(walk(each, sheet) for each in node)
        if isinstance(node, pikepdf.Dictionary):
            sheet = number_of[node.Pg.objgen] if "/Pg" in node else sheet
            return walk(node.K, sheet) if "/K" in node else ""
        return words.get((sheet, int(node)), "")

    return walk(part, None)


def test_the_checker_of_the_standard_finds_nothing(content, tmp_path):
    assert faults_of(content, tmp_path) == ([], set())


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (lambda document: document.Root.__delitem__("/StructTreeRoot"), "untagged"),
        (lambda document: document.Root.__delitem__("/Lang"), "language"),
    ],
)
def test_the_checker_finds_what_it_is_asked_for(content, tmp_path, broken, what):
    with pikepdf.open(io.BytesIO(content)) as document:
        broken(document)
        document.save(tmp_path / "broken.pdf")
    faults, _ = faults_of((tmp_path / "broken.pdf").read_bytes(), tmp_path)
    assert any(what in fault for fault in faults)


def test_the_whole_page_is_read_in_its_order_without_what_only_a_screen_has(document):
    # lines end where a sheet has no more room: what stands between words there is up to a reader
    read = "".join(text_of(document, document.Root.StructTreeRoot).split())
    expected = [
        "A winter shelter", "What was found", "Crises in winter", "2.3 lower",
        "Crises fell by 2.3 per 100 people (95% interval: 1.5 to 3.1), and £1.2 million is due.",
        "Nothing else was published of it.", "Pays £1,200.50 once.", "A second of 12",
        "Value map, in 2026", "£850", "How much.", "Contact", "CC BY 4.0.",
    ]  # fmt: skip
    places = [read.find("".join(text.split())) for text in expected]
    assert -1 not in places, expected[places.index(-1)]
    assert places == sorted(places)
    assert "Download" not in read
    assert "Howmuch.Contact" in read  # the data are no file beside a document
    assert "\ufffd" not in read


def test_headings_have_words_and_never_skip_a_level(document):
    headings = [p for p, _ in parts_of(document) if re.fullmatch("/H[1-6]", str(p.S))]
    levels = [int(str(part.S)[2]) for part in headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(text_of(document, part).strip() for part in headings)


def test_each_cell_names_its_headers_and_each_header_what_it_is_of(document):
    cells = [part for part, _ in parts_of(document) if str(part.S) in ("/TD", "/TH")]
    headers = {bytes(part.ID): part for part in cells if str(part.S) == "/TH"}
    scopes = {text_of(document, part): str(part.A.Scope) for part in headers.values()}
    assert scopes == {
        "Outcome": "/Column", "Value 2026": "/Column", "Nights": "/Row", "Total": "/Row",
    }  # fmt: skip
    named = [
        {text_of(document, headers[bytes(name)]) for name in cell.A.Headers}
        for cell in cells
        if str(cell.S) == "/TD"
    ]
    assert named == [{"Nights", "Value 2026"}, {"Total", "Value 2026"}]


def test_drawings_are_described_and_stay_drawings(document):
    figures = [part for part, _ in parts_of(document) if str(part.S) == "/Figure"]
    assert [str(part.Alt) for part in figures] == ["A bar of 3."]
    assert not [name for page in document.pages for name in page.get_images()]  # lines, not points


def test_it_says_its_title_its_language_and_what_it_is_on_every_sheet(document):
    assert str(document.Root.Lang) == "en"
    assert str(document.docinfo.Title) == "A winter shelter: report"
    for page in document.pages:
        raw = "".join(
            letters_of(font).get(code, "")
            for font in [page.Resources.Font[name] for name in page.Resources.Font]
            for code in letters_of(font)
        )
        assert {"D", "r", "a", "f", "t"} <= set(raw)  # the mark of a draft is drawn on each


def test_passages_in_another_language_say_so(tmp_path):
    body = BODY.replace(
        "<h2", '<p lang="cy">Bore da</p><p>It is <i lang="gd">uisge</i> here.</p>'
        '<ul lang="cy"><li>un</li><li lang="en">two</li></ul><h2', 1
    )  # fmt: skip
    content = pbc.pdf_report(edition(tmp_path, body))
    assert faults_of(content, tmp_path) == ([], set())
    with pikepdf.open(io.BytesIO(content)) as document:
        spoken = {}
        for part, _ in parts_of(document):
            if "/Lang" in part:
                spoken.setdefault(str(part.Lang), set()).add(text_of(document, part).strip())
        assert "Bore da" in spoken["cy"]
        assert "uisge" in spoken["gd"]
        assert not [words for words in spoken["gd"] if "here" in words]
        assert any("un" in words for words in spoken["cy"])
        assert any("two" in words for words in spoken["en"])


def test_a_language_that_cannot_be_marked_is_refused(tmp_path, monkeypatch):
    body = BODY.replace("<h2", '<p lang="cy">Bore da</p><h2', 1)
    monkeypatch.setattr("pbc_eval.publish.paper._BUILDER", "_another_name")
    with pytest.raises(PublicationError, match="passages in cy are not marked"):
        pbc.pdf_report(edition(tmp_path, body))


def test_one_edition_gives_the_same_bytes_and_leads_to_no_file_of_the_machine(folder, content):
    assert pbc.pdf_report(folder) == content
    with pikepdf.open(io.BytesIO(content)) as document:
        links = [
            str(note.A.URI)
            for page in document.pages
            for note in page.get("/Annots", [])
            if "/A" in note and "/URI" in note.A
        ]
    assert links == ["https://example.org/a"]
    assert str(folder).encode() not in content


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        ('<img src="data:image/svg+xml;base64,DRAWING">', "no required alt description"),
        ('<img alt="x" src="file:///etc/hostname">', "Failed to load image"),
        ('<img alt="x" src="http://127.0.0.1:9/x.png">', "Failed to load image"),
    ],
)
def test_what_some_cannot_read_and_what_must_be_fetched_is_refused(tmp_path, picture, why):
    body = BODY.replace('<img alt="A bar of 3." src="data:image/svg+xml;base64,DRAWING">', picture)
    with pytest.raises(PublicationError, match=why):
        pbc.pdf_report(edition(tmp_path, body))


def test_without_its_tools_one_sentence_says_how_to_install_them(folder, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def without_library(name, *args, **options):
        if name.split(".")[0] == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'\nmore")
        return real(name, *args, **options)

    monkeypatch.setattr("pbc_eval.publish.documents.import_module", without_library)
    with pytest.raises(PublicationError, match=r"libpango-1.0-0'\)\. Install Pango.*apt-get"):
        pbc.pdf_report(folder)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(PublicationError, match=r"pip install 'pbc-eval\[pdf\]'"):
        pbc.pdf_report(folder)
    done = CliRunner().invoke(cli.app, ["run", "nowhere", "--to", "pdf"])
    assert done.exit_code == 1
    assert "pbc-eval[pdf]" in done.stderr


def test_a_document_that_somebody_changed_is_not_overwritten(
    folder, content, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (file,) = write_documents("pdf", [folder])
    assert (file.as_posix(), file.read_bytes()) == ("pdf/winter-shelter-2026-1.pdf", content)
    file.write_bytes(b"signed")
    with pytest.raises(PublicationError, match=r"is there already.*--into"):
        write_documents("pdf", [folder])
    assert file.read_bytes() == b"signed"


OF_EACH_KIND = (  # over time with its note, people, one treated area, claims, a map, portfolios
    *("hospital-readmissions/2026-1", "hospital-readmissions/design-1", "supported-work/2026-1"),
    *("tobacco-control/2026-1", "coaching-contract/2025-1", "timebank/2026-1"),
    *("one-service/2026-1", "examples-2026/2026-1"),
)


@pytest.mark.soak
def test_no_page_of_any_kind_has_a_fault_and_no_heading_is_lost(every_page, tmp_path):
    places = [every_page / name for name in OF_EACH_KIND]
    assert all((place / "manifest.json").is_file() for place in places)
    faults = {}
    for place in places:
        content = pbc.pdf_report(place)
        if (wrong := faults_of(content, tmp_path)) != ([], set()):
            faults[str(place)] = wrong
        with pikepdf.open(io.BytesIO(content)) as document:
            parts = [part for part, _ in parts_of(document)]
            page = BeautifulSoup((place / "index.html").read_text(encoding="utf-8"), "html.parser")
            headings = [part for part in parts if re.fullmatch("/H[1-6]", str(part.S))]
            assert len(headings) == len(page.find_all(re.compile("^h[1-6]$"))), place
            languages = {str(part.Lang) for part in parts if "/Lang" in part}
            assert languages <= {str(part["lang"]) for part in page.select("body [lang]")}, place
    assert not faults


NUMBER = re.compile(r"\d[\d,]*\.?\d*")


def numbers_in(texts):
    return {number.rstrip(".,") for text in texts for number in NUMBER.findall(text)}


@pytest.mark.soak
def test_documents_hold_no_number_that_the_page_does_not(tmp_path):
    """Of an evaluation that holds back: nothing comes out by what only a document has."""
    folder = invented.people_evaluation(tmp_path / "a", invented.people(2, n=600, seed=3))
    made = CliRunner().invoke(cli.app, ["run", str(folder), "--reports", str(tmp_path / "reports")])
    assert made.exit_code == 0, made.output
    (page,) = (tmp_path / "reports").glob("*/*/index.html")
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    assert "[c]" in soup.get_text()
    attributes = [str(value) for tag in soup.find_all(True) for value in tag.attrs.values()]
    on_page = numbers_in([*soup.find_all(string=True), soup.get_text(), *attributes])
    manifest = provenance.sha256(page.parent / "manifest.json")
    with pikepdf.open(io.BytesIO(pbc.pdf_report(page.parent))) as document:
        alike = [str(part.get("/Alt", "")) for part, _ in parts_of(document)]
        lines = words_of(document)
        read = ["\n".join(lines[key] for key in sorted(lines)), *alike]
    word = [text.replace(manifest, "") for text, *_ in text_runs(pbc.word_report(page.parent))]
    hashes = {manifest, *re.findall(r"\b[0-9a-f]{40,64}\b", soup.get_text(" "))}
    in_lines = re.compile("|".join(r"\s*".join(text) for text in hashes))  # lines cut them
    read = [in_lines.sub(" ", text) for text in read]
    assert len(numbers_in(read)) > 100
    assert len(numbers_in(word)) > 100
    assert numbers_in(read) <= on_page
    assert numbers_in(word) <= on_page
