"""Every published page, as people with and without a mouse, a screen, colours or paper meet it."""

import re
import zlib

import pytest
from browser import NEEDS_CHROMIUM, OVERFLOW, WIDTHS, chromium, opened, violations
from evaluations import DATA, EVERY

from pbc_eval.agreement.evaluation import load_evaluation

pytestmark = [pytest.mark.soak, NEEDS_CHROMIUM]  # every example is published
MOST_BYTES = 400_000  # of a page
FOCUSABLE = "a[href], summary, [tabindex='0'], input, select, button"
REPORTS = [
    *(f"{name}/{load_evaluation(DATA / name).edition}/index.html" for name in EVERY),
    "hospital-readmissions/design-1/index.html",
    "examples-2026/2026-1/index.html",
    "work-support-2026/2026-1/index.html",
]
# One page of each kind; tools/make_published_pages.py looks at all of them.
ON_A_PHONE = ["index.html", "school-attendance/index.html", "one-service/2026-1/index.html",
              *REPORTS[-2:]]  # fmt: skip
# One of each kind at every run; the others where long tests are run.
PAGES = [
    page if page in ON_A_PHONE else pytest.param(page, marks=pytest.mark.soak)
    for page in ("index.html", "school-attendance/index.html", *REPORTS)
]


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_at_a_desk(browser, every_page, page):
    assert violations(browser, every_page / page, 1280) == []


@pytest.mark.parametrize("page", ON_A_PHONE)
def test_axe_finds_nothing_on_a_phone(browser, every_page, page):
    # Colours are the same on a phone, and measuring them takes longest.
    assert violations(browser, every_page / page, 390, without=("color-contrast",)) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_width_makes_the_page_scroll_sideways_and_nothing_is_fetched(browser, every_page, page):
    for width in (*WIDTHS, 320):  # 320 is 1280 at four times the size, WCAG 1.4.10
        with opened(browser, every_page / page, width) as shown:
            assert shown.evaluate(OVERFLOW) <= 0, width
            assert [url for url in shown.asked if not url.startswith("data:")] == [shown.url]


@pytest.mark.parametrize("page", PAGES)
def test_the_keyboard_reaches_everything_once_in_order_and_one_sees_where_it_is(
    browser, every_page, page
):
    with opened(browser, every_page / page) as shown:
        expected = shown.evaluate(
            """selector => [...document.querySelectorAll(selector)]
                .filter(one => one.checkVisibility())
                .map((one, place) => (one.dataset.place = place, place))""",
            FOCUSABLE,
        )
        reached = []
        for _ in expected:
            shown.keyboard.press("Tab")
            where = shown.evaluate(
                """() => { const one = document.activeElement, style = getComputedStyle(one),
                    box = one.getBoundingClientRect();
                    return {place: one.dataset.place, outline: parseFloat(style.outlineWidth),
                            seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight}; }"""
            )
            assert where["outline"] >= 2, where
            assert where["seen"], where
            reached.append(int(where["place"]))
        assert reached == expected


@pytest.mark.parametrize("page", REPORTS[:2])
def test_the_keyboard_skips_to_the_report_opens_what_is_folded_and_moves_wide_tables(
    browser, every_page, page
):
    with opened(browser, every_page / page, 390) as shown:
        shown.keyboard.press("Tab")
        shown.keyboard.press("Enter")
        assert shown.url.endswith("#main")
        folded = shown.locator("details").first
        folded.locator("summary").focus()
        assert not folded.evaluate("one => one.open")
        shown.keyboard.press("Enter")
        assert folded.evaluate("one => one.open")
        wide = "one => one.scrollWidth > one.clientWidth + 40 && one.checkVisibility()"
        region = next(one for one in shown.locator("[tabindex='0']").all() if one.evaluate(wide))
        region.focus()
        for _ in range(5):
            shown.keyboard.press("ArrowRight")
        shown.wait_for_timeout(500)
        assert region.evaluate("one => one.scrollLeft") > 0


@pytest.mark.parametrize("page", PAGES)
def test_without_scripts_nothing_is_missing(browser, every_page, page):
    words = "#list" if page == "index.html" else "main"  # only the search needs its script
    with (
        opened(browser, every_page / page) as one,
        opened(browser, every_page / page, java_script_enabled=False) as other,
    ):
        assert other.locator(words).inner_text() == one.locator(words).inner_text()


@pytest.mark.parametrize("page", REPORTS[::3])
def test_paper_gets_a_tagged_document_with_a_title_and_open_tables(browser, every_page, page):
    with opened(browser, every_page / page) as shown:
        printed = shown.pdf(format="A4", tagged=True, outline=True)
        for name in (b"/StructTreeRoot", b"/Marked true", b"/Lang"):
            assert name in printed or name in _inflated(printed)
        shown.emulate_media(media="print")
        hidden = "all => all.filter(one => !one.checkVisibility()).length"
        assert shown.locator("table").evaluate_all(hidden) == 0
        assert shown.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("page", PAGES)
def test_a_page_weighs_no_more_than_it_may(every_page, page):
    assert (every_page / page).stat().st_size <= MOST_BYTES


def _inflated(printed: bytes) -> bytes:
    found = []
    for part in re.findall(rb"stream\r?\n(.*?)endstream", printed, re.DOTALL):
        try:
            found.append(zlib.decompress(part))
        except zlib.error:
            continue
    return b"".join(found)
