"""Who agreed what with whom, how it is published, and who signed it."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pbc_eval.agreement.base import AddedLater, Agreed, Date
from pbc_eval.agreement.disclosure import DisclosureRule


def _refuse_unknown_currency(code: str) -> str:
    if len(code) != 3 or not (code.isalpha() and code.isupper()):
        raise ValueError(
            f"must be a three-letter currency code such as GBP, USD or EUR, got {code!r}"
        )
    return code


Currency = Annotated[
    str,
    AfterValidator(_refuse_unknown_currency),
    Field(json_schema_extra={"pattern": "^[A-Z]{3}$"}),
]
"""An ISO 4217 code."""

ValueStatus = Literal["published", "illustrative", "recalled", "synthetic"]
Language = Literal["en", "cy"]
"""English, and every language with a catalogue in ``messages/``."""

Register = Literal["uk_evaluation_registry", "uk_contract_performance"]
Role = Literal["commissioner", "analyst", "assurer", "approver"]


class ContractClause(Agreed):
    """The words of one clause of the contract, quoted or summarised."""

    reference: str = Field(min_length=1, description="As the contract numbers it: 'Schedule 2, 4'.")
    text: str = Field(min_length=1, description="The words of the clause, or their sense.")


class Contract(Agreed):
    """The performance-based contract that is evaluated."""

    summary: str = Field(min_length=1, description="One plain sentence: what is bought, for whom.")
    commissioner: str = Field(min_length=1, description="Who pays.")
    provider: str = Field(min_length=1, description="Who delivers.")
    investors: tuple[str, ...] = Field(default=(), description="Who lends until results are paid.")
    start: Date = Field(description="First day of the contract: 2025-04-01.")
    end: Date | None = Field(default=None, description="Last day of the contract.")
    value: float | None = Field(default=None, ge=0, description="Most that can be paid.")
    currency: Currency = Field(default="GBP", description="ISO 4217: GBP, EUR, USD.")
    status: ValueStatus = Field(
        default="published", description="Whether these particulars were published or made up."
    )
    clauses: tuple[ContractClause, ...] = Field(
        default=(), description="The clauses that payment rests on."
    )

    @model_validator(mode="after")
    def _refuse_an_end_before_the_start(self) -> Self:
        if self.end and self.end < self.start:
            raise ValueError(f"end {self.end} is before start {self.start}; swap or correct them")
        return self


class DataRows(Agreed):
    """What the rows of a data file are, said by whoever passes it on."""

    are: Literal["people", "bodies", "totals"] = Field(
        description="people: a row, or several, for one person; bodies: for a school, hospital, "
        "area, whose identity is public; totals: sums over many, a value map, a price list."
    )
    quasi_identifiers: tuple[str, ...] = Field(
        default=(),
        description="For people: columns by which somebody could know one of them: age, area.",
    )
    published_at: str = Field(
        default="", description="For people: where these very rows are public already."
    )


class Publication(Agreed):
    """How the report is published."""

    contact: str = Field(min_length=1, description="Who answers questions about the page.")
    licence: str = Field(min_length=1, description="What others may do with text and data.")
    release_date: Date = Field(description="The day of publication: 2026-06-30.")
    data_status: Literal["real", "reported", "recalled", "synthetic"] = Field(
        description="real data; results reported elsewhere; recalled, to be verified; synthetic"
    )
    data_notice: str = Field(default="", description="Shown beside the status at the page's top.")
    data_open: bool = Field(
        default=False,
        description="true: the data files of which data_rows says what their rows are go into the "
        "edition's archive; of others only names and hashes do. false: of all.",
    )
    data_rows: Annotated[dict[str, DataRows], AddedLater()] = Field(
        default_factory=dict,
        description="By file: what its rows are. Rows of people are passed on only where they are "
        "synthetic, public already, or no group of the quasi_identifiers is small.",
    )
    registers: Annotated[tuple[Register, ...], AddedLater()] = Field(
        default=(),
        description="Which drafts are made, for a person to enter: uk_evaluation_registry, "
        "uk_contract_performance (a notice of KPI ratings).",
    )
    required_sign_offs: tuple[Role, ...] = Field(
        default=(),
        description="Who must have signed, with a date, before a provisional edition is published; "
        "a final one always needs all four.",
    )
    disclosure: DisclosureRule = Field(
        default=DisclosureRule(), description="Which counts are too small to publish."
    )
    report: Literal["impact_report", "sroi_report"] = Field(
        default="impact_report",
        description="sroi_report: where social value, not an estimated effect, is the heart of it.",
    )
    ethics: str = Field(
        default="", description="Who approved the evaluation, and on what ground data were used."
    )
    language: Language = Field(
        default="en",
        description="Of headings, labels and badges, as far as they are translated; the rest is "
        "English: en, cy.",
    )
    funding: str = Field(default="", description="Who paid for the evaluation.")
    interests: str = Field(default="", description="What ties the authors to the parties.")
    limitations: tuple[str, ...] = Field(
        default=(), description="What a careful reader should know, one sentence each."
    )
    replications: Annotated[tuple[str, ...], AddedLater()] = Field(
        default=(),
        description="What others found who looked at the same result again, one sentence each; "
        "told on the first screen.",
    )

    @model_validator(mode="after")
    def _ask_for_the_notice(self) -> Self:
        if self.data_status in ("synthetic", "recalled") and not self.data_notice:
            raise ValueError(
                f"data_status is {self.data_status!r}: add a data_notice that tells the reader so"
            )
        return self


class Signature(Agreed):
    """One person's approval."""

    name: str = Field(min_length=1, description="Who signed.")
    date: Date | None = Field(default=None, description="When: 2026-06-01.")


class SignOff(Agreed):
    """Who answers for the report. A final edition needs all four, each with a date."""

    commissioner: Signature | None = Field(default=None, description="Who ordered the work.")
    analyst: Signature | None = Field(default=None, description="Who did it.")
    assurer: Signature | None = Field(default=None, description="Who checked it, independently.")
    approver: Signature | None = Field(default=None, description="Who released it.")

    def missing(self) -> tuple[str, ...]:
        """The roles that have not signed with a date."""
        return tuple(
            role
            for role in type(self).model_fields
            if (signature := getattr(self, role)) is None or signature.date is None
        )
