"""The summary of a report as a page of its own: nothing but what the report says, fit, linked."""

import re

from evaluations import copy_of
from hypothesis import given
from hypothesis import strategies as st
from pages import FIT, Reader, intact

from pbc_eval import provenance
from pbc_eval.publish import edition as press
from pbc_eval.publish.page import refuse_an_unfit_page
from pbc_eval.publish.summary_page import SUMMARY, has_summary, summary_page

PAGE = (
    FIT[: FIT.index("<body>")]
    + """<body class="draft"><a class="skip" href="#main">Skip</a>
<main id="main"><p class="notice draft-notice">Draft</p>
<p class="on-one-page"><a href="summary.html">One page</a></p>
<header class="masthead"><h1>A programme</h1><p>Notice</p></header>
<nav><a href="#detail">D</a></nav>
<section aria-labelledby="h-summary" id="summary"><h2 id="h-summary">What was found</h2>
<section class="evidence"><p>{finding}, <a href="#word-level">level</a></p></section>
<p><a href="downloads/y.csv">data</a></p></section>
<section id="detail"><h2>Detail</h2><p>Long.</p><dl id="word-level"></dl></section></main>
<footer><p>Cite</p></footer></body></html>"""
)


def test_it_holds_the_head_and_what_was_found_and_leads_to_the_rest():
    made = summary_page(PAGE.replace("{finding}", "2.2 lower"), "en")
    refuse_an_unfit_page(made)
    text = Reader(made).text
    assert "A programme" in text
    assert "2.2 lower" in text
    assert "Draft" in text
    assert "Cite" in text
    assert "Long." not in text
    assert '<a href="index.html">The whole report</a>' in made
    assert 'href="index.html#word-level"' in made  # what it explains is on the whole page
    assert 'href="downloads/y.csv"' in made
    assert '<body class="draft one-page">' in made
    assert "<title>Summary: T" in made


@given(st.text(alphabet=st.characters(blacklist_characters="<>&{}", blacklist_categories=["Cs"])))
def test_whatever_was_found_stands_in_both_alike(finding):
    page = PAGE.replace("{finding}", finding)
    section = re.compile(r'<section[^>]*id="summary".*?</section>\s*<p><a.*?</section>', re.DOTALL)
    links = re.compile(r'href="(index.html)?#')
    whole, alone = (links.sub("", section.search(p)[0]) for p in (page, summary_page(page, "en")))
    assert whole == alone


def test_a_page_without_a_summary_has_none():
    assert has_summary(PAGE)
    assert not has_summary(FIT)


def test_an_edition_holds_it_hashed_and_a_changed_one_is_seen(
    without_kernels, monkeypatch, tmp_path
):
    monkeypatch.setattr(press, "to_page", lambda *_, **__: PAGE.replace("{finding}", "2.2 lower"))
    folder = copy_of("wheels-to-meals", tmp_path / "data")
    made = press.publish_edition(folder, tmp_path / "reports").folder
    assert SUMMARY in provenance.read_manifest(made)["outputs_sha256"]
    assert SUMMARY in (made / "SHA256SUMS").read_text(encoding="utf-8")
    assert intact(made)
    file = made / SUMMARY
    file.write_text(file.read_text(encoding="utf-8").replace("2.2", "9.9"), encoding="utf-8")
    assert any(SUMMARY in change for change in provenance.changed_files(made))
