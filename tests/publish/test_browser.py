"""A hostile page as a browser shows it: nothing fires, nothing is fetched, nothing falls off the
screen. Runs where Chromium is installed, as in continuous integration."""

import pytest
from browser import NEEDS_CHROMIUM, OVERFLOW, WIDTHS, chromium, opened, violations

pytestmark = [pytest.mark.slow, NEEDS_CHROMIUM]


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.mark.soak
@pytest.mark.parametrize("width", WIDTHS)
def test_a_hostile_page_is_harmless_and_fits_the_screen(browser, published, width):
    with opened(browser, published.page, width) as page:
        assert page.dialogs == []
        asked = [url for url in page.asked if not url.startswith("data:")]
        assert asked == [published.page.as_uri()]
        assert page.evaluate(OVERFLOW) <= 0
        heading = page.locator("h1")
        assert heading.is_visible()
        assert heading.bounding_box()["width"] <= width


@pytest.mark.soak
def test_a_hostile_page_is_still_accessible(browser, published):
    assert violations(browser, published.page, 1280) == []


@pytest.mark.soak
def test_every_figure_is_drawn_and_described(browser, published):
    with opened(browser, published.page) as page:
        images = page.locator("img").all()
        assert images
        for image in images:
            assert image.evaluate("one => one.naturalWidth") > 100
            assert len(image.get_attribute("alt")) > 40
