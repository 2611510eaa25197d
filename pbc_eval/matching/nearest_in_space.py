"""Greedy nearest-neighbour matching by several covariates at once.

    Space, focal, strata ── nearest_in_space ──▶ Pairs

Candidates at one point share a cell, so that coarse covariates cost nothing. Cells come from a k-d
tree per stratum, which is rebuilt as they empty; a person is offered more of them until somebody
is free, within the caliper and allowed. Distances are
compared to nine decimals. Among equally near candidates the rule is deterministic: with everybody
laid out along the space's first coordinate (equal ones in row order), those to the left come
first, and on either side the one furthest along the line does.

Source: Friedman, Bentley & Finkel (1977), ACM Transactions on Mathematical Software 3, 209-226.
"""

import heapq
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pbc_eval.agreement.matching_settings import Order
from pbc_eval.matching.distance import GRAIN, Space
from pbc_eval.matching.greedy import (
    CHUNK,
    Greedy,
    Pairs,
    choosing_order,
    collected,
)
from pbc_eval.matching.rules import PairRules
from pbc_eval.numerics.arrays import Bools, Floats, Ints

if TYPE_CHECKING:
    from scipy.spatial import KDTree

FIRST_LOOK = 12  # cells fetched for everybody at once
CELL_GRAIN = 12  # decimals of a point; people who agree in them share a cell
THINNED = 0.15  # share of a tree emptied before it is rebuilt on the free


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
    identity: Ints | None = None,
) -> Pairs:
    """Match each focal person to the ``ratio`` nearest others, within strata and caliper.

    ``focal``, ``strata`` and ``score`` have shape (n,); ``caliper`` limits the difference in the
    score, and ``order`` may use the score, which is NaN where none was fitted. Rounds, turns and
    ``identity`` are those of ``nearest_pairs``; distances are those of the space.
    """
    offers = _Offers(space, focal, strata=strata, score=score, caliper=caliper, rules=rules)
    focal_rows = offers.focal_rows
    if replacement:
        links = [offers.with_replacement(ratio)]
    else:
        by_identity = None if identity is None else identity[focal_rows]
        turn = choosing_order(score[focal_rows], order, rng, by_identity)
        links = offers.rounds(turn, order, ratio)
    who, other = (np.concatenate(part) for part in zip(*links, strict=True))
    gap = np.linalg.norm(space.points[focal_rows[who]] - space.points[other], axis=1)
    return collected(focal_rows, who, other, gap)


