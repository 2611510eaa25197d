"""What a page shows, for tests: its HTML as a whole or by section, its tables and figures."""

from functools import lru_cache

from pbc_eval.report.html import section_html
from pbc_eval.report.page import Page, page_of


@lru_cache(maxsize=8)
def shown_page(released, kind=None) -> Page:
    """The page of what was released, made once for all tests that look at it."""
    return page_of(released, kind)


def page_html(released, kind=None) -> str:
    """The whole page as HTML, as a notebook shows it."""
    return shown_page(released, kind)._repr_html_()


def html_of(released, name, kind=None) -> str:
    """One section as HTML; empty where the page has none of that name."""
    section = shown_page(released, kind).section(name)
    return "" if section is None else section_html(section)


def tables(released, section, kind=None) -> dict:
    """The tables of one section by name; none where the page has no such section."""
    found = shown_page(released, kind).section(section)
    return {} if found is None else {table.name: table for table in found.tables}


def figures(released, section, kind=None) -> dict:
    """The figures of one section by name, in reading order."""
    found = shown_page(released, kind).section(section)
    return {} if found is None else {figure.name: figure for figure in found.figures}


def listed(released, section, kind=None) -> list[str]:
    """The sentences of the lists of one section."""
    found = shown_page(released, kind).section(section)
    return [
        text
        for part in (() if found is None else found.parts)
        if type(part).__name__ == "Listed"
        for text in part.items
    ]
