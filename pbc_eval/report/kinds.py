"""The family of reports: which sections each kind of page has.

    section("summary", released)                      a section of the impact report
    section("league", released, "portfolio")          of another kind

Adding a kind is one module of sections and one row here; its notebook and loader stand in
``publish/kinds.py``.
"""

from typing import Any

from pbc_eval._validate import check_choice
from pbc_eval.errors import PublicationError
from pbc_eval.report import (
    design_note_sections,
    portfolio_sections,
    sections,
    sroi_sections,
)
from pbc_eval.report.html import Section, render
from pbc_eval.report.sections import Row

SECTIONS_OF: dict[str, dict[str, Row]] = {
    "impact_report": sections.SECTIONS,
    "sroi_report": sroi_sections.SECTIONS,
    "design_note": design_note_sections.SECTIONS,
    "portfolio": portfolio_sections.SECTIONS,
}


def section(name: str, released: Any, kind: str = "impact_report") -> Section:
    """One section of a page as HTML; empty when there is nothing for it.

    ``released`` is what the kind is made of: a ReleasedEvaluation, ReleasedDesignNote or
    ReleasedPortfolio. Raises PublicationError for an unknown name or kind, an over-claim or a
    figure without its words.
    """
    check_choice("section", "kind", kind, list(SECTIONS_OF), PublicationError)
    rows = SECTIONS_OF[kind]
    check_choice("section", "name", name, list(rows), PublicationError)
    row = rows[name]
    return (
        render(row.template or name, row.build(released)) if row.applies(released) else Section("")
    )
