"""Sections that are a row of plain parts: words, facts, lists, figures, tables, notes."""

from dataclasses import dataclass
from typing import Any

from pbc_eval.disclosure import ReleasedTable
from pbc_eval.report.figures.drawing import Figure

TEMPLATE = "block"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """One part of a section, shown in the order of its fields. What is empty is left out."""

    heading: str = ""
    notice: str = ""
    text: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    listed: tuple[str, ...] = ()
    numbered: bool = False
    figures: tuple[Figure, ...] = ()
    tables: tuple[ReleasedTable, ...] = ()
    folded: bool = False  # tables are opened by the reader
    notes: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()  # text and address, of other pages of the site


def block(name: str, heading: str, *parts: Part, currency: str = "GBP") -> dict[str, Any]:
    """What the template of such a section needs. ``name`` is its anchor."""
    return {"id": name, "heading": heading, "parts": parts, "currency": currency}
