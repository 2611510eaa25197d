"""Words are explained where they first stand, and listed at the end."""

import pytest
from hostile import VALUES
from pages import Reader

from pbc_eval.publish.glossary import terms, with_definitions
from pbc_eval.publish.page import refuse_an_unfit_page

PAGE = (
    "<main><h1>A confidence interval</h1><nav class='contents'><ul><li><a href='#a'>A</a></li></ul>"
    "</nav><section id='a'><h2>Deadweight</h2><p>The confidence interval is wide. Another "
    "confidence interval, and deadweight.</p><table><tr><td>drop-off</td></tr></table></section>"
    "<section id='b'><p>Confidence intervals again; a non-matching word, dead weight.</p></section>"
    "</main>"
)


def test_a_word_is_linked_once_in_each_section_and_shown_on_hover():
    page = Reader(with_definitions(PAGE))
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    assert links == [
        "#a", "#glossary", "#word-confidence-interval", "#word-deadweight",
        "#word-confidence-interval",
    ]  # fmt: skip
    shown = [value for tag, name, value in page.attributes if (tag, name) == ("a", "title")]
    assert shown[0].startswith("The range of values that fit the data.")


def test_the_list_holds_the_words_used_and_no_others():
    page = Reader(with_definitions(PAGE))
    ids = [v for _, name, v in page.attributes if name == "id" and v.startswith("word-")]
    assert ids == ["word-confidence-interval", "word-deadweight"]
    assert page.text.endswith("The part of a change that would have happened anyway.")


def test_every_link_leads_somewhere_and_text_is_otherwise_as_it_was():
    page = with_definitions(PAGE)
    before, after = Reader(PAGE).text, Reader(page).text
    assert after.startswith(before.split(" The conf")[0].removesuffix(" Deadweight"))
    ids = {v for _, name, v in Reader(page).attributes if name == "id"}
    links = {v[1:] for _, name, v in Reader(page).attributes if name == "href"}
    assert links <= ids


def test_a_page_without_such_words_stays_as_it_is():
    page = "<main><p>Nothing to explain &amp; <b>bold</b>.</p></main>"
    assert with_definitions(page) == page


@pytest.mark.parametrize("value", VALUES)
def test_hostile_text_beside_a_word_stays_text(value):
    from markupsafe import escape  # noqa: PLC0415

    page = (
        f"<main><section id='a'><p>{escape(value)} deadweight {escape(value)}</p></section></main>"
    )
    before, after = Reader(page), Reader(with_definitions(page))
    assert set(after.tags) - set(before.tags) == {"a", "h2", "dl", "div", "dt", "dd"}
    assert "".join(after.pieces).count(value) == "".join(before.pieces).count(value)


def test_terms_are_plain_and_told_apart():
    forms = [form.casefold() for one in terms() for form in one.forms]
    assert len(forms) == len(set(forms))
    for one in terms():
        assert one.term.casefold() in (form.casefold() for form in one.forms) or one.forms
        assert 20 < len(one.meaning) < 200
        assert one.meaning.endswith(".")


def test_a_whole_page_with_words_is_fit_for_publication():
    page = (
        "<!DOCTYPE html><html lang='en'><head><title>T</title><meta "
        "http-equiv='Content-Security-Policy' content=\"default-src 'none'\"></head>"
        "<body><main><h1>One</h1><section id='a'><h2>Two</h2><p>deadweight</p></section></main>"
        "</body></html>"
    )
    made = with_definitions(page)
    assert made.startswith("<!DOCTYPE html>")
    refuse_an_unfit_page(made)
