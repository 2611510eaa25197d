"""A headless Chromium: pages from disk as a reader meets them, and what axe-core finds.

The one home of Playwright. Nothing of it is needed to make or to read a report.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbc_eval.errors import PublicationError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"
HEIGHT = 900  # of the window
COLOURS = "color-contrast"
TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
# Rules whose answer depends on where things stand, and not only on what is there and shown.
OF_LAYOUT = (
    *("target-size", "scrollable-region-focusable", "link-in-text-block"),
    *("css-orientation-lock", "avoid-inline-spacing"),
)
# What a page holds and which of it is shown: where it is the same, other rules say the same.
SHOWN = """() => document.documentElement.outerHTML.length + ':' + [
  ...document.querySelectorAll('*')].map(
    one => +one.checkVisibility({visibilityProperty: true, opacityProperty: true})).join('')"""
# Which texts differ to the eye: what they and all around them are, and how they are coloured,
# lettered and placed. A few of each kind are looked at, the first and the last among them.
OF_EACH_KIND = """() => {
  const kinds = new Map(), known = new Map();
  const kind = one => {
    if (!one) return '';
    if (!known.has(one)) {
      const s = getComputedStyle(one);
      known.set(one, [kind(one.parentElement), one.tagName, one.className, s.color,
        s.backgroundColor, s.backgroundImage, s.opacity, s.fontSize, s.fontWeight, s.position,
        s.float, s.textShadow, s.filter, s.mixBlendMode].join('|'));
    }
    return known.get(one);
  };
  for (const one of document.querySelectorAll('body, body *')) {
    const text = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (text || one.matches('input, select, textarea, button')) {
      const of = kind(one);
      kinds.set(of, [...(kinds.get(of) || []), one]);
    }
  }
  const some = [...kinds.values()].flatMap(
    all => [...new Set([all[0], all[all.length >> 1], all[all.length - 1]])]);
  window.pbcSome = some;
  return some.length;
}"""


def chromium_on_this_machine() -> str | None:
    """The system's own Chromium, where there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator["Browser"]:
    """A browser, ended with the block. Raises PublicationError where none can be started, and
    ModuleNotFoundError without Playwright."""
    from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 an extra

    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=chromium_on_this_machine(), args=arguments
            )
        except Error as problem:
            reason = str(problem).strip().splitlines()[0]
            raise PublicationError(
                f"No browser could be started ({reason}). Install Chromium, or run: playwright "
                "install chromium"
            ) from None
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: "Browser",
    file: Path,
    width: int = 1280,
    *,
    noted: Callable[["Page"], None] = lambda page: None,
    bypass_csp: bool = False,
    java_script_enabled: bool = True,
) -> Iterator["Page"]:
    """A page from disk, in a window of ``width``; ``noted`` sees it before it is loaded."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT},
        bypass_csp=bypass_csp,
        java_script_enabled=java_script_enabled,
    )
    try:
        page = context.new_page()
        noted(page)
        page.goto(file.as_uri())
        yield page
    finally:
        context.close()


@contextmanager
def window(browser: "Browser") -> Iterator["Page"]:
    """One window for many pages, in which an audit may run what a page's own policy forbids. What
    the browser has compiled for one page serves the next."""
    context = browser.new_context(viewport={"width": 1280, "height": HEIGHT}, bypass_csp=True)
    try:
        yield context.new_page()
    finally:
        context.close()


def show(page: "Page", file: Path, width: int) -> list[str]:
    """Load ``file`` in a window used before, as in a new one; the addresses that it asked for."""
    asked: list[str] = []

    def note(request: "Request") -> None:
        asked.append(request.url)

    page.on("request", note)
    try:
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.goto(file.as_uri())
    finally:
        page.remove_listener("request", note)
    return asked


def press_tab(page: "Page", times: int) -> None:
    """The key goes down, which moves the focus; that it comes up moves nothing, and is left out."""
    keyboard = page.context.new_cdp_session(page)
    try:
        for _ in range(times):
            keyboard.send("Input.dispatchKeyEvent", TAB)
    finally:
        keyboard.detach()


def axe_violations(
    page: "Page", *, without: tuple[str, ...] = (), of_layout: bool = False
) -> list[dict[str, Any]]:
    """What axe-core finds wrong with an open page at WCAG 2.2 AA and by best practice: a rule with
    its nodes each. The page's own policy lets nothing run: open it with ``bypass_csp=True``.
    Colours take most of the time, and are looked at on some texts of each kind. ``without`` names
    rules to leave out; ``of_layout`` asks for those only whose answer a width can change where the
    same is shown. Raises PublicationError where axe looked at nothing."""
    page.evaluate(OPEN_ALL)
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    asked: dict[str, Any] = {"resultTypes": ["violations"]}
    if of_layout:
        asked |= {"runOnly": {"type": "rule", "values": OF_LAYOUT}}
    else:
        off = {rule: {"enabled": False} for rule in (*without, COLOURS)}
        asked |= {"runOnly": {"type": "tag", "values": RULES}, "rules": off}
    answer = page.evaluate("asked => axe.run(asked)", asked)
    if not (answer["passes"] or of_layout):
        raise PublicationError(f"{page.url}: axe looked at nothing.")
    violations: list[dict[str, Any]] = answer["violations"]
    if not of_layout and COLOURS not in without and page.evaluate(OF_EACH_KIND):
        asked = {"runOnly": [COLOURS], "resultTypes": ["violations"]}
        run = "asked => axe.run({include: window.pbcSome}, asked)"
        violations += page.evaluate(run, asked)["violations"]
    return violations
