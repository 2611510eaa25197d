"""How many matches each person seeks, when those likely to be treated have few people like them.

    score, ratio, min_ratio, max_ratio ── matches_sought ──▶ (n_focal,)

A fixed budget of ``ratio`` matches a person is shared out by the score: the focal people least
likely to be in their own group have many others around them and seek ``max_ratio``, the most
likely seek ``min_ratio``, and one in between may seek what is left. Equal scores: the earlier row
seeks fewer. The counts are those that MatchIt 4.5.1 was seen to give.

Source: Ming & Rosenbaum (2000), Biometrics 56, 118-124.
"""

import numpy as np

from pbc_eval.numerics.arrays import Floats, Ints


def matches_sought(likely: Floats, ratio: int, min_ratio: int, max_ratio: int) -> Ints:
    """``likely`` (n_focal,) is how likely each focal person was to be in their own group, on any
    increasing scale; the result adds up to ``ratio`` times their number."""
    n = len(likely)
    sought = np.full(n, min_ratio, dtype=np.int64)
    if max_ratio == min_ratio:
        return sought
    n_most, left = divmod((ratio - min_ratio) * n, max_ratio - min_ratio)
    from_most_likely = np.argsort(-likely, kind="stable")
    sought[from_most_likely[n - n_most :]] = max_ratio
    if left:
        sought[from_most_likely[n - n_most - 1]] += left
    return sought
