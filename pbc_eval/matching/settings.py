"""What a call of ``match`` asked for, settled before anything runs."""

from dataclasses import dataclass
from numbers import Integral
from typing import Literal

from pbc_eval._validate import check_choice
from pbc_eval.agreement.matching_settings import (
    Discard,
    MatchingOptions,
    Near,
    Order,
    Scored,
)
from pbc_eval.errors import DesignError

Estimand = Literal["ATT", "ATC", "ATE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSettings:
    """The choices behind a match: the algorithm's options ``by``, whom the effect is for, who
    chooses first where people choose (``order``), and the ``seed`` of a random order."""

    by: MatchingOptions
    estimand: Estimand
    order: Order
    seed: int | None

    def __post_init__(self) -> None:
        estimands = self.by.answers_for
        if self.estimand not in estimands:
            raise DesignError(
                f"match: estimand must be one of {', '.join(estimands)}, got {self.estimand!r}. "
                "Pairs answer for one group at a time; an effect on all (ATE) needs sets "
                "(method='full', 'subclass' or 'coarsened') or weighting."
            )
        whole = isinstance(self.seed, Integral) and not isinstance(self.seed, bool)
        if self.seed is not None and (not whole or self.seed < 0):
            raise DesignError(
                f"match: seed must be a whole number of at least 0, got {self.seed!r}."
            )
        if self.order == "random" and self.seed is None:
            raise DesignError(
                "match: order='random' needs a seed, so that the same call gives the same pairs. "
                "Pass seed=, or choose another order."
            )

    @property
    def method(self) -> str:
        return self.by.algorithm

    @property
    def ratio(self) -> int:
        return self.by.matches_each

    @property
    def replacement(self) -> bool:
        return self.by.reuses_people

    @property
    def discard(self) -> Discard:
        return self.by.discard if isinstance(self.by, Scored) else "none"

    @property
    def caliper(self) -> float | None:
        return self.by.caliper if isinstance(self.by, Near) else None

    @property
    def in_words(self) -> str:
        """One phrase a reader can check against the design."""
        return self.by.described(self.order)


def settled(by: MatchingOptions, estimand: Estimand, seed: int | None) -> MatchSettings:
    """Who chooses first, where it was not said: by the largest score those who are the likeliest
    to find few like them (for the ATC the smallest), and by row without a score."""
    check_choice("match", "estimand", estimand, ("ATT", "ATC", "ATE"), DesignError)
    by_score: Order = "smallest" if estimand == "ATC" else "largest"
    order = by.orders_people or (by_score if by.needs_score else "data")
    return MatchSettings(by=by, estimand=estimand, order=order, seed=seed)
