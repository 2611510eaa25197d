"""The pages of the site: whole without scripts, one script that the policy names, words as text."""

import re

import pytest
from editions import HEADLINE, put, write_site_file
from hostile import VALUES
from pages import Reader

from pbc_eval.errors import PublicationError
from pbc_eval.publish.page import refuse_an_unfit_page, script_source
from pbc_eval.publish.site.build import write_site
from pbc_eval.publish.site.pages import SEARCH
from pbc_eval.publish.workspace import workspace_of

pytestmark = pytest.mark.slow  # seconds, together


def index_of(reports) -> str:
    return write_site(reports).index.read_text(encoding="utf-8")


def attributes(page: str, tag: str, name: str) -> list[str]:
    return [v for t, n, v in Reader(page).attributes if (t, n) == (tag, name)]


# --- the index ---


def test_an_empty_site_has_a_page_that_says_so_and_runs_nothing(tmp_path):
    page = index_of(tmp_path / "reports")
    assert "No report has been published yet" in page
    assert "script" not in Reader(page).tags
    refuse_an_unfit_page(page)


def test_the_index_runs_one_script_and_its_policy_allows_only_that(tmp_path):
    put(tmp_path)
    page = index_of(tmp_path)
    refuse_an_unfit_page(page, script=SEARCH)
    assert Reader(page).tags.count("script") == 1
    (policy,) = [v for v in attributes(page, "meta", "content") if v.startswith("default-src")]
    assert f"script-src '{script_source(SEARCH)}';" in policy
    with pytest.raises(PublicationError, match=r"other scripts run.*could run"):
        refuse_an_unfit_page(page)  # a report may hold none
    for spoiled in (
        page.replace("</script>", " </script>"),
        page.replace("<script>", "<script async>"),
        page.replace("</main>", "</main><script>1</script>"),
        page.replace("</main>", f"</main><script>{SEARCH}</script>"),
    ):
        with pytest.raises(PublicationError, match="could run"):
            refuse_an_unfit_page(spoiled, script=SEARCH)
    loose = page.replace("script-src '", "script-src 'unsafe-inline' '")
    with pytest.raises(PublicationError, match="lets other scripts run"):
        refuse_an_unfit_page(loose, script=SEARCH)


def test_without_scripts_everything_is_there_and_the_search_is_not(tmp_path):
    put(tmp_path, "a", summary__title="The first")
    put(tmp_path, "b", summary__title="The second")
    page = index_of(tmp_path)
    reader = Reader(page)
    assert "The first" in reader.text
    assert "The second" in reader.text
    assert ("div", "hidden", "") in reader.attributes  # shown by the script alone
    assert [v for t, n, v in reader.attributes if t == "li" and n == "hidden"] == []


def test_filters_offer_what_occurs_and_only_where_there_is_a_choice(tmp_path):
    put(tmp_path, "a")
    put(tmp_path, "b", particulars__contract__commissioner="Another city")
    put(tmp_path, "c", "2025-1", particulars__publication__release_date="2025-05-01",
        particulars__headline={**HEADLINE, "verdict": "uncertain", "verdict_words": "Not certain"},
        summary__status="final")  # fmt: skip
    page = index_of(tmp_path)
    assert attributes(page, "select", "name") == ["year", "verdict", "commissioner", "status"]
    values = attributes(page, "option", "value")
    assert values == [
        *("", "2026", "2025"),
        *("", "improved", "uncertain"),
        *("", "c1", "c2"),
        *("", "final", "provisional"),
    ]
    for name in ("year", "status", "data", "method", "report", "verdict", "commissioner"):
        assert len(attributes(page, "li", f"data-{name}")) == 3


def test_every_control_has_a_label_and_the_count_is_announced(tmp_path):
    put(tmp_path, "a")
    put(tmp_path, "b", summary__status="final")
    page = index_of(tmp_path)
    controls = attributes(page, "input", "id") + attributes(page, "select", "id")
    assert sorted(attributes(page, "label", "for")) == sorted(controls)
    assert ("p", "role", "status") in Reader(page).attributes
    assert "2 reports, the newest first." in page


