"""How the effect is identified, fixed before outcomes are seen.

``method`` selects the model. What the rest of the file must hold for a design is said by the model
itself (``DesignModel``), so that nothing else asks which design it is. How it is estimated, and its
words for a reader, stand in ``evaluation/designs/``, one module a design.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import AddedLater, Agreed, Date, Level
from pbc_eval.agreement.choice import Choice
from pbc_eval.agreement.comparison_group import ComparisonGroup, OtherComparisonGroup
from pbc_eval.agreement.design_parts import Dose, NegativeControl, Spillover, Subgroup
from pbc_eval.agreement.weighting_options import WeightingOptions

TRIPLE_DIFFERENCE = "triple_difference"
EFFICIENT_ROLLOUT = "efficient_rollout"


class Waiver(Agreed):
    """A check that is known to fail, and why the evaluation goes on; printed in the report."""

    check: str = Field(min_length=1, description="pre_trends, few_clusters, balance, ...")
    reason: str = Field(min_length=20, description="For the public: why the failure is accepted.")


WAIVERS = "Checks that are known to fail, each with the reason why the evaluation goes on."


class DesignModel(Agreed):
    """What every design says, and what it asks of the rest of the file."""

    estimated: ClassVar[bool] = False  # from data: the file and each outcome's column are needed
    on_panel: ClassVar[bool] = False  # units over time: the roles time and cohort are needed
    needs_outcomes: ClassVar[bool] = True
    needs_value_map: ClassVar[bool] = False  # where there are no outcomes
    is_forecast: ClassVar[bool] = False  # nothing has happened yet: nothing is verified or due
    takes_reported_effects: ClassVar[bool] = False  # each outcome carries its published result

    method: str
    rationale: str
    waivers: tuple[Waiver, ...] = Field(default=(), description=WAIVERS)
    deviations: tuple[str, ...] = Field(default=(), description="From what was agreed, if any.")

    @property
    def target(self) -> str:
        """Whom the effect is for: ATT (those in the programme), ATC, ATE or ATO."""
        return "ATT"

    @property
    def periods_open(self) -> int:
        """Periods before the start in which units may have reacted already."""
        return 0

    @property
    def needs_eligible(self) -> bool:
        """Must the data say whom the programme can reach where it is in force?"""
        return False

    @property
    def needs_random_starts(self) -> bool:
        """Does the headline take starts to be as good as random?"""
        return False

    @property
    def data_files(self) -> tuple[str, ...]:
        """Files that the design itself names, beside the data."""
        return ()


class _Identified(DesignModel):
    """What every design that estimates an effect from data must say."""

    estimated: ClassVar[bool] = True

    agreed_on: Date | None = Field(default=None, description="When the design was fixed.")
    rationale: str = Field(min_length=1, description="Why this comparison is fair, in plain words.")
    level: Level = Field(default=0.95, description="Confidence level, 0.95 not 95.")
    several_outcomes: Annotated[
        Literal["unadjusted", "holm", "benjamini_hochberg"], AddedLater()
    ] = Field(
        default="unadjusted",
        description="How p-values of several outcomes are told together: unadjusted; holm, no "
        "false finding at all; benjamini_hochberg, a small share of false ones.",
    )


class DifferenceInDifferences(_Identified):
    """Group-time average treatment effects (Callaway and Sant'Anna 2021)."""

    on_panel: ClassVar[bool] = True

    method: Literal["difference_in_differences"]
    estimator: Annotated[str, AddedLater()] = Field(
        default="group_time",
        description="Of the headline: group_time, imputation, extended_two_way or "
        "interaction_weighted; the others are shown beside it. triple_difference: for data with "
        "units that the programme cannot reach, named by data.eligible. efficient_rollout: where "
        "starts_at_random says how starts came to be as good as random.",
    )
    starts_at_random: Annotated[str | None, AddedLater()] = Field(
        default=None,
        min_length=20,
        description="For the public: who dealt the starts out by lot, when and how, or why they "
        "are as good as random. Nothing where they may hang on outcomes or their trends.",
    )
    control_group: Literal["never_treated", "not_yet_treated"] = Field(
        default="never_treated", description="Whom treated units are compared with."
    )
    covariates: tuple[str, ...] = Field(
        default=(),
        description="Columns to adjust for, at their values before treatment; by regressions, "
        "what varies over time as it is in each period.",
    )
    adjustment: Literal["dr", "reg", "ipw"] = Field(
        default="dr", description="How: doubly robust, outcome regression or weighting."
    )
    base_period: Literal["varying", "universal"] = Field(
        default="varying", description="What effects before treatment are held against."
    )
    anticipation: int = Field(
        default=0, ge=0, description="Periods before the start in which units may have reacted."
    )
    inference: Annotated[
        Literal[
            "analytic",
            "cr2",
            "wild_bootstrap",
            "randomisation",
            "small_sample",
            "conley_taber",
            "ferman_pinto",
            "conformal",
        ],
        AddedLater(),
    ] = Field(
        default="analytic",
        description="Which interval of the headline counts, for the verdict and the payment. "
        "analytic: the estimator's own; with few units cr2, wild_bootstrap, randomisation (starts "
        "dealt out at random) or small_sample (exact t of one change a unit); with few treated "
        "among many conley_taber, or ferman_pinto where groups differ in size; with one treated "
        "seen for long conformal (periods changing places). check proposes one.",
    )
    permutations: Annotated[Literal["moving_block", "all"], AddedLater()] = Field(
        default="moving_block",
        description="For inference: conformal. How periods change places: as a moving block, where "
        "errors hang together over time; in all orders, where those of periods are independent.",
    )
    headline: Literal["simple", "event", "cohort", "calendar"] = Field(
        default="simple", description="Which average of the group-time effects is the headline."
    )
    bands: Literal["simultaneous", "pointwise"] = Field(
        default="simultaneous", description="simultaneous: the whole path lies inside at the level."
    )
    dose: Annotated[Dose | None, AddedLater()] = Field(
        default=None, description="How much of the programme units got; the effect by bins of it."
    )
    spillover: Annotated[Spillover | None, AddedLater()] = Field(
        default=None, description="Comparison units near treated ones: left out, and looked at."
    )
    subgroups: Annotated[tuple[Subgroup, ...], AddedLater()] = Field(
        default=(), description="Groups of units in which the effect is looked at by itself."
    )
    negative_controls: Annotated[tuple[NegativeControl, ...], AddedLater()] = Field(
        default=(), description="Outcomes that the programme cannot have moved, looked at as well."
    )

    @property
    def periods_open(self) -> int:
        return self.anticipation

    @property
    def needs_eligible(self) -> bool:
        return self.estimator == TRIPLE_DIFFERENCE

    @property
    def needs_random_starts(self) -> bool:
        return self.estimator == EFFICIENT_ROLLOUT

    @model_validator(mode="after")
    def _refuse_to_take_starts_for_random(self) -> Self:
        if self.needs_random_starts and self.starts_at_random is None:
            raise ValueError(
                f"estimator {EFFICIENT_ROLLOUT} takes starts to be as good as random, and nothing "
                "says how they came to be. Write starts_at_random: who dealt them out by lot, when "
                "and how; or, where nobody did, estimator: group_time"
            )
        if self.needs_random_starts and self.control_group != "not_yet_treated":
            raise ValueError(
                f"estimator {EFFICIENT_ROLLOUT} compares with units not yet treated, those never "
                "treated among them. Write control_group: not_yet_treated"
            )
        return self

    @model_validator(mode="after")
    def _refuse_permutations_of_nothing(self) -> Self:
        if self.permutations != "moving_block" and self.inference != "conformal":
            raise ValueError(
                f"permutations {self.permutations} are for inference conformal, and inference is "
                f"{self.inference}. Leave permutations out, or write inference: conformal"
            )
        return self

    @model_validator(mode="after")
    def _refuse_what_triple_differences_do_not_know(self) -> Self:
        if not self.needs_eligible:
            return self
        problems = [
            f"{key} cannot be had with it. {remedy}"
            for key, given, remedy in (
                (
                    f"inference {self.inference}",
                    self.inference != "analytic",
                    "Write inference: analytic",
                ),
                (
                    "starts_at_random",
                    self.starts_at_random is not None,
                    "Leave it out: no estimator here takes those of four groups for random",
                ),
                ("dose", self.dose is not None, "Leave it out"),
                ("spillover", self.spillover is not None, "Leave it out"),
                ("subgroups", bool(self.subgroups), "Leave them out"),
            )
            if given
        ]
        if problems:
            raise ValueError(f"estimator {TRIPLE_DIFFERENCE}: " + "; ".join(problems))
        return self


class SyntheticDifferenceInDifferences(_Identified):
    """Comparison units and periods weighted to move as the treated did (Arkhangelsky et al. 2021).

    For a handful of treated units; every unit must be observed in every period."""

    on_panel: ClassVar[bool] = True

    method: Literal["synthetic_difference_in_differences"]
    inference: Literal["placebo", "jackknife", "bootstrap"] = Field(
        default="placebo",
        description="Where the standard error comes from; placebo is the only one for a single "
        "treated unit.",
    )
    replications: int = Field(
        default=500, ge=50, le=10_000, description="Placebos or bootstrap draws."
    )


class Benchmark(Agreed):
    """A randomised comparison of the same programme, to judge the matched estimate by."""

    file: str = Field(min_length=1, description="Beside evaluation.yaml.")
    treatment: str = Field(description="Column: 1 for people in the programme, else 0.")
    source: str = Field(min_length=1, description="Who ran the trial, and where it is published.")


class Matching(_Identified, ComparisonGroup):
    """A comparison group built by matching or weighting on what was known before the programme."""

    method: Literal["matching"]
    treatment: str = Field(description="Column: 1 for people in the programme, else 0.")
    covariates: tuple[str, ...] = Field(
        min_length=1, description="Columns, known before the programme, to match on."
    )
    estimand: Literal["ATT", "ATC", "ATE"] = Field(
        default="ATT", description="ATT: the effect on those in the programme."
    )
    alternatives: tuple[OtherComparisonGroup, ...] = Field(
        default=(), description="Other ways to build the comparison group, shown beside this one."
    )
    benchmark: Benchmark | None = Field(
        default=None, description="A randomised trial of the same programme, to judge by."
    )
    negative_controls: Annotated[tuple[NegativeControl, ...], AddedLater()] = Field(
        default=(), description="Outcomes that the programme cannot have moved, looked at as well."
    )

    @model_validator(mode="after")
    def _refuse_an_estimand_that_cannot_be_had(self) -> Self:
        names = [other.name for other in self.alternatives]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"alternatives: names must differ, got {repeated[0]!r} twice")
        ways: list[tuple[str, ComparisonGroup]] = [("", self)]
        ways += [(f"{other.name}: ", other) for other in self.alternatives]
        for who, what in ways:
            if self.estimand not in what.options.answers_for:
                raise ValueError(
                    f"{who}algorithm {what.algorithm} answers for one group at a time, not for "
                    "everybody (ATE). Write estimand ATT or ATC, or choose full, subclass, "
                    "coarsened, exact or a weighting algorithm"
                )
        return self

    @property
    def target(self) -> str:
        """Whom the effect is for: ATT, ATC, ATE, or ATO with overlap weights."""
        own = isinstance(self.options, WeightingOptions) and self.options.own_population
        return own or self.estimand

    @property
    def data_files(self) -> tuple[str, ...]:
        return (self.benchmark.file,) if self.benchmark else ()


