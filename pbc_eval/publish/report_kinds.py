"""The family of reports: what each kind is made from, by which notebook, under which title.

    evaluation.yaml ─┬ impact_report   one contract, one edition: what was found
                     └ sroi_report     the same, where social value is the heart of it
    evaluation.yaml ── design_note     before outcomes are seen: what will be done
    portfolio.yaml  ── portfolio       all contracts of a year

The sections of each kind stand in ``report/page.py``. A new kind is a row here, one there, a
notebook and a module of sections.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pbc_eval._resources import notebooks_folder
from pbc_eval._validate import check_choice
from pbc_eval.agreement.contract import Publication
from pbc_eval.agreement.evaluation import EvaluationSpec, load_evaluation
from pbc_eval.agreement.portfolio import PORTFOLIO_FILE, PortfolioSpec, load_portfolio
from pbc_eval.errors import PublicationError, SpecError

EVALUATION_FILE = "evaluation.yaml"
OWN_NOTEBOOK = "report.ipynb"  # an evaluation's own, beside its file
Agreed = EvaluationSpec | PortfolioSpec
KindName = Literal["impact_report", "sroi_report", "design_note", "portfolio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an edition is of: the facts that every kind of page and manifest needs."""

    id: str
    edition: str
    status: Literal["draft", "provisional", "final"]
    title: str
    summary: str
    agreed: Agreed
    source: Path  # the file that it is made from

    @property
    def publication(self) -> Publication:
        return self.agreed.publication


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of report. ``parameter`` is how its notebook calls the file it is made from."""

    name: KindName
    words: str  # in the page's title: "impact report"
    parameter: Literal["evaluation", "portfolio"]
    subject: Callable[[Agreed], Subject]

    @property
    def notebook(self) -> Path:
        return notebooks_folder() / f"{self.name}.ipynb"

    def notebook_of(self, source: Path) -> Path:
        """The notebook that makes the report of ``source``: its own beside it, else the standard
        one. Design notes and portfolios have none of their own."""
        own = source.parent / OWN_NOTEBOOK
        return (
            own
            if self.name in ("impact_report", "sroi_report") and own.is_file()
            else (self.notebook)
        )


def subject_of(spec: Agreed, made_from: EvaluationSpec | None = None) -> Subject:
    """The facts of an evaluation or a portfolio; ``made_from`` holds its file where not itself."""
    if isinstance(spec, EvaluationSpec):
        summary, file = spec.contract.summary, (made_from or spec).file
    else:
        summary, file = spec.summary, spec.source_file
    return Subject(
        id=spec.id,
        edition=spec.edition,
        status=spec.status,
        title=spec.title,
        summary=summary,
        agreed=spec,
        source=spec.folder / file,
    )


def _note_subject(spec: Agreed) -> Subject:
    from pbc_eval.evaluation.note.design_note import note_spec  # noqa: PLC0415 heavy: loads data tools

    assert isinstance(spec, EvaluationSpec)  # kind_of refuses a note of a portfolio
    return subject_of(note_spec(spec), spec)


KINDS: dict[KindName, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="impact_report",
            words="impact report",
            parameter="evaluation",
            subject=subject_of,
        ),
        Kind(
            name="sroi_report",
            words="social return report",
            parameter="evaluation",
            subject=subject_of,
        ),
        Kind(
            name="design_note",
            words="design note",
            parameter="evaluation",
            subject=_note_subject,
        ),
        Kind(
            name="portfolio",
            words="portfolio",
            parameter="portfolio",
            subject=subject_of,
        ),
    )
}


def read_agreed(path: Path) -> Agreed:
    """Read the file that a report is made from, once: an evaluation or a portfolio.

    Raises SpecError when it cannot be used.
    """
    return load_portfolio(path) if is_portfolio(path) else load_evaluation(path)


def kind_of(agreed: Agreed, report: str = "") -> Kind:
    """The kind of report that a file asks for, or ``report`` where one is named.

    Raises SpecError when the file cannot be made into it, PublicationError for an unknown kind.
    """
    holds_portfolio = isinstance(agreed, PortfolioSpec)
    if not report:
        return KINDS["portfolio" if holds_portfolio else agreed.publication.report]
    check_choice("report", "kind", report, list(get_args(KindName)), PublicationError)
    kind = KINDS[report]  # type: ignore[index]  # checked above
    if (kind.parameter == "portfolio") != holds_portfolio:
        made_from = PORTFOLIO_FILE if kind.parameter == "portfolio" else EVALUATION_FILE
        raise SpecError(f"{agreed.id}: a {kind.words} is made from {made_from}. Name such a file.")
    return kind


def is_portfolio(path: Path) -> bool:
    """Is this the file of a portfolio, or a folder that holds one and no evaluation?"""
    if path.is_dir():
        return (path / PORTFOLIO_FILE).is_file() and not (path / EVALUATION_FILE).is_file()
    return path.name.startswith(Path(PORTFOLIO_FILE).stem)
