"""The browser of the audit for tests: what a page asked for, and what axe finds, in lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pbc_eval.publish.audit import browser as audited
from pbc_eval.publish.audit.browser import OVERFLOW, axe_violations, chromium

__all__ = ["NEEDS_CHROMIUM", "OVERFLOW", "WIDTHS", "chromium", "opened", "violations"]

WIDTHS = (1280, 768, 390)  # a desk, a tablet, a phone
NEEDS_CHROMIUM = pytest.mark.skipif(
    not audited.chromium_on_this_machine(), reason="Chromium is not on this machine"
)


@contextmanager
def opened(browser: Browser, file: Path, width: int = 1280, **options: object) -> Iterator[Page]:
    """A page from disk. ``page.asked`` lists the addresses it asked for, ``page.dialogs`` what it
    popped up. Options are those of a browser context."""
    asked, dialogs = [], []

    def noted(page: Page) -> None:
        page.asked, page.dialogs = asked, dialogs
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda box: (dialogs.append(box.message), box.dismiss()))

    with audited.opened(browser, file, width, noted=noted, **options) as page:
        yield page


def violations(
    browser: Browser, file: Path, width: int, *, without: tuple[str, ...] = ()
) -> list[str]:
    """What axe-core finds wrong with a page, one line each; ``without``: rules to leave out."""
    with audited.opened(browser, file, width, bypass_csp=True) as page:
        return [
            f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:200]}"
            for one in axe_violations(page, without=without)
        ]
