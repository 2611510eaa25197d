"""The site in a browser, from the disk: search and filters work, hostile words stay words."""

import pytest
from browsers import IN_A_BROWSER, browser, requests, visit
from editions import HEADLINE, put, write_site_file
from hostile import VALUES
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from pbc_eval.publish.site.build import write_site

__all__ = ["browser"]
pytestmark = IN_A_BROWSER
UNCERTAIN = {**HEADLINE, "verdict": "uncertain", "verdict_words": "Not certain"}


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


def shown(browser) -> list[str]:
    items = browser.find_elements(By.CSS_SELECTOR, "#list > li")
    return [item.find_element(By.TAG_NAME, "h3").text for item in items if item.is_displayed()]


def count(browser) -> str:
    return browser.find_element(By.ID, "count").text


def choose(browser, name: str, value: str) -> None:
    Select(browser.find_element(By.NAME, name)).select_by_value(value)


def search(browser, words: str) -> None:
    box = browser.find_element(By.ID, "query")
    box.clear()
    box.send_keys(words)


def test_words_are_found_in_any_order_whatever_their_accents_and_case(browser, site):
    visit(browser, site, 1280)
    assert len(shown(browser)) == 3
    assert count(browser) == "All 3 reports are shown."
    search(browser, "WINTER shel")
    assert shown(browser) == ["A winter shelter"]
    assert count(browser) == "1 of 3 reports are shown."
    search(browser, "sante")
    assert shown(browser) == ["Santé d'abord"]
    search(browser, "nowhere")
    assert shown(browser) == []
    assert count(browser).startswith("No report fits.")
    browser.find_element(By.ID, "reset").click()
    assert len(shown(browser)) == 3


def test_filters_narrow_together_with_the_words(browser, site):
    visit(browser, site, 1280)
    choose(browser, "year", "2026")
    assert shown(browser) == ["A winter shelter", "Santé d'abord"]
    choose(browser, "verdict", "uncertain")
    assert shown(browser) == ["A winter shelter"]
    search(browser, "school")
    assert shown(browser) == []
    browser.find_element(By.ID, "reset").click()
    choose(browser, "status", "final")
    assert shown(browser) == ["Santé d'abord"]


def test_the_keyboard_reaches_search_filters_and_list_in_turn(browser, site):
    visit(browser, site, 390)
    body = browser.find_element(By.TAG_NAME, "body")
    reached = []
    for _ in range(8):
        body.send_keys(Keys.TAB)
        at = browser.switch_to.active_element
        reached.append(at.get_attribute("class") or at.get_attribute("id") or at.text)
    assert reached == [
        *("skip", "query", "by-year", "by-verdict", "by-commissioner", "by-status", "reset"),
        "A winter shelter",
    ]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_hostile_site_is_harmless_and_fits_the_screen(browser, hostile, width):
    visit(browser, hostile, width)
    for words in (*VALUES[:12], '"><script>alert(1)</script>', "(.*", "\\"):
        search(browser, words.replace("\t", " ").replace("\n", " "))
        assert count(browser)
    browser.find_element(By.ID, "reset").click()
    assert len(browser.find_elements(By.CSS_SELECTOR, "#list > li")) == len(VALUES)
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 1
    with pytest.raises(NoAlertPresentException):
        _ = browser.switch_to.alert.text
    assert [url for url in requests(browser) if not url.startswith("data:")] == [hostile.as_uri()]
    overflow = browser.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0


def test_hostile_words_are_found_as_words(browser, hostile):
    visit(browser, hostile, 1280)
    search(browser, "<script>alert(1)</script>")
    assert "<script>alert(1)</script>" in shown(browser)
    assert len(shown(browser)) < len(VALUES)


def test_no_other_script_runs_even_if_one_came_in(browser, site):
    visit(browser, site, 1280)
    browser.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.body.append(s);"
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 2\">');"
    )
    assert browser.execute_script("return window.ran") is None
