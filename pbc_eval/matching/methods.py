"""The matching algorithms, one row each: the model of the options, and who carries them out.

    METHODS["nearest"].solve(problem, Nearest(ratio=2)) ──▶ Pairs, Sets or Selected

To add an algorithm: a file with its options (a subclass of ``MatchingOptions``, with its plain
words) and the function that solves a problem by them, and one row here, or one call of
``add_algorithm`` from outside.
"""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from pbc_eval.agreement.algorithms import know_algorithm, name_of
from pbc_eval.agreement.matching_options import (
    Cardinality,
    Coarsened,
    Exact,
    Full,
    Nearest,
    Optimal,
    Subclass,
)
from pbc_eval.agreement.matching_settings import MatchingOptions
from pbc_eval.errors import DesignError
from pbc_eval.matching.assignment import AssignmentProblem, Sets, both_groups
from pbc_eval.matching.cardinality import Selected, largest_balanced
from pbc_eval.matching.full import full_sets
from pbc_eval.matching.greedy import Pairs
from pbc_eval.matching.nearest import nearest_pairs
from pbc_eval.matching.nearest_in_space import nearest_in_space
from pbc_eval.matching.optimal import optimal_pairs
from pbc_eval.matching.subclass import subclasses

Solution = Pairs | Sets | Selected
Options = TypeVar("Options", bound=MatchingOptions)


class MatchMethod(NamedTuple, Generic[Options]):
    """``options`` is the model of the settings; ``solve`` carries them out on a problem.
    ``other_orders`` is how many other ways of breaking ties are tried: fewer where one takes long,
    0 where the order of people cannot matter."""

    options: type[Options]
    solve: Callable[[AssignmentProblem, Options], Solution]
    other_orders: int = 20


def _nearest(problem: AssignmentProblem, by: Nearest) -> Pairs:
    if problem.space is None:
        return nearest_pairs(
            problem.score,
            problem.focal,
            strata=problem.strata,
            order=problem.order,
            ratio=by.ratio,
            replacement=by.replacement,
            caliper=problem.caliper,
            rules=problem.rules,
            rng=problem.rng,
            wanted=problem.wanted,
            identity=problem.identity,
        )
    return _nearest_in_space(problem, by.ratio, by.replacement)


def _nearest_in_space(problem: AssignmentProblem, ratio: int, replacement: bool) -> Pairs:
    if problem.space is None:
        raise DesignError("match: there is no distance to match on.")
    return nearest_in_space(
        problem.space,
        problem.focal,
        strata=problem.strata,
        score=problem.score,
        order=problem.order,
        ratio=ratio,
        replacement=replacement,
        caliper=problem.caliper,
        rules=problem.rules,
        rng=problem.rng,
        identity=problem.identity,
    )


def _optimal(problem: AssignmentProblem, by: Optimal) -> Pairs:
    return optimal_pairs(
        problem.score,
        problem.space,
        problem.focal,
        strata=problem.strata,
        ratio=by.ratio,
        caliper=problem.caliper,
        rules=problem.rules,
    )


def _full(problem: AssignmentProblem, by: Full) -> Sets:
    return full_sets(
        problem.score,
        problem.space,
        problem.focal,
        strata=problem.strata,
        caliper=problem.caliper,
        rules=problem.rules,
    )


def _coarsened(problem: AssignmentProblem, by: Coarsened) -> Pairs | Sets:
    return _nearest_in_space(problem, 1, False) if by.one_to_one else _cells(problem)


def _exact(problem: AssignmentProblem, by: Exact) -> Sets:
    return _cells(problem)


def _cells(problem: AssignmentProblem) -> Sets:
    return Sets(both_groups(problem.strata, problem.focal), float("nan"))


def _cardinality(problem: AssignmentProblem, by: Cardinality) -> Selected:
    if problem.selection is None:
        raise DesignError("match: cardinality matching needs tolerances; pass tolerance.")
    return largest_balanced(problem.selection)


def _subclass(problem: AssignmentProblem, by: Subclass) -> Sets:
    label = np.zeros(len(problem.focal), dtype=np.int64)
    offset = 0
    for stratum in np.unique(problem.strata):
        rows = np.flatnonzero(problem.strata == stratum)
        focal = problem.focal[rows]
        if focal.all() or not focal.any():
            label[rows] = offset  # nobody to compare with: left out below
            offset += 1
            continue
        reference = problem.reference.score[problem.reference.strata == stratum]
        within = subclasses(problem.score[rows], focal, reference, by.subclasses)
        label[rows] = within + offset
        offset += by.subclasses
    return Sets(both_groups(label, problem.focal), float("nan"))


METHODS: dict[str, MatchMethod[Any]] = {}


def add_algorithm(method: MatchMethod[Any]) -> None:
    """Let ``match`` and evaluation files use an algorithm by the name in its options.

    Raises DesignError where another algorithm has that name.
    """
    know_algorithm(method.options)
    METHODS[name_of(method.options)] = method


for _row in (
    MatchMethod(Nearest, _nearest),
    MatchMethod(Optimal, _optimal),
    MatchMethod(Full, _full),
    MatchMethod(Subclass, _subclass),
    MatchMethod(Coarsened, _coarsened),
    MatchMethod(Exact, _exact, other_orders=0),
    MatchMethod(Cardinality, _cardinality, other_orders=4),
):
    add_algorithm(_row)
