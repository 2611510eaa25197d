"""Clauses that pay on several outcomes at once: a weighted scorecard, early and pooled triggers."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import Agreed, Share
from pbc_eval.agreement.money import Money
from pbc_eval.agreement.payment_base import (
    ESTIMATE,
    MEASURE,
    EstimateUsed,
    Measure,
    Positive,
    PricedClause,
    Text,
    check_bound,
)


class Metric(Agreed):
    """One metric of a scorecard: its measure over its target, never below zero."""

    outcome: Text = Field(description="The id of one of the outcomes.")
    measure: Measure = Field(description=MEASURE)
    target: Positive = Field(description="What the measure must be for an achievement of 1.")
    weight: Share = Field(description="Fraction of the score; the weights sum to 1.")
    most: Positive | None = Field(
        default=None, description="No achievement counts for more than this: 1.2; none: no limit."
    )
    estimate_used: EstimateUsed = Field(default="point", description=ESTIMATE)

    @model_validator(mode="after")
    def _target_is_in_the_measures_unit(self) -> Self:
        check_bound(self.measure, "target", self.target)
        if self.measure == "count" and self.estimate_used != "point":
            raise ValueError("a count has no sampling error to allow for: estimate_used is point")
        return self


class Scorecard(PricedClause):
    """Several metrics with weights: pays ``amount`` times the weighted achievement."""

    type: Literal["scorecard"]
    metrics: Annotated[tuple[Metric, ...], Field(min_length=1)] = Field(
        description="What is achieved, and what each counts for."
    )
    amount: Money = Field(description="Money at a score of 1.")
    minimum_score: Share | None = Field(
        default=None, description="Below this score nothing is paid."
    )

    @property
    def outcomes(self) -> tuple[str, ...]:
        return tuple(metric.outcome for metric in self.metrics)

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> Self:
        total = sum(metric.weight for metric in self.metrics)
        if abs(total - 1) > 1e-9:
            raise ValueError(
                f"weights of the metrics must sum to 1, got {total:g}. Correct the weights"
            )
        pairs = [(metric.outcome, metric.measure) for metric in self.metrics]
        if len(set(pairs)) < len(pairs):
            raise ValueError("the same measure of an outcome is there twice. Keep one metric of it")
        return self


class Triggers(PricedClause):
    """Each cohort is paid once: early if it reaches the early minimum by itself, else with the
    others if all cohorts together reach the pooled minimum (as in the Peterborough bond).

    Without ``pooled_outcome``, cohorts are pooled by the number of units behind them.
    """

    type: Literal["triggers"]
    cohorts: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description="The id of the outcome of each cohort."
    )
    pooled_outcome: Text | None = Field(
        default=None, description="The id of the outcome of all cohorts together, if measured."
    )
    measure: Literal["effect", "relative_effect"] = Field(
        description="effect, or relative_effect (a fraction)."
    )
    estimate_used: EstimateUsed = Field(default="point", description=ESTIMATE)
    early_minimum: Positive = Field(description="What a cohort must reach by itself.")
    pooled_minimum: Positive = Field(description="What all cohorts together must reach.")
    amount: Money = Field(description="Money for each cohort.")

    @property
    def outcomes(self) -> tuple[str, ...]:
        pooled = () if self.pooled_outcome is None else (self.pooled_outcome,)
        return (*self.cohorts, *pooled)

    @model_validator(mode="after")
    def _pooling_is_easier(self) -> Self:
        check_bound(self.measure, "early_minimum", self.early_minimum)
        check_bound(self.measure, "pooled_minimum", self.pooled_minimum)
        if len(set(self.outcomes)) < len(self.outcomes):
            raise ValueError("an outcome is named twice. Name each cohort once")
        if self.pooled_minimum > self.early_minimum:
            raise ValueError(
                f"pooled_minimum {self.pooled_minimum} is above early_minimum "
                f"{self.early_minimum}; the early trigger is the harder one. Swap them"
            )
        if self.pooled_outcome is None and self.estimate_used != "point":
            raise ValueError(
                "bounds of cohorts do not add up to the bound of them together. Name a "
                "pooled_outcome, or set estimate_used to point"
            )
        return self
