"""An evaluator's own words: markdown cells, checked and put where they stand.

    markdown cell ─ headings, links, images, tables, HTML ─ small counts ─ over-claims ▶ HTML

Every fault of every cell is told at once. What is checked are the words as a reader sees them.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.stated import WORDS, few_in_texts
from pbc_eval.publish.own_claims import Supported, over_claims

LABEL = "In the authors’ own words"
LINK = re.compile(
    r"#[\w-]+|downloads/[\w.-]+|(\.\./){1,2}([a-z0-9-]+/){1,2}index\.html|https://\S+|mailto:\S+"
)
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")  # told, and then refused
_MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]  # told, too
_HIGHEST, _DEEPEST = 2, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWords:
    """What own words of one edition are held to. ``outcomes`` are its results, the headline's
    first; ``units`` the words for its units, ``language`` that of its page."""

    rule: DisclosureRule
    outcomes: tuple[Supported, ...] = ()
    units: tuple[str, ...] = ()
    language: str = "en"


@dataclass(slots=True)
class Told:
    """One cell as HTML, cut where a heading of the second level begins a section of its own:
    ``pieces`` are its heading, or nothing, and what follows."""

    pieces: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def told_of(source: str, words: OwnWords) -> Told:
    """One markdown cell, with every reason why it must not go out."""
    tokens = _MARKDOWN.parse(source)
    cell = Told(problems=list(_faults(tokens)))
    text = _as_read(tokens)
    cell.problems += over_claims(text, words.outcomes)
    few = few_in_texts([text], words.rule, words.units)
    if few and words.rule.reviewer_of(WORDS) is None:
        cell.problems.append(
            f"it tells of fewer than {words.rule.threshold} people ({', '.join(few)}). Change the "
            "words, or have somebody answer for them: output: words, by, date and reason under "
            "publication.disclosure.reviewed."
        )
    if not cell.problems:
        cell.pieces = list(_pieces(tokens))
    return cell


def anchor_of(heading: str, taken: Sequence[str]) -> str:
    """A fragment identifier for a heading that no other place of the page has."""
    plain = "own-" + (re.sub(r"[^a-z0-9]+", "-", heading.casefold()).strip("-") or "section")
    name, n = plain, 2
    while name in taken:
        name, n = f"{plain}-{n}", n + 1
    return name


def labelled(body: str, language: str) -> str:
    """Own words marked as such, for a reader who sees and for one who listens."""
    of_another = ' lang="en"' if language != "en" else ""
    label = html.escape(LABEL)
    return f'<div class="own" role="note"><p class="own-label"{of_another}>{label}</p>{body}</div>'


def _faults(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1])
            if not _HIGHEST <= level <= _DEEPEST:
                yield (
                    f"it has a heading of level {level} ({'#' * level}). Use ## for a section of "
                    "your own, ### and #### within one."
                )
        elif token.type == "table_open":
            yield "it has a table, which no rule has looked at. Use report.table(frame, ...)."
        elif token.type == "html_block":
            yield f"it has HTML ({token.content.strip()[:30]!r}). Use markdown alone."
        for child in token.children or ():
            if child.type == "html_inline":
                yield f"it has HTML ({child.content!r}). Use markdown alone."
            elif child.type == "image":
                yield (
                    f"it has an image ({child.attrGet('src')}). Use report.figure(figure, "
                    "caption=..., alt=..., data=...)."
                )
            elif child.type == "link_open":
                address = str(child.attrGet("href") or "")
                if not LINK.fullmatch(address):
                    yield (
                        f"its link {address!r} leads nowhere from a published page. Use https://, "
                        "mailto:, downloads/ or #place."
                    )


def _as_read(tokens: Sequence[Token]) -> str:
    """The words without their marks, a line a block."""
    lines = []
    for token in tokens:
        if token.type == "inline":
            parts = [
                " " if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children or ()
                if child.type in ("text", "code_inline", "softbreak", "hardbreak")
            ]
            lines.append("".join(parts))
        elif token.type in ("fence", "code_block"):
            lines.append(token.content)
    return "\n".join(lines)


def _pieces(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """(heading of level 2 as text, HTML below it), in order."""
    heading = ""
    body: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "heading_open" and token.tag == "h2":
            if heading or body:
                yield heading, _rendered(body)
            heading, body = _as_read([tokens[at + 1]]), []
            at += 3
            continue
        body.append(token)
        at += 1
    if heading or body:
        yield heading, _rendered(body)


def _rendered(tokens: list[Token]) -> str:
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})) if tokens else ""
