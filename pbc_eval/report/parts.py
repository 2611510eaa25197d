"""What a page is made of: sections of a few kinds of parts, all of them plain frozen data.

HTML, CSV files, their dictionary, the disclosure review and results.json walk the same sections,
so what one of them has the others have too. Tables and figures are parts of their own, never
hidden in the facts of a laid-out part.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pbc_eval.disclosure import ReleasedTable
from pbc_eval.report.figures.drawing import Figure

Style = Literal["plain", "note", "formula"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section: level 3, or 4 below one of those."""

    text: str
    level: Literal[3, 4] = 3


@dataclass(frozen=True, slots=True)
class Notice:
    """What a reader must not overlook; ``head`` stands before it in bold."""

    text: str
    head: str = ""


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Sentences, one paragraph each."""

    texts: tuple[str, ...]
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms with what is to be said of each; ``fold`` is the title under which they are folded."""

    items: tuple[tuple[str, str], ...]
    fold: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of sentences; ``fold`` is the title under which it is folded.

    A list that may grow long has a ``file`` for when ``most`` of its items are all that the page
    bears (``fold.py``): there every one stands, a line each.
    """

    items: tuple[str, ...]
    numbered: bool = False
    fold: str = ""
    file: str = ""
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A list of sentences, each with its label before it."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A released table; a long one may be folded: the reader opens it, and in print it is open.

    ``most`` is how many of its rows stand on the page, where the page would be too heavy with all
    of them (``fold.py``): 0 for its caption alone. Its file always has every row.
    """

    table: ReleasedTable
    folded: bool = False
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """Other pages: text and address of each."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Downloads:
    """Files beside the page, under downloads/: name and text of each.

    Every file of an edition's downloads but those of its tables and figures is named by such a
    part, and is written because it is named here.
    """

    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LaidOut:
    """Something with a layout of its own: its template and the plain facts that fill it."""

    template: str
    facts: Mapping[str, Any] = field(default_factory=dict)


Part = (
    Heading
    | Notice
    | Paragraphs
    | Facts
    | Listed
    | Labelled
    | Table
    | Figure
    | Links
    | Downloads
    | LaidOut
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """One section of a page. ``name`` is its anchor, ``heading`` its entry in the contents ('' for
    the masthead, which has none), ``title`` what stands above it; money is in ``currency``."""

    name: str
    heading: str
    title: str
    currency: str
    parts: tuple[Part, ...]

    @property
    def tables(self) -> Iterator[ReleasedTable]:
        return (part.table for part in self.parts if isinstance(part, Table))

    @property
    def figures(self) -> Iterator[Figure]:
        return (part for part in self.parts if isinstance(part, Figure))

    @property
    def files(self) -> Iterator[str]:
        """Names of the files that it offers beside those of its tables and figures."""
        return (
            name for part in self.parts if isinstance(part, Downloads) for name, _ in part.files
        )


def tables_of(*tables: ReleasedTable | None, folded: bool = False) -> tuple[Table, ...]:
    """Those tables that there are, as parts."""
    return tuple(Table(table, folded) for table in tables if table is not None)
