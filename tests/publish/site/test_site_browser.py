"""The site in a browser, from the disk: search and filters work, hostile words stay words."""

import pytest
from browser import NEEDS_CHROMIUM, OVERFLOW, chromium, opened, violations
from editions import HEADLINE, put, write_site_file
from hostile import VALUES

from pbc_eval.publish.site.build import write_site

pytestmark = [pytest.mark.slow, NEEDS_CHROMIUM]
UNCERTAIN = {**HEADLINE, "verdict": "uncertain", "verdict_words": "Not certain"}


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Three contracts with plain names."""
    reports = tmp_path_factory.mktemp("site")
    put(reports, "a", summary__title="Santé d'abord", summary__status="final")
    put(reports, "b", summary__title="A winter shelter", particulars__headline=UNCERTAIN)
    put(reports, "c", "2025-1", summary__title="A summer school",
        particulars__contract__commissioner="Another city",
        particulars__publication__release_date="2025-05-01")  # fmt: skip
    write_site_file(reports)
    return write_site(reports).index


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A contract for every hostile value."""
    reports = tmp_path_factory.mktemp("hostile-site")
    for number, value in enumerate(VALUES):
        put(reports, f"h{number}", summary__title=value, summary__contract=value,
            summary__headlines=[value], summary__data_badge=value,
            particulars__contract__commissioner=value, particulars__method_label=value)  # fmt: skip
    return write_site(reports).index


def shown(page) -> list[str]:
    return page.locator("#list > li h3").evaluate_all(
        "all => all.filter(one => one.checkVisibility()).map(one => one.innerText)"
    )


def count(page) -> str:
    return page.locator("#count").inner_text()


def search(page, words: str) -> None:
    page.locator("#query").fill(words)


def test_words_are_found_in_any_order_whatever_their_accents_and_case(browser, site):
    with opened(browser, site) as page:
        assert len(shown(page)) == 3
        assert count(page) == "All 3 reports are shown."
        search(page, "WINTER shel")
        assert shown(page) == ["A winter shelter"]
        assert count(page) == "1 of 3 reports are shown."
        search(page, "sante")
        assert shown(page) == ["Santé d'abord"]
        search(page, "nowhere")
        assert shown(page) == []
        assert count(page).startswith("No report fits.")
        page.locator("#reset").click()
        assert len(shown(page)) == 3


def test_filters_narrow_together_with_the_words(browser, site):
    with opened(browser, site) as page:
        page.select_option("[name=year]", "2026")
        assert shown(page) == ["A winter shelter", "Santé d'abord"]
        page.select_option("[name=verdict]", "uncertain")
        assert shown(page) == ["A winter shelter"]
        search(page, "school")
        assert shown(page) == []
        page.locator("#reset").click()
        page.select_option("[name=status]", "final")
        assert shown(page) == ["Santé d'abord"]


def test_the_keyboard_reaches_search_filters_and_list_in_turn(browser, site):
    with opened(browser, site, 390) as page:
        reached = []
        for _ in range(8):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate(
                    "(at => at.className || at.id || at.innerText)(document.activeElement)"
                )
            )
        assert reached == [
            *("skip", "query", "by-year", "by-verdict", "by-commissioner", "by-status", "reset"),
            "A winter shelter",
        ]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_hostile_site_is_harmless_and_fits_the_screen(browser, hostile, width):
    with opened(browser, hostile, width) as page:
        for words in (*VALUES[:12], '"><script>alert(1)</script>', "(.*", "\\"):
            search(page, words.replace("\t", " ").replace("\n", " "))
            assert count(page)
        page.locator("#reset").click()
        assert page.locator("#list > li").count() == len(VALUES)
        assert page.locator("script").count() == 1
        assert page.dialogs == []
        assert [url for url in page.asked if not url.startswith("data:")] == [hostile.as_uri()]
        assert page.evaluate(OVERFLOW) <= 0


def test_hostile_words_are_found_as_words(browser, hostile):
    with opened(browser, hostile) as page:
        search(page, "<script>alert(1)</script>")
        assert "<script>alert(1)</script>" in shown(page)
        assert len(shown(page)) < len(VALUES)


@pytest.mark.soak
def test_no_other_script_runs_even_if_one_came_in(browser, site):
    with opened(browser, site) as page:
        page.evaluate(
            "() => {const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
            "document.body.append(s);"
            "const bad = '<img src=x onerror=\"window.ran = 2\">';"
            "document.body.insertAdjacentHTML('beforeend', bad);}"
        )
        assert page.evaluate("window.ran") is None


@pytest.mark.soak
def test_axe_finds_nothing_on_a_site_with_search(browser, site):
    assert violations(browser, site, 1280) == []
    assert violations(browser, site, 390) == []


@pytest.mark.soak
def test_words_that_were_looked_for_go_along_to_the_search_of_another_year(
    browser, tmp_path, monkeypatch
):
    monkeypatch.setattr("pbc_eval.publish.site.pages.MOST_LISTED", 1)
    monkeypatch.setattr("pbc_eval.publish.site.paged.MOST_LISTED", 1)
    put(tmp_path, "a", summary__title="A winter shelter")
    put(tmp_path, "b", "2025-1", summary__title="Another winter",
        particulars__publication__release_date="2025-05-01")  # fmt: skip
    write_site(tmp_path)
    with opened(browser, tmp_path / "find-2026.html") as page:
        search(page, "winter & shelter")
        page.locator("a.same-words").click()
        assert page.url.endswith("find-2025.html#q=winter%20%26%20shelter")
        assert page.locator("#query").input_value() == "winter & shelter"
        assert count(page).startswith("No report fits.")
        search(page, "winter")
        assert count(page) == "All 1 reports are shown."
    for file in ("index.html", "index-2.html", "find-2026.html"):
        assert violations(browser, tmp_path / file, 390) == []
