"""Full matching: everybody in a set, at the smallest total distance there is.

    score or space, focal ── full_sets ──▶ Sets

Each set has one focal person and several others, or the reverse. The sets are a minimum-cost edge
cover of the two groups. Along a score the cover is a flow: each focal person sends out one or
more, each other person takes in one or more, and the cost of a gap on the line is its width times
what flows across. The least cost as a function of the flow so far is convex, so one pass with two
heaps of its kinks, and one back, give the exact optimum. In a space, or under a caliper or rules,
the cover is solved as a linear programme over pairs that can matter, whose solutions are whole.

Source: Rosenbaum (1991), JRSS B 53, 597-610; Hansen (2004), JASA 99, 609-618; edge covers:
Schrijver (2003), Combinatorial Optimization, chapter 19.
"""

import heapq
from functools import lru_cache

import numpy as np
from scipy.sparse import coo_array

from pbc_eval.errors import DesignError
from pbc_eval.matching.assignment import Sets
from pbc_eval.matching.distance import Space
from pbc_eval.matching.optimal import cost_table
from pbc_eval.matching.rules import PairRules
from pbc_eval.numerics.arrays import Bools, Floats, Ints

MOST_EDGES = 3_000_000  # pairs in a linear programme


def full_sets(
    score: Floats,
    space: Space | None,
    focal: Bools,
    *,
    strata: Ints,
    caliper: float = np.inf,
    rules: PairRules | None = None,
) -> Sets:
    """Put everybody who may be paired with somebody into a set.

    All arrays have shape (n,); distances are those of ``space``, or of ``score`` where that is
    None. Raises DesignError when a stratum is too large for a linear programme.
    """
    number = np.cumsum(focal) - 1
    on_line = space is None and not np.isfinite(caliper) and rules is None
    points = score[:, None] if space is None else space.points
    ends: list[tuple[Ints, Ints]] = []
    line = np.argsort(strata, kind="stable")
    for rows in np.split(line, np.flatnonzero(np.diff(strata[line])) + 1):
        seeking, pool = rows[focal[rows]], rows[~focal[rows]]
        if not len(seeking) or not len(pool):
            continue
        if on_line:
            edges = _cover_of_line(score[seeking], score[pool])
        else:
            edges = _cover_by_table(
                cost_table(
                    points,
                    seeking,
                    pool,
                    score=score,
                    caliper=caliper,
                    rules=rules,
                    number=number,
                    in_space=space is not None,
                )
            )
        left, right = _pruned(*edges)
        ends.append((seeking[left], pool[right]))
    label = np.full(len(focal), -1, dtype=np.int64)
    if not ends:
        return Sets(label, 0.0)
    left, right = (np.concatenate(part) for part in zip(*ends, strict=True))
    n = len(focal)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 heavy

    links = coo_array((np.ones(len(left)), (left, right)), shape=(n, n))
    _, component = connected_components(links, directed=False)
    inside = np.zeros(n, dtype=bool)
    inside[left] = inside[right] = True
    label[inside] = component[inside]
    total = float(np.linalg.norm(points[left] - points[right], axis=1).sum())
    return Sets(label, total)


def _cover_of_line(seeking: Floats, pool: Floats) -> tuple[Ints, Ints]:
    """Pairs (positions) of a minimum-cost edge cover on a line.

    State: the flow B after each point. A focal person adds one or more, another takes away one or
    more, a gap of width g costs g |B|, and B ends at 0. The cost so far, convex in B, is kept as
    kinks left and right of its lowest stretch; only where that stretch was is needed to go back.
    """
    place = np.r_[seeking, pool]
    is_pool = np.r_[np.zeros(len(seeking), bool), np.ones(len(pool), bool)]
    order = np.lexsort((is_pool, place))
    width = np.r_[np.diff(place[order]), 0.0]
    change = _changes_of_flow(is_pool[order].tobytes(), width.tobytes())
    people, mates = order[~is_pool[order]], order[is_pool[order]] - len(seeking)
    # first in, first out along the line: the m-th unit sent is the m-th taken in
    sent = np.repeat(people, change[~is_pool[order]])
    taken = np.repeat(mates, -change[is_pool[order]])
    return sent, taken


@lru_cache(maxsize=4)
def _changes_of_flow(is_pool: bytes, width: bytes) -> Ints:
    """What each point of the line adds to the flow, or takes away.

    Remembered by its arguments, arrays of bool and float64 as bytes: who stands where among equal
    scores is another matter, so that all ways of breaking ties have one flow.
    """
    takes = np.frombuffer(is_pool, dtype=bool).tolist()
    best = _lowest_flows(takes, np.frombuffer(width).tolist())
    flow = np.zeros(len(takes) + 1, dtype=np.int64)
    after = 0
    for k in range(len(takes) - 1, -1, -1):
        # before a focal person the flow was at most B - 1, before another at least B + 1
        before = max(after + 1, best[k]) if takes[k] else min(after - 1, best[k])
        flow[k], after = (before, before) if k else (0, 0)
    change = np.diff(flow)
    change.flags.writeable = False
    return change


