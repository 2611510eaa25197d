"""How much is unknown of the whole numbers that an effect is worked out from, against how much its
digits tell, in bits.

    characteristics   how many of each group have a trait, and how many have each two of them
    outcomes          of those with a trait, the sum of the outcome, in steps of its last decimal
    an effect         ten digits, 33 bits; its error as many, where the outcome has two values

Where less is unknown than is told, one set of numbers fits, and who tries them in two halves (the
arms of a trial, say) tries the square root of all. Where more is, a great many fit: then no trying
tells which. What is counted here is the least that is unknown: an error depends on how many have
three traits as well.

Source: the attacks are ours (tests/disclosure/test_bits_that_tell.py).
"""

from collections.abc import Sequence
from itertools import combinations
from math import inf, log2

import numpy as np

from pbc_eval.numerics.arrays import Floats

DIGITS = 33.0  # bits of ten digits
DECIMALS = range(5)
WIDEST_SUM = 2e8  # in steps: more are no longer told apart by ten digits
ALIKE = 9  # decimals of a weight
NEAR, ROUNDED = 1e-3, 1e-9  # of a step, and of a number of ten digits: as near is whole
Group = Sequence[Sequence[int]]  # of each characteristic, how many have each of its free levels


def step_of(values: Floats) -> float | None:
    """The last decimal that ``values`` have, 1 of whole numbers; None where they have many, or are
    so large that ten digits do not tell it. NaN is left out."""
    known = np.abs(values[~np.isnan(values)])
    for decimals in DECIMALS:
        steps = known * 10.0**decimals
        if steps.max(initial=0.0) > WIDEST_SUM:
            return None
        if (np.abs(steps - np.round(steps)) < NEAR + ROUNDED * steps).all():
            return 10.0**-decimals
    return None


def spread_of(values: Floats) -> float:
    """How many steps apart the least and the largest of ``values``, of any shape, are: 1 of two
    values, whatever they are coded as; infinite where they have many decimals. NaN is left out."""
    distinct = np.unique(values[~np.isnan(values)])
    if len(distinct) <= 2:
        return 1.0
    step = step_of(distinct)
    return inf if step is None else float(np.ptp(distinct)) / step


def bits_of_traits(groups: Sequence[Group], *, numbers_told: int = 0) -> float:
    """Of how many of each group have a trait, and each two; numbers of ``numbers_told`` or more are
    told elsewhere (a table of means, say), or none where it is 0."""
    bits = 0.0
    for group in groups:
        counts = [n for levels in group for n in levels]
        bits += sum(log2(n + 1) for n in counts if not numbers_told or n < numbers_told)
        bits += sum(log2(min(a, b) + 1) for first, second in combinations(group, 2)
                    for a in first for b in second)  # fmt: skip
    return bits


def bits_of_outcome(groups: Sequence[Group], spread: float) -> float:
    """Of the sums of one outcome over those with each trait."""
    return sum(log2(n * spread + 1) for group in groups for levels in group for n in levels)


def bits_of_weighted(weights: Sequence[Floats], spread: float) -> float:
    """The same by the weight with which each person's outcome is in an effect, (n,) of each group:
    of those who count alike only the sum is in it. Where levels of a characteristic are as often
    in both groups, it is one sum for all of them."""
    bits = 0.0
    for group in weights:
        whole = np.round(group / max(float(np.abs(group).max(initial=0.0)), 1e-300), ALIKE)
        bits += sum(log2(n * spread + 1) for n in np.unique(whole, return_counts=True)[1])
    return bits


def tells_one_set(traits: float, outcome: float, bits: float, *, equations: int = 1) -> bool:
    """Do ``equations`` of ``bits`` each, on the same ``traits`` and each with an ``outcome``
    of its own, leave one set of numbers?"""
    return traits + equations * outcome < equations * bits
