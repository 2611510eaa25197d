"""Influences of a cohort's units that split in two: on a few estimates alone, and on all through
what they share.

    rows of cohort c  =  own_c, on the estimates ``where_c`` only  +  shared @ each_c

``shared`` (m, S) is the same for all cohorts. Of K cells in T periods it says in K T numbers what
would be K T for each cohort, and their covariance takes K^2 S steps in place of K^2 T a cohort.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pbc_eval.numerics.arrays import Floats, Ints

ROWS_AT_ONCE = 512  # of the covariance: no second one beside it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SharedLoadings:
    """``where`` (C,) of positions (m_c,), ``own`` (C,) of rows (m_c, T+1), ``shared`` (m, S) and
    ``each`` (C,) of (S, T+1), None where a cohort has no part in it."""

    where: tuple[Ints, ...]
    own: tuple[Floats, ...]
    shared: Floats
    each: tuple[Floats | None, ...]

    def __len__(self) -> int:
        return len(self.where)

    def __iter__(self) -> Iterator[tuple[Ints, Floats]]:
        """The same cohort by cohort: the estimates that it moves, and their rows."""
        for where, own, each in zip(self.where, self.own, self.each, strict=True):
            if each is None:
                yield where, own
                continue
            rows = self.shared @ each
            rows[where] += own
            yield np.arange(len(rows)), rows

    def covariance(self, gram: Floats) -> Floats:
        """(m, m) the sum over cohorts of rows gram_c rows', ``gram`` (C, T+1, T+1)."""
        m, size = self.shared.shape
        joint: Floats = np.zeros((m, m))
        # Of the shared part: its own spread, and with the estimates of the cohorts that have it.
        middle, across = np.zeros((size, size)), np.zeros((m, size))
        for c, (where, own) in enumerate(zip(self.where, self.own, strict=True)):
            spread = own @ gram[c]
            joint[np.ix_(where, where)] += spread @ own.T
            each = self.each[c]
            if each is not None:
                across[where] += spread @ each.T
                middle += each @ gram[c] @ each.T
        if any(each is not None for each in self.each):
            # joint + across shared' + shared across' + shared middle shared', the halves together.
            half = across + self.shared @ middle / 2
            for first in range(0, m, ROWS_AT_ONCE):
                rows = slice(first, first + ROWS_AT_ONCE)
                joint[rows] += half[rows] @ self.shared.T
                joint[rows] += self.shared[rows] @ half.T
        return joint