def test_the_feed_is_named_where_there_is_one(tmp_path):
    put(tmp_path)
    assert "feed.xml" not in index_of(tmp_path)
    write_site_file(tmp_path)
    assert attributes(index_of(tmp_path), "link", "href")[1:] == ["feed.xml", "catalog.jsonld"]


# --- a contract's page ---


@pytest.fixture
def corrected(tmp_path):
    """Three editions: the second corrects the data, the third has another outcome."""
    put(tmp_path, edition="2025-1", particulars__publication__release_date="2025-05-01")
    revision = {"edition": "2025-2", "reason": "Two records were counted twice."}
    put(tmp_path, edition="2025-2", particulars__publication__release_date="2025-06-01",
        particulars__revisions=[revision],
        particulars__headline={**HEADLINE, "estimate": -2.0, "figure": "2.0 lower"})  # fmt: skip
    return tmp_path


def contract_page(reports) -> str:
    write_site(reports)
    return (reports / "winter-shelter" / "index.html").read_text(encoding="utf-8")


def test_a_contract_shows_its_editions_and_what_changed_and_why(corrected):
    page = contract_page(corrected)
    refuse_an_unfit_page(page)
    text = Reader(page).text
    assert "Read the newest edition: 2025-2" in text
    rows = [Reader(row).text for row in re.findall(r"<tr>.*?</tr>", page)][1:]
    assert "2025-2 (newest) 1 June 2025 Provisional Improved: 2.0 lower" in rows[0]
    assert rows[0].endswith("£1,200.50 1.23 Two records were counted twice.")
    assert rows[1].startswith("2025-1 1 May 2025 Provisional Improved: 2.3 lower")
    assert rows[1].endswith("First edition.")
    assert "what an older page says of itself does not tell whether a newer one exists" in text


def test_the_estimate_over_editions_is_drawn_and_described(corrected):
    page = contract_page(corrected)
    (alt,) = attributes(page, "img", "alt")
    assert alt == (
        "Effect (crises per 100 people) in 2 editions, the newest first: 2025-2: −2.0 (−3.1 to "
        "−1.5); 2025-1: −2.3 (−3.1 to −1.5)."
    )


def test_editions_that_measure_something_else_are_not_in_one_drawing(corrected):
    other = {**HEADLINE, "outcome": "nights", "axis": "Effect (nights)", "unit": "nights"}
    put(corrected, edition="2025-3", particulars__publication__release_date="2025-07-01",
        particulars__headline=other)  # fmt: skip
    assert attributes(contract_page(corrected), "img", "alt") == []


def test_one_edition_has_no_drawing(tmp_path):
    put(tmp_path)
    page = contract_page(tmp_path)
    assert "img" not in Reader(page).tags


def test_a_drawing_is_made_once_and_forgotten_when_nothing_shows_it(corrected, monkeypatch):
    first = contract_page(corrected)
    (kept,) = (workspace_of(corrected) / "figures").glob("*.svg")
    monkeypatch.setattr("pbc_eval.report.figures.drawing.Figure.svg", property(lambda _: 1 / 0))
    assert contract_page(corrected) == first
    monkeypatch.undo()
    put(corrected, edition="2025-9", particulars__publication__release_date="2025-09-01")
    contract_page(corrected)
    assert not kept.exists()
    assert len([*(workspace_of(corrected) / "figures").glob("*.svg")]) == 1


def test_the_table_can_be_had_unrounded(corrected):
    contract_page(corrected)
    lines = (corrected / "winter-shelter" / "editions.csv").read_text().splitlines()
    assert lines[0].startswith("edition,released,status,outcome,unit,estimate,conf_low")
    assert lines[1] == (
        "2025-2,2025-06-01,provisional,Crises in winter,crises per 100 people,-2.0,-3.1,-1.5,"
        "1200.50,GBP,False,1.234,Two records were counted twice."
    )