def _lowest_flows(is_pool: list[bool], width: list[float]) -> list[int]:
    """For each point, the flow before it at which the cost so far is lowest."""
    left: list[tuple[float, float]] = []  # kinks (-place, slope lost), nearest the bottom first
    right: list[tuple[float, float]] = []
    far = float("inf")
    heapq.heappush(left, (0.0, far))  # the flow starts at 0 and nowhere else
    heapq.heappush(right, (0.0, far))
    shift_left = shift_right = 0
    best = []
    for pool_point, gap in zip(is_pool, width, strict=True):
        low = -left[0][0] + shift_left if left else -far
        high = right[0][0] + shift_right if right else far
        best.append(int(min(max(0.0, low), high)))
        if pool_point:
            left.clear()
            shift_left, shift_right = 0, shift_right - 1
        else:
            right.clear()
            shift_left, shift_right = shift_left + 1, 0
        if gap > 0:
            _add_kink(left, right, shift_left, shift_right, gap)
    return best


def _add_kink(
    left: list[tuple[float, float]],
    right: list[tuple[float, float]],
    shift_left: int,
    shift_right: int,
    gap: float,
) -> None:
    """Add gap |B|: a slope of gap on either side of 0, moved over as the bottom moves."""
    heapq.heappush(left, (float(shift_left), gap))  # the kink of gap max(0, -B), as -(0 - shift)
    heapq.heappush(right, (float(-shift_right), gap))
    # the bottom lies where slopes from the left and from the right meet: put crossed kinks right
    while left and right and -left[0][0] + shift_left > right[0][0] + shift_right:
        at_left, slope_left = heapq.heappop(left)
        at_right, slope_right = heapq.heappop(right)
        x_left, x_right = -at_left + shift_left, at_right + shift_right
        moved = min(slope_left, slope_right)
        heapq.heappush(right, (x_left - shift_right, moved))
        heapq.heappush(left, (-(x_right - shift_left), moved))
        if slope_left > moved:
            heapq.heappush(left, (at_left, slope_left - moved))
        if slope_right > moved:
            heapq.heappush(right, (at_right, slope_right - moved))


def _cover_by_table(cost: Floats) -> tuple[Ints, Ints]:
    """Pairs (positions) of a minimum-cost edge cover of everybody with an allowed pair.

    A pair that costs more than both people's nearest together is never in an optimum.
    """
    nearest_row, nearest_column = cost.min(axis=1), cost.min(axis=0)
    useful = np.isfinite(cost) & (cost <= nearest_row[:, None] + nearest_column)
    at, mate = np.nonzero(useful)
    if not len(at):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    if len(at) > MOST_EDGES:
        raise DesignError(
            f"match: full matching of {cost.shape[0]:,} by {cost.shape[1]:,} people has "
            f"{len(at):,} pairs to choose from, above {MOST_EDGES:,}. Split it with exact=, or "
            "use the propensity score without a caliper."
        )
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 heavy

    rows, row_of = np.unique(at, return_inverse=True)
    columns, column_of = np.unique(mate, return_inverse=True)
    edges = np.arange(len(at))
    incidence = coo_array(
        (np.ones(2 * len(at)), (np.r_[row_of, len(rows) + column_of], np.r_[edges, edges])),
        shape=(len(rows) + len(columns), len(at)),
    ).tocsr()
    # without any demand for whole numbers: the corners of this programme are whole by themselves
    solution = milp(
        cost[at, mate], constraints=LinearConstraint(incidence, lb=1), bounds=Bounds(lb=0)
    )
    if not solution.success:
        raise DesignError(f"match: full matching did not finish ({solution.message})")
    chosen = solution.x > 0.5
    return np.asarray(at[chosen], dtype=np.int64), np.asarray(mate[chosen], dtype=np.int64)


def _pruned(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Drop pairs whose two people are both served elsewhere; only ties leave such pairs, and what
    remains is one focal person with others, or the reverse."""
    if len(left):
        both = np.unique(np.column_stack([left, right]), axis=0)
        left, right = both[:, 0], both[:, 1]
    degree_left, degree_right = np.bincount(left), np.bincount(right)
    kept = []
    for edge, (a, b) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        if degree_left[a] > 1 and degree_right[b] > 1:
            degree_left[a] -= 1
            degree_right[b] -= 1
        else:
            kept.append(edge)
    return left[kept], right[kept]
