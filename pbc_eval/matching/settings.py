"""What a call of ``match`` asked for, checked before anything runs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal

from pbc_eval._validate import check_choice
from pbc_eval.errors import DesignError
from pbc_eval.matching.cardinality import Tolerance
from pbc_eval.matching.distance import SPACE_DISTANCES
from pbc_eval.matching.greedy import ORDERS, Order
from pbc_eval.matching.methods import METHODS
from pbc_eval.matching.propensity import LINKS, Link

Distance = Literal["propensity", "mahalanobis", "robust_mahalanobis", "scaled_euclidean"]
DISTANCES: tuple[Distance, ...] = ("propensity", *SPACE_DISTANCES)
Estimand = Literal["ATT", "ATC", "ATE"]
Discard = Literal["none", "both", "treated", "comparison"]
DISCARDS: tuple[Discard, ...] = ("none", "both", "treated", "comparison")
CaliperScale = Literal["std", "raw"]

WIDEST_CALIPER = 5.0  # standard deviations; beyond it nothing is excluded, and 20 means 0.2

_ORDER_WORDS = {
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSettings:
    """The choices behind a match. ``caliper`` is as it was given, in units of ``caliper_scale``:
    standard deviations of the score over everybody matched on ("std") or the score's own ("raw").
    """

    method: str
    distance: Distance
    link: Link
    ratio: int
    replacement: bool
    caliper: float | None
    caliper_scale: CaliperScale
    order: Order
    estimand: Estimand
    discard: Discard
    seed: int | None
    subclasses: int
    one_to_one: bool
    min_ratio: int | None = None
    max_ratio: int | None = None
    reestimate: bool = False
    profile: bool = False
    paired: bool = False
    within_scale: CaliperScale = "raw"
    score: str | None = None
    tolerance: Tolerance = 0.05
    time_limit: float = 60.0

    def __post_init__(self) -> None:
        check_choice("match", "distance", self.distance, DISTANCES, DesignError)
        check_choice("match", "link", self.link, LINKS, DesignError)
        check_choice("match", "order", self.order, ORDERS, DesignError)
        check_choice("match", "discard", self.discard, DISCARDS, DesignError)
        check_choice("match", "within_scale", self.within_scale, ("std", "raw"), DesignError)
        if self.score is not None and (self.link != "logit" or self.reestimate):
            raise DesignError(
                f"match: score={self.score!r} is used as it stands, so link={self.link!r} and "
                f"reestimate={self.reestimate} mean nothing. Leave them out."
            )
        check_choice("match", "caliper_scale", self.caliper_scale, ("std", "raw"), DesignError)
        estimands = ("ATT", "ATC") if self.one_to_one else METHODS[self.method].estimands
        if self.estimand not in estimands:
            raise DesignError(
                f"match: estimand must be one of {', '.join(estimands)}, got {self.estimand!r}. "
                "Pairs answer for one group at a time; an effect on all (ATE) needs sets "
                "(method='full', 'subclass' or 'coarsened') or weighting."
            )
        for name, value in (
            ("replacement", self.replacement),
            ("one_to_one", self.one_to_one),
            ("reestimate", self.reestimate),
            ("profile", self.profile),
            ("paired", self.paired),
        ):
            if not isinstance(value, bool):
                raise DesignError(f"match: {name} must be True or False, got {value!r}.")
        if (
            isinstance(self.subclasses, bool)
            or not isinstance(self.subclasses, Integral)
            or self.subclasses < 2
        ):
            raise DesignError(
                f"match: subclasses must be a whole number >= 2, got {self.subclasses!r}."
            )
        if isinstance(self.ratio, bool) or not isinstance(self.ratio, Integral) or self.ratio < 1:
            raise DesignError(
                f"match: ratio must be a whole number of matches a person >= 1, got {self.ratio!r}."
            )
        self._check_variable_ratio()
        self._check_selection()
        if self.reestimate and self.discard == "none":
            raise DesignError(
                "match: reestimate=True fits the score again without those left out, and discard="
                "'none' leaves out nobody. Pass discard='both', or leave reestimate out."
            )
        if self.order == "random" and self.seed is None:
            raise DesignError(
                "match: order='random' needs a seed, so that the same call gives the same pairs. "
                "Pass seed=, or choose another order."
            )
        if self.caliper is not None:
            self._check_caliper(self.caliper)

    def _check_variable_ratio(self) -> None:
        low, high = self.min_ratio, self.max_ratio
        if low is None and high is None:
            return
        whole = all(isinstance(n, Integral) and not isinstance(n, bool) for n in (low, high))
        if low is None or high is None or not whole or not 1 <= low <= self.ratio <= high:
            raise DesignError(
                "match: min_ratio and max_ratio must be whole numbers given together, with "
                f"1 <= min_ratio <= ratio <= max_ratio; got {low!r}, {self.ratio}, {high!r}. The "
                "ratio is the average."
            )
        if self.replacement or self.distance != "propensity":
            raise DesignError(
                "match: a variable ratio is shared out by the propensity score, without "
                f"replacement; got distance={self.distance!r}, replacement={self.replacement}. "
                "Leave min_ratio and max_ratio out."
            )

    def _check_selection(self) -> None:
        limit = self.time_limit
        if isinstance(limit, bool) or not isinstance(limit, Real) or not 0 < limit < math.inf:
            raise DesignError(
                f"match: time_limit must be a finite number of seconds above 0, got {limit!r}."
            )
        if self.profile and (self.paired or self.ratio != 1):
            raise DesignError(
                "match: profile=True keeps every person of the group the effect is for and has no "
                f"ratio or pairs; got ratio={self.ratio}, paired={self.paired}. Leave them out."
            )

    def _check_caliper(self, caliper: float) -> None:
        if isinstance(caliper, bool) or not (isinstance(caliper, Real) and 0 < caliper < math.inf):
            raise DesignError(
                f"match: caliper must be a finite number above 0, got {caliper!r}. Pass "
                "caliper=None for a match without one."
            )
        hint = f" Did you mean {caliper / 100:g}?"
        if self.caliper_scale == "std" and caliper > WIDEST_CALIPER:
            raise DesignError(
                f"match: caliper is {caliper:g} standard deviations of the score; above "
                f"{WIDEST_CALIPER:g} it excludes nobody.{hint}"
            )
        chance = self.score is None and self.link in ("logit", "probit")
        if self.caliper_scale == "raw" and caliper >= 1 and chance:
            raise DesignError(
                f"match: caliper is {caliper:g} on a score between 0 and 1; it excludes nobody."
                f"{hint}"
            )

    @property
    def in_words(self) -> str:
        """One phrase a reader can check against the design."""
        parts = [self._what]
        if METHODS[self.method].uses == "distance":
            parts += self._how
        if self.discard != "none":
            groups = "both groups" if self.discard == "both" else f"the {self.discard} group"
            again = ", the score fitted again" if self.reestimate else ""
            parts.append(f"after leaving out {groups} outside common support{again}")
        return ", ".join(parts)

    @property
    def _what(self) -> str:
        score = f"the propensity score ({self.link.replace('_', ' ')})"
        if self.score is not None:
            score = f"the score supplied in column {self.score}"
        near = score if self.distance == "propensity" else _DISTANCE_WORDS[self.distance]
        if self.method == "coarsened":
            pairs = ", one to one within cells" if self.one_to_one else ""
            return f"coarsened exact matching{pairs}"
        ratio = f"1:{self.ratio}"
        if self.min_ratio is not None:
            ratio += f" on average ({self.min_ratio} to {self.max_ratio}, by the score)"
        if self.method == "cardinality":
            return self._selection
        return {
            "nearest": f"nearest-neighbour matching {ratio} on {near}",
            "optimal": f"optimal matching 1:{self.ratio} on {near}",
            "full": f"full matching on {near}",
            "subclass": f"subclassification into {self.subclasses} groups by {score}",
        }.get(self.method, "exact matching")

    @property
    def _selection(self) -> str:
        if not isinstance(self.tolerance, Mapping):
            within = f"every mean within {self.tolerance:g} standard deviations"
        else:
            said = ", ".join(f"{name} {value:g}" for name, value in self.tolerance.items())
            within = f"means within stated standard deviations ({said}; others 0.05)"
        if self.profile:
            return f"profile matching (cardinality), {within} of the target group's"
        pairs = ", then paired by the Mahalanobis distance" if self.paired else ""
        return f"cardinality matching 1:{self.ratio}, {within}{pairs}"

    @property
    def _how(self) -> list[str]:
        if self.caliper is None:
            caliper = "no caliper"
        else:
            scale = (
                "standard deviations of the score" if self.caliper_scale == "std" else "(raw score)"
            )
            caliper = f"caliper {self.caliper:g} {scale}"
        if self.method != "nearest":
            return [caliper]
        if self.replacement:
            return ["with replacement", caliper]
        return ["without replacement", caliper, _ORDER_WORDS[self.order]]
