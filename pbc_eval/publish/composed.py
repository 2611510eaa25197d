"""From an executed notebook to the body of a page: what was released and the authors' own words,
each where it stands.

Only what carries the mark of the release goes onto the page. A table or picture that does not is
refused with the cell it is in; what is printed, and cells tagged ``private``, stay with the author.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from pbc_eval.errors import PublicationError
from pbc_eval.publish.own_words import OwnWords, anchor_of, labelled, told_of
from pbc_eval.report.html import RELEASED

PRIVATE = "private"  # the tag of a cell that is for its author alone
_OWN_PARTS = ("table", "figure")
_SECTION = re.compile(r'<section id="([\w-]+)"')
_IDS = re.compile(r'\bid="([\w-]+)"')


@dataclass(slots=True)
class _Body:
    """The body as it grows. ``after`` names the section after which each own one stands."""

    parts: list[str] = field(default_factory=list)
    own: list[tuple[str, str, str]] = field(default_factory=list)  # after, anchor, heading
    latest: str = ""  # the last section that was shown
    is_open: bool = False  # is one of the authors' own sections open?

    def close(self) -> None:
        if self.is_open:
            self.parts.append("</section>")
            self.is_open = False

    def begin(self, heading: str) -> None:
        self.close()
        taken = _IDS.findall("".join(self.parts))
        name = anchor_of(heading, taken)
        self.own.append((self.latest, name, heading))
        self.latest = name
        text = html.escape(heading)
        self.parts.append(f'<section id="{name}" aria-labelledby="h-{name}">')
        self.parts.append(f'<h2 id="h-{name}">{text}</h2>')
        self.is_open = True


def body_of(executed: NotebookNode, words: OwnWords | None, clean: Callable[[str], str]) -> str:
    """The body of the page; ``clean`` sanitises what cells show.

    Raises PublicationError, naming every cell, for what was not released, for words that must not
    go out, and for words where ``words`` is None: this kind of report has none.
    """
    body, problems = _Body(), []
    written = [c for c in executed.cells if "injected-parameters" not in c.metadata.get("tags", [])]
    for number, cell in enumerate(written, start=1):
        if PRIVATE in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown" and cell.source.strip():
            problems += [f"cell {number}: {text}" for text in _add_words(body, cell, words, clean)]
        elif cell.cell_type == "code":
            problems += [f"cell {number}: {text}" for text in _add_shown(body, cell, clean)]
    body.close()
    if problems:
        raise PublicationError("The notebook is not fit to be published.\n" + "\n".join(
            f"  {problem}" for problem in problems))  # fmt: skip
    return with_contents("\n".join(body.parts), body.own)


def _add_words(
    body: _Body, cell: NotebookNode, words: OwnWords | None, clean: Callable[[str], str]
) -> Iterator[str]:
    if not body.parts:
        if not cell.source.lstrip().startswith("# "):  # the notebook's own title
            yield "its words stand above the head of the page. Move it below report.opening()."
        return
    if words is None:
        yield "this kind of report has no place for own words. Tag the cell 'private'."
        return
    cell_told = told_of(cell.source, words)
    yield from cell_told.problems
    for heading, text in cell_told.pieces:
        if heading:
            body.begin(heading)
        if text.strip():
            body.parts.append(labelled(clean(text), words.language))


def _add_shown(body: _Body, cell: NotebookNode, clean: Callable[[str], str]) -> Iterator[str]:
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if RELEASED in data and "text/html" in data:
            shown = clean(_joined(data["text/html"]))
            part = data[RELEASED].get("part", "page")
            if part not in _OWN_PARTS:
                body.close()
            body.parts.append(shown)
            if sections := _SECTION.findall(shown):
                body.latest = sections[-1]
        elif "text/html" in data or any(kind.startswith("image/") for kind in data):
            what = "a table" if "<table" in _joined(data.get("text/html", "")) else "something"
            yield (
                f"it shows {what} that did not go through release. Use report.table(...) or "
                "report.figure(...), end its last line with a semicolon, or tag the cell 'private'."
            )


def with_contents(body: str, own: list[tuple[str, str, str]]) -> str:
    """The body with the authors' sections among its contents, each after the one it follows."""
    for after, name, heading in own:
        entry = f'<li><a href="#{name}">{html.escape(heading)}</a></li>'
        place = re.search(rf'<li><a href="#{re.escape(after)}">.*?</li>', body) if after else None
        first = re.search(r'<nav class="contents"[^>]*>\s*<ul[^>]*>', body)
        at = place or first
        if at is not None:
            body = body[: at.end()] + entry + body[at.end() :]
    return body


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)
