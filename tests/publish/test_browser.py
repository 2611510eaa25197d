"""A page as a browser shows it: nothing fires, nothing is fetched, nothing falls off the screen.

Runs where Chromium and its driver are installed, as in continuous integration.
"""

import json
import shutil

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
WIDTHS = (1280, 768, 390)  # a desk, a tablet, a phone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium is not on this machine"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    with webdriver.Chrome(options=options, service=Service(DRIVER)) as driver:
        yield driver


def requests(browser) -> list[str]:
    """Addresses that the page asked for since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


def visit(browser, page, width: int) -> None:
    # A window has a least width, so the screen is set as a phone's is.
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    requests(browser)
    browser.get(page.as_uri())


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
