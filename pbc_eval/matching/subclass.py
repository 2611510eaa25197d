"""Subclassification: people in groups of similar score, each compared within itself.

    score, reference ── subclasses ──▶ label (n,)

Cut points are type-7 quantiles of the reference group's scores (the treated for the ATT, the
comparison group for the ATC, everybody for the ATE). A subclass without anybody of one group
borrows the nearest person of that group from a neighbour, so that nobody is silently lost.

Source: Rosenbaum & Rubin (1984), JASA 79, 516-524.
"""

import numpy as np

from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Bools, Floats, Ints


def subclasses(score: Floats, focal: Bools, reference: Floats, number: int) -> Ints:
    """Labels 0, 1, ... by score, shape (n,); a score on a cut point belongs above it.
    ``reference`` (r,) are the scores whose quantiles are the cut points.

    Raises DesignError when a group has fewer people than there are subclasses.
    """
    sizes = [int(focal.sum()), int((~focal).sum())]
    if min(sizes) < number:
        raise DesignError(
            f"match: {number} subclasses need as many people in each group, found {sizes[0]:,} and "
            f"{sizes[1]:,}. Ask for fewer subclasses."
        )
    edges = np.quantile(reference, np.arange(1, number) / number)
    label = np.searchsorted(edges, score, side="right").astype(np.int64)
    for group in (focal, ~focal):
        rows = np.flatnonzero(group)
        line = rows[np.argsort(score[rows], kind="stable")]
        label[line] = _filled(label[line], number)
    return label


def _filled(label: Ints, number: int) -> Ints:
    """Labels along a line of scores, moved over as little as needed so that none is empty."""
    ends = np.cumsum(np.bincount(label, minlength=number))  # people up to each subclass
    ends[-1] = len(label)
    for k in range(number - 1):  # at least one each from below ...
        ends[k] = max(ends[k], (ends[k - 1] if k else 0) + 1)
    for k in range(number - 2, -1, -1):  # ... and one left for each above
        ends[k] = min(ends[k], ends[k + 1] - 1)
    return np.repeat(np.arange(number), np.diff(np.r_[0, ends]))
