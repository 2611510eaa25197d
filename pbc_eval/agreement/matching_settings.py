"""The settings that several matching algorithms share: a propensity score, and a distance.

    MatchingOptions ◀ Scored (link, score, exact, discard) ◀ Near (distance, caliper, within)

Which settings an algorithm has follows from which of these its options build on.
"""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.algorithm_options import (
    AlgorithmOptions,
    Caliper,
    Columns,
    Widths,
)

Distance = Literal["propensity", "mahalanobis", "robust_mahalanobis", "scaled_euclidean"]
Link = Literal["logit", "probit", "linear_logit", "linear_probit"]
Discard = Literal["none", "both", "treated", "comparison"]
Scale = Literal["std", "raw"]
Order = Literal["largest", "smallest", "closest", "farthest", "random", "data"]

ANY_ESTIMAND = ("ATT", "ATC", "ATE")
WIDEST_CALIPER = 5.0  # standard deviations; beyond it nothing is excluded, and 20 means 0.2

ORDER_WORDS: dict[Order, str] = {
    "largest": "largest score first",
    "smallest": "smallest score first",
    "closest": "closest pair first",
    "farthest": "farthest pair first",
    "random": "in random order",
    "data": "in the order of their ids",
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
        by_score = self.orders_people in ("largest", "smallest")
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


def link_of(by: MatchingOptions) -> Link:
    """The model of the score; logistic for algorithms that say nothing of it."""
    return by.link if isinstance(by, Scored) else "logit"
