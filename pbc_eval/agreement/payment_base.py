"""What every payment clause shares: measures, the estimate that counts, limits and sources."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.base import Agreed, Date, Share, Slug
from pbc_eval.agreement.money import Money, Number

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

    blend: dict[str, Share] = Field(
        description="Name of an estimate to its weight; the weights sum to 1."
    )

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
    """What every clause states. ``cap`` and ``floor`` bound the clause's own amount."""

    type: str = Field(description="The kind of clause.")
    id: Slug = Field(description="A short name for the clause: success.")
    label: Text = Field(description="As the statement names it.")
    reference: Text = Field(description="Where the contract says it: Schedule 2, para 4.")
    deduction: bool = Field(default=False, description="true: the provider owes the amount.")
    cap: Money | None = Field(default=None, description="The most that the clause pays.")
    floor: Money | None = Field(default=None, description="Paid whatever the result.")
    cohort: str = Field(default="", description="The cohort it pays for, where limits name one.")
    years: tuple[Text, ...] = Field(
        default=(), description="The years it is paid in, as payment.year names them; none: all."
    )
    illustrative: bool = Field(
        default=False, description="true: made up, to show how it would be applied."
    )
    source: Text = Field(
        description="Where the figures were found, and whether they were READ or RECALLED."
    )

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Ids of the outcomes that the clause rests on."""
        return ()

    @property
    def clauses(self) -> tuple[str, ...]:
        """Ids of the other clauses whose amounts it rests on."""
        return ()

    @model_validator(mode="after")
    def _limits_are_coherent(self) -> Self:
        if self.cap is not None and self.floor is not None and self.floor > self.cap:
            raise ValueError(
                f"floor {self.floor} is above cap {self.cap}. Lower the floor, or raise the cap"
            )
        return self


class Indexation(Agreed):
    """Prices that follow an index, or rise by a fixed rate a year, from one date to another.

    By an index: the last value on or before each date. By a rate: compounded once for each whole
    year between the dates. Caps and floors stay as written, unless ``limits_too``.
    """

    series: Text | None = Field(default=None, description="A name under payment.indices: cpi.")
    rate: Share | None = Field(default=None, description="A fixed rise each year: 0.02.")
    since: Date = Field(description="The date of the prices in the clause: 2024-04-01.")
    until: Date = Field(description="The date to which they are brought: 2025-04-01.")
    decimals: Annotated[int, Field(ge=0, le=11)] | None = Field(
        default=None, description="Decimals to which the factor is rounded, where agreed."
    )
    limits_too: bool = Field(default=False, description="true: caps and floors are indexed too.")

    @model_validator(mode="after")
    def _one_way_forward(self) -> Self:
        if (self.series is None) == (self.rate is None):
            raise ValueError("prices follow either a series or a fixed rate. Keep one")
        if self.until < self.since:
            raise ValueError(
                f"until {self.until} is before since {self.since}. Prices are brought forward; "
                "swap the dates"
            )
        return self


class PricedClause(ClauseBase):
    """A clause that states prices of its own."""

    indexed: Indexation | None = Field(
        default=None, description="How its prices follow an index; none: they stay."
    )


EstimateUsed = Annotated[
    Annotated[EstimateRule, Tag("rule")] | Annotated[Blend, Tag("blend")],
    Discriminator(lambda value: "blend" if isinstance(value, dict | Blend) else "rule"),
    BeforeValidator(known_rule),
]
MEASURE = "effect, relative_effect (a fraction), total or count."
ESTIMATE = "point, lower_bound, zero_unless_significant, or a blend of estimates."


class MeasuredClause(PricedClause):
    """A clause that pays on a measure of one outcome."""

    outcome: Text | None = Field(description="The id of one of the outcomes.")
    unit: str = Field(
        default="", description="What one unit is, for sentences: readmission avoided."
    )
    measure: Measure = Field(description=MEASURE)
    estimate_used: EstimateUsed = Field(default="point", description=ESTIMATE)
    measure_decimals: Annotated[int, Field(ge=0, le=11)] | None = Field(
        default=None, description="Decimals to which the measure is rounded before it is priced."
    )

    @property
    def outcomes(self) -> tuple[str, ...]:
        return () if self.outcome is None else (self.outcome,)

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


def index_problem(
    clauses: Sequence[ClauseBase], indices: Mapping[str, Mapping[dt.date, Decimal]]
) -> str | None:
    """A series by which a clause is indexed is there, up to date, and above zero."""
    for clause in clauses:
        indexed = clause.indexed if isinstance(clause, PricedClause) else None
        if indexed is None or indexed.series is None:
            continue
        if indexed.series not in indices:
            near = did_you_mean(indexed.series, indices)
            return f"{clause.id}: index {indexed.series!r} is not among payment.indices.{near}"
        series = indices[indexed.series]
        for day in (indexed.since, indexed.until):
            before = [at for at in series if at <= day]
            if not before or (day - max(before)).days > 366:
                return (
                    f"{clause.id}: index {indexed.series!r} has no value in the year up to "
                    f"{day}. Add it under payment.indices"
                )
        if bad := [at for at, value in series.items() if value <= 0]:
            return f"index {indexed.series!r}: the value at {bad[0]} must be above zero"
    return None
