"""An index of thousands: pages of the list, and search pages by year, loaded when asked for.

    index.html      up to MOST_LISTED reports: all of them, with search and filters, on one page
    beyond that     index.html, index-2.html, …   the newest first, plain links between them
                    find-2026.html, …             every report of a year in a line each, with search

A search page is a page like any other: it needs no connection that the content security policy
would have to allow, works from the disk, and without scripts is a list. The words that were looked
for go along in the address to the other years. Source of the size: ``docs/scale.md``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pbc_eval.publish.site.listed import Contract, Listed, Shelf

MOST_LISTED = 150  # reports on a page of the list
MOST_FOUND = 1_000  # on a search page
AROUND = 2  # pages before and after the one that is open which it links to


@dataclass(frozen=True, slots=True)
class Link:
    """To a page of the list; ``file`` is empty for the page that is open, and for a gap."""

    words: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Pager:
    """Where a page of the list stands among the others; reports are numbered from 1."""

    number: int
    first: int
    last: int
    total: int
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A report on a search page: its newest edition, and its commissioner as filters know it."""

    newest: Listed
    name: str
    commissioner: str


@dataclass(frozen=True, slots=True)
class Finder:
    """A search page: reports whose newest edition is of one year, by commissioner and title."""

    file: str
    title: str
    rows: tuple[FoundRow, ...]


def file_of(number: int) -> str:
    """The file of a page of the list, from 1."""
    return "index.html" if number == 1 else f"index-{number}.html"


def pages_of(shelf: Shelf) -> Iterator[tuple[Pager, Sequence[Contract]]]:
    """Each page of the list with the contracts on it."""
    total = len(shelf.contracts)
    last_page = -(-total // MOST_LISTED)
    for number in range(1, last_page + 1):
        first, last = (number - 1) * MOST_LISTED, min(number * MOST_LISTED, total)
        links = tuple(_links(number, last_page))
        yield Pager(number, first + 1, last, total, links), shelf.contracts[first:last]


def _links(number: int, last_page: int) -> Iterator[Link]:
    if number > 1:
        yield Link("Newer", file_of(number - 1))
    near = range(max(1, number - AROUND), min(last_page, number + AROUND) + 1)
    shown = sorted({1, *near, last_page})
    for before, page in zip([0, *shown], shown, strict=False):
        if page - before > 1:
            yield Link("…")
        yield Link(f"Page {page}", "" if page == number else file_of(page))
    if number < last_page:
        yield Link("Older", file_of(number + 1))


def finders_of(shelf: Shelf, numbers: dict[str, str]) -> tuple[Finder, ...]:
    """The search pages, the latest year first; ``numbers``: of commissioners, for the filter."""
    by_year: dict[int, list[Contract]] = {}
    for contract in shelf.contracts:
        by_year.setdefault(contract.newest.released.year, []).append(contract)
    finders = []
    for year in sorted(by_year, reverse=True):
        rows = [
            FoundRow(contract.newest, name, numbers[name])
            for contract in by_year[year]
            for name in [contract.newest.contract.commissioner]
        ]
        rows.sort(key=lambda row: (row.name.casefold(), row.newest.title.casefold(), row.newest.id))
        parts = [rows[at : at + MOST_FOUND] for at in range(0, len(rows), MOST_FOUND)]
        for number, part in enumerate(parts, start=1):
            of_parts = f", part {number} of {len(parts)}" if len(parts) > 1 else ""
            file = f"find-{year}.html" if number == 1 else f"find-{year}-{number}.html"
            finders.append(Finder(file, f"{year}{of_parts}", tuple(part)))
    return tuple(finders)
