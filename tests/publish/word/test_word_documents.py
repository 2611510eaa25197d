"""Documents for Word: what the page has, in order and accessible, with every number locked."""

import io
import itertools
import json
import re
import sys
import zipfile

import docx
import pytest
from docx.oxml.ns import qn
from evaluations import EVERY
from PIL import Image
from typer.testing import CliRunner
from word_files import BODY, edition, parts_of, text_runs

import pbc_eval as pbc
from pbc_eval import cli
from pbc_eval.errors import PublicationError
from pbc_eval.publish.documents import write_documents
from pbc_eval.publish.word.locks import numbers_in, says_what_it_said
from pbc_eval.report.figures.drawing import as_png

pytestmark = pytest.mark.slow  # seconds, together


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return edition(tmp_path_factory.mktemp("word"))


@pytest.fixture(scope="module")
def content(folder):
    return pbc.word_report(folder)


@pytest.fixture(scope="module")
def document(content):
    return docx.Document(io.BytesIO(content))


def test_every_number_is_locked_and_its_key_ends_with_its_hash(content):
    runs = text_runs(content)
    assert [text for text, is_locked, _ in runs if not is_locked and re.search(r"\d", text)] == []
    assert all(says_what_it_said(key, text) for text, is_locked, key in runs if is_locked)
    keys = [key for _, is_locked, key in runs if is_locked]
    assert len(keys) == len(set(keys)) > 15
    assert max(map(len, keys)) <= 64


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (
            "by 2.3 per 100 people (95% interval: −1.5 to 3.1).",
            ["2.3", "100", "95%", "−1.5", "3.1"],
        ),
        ("£1.2 million, or €3\u00a0billion; 4 %!", ["£1.2 million", "€3\u00a0billion", "4 %"]),
        ("“2010/11” [c] p<0.001, cohort-1: none", ["2010/11", "p<0.001", "cohort-1"]),
        ("no number millions", []),
        ("5 millions", ["5"]),
    ],
)
def test_a_number_is_taken_with_its_sign_its_currency_and_its_unit(text, numbers):
    assert numbers_in(text) == numbers


def test_marks_and_first_figures_are_locked_as_a_whole(content):
    locked = {text for text, is_locked, _ in text_runs(content) if is_locked}
    assert {"2.3 lower", "Provisional · Synthetic data", "Draft — not for publication."} <= locked


def test_the_whole_page_is_in_it_in_its_order(document):
    texts = [p.text for p in document.paragraphs]
    expected = [
        "A winter shelter", "What was found", "Crises in winter", "2.3 lower",
        "Crises fell by 2.3 per 100 people (95% interval: 1.5 to 3.1), and £1.2 million is due.",
        "Nothing else was published of it.", "Pays £1,200.50 once.", "A second of 12",
        "Value map, in 2026", "How much.", "Contact: Swyddfa 7", "CC BY 4.0.",
    ]  # fmt: skip
    whole = ["".join(t.text or "" for t in p._p.iter(qn("w:t"))) for p in document.paragraphs]
    assert [text for text in whole if text in expected] == expected
    assert not [text for text in whole if "Download" in text or text == "Data"]
    assert texts  # python-docx reads it


