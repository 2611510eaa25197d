"""Counts that were verified outside the data: people attached, reports late, profit made."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import Agreed, Slug


class VerifiedCount(Agreed):
    """A number that payment clauses count, with who verified it."""

    outcome: Slug = Field(description="A short name that clauses use: referrals.")
    count: float = Field(description="The verified number, or an amount of money.")
    persons: float | None = Field(
        default=None, gt=0, description="People behind it, for limits per person."
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
        checked, wrong = self.claims_checked or 0, self.claims_wrong or 0
        if not wrong <= checked <= max(self.count, 0):
            raise ValueError(
                f"{wrong} wrong of {checked} checked of {self.count:g} cannot be. Wrong claims "
                "are among those checked, and those among all"
            )
        return self
