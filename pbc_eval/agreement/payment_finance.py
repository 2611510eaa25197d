"""What investors lend until results are paid, and what of the payment reaches them."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import Agreed, Date, Share
from pbc_eval.agreement.money import Money


class Drawdown(Agreed):
    """Money that investors put in on one day."""

    on: Date = Field(description="The day: 2024-07-01.")
    amount: Annotated[Money, Field(gt=0)] = Field(description="Money put in.")


class Investment(Agreed):
    """Investors' money. They get what is left of the payment after the provider's own part."""

    flows: Annotated[tuple[Drawdown, ...], Field(min_length=1)] = Field(
        description="What they put in, day by day."
    )
    paid_on: Date = Field(description="The day on which the payment reaches them.")
    first_to_provider: Money = Field(
        default=Decimal(0), description="Of the payment, what the provider keeps."
    )
    passed_on: Share = Field(
        default=1.0, description="Fraction of the rest that goes to the investors."
    )

    @model_validator(mode="after")
    def _lent_before_it_is_paid(self) -> Self:
        late = [flow.on for flow in self.flows if flow.on >= self.paid_on]
        if late:
            raise ValueError(
                f"money is put in on {late[0]}, not before the payment on {self.paid_on}. Correct "
                "one of the dates"
            )
        return self
