"""Who is compared at all: common support, the caliper, and scores that do not depend on noise.

Scores are compared on a grid, whose step is a power of two about a ten-thousand-millionth of their
standard deviation: far below any caliper, far above the rounding in which machines differ, and such
that differences between scores on it are exact. Scores that are equal in exact arithmetic are equal
on it, and so are distances; such ties are then broken by identity, never by noise.
"""

import math

import numpy as np
from numpy.typing import NDArray

from pbc_eval.agreement.matching_settings import (
    Discard,
    MatchingOptions,
    Near,
)
from pbc_eval.numerics.arrays import Floats

GRID_BITS = 33  # the grid has 2^33 steps, about 10^10, to the scale of the scores


def in_support(score: Floats, treated: NDArray[np.bool_], discard: Discard) -> NDArray[np.bool_]:
    """Who stays, shape (n,): those within the range of the other group's scores, ends included."""
    stays = np.ones(len(score), dtype=bool)
    for name, group in (("treated", treated), ("comparison", ~treated)):
        if discard in (name, "both"):
            others = score[~group]
            stays[group] = (score[group] >= others.min()) & (score[group] <= others.max())
    return stays


def grid_step(score: Floats) -> float:
    """The step of the grid on which ``score`` (n,) is compared, in its units; 0 where all are
    equal."""
    spread = float(score.std())
    # the log is rounded too: noise must not decide between two steps
    return 2.0 ** (math.floor(round(math.log2(spread), 6)) - GRID_BITS) if spread > 0 else 0.0


def rounded(score: Floats) -> Floats:
    """The score (n,) on its grid: the nearest point of it."""
    step = grid_step(score)
    return np.asarray(np.rint(score / step) * step) if step else score


def caliper_width(score: Floats, by: MatchingOptions) -> float:
    """The caliper in units of the score; infinite without one. The standard deviation (n - 1) is
    that of the scores of all who take part, ``score`` (m,), as in MatchIt, not a pooled one."""
    if not isinstance(by, Near) or by.caliper is None:
        return float("inf")
    if by.caliper_scale == "raw":
        return by.caliper
    return by.caliper * float(score.std(ddof=1))


def caliper_limit(width: float, score: Floats) -> float:
    """How far apart scores on the grid may lie under a caliper of ``width``: two scores and the
    caliper are each known to half a step, so that pairs exactly at it are within."""
    return width + 2 * grid_step(score)
