"""What is looked at on each page, in one window that changes its width.

1280  axe-core at WCAG 2.2 AA with everything open · the keyboard reaches everything once, in
      order, and one sees where it is (2.4.3, 2.4.7, 2.4.11) · nothing is fetched from elsewhere
390   axe-core without colours, which are those of 1280; where the same is shown as at 1280, with
      the rules that ask where things stand
320   no scrolling sideways (1.4.10), nor with the spacing of text that readers may set (1.4.12)
print every table is on paper, nothing hangs over the edge
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pbc_eval.publish.audit.browser import (
    COLOURS,
    HEIGHT,
    OPEN_ALL,
    OVERFLOW,
    SHOWN,
    axe_violations,
    press_tab,
    show,
)
from pbc_eval.publish.audit.faults import Fault

if TYPE_CHECKING:
    from playwright.sync_api import Page

DESK, PHONE, NARROW, PAPER = 1280, 390, 320, 794  # A4 at 96 dots an inch
WIDTHS = (768, PHONE, NARROW)
LEAST_OUTLINE = 2  # pixels
FOCUSABLE = "a[href], summary, [tabindex='0'], input, select, button"
MOST_STEPS = 400  # of the keyboard on one page
SPACING = """*{line-height:1.5!important;letter-spacing:.12em!important;
  word-spacing:.16em!important} p{margin-bottom:2em!important}"""
# What is cut off: text in a box that hides what does not fit.
CLIPPED = """() => [...document.querySelectorAll('main *')].filter(one => {
  const style = getComputedStyle(one);
  return one.checkVisibility() && ['hidden', 'clip'].includes(style.overflowY)
    && !one.classList.contains('hidden')
    && one.clientHeight > 1 && one.scrollHeight > one.clientHeight + 2;
}).slice(0, 5).map(one => one.outerHTML.slice(0, 200))"""
# The first element that is wider than the window and not within one that scrolls.
WIDEST = """() => { const edge = document.documentElement.clientWidth + 1;
  const wide = [...document.querySelectorAll('body *')].find(one => one.checkVisibility()
    && one.getBoundingClientRect().right > edge
    && ![...one.children].some(child => child.getBoundingClientRect().right > edge));
  return wide ? wide.outerHTML.slice(0, 200) : '<html>'; }"""
# The places that the keyboard should reach, and a note of each that it does reach.
LISTEN = """selector => {
  const every = [...document.querySelectorAll(selector)].filter(one => one.checkVisibility());
  window.pbcReached = [];
  document.addEventListener('focusin', event => {
    const one = event.target, style = getComputedStyle(one), box = one.getBoundingClientRect();
    window.pbcReached.push({place: every.indexOf(one), html: one.outerHTML.slice(0, 200),
      outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
      seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight});
  });
  return every.length;
}"""


def faults_of(page: "Page", file: Path, name: str) -> tuple[Fault, ...]:
    """Everything that is wrong with one page, shown in ``browser.window``; ``name`` is what it is
    called."""
    asked = show(page, file, DESK)
    away = [url for url in asked if not url.startswith("data:") and url != page.url]
    return (
        *(Fault(name, "fetched", url, "something is fetched", DESK) for url in away),
        *_by_keyboard(page, name),
        *_by_axe(page, name, DESK),
        *_by_width(page, name),
        *_on_paper(page, name),
    )


def _by_axe(
    page: "Page",
    name: str,
    width: int,
    *,
    without: tuple[str, ...] = (),
    of_layout: bool = False,
) -> Iterator[Fault]:
    for violation in axe_violations(page, without=without, of_layout=of_layout):
        for node in violation["nodes"]:
            yield Fault(name, violation["id"], node["html"], violation["help"], width)


def _by_keyboard(page: "Page", name: str) -> Iterator[Fault]:
    expected = min(page.evaluate(LISTEN, FOCUSABLE), MOST_STEPS)
    press_tab(page, expected)
    reached: list[dict[str, Any]] = page.evaluate("window.pbcReached")
    for step in reached:
        if step["outline"] < LEAST_OUTLINE:
            yield Fault(name, "focus-visible", step["html"], "focus cannot be seen", DESK)
        if not step["seen"]:
            yield Fault(name, "focus-obscured", step["html"], "focus is out of sight", DESK)
    for at, step in enumerate(reached):
        if step["place"] != at:
            words = "the keyboard goes another way than readers"
            yield Fault(name, "focus-order", step["html"], words, DESK)
            return
    if len(reached) < expected:
        words = f"the keyboard reaches {len(reached)} of {expected} places"
        yield Fault(name, "focus-order", "<html>", words, DESK)


def _by_width(page: "Page", name: str) -> Iterator[Fault]:
    shown = page.evaluate(SHOWN)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if page.evaluate(OVERFLOW) > 0:
            yield Fault(name, "reflow", page.evaluate(WIDEST), "the page scrolls sideways", width)
        if width == PHONE:
            same = page.evaluate(SHOWN) == shown
            yield from _by_axe(page, name, width, without=(COLOURS,), of_layout=same)
    spacing = page.add_style_tag(content=SPACING)
    for width in (NARROW, DESK):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if page.evaluate(OVERFLOW) > 0:
            words = "the page scrolls sideways when text is spaced"
            where = page.evaluate(WIDEST)
            yield Fault(name, "text-spacing", where, words, width, "text spacing")
        for where in page.evaluate(CLIPPED):
            words = "text is cut off when it is spaced"
            yield Fault(name, "text-spacing", where, words, width, "text spacing")
    spacing.evaluate("one => one.remove()")


def _on_paper(page: "Page", name: str) -> Iterator[Fault]:
    page.evaluate(OPEN_ALL.replace("true", "false"))  # paper opens what is folded
    page.set_viewport_size({"width": PAPER, "height": HEIGHT})
    page.emulate_media(media="print")
    hidden = page.locator("table").evaluate_all(
        "all => all.filter(one => !one.checkVisibility()).map(one => one.outerHTML.slice(0, 200))"
    )
    for where in hidden:
        yield Fault(name, "print", where, "a table is not on paper", PAPER, "print")
    if page.evaluate(OVERFLOW) > 0:
        yield Fault(
            name, "print", "<html>", "the page hangs over the edge of paper", PAPER, "print"
        )
