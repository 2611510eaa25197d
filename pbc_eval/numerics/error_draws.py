"""Interval and test from the distribution of an estimate's error, of which there are B draws.

A value is kept where neither tail beyond the error that it implies is at most half of what may be
wrong; the error itself counts as one more draw, so that B draws alike with it hold the truth at
least as often as promised.
"""

import numpy as np

from pbc_eval.numerics.arrays import Floats

TIED = 1e-9  # a share of exactly half of what may be wrong is one that rejects
SAME = 1e-10  # relative: errors that are equal but for rounding count as equal
BATCHES = 10  # of draws, whose intervals are compared


def interval_of_errors(estimate: float, errors: Floats, level: float) -> tuple[float, float] | None:
    """Ends of the values that are kept, from the ``errors`` (B,) in ascending order; None where
    there are so few that every value is."""
    beyond = int(np.floor((1 - level) / 2 * (len(errors) + 1) + TIED))
    if beyond < 1:
        return None
    return estimate - float(errors[-beyond]), estimate - float(errors[beyond - 1])


def p_value_of_errors(estimate: float, errors: Floats) -> float:
    """Twice the smaller tail, of the null that the effect is zero, from ascending ``errors``."""
    slack = SAME * float(np.abs(errors).max())
    below = int(np.searchsorted(errors, estimate + slack, side="right"))
    above = len(errors) - int(np.searchsorted(errors, estimate - slack, side="left"))
    return min(1.0, 2 * (1 + min(below, above)) / (len(errors) + 1))


def known_to(errors: Floats, level: float) -> float:
    """One standard error, by chance of the draws, of the less certain end; ``errors`` (B,) in the
    order in which they were drawn. Infinite where a tenth of them leaves an end open."""
    ends = [interval_of_errors(0.0, np.sort(errors[at::BATCHES]), level) for at in range(BATCHES)]
    bounded = np.array([pair for pair in ends if pair is not None])
    if len(bounded) < BATCHES:
        return float("inf")
    return float(bounded.std(axis=0, ddof=1).max() / np.sqrt(BATCHES))
