"""Claims for payment, kept in a file: one row a claim, or a row for many.

claims.csv ── columns named here ──▶ payment/claims.py ▶ counts by clause, year and state
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import NUMBERS, AddedLater, Date
from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.messages.written_numbers import Notation

ClaimState = Literal["verified", "accrued", "forecast"]
STATES: tuple[ClaimState, ...] = ("verified", "accrued", "forecast")
Column = Annotated[str, Field(min_length=1)]


class Claims(TableLayout):
    """Which file holds the claims, and what its columns are; where its table stands, and under
    which headings, is said as for ``data``.

    Only verified claims are due. ``accrued`` are achieved and not yet verified, ``forecast`` are
    expected; both are shown beside what is due, and are no part of it.
    """

    file: str = Field(min_length=1, description="Beside evaluation.yaml: claims.csv.")
    claims_of: Column = Field(
        description="Column that names what is claimed: a line of a rate card, or a clause's "
        "claims_of."
    )
    units: Column | None = Field(
        default=None, description="Column with the number of claims in a row; none: a row is one."
    )
    claim: Column | None = Field(
        default=None, description="Column that identifies a claim; corrections name it."
    )
    person: Column | None = Field(
        default=None, description="Column that identifies the person a claim is for."
    )
    people: Column | None = Field(
        default=None, description="Or, for rows of many claims: column with the number of people."
    )
    achieved_on: Column | None = Field(
        default=None, description="Column with the day on which what is claimed was achieved."
    )
    state: Column | None = Field(
        default=None,
        description="Column that says verified, accrued or forecast; none: all are verified.",
    )
    corrects: Column | None = Field(
        default=None,
        description="Column that names the claim which a row corrects; its units are negative "
        "where too much was claimed.",
    )
    paid: Column | None = Field(
        default=None,
        description="Column with what was recorded as paid, to hold the amounts against.",
    )
    as_of: Date | None = Field(
        default=None, description="The day of the account; no verified claim is later."
    )
    source: str = Field(min_length=1, description="Who verified the claims, where it is recorded.")
    status: Literal["READ", "RECALLED", "INVENTED"] = Field(
        description="READ: seen in the source itself. INVENTED: an example."
    )
    numbers: Annotated[Notation | None, AddedLater()] = Field(default=None, description=NUMBERS)

    @property
    def named(self) -> dict[str, str]:
        """The columns of the file that say something of claims, by what they say."""
        named = {
            name: getattr(self, name)
            for name in (
                *("claims_of", "units", "claim", "person", "people"),
                *("achieved_on", "state", "corrects", "paid"),
            )
        }
        return {name: column for name, column in named.items() if column is not None}

    @property
    def as_text(self) -> tuple[str, ...]:
        """Columns whose cells are read as they are written, where the file is cleaned: names of
        claims and people, and numbers that are written in a way of their own."""
        if not (self.stated or self.numbers):
            return ()
        numbers = () if self.numbers is None else ("units", "people", "paid")
        texts = ("claims_of", "claim", "person", "state", "corrects") if self.stated else ()
        return tuple(self.named[name] for name in (*texts, *numbers) if name in self.named)

    @model_validator(mode="after")
    def _columns_fit_each_other(self) -> Self:
        problems = []
        if self.person is not None and self.people is not None:
            problems.append(
                "person names the one whom a row is for, people counts those behind a row. Keep one"
            )
        if self.corrects is not None and self.claim is None:
            problems.append("corrects names claims: say in claim which column identifies them")
        if self.as_of is not None and self.achieved_on is None:
            problems.append("as_of needs the days of claims: name their column in achieved_on")
        columns = list(self.named.values())
        if twice := sorted({name for name in columns if columns.count(name) > 1}):
            problems.append(f"column {twice[0]!r} is named for two things. Name each its own")
        if problems:
            raise ValueError("\n".join(problems))
        return self
