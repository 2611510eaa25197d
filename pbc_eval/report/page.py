"""The page of a report, as data: ``page_of(released)`` is a tuple of sections.

    released ─ page_of ▶ Section, … ─┬ as HTML on the page
                                     ├ as CSV files with their dictionary
                                     └ in results.json and the disclosure review

Adding a section is its function in ``sections/`` and one row of the registry of its kind of report
below; nothing else lists sections.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Self, TypeVar

from pbc_eval.disclosure import (
    OutputReview,
    ReleasedDesignNote,
    ReleasedEvaluation,
    ReleasedPortfolio,
    ReleasedTable,
    complete_reviews,
)
from pbc_eval.errors import PublicationError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.html import RELEASED, section_html
from pbc_eval.report.parts import Part, Section, fit
from pbc_eval.report.sections import account, agreed, contracts, estimation, summary, value
from pbc_eval.report.sections.assurance import REVISION_TABLES, assurance_parts
from pbc_eval.report.sections.masthead import masthead
from pbc_eval.report.sections.payment import payment_parts
from pbc_eval.report.sections.performance import performance_parts

ReportKind = Literal["impact_report", "sroi_report", "design_note", "portfolio"]
Released = ReleasedEvaluation | ReleasedDesignNote | ReleasedPortfolio
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Row(Generic[R]):
    """One section: its anchor, its heading in the contents, and what makes its parts; none where
    there is nothing for it. ``title`` stands above it where it says more than the heading."""

    name: str
    heading: str
    parts: Callable[[R], Sequence[Part]]
    title: str = ""


IMPACT: tuple[Row[ReleasedEvaluation], ...] = (
    Row("summary", Sentence("What was found"), summary.evaluation_parts),
    Row("payment", Sentence("What the contract pays"), payment_parts),
    Row("performance", Sentence("How the service performed"), performance_parts),
    Row("value", Sentence("Social value"), value.value_parts),
    Row("uncertainty", Sentence("How sure the return is"), value.uncertainty_parts),
    Row("design", Sentence("How this was worked out"), estimation.design_parts),
    Row("sample", Sentence("Who is in the analysis"), estimation.sample_parts),
    Row("checks", Sentence("Does the comparison hold?"), estimation.check_parts),
    Row("estimates", Sentence("Estimates"), estimation.estimate_parts),
)
SOCIAL_RETURN: tuple[Row[ReleasedEvaluation], ...] = (
    Row("summary", Sentence("What was found"), summary.evaluation_parts),
    Row(
        "principles",
        Sentence("The Principles of Social Value"),
        account.principle_parts,
        Sentence("The Principles of Social Value, and what was done for each"),
    ),
    Row("stakeholders", Sentence("Scope and stakeholders"), account.stakeholder_parts),
    Row("value", Sentence("Social value"), value.value_parts),
    Row("register", Sentence("Assumption register"), account.register_parts),
    Row("uncertainty", Sentence("How sure the return is"), value.uncertainty_parts),
    Row("payment", Sentence("What the contract pays"), payment_parts),
    Row(
        "not-valued",
        Sentence("What is not valued"),
        account.not_valued_parts,
        Sentence("What is not valued, and what the ratio does not say"),
    ),
    Row("design", Sentence("How this was worked out"), estimation.design_parts),
)
DESIGN_NOTE: tuple[Row[ReleasedDesignNote], ...] = (
    Row("question", Sentence("What is asked"), agreed.question_parts),
    Row("design", Sentence("How it will be worked out"), agreed.design_parts),
    Row("before", Sentence("What the data show before the start"), agreed.before_parts),
    Row("detect", Sentence("What could be told apart"), agreed.detect_parts),
    Row("payment", Sentence("What will be paid for what"), agreed.payment_parts),
    Row("value", Sentence("How outcomes will be valued"), agreed.value_parts),
)
PORTFOLIO: tuple[Row[ReleasedPortfolio], ...] = (
    Row("summary", Sentence("What the contracts achieved"), summary.portfolio_parts),
    Row("effects", Sentence("Effects side by side"), contracts.effect_parts),
    Row("chance", Sentence("What chance alone would do"), contracts.chance_parts),
    Row("league", Sentence("Can contracts be ranked?"), contracts.league_parts),
    Row("money", Sentence("Money"), contracts.money_parts),
    Row("contracts", Sentence("The contracts"), contracts.contract_parts),
)
OWN = "own"  # the section of what the authors added; on the page it stands where they put it
ASSURANCE = Sentence("Limits, sign-off and source")


class Page(tuple[Section, ...]):
    """The sections of a page, in reading order; JupyterLab and nbconvert show it as HTML."""

    kind: ReportKind
    language: str
    reviews: tuple[OutputReview, ...]  # what was found of each output that is on the page

    def __new__(
        cls,
        sections: Iterable[Section],
        *,
        kind: ReportKind,
        language: str,
        reviews: tuple[OutputReview, ...] = (),
    ) -> Self:
        made = super().__new__(cls, sections)
        made.kind, made.language, made.reviews = kind, language, reviews
        return made

    def __repr__(self) -> str:
        return f"<Page {self.kind}: {', '.join(section.name for section in self)}>"

    def _repr_html_(self) -> str:
        return "\n".join(section_html(section, self.language) for section in self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return {"text/html": self._repr_html_(), RELEASED: {"part": "page"}}

    @property
    def tables(self) -> tuple[ReleasedTable, ...]:
        return tuple(table for section in self for table in section.tables)

    @property
    def figures(self) -> tuple[Figure, ...]:
        return tuple(figure for section in self for figure in section.figures)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that it offers beside those of its tables and figures, each once."""
        return tuple(dict.fromkeys(name for section in self for name in section.files))

    def section(self, name: str) -> Section | None:
        """One section by its anchor; None where the page has none of that name."""
        return next((section for section in self if section.name == name), None)


