"""Greedy nearest-neighbour matching on a score, one focal person at a time.

    score, focal, strata ── nearest_pairs ──▶ Pairs

Focal people (the treated for the ATT, the comparison group for the ATC) choose in the order asked
for; each takes the nearest free person of the other group. The rule for ties is deterministic and
the one MatchIt >= 4.5.1 states (its issue 180): everyone is laid out by score, equal scores in row
order (``match`` puts rows in the order of the units' identities); the nearest free candidate on the
left and on the right are compared, and the right one wins only if it is strictly nearer. Among
focal people with equal scores the earlier row chooses first. With order "closest" a person whose
candidate was taken meanwhile looks again, and goes before others at the same distance; so with
"farthest", where whoever has the furthest to go chooses first.

A candidate once taken is skipped by later people through links with path compression, so the whole
pass is close to linear after one sort.

Source: Rubin (1973), Biometrics 29, 159-183; links: Tarjan (1975), JACM 22, 215-225.
"""

import numpy as np

from pbc_eval.agreement.matching_settings import Order
from pbc_eval.matching.greedy import Greedy, Pairs, choosing_order, collected
from pbc_eval.matching.rules import PairRules
from pbc_eval.matching.score_line import ScoreLine, free_place, lay_out
from pbc_eval.numerics.arrays import Bools, Floats, Ints


def nearest_pairs(
    score: Floats,
    focal: Bools,
    *,
    strata: Ints,
    order: Order = "largest",
    ratio: int = 1,
    replacement: bool = False,
    caliper: float = np.inf,
    rules: PairRules | None = None,
    rng: np.random.Generator | None = None,
    wanted: Ints | None = None,
    identity: Ints | None = None,
) -> Pairs:
    """Match each focal person to the ``ratio`` nearest others, within strata and caliper.

    ``score`` (n,), ``focal`` (n,), ``strata`` (n,) whole numbers; ``caliper`` in units of the
    score, pairs exactly at it included. With a ratio above 1 and no replacement the matching goes
    in rounds: nobody has a second match before everybody had a chance of a first. A pair that
    ``rules`` forbid is passed over for the next nearest. ``rng`` is used by order "random" alone;
    ``wanted`` (n_focal,) replaces ``ratio`` where people seek different numbers; ``identity`` (n,)
    is the order that "data" and "random" go by, where it is not that of the rows.
    """
    rail = lay_out(score, focal, strata)
    focal_rows = np.flatnonzero(focal)
    focal_score = score[focal_rows]
    if replacement and rules is not None:
        rounds_of_links = [
            _with_replacement_ruled(RuledLinks(rail, focal_score, caliper, rules), ratio)
        ]
    elif replacement:
        rounds_of_links = [_with_replacement(rail, focal_score, ratio, caliper)]
    else:
        links = (
            Links(rail, focal_score, caliper)
            if rules is None
            else RuledLinks(rail, focal_score, caliper, rules)
        )
        by_identity = None if identity is None else identity[focal_rows]
        turn = choosing_order(focal_score, order, rng, by_identity)
        rounds_of_links = links.rounds(turn, order, ratio, wanted)
    who, place = (np.concatenate(part) for part in zip(*rounds_of_links, strict=True))
    gap = np.abs(focal_score[who] - rail.score[place])
    return collected(focal_rows, who, rail.row[place], gap)


def _with_replacement(
    rail: ScoreLine, focal_score: Floats, ratio: int, caliper: float
) -> tuple[Ints, Ints]:
    """All focal people at once: two pointers each, moved outwards ``ratio`` times."""
    right = rail.start.copy()
    left = right - 1
    who, place = [], []
    waiting = np.arange(len(focal_score))
    for _ in range(ratio):
        here = focal_score[waiting]
        gap_left = here - rail.score[left[waiting]]
        gap_right = rail.score[right[waiting]] - here
        go_right = gap_right < gap_left
        gap = np.where(go_right, gap_right, gap_left)
        within = (gap <= caliper) & np.isfinite(gap)  # beyond a wall there is nobody
        waiting, go_right = waiting[within], go_right[within]
        who.append(waiting)
        place.append(np.where(go_right, right[waiting], left[waiting]))
        right[waiting[go_right]] += 1
        left[waiting[~go_right]] -= 1
    return np.concatenate(who), np.concatenate(place)


class Links(Greedy):
    """Who is still free along the rail, over the rounds of one match.

    ``left[place]`` and ``right[place]`` lead towards the next free place; a free place, or a wall,
    leads to itself. Plain lists, because a walk is a handful of scalar reads and those are slow on
    arrays.
    """

    def __init__(self, rail: ScoreLine, focal_score: Floats, caliper: float) -> None:
        self.left = list(range(len(rail.score)))
        self.right = list(range(len(rail.score)))
        self.rail_score: list[float] = rail.score.tolist()
        self.score: list[float] = focal_score.tolist()
        self.start: list[int] = rail.start.tolist()
        # a wall is infinitely far and must never be within the limit
        self.limit = min(caliper, float(np.finfo(np.float64).max))

    def nearest_free(self, person: int) -> tuple[float, int]:
        """The distance and place of the nearest free candidate; the left one wins a tie."""
        at, start = self.score[person], self.start[person]
        left, right = free_place(self.left, start - 1), free_place(self.right, start)
        gap_left, gap_right = at - self.rail_score[left], self.rail_score[right] - at
        return (gap_right, right) if gap_right < gap_left else (gap_left, left)

    def prepare(self, turn: Ints) -> None:
        """Nothing to fetch: the rail is laid out."""

    def is_free(self, place: int) -> bool:
        return self.left[place] == place

    def take(self, place: int) -> None:
        self.left[place] = place - 1
        self.right[place] = place + 1


class RuledLinks(Links):
    """Links on which a focal person passes over free candidates that the rules forbid to them."""

    def __init__(
        self, rail: ScoreLine, focal_score: Floats, caliper: float, rules: PairRules
    ) -> None:
        super().__init__(rail, focal_score, caliper)
        self.rules = rules
        self.row: list[int] = rail.row.tolist()

    def nearest_free(self, person: int) -> tuple[float, int]:
        at, start = self.score[person], self.start[person]
        left = free_place(self.left, start - 1)
        while (gap_left := at - self.rail_score[left]) <= self.limit and not self.allowed(
            person, left
        ):
            left = free_place(self.left, left - 1)
        right = free_place(self.right, start)
        while (gap_right := self.rail_score[right] - at) <= self.limit and not self.allowed(
            person, right
        ):
            right = free_place(self.right, right + 1)
        return (gap_right, right) if gap_right < gap_left else (gap_left, left)

    def allowed(self, person: int, place: int) -> bool:
        return self.rules.allow(person, self.row[place])


def _with_replacement_ruled(links: RuledLinks, ratio: int) -> tuple[Ints, Ints]:
    """One focal person after the other, walking outwards until enough are found."""
    who, places = [], []
    for person in range(len(links.score)):
        mine: list[int] = []
        low, high = links.start[person] - 1, links.start[person]
        at = links.score[person]
        while len(mine) < ratio:
            gap_left, gap_right = at - links.rail_score[low], links.rail_score[high] - at
            if min(gap_left, gap_right) > links.limit:
                break
            place = high if gap_right < gap_left else low
            low, high = (low, high + 1) if place == high else (low - 1, high)
            if links.allowed(person, place):
                mine.append(place)
        who += [person] * len(mine)
        places += mine
    return np.array(who, dtype=np.int64), np.array(places, dtype=np.int64)
