"""portfolio.yaml as a frozen model: which contracts of a year are shown together, and how.

    portfolio.yaml ── load_portfolio ──▶ PortfolioSpec (frozen) ── portfolio_of ──▶ Portfolio

Members are editions that were published, by id and edition; results that others reported stand in
a table beside the file (``intake/portfolio_table.py``).
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from pbc_eval._validate import first_few
from pbc_eval.agreement.base import NUMBERS, AddedLater, Agreed, Slug
from pbc_eval.agreement.contained_file import contained_file
from pbc_eval.agreement.contract import Currency, Publication, SignOff
from pbc_eval.agreement.evaluation import Revision
from pbc_eval.agreement.file_problems import every_problem
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import SpecError
from pbc_eval.messages.written_numbers import Notation

PORTFOLIO_FILE = "portfolio.yaml"


class Promise(Agreed):
    """The effect that a contract was priced on, where its own edition does not state it."""

    effect: float = Field(gt=0, description="In the outcome's unit; the size of the improvement.")
    source: str = Field(min_length=1, description="Where it was promised: contract, clause.")


class Member(Agreed):
    """A published edition of one contract."""

    evaluation: Slug = Field(description="The id of its evaluation: winter-shelter.")
    edition: Slug = Field(description="Which edition: 2026-1.")
    label: str = Field(default="", max_length=60, description="A short name for figures.")
    promised: Promise | None = Field(
        default=None, description="The effect promised, where its edition does not state it."
    )


class PlanColumn(Agreed):
    """A plan of all contracts: its column in the table, and its name on the page."""

    column: str = Field(min_length=1, description="Column with what was planned to be paid.")
    label: str = Field(min_length=1, max_length=40, description="First plan; After variation 2.")


class PaymentPlans(TableLayout):
    """What contracts were planned to pay and what they paid, in a table beside the file; where it
    stands, and under which headings, is said as for ``data``."""

    file: str = Field(min_length=1, description="One row a contract: contracts.csv.")
    contract: str = Field(min_length=1, description="Column with the contract's name.")
    planned: Annotated[tuple[PlanColumn, ...], Field(min_length=1)] = Field(
        description="The plans, the first one first, then those after variations."
    )
    paid: str = Field(min_length=1, description="Column with what was paid.")
    source: str = Field(min_length=1, description="Where plans and payments are recorded.")

    @model_validator(mode="after")
    def _each_column_is_one_thing(self) -> Self:
        names = [self.contract, *(plan.column for plan in self.planned), self.paid]
        labels = [plan.label for plan in self.planned]
        for what, given in (("column", names), ("label", labels)):
            if twice := sorted({name for name in given if given.count(name) > 1}):
                raise ValueError(f"{what} {twice[0]!r} is named twice. Name each once")
        return self


class PortfolioSpec(TableLayout):
    """All contracts of a year, in one edition; where the table of ``file`` stands, and under which
    headings, is said as for ``data``."""

    id: Slug = Field(description="Names the folder and the web address: work-support-2026.")
    title: str = Field(min_length=1, max_length=160, description="The page's main heading.")
    edition: Slug = Field(description="2026-1; a correction gets a new edition.")
    status: Literal["draft", "provisional", "final"] = Field(
        description="A draft is not listed; a final edition needs four dated signatures and never "
        "changes."
    )
    year: int = Field(ge=1990, le=2200, description="The year whose contracts these are.")
    summary: str = Field(min_length=1, description="One plain sentence: which contracts these are.")
    chosen: str = Field(
        min_length=1,
        description="How contracts were chosen: all of a year, and which are missing and why.",
    )
    currency: Currency = Field(default="GBP", description="Of the amounts in the table.")
    members: tuple[Member, ...] = Field(default=(), description="Published editions.")
    file: str | None = Field(
        default=None, description="A table of results reported elsewhere, beside this file."
    )
    numbers: Annotated[Notation | None, AddedLater()] = Field(default=None, description=NUMBERS)
    outcomes: tuple[Outcome, ...] = Field(
        default=(), description="What the table's results are of: id, label, unit, direction."
    )
    plans: Annotated[PaymentPlans | None, AddedLater()] = Field(
        default=None, description="What contracts were planned to pay, and what they paid."
    )
    publication: Publication = Field(description="Contact, licence, date, disclosure rule, limits.")
    sign_off: SignOff = Field(default=SignOff(), description="Who answers for the report.")
    revisions: tuple[Revision, ...] = Field(
        default=(), description="What this edition changed since the last, and why."
    )

    _folder: Path = PrivateAttr(default=Path())
    _file: str = PrivateAttr(default=PORTFOLIO_FILE)

    @property
    def folder(self) -> Path:
        """The folder of portfolio.yaml; its table is found beside it."""
        return self._folder

    @property
    def source_file(self) -> str:
        """The name of the file that this was read from, as a rule portfolio.yaml."""
        return self._file

    def path(self, file: str) -> Path:
        """A file beside portfolio.yaml. Raises SpecError if it is missing or lies elsewhere."""
        return contained_file(self.id, self._folder, file)

    @model_validator(mode="after")
    def _refuse_parts_that_contradict_each_other(self) -> Self:
        names = [(member.evaluation, member.edition) for member in self.members]
        ids = [outcome.id for outcome in self.outcomes]
        evaluations = [member.evaluation for member in self.members]
        missing = self.sign_off.missing()
        for is_wrong, problem in (
            (
                not (self.members or self.file or self.plans),
                "has no contracts: give members, a file, or both; or plans",
            ),
            (len(set(names)) < len(names), f"names an edition twice ({first_few(names)})"),
            (
                len(set(evaluations)) < len(evaluations),
                "holds two editions of one evaluation; a contract counts once. Keep one",
            ),
            (len(set(ids)) < len(ids), f"outcome ids must be unique, got {first_few(ids)}"),
            (
                bool(self.file) != bool(self.outcomes),
                "file and outcomes belong together: outcomes say what the table's results are of",
            ),
            (
                self.status == "final" and bool(missing),
                f"a final edition needs dated sign-offs; missing: {', '.join(missing)}. Add them "
                "under sign_off, or set status to provisional",
            ),
        ):
            if is_wrong:
                raise ValueError(problem)
        return self


def load_portfolio(path: str | Path) -> PortfolioSpec:
    """Read portfolio.yaml (or the folder that holds it) into a frozen PortfolioSpec.

    Raises SpecError that lists every problem found, each with its line.
    """
    given = Path(path)
    file = given / PORTFOLIO_FILE if given.is_dir() else given
    document = read_yaml(file)
    try:
        spec = PortfolioSpec.model_validate(document.data)
    except ValidationError as invalid:
        raise SpecError(every_problem(invalid, document, "portfolio")) from None
    spec._folder = file.parent
    spec._file = file.name
    return spec