class Randomised(_Identified):
    """Who got the programme was decided by lot: the arms are compared as they were drawn."""

    method: Literal["randomised"]
    treatment: str = Field(description="Column: 1 for those drawn, whether they took part or not.")
    drawn_by: str = Field(min_length=1, description="Who drew the lots, when and how.")
    covariates: tuple[str, ...] = Field(
        default=(), description="Columns, known before the lots were drawn; shown by arm."
    )
    adjustment: Literal["lin", "none"] = Field(
        default="lin",
        description="lin: the headline is adjusted for the covariates (Lin 2013); none: the plain "
        "difference in means.",
    )
    blocks: str | None = Field(
        default=None, description="Column of the groups within which lots were drawn."
    )
    inference: Literal["analytic", "randomisation"] = Field(
        default="analytic",
        description="analytic: robust errors (of clusters, where data.cluster is given: CR2); "
        "randomisation: lots drawn anew, for the plain difference in means.",
    )

    @model_validator(mode="after")
    def _draw_anew_for_the_plain_difference(self) -> Self:
        if self.inference == "randomisation" and self.covariates and self.adjustment == "lin":
            raise ValueError(
                "inference randomisation is for the plain difference in means: write adjustment: "
                "none (covariates are then shown, and adjusted for beside it), or leave inference "
                "out"
            )
        return self