# distances, cells, and whether there are no further ones
_Offer = tuple[list[float], list[int], bool]


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
        self.points, self.rules = np.round(space.points, CELL_GRAIN), rules
        self.line: list[int] = space.line.tolist()
        self.focal_rows = np.flatnonzero(focal)
        self.rows: list[int] = self.focal_rows.tolist()
        self.stratum: list[int] = strata[self.focal_rows].tolist()
        self.score: list[float] | None = score.tolist() if np.isfinite(caliper) else None
        self.caliper = caliper
        self.limit = float(np.finfo(np.float64).max)
        self.free: list[bool] = (~focal).tolist()
        self.offered: dict[int, _Offer] = {}
        self.trees: dict[int, tuple[KDTree, Ints]] = {}
        self.emptied: dict[int, int] = {}
        self._lay_cells(np.flatnonzero(~focal), strata, space.line)

    def _lay_cells(self, others: Ints, strata: Ints, line: Ints) -> None:
        """Cells of candidates at one point of one stratum, each in the order of the line."""
        others = others[np.argsort(line[others], kind="stable")]
        keys = np.column_stack([strata[others], self.points[others] + 0.0])
        _, first, cell = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        cell = cell.reshape(-1)
        self.cell_rows = others[first]  # somebody of each cell, for its point
        by_cell = others[np.argsort(cell, kind="stable")]
        ends = np.cumsum(np.bincount(cell, minlength=len(first)))
        self.members: list[list[int]] = [part.tolist() for part in np.split(by_cell, ends[:-1])]
        self.front = [0] * len(first)  # the ends of each cell that are still free
        self.back: list[int] = (np.diff(np.r_[0, ends]) - 1).tolist()
        self.left_in: list[int] = np.diff(np.r_[0, ends]).tolist()
        self.cell_of: dict[int, int] = dict(zip(others.tolist(), cell.tolist(), strict=True))
        self.stratum_of: list[int] = strata[self.cell_rows].tolist()
        for stratum in np.unique(strata[self.cell_rows]).tolist():
            self._plant(stratum, np.flatnonzero(strata[self.cell_rows] == stratum))

    def _plant(self, stratum: int, cells: Ints) -> None:
        from scipy.spatial import KDTree  # noqa: PLC0415 heavy

        self.trees[stratum] = (KDTree(self.points[self.cell_rows[cells]]), cells)
        self.emptied[stratum] = 0

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
        tree, cells = self.trees[stratum]
        if self.emptied[stratum] > THINNED * tree.n:
            open_cells = [cell for cell in cells.tolist() if self.left_in[cell]]
            self._plant(stratum, np.array(open_cells, dtype=np.int64))

    def _look(self, people: list[int], k: int) -> list[_Offer]:
        """The k nearest cells of the tree for people of one stratum."""
        tree, cells = self.trees[self.stratum[people[0]]]
        k = min(k, tree.n)
        if k == 0:
            return [([], [], True)] * len(people)
        gaps, at = tree.query(self.points[self.focal_rows[people]], k=range(1, k + 1))
        return [
            (gap, cell, k == tree.n)
            for gap, cell in zip(np.round(gaps, GRAIN).tolist(), cells[at].tolist(), strict=True)
        ]

    def in_order(self, person: int) -> Iterator[tuple[float, int]]:
        """Free and allowed candidates from the nearest outwards, ties by the rule."""
        if self.stratum[person] not in self.trees:
            return
        if person not in self.offered:
            self.offered[person] = self._look([person], FIRST_LOOK)[0]
        gaps, cells, complete = self.offered[person]
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
                    for row in self._by_rule(person, cells[at:end]):
                        yield done, row
                at = end
            if complete:
                return
            self._thin(self.stratum[person])
            gaps, cells, complete = self._look([person], 4 * len(gaps))[0]
            self.offered[person] = gaps, cells, complete

    def _by_rule(self, person: int, cells: list[int]) -> Iterator[int]:
        """Free and allowed people of equally near cells: to the left from the far end, then to
        the right from the far end."""
        cells = [cell for cell in cells if self.left_in[cell]]
        line = self.line
        for side in (self._to_the_left, self._to_the_right):
            parts = [side(person, cell) for cell in cells]
            if len(parts) == 1:
                yield from parts[0]
            else:
                yield from heapq.merge(
                    *parts, key=line.__getitem__, reverse=side == self._to_the_right
                )

    def _to_the_left(self, person: int, cell: int) -> Iterator[int]:
        members, mine = self.members[cell], self.line[self.rows[person]]
        while not self.free[members[self.front[cell]]]:
            self.front[cell] += 1
        for at in range(self.front[cell], len(members)):
            if self.line[members[at]] > mine:
                return
            if self.allowed(person, members[at]):
                yield members[at]

    def _to_the_right(self, person: int, cell: int) -> Iterator[int]:
        members, mine = self.members[cell], self.line[self.rows[person]]
        while not self.free[members[self.back[cell]]]:
            self.back[cell] -= 1
        for at in range(self.back[cell], -1, -1):
            if self.line[members[at]] < mine:
                return
            if self.allowed(person, members[at]):
                yield members[at]

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
        cell = self.cell_of[place]
        self.free[place] = False
        self.left_in[cell] -= 1
        if not self.left_in[cell]:
            self.emptied[self.stratum_of[cell]] += 1

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
