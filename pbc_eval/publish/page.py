"""Is this page fit to be published? Read as a browser reads it; refuse what must not go out."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

from pbc_eval.errors import PublicationError

_RUNS = {"script", "iframe", "frame", "object", "embed", "applet", "base", "form", "portal"}
_LOADS = ("src", "srcset", "poster", "background", "data", "xlink:href")
_STYLE_LOADS = re.compile(r"@import|url\(\s*['\"]?(?!data:)", re.IGNORECASE)


@dataclass(slots=True)
class _Seen:
    headings: list[int] = field(default_factory=list)
    without_alt: int = 0
    outside: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    captions: list[int] = field(default_factory=list)  # of each table
    without_scope: int = 0
    language: str = ""
    title: str = ""
    policy: str = ""
    scripts: list[str] = field(default_factory=list)  # the text of each
    ids: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen = _Seen()
        self._open: list[int] = []  # tables, by position
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        seen, given = self.seen, {name: value or "" for name, value in attrs}
        self._within = tag
        if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            seen.headings.append(int(tag[1]))
        if tag == "img" and not given.get("alt", "").strip():
            seen.without_alt += 1
        if tag == "html":
            seen.language = given.get("lang", "")
        if tag == "meta" and given.get("http-equiv", "").casefold() == "content-security-policy":
            seen.policy = given.get("content", "")
        if tag == "table":
            self._open.append(len(seen.captions))
            seen.captions.append(0)
        if tag == "caption" and self._open:
            seen.captions[self._open[-1]] += 1
        if tag == "th" and given.get("scope") not in {"col", "row", "colgroup", "rowgroup"}:
            seen.without_scope += 1
        if given.get("id"):
            seen.ids.append(given["id"])
        self._note_what_runs_or_loads(tag, given)

    def handle_endtag(self, tag: str) -> None:
        self._within = ""
        if tag == "table" and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._within == "script":
            self.seen.scripts[-1] += data
        if self._within == "title":
            self.seen.title += data.strip()
        if self._within == "style" and _STYLE_LOADS.search(data):
            self.seen.outside.append("a style sheet's url")

    def _note_what_runs_or_loads(self, tag: str, given: dict[str, str]) -> None:
        seen = self.seen
        if tag == "script":
            seen.scripts.append("" if not given else "with attributes")
        if tag in _RUNS or (tag == "meta" and given.get("http-equiv", "").casefold() == "refresh"):
            seen.runs.append(tag)
        seen.runs += [name for name in given if name.startswith("on") or name == "srcdoc"]
        link = re.sub(r"[\x00-\x20]", "", given.get("href", "")).casefold()
        if tag == "a":
            if link.startswith(("javascript:", "vbscript:", "data:")):
                seen.runs.append(link[:20])
            if link.startswith("#"):
                seen.fragments.append(given["href"].strip()[1:])
        loads = [given[name] for name in _LOADS if given.get(name)]
        if given.get("href") and tag != "a" and not _only_points(tag, given):
            loads.append(given["href"])
        seen.outside += [at for at in loads if not at.strip().casefold().startswith("data:")]
        if _STYLE_LOADS.search(given.get("style", "")):
            seen.outside.append(given["style"])


def _only_points(tag: str, given: dict[str, str]) -> bool:
    """A link that browsers follow only when asked to: the same thing in another format."""
    return tag == "link" and given.get("rel", "").strip().casefold() in {"alternate", "canonical"}


def _lets_scripts_in(policy: str, script: str) -> bool:
    """Does the policy allow anything but the one script?"""
    allowed = f"script-src '{script_source(script)}'" if script else ""
    directives = [" ".join(part.split()) for part in policy.split(";")]
    given = [part for part in directives if part.casefold().startswith("script-src")]
    return given not in ([], [allowed])


def script_source(script: str) -> str:
    """The source expression that allows exactly this script: sha256-… of Content Security
    Policy Level 3."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


def refuse_an_unfit_page(html: str, *, script: str = "") -> None:
    """Raise PublicationError, naming every fault, if the page is not fit to be published.

    A page has a title and a language, one h1 that comes first, headings that never skip a level,
    alternative text on every image, one caption on every table and a scope on every header cell,
    ids used once, links that lead somewhere, a content security policy, and nothing that runs or
    loads from elsewhere. A page of the site may hold one ``script``, once and letter for letter,
    that its policy allows by hash; the policy allows no other.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    seen = reader.seen
    skips = [(above, below) for above, below in pairwise(seen.headings) if below > above + 1]
    twice = sorted({i for i in seen.ids if seen.ids.count(i) > 1})
    nowhere = sorted({name for name in seen.fragments if name not in seen.ids})
    runs = list(seen.runs)
    if script and seen.scripts == [script]:
        runs.remove("script")
    bare = sum(count != 1 for count in seen.captions)
    faults = [
        (not seen.title, "has no title"),
        (seen.headings.count(1) != 1, f"has {seen.headings.count(1)} top headings, not one"),
        (seen.headings[:1] not in ([], [1]), "begins with a heading below the top one"),
        (bool(skips), f"skips a heading level {skips[:1]}"),
        (not seen.language, "does not say its language"),
        (seen.without_alt > 0, f"has {seen.without_alt} images without alternative text"),
        (bare > 0, f"has {bare} tables without one caption each"),
        (seen.without_scope > 0, f"has {seen.without_scope} header cells without a scope"),
        (bool(twice), f"uses ids twice: {twice[:3]}"),
        (bool(nowhere), f"links to places that are not on it: {nowhere[:3]}"),
        ("default-src 'none'" not in seen.policy, "has no content security policy"),
        (_lets_scripts_in(seen.policy, script), "has a policy that lets other scripts run"),
        (bool(runs), f"holds {len(runs)} things that could run: {runs[:3]}"),
        (bool(seen.outside), f"loads from elsewhere: {seen.outside[:3]}"),
    ]
    wrong = [words for is_fault, words in faults if is_fault]
    if wrong:
        raise PublicationError(f"The page is not fit to be published: it {'; it '.join(wrong)}.")
