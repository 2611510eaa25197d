"""A page as a browser shows it: nothing fires, nothing is fetched, nothing falls off the screen.

Runs where Chromium and its driver are installed, as in continuous integration.
"""

import pytest
from browsers import IN_A_BROWSER, WIDTHS, browser, requests, visit
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

__all__ = ["browser"]
pytestmark = IN_A_BROWSER


@pytest.mark.parametrize("width", WIDTHS)
def test_a_hostile_page_is_harmless_and_fits_the_screen(browser, published, width):
    visit(browser, published.page, width)
    with pytest.raises(NoAlertPresentException):
        _ = browser.switch_to.alert.text
    asked = [url for url in requests(browser) if not url.startswith("data:")]
    assert asked == [published.page.as_uri()]
    overflow = browser.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    heading = browser.find_element(By.TAG_NAME, "h1")
    assert heading.is_displayed()
    assert heading.size["width"] <= width


def test_every_figure_is_drawn_and_described(browser, published):
    visit(browser, published.page, 1280)
    images = browser.find_elements(By.TAG_NAME, "img")
    assert images
    for image in images:
        assert int(image.get_property("naturalWidth")) > 100
        assert len(image.get_attribute("alt")) > 40


def test_the_keyboard_reaches_the_report_first_and_every_wide_table(browser, published):
    visit(browser, published.page, 390)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    first = browser.switch_to.active_element
    assert first.get_attribute("class") == "skip"
    assert first.location["x"] >= 0  # it shows itself when it has the focus
    regions = browser.find_elements(By.CSS_SELECTOR, ".scroll")
    assert regions
    assert all(region.get_attribute("tabindex") == "0" for region in regions)
