"""Greedy nearest-neighbour matching by several covariates at once.

    Space, focal, strata ── nearest_in_space ──▶ Pairs

Candidates come from a k-d tree per stratum, which is rebuilt on the free ones as they thin out; a
person is offered more of them until one is free, within the caliper and allowed. Distances are
compared to nine decimals. Among equally near candidates the rule is deterministic: with everybody
laid out along the space's first coordinate (equal ones in row order), those to the left come
first, and on either side the one furthest along the line does.

Source: Friedman, Bentley & Finkel (1977), ACM Transactions on Mathematical Software 3, 209-226.
"""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from pbc_eval.matching.distance import GRAIN, Space
from pbc_eval.matching.greedy import (
    CHUNK,
    Greedy,
    Order,
    Pairs,
    choosing_order,
    collected,
)
from pbc_eval.matching.rules import PairRules

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FIRST_LOOK = 12  # candidates fetched for everybody at once
THINNED = 0.15  # share of a tree taken before it is rebuilt on the free


def nearest_in_space(
    space: Space,
    focal: Bools,
    *,
    strata: Ints,
    score: Floats,
    order: Order = "data",
    ratio: int = 1,
    replacement: bool = False,
    caliper: float = np.inf,
    rules: PairRules | None = None,
    rng: np.random.Generator | None = None,
) -> Pairs:
    """Match each focal person to the ``ratio`` nearest others, within strata and caliper.

    ``focal``, ``strata`` and ``score`` have shape (n,); ``caliper`` limits the difference in the
    score, and ``order`` may use the score, which is NaN where none was fitted. Rounds and turns
    are those of ``nearest_pairs``; distances are those of the space.
    """
    offers = _Offers(space, focal, strata=strata, score=score, caliper=caliper, rules=rules)
    focal_rows = offers.focal_rows
    if replacement:
        found = [offers.with_replacement(ratio)]
    else:
        found = offers.rounds(choosing_order(score[focal_rows], order, rng), order, ratio)
    who, other = (np.concatenate(part) for part in zip(*found, strict=True))
    gap = np.linalg.norm(space.points[focal_rows[who]] - space.points[other], axis=1)
    return collected(focal_rows, who, other, gap)


class _Offers(Greedy):
    """Who is still free in the space, over the rounds of one match. Places are rows."""

    def __init__(
        self,
        space: Space,
        focal: Bools,
        *,
        strata: Ints,
        score: Floats,
        caliper: float,
        rules: PairRules | None,
    ) -> None:
        self.points, self.rules = space.points, rules
        self.line: list[int] = space.line.tolist()
        self.focal_rows = np.flatnonzero(focal)
        self.rows: list[int] = self.focal_rows.tolist()
        self.stratum: list[int] = strata[self.focal_rows].tolist()
        self.score: list[float] | None = score.tolist() if np.isfinite(caliper) else None
        self.caliper = caliper
        self.limit = float(np.finfo(np.float64).max)
        self.free: list[bool] = (~focal).tolist()
        self.trees: dict[int, tuple[KDTree, Ints]] = {}
        self.taken: dict[int, int] = {}
        self.offered: dict[int, tuple[list[float], list[int], bool]] = {}
        others = np.flatnonzero(~focal)
        others = others[np.argsort(strata[others], kind="stable")]
        bounds = np.flatnonzero(np.diff(strata[others])) + 1
        for rows in np.split(others, bounds):
            if len(rows):
                self._plant(int(strata[rows[0]]), rows)
        self.of_row: list[int] = strata.tolist()

    def _plant(self, stratum: int, rows: Ints) -> None:
        self.trees[stratum] = (KDTree(self.points[rows]), rows)
        self.taken[stratum] = 0

    def prepare(self, turn: Ints) -> None:
        """Fetch first candidates for the people whose turn is next, stratum by stratum."""
        self.offered.clear()
        by_stratum: dict[int, list[int]] = {}
        for person in turn.tolist():
            by_stratum.setdefault(self.stratum[person], []).append(person)
        for stratum, people in by_stratum.items():
            if stratum in self.trees:
                self._thin(stratum)
                for person, offer in zip(people, self._look(people, FIRST_LOOK), strict=True):
                    self.offered[person] = offer

    def _thin(self, stratum: int) -> None:
        tree, rows = self.trees[stratum]
        if self.taken[stratum] > THINNED * tree.n:
            free = rows[np.fromiter((self.free[row] for row in rows.tolist()), bool, len(rows))]
            self._plant(stratum, free)

    def _look(self, people: list[int], k: int) -> list[tuple[list[float], list[int], bool]]:
        """The k nearest of the tree for people of one stratum; True when there are no more."""
        tree, rows = self.trees[self.stratum[people[0]]]
        k = min(k, tree.n)
        if k == 0:
            return [([], [], True)] * len(people)
        gaps, at = tree.query(self.points[self.focal_rows[people]], k=range(1, k + 1))
        gaps = np.round(gaps, GRAIN)
        return [
            (gap, row, k == tree.n)
            for gap, row in zip(gaps.tolist(), rows[at].tolist(), strict=True)
        ]

    def in_order(self, person: int) -> Iterator[tuple[float, int]]:
        """Free and allowed candidates from the nearest outwards, ties by the rule."""
        if self.stratum[person] not in self.trees:
            return
        if person not in self.offered:
            self.offered[person] = self._look([person], FIRST_LOOK)[0]
        gaps, rows, complete = self.offered[person]
        done = -1.0  # candidates up to this distance have been offered
        while True:
            at = 0
            while at < len(gaps):
                end = at + 1
                while end < len(gaps) and gaps[end] == gaps[at]:
                    end += 1
                if end == len(gaps) and not complete:
                    break  # there may be more at this distance
                if gaps[at] > done:
                    done = gaps[at]
                    tied = [row for row in rows[at:end] if self.allowed(person, row)]
                    for row in self._by_rule(person, tied) if len(tied) > 1 else tied:
                        yield done, row
                at = end
            if complete:
                return
            self._thin(self.stratum[person])
            gaps, rows, complete = self._look([person], 4 * len(gaps))[0]
            self.offered[person] = gaps, rows, complete

    def _by_rule(self, person: int, tied: list[int]) -> list[int]:
        mine, line = self.line[self.rows[person]], self.line
        left = sorted((row for row in tied if line[row] < mine), key=line.__getitem__)
        right = sorted((row for row in tied if line[row] > mine), key=line.__getitem__)
        return left + right[::-1]

    def allowed(self, person: int, row: int) -> bool:
        if not self.free[row]:
            return False
        if (
            self.score is not None
            and abs(self.score[self.rows[person]] - self.score[row]) > self.caliper
        ):
            return False
        return self.rules is None or self.rules.allow(person, row)

    def nearest_free(self, person: int) -> tuple[float, int]:
        return next(self.in_order(person), (np.inf, -1))

    def is_free(self, place: int) -> bool:
        return self.free[place]

    def take(self, place: int) -> None:
        self.free[place] = False
        self.taken[self.of_row[place]] += 1

    def with_replacement(self, ratio: int) -> tuple[Ints, Ints]:
        who, other = [], []
        everybody = np.arange(len(self.rows))
        for chunk in np.split(everybody, range(CHUNK, len(everybody), CHUNK)):
            self.prepare(chunk)
            for person in chunk.tolist():
                mine = [row for _, row in islice(self.in_order(person), ratio)]
                who += [person] * len(mine)
                other += mine
        return np.array(who, dtype=np.int64), np.array(other, dtype=np.int64)
