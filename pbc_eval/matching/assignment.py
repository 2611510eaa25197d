"""What a matching method is given and what it gives back: the one seam between methods.

Problem ── a method of METHODS ──▶ Pairs ── weigh ──▶ Assignment
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbc_eval.matching.nearest import Order, Pairs
from pbc_eval.matching.rules import PairRules

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Who is to be matched with whom. All arrays have a row a unit, shape (n,).

    ``focal`` people are matched, out of the others; ``caliper`` is in units of the score;
    ``rules`` forbid pairs on other grounds, None when nothing else is asked.
    """

    focal: Bools
    score: Floats
    strata: Ints
    order: Order
    ratio: int
    replacement: bool
    caliper: float
    rules: PairRules | None
    rng: np.random.Generator | None


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Pairs, weights (n,) and subclass (n,), the latter -1 for the unmatched, and -1 throughout
    when a comparison unit may serve several times and so belongs to no one subclass."""

    pairs: Pairs
    weights: Floats
    subclass: Ints


def weigh(pairs: Pairs, focal: Bools, replacement: bool) -> Assignment:
    """Weights and subclasses that follow from pairs.

    A matched focal unit weighs 1. Each of its m matches gets 1/m of it; a unit's weight is the sum
    over the matches it serves in, and these weights are scaled to add up to the number of matched
    units in their group (MatchIt's convention; the scale drops out of every mean).
    """
    n = len(focal)
    matches = np.bincount(pairs.focal, minlength=n)
    share = np.bincount(pairs.other, 1.0 / matches[pairs.focal], minlength=n)
    used = share > 0
    weights = (matches > 0).astype(np.float64)
    if used.any():
        weights[used] = share[used] * (used.sum() / share.sum())
    subclass = np.full(n, -1, dtype=np.int64)
    if not replacement:
        number = np.cumsum(matches > 0) - 1
        subclass[matches > 0] = number[matches > 0]
        subclass[pairs.other] = number[pairs.focal]
    return Assignment(pairs, weights, subclass)
