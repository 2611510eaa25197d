"""Pages in another language: what is translated, what stays English, and that each says which."""

import re
from dataclasses import replace
from typing import get_args

import pytest
from babel.dates import get_month_names
from browser import NEEDS_CHROMIUM, chromium, violations
from bs4 import BeautifulSoup
from evaluations import DATA, made_once, released_of
from languages import known, speaking
from nbformat.v4 import new_code_cell, new_notebook, new_output
from shown import page_html

from pbc_eval import provenance
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.portfolio import load_portfolio
from pbc_eval.disclosure import release, release_note, release_portfolio
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.note.design_note import design_note
from pbc_eval.evaluation.portfolio.assemble import portfolio_of
from pbc_eval.messages.catalogue import SOURCE, placeholders, translations
from pbc_eval.publish.notebook import UNCONFIRMED, to_page
from pbc_eval.publish.page import refuse_an_unfit_page
from pbc_eval.report.html import RELEASED
from pbc_eval.report.page import ReportKind

pytestmark = pytest.mark.soak  # pages of every kind, in five catalogues

KINDS = pytest.mark.parametrize("kind", sorted(get_args(ReportKind)))
MARKED = re.compile(r'<span lang="\w+">((?:(?!<span lang=).)*?)</span>', re.DOTALL)
HOSTILE = """<script>alert(1)</script><img src=x onerror='a()'>"><b>"""
UNPLACED = {key for key in translations("cy") if not placeholders(key)}
FEW = pytest.mark.parametrize("kind", ["sroi_report", "portfolio"])


def in_language(released, code):
    """The same results, of a file that asks for another language."""

    def asking(spec):
        publication = spec.publication.model_copy(update={"language": code})
        return spec.model_copy(update={"publication": publication})

    return replace(released, spec=asking(released.spec))


def page(kind, released, code):
    """The whole page, as an edition has it."""
    found = in_language(released, code)
    html = page_html(found, kind)
    cells = [new_code_cell(outputs=[new_output("display_data", {"text/html": html, RELEASED: {}})])]
    made = to_page(
        new_notebook(cells=cells), title="T", description="D", footer="F", citation="C",
        language=code,
    )  # fmt: skip
    note = f'<p lang="en">{UNCONFIRMED}</p>\n'
    assert made.count(note) == (code != SOURCE)
    return made.replace(note, "")


