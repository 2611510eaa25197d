"""Who is compared at all: common support, the caliper, and scores that do not depend on noise."""

import numpy as np
from numpy.typing import NDArray

from pbc_eval.agreement.matching_settings import (
    Discard,
    MatchingOptions,
    Near,
)

Floats = NDArray[np.float64]

SCORE_GRAIN = 10  # decimal places kept below one standard deviation of the score


def in_support(score: Floats, treated: NDArray[np.bool_], discard: Discard) -> NDArray[np.bool_]:
    """Who stays, shape (n,): those within the range of the other group's scores, ends included."""
    stays = np.ones(len(score), dtype=bool)
    for name, group in (("treated", treated), ("comparison", ~treated)):
        if discard in (name, "both"):
            others = score[~group]
            stays[group] = (score[group] >= others.min()) & (score[group] <= others.max())
    return stays


def rounded(score: Floats) -> Floats:
    """The score to ten decimal places of its standard deviation, far below any caliper.

    Two machines may differ in the last bits of a coefficient; without this, such noise would break
    ties, and the pairs, and a payment, would depend on the machine.
    """
    spread = float(score.std())
    if spread == 0:
        return score
    return np.round(score, SCORE_GRAIN - int(np.floor(np.log10(spread))))


def caliper_width(score: Floats, by: MatchingOptions) -> float:
    """The caliper in units of the score; infinite without one. The standard deviation (n - 1) is
    that of the scores of all who take part, ``score`` (m,), as in MatchIt, not a pooled one."""
    if not isinstance(by, Near) or by.caliper is None:
        return float("inf")
    if by.caliper_scale == "raw":
        return by.caliper
    return by.caliper * float(score.std(ddof=1))
