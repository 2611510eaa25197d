"""The family of reports: which sections each kind of page has.

    section("summary", released)                      a section of the impact report
    section("league", released, "portfolio")          of another kind

Adding a kind is one module of sections and one row here; its notebook and loader stand in
``publish/report_kinds.py``.
"""

from typing import Any

from pbc_eval._validate import check_choice
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.portfolio import PortfolioSpec
from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.note.release import ReleasedDesignNote
from pbc_eval.evaluation.portfolio.release import ReleasedPortfolio
from pbc_eval.report.html import Section, render
from pbc_eval.report.sections import design_note as design_note_sections
from pbc_eval.report.sections import impact as sections
from pbc_eval.report.sections import portfolio as portfolio_sections
from pbc_eval.report.sections import social_return as sroi_sections
from pbc_eval.report.sections.impact import Row

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
    if not row.applies(released):
        return Section("")
    return render(row.template or name, row.build(released), language_of(released))


def language_of(released: ReleasedEvaluation | ReleasedDesignNote | ReleasedPortfolio) -> str:
    """The language that the file asks for in ``publication.language``."""
    spec: EvaluationSpec | PortfolioSpec
    if isinstance(released, ReleasedEvaluation):
        spec = released.evaluation.spec
    elif isinstance(released, ReleasedDesignNote):
        spec = released.note.spec
    else:
        spec = released.portfolio.spec
    return spec.publication.language
