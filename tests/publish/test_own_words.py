"""An evaluator's own words: kept where they stand, and held to headings, links, counts, claims."""

import pytest
from bs4 import BeautifulSoup
from evaluations import DATA
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.errors import PublicationError
from pbc_eval.publish.notebook import sanitise, to_page
from pbc_eval.publish.own_claims import Supported, over_claims
from pbc_eval.publish.own_words import OwnWords, told_of
from pbc_eval.publish.page import refuse_an_unfit_page
from pbc_eval.report.html import RELEASED

pytestmark = pytest.mark.slow  # seconds, together

SURE = Supported("visits", "Visits a year", causal=True, beyond_chance=True, why_no_more="")
OPEN = Supported("days", "Days lost", causal=True, beyond_chance=False,
                 why_no_more="the interval includes zero")  # fmt: skip
WORDS = OwnWords(rule=DisclosureRule(), outcomes=(SURE, OPEN), units=("firms",))

HEAD = (
    '<header><h1>T</h1></header><nav class="contents" aria-label="c"><ul>'
    '<li><a href="#summary">S</a></li><li><a href="#assurance">A</a></li></ul></nav>'
)
SUMMARY = '<section id="summary" aria-labelledby="h-s"><h2 id="h-s">S</h2></section>'
END = '<section id="assurance" aria-labelledby="h-a"><h2 id="h-a">A</h2></section>'


def shown(html, part="section"):
    data = {"text/html": html, RELEASED: {"part": part}}
    return new_code_cell(outputs=[new_output("display_data", data)])


def page(*cells, words=WORDS):
    return to_page(new_notebook(cells=list(cells)), title="T", description="D", footer="F",
                   words=words)  # fmt: skip


def test_words_stand_where_their_cell_stands_and_are_in_the_contents():
    made = page(
        new_markdown_cell("# A title for its author"), shown(HEAD), shown(SUMMARY),
        new_markdown_cell("## How it ran\n\nSlowly, *then* fast.\n\n### Who came\n\n- many"),
        shown("<p>TABLE</p>", "table"), new_markdown_cell("After the table."), shown(END),
    )  # fmt: skip
    refuse_an_unfit_page(made)
    soup = BeautifulSoup(made, "html.parser")
    assert [a["href"] for a in soup.nav.find_all("a")] == ["#summary", "#own-how-it-ran",
                                                           "#assurance"]  # fmt: skip
    own = soup.find(id="own-how-it-ran").get_text(" ", strip=True)
    assert own.index("Slowly") < own.index("Who came") < own.index("TABLE") < own.index("After the")
    assert "A title for its author" not in made
    assert own.count("In the authors’ own words") == 2


def test_two_headings_of_one_text_have_two_places():
    made = page(
        shown(HEAD), shown(SUMMARY), new_markdown_cell("## A\n\nx\n\n## A\n\ny"), shown(END)
    )
    refuse_an_unfit_page(made)
    assert 'id="own-a"' in made
    assert 'id="own-a-2"' in made


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("# Top", "a heading of level 1"),
        ("##### Deep", "a heading of level 5"),
        ("[a](http://example.org)", "leads nowhere"),
        ("[a](javascript:x)", "leads nowhere"),
        ("[a](../data.csv)", "leads nowhere"),
        ("![a](https://example.org/x.png)", "has an image"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "has a table"),
        ("a <b>bold</b> word", "has HTML"),
        ("<div>\nx\n</div>", "has HTML"),
        ("Three people found no match.", "fewer than 10 people"),
        ("Of those, 4 of 185 firms closed.", "fewer than 10 people"),
        ("This proves that it works.", "claims proof"),
        ("There was no effect on days lost.", "claims no effect"),
        ("Days lost fell because of the grants.", "claims a cause"),
        ("The programme reduced days lost.", "claims a cause"),
        ("Days lost fell significantly.", "claims significance"),
    ],
)
def test_words_that_must_not_go_out_stop_the_press_with_their_cell_and_reason(source, fault):
    with pytest.raises(PublicationError, match="not fit to be published") as refused:
        page(shown(HEAD), shown(SUMMARY), new_markdown_cell(source), shown(END))
    assert "cell 3" in str(refused.value)
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    "source",
    [
        "The programme reduced visits a year.",  # what its results support
        "Visits a year fell significantly.",
        "This does not prove that the programme caused it.",
        "An interval that includes zero does not mean that there was no effect.",
        "Whether the programme led to this cannot be told.",
        "The programme aims to reduce days lost.",
        "Staff improved the forms in March. The room was cut in two.",
        "See [the table](downloads/own-x.csv), [this](#summary) or [mail](mailto:a@b.org).",
        "> quoted\n\n`code`\n\n1. first\n2. second",
        "In all, 185 people came over 3 years.",
    ],
)
def test_words_within_what_is_supported_go_out(source):
    assert told_of(source, WORDS).problems == []


def test_words_above_the_head_and_in_reports_without_a_place_are_refused():
    with pytest.raises(PublicationError, match="stand above the head"):
        page(new_markdown_cell("Hello"), shown(HEAD))
    with pytest.raises(PublicationError, match="no place for own words"):
        page(shown(HEAD), new_markdown_cell("Hello"), words=None)


def test_every_fault_of_every_cell_is_told():
    with pytest.raises(PublicationError) as refused:
        page(shown(HEAD), new_markdown_cell("# A\n\n![x](y)"), new_markdown_cell("| a |\n|---|"))
    assert [str(refused.value).count(w) for w in ("cell 2", "cell 3")] == [2, 1]


def test_a_private_cell_stays_with_its_author():
    private = new_markdown_cell("This proves it.", metadata={"tags": ["private"]})
    assert "proves" not in page(shown(HEAD), private, shown(END))


def test_nothing_measured_supports_no_cause():
    assert list(over_claims("The service improved lives.", ()))
    assert not list(over_claims("The service ran for a year.", ()))


ANY_WORDS = st.lists(
    st.sampled_from(
        ["## h", "### h", "word", "<b>x</b>", "<script>alert(1)</script>", "[l](javascript:1)",
         "[l](https://a.org)", "![i](x)", "* a", "> q", "```\ncode\n```", "&lt;img&gt;",
         "<img src=x onerror=y>", "| a |\n|---|\n| b |", "---", "`<b>`"]
    ),
    max_size=6,
)  # fmt: skip


@given(ANY_WORDS)
def test_whatever_is_typed_the_page_is_fit_or_nothing_is_published(blocks):
    try:
        made = page(shown(HEAD), shown(SUMMARY), new_markdown_cell("\n\n".join(blocks)), shown(END))
    except PublicationError:
        return
    refuse_an_unfit_page(made.replace("<h4", "<h3").replace("</h4", "</h3"))
    assert "<script" not in made
    assert "onerror=y" not in BeautifulSoup(made, "html.parser").decode_contents().replace(
        "&lt;img src=x onerror=y&gt;", ""
    )


def test_what_is_rendered_is_what_is_sanitised():
    told = told_of("## A\n\n*b* `c`\n\n> d", WORDS)
    ((heading, html),) = told.pieces
    assert heading == "A"
    assert sanitise(html) == html


def test_standard_notebooks_have_no_own_words():
    assert not list(DATA.glob("*/report.ipynb"))