class Reported(DesignModel):
    """The effect was estimated and published by others; it is taken as they report it."""

    takes_reported_effects: ClassVar[bool] = True

    method: Literal["reported"]
    rationale: str = Field(min_length=1, description="How those who published it came to it.")
    source: str = Field(min_length=1, description="Who published it, where and when.")


class Forecast(DesignModel):
    """Nothing is estimated: a forecast of social value from assumed quantities."""

    needs_outcomes: ClassVar[bool] = False
    needs_value_map: ClassVar[bool] = True
    is_forecast: ClassVar[bool] = True

    method: Literal["forecast"]
    rationale: str = Field(min_length=1, description="What the quantities rest on.")


class Counted(DesignModel):
    """Nothing is estimated: verified claims and counts are paid as the contract says."""

    needs_outcomes: ClassVar[bool] = False

    method: Literal["counted"]
    rationale: str = Field(min_length=1, description="Why results are counted and not compared.")


DESIGNS_OF_FILES = Choice(
    "method",
    (
        *(DifferenceInDifferences, SyntheticDifferenceInDifferences, Matching, Randomised),
        *(Reported, Forecast, Counted),
    ),
)
"""The designs that a file may ask for; ``evaluation.designs.register_design`` adds to them."""

Design = Annotated[DesignModel, DESIGNS_OF_FILES]

__all__ = [
    "DESIGNS_OF_FILES",
    "Benchmark",
    "Counted",
    "Design",
    "DesignModel",
    "DifferenceInDifferences",
    "Dose",
    "Forecast",
    "Matching",
    "NegativeControl",
    "Randomised",
    "Reported",
    "Spillover",
    "Subgroup",
    "SyntheticDifferenceInDifferences",
    "Waiver",
]
