"""What a page is made of: sections of a few kinds of parts, all of them plain frozen data.

HTML, CSV files, their dictionary, the disclosure review and results.json walk the same sections,
so what one of them has the others have too. Tables and figures are parts of their own, never
hidden in the facts of a laid-out part.

What is too heavy for a page that people can load stands in files beside it (``fit``):

    sections ─ weighed ─ fits? ─▶ as they are
                        └ else, step by step until they do: long tables show their first rows ·
                          drawings of outcomes beside the headline become files · so do tables of
                          theirs that were folded · and at last the rest, from the end of the page

Nothing is taken away: each table and figure has its file anyway, the page links to it and says how
many rows it has. Weights are estimated from rows and letters; drawings are made to be weighed only
where a page may not fit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pbc_eval.disclosure import ReleasedTable
from pbc_eval.report.figures.drawing import Figure

Style = Literal["plain", "note", "formula"]
BUDGET = 385_000  # bytes: pages, with their style and footer, then stay under 400 kB
LONG, FEW = 20, 8  # rows that are shown of a long table
A_DRAWING, A_PANEL, A_CELL, A_ROW, A_TEXT = (
    24_000,
    13_000,
    19,
    12,
    20,
)  # bytes, beside the letters of a cell
APART = 350  # bytes: a table or drawing that is a link


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
    bears (``fit``): there every one stands, a line each.
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
    of them (``fit``): 0 for its caption alone. Its file always has every row.
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


Fold = Callable[[Part, bool], Part]


def fit(sections: Sequence[Section], headline: str) -> list[Section]:
    """The sections of a page, folded as far as it takes; ``headline`` is the id of the outcome
    whose drawings and tables are the last to go."""
    folded = list(sections)
    if sum(map(weight_of, folded)) <= BUDGET:
        return folded
    for step in STEPS:
        if _weight_of_all(folded) <= BUDGET:
            return folded
        folded = [
            replace(
                section,
                parts=tuple(step(part, _is_beside(part, headline)) for part in section.parts),
            )
            for section in folded
        ]
    return folded if _weight_of_all(folded) <= BUDGET else _from_the_end(folded)


def _weight_of_all(sections: Sequence[Section]) -> int:
    return sum(weight_of(section, drawn=True) for section in sections)


def weight_of(section: Section, *, drawn: bool = False) -> int:
    """About how many bytes a section has as HTML; ``drawn``: its drawings are made to be known."""
    return sum(_weight(part, drawn=drawn) for part in section.parts)


def _weight(part: Part, *, drawn: bool) -> int:
    if isinstance(part, Figure):
        words = len(part.alt) + 3 * len(part.caption) + APART
        if part.apart:
            return words
        return words + (len(part.data_uri) if drawn else max(A_DRAWING, A_PANEL * part.panels))
    if isinstance(part, Table):
        return _weight_of_table(part)
    if isinstance(part, Listed) and part.most is not None:
        part = replace(part, items=part.items[: part.most])
    return 40 + sum(map(_letters, (getattr(part, name) for name in part.__slots__)))


def _letters(value: Any) -> int:
    """Of everything that is written of a value, with the marks around it."""
    if isinstance(value, str | bytes):
        return len(str(value)) + A_TEXT
    if isinstance(value, Mapping):
        return sum(map(_letters, value.values()))
    if isinstance(value, Iterable):
        return sum(map(_letters, value))
    return len(str(value)) if value is not None else 0


def _weight_of_table(part: Table) -> int:
    if part.most == 0:
        return APART
    frame = part.table.frame
    shown = frame[[column for column in part.table.kinds if column in frame.columns]]
    shown = shown if part.most is None else shown.head(part.most)
    letters = sum(len(str(value)) for column in shown for value in shown[column])
    around = 3 * len(part.table.caption) + sum(map(len, part.table.notes)) + 450
    return around + letters + len(shown) * (A_ROW + A_CELL * len(shown.columns))


def _is_beside(part: Part, headline: str) -> bool:
    """Is it about another outcome, KPI or clause than the headline?"""
    if isinstance(part, Figure):
        return bool(part.about) and part.about != headline
    return isinstance(part, Table) and part.table.about not in ("", headline)


def _first_rows(most: int) -> Fold:
    def shorter(part: Part, beside: bool) -> Part:
        if isinstance(part, Table) and part.most is None and len(part.table.frame) > most + 5:
            return replace(part, most=most)
        if isinstance(part, Listed) and part.file and len(part.items) > most + 5:
            return replace(part, most=most)
        return part

    return shorter


def _drawings_beside(part: Part, beside: bool) -> Part:
    return replace(part, apart=True) if isinstance(part, Figure) and beside else part


def _folded_beside(part: Part, beside: bool) -> Part:
    return replace(part, most=0) if isinstance(part, Table) and beside and part.folded else part


def _fewer_rows(part: Part, beside: bool) -> Part:
    if isinstance(part, Table) and len(part.table.frame) > FEW and part.most != 0:
        return replace(part, most=FEW)
    return part


def _tables_beside(part: Part, beside: bool) -> Part:
    return replace(part, most=0) if isinstance(part, Table) and beside else part


STEPS: tuple[Fold, ...] = (
    _first_rows(LONG),
    _drawings_beside,
    _folded_beside,
    _fewer_rows,
    _tables_beside,
)


def _from_the_end(sections: Sequence[Section]) -> list[Section]:
    """Folded tables and drawings that are left, the last on the page first, until it fits."""
    weight, made = _weight_of_all(sections), []
    for section in reversed(sections):
        parts = []
        for part in reversed(section.parts):
            lighter = part
            if weight > BUDGET and isinstance(part, Figure):
                lighter = replace(part, apart=True)
            elif weight > BUDGET and isinstance(part, Table) and part.folded:
                lighter = replace(part, most=0)
            weight -= _weight(part, drawn=True) - _weight(lighter, drawn=True)
            parts.append(lighter)
        made.append(replace(section, parts=tuple(reversed(parts))))
    return made[::-1]
