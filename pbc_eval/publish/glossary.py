"""Words explained: the first use in each section is linked to its entry and shows it on hover.

Works on the finished, sanitised page, since words stand in generated sentences and not in
templates alone. Tables, headings and links are left as they are.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.messages.catalogue import SOURCE
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.template_language import Words

GLOSSARY = Path(__file__).with_name("glossary.yaml")
HEADING = Sentence("Words explained")
_IN = ("p", "li", "dd")
_NEVER_IN = ("a", "h1", "h2", "h3", "h4", "table", "summary", "nav", "strong", "header", "abbr")


@dataclass(frozen=True, slots=True)
class Term:
    """A word with its meaning; ``forms`` are the ways in which it is written, longest first."""

    term: str
    forms: tuple[str, ...]
    meaning: str

    @property
    def anchor(self) -> str:
        return "word-" + re.sub(r"[^a-z]+", "-", self.term.casefold())


@cache
def terms() -> tuple[Term, ...]:
    """Every term, by name."""
    read = read_yaml(GLOSSARY).data["terms"]
    entries = [
        Term(entry["term"], tuple(sorted(entry["forms"], key=len, reverse=True)), entry["meaning"])
        for entry in read
    ]
    return tuple(sorted(entries, key=lambda entry: entry.term))


def with_definitions(html: str, language: str = SOURCE) -> str:
    """The page with words linked in its sections, and the list of the words used at its end.

    The contents of the page, where it has some, lead to the list. Nothing is added when no word of
    the glossary is used. The heading is in ``language``, where its catalogue has it.
    """
    soup = BeautifulSoup(html, "html.parser")
    used: set[str] = set()
    for section in soup.find_all("section") or [soup]:
        used |= _link_first_uses(soup, section)
    if not used:
        return str(soup)
    (soup.find("main") or soup).append(
        _list_of(soup, [term for term in terms() if term.term in used], language)
    )
    contents = soup.find("nav", class_="contents")
    contents = contents.find("ul") if contents is not None else None
    if contents is not None:
        entry = soup.new_tag("li")
        link = soup.new_tag("a", href="#glossary")
        link.append(_heading(soup, language))
        entry.append(link)
        contents.append(entry)
    return str(soup)


@cache
def _pattern() -> re.Pattern[str]:
    forms = sorted((form for term in terms() for form in term.forms), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, forms))})(?![\w-])", re.IGNORECASE)


@cache
def _by_form() -> dict[str, Term]:
    return {form.casefold(): term for term in terms() for form in term.forms}


def _link_first_uses(soup: BeautifulSoup, section: Tag) -> set[str]:
    used: set[str] = set()
    for text in list(section.find_all(string=_pattern())):
        if text.find_parent(_IN) is None or text.find_parent(_NEVER_IN) is not None:
            continue
        _link_in(soup, text, used)
    return used


def _link_in(soup: BeautifulSoup, text: NavigableString, used: set[str]) -> None:
    """Replace a text by its pieces, with links where a word stands for the first time."""
    pieces: list[NavigableString | Tag] = []
    at = 0
    for match in _pattern().finditer(str(text)):
        term = _by_form()[match[0].casefold()]
        if term.term in used:
            continue
        used.add(term.term)
        link = soup.new_tag("a", attrs={"href": f"#{term.anchor}", "class": "word"})
        link["title"] = term.meaning
        link.string = match[0]
        pieces += [NavigableString(str(text)[at : match.start()]), link]
        at = match.end()
    if pieces:
        text.replace_with(*pieces, NavigableString(str(text)[at:]))


def _heading(soup: BeautifulSoup, language: str) -> NavigableString | Tag:
    """The heading as a text, or as an element that says in which language it is."""
    words = Words(language)
    if not words.lang_of(HEADING):
        return NavigableString(HEADING)
    marked = soup.new_tag("span", attrs={"lang": language})
    marked.string = words.plain(HEADING)
    return marked


def _list_of(soup: BeautifulSoup, used: list[Term], language: str) -> Tag:
    section = soup.new_tag("section", attrs={"id": "glossary", "aria-labelledby": "h-glossary"})
    heading = soup.new_tag("h2", attrs={"id": "h-glossary"})
    heading.append(_heading(soup, language))
    entries = soup.new_tag("dl", attrs={"class": "words"})
    for term in used:
        group = soup.new_tag("div", attrs={"id": term.anchor})
        for name, words in (("dt", term.term.capitalize()), ("dd", term.meaning)):
            part = soup.new_tag(name)
            part.string = words
            group.append(part)
        entries.append(group)
    section.extend([heading, entries])
    return section
