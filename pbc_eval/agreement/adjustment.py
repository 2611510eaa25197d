"""How a comparison group is built: the algorithm, and the settings that mean something to it.

A setting that the algorithm would ignore is refused, with the algorithms it belongs to: an
agreement must not say one thing while another is done. What each setting does is told in
``matching.match`` and ``matching.weight``; a test holds the table below against theirs.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import Agreed, Share

Algorithm = Literal[
    "nearest",
    "optimal",
    "full",
    "subclass",
    "coarsened",
    "exact",
    "cardinality",
    "ipw",
    "overlap",
    "entropy",
    "cbps",
]
Effect = Literal["difference", "regression", "g_computation", "augmented"]
Positive = Annotated[float, Field(gt=0)]
Value = str | int | float
Cut = str | int | list[float]

WEIGHTING: tuple[Algorithm, ...] = ("ipw", "overlap", "entropy", "cbps")
PAIRING: tuple[Algorithm, ...] = ("nearest", "optimal", "cardinality")  # no effect on all (ATE)
USUAL_CALIPER = 0.2

SCORED = frozenset({"link", "score", "exact", "discard", "reestimate"})
NEAR = SCORED | {
    "distance",
    "distance_on",
    "caliper",
    "caliper_scale",
    "within",
    "within_scale",
    "antiexact",
}
ADMITS: dict[Algorithm, frozenset[str]] = {
    "nearest": NEAR | {"ratio", "min_ratio", "max_ratio", "replacement", "order"},
    "optimal": NEAR | {"ratio"},
    "full": NEAR,
    "subclass": SCORED | {"subclasses"},
    "coarsened": frozenset({"cutpoints", "grouping", "one_to_one"}),
    "exact": frozenset(),
    "cardinality": frozenset({"exact", "ratio", "profile", "tolerance", "time_limit", "paired"}),
    "ipw": frozenset({"link", "trim", "truncate"}),
    "overlap": frozenset({"link"}),
    "entropy": frozenset(),
    "cbps": frozenset(),
}


class Adjustment(Agreed):
    """An algorithm and its settings."""

    algorithm: Algorithm = Field(
        default="nearest",
        description="Matching: nearest, optimal, full, subclass, coarsened, exact, cardinality. "
        "Weighting: ipw, overlap, entropy, cbps.",
    )
    distance: Literal["propensity", "mahalanobis", "robust_mahalanobis", "scaled_euclidean"] = (
        Field(default="propensity", description="What is matched on.")
    )
    distance_on: tuple[str, ...] | None = Field(
        default=None, description="Columns of a distance by covariates; all covariates without it."
    )
    link: Literal["logit", "probit", "linear_logit", "linear_probit"] = Field(
        default="logit", description="linear_...: match on the linear predictor of the score."
    )
    ratio: int = Field(default=1, ge=1, description="Comparison people for each in the programme.")
    min_ratio: int | None = Field(
        default=None, ge=1, description="With max_ratio: fewer for people likely to take part."
    )
    max_ratio: int | None = Field(
        default=None, ge=1, description="The most for one person; ratio is then the average."
    )
    replacement: bool = Field(default=False, description="May one person serve several times?")
    caliper: float | None = Field(
        default=USUAL_CALIPER,
        gt=0,
        description="null: none. Without this line 0.2 for nearest, none for other algorithms.",
    )
    caliper_scale: Literal["std", "raw"] = Field(
        default="std", description="std: the caliper is in standard deviations of the score."
    )
    within: dict[str, float] = Field(
        default_factory=dict, description="Column to the widest difference allowed, in its unit."
    )
    within_scale: Literal["std", "raw"] = Field(
        default="raw", description="std: those widths are in standard deviations of each column."
    )
    score: str | None = Field(
        default=None, description="Column of a score to match on, instead of a fitted one."
    )
    exact: tuple[str, ...] = Field(default=(), description="Columns that must agree exactly.")
    antiexact: tuple[str, ...] = Field(default=(), description="Columns in which pairs differ.")
    discard: Literal["none", "both", "treated", "comparison"] = Field(
        default="none", description="Whom to leave out beyond the range of the other group's score."
    )
    reestimate: bool = Field(
        default=False, description="With discard: fit the score again among those who stay."
    )
    order: Literal["largest", "smallest", "closest", "random", "data"] | None = Field(
        default=None, description="Who chooses first, by score."
    )
    subclasses: int = Field(default=6, ge=2, description="Groups of similar score, for subclass.")
    cutpoints: Cut | dict[str, Cut] = Field(
        default="sturges",
        description="For coarsened: sturges, fd, scott, q4 (equal numbers), a number of bins or a "
        "list of cut points; or one of these for each column.",
    )
    grouping: dict[str, list[list[Value]]] = Field(
        default_factory=dict, description="For coarsened: column to lists of values that are one."
    )
    one_to_one: bool = Field(default=False, description="For coarsened: pairs within the cells.")
    profile: bool = Field(
        default=False,
        description="For cardinality: keep all in the programme, and choose among the others.",
    )
    paired: bool = Field(
        default=False, description="For cardinality: pairs within the chosen, by Mahalanobis."
    )
    tolerance: Share | dict[str, Share] = Field(
        default=0.05,
        description="For cardinality: the largest difference in means, in standard deviations.",
    )
    time_limit: Positive = Field(
        default=60.0, description="For cardinality: seconds until the best found is taken."
    )
    trim: float | None = Field(
        default=None, gt=0, lt=0.5, description="For ipw: leave out scores below it, or above 1-it."
    )
    truncate: float | None = Field(
        default=None, gt=0.5, lt=1, description="For ipw: lower weights to this quantile."
    )
    effect: Effect | None = Field(
        default=None,
        description="How outcomes are compared: difference, regression (the usual after matching) "
        "or g_computation; after weighting difference or augmented (the usual).",
    )

    @property
    def weights(self) -> bool:
        """Does everybody stay, with weights, rather than some be matched?"""
        return self.algorithm in WEIGHTING

    @property
    def caliper_in_force(self) -> float | None:
        """The caliper agreed, or the usual one where nothing was said and it is usual."""
        if "caliper" in self.model_fields_set:
            return self.caliper
        return USUAL_CALIPER if self.algorithm == "nearest" else None

    @property
    def compared_by(self) -> Effect:
        """How outcomes are compared, where nothing was said the usual way."""
        return self.effect or ("augmented" if self.weights else "regression")

    @model_validator(mode="after")
    def _refuse_what_the_algorithm_would_ignore(self) -> Self:
        admitted = ADMITS[self.algorithm]
        everything: frozenset[str] = frozenset().union(*ADMITS.values())
        for name in Adjustment.model_fields:
            if name in everything - admitted and self._was_asked_for(name):
                homes = [algorithm for algorithm, names in ADMITS.items() if name in names]
                raise ValueError(
                    f"{name} means nothing to algorithm {self.algorithm}; it belongs to "
                    f"{', '.join(homes)}. Remove it, or choose another algorithm"
                )
        problem = self._effect_problem() or self._ratio_problem()
        if problem:
            raise ValueError(problem)
        return self

    def _was_asked_for(self, name: str) -> bool:
        value: Any = getattr(self, name)
        plain: Any = (
            None
            if name == "caliper"
            else Adjustment.model_fields[name].get_default(call_default_factory=True)
        )
        return name in self.model_fields_set and value != plain

    def _effect_problem(self) -> str | None:
        usual = (
            ("difference", "augmented")
            if self.weights
            else (
                "difference",
                "regression",
                "g_computation",
            )
        )
        if self.effect is not None and self.effect not in usual:
            return (
                f"effect {self.effect} does not follow algorithm {self.algorithm}; write one of "
                f"{', '.join(usual)}"
            )
        if self.weights and self.link.startswith("linear"):
            return (
                f"link {self.link} is for matching; weights need a chance between 0 and 1. Write "
                f"{self.link.removeprefix('linear_')}"
            )
        return None

    def _ratio_problem(self) -> str | None:
        if (self.min_ratio is None) != (self.max_ratio is None):
            return "min_ratio and max_ratio belong together; give both or neither"
        if self.min_ratio is None or self.max_ratio is None:
            return None
        if self.replacement or self.distance != "propensity":
            return (
                "min_ratio and max_ratio need distance propensity, without replacement. Remove "
                "them, or the other setting"
            )
        if not self.min_ratio <= self.ratio <= self.max_ratio:
            return (
                f"ratio is the average number of matches and must lie between min_ratio and "
                f"max_ratio, got {self.min_ratio}, {self.ratio}, {self.max_ratio}"
            )
        return None


class OtherAdjustment(Adjustment):
    """Another way to build the comparison group, run beside the agreed one on the same data."""

    name: str = Field(
        min_length=1, max_length=60, description="As the page calls it: 'Full matching'."
    )
    covariates: tuple[str, ...] | None = Field(
        default=None, description="Where they differ from the design's."
    )
