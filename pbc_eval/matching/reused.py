"""The error of a mean difference after matching with replacement, where people serve repeatedly.

    pairs, outcome, places ── error_with_reuse ──▶ standard error

The error of a weighted regression counts the spread of outcomes that the match took off, and can be
far too wide. This one counts how the differences between a person and their matches scatter, and
adds what those contribute who serve in several: their squared number of services less the part that
the differences hold already, times the variance of the outcome among people like them, which the
two nearest of the same group give.

Source: Abadie & Imbens (2006), Econometrica 74, 235-267, theorem 7.
"""

import numpy as np

from pbc_eval.matching.cells import cell_variances, cells_of
from pbc_eval.matching.greedy import Pairs
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Bools, Floats

REUSE_WORDS = Sentence(
    "Abadie and Imbens's error, which counts how often people serve, Student's t with n - 1 "
    "degrees of freedom; the score is taken as known"
)
NEAREST = 2  # people of the same group who give each person's variance


def error_with_reuse(pairs: Pairs, outcome: Floats, points: Floats, pool: Bools) -> float | None:
    """``outcome`` (n,), missing where it is not known; ``points`` (n, d), where people are;
    ``pool`` (n,) marks the group that serves. None when fewer than two people are matched, or only
    one of that group is known."""
    n = len(outcome)
    matches = np.bincount(pairs.focal, minlength=n)
    share = 1.0 / matches[pairs.focal]
    focal = np.flatnonzero(matches)
    if len(focal) < 2:
        return None
    found_by = np.bincount(pairs.focal, share * outcome[pairs.other], n)
    gains = (outcome - found_by)[focal]
    served = np.bincount(pairs.other, share, n)
    squares = np.bincount(pairs.other, share**2, n)
    known = np.flatnonzero(pool & np.isfinite(outcome))
    if len(known) < 2:
        return None
    one_stratum = np.zeros(len(known), dtype=np.int64)
    cells = cells_of(points[known], one_stratum, one_stratum.astype(bool))
    own = np.zeros(n)
    own[known] = cell_variances(cells, outcome[known], NEAREST)[cells.of]
    total = float(np.sum((gains - gains.mean()) ** 2) + (served**2 - squares) @ own)
    return float(np.sqrt(total)) / len(focal)
