"""A headless Chromium for tests: pages as a reader meets them, with what they asked for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = (1280, 768, 390)  # a desk, a tablet, a phone
NEEDS_CHROMIUM = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not on this machine")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, file: Path, width: int = 1280, **options: object) -> Iterator[Page]:
    """A page from disk. ``page.asked`` lists the addresses it asked for, ``page.dialogs`` what it
    popped up. Options are those of a browser context."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    page.asked, page.dialogs = [], []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.on("dialog", lambda box: (page.dialogs.append(box.message), box.dismiss()))
    page.goto(file.as_uri())
    yield page
    context.close()


def violations(
    browser: Browser, file: Path, width: int, *, without: tuple[str, ...] = ()
) -> list[str]:
    """What axe-core finds wrong with a page at WCAG 2.2 AA and by best practice, one line each;
    ``without`` names rules to leave out."""
    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    # The page's own policy lets nothing run; axe must.
    with opened(browser, file, width, bypass_csp=True) as page:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.evaluate(axe)
        found = page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
        assert found["passes"], "axe looked at nothing"
        return [
            f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:200]}"
            for one in found["violations"]
        ]
