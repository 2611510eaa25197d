"""Clauses that adjust what others pay: credits, deductions, shared gains, withholding, clawback."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import Share, Slug
from pbc_eval.agreement.money import Money, Number
from pbc_eval.agreement.payment_base import (
    ClauseBase,
    MeasuredClause,
    Positive,
    Text,
    check_bound,
)

Clauses = Annotated[tuple[Slug, ...], Field(min_length=1)]
OUTCOME = "The id of one of the outcomes."
ALWAYS = "Always true: the provider owes it."


class _RateOrShare(MeasuredClause):
    """A deduction of money, or of a share of what other clauses pay, for each unit."""

    outcome: Text = Field(description="The id of a verified count or of a KPI.")
    measure: Literal["count"] = Field(default="count", description="Always a count.")
    deduction: Literal[True] = Field(default=True, description=ALWAYS)
    rate: Money | None = Field(default=None, description="Money for each unit.")
    share: Share | None = Field(
        default=None, description="Fraction of what the clauses named in 'of' pay, for each unit."
    )
    of: tuple[Slug, ...] = Field(default=(), description="Ids of the clauses at risk.")

    @property
    def clauses(self) -> tuple[str, ...]:
        return self.of

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if (self.rate is None) == (self.share is None):
            raise ValueError("each unit costs either a rate (money) or a share of other clauses")
        if (self.share is None) == bool(self.of):
            raise ValueError("share and of belong together: a share of what these clauses pay")
        return self


class ServiceCredit(_RateOrShare):
    """A credit for each event beyond a free allowance: late reports, days unavailable."""

    type: Literal["service_credit"]
    free_allowance: Annotated[Number, Field(ge=0)] = Field(
        default=Decimal(0), description="Events that cost nothing."
    )


class KpiDeduction(_RateOrShare):
    """A deduction for each point by which a KPI falls short of its target."""

    type: Literal["kpi_deduction"]
    target: Number = Field(description="What the KPI must reach, in its own unit.")
    better: Literal["higher", "lower"] = Field(description="Which way the KPI improves.")
    tolerance: Annotated[Number, Field(ge=0)] = Field(
        default=Decimal(0), description="A shortfall of up to this costs nothing."
    )
    point: Positive = Field(
        default=Decimal(1), description="The size of one point: 0.01 for a percentage."
    )
    whole_points: bool = Field(default=False, description="true: parts of a point cost nothing.")


class Gainshare(MeasuredClause):
    """A share of the gain beyond a hurdle; with ``loss_share``, a share of a loss too (malus)."""

    type: Literal["gainshare"]
    outcome: Text = Field(description=OUTCOME)
    measure: Literal["effect", "total", "count"] = Field(description="effect, total or count.")
    value: Money = Field(description="What one unit is worth, in money.")
    hurdle: Money = Field(default=Decimal(0), description="Gain up to this is not shared.")
    share: Share = Field(description="Fraction of the gain beyond the hurdle that is paid.")
    loss_share: Share | None = Field(
        default=None, description="Fraction of a loss that the provider bears; none: no malus."
    )
    loss_cap: Money | None = Field(
        default=None, description="The most that the provider bears of a loss."
    )

    @model_validator(mode="after")
    def _losses_are_whole(self) -> Self:
        if self.loss_cap is not None and self.loss_share is None:
            raise ValueError("loss_cap bounds a loss, which needs a loss_share")
        if self.loss_share is not None and self.floor is not None:
            raise ValueError("a clause with a loss_share has no floor. Use loss_cap")
        return self


class ProfitShare(MeasuredClause):
    """A share of the provider's profit beyond what was allowed goes back to the commissioner."""

    type: Literal["profit_share"]
    outcome: Text = Field(description="The id of the verified profit, in money.")
    measure: Literal["count"] = Field(default="count", description="Always a count, of money.")
    deduction: Literal[True] = Field(default=True, description=ALWAYS)
    allowed_profit: Money = Field(description="Profit up to this stays with the provider.")
    share: Share = Field(description="Fraction of the profit beyond it that is returned.")


class Withhold(ClauseBase):
    """A share of what other clauses pay is held back until it is released."""

    type: Literal["withhold"]
    deduction: Literal[True] = Field(default=True, description="Always true: it is held back.")
    of: Clauses = Field(description="Ids of the clauses that it is held back from.")
    share: Share = Field(description="Fraction of what they pay: 0.1.")

    @property
    def clauses(self) -> tuple[str, ...]:
        return self.of


class Release(MeasuredClause):
    """What was withheld, this year and in earlier ones, is paid once a condition is met."""

    type: Literal["release"]
    withheld: Slug = Field(description="The id of the withhold clause.")
    outcome: Text = Field(description=OUTCOME)
    minimum: Positive = Field(description="Released once the measure reaches this.")

    @property
    def clauses(self) -> tuple[str, ...]:
        return (self.withheld,)

    @model_validator(mode="after")
    def _bound_is_in_the_measures_unit(self) -> Self:
        check_bound(self.measure, "minimum", self.minimum)
        return self


class Clawback(MeasuredClause):
    """What other clauses paid, this year and in earlier ones, is taken back if it did not last."""

    type: Literal["clawback"]
    of: Clauses = Field(description="Ids of the clauses whose payments are taken back.")
    outcome: Text = Field(description=OUTCOME)
    deduction: Literal[True] = Field(default=True, description=ALWAYS)
    minimum: Positive = Field(description="Nothing is taken back once the measure reaches this.")
    share: Share = Field(default=1.0, description="Fraction of the payments that is taken back.")
    proportional: bool = Field(
        default=False, description="true: in proportion to how far the measure falls short."
    )

    @property
    def clauses(self) -> tuple[str, ...]:
        return self.of

    @model_validator(mode="after")
    def _bound_is_in_the_measures_unit(self) -> Self:
        check_bound(self.measure, "minimum", self.minimum)
        return self
