"""How the effect is identified, fixed before outcomes are seen.

``method`` selects the model: difference_in_differences, matching, reported or forecast.
"""

from typing import Annotated, Literal

from pydantic import Field

from pbc_eval.spec.base import Agreed, Date, Share


class Waiver(Agreed):
    """A check that is known to fail, and why the evaluation goes on; printed in the report."""

    check: str = Field(min_length=1)
    reason: str = Field(min_length=20, description="For the public: why the failure is accepted.")


class _Identified(Agreed):
    """What every design that estimates an effect from data must say."""

    agreed_on: Date | None = Field(default=None, description="When the design was fixed.")
    rationale: str = Field(min_length=1, description="Why this comparison is fair, in plain words.")
    level: float = Field(default=0.95, gt=0, lt=1, description="Confidence level, 0.95 not 95.")
    waivers: tuple[Waiver, ...] = ()
    deviations: tuple[str, ...] = Field(default=(), description="From what was agreed, if any.")


class DifferenceInDifferences(_Identified):
    """Group-time average treatment effects (Callaway and Sant'Anna 2021)."""

    method: Literal["difference_in_differences"]
    control_group: Literal["never_treated", "not_yet_treated"] = "never_treated"
    base_period: Literal["varying", "universal"] = "varying"
    anticipation: int = Field(default=0, ge=0)
    headline: Literal["simple", "event", "cohort", "calendar"] = Field(
        default="simple", description="Which average of the group-time effects is the headline."
    )
    bands: Literal["simultaneous", "pointwise"] = "simultaneous"


class Benchmark(Agreed):
    """A randomised comparison of the same programme, to judge the matched estimate by."""

    file: str
    treatment: str
    source: str = Field(min_length=1)


class Matching(_Identified):
    """A comparison group built by matching on what was known before the programme."""

    method: Literal["matching"]
    treatment: str = Field(description="Column: 1 for people in the programme, else 0.")
    covariates: tuple[str, ...] = Field(min_length=1)
    distance: Literal["propensity"] = "propensity"
    link: Literal["logit", "probit", "linear_logit", "linear_probit"] = Field(
        default="logit", description="linear_...: match on the linear predictor of the score."
    )
    estimand: Literal["ATT", "ATC"] = "ATT"
    ratio: int = Field(default=1, ge=1)
    replacement: bool = False
    caliper: float | None = Field(default=0.2, gt=0, description="None: no caliper.")
    caliper_scale: Literal["std", "raw"] = "std"
    within: dict[str, float] = Field(
        default_factory=dict, description="Column to the widest difference allowed, in its unit."
    )
    exact: tuple[str, ...] = ()
    discard: Literal["none", "both", "treated", "comparison"] = "none"
    order: Literal["largest", "smallest", "closest", "random", "data"] | None = None
    effect: Literal["difference", "regression", "g_computation"] = "regression"
    benchmark: Benchmark | None = None


class Reported(Agreed):
    """The effect was estimated and published by others; it is taken as they report it."""

    method: Literal["reported"]
    rationale: str = Field(min_length=1)
    source: str = Field(min_length=1, description="Who published it, where and when.")
    waivers: tuple[Waiver, ...] = ()
    deviations: tuple[str, ...] = ()


class Forecast(Agreed):
    """Nothing is estimated: a forecast of social value from assumed quantities."""

    method: Literal["forecast"]
    rationale: str = Field(min_length=1)
    waivers: tuple[Waiver, ...] = ()
    deviations: tuple[str, ...] = ()


Design = Annotated[
    DifferenceInDifferences | Matching | Reported | Forecast, Field(discriminator="method")
]

__all__ = [
    "Benchmark",
    "Design",
    "DifferenceInDifferences",
    "Forecast",
    "Matching",
    "Reported",
    "Share",
    "Waiver",
]