def page_of(released: Released, kind: ReportKind | None = None, own: Sequence[Part] = ()) -> Page:
    """The page of a report. ``kind`` is that which the file asks for where it is left out; an
    evaluation may be shown as an impact report or as a social return report. ``own`` are tables and
    figures that the authors added to it, for its files and its reviews.

    Raises PublicationError for a kind that cannot be made of what is given, for an over-claim and
    for a figure without its words; DisclosureError for outputs that must not go out.
    """
    kind = kind or kind_of(released)
    language = released.spec.publication.language
    if isinstance(released, ReleasedEvaluation) and kind in ("impact_report", "sroi_report"):
        if kind == "sroi_report":
            value.require_value(released)
        rows = IMPACT if kind == "impact_report" else SOCIAL_RETURN
        body = _sections(rows, released, released.spec.contract.currency)
        if own:
            body.append(_own_section(own, released.spec.contract.currency))
        reviews = complete_reviews(
            released,
            tables=[
                *(table.name for section in body for table in section.tables),
                *(name for name in REVISION_TABLES if released.table(name) is not None),
            ],
            figures=[figure.name for section in body for figure in section.figures],
        )
    elif isinstance(released, ReleasedDesignNote) and kind == "design_note":
        body = _sections(DESIGN_NOTE, released, released.spec.contract.currency)
        reviews = ()
    elif isinstance(released, ReleasedPortfolio) and kind == "portfolio":
        body = _sections(PORTFOLIO, released, _currency(released))
        reviews = ()
    else:
        raise PublicationError(
            f"{released.spec.id}: a {kind.replace('_', ' ')} cannot be made of a "
            f"{type(released).__name__}. Release what that kind of report is made from."
        )
    lead = released.primary if isinstance(released, ReleasedEvaluation) else None
    closing = Section(
        name="assurance",
        heading=ASSURANCE,
        title=ASSURANCE,
        currency=_currency(released),
        parts=tuple(assurance_parts(released, reviews)),
    )
    top = masthead(released, kind, [*body, closing])
    whole = fit([top, *body, closing], "" if lead is None else lead.outcome.id)
    return Page(whole, kind=kind, language=language, reviews=reviews)


def kind_of(released: Released) -> ReportKind:
    """The kind of report that is made of what was released, as its file asks for it."""
    if isinstance(released, ReleasedDesignNote):
        return "design_note"
    if isinstance(released, ReleasedPortfolio):
        return "portfolio"
    return released.spec.publication.report


def _sections(rows: Sequence[Row[R]], released: R, currency: str) -> list[Section]:
    sections = []
    for row in rows:
        if parts := tuple(row.parts(released)):
            sections.append(
                Section(
                    name=row.name,
                    heading=row.heading,
                    title=row.title or row.heading,
                    currency=currency,
                    parts=parts,
                )
            )
    return sections


def _own_section(parts: Sequence[Part], currency: str) -> Section:
    heading = "The authors' own tables and figures"  # no heading of the page
    return Section(name=OWN, heading=heading, title=heading, currency=currency, parts=tuple(parts))


def _currency(released: Released) -> str:
    if isinstance(released, ReleasedPortfolio):
        return next(iter(released.currencies), released.spec.currency)
    return released.spec.contract.currency