def results():
    """One evaluation or portfolio for each kind of report."""
    hospitals = load_evaluation(DATA / "hospital-readmissions")
    areas = load_portfolio(DATA / "work-support-2026")
    return {
        "impact_report": release(evaluate(hospitals)),
        "sroi_report": released_of("wheels-to-meals"),
        "design_note": release_note(design_note(hospitals)),
        "portfolio": release_portfolio(portfolio_of(areas, ".")),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Each kind of page in English, in Welsh, and by three other catalogues; made once a run."""

    def make(folder):
        keys = known()
        for kind, released in results().items():
            made = {code: page(kind, released, code) for code in (SOURCE, "cy")}
            with speaking({key: key for key in keys}):
                made["itself"] = page(kind, released, "cy")
            if kind in ("sroi_report", "portfolio"):
                with speaking(dict.fromkeys(UNPLACED & keys, HOSTILE)):
                    made["hostile"] = page(kind, released, "cy")
                with speaking({}):
                    made["untranslated"] = page(kind, released, "cy")
            for name, html in made.items():
                (folder / f"{kind}.{name}.html").write_text(html, encoding="utf-8")

    with pytest.MonkeyPatch.context() as patch:  # a commit meanwhile is no difference
        code = provenance.RunningCode("0", "", provenance.versions())
        patch.setattr(provenance, "running_code", lambda: code)
        return made_once(tmp_path_factory, "pages-in-languages", make)


@pytest.fixture(scope="module")
def pages(folder):
    """The pages by kind and catalogue."""
    return {
        tuple(file.stem.split(".")): file.read_text(encoding="utf-8")
        for file in folder.glob("*.html")
    }


def texts(html, selector):
    return [part.get_text() for part in BeautifulSoup(html, "html.parser").select(selector)]


def visible_numbers(html):
    soup = BeautifulSoup(html, "html.parser")
    soup.style.decompose()
    return sorted(re.findall(r"\d[\d,.]*", soup.get_text(" ")))


# --- a page in Welsh ---


@KINDS
def test_every_heading_of_a_section_and_the_contents_are_in_welsh(pages, kind):
    for selector in ("h2", "nav.contents a"):
        english, welsh = (texts(pages[kind, code], selector) for code in (SOURCE, "cy"))
        assert len(english) == len(welsh) >= 5
        assert welsh == [translations("cy")[text] for text in english]


@KINDS
def test_each_welsh_text_says_so_and_the_page_is_english_as_its_sentences_are(pages, kind):
    soup = BeautifulSoup(pages[kind, "cy"], "html.parser")
    assert soup.html["lang"] == SOURCE
    for heading in soup.select("h2, nav.contents a, .badge, a.skip, p.series > span[lang]"):
        said = heading if heading.has_attr("lang") else heading.find(True, recursive=False)
        assert said["lang"] == "cy", heading
        assert said.get_text() == heading.get_text()
    contents = soup.select_one("nav.contents")
    assert (contents["aria-label"], contents["lang"]) == ("Ar y dudalen hon", "cy")
    assert contents.ul["lang"] == SOURCE
    welsh = {*translations("cy").values()} - {*translations("cy")}
    for text in soup.find_all(string=lambda text: text.strip() in welsh):
        assert text.find_parent(lang=True)["lang"] == "cy"


@KINDS
def test_places_numbers_and_structure_are_those_of_the_english_page(pages, kind):
    english, welsh = pages[kind, SOURCE], pages[kind, "cy"]
    for found in (r' id="([^"]*)"', r' href="([^"]*)"', r' (?:src|class)="([^"]*)"'):
        assert re.findall(found, english) == re.findall(found, welsh)
    assert visible_numbers(english) == visible_numbers(welsh)
    assert len(visible_numbers(english)) > 50


@KINDS
def test_a_page_in_welsh_is_fit_to_be_published(pages, kind):
    refuse_an_unfit_page(pages[kind, "cy"])
    assert not re.search(r'="[^"<>]*<span', pages[kind, "cy"])  # none within an attribute


@NEEDS_CHROMIUM
@FEW
@pytest.mark.soak
def test_axe_finds_nothing_on_a_page_in_welsh(folder, kind):
    with chromium() as browser:
        # Colours are those of the page in English, and measuring them takes longest.
        found = violations(browser, folder / f"{kind}.cy.html", 1280, without=("color-contrast",))
    assert found == []


def test_badges_verdicts_and_results_of_checks_are_in_welsh(pages):
    html = pages["impact_report", "cy"]
    assert "Wedi gwella" in texts(html, ".verdict")
    assert "Data synthetig: dim pobl na lleoedd go iawn" in texts(html, ".badge")
    assert any("dim arwydd o rybudd" in text for text in texts(html, ".check strong"))
    assert texts(html, "#h-glossary") == ["Esbonio geiriau"]


# --- a page in English ---


@KINDS
def test_a_page_in_english_holds_no_mark_of_a_language(pages, kind):
    assert re.findall(r'lang="\w+"', pages[kind, SOURCE]) == ['lang="en"']
    for code in (SOURCE, "cy"):
        assert not re.search(
            r"\{\w+\}", BeautifulSoup(pages[kind, code], "html.parser").main.get_text()
        )


@KINDS
def test_a_page_translated_into_itself_is_the_english_page(pages, kind):
    """Every message, with what stands in its placeholders, arrives on the page as it was."""
    html = pages[kind, "itself"].replace('<ul lang="en">', "<ul>")
    html = html.replace('class="contents" lang="cy"', 'class="contents"')
    assert html.count('<span lang="cy">') > 30
    while MARKED.search(html):
        html = MARKED.sub(r"\1", html)
    for number, month in get_month_names("wide", locale="cy").items():  # the language's own dates
        html = html.replace(f" {month} 20", f" {get_month_names('wide', locale='en')[number]} 20")
    assert html == pages[kind, SOURCE]


@FEW
def test_what_is_not_translated_is_english_and_never_empty(pages, kind):
    assert pages[kind, "untranslated"] == pages[kind, SOURCE]


@FEW
def test_markup_in_a_catalogue_is_text(pages, kind):
    english, html = pages[kind, SOURCE], pages[kind, "hostile"]
    soup = BeautifulSoup(html, "html.parser")
    for place in ("#h-summary", "#h-assurance", "#h-glossary", "a.skip", ".badge"):
        assert soup.select_one(place).get_text() == HOSTILE
    assert soup.select_one("nav.contents")["aria-label"] == HOSTILE
    tags = [tag.name for tag in soup.find_all() if not tag.has_attr("lang") or tag.name != "span"]
    assert tags == [tag.name for tag in BeautifulSoup(english, "html.parser").find_all()]
    refuse_an_unfit_page(html)
