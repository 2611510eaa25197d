"""Whole-number labels made dense: 0, 1, 2, ... in the order of the labels, none left out."""

import numpy as np

from pbc_eval.numerics.arrays import Ints


def dense(label: Ints) -> tuple[int, Ints]:
    """How many different labels there are, and each one's number, (n,). Labels are 0 or above.

    Counting is several times faster than sorting while labels are not much larger than people are
    many; beyond that they are sorted.
    """
    if not len(label):
        return 0, label
    if int(label.max()) > 8 * len(label) + 1000:
        distinct, number = np.unique(label, return_inverse=True)
        return len(distinct), number.astype(np.int64)
    number_of = np.cumsum(np.bincount(label) > 0) - 1
    return int(number_of[-1]) + 1, number_of[label]


def combined(codes: list[Ints]) -> Ints:
    """One dense label for each combination of several, (n,), in the order of the first, then the
    second, and so on. Each of ``codes`` is (n,), whole numbers 0 or above."""
    label = codes[0]
    for code in codes[1:]:
        wide = int(code.max(initial=0)) + 1
        if int(label.max(initial=0)) + 1 > 2**62 // wide:
            label = dense(label)[1]
        label = label * wide + code
    return dense(label)[1]
