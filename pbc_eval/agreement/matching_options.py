"""The options of each matching algorithm: the one statement, read by matching and by files.

``match(frame, treatment=..., covariates=..., by=Nearest(ratio=2))`` in Python, and
``algorithm: nearest`` with ``ratio: 2`` in evaluation.yaml, build the same model. What each setting
does is told here; how the algorithm goes about it is told in its file in ``matching``.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.algorithm_options import (
    AlgorithmOptions,
    Caliper,
    Columns,
    CutPoints,
    Grouping,
    GroupsSought,
    MatchesEach,
    Seconds,
    Tolerance,
    Widths,
)

Distance = Literal["propensity", "mahalanobis", "robust_mahalanobis", "scaled_euclidean"]
Link = Literal["logit", "probit", "linear_logit", "linear_probit"]
Discard = Literal["none", "both", "treated", "comparison"]
Scale = Literal["std", "raw"]
Order = Literal["largest", "smallest", "closest", "random", "data"]

ANY_ESTIMAND = ("ATT", "ATC", "ATE")
USUAL_CALIPER = 0.2
WIDEST_CALIPER = 5.0  # standard deviations; beyond it nothing is excluded, and 20 means 0.2

ORDER_WORDS: dict[Order, str] = {
    "largest": "largest score first",
    "smallest": "smallest score first",
    "closest": "closest pair first",
    "random": "in random order",
    "data": "in row order",
}
_DISTANCE_WORDS = {
    "mahalanobis": "the Mahalanobis distance (pooled within-group covariance)",
    "robust_mahalanobis": "the rank-based Mahalanobis distance",
    "scaled_euclidean": "the Euclidean distance in pooled within-group standard deviations",
}


class MatchingOptions(AlgorithmOptions):
    """What ``match`` asks of any algorithm beside its own settings."""

    judged_by: ClassVar[Literal["distance", "score", "cells", "means"]] = "distance"
    """What nearness is judged by."""

    @property
    def needs_score(self) -> bool:
        """Is a propensity score fitted, or a supplied one read, before people are matched?"""
        return False

    @property
    def matches_each(self) -> int:
        """How many matches are sought for each person, on average."""
        return 1

    @property
    def reuses_people(self) -> bool:
        """May one person serve several times?"""
        return False

    @property
    def orders_people(self) -> Order | None:
        """Who chooses first, where that was said."""
        return None

    def described(self, order: Order) -> str:
        """``in_words`` with who chose first, as it was settled."""
        return self.in_words


class Scored(MatchingOptions):
    """The settings of algorithms that know a propensity score."""

    judged_by: ClassVar[Literal["distance", "score", "cells", "means"]] = "score"

    link: Link = Field(
        default="logit", description="linear_...: match on the linear predictor of the score."
    )
    score: str | None = Field(
        default=None, description="Column of a score to match on, instead of a fitted one."
    )
    exact: Columns = Field(default=(), description="Columns that must agree exactly.")
    discard: Discard = Field(
        default="none", description="Whom to leave out beyond the range of the other group's score."
    )
    reestimate: bool = Field(
        default=False, description="With discard: fit the score again among those who stay."
    )

    @model_validator(mode="after")
    def _refuse_a_score_that_would_not_be_used(self) -> Self:
        if self.score is not None and (self.link != "logit" or self.reestimate):
            raise ValueError(
                f"score={self.score!r} is used as it stands, so link={self.link!r} and "
                f"reestimate={self.reestimate} mean nothing. Leave them out"
            )
        if self.reestimate and self.discard == "none":
            raise ValueError(
                "reestimate=True fits the score again without those left out, and discard="
                "'none' leaves out nobody. Pass discard='both', or leave reestimate out"
            )
        return self

    @property
    def needs_score(self) -> bool:
        return True

    @property
    def score_words(self) -> str:
        if self.score is not None:
            return f"the score supplied in column {self.score}"
        return f"the propensity score ({self.link.replace('_', ' ')})"

    @property
    def support_words(self) -> str:
        """What is said of people outside common support; empty where all stay."""
        if self.discard == "none":
            return ""
        groups = "both groups" if self.discard == "both" else f"the {self.discard} group"
        again = ", the score fitted again" if self.reestimate else ""
        return f", after leaving out {groups} outside common support{again}"


class Near(Scored):
    """The settings of algorithms that judge nearness by a distance."""

    judged_by: ClassVar[Literal["distance", "score", "cells", "means"]] = "distance"

    distance: Distance = Field(default="propensity", description="What is matched on.")
    distance_on: Columns | None = Field(
        default=None, description="Columns of a distance by covariates; all covariates without it."
    )
    caliper: Caliper = Field(
        default=None,
        gt=0,
        description="null: none. Without this line 0.2 for nearest, none for other algorithms.",
    )
    caliper_scale: Scale = Field(
        default="std", description="std: the caliper is in standard deviations of the score."
    )
    within: Widths = Field(
        default_factory=dict, description="Column to the widest difference allowed, in its unit."
    )
    within_scale: Scale = Field(
        default="raw", description="std: those widths are in standard deviations of each column."
    )
    antiexact: Columns = Field(default=(), description="Columns in which pairs differ.")

    @model_validator(mode="after")
    def _refuse_a_caliper_that_excludes_nobody(self) -> Self:
        caliper = self.caliper
        if caliper is None:
            return self
        hint = f" Did you mean {caliper / 100:g}?"
        if self.caliper_scale == "std" and caliper > WIDEST_CALIPER:
            raise ValueError(
                f"caliper is {caliper:g} standard deviations of the score; above "
                f"{WIDEST_CALIPER:g} it excludes nobody.{hint}"
            )
        chance = self.score is None and self.link in ("logit", "probit")
        if self.caliper_scale == "raw" and caliper >= 1 and chance:
            raise ValueError(
                f"caliper is {caliper:g} on a score between 0 and 1; it excludes nobody.{hint}"
            )
        return self

    @model_validator(mode="after")
    def _refuse_columns_without_a_distance(self) -> Self:
        if self.distance == "propensity" and self.distance_on is not None:
            raise ValueError(
                f"distance_on={list(self.distance_on)!r} needs a distance by covariates, got "
                "distance='propensity'. Pass distance='mahalanobis', or leave distance_on out"
            )
        return self

    @property
    def needs_score(self) -> bool:
        by_score = self.orders_people not in (None, "data", "random", "closest")
        return (
            self.score is not None
            or self.distance == "propensity"
            or self.caliper is not None
            or self.discard != "none"
            or by_score
        )

    @property
    def near_words(self) -> str:
        return self.score_words if self.distance == "propensity" else _DISTANCE_WORDS[self.distance]

    @property
    def caliper_words(self) -> str:
        if self.caliper is None:
            return "no caliper"
        std = "standard deviations of the score"
        return f"caliper {self.caliper:g} {std if self.caliper_scale == 'std' else '(raw score)'}"


class Nearest(Near):
    """People choose one after the other, each the nearest who is left."""

    plain_words: ClassVar[str] = (
        "Each person in the programme was compared with the most similar people who were not in it."
    )
    usual_in_files: ClassVar[Mapping[str, Any]] = {"caliper": USUAL_CALIPER}

    algorithm: Literal["nearest"] = "nearest"
    ratio: MatchesEach = Field(
        default=1, ge=1, description="Comparison people for each in the programme."
    )
    min_ratio: MatchesEach | None = Field(
        default=None, ge=1, description="With max_ratio: fewer for people likely to take part."
    )
    max_ratio: MatchesEach | None = Field(
        default=None, ge=1, description="The most for one person; ratio is then the average."
    )
    replacement: bool = Field(default=False, description="May one person serve several times?")
    order: Order | None = Field(default=None, description="Who chooses first, by score.")

    @model_validator(mode="after")
    def _refuse_a_variable_ratio_that_cannot_be(self) -> Self:
        low, high = self.min_ratio, self.max_ratio
        if low is None and high is None:
            return self
        if low is None or high is None:
            raise ValueError(
                "min_ratio and max_ratio belong together: they must be given together, or neither"
            )
        if self.replacement or self.distance != "propensity":
            raise ValueError(
                "min_ratio and max_ratio share people out by the propensity score, without "
                f"replacement; got distance={self.distance!r}, replacement={self.replacement}. "
                "Remove them, or the other setting"
            )
        if not low <= self.ratio <= high:
            raise ValueError(
                "ratio is the average number of matches; it takes whole numbers with "
                f"1 <= min_ratio <= ratio <= max_ratio; got {low}, {self.ratio}, {high}"
            )
        return self

    @property
    def matches_each(self) -> int:
        return self.ratio

    @property
    def reuses_people(self) -> bool:
        return self.replacement

    @property
    def orders_people(self) -> Order | None:
        return self.order

    def described(self, order: Order) -> str:
        ratio = f"1:{self.ratio}"
        if self.min_ratio is not None:
            ratio += f" on average ({self.min_ratio} to {self.max_ratio}, by the score)"
        how = "without replacement"
        if self.replacement:
            how = "with replacement"
        turn = "" if self.replacement else f", {ORDER_WORDS[order]}"
        return (
            f"nearest-neighbour matching {ratio} on {self.near_words}, {how}, "
            f"{self.caliper_words}{turn}{self.support_words}"
        )


class Optimal(Near):
    """The pairs with the smallest total distance."""

    plain_words: ClassVar[str] = (
        "People were paired so that the differences within all pairs together are as small as they "
        "can be."
    )

    algorithm: Literal["optimal"] = "optimal"
    ratio: MatchesEach = Field(
        default=1, ge=1, description="Comparison people for each in the programme."
    )

    @property
    def matches_each(self) -> int:
        return self.ratio

    @property
    def in_words(self) -> str:
        return (
            f"optimal matching 1:{self.ratio} on {self.near_words}, {self.caliper_words}"
            f"{self.support_words}"
        )


class Full(Near):
    """Everybody in a set, at the smallest total distance."""

    plain_words: ClassVar[str] = (
        "Everybody was put into groups of similar people, each with at least one person in the "
        "programme and one who was not, as close together as they can be."
    )
    estimands: ClassVar[tuple[str, ...]] = ANY_ESTIMAND

    algorithm: Literal["full"] = "full"

    @property
    def in_words(self) -> str:
        return f"full matching on {self.near_words}, {self.caliper_words}{self.support_words}"


class Subclass(Scored):
    """Groups of similar score."""

    plain_words: ClassVar[str] = (
        "People were sorted into groups by their chance of being in the programme, and compared "
        "within each group."
    )
    estimands: ClassVar[tuple[str, ...]] = ANY_ESTIMAND

    algorithm: Literal["subclass"] = "subclass"
    subclasses: GroupsSought = Field(
        default=6, ge=2, description="Groups of similar score, for subclass."
    )

    @property
    def in_words(self) -> str:
        return (
            f"subclassification into {self.subclasses} groups by {self.score_words}"
            f"{self.support_words}"
        )


class Coarsened(MatchingOptions):
    """Cells of all covariates, cut and grouped, and with ``one_to_one`` the nearest within them."""

    judged_by: ClassVar[Literal["distance", "score", "cells", "means"]] = "cells"
    plain_words: ClassVar[str] = (
        "People were compared only with those in the same broad band of every characteristic."
    )
    estimands: ClassVar[tuple[str, ...]] = ANY_ESTIMAND

    algorithm: Literal["coarsened"] = "coarsened"
    cutpoints: CutPoints = Field(
        default="sturges",
        description="For coarsened: sturges, fd, scott, q4 (equal numbers), a number of bins or a "
        "list of cut points; or one of these for each column.",
    )
    grouping: Grouping = Field(
        default_factory=dict, description="For coarsened: column to lists of values that are one."
    )
    one_to_one: bool = Field(default=False, description="For coarsened: pairs within the cells.")
    order: Order | None = Field(default=None, description="Who chooses first, by score.")

    @model_validator(mode="after")
    def _refuse_an_order_without_pairs(self) -> Self:
        if self.order is not None and not self.one_to_one:
            raise ValueError(
                f"order={self.order!r} means nothing without pairs. Pass one_to_one=True, or leave "
                "order out"
            )
        return self

    @property
    def needs_score(self) -> bool:
        return self.order in ("largest", "smallest")

    @property
    def orders_people(self) -> Order | None:
        return self.order

    @property
    def answers_for(self) -> tuple[str, ...]:
        return ("ATT", "ATC") if self.one_to_one else self.estimands

    @property
    def in_words(self) -> str:
        return f"coarsened exact matching{', one to one within cells' if self.one_to_one else ''}"


class Exact(MatchingOptions):
    """Cells of equal covariates."""

    judged_by: ClassVar[Literal["distance", "score", "cells", "means"]] = "cells"
    plain_words: ClassVar[str] = (
        "People were compared only with those who agree in every characteristic."
    )
    estimands: ClassVar[tuple[str, ...]] = ANY_ESTIMAND

    algorithm: Literal["exact"] = "exact"

    @property
    def in_words(self) -> str:
        return "exact matching"


class Cardinality(MatchingOptions):
    """The largest sample whose means differ by no more than ``tolerance`` standard deviations."""

    judged_by: ClassVar[Literal["distance", "score", "cells", "means"]] = "means"
    plain_words: ClassVar[str] = (
        "The largest sample was chosen in which the two groups are, on average, alike in every "
        "characteristic."
    )

    algorithm: Literal["cardinality"] = "cardinality"
    exact: Columns = Field(default=(), description="Columns that must agree exactly.")
    ratio: MatchesEach = Field(
        default=1, ge=1, description="Comparison people for each in the programme."
    )
    profile: bool = Field(
        default=False,
        description="For cardinality: keep all in the programme, and choose among the others.",
    )
    paired: bool = Field(
        default=False, description="For cardinality: pairs within the chosen, by Mahalanobis."
    )
    tolerance: Tolerance = Field(
        default=0.05,
        description="For cardinality: the largest difference in means, in standard deviations.",
    )
    time_limit: Seconds = Field(
        default=60.0, gt=0, description="For cardinality: seconds until the best found is taken."
    )

    @model_validator(mode="after")
    def _refuse_a_ratio_for_a_profile(self) -> Self:
        if self.profile and (self.paired or self.ratio != 1):
            raise ValueError(
                "profile=True keeps every person of the group the effect is for and has no "
                f"ratio or pairs; got ratio={self.ratio}, paired={self.paired}. Leave them out"
            )
        return self

    @property
    def matches_each(self) -> int:
        return self.ratio

    @property
    def in_words(self) -> str:
        if not isinstance(self.tolerance, Mapping):
            within = f"every mean within {self.tolerance:g} standard deviations"
        else:
            each = ", ".join(f"{name} {value:g}" for name, value in self.tolerance.items())
            within = f"means within stated standard deviations ({each}; others 0.05)"
        if self.profile:
            return f"profile matching (cardinality), {within} of the target group's"
        pairs = ", then paired by the Mahalanobis distance" if self.paired else ""
        return f"cardinality matching 1:{self.ratio}, {within}{pairs}"


def link_of(by: MatchingOptions) -> Link:
    """The model of the score; logistic for algorithms that say nothing of it."""
    return by.link if isinstance(by, Scored) else "logit"