def test_how_to_cite_has_the_address_once_there_is_one(tmp_path):
    put(tmp_path)
    said = (
        "The city (2026). A winter shelter. Impact report, edition 2026-1 (provisional), 1 May "
        "2026."
    )
    assert said in Reader(contract_page(tmp_path)).text
    write_site_file(tmp_path)
    link = "https://city.example/impact/winter-shelter/2026-1/index.html"
    assert f"{said} {link}" in Reader(contract_page(tmp_path)).text


# --- hostile words ---


def test_hostile_words_are_text_on_every_page(tmp_path):
    for number, value in enumerate(VALUES):
        put(tmp_path, f"h{number}", summary__title=value, summary__contract=value,
            summary__headlines=[value], summary__data_badge=value,
            particulars__contract__commissioner=value, particulars__contract__provider=value,
            particulars__method_label=value, particulars__publication__contact=value,
            particulars__publication__licence=value,
            particulars__headline={**HEADLINE, "label": value, "figure": value, "unit": value},
            particulars__revisions=[{"edition": "2026-1", "reason": value}])  # fmt: skip
    page = index_of(tmp_path)  # each page was found fit on its way out
    assert Reader(page).tags.count("script") == 1
    assert Reader(page).tags.count("img") == 0
    for number, value in enumerate(VALUES):
        one = (tmp_path / f"h{number}" / "index.html").read_text(encoding="utf-8")
        assert "script" not in Reader(one).tags
        csv = (tmp_path / f"h{number}" / "editions.csv").read_text(encoding="utf-8")
        assert not re.search(r"(^|,)\"?[=+@]", csv.splitlines()[1]), value
    assert not re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069]", page)


def test_kinds_of_report_are_told_apart(tmp_path):
    put(tmp_path, "a", "2025-1", summary__report="design_note", particulars__headline=None,
        particulars__publication__release_date="2025-01-01")  # fmt: skip
    put(tmp_path, "a", "2026-1")
    put(tmp_path, "b", summary__report="portfolio", particulars={})
    page = index_of(tmp_path)
    assert "report" in attributes(page, "select", "name")
    assert "Portfolio, edition 2026-1, released" in Reader(page).text
    contract = Reader((tmp_path / "a" / "index.html").read_text(encoding="utf-8")).text
    assert "2025-1 , design note 1 January 2025 Provisional No outcome measured" in contract
    assert "Read the newest edition: 2026-1 , impact report, provisional" in contract


# --- another language ---


def test_a_site_in_welsh_has_its_labels_in_welsh_and_says_which_text_is_in_which(tmp_path):
    (tmp_path / "site.yaml").write_text("title: Adroddiadau\nlanguage: cy\n", encoding="utf-8")
    put(tmp_path)
    index = index_of(tmp_path)
    contract = (tmp_path / "winter-shelter" / "index.html").read_text(encoding="utf-8")
    refuse_an_unfit_page(index, script=SEARCH)
    refuse_an_unfit_page(contract)
    for page in (index, contract):
        assert '<html lang="en">' in page
        assert not re.search(r'="[^"<>]*<span', page)
    assert '<h1 lang="cy">Adroddiadau</h1>' in index
    for words in ("Adroddiadau", "Wedi gwella", "Data go iawn", "Dros dro"):
        assert f'<span lang="cy">{words}</span>' in index
    headings = re.findall(r"<h2[^>]*><span lang=\"cy\">([^<]*)</span></h2>", contract)
    assert headings == ["Argraffiadau", "Sut i ddyfynnu", "Data ac archif"]


def test_a_site_in_a_language_without_a_catalogue_is_english_but_for_its_own_words(tmp_path):
    (tmp_path / "site.yaml").write_text("title: Rapports\nlanguage: fr\n", encoding="utf-8")
    put(tmp_path)
    index = index_of(tmp_path)
    assert '<h1 lang="fr">Rapports</h1>' in index
    assert "<span lang" not in index
    assert "<h2>Reports</h2>" in index
