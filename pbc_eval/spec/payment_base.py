"""What every payment clause shares: measures, the estimate that counts, limits and sources."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pbc_eval._validate import did_you_mean
from pbc_eval.spec.base import Agreed, Share, Slug
from pbc_eval.spec.money import Money, Number

Measure = Literal["effect", "relative_effect", "total", "count"]
EstimateRule = Literal["point", "lower_bound", "zero_unless_significant"]
RULES = ("point", "lower_bound", "zero_unless_significant")
HEADLINE = "headline"  # the evaluation's own estimate, in a blend

Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[Number, Field(gt=0)]


class Blend(Agreed):
    """A pre-agreed weighting of estimates, e.g. 0.8 of the headline and 0.2 of another.

    Names are "headline" or those of MeasuredOutcome.alternatives; weights sum to 1.
    """

    blend: dict[str, Share]

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> Self:
        total = sum(self.blend.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"weights of a blend must sum to 1, got {total:g} from {self.blend}")
        return self


def known_rule(value: Any) -> Any:
    if isinstance(value, str) and value not in RULES:
        raise ValueError(
            f"must be one of {', '.join(RULES)} or a blend of named estimates, got {value!r}."
            f"{did_you_mean(value, RULES)}"
        )
    return value


class ClauseBase(Agreed):
    """What every clause states. ``cap`` and ``floor`` bound the clause's own amount.

    A floor is paid whatever the result. ``deduction`` subtracts the amount (service credits).
    """

    id: Slug
    label: Text
    reference: Text  # where the contract says it: "Schedule 2, para 4"
    deduction: bool = False
    cap: Money | None = None
    floor: Money | None = None
    illustrative: bool = False
    source: Text  # where the figures were found, and whether they were READ or RECALLED

    @model_validator(mode="after")
    def _limits_are_coherent(self) -> Self:
        if self.cap is not None and self.floor is not None and self.floor > self.cap:
            raise ValueError(f"floor {self.floor} is above cap {self.cap}")
        return self


class MeasuredClause(ClauseBase):
    """A clause that pays on a measure of one outcome.

    ``measure_decimals`` rounds the measure (half up) before it is compared and priced, where the
    contract says so.
    """

    outcome: Text | None
    unit: str = ""  # what one unit is, for sentences: "readmission avoided"
    measure: Measure
    estimate_used: Annotated[EstimateRule | Blend, BeforeValidator(known_rule)] = "point"
    measure_decimals: Annotated[int, Field(ge=0, le=11)] | None = None

    @model_validator(mode="after")
    def _a_count_has_no_error(self) -> Self:
        if self.measure == "count" and self.estimate_used != "point":
            raise ValueError(
                "a count has no sampling error to allow for. Set estimate_used to point, or "
                "measure to total"
            )
        return self


def check_bound(measure: Measure, name: str, value: Decimal) -> None:
    """A relative effect above 1 is a percentage in disguise."""
    if measure == "relative_effect" and value > 1:
        fraction = (value / 100).normalize()
        hint = f" Did you mean {fraction:f}?" if value <= 100 else ""
        raise ValueError(
            f"{name} must be a fraction in [0, 1] for a relative effect, got {value}.{hint}"
        )
