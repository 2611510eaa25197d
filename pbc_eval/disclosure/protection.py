"""Which cells to hide so that what is left does not tell the sensitive ones, at the least cost.

Every sensitive cell is asked to be *protected*: a reader who knows all that is published must be
able to believe any value of its sensitive range. The pattern of least cost that does this is found
as an integer programme by cutting planes:

    hide (0/1) of least cost  ──▶  what can a reader work out of each sensitive cell? (an LP each)
             ▲                                     │ too much
             └──── the cells that would have kept it open: at least so many more ◀┘ (the LP's dual)

First over fractions, which is quick and gives most cuts, then over whole patterns until every
sensitive cell is protected: then the pattern is optimal. Should ``ROUNDS`` not be enough, the last
pattern is completed greedily, is safe all the same, and says how far it may be from the optimum.

Source: Fischetti & Salazar (2001), Management Science 47, 1008-1027 (capacity cuts, strengthened
to the asked level); Castro (2012), European Journal of Operational Research 216, 244-257.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from pbc_eval.disclosure.relations import NEAR, Relations
from pbc_eval.numerics.arrays import Bools, Floats

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

ROUNDS = 120  # of each phase; tables of a report need fewer than ten
NODES = 20_000  # of one search for a pattern; a count, not a time, so that answers repeat
TIE = 1e-4  # all differences between ties together; costs are whole numbers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuppressionProblem:
    """Cells with their relations, and what must be protected.

    Cells that go together have the same number in ``decision`` (n,); ``cost`` (d,) is of hiding
    what one decision hides. ``sensitive`` (n,) must be hidden and protected: a reader must be able
    to believe ``low`` (n,) and ``high`` (n,), and never less than ``least`` (n,) of a hidden cell,
    nor more than ``most`` (n,): infinite, unless words tell that it is small.
    Decisions in ``always`` (d,) are hidden anyway; those in ``never`` (d,) are told elsewhere.
    ``implied`` (k, 2): hiding the first means hiding the second.
    """

    values: Floats
    relations: Relations
    decision: NDArray[np.int64]
    cost: Floats
    sensitive: Bools
    low: Floats
    high: Floats
    least: Floats
    always: Bools
    never: Bools
    most: Floats | float = np.inf
    implied: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """What to hide, (n,). ``bound`` is a cost below which no safe pattern exists; ``exposed`` are
    sensitive cells that no pattern can protect as asked."""

    hidden: Bools
    cost: float
    bound: float
    exposed: tuple[int, ...] = ()
    rounds: int = 0

    @property
    def gap(self) -> float:
        """How far above the optimum the pattern may be, as a share of its cost; 0 when optimal."""
        return max(self.cost - self.bound, 0.0) / self.cost if self.cost else 0.0

    @property
    def optimal(self) -> bool:
        return self.cost - self.bound < 0.5  # costs are whole numbers


@dataclass(slots=True, eq=False)
class _Target:
    """One side of one sensitive cell: by how much it must be able to move, and where."""

    cell: int
    sign: float
    asked: float


@dataclass(slots=True, eq=False)
class _Search:
    problem: SuppressionProblem
    targets: list[_Target]
    room_down: Floats  # by how much each cell can be lower than it is
    room_up: Floats  # and higher
    start: Floats  # decisions hidden from the outset
    end: Floats  # decisions that may be hidden
    stretch: float  # by how much more than asked another cell may have to move
    cuts: list[Floats] = field(default_factory=list)


def protect(problem: SuppressionProblem, *, rounds: int = ROUNDS) -> Pattern:
    """The pattern of least cost that protects every sensitive cell; the same every time.

    Where no pattern can protect a cell as asked, it gets what hiding everything gives it, and is
    among ``exposed``.
    """
    n_decisions = len(problem.cost)
    if not problem.sensitive.any():
        hidden = problem.always[problem.decision]
        cost = float(problem.cost[problem.always].sum())
        return Pattern(hidden=hidden, cost=cost, bound=cost)
    start = problem.always.astype(float)
    start[problem.decision[problem.sensitive]] = 1.0
    end = np.maximum(1.0 - problem.never.astype(float), start)
    search = _Search(
        problem=problem,
        targets=_targets(problem),
        room_down=np.maximum(problem.values - problem.least, 0.0),
        room_up=np.maximum(problem.most - problem.values, 0.0),
        start=start,
        end=end,
        stretch=_stretch(problem.relations),
    )
    exposed = _ask_no_more_than_can_be(search)
    ties = np.arange(1, n_decisions + 1) / (n_decisions * (n_decisions + 1) / 2) * TIE
    weights = np.round(problem.cost) + ties
    bound, chosen, is_whole, done = 0.0, start, False, 0
    for done in range(1, 2 * rounds + 1):
        solved = _cheapest(search, weights, whole=is_whole)
        bound = max(bound, float(solved.fun if not is_whole else solved.mip_dual_bound))
        chosen = np.asarray(solved.x, dtype=float)
        chosen = np.round(chosen) if is_whole else chosen
        violations = _violated(search, chosen)
        search.cuts += violations
        if not violations and is_whole:
            break
        is_whole = is_whole or not violations or done >= rounds
    else:
        chosen = _completed(search, chosen, weights)
    hidden = chosen > 0.5
    cost = float(np.round(problem.cost)[hidden].sum())
    return Pattern(
        hidden=hidden[problem.decision],
        cost=cost,
        bound=min(float(np.ceil(bound - TIE - NEAR)), cost),
        exposed=exposed,
        rounds=done,
    )


def _stretch(relations: Relations) -> float:
    """1 where all cells count once in sums; in a sum of multiples, how far these lie apart."""
    matrix = relations.matrix
    sizes = np.abs(matrix.data[matrix.data != 0])
    return float(sizes.max() / sizes.min()) if len(sizes) else 1.0


def _targets(problem: SuppressionProblem) -> list[_Target]:
    made = []
    related = np.bincount(problem.relations.matrix.indices, minlength=len(problem.values)) > 0
    for cell in np.flatnonzero(problem.sensitive & related):  # of others nothing is known
        value = float(problem.values[cell])
        for sign, asked in ((1.0, problem.high[cell] - value), (-1.0, value - problem.low[cell])):
            if asked > NEAR:
                made.append(_Target(int(cell), sign, float(asked)))
    return made


def _ask_no_more_than_can_be(search: _Search) -> tuple[int, ...]:
    """Lower what is asked where hiding everything does not give it; the cells concerned."""
    exposed = []
    for target in search.targets:
        reached, _ = _moves(search, target, search.end)
        if reached < target.asked - NEAR:
            exposed.append(target.cell)
            target.asked = max(reached, 0.0)
    search.targets = [target for target in search.targets if target.asked > NEAR]
    return tuple(sorted(set(exposed)))


def _moves(search: _Search, target: _Target, chosen: Floats) -> tuple[float, Floats]:
    """How far a reader must reckon with the target's moving, and each decision's part in it.

    The part is a capacity: in any pattern the hidden decisions' parts add up to no less than the
    target can move in it (weak duality), so a safe pattern has parts of at least what is asked.
    """
    problem = search.problem
    part = chosen[problem.decision]
    furthest = target.asked * search.stretch
    down = np.minimum(search.room_down, furthest) * part
    up = np.minimum(search.room_up, furthest) * part
    for side in (down, up):
        side[target.cell] = min(side[target.cell], target.asked)
    objective = np.zeros(len(part))
    objective[target.cell] = -target.sign
    solved = _linear(objective, problem.relations.matrix, np.column_stack([-down, up]))
    capacity = np.maximum(solved.lower.marginals, 0.0) * np.minimum(
        search.room_down, furthest
    ) + np.maximum(-solved.upper.marginals, 0.0) * np.minimum(search.room_up, furthest)
    parts = np.bincount(problem.decision, capacity, len(problem.cost))
    return float(-solved.fun), np.where(parts > NEAR, np.minimum(parts, target.asked), 0.0)


def _linear(objective: Floats, matrix: csr_array, bounds: Floats) -> "OptimizeResult":
    """The least of a linear objective over moves that leave every relation as it is."""
    from scipy.optimize import linprog  # noqa: PLC0415 heavy

    solved: OptimizeResult = linprog(  # type: ignore[call-overload]  # stubs lack sparse A_eq
        objective, A_eq=matrix, b_eq=np.zeros(matrix.shape[0]), bounds=bounds, method="highs-ds"
    )
    return solved


def _violated(search: _Search, chosen: Floats) -> list[Floats]:
    """A cut for every target that cannot move as far as asked."""
    violations: dict[bytes, Floats] = {}
    for target in search.targets:
        reached, parts = _moves(search, target, chosen)
        if reached < target.asked - 1e-4 * max(target.asked, 1.0):
            cut = np.round(parts / target.asked, 9)
            violations.setdefault(cut.tobytes(), cut)
    return list(violations.values())


def _cheapest(search: _Search, weights: Floats, *, whole: bool) -> "OptimizeResult":
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 heavy

    problem = search.problem
    rows = [csr_array(np.array(search.cuts))] if search.cuts else []
    constraints = [LinearConstraint(row, lb=1.0 - NEAR) for row in rows]
    if len(problem.implied):
        k = np.arange(len(problem.implied))
        at = (np.r_[k, k], np.r_[problem.implied[:, 1], problem.implied[:, 0]])
        factors = np.r_[np.ones(len(k)), -np.ones(len(k))]
        matrix = csr_array((factors, at), shape=(len(k), len(weights)))
        constraints.append(LinearConstraint(matrix, lb=0.0))
    return milp(
        weights,
        integrality=np.full(len(weights), int(whole)),
        bounds=Bounds(search.start, search.end),
        constraints=constraints or None,
        options={"mip_rel_gap": 0.0, "node_limit": NODES},
    )


def _completed(search: _Search, chosen: Floats, weights: Floats) -> Floats:
    """A safe pattern that holds ``chosen``: each target in turn gets the cells of the cheapest way
    to move it as far as asked (Kelly, Golden & Assad 1992, Networks 22, 397-417)."""
    problem, pattern = search.problem, np.maximum(np.round(chosen), search.start)
    n = len(problem.values)
    for target in search.targets:
        price = (weights * (1.0 - pattern))[problem.decision]
        allowed = search.end[problem.decision]
        both = problem.relations.matrix
        bounds = np.zeros((2 * n, 2))
        furthest = target.asked * search.stretch
        bounds[:n, 1] = np.minimum(search.room_up, furthest) * allowed
        bounds[n:, 1] = np.minimum(search.room_down, furthest) * allowed
        at = target.cell + (0 if target.sign > 0 else n)
        other = target.cell + (n if target.sign > 0 else 0)
        bounds[at, 0] = bounds[at, 1] = target.asked
        bounds[other] = 0.0
        solved = _linear(np.r_[price, price], hstack([both, -both], format="csr"), bounds)
        used = (solved.x[:n] + solved.x[n:]) > NEAR
        pattern[problem.decision[used]] = 1.0
        for first, second in problem.implied:
            pattern[second] = max(pattern[second], pattern[first])
    return pattern
