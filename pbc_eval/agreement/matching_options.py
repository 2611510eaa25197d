"""The options of each matching algorithm: the one statement, read by matching and by files.

``match(frame, treatment=..., covariates=..., by=Nearest(ratio=2))`` in Python, and
``algorithm: nearest`` with ``ratio: 2`` in evaluation.yaml, build the same model. What each setting
does is told here; how the algorithm goes about it is told in its file in ``matching``.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.algorithm_options import (
    Columns,
    CutPoints,
    Grouping,
    GroupsSought,
    MatchesEach,
    Seconds,
    Tolerance,
)
from pbc_eval.agreement.matching_settings import (
    ANY_ESTIMAND,
    ORDER_WORDS,
    MatchingOptions,
    Near,
    Order,
    Scored,
)

USUAL_CALIPER = 0.2


class Nearest(Near):
    """People choose one after the other, each the nearest who is left."""

    plain_words: ClassVar[str] = (
        "Each person in the programme was compared with the most similar people who were not in it."
    )
    usual_in_files: ClassVar[Mapping[str, Any]] = {"caliper": USUAL_CALIPER}

    algorithm: Literal["nearest"] = "nearest"
    ratio: MatchesEach = Field(
        default=1, description="Comparison people for each in the programme."
    )
    min_ratio: MatchesEach | None = Field(
        default=None, description="With max_ratio: fewer for people likely to take part."
    )
    max_ratio: MatchesEach | None = Field(
        default=None, description="The most for one person; ratio is then the average."
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
        default=1, description="Comparison people for each in the programme."
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
        default=6, description="Groups of similar score, for subclass."
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
        default=1, description="Comparison people for each in the programme."
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
        default=60.0, description="For cardinality: seconds until the best found is taken."
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