def test_headings_never_skip_a_level_and_begin_with_the_title(document):
    levels = [
        int(p.style.name[-1]) for p in document.paragraphs if p.style.name.startswith("Heading")
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_it_says_its_title_its_language_and_what_it_is_on_every_sheet(document, content):
    about = document.core_properties
    assert (about.title, about.language) == ("A winter shelter: report", "en")
    head = "".join(t.text for t in document.sections[0].header._element.iter(qn("w:t")))
    assert head.startswith("Draft — not for publication. · Provisional · Synthetic data")
    styles = parts_of(content)["word/styles.xml"].decode()
    assert 'w:lang w:val="en-GB"' in styles
    assert '<w:lang w:val="cy"/>' in parts_of(content)["word/document.xml"].decode()


def test_tables_repeat_their_headers_and_have_their_caption(document):
    (table,) = document.tables
    rows = table._tbl.tr_lst
    assert rows[0].find(qn("w:trPr")).find(qn("w:tblHeader")) is not None
    assert all(row.find(qn("w:trPr")).find(qn("w:tblHeader")) is None for row in rows[1:])
    about = table._tbl.tblPr
    assert about.find(qn("w:tblCaption")).get(qn("w:val")) == "Value map, in 2026"
    assert about.find(qn("w:tblLook")).get(qn("w:firstRow")) == "1"


def test_drawings_have_their_words_and_are_there_as_drawing_and_as_points(document, content):
    (shape,) = document.inline_shapes
    assert shape._inline.docPr.get("descr") == "A bar of 3."
    parts = parts_of(content)
    assert parts["word/media/drawing1.svg"].startswith(b"<?xml")
    assert b"<!DOCTYPE" not in parts["word/media/drawing1.svg"]
    pictures = [part for name, part in parts.items() if name.endswith(".png")]
    assert len(pictures) == 1
    assert pictures[0].startswith(b"\x89PNG")
    assert b"svgBlip" in parts["word/document.xml"]


def test_a_drawing_as_points_shows_what_it_shows():
    """Half of it is covered by a bar of one colour: half of its points have that colour."""
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
        b'<g transform="translate(0 50)"><path d="M 0 0 L 100 0 L 100 50 L 0 50 z" '
        b'style="fill: #12436d"/></g></svg>'
    )
    image = Image.open(io.BytesIO(as_png(svg, words="A bar."))).convert("RGB")
    points = list(image.getdata()) if not hasattr(image, "get_flattened_data") else list(
        image.get_flattened_data()
    )  # fmt: skip
    lower = points[len(points) // 2 :]
    assert lower.count((0x12, 0x43, 0x6D)) > 0.97 * len(lower)
    assert points[: len(points) // 2].count((0x12, 0x43, 0x6D)) < 0.03 * len(lower)


def test_lists_are_numbered_anew_and_changes_are_tracked_from_the_start(tmp_path):
    twice = BODY.replace("</ol>", "</ol><p>And then.</p><ol><li>Anew.</li></ol>")
    parts = parts_of(pbc.word_report(edition(tmp_path, twice)))
    numbers = re.findall(r'<w:numId w:val="(\d+)"/>', parts["word/document.xml"].decode())
    assert len(numbers) == 3
    assert len(set(numbers)) == 2
    settings = parts["word/settings.xml"].decode()
    assert settings.index("<w:trackRevisions/>") < settings.index("<w:defaultTabStop")


def test_one_edition_gives_the_same_bytes_and_no_clock_is_in_them(folder, content):
    assert pbc.word_report(folder) == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}


def test_a_document_that_somebody_changed_is_not_overwritten(folder, tmp_path):
    (file,) = write_documents("docx", [folder], tmp_path)
    assert file.name == "winter-shelter-2026-1.docx"
    assert write_documents("docx", [folder], tmp_path) == (file,)
    file.write_bytes(b"changed")
    with pytest.raises(PublicationError, match=r"is there already.*--into"):
        write_documents("docx", [folder], tmp_path)
    assert file.read_bytes() == b"changed"
    assert write_documents("docx", [folder], tmp_path / "other")  # the remedy


def test_without_its_tools_one_sentence_says_how_to_install_them(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(PublicationError, match=r"pip install 'pbc-eval\[word\]'"):
        pbc.word_report(folder)
    done = CliRunner().invoke(cli.app, ["run", "nowhere", "--to", "docx"])
    assert done.exit_code == 1
    assert "pbc-eval[word]" in done.stderr


def test_a_format_that_there_is_not_is_refused_before_anything_runs(tmp_path):
    done = CliRunner().invoke(cli.app, ["run", str(tmp_path), "--to", "odt"])
    assert done.exit_code == 1
    assert "--to odt: there is no such format. Use docx or pdf." in " ".join(done.stderr.split())


@pytest.mark.soak
@pytest.mark.parametrize("name", EVERY)
def test_every_example_is_a_document_whose_numbers_are_those_of_its_results(every_page, name):
    """Each figure that results.json shows first is locked; the review of it finds nothing."""
    for page in sorted((every_page / name).glob("*/index.html")):
        content = pbc.word_report(page.parent)
        runs = text_runs(content)
        assert not [text for text, lock, _ in runs if not lock and re.search(r"\d", text)]
        file = page.parent.parent.parent / f"{name}.docx"
        file.write_bytes(content)
        try:
            assert pbc.review_word(file, page.parent).holds
        finally:
            file.unlink()
        results = json.loads((page.parent / "downloads" / "results.json").read_text("utf-8"))
        locked = " ".join(text for text, lock, _ in runs if lock)
        for sentence in results["summary"]["headlines"]:
            assert [n for n in numbers_in(sentence) if n not in locked] == []
