"""Optimal matching: the pairs whose total distance is the smallest there is.

    score or space, focal ── optimal_pairs ──▶ Pairs

As many people as possible are matched; among those matchings the total distance is the smallest.
With a ratio of k each focal person is k people in the same place. Without a caliper, along a
score, one pass over the sorted line with two heaps of second thoughts finds the optimum; a taken
candidate can be traded in later for the difference. In a space, or with a caliper or rules, the
stratum is solved as an assignment problem.

Source: Rosenbaum (1989), JASA 84, 1024-1032; Crouse (2016), IEEE Transactions on Aerospace and
Electronic Systems 52 (assignment); the pass is the successive-shortest-path method on a line.
"""

import heapq

import numpy as np

from pbc_eval.errors import DesignError
from pbc_eval.matching.distance import GRAIN, Space
from pbc_eval.matching.greedy import Pairs, collected
from pbc_eval.matching.rules import PairRules
from pbc_eval.numerics.arrays import Bools, Floats, Ints

LARGEST = 40_000_000  # cells of a distance table: 320 MB


def optimal_pairs(
    score: Floats,
    space: Space | None,
    focal: Bools,
    *,
    strata: Ints,
    ratio: int = 1,
    caliper: float = np.inf,
    rules: PairRules | None = None,
) -> Pairs:
    """Match focal people to ``ratio`` others each at the smallest total distance.

    All arrays have shape (n,); distances are those of ``space``, or of ``score`` where that is
    None, both on a grid, so that equal totals are equal; they are resolved by row order. Raises
    DesignError when a stratum that must be solved as a table has more than 40 million cells.
    """
    focal_rows = np.flatnonzero(focal)
    number = np.full(len(focal), -1, dtype=np.int64)
    number[focal_rows] = np.arange(len(focal_rows))
    on_line = space is None and not np.isfinite(caliper) and rules is None
    points = score[:, None] if space is None else space.points
    who, other = [], []
    line = np.argsort(strata, kind="stable")
    for rows in np.split(line, np.flatnonzero(np.diff(strata[line])) + 1):
        seeking, pool = rows[focal[rows]], rows[~focal[rows]]
        if not len(seeking) or not len(pool):
            continue
        repeated = np.repeat(seeking, ratio)
        if on_line:
            at, mate = _along_a_line(score[repeated], score[pool])
        else:
            cost = cost_table(
                points,
                repeated,
                pool,
                score=score,
                caliper=caliper,
                rules=rules,
                number=number,
                in_space=space is not None,
            )
            at, mate = _by_table(cost)
        who.append(number[repeated[at]])
        other.append(pool[mate])
    if not who:
        empty = np.empty(0, dtype=np.int64)
        return Pairs(empty, empty, empty, np.empty(0))
    people, mates = np.concatenate(who), np.concatenate(other)
    gap = np.linalg.norm(points[focal_rows[people]] - points[mates], axis=1)
    by_distance = np.lexsort((mates, gap, people))  # a person's first match is the nearest
    return collected(focal_rows, people[by_distance], mates[by_distance], gap[by_distance])


def cost_table(
    points: Floats,
    seeking: Ints,
    pool: Ints,
    *,
    score: Floats,
    caliper: float,
    rules: PairRules | None,
    number: Ints,
    in_space: bool,
) -> Floats:
    """Distances (seeking, pool), infinite where caliper or rules forbid the pair; ``in_space`` says
    that the points are not those of the score."""
    if len(seeking) * len(pool) > LARGEST:
        raise DesignError(
            f"match: a stratum of {len(seeking):,} by {len(pool):,} is too large for an optimum "
            f"with a caliper, rules or several covariates; the limit is {LARGEST:,} cells. Split "
            "it with exact=, use the propensity score without a caliper, or method='nearest'."
        )
    from scipy.spatial.distance import cdist  # noqa: PLC0415 heavy

    cost = np.asarray(cdist(points[seeking], points[pool]))
    if in_space:  # a score is on its own grid, on which differences are exact
        cost = np.round(cost, GRAIN)
    if np.isfinite(caliper):
        cost[np.abs(score[seeking][:, None] - score[pool]) > caliper] = np.inf
    if rules is not None:
        for i, row in enumerate(seeking.tolist()):
            for j in np.flatnonzero(np.isfinite(cost[i])).tolist():
                if not rules.allow(int(number[row]), int(pool[j])):
                    cost[i, j] = np.inf
    return cost


def _by_table(cost: Floats) -> tuple[Ints, Ints]:
    """The most pairs, then the least total: a forbidden pair costs more than all others could
    save, and is dropped afterwards."""
    allowed = np.isfinite(cost)
    if not allowed.any():
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    dearest = float(cost[allowed].max()) * (min(cost.shape) + 1) + 1.0
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 heavy

    at, mate = linear_sum_assignment(np.where(allowed, cost, dearest))
    made = allowed[at, mate]
    return np.asarray(at[made], dtype=np.int64), np.asarray(mate[made], dtype=np.int64)


def _along_a_line(seeking: Floats, pool: Floats) -> tuple[Ints, Ints]:
    """Positions of mates along a line, everybody matched as far as there are candidates.

    Going from left to right, a person takes the cheapest way back: a free candidate, or one that
    a second thought sets free. ``gaps`` holds candidates (or second thoughts) a later person could
    use; ``needs`` what a later candidate would save. A cost has a first part counting people left
    alone, so that nobody is left alone to save distance. Only the set of candidates used is
    followed: given the set, pairing in order of score is optimal.
    """
    place = np.r_[seeking, pool]
    is_candidate = np.r_[np.zeros(len(seeking), bool), np.ones(len(pool), bool)]
    order = np.lexsort((is_candidate, place))
    used = [False] * len(pool)
    gaps: list[tuple[int, float, int]] = []
    needs: list[tuple[int, float, int]] = []
    at_place = place.tolist()
    n_seeking = len(seeking)
    for point in order.tolist():
        x = at_place[point]
        if point < n_seeking:
            # -1 stands for nobody: the person stays alone, at a cost of one and no distance
            option = (1, -x, -1)
            if gaps and gaps[0] < option:
                option = heapq.heappop(gaps)
            alone, value, freed = option
            if freed >= 0:
                used[freed] = True
            heapq.heappush(needs, (-alone, -value - 2 * x, freed))
            continue
        y = point - n_seeking
        if needs and (needs[0][0], needs[0][1] + x) < (0, 0.0):
            alone, value, released = heapq.heappop(needs)
            used[y] = True
            if released >= 0:
                used[released] = False
            heapq.heappush(gaps, (-alone, -value - 2 * x, released))
        else:
            heapq.heappush(gaps, (0, -x, y))
    chosen = np.flatnonzero(used)
    mates = chosen[np.argsort(pool[chosen], kind="stable")]
    people = np.argsort(seeking, kind="stable")
    if len(mates) < len(people):
        return _short_line(seeking, pool)
    return people, mates


def _short_line(seeking: Floats, pool: Floats) -> tuple[Ints, Ints]:
    """Fewer candidates than people: every candidate is used, and chooses among the people."""
    mates, people = _along_a_line(pool, seeking)
    return people, mates
