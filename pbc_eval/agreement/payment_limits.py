"""Limits over several clauses, and what earlier years paid."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import AddedLater, Agreed, Slug
from pbc_eval.agreement.money import Money, Number
from pbc_eval.agreement.payment_base import Text


class GroupLimit(Agreed):
    """A cap or floor over some clauses: those named, or those of a cohort."""

    id: Slug = Field(description="A short name for the limit: cohort-1-cap.")
    label: Text = Field(description="As the statement names it.")
    reference: Text = Field(description="Where the contract says it: Schedule 2, para 6.")
    of: tuple[Slug, ...] = Field(default=(), description="Ids of the clauses that it bounds.")
    cohort: str = Field(default="", description="Or: every clause of this cohort.")
    cap: Money | None = Field(default=None, description="The most that they pay together.")
    floor: Money | None = Field(default=None, description="The least that they pay together.")
    cap_per_person: Annotated[Money | None, AddedLater()] = Field(
        default=None,
        description="The most that they pay together for each person; tariffs on counts that are "
        "given by person.",
    )

    @model_validator(mode="after")
    def _it_bounds_something(self) -> Self:
        if bool(self.of) == bool(self.cohort):
            raise ValueError("a limit bounds either the clauses named in 'of' or a cohort")
        if self.cap is None and self.floor is None and self.cap_per_person is None:
            raise ValueError("a limit needs a cap, a floor or both, or a cap_per_person")
        if self.cap is not None and self.floor is not None and self.floor > self.cap:
            raise ValueError(
                f"floor {self.floor} is above cap {self.cap}. Lower the floor, or raise the cap"
            )
        return self


class RestatedOutcome(Agreed):
    """A result of an earlier year as it is known now, in place of the one that was paid on."""

    outcome: Text = Field(description="The id of the outcome, as the clauses name it.")
    source: Literal["estimated", "reported", "counted"] = Field(description="Where it comes from.")
    effect: float | None = Field(default=None, description="Positive is an improvement.")
    conf_low: float | None = Field(default=None, description="Lower end of its interval.")
    conf_high: float | None = Field(default=None, description="Upper end of its interval.")
    counterfactual: float | None = Field(default=None, description="Level without the programme.")
    total_scale: float | None = Field(default=None, description="Units behind a total.")
    count: float | None = Field(default=None, description="The verified count.")
    by_person: Annotated[dict[str, float] | None, AddedLater()] = Field(
        default=None, description="The count of each person, for limits that hold for each."
    )


class EarlierYear(Agreed):
    """What was paid for an earlier year, and its results where they have been corrected since.

    With ``restated`` results, the year is worked out again by the same terms, and the difference
    to what was paid is a line of its own in this year's statement.
    """

    year: Text = Field(description="As clauses name it: 2024-25.")
    paid: Number = Field(description="Paid in all for that year.")
    lines: dict[Slug, Number] = Field(
        default_factory=dict,
        description="Amount by clause, where withholding or clawback looks back at it.",
    )
    reference: Text = Field(description="Where the payment is recorded: an invoice, a report.")
    restated: tuple[RestatedOutcome, ...] = Field(
        default=(), description="Every result of that year, as known now; none: it stands."
    )
    reason: str = Field(default="", description="Why the results were corrected.")

    @model_validator(mode="after")
    def _a_correction_says_why(self) -> Self:
        if self.restated and not self.reason:
            raise ValueError("restated results need a reason: what was corrected, and why")
        return self
