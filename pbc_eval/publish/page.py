"""Is this page fit to be published? Read as a browser reads it; refuse what must not go out."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from pbc_eval.errors import PublicationError


@dataclass(slots=True)
class _Seen:
    headings: list[int] = field(default_factory=list)
    without_alt: int = 0
    outside: list[str] = field(default_factory=list)
    scripts: int = 0
    tables: int = 0
    captions: int = 0
    language: str = ""
    ids: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen = _Seen()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        seen, given = self.seen, dict(attrs)
        if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            seen.headings.append(int(tag[1]))
        if tag == "img" and not (given.get("alt") or "").strip():
            seen.without_alt += 1
        if tag == "html":
            seen.language = given.get("lang") or ""
        seen.scripts += tag in {"script", "iframe", "object", "embed", "base", "form"}
        seen.scripts += any(name.startswith("on") for name in given)
        seen.tables += tag == "table"
        seen.captions += tag == "caption"
        if given.get("id"):
            seen.ids.append(str(given["id"]))
        loads = given.get("src") or (given.get("href") if tag == "link" else None) or ""
        if loads and not loads.startswith("data:"):
            seen.outside.append(loads)


def refuse_an_unfit_page(html: str) -> None:
    """Raise PublicationError, naming every fault, if the page is not fit to be published.

    A page has one h1, headings that never skip a level, a language, alternative text on every
    image, a caption on every table, ids used once, and nothing that runs or loads from elsewhere.
    """
    reader = _Reader()
    reader.feed(html)
    seen = reader.seen
    skips = [
        (above, below)
        for above, below in zip(seen.headings, seen.headings[1:], strict=False)
        if below > above + 1
    ]
    twice = sorted({i for i in seen.ids if seen.ids.count(i) > 1})
    faults = [
        (seen.headings.count(1) != 1, f"has {seen.headings.count(1)} top headings, not one"),
        (bool(skips), f"skips a heading level {skips[:1]}"),
        (not seen.language, "does not say its language"),
        (seen.without_alt > 0, f"has {seen.without_alt} images without alternative text"),
        (seen.tables != seen.captions, f"has {seen.tables} tables but {seen.captions} captions"),
        (bool(twice), f"uses ids twice: {twice[:3]}"),
        (seen.scripts > 0, f"holds {seen.scripts} elements that could run"),
        (bool(seen.outside), f"loads from elsewhere: {seen.outside[:3]}"),
    ]
    found = [words for is_fault, words in faults if is_fault]
    if found:
        raise PublicationError(f"The page is not fit to be published: it {'; it '.join(found)}.")
