"""Counts that were verified outside the data: people attached, reports late, profit made."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pbc_eval.agreement.base import AddedLater, Agreed, Slug


def _loses_no_digit(value: Any) -> Any:
    """Whole numbers beyond 2^53 are not all floats; a count is exact or refused."""
    if isinstance(value, int) and not isinstance(value, bool) and int(float(value)) != value:
        raise ValueError(
            f"must have at most 15 digits to be kept exactly, got {value}. Count in thousands, and "
            "price them so"
        )
    return value


class VerifiedCount(Agreed):
    """A number that payment clauses count, with who verified it."""

    outcome: Slug = Field(description="A short name that clauses use: referrals.")
    count: Annotated[float, BeforeValidator(_loses_no_digit)] = Field(
        description="The verified number, or an amount of money."
    )
    persons: float | None = Field(
        default=None, gt=0, description="People behind it, for limits per person."
    )
    file: Annotated[str | None, AddedLater()] = Field(
        default=None,
        description="Where the count stands person by person, for limits that hold for each.",
    )
    person: Annotated[str | None, AddedLater()] = Field(
        default=None, description="Column of the file that identifies the person."
    )
    column: Annotated[str | None, AddedLater()] = Field(
        default=None, description="Column of the file that holds each person's count."
    )
    counts: Annotated[Literal["people", "things"] | None, AddedLater()] = Field(
        default=None,
        description="Whether it counts people, so that a small one is not published, or things: "
        "reports late, pounds.",
    )
    expected: Annotated[bool, AddedLater()] = Field(
        default=False, description="true: a forecast. It is not verified, and nothing is due by it."
    )
    claims_checked: int | None = Field(
        default=None, ge=1, description="How many of them were checked in a sample."
    )
    claims_wrong: int | None = Field(
        default=None, ge=0, description="How many of those checked were wrong."
    )
    source: str = Field(min_length=1, description="Who verified it, where it is recorded.")
    status: Literal["READ", "RECALLED", "INVENTED"] = Field(
        description="READ: seen in the source itself. INVENTED: an example."
    )

    @model_validator(mode="after")
    def _a_sample_is_whole(self) -> Self:
        if (self.claims_checked is None) != (self.claims_wrong is None):
            raise ValueError(
                "claims_checked and claims_wrong belong together; give both or neither"
            )
        lacking = [name for name in ("file", "person", "column") if getattr(self, name) is None]
        if 0 < len(lacking) < 3:
            raise ValueError(f"file, person and column belong together; {lacking[0]} is missing")
        if self.expected and self.claims_checked is not None:
            raise ValueError(
                "claims_checked is of claims that were made, and this count is expected. Keep one"
            )
        checked, wrong = self.claims_checked or 0, self.claims_wrong or 0
        if not wrong <= checked <= max(self.count, 0):
            raise ValueError(
                f"{wrong} wrong of {checked} checked of {self.count:g} cannot be. Wrong claims "
                "are among those checked, and those among all"
            )
        return self
