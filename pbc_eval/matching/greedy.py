"""Greedy matching, whatever the distance: whose turn it is, and who takes whom.

    turn ── Greedy.rounds ──▶ who, place ── collected ──▶ Pairs

A subclass knows who is near; this page knows the order in which people choose.
"""

import heapq
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbc_eval.agreement.matching_settings import Order
from pbc_eval.numerics.arrays import Floats, Ints

CHUNK = 4096  # people who are prepared together


class Pairs(NamedTuple):
    """Matched pairs, each of shape (m,), by focal row and then by k.

    ``focal`` and ``other`` are row positions; ``k`` counts a focal person's matches from 1;
    ``distance`` is in units of the score.
    """

    focal: Ints
    k: Ints
    other: Ints
    distance: Floats


def collected(focal_rows: Ints, who: Ints, other: Ints, gap: Floats) -> Pairs:
    """Pairs from matches in the order of their rounds: ``who`` counts the focal people, ``other``
    are rows, ``gap`` their distances."""
    in_order = np.argsort(who, kind="stable")  # rounds are already in order of k
    who, other, gap = who[in_order], other[in_order], gap[in_order]
    first_of_person = np.r_[0, np.flatnonzero(np.diff(who)) + 1] if len(who) else who
    run = np.diff(np.r_[first_of_person, len(who)])
    k = np.arange(len(who)) - np.repeat(first_of_person, run) + 1
    return Pairs(focal_rows[who], k, other, gap)


def choosing_order(
    focal_score: Floats,
    order: Order,
    rng: np.random.Generator | None,
    identity: Ints | None = None,
) -> NDArray[np.int64]:
    """Positions among the focal people in the order in which they choose; ties by row. ``identity``
    (n_focal,) puts them in the order that "data" and "random" go by: that of rows without it."""
    if order == "largest":
        return np.argsort(-focal_score, kind="stable")
    if order == "smallest":
        return np.argsort(focal_score, kind="stable")
    rows = np.arange(len(focal_score))
    if order in ("data", "random") and identity is not None:
        rows = np.argsort(identity, kind="stable")
    if order == "random" and rng is not None:
        return rows[rng.permutation(len(rows))]
    return rows


class Greedy(ABC):
    """Matching without replacement, one person after the other; subclasses know who is near.

    People are counted along the focal group; a place is whatever the subclass says it is. A
    candidate further away than ``limit`` is nobody.
    """

    limit: float

    @abstractmethod
    def nearest_free(self, person: int) -> tuple[float, int]:
        """The distance and place of the nearest free candidate, infinite without one."""

    @abstractmethod
    def is_free(self, place: int) -> bool: ...

    @abstractmethod
    def take(self, place: int) -> None: ...

    @abstractmethod
    def prepare(self, turn: Ints) -> None:
        """Called before these people choose, so that candidates can be fetched in bulk."""

    def rounds(
        self, turn: Ints, order: Order, ratio: int, wanted: Ints | None = None
    ) -> list[tuple[Ints, Ints]]:
        """People and places of each round: nobody has a second match before everybody had a
        chance of a first. ``wanted`` (n_focal,) is how many each seeks, where not all the same."""
        pairs = []
        for number in range(ratio if wanted is None else int(wanted.max(initial=1))):
            if wanted is not None:
                turn = turn[wanted[turn] > number]
            if order == "closest":
                who, place = self.by_distance(turn, farthest=False)
            elif order == "farthest":
                who, place = self.by_distance(turn, farthest=True)
            else:
                who, place = self.in_turn(turn)
            pairs.append((who, place))
            matched = np.zeros(len(turn) and int(turn.max()) + 1, dtype=bool)
            matched[who] = True
            turn = turn[matched[turn]]  # who found nobody now will find nobody later
        return pairs

    def in_turn(self, turn: Ints) -> tuple[Ints, Ints]:
        """One round in a given order: look, compare, take."""
        who, places = [], []
        for chunk in np.split(turn, range(CHUNK, len(turn), CHUNK)):
            self.prepare(chunk)
            for person in chunk.tolist():
                gap, place = self.nearest_free(person)
                if gap <= self.limit:
                    self.take(place)
                    who.append(person)
                    places.append(place)
        return np.array(who, dtype=np.int64), np.array(places, dtype=np.int64)

    def by_distance(self, turn: Ints, *, farthest: bool) -> tuple[Ints, Ints]:
        """One round in which the nearest pair of all is made first, or with ``farthest`` that of
        the person whose nearest candidate is the furthest away."""
        self.prepare(turn)
        sign = -1 if farthest else 1
        queue = []
        for rank, person in enumerate(turn.tolist()):
            gap, place = self.nearest_free(person)
            if gap <= self.limit:
                queue.append((sign * gap, rank, person, place))
        heapq.heapify(queue)
        who, places = [], []
        look_again = 0
        while queue:
            gap, _, person, place = heapq.heappop(queue)
            if self.is_free(place):
                self.take(place)
                who.append(person)
                places.append(place)
                continue
            gap, place = self.nearest_free(person)
            if gap <= self.limit:
                look_again -= 1  # ahead of everybody already waiting at this distance
                heapq.heappush(queue, (sign * gap, look_again, person, place))
        return np.array(who, dtype=np.int64), np.array(places, dtype=np.int64)
