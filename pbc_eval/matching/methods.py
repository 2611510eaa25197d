"""The methods of ``match``: a method is one function from an AssignmentProblem to pairs or sets,
and a row of METHODS that says which options have a meaning for it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pbc_eval.agreement.adjustment import NEAR, SCORED
from pbc_eval.errors import DesignError
from pbc_eval.matching.assignment import AssignmentProblem, Sets, both_groups
from pbc_eval.matching.cardinality import Selected, largest_balanced
from pbc_eval.matching.full import full_sets
from pbc_eval.matching.greedy import Pairs
from pbc_eval.matching.nearest import nearest_pairs
from pbc_eval.matching.optimal import optimal_pairs
from pbc_eval.matching.space import nearest_in_space
from pbc_eval.matching.subclass import subclasses


class MatchMethod(NamedTuple):
    """``run`` solves a problem; ``options`` are the arguments of ``match`` that mean something to
    it; ``estimands`` the effects it can answer for; ``uses`` is what nearness is judged by."""

    run: Callable[[AssignmentProblem], Pairs | Sets | Selected]
    options: frozenset[str]
    estimands: tuple[str, ...]
    uses: str  # "distance", "score", "cells" or "means"


def _nearest(problem: AssignmentProblem) -> Pairs:
    if problem.space is None:
        return nearest_pairs(
            problem.score,
            problem.focal,
            strata=problem.strata,
            order=problem.order,
            ratio=problem.ratio,
            replacement=problem.replacement,
            caliper=problem.caliper,
            rules=problem.rules,
            rng=problem.rng,
            wanted=problem.wanted,
        )
    return nearest_in_space(
        problem.space,
        problem.focal,
        strata=problem.strata,
        score=problem.score,
        order=problem.order,
        ratio=problem.ratio,
        replacement=problem.replacement,
        caliper=problem.caliper,
        rules=problem.rules,
        rng=problem.rng,
    )


def _optimal(problem: AssignmentProblem) -> Pairs:
    return optimal_pairs(
        problem.score,
        problem.space,
        problem.focal,
        strata=problem.strata,
        ratio=problem.ratio,
        caliper=problem.caliper,
        rules=problem.rules,
    )


def _full(problem: AssignmentProblem) -> Sets:
    return full_sets(
        problem.score,
        problem.space,
        problem.focal,
        strata=problem.strata,
        caliper=problem.caliper,
        rules=problem.rules,
    )


def _cells(problem: AssignmentProblem) -> Pairs | Sets:
    if problem.space is not None:  # one to one within the cells
        return _nearest(problem)
    return Sets(both_groups(problem.strata, problem.focal), float("nan"))


def _cardinality(problem: AssignmentProblem) -> Selected:
    if problem.selection is None:
        raise DesignError("match: cardinality matching needs tolerances; pass tolerance.")
    return largest_balanced(problem.selection)


def _subclass(problem: AssignmentProblem) -> Sets:
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
        found = subclasses(problem.score[rows], focal, reference, problem.subclasses)
        label[rows] = found + offset
        offset += problem.subclasses
    return Sets(both_groups(label, problem.focal), float("nan"))


_PAIRED = ("ATT", "ATC")
_ANY = ("ATT", "ATC", "ATE")

METHODS: dict[str, MatchMethod] = {
    "nearest": MatchMethod(
        _nearest,
        NEAR | {"ratio", "min_ratio", "max_ratio", "replacement", "order", "seed"},
        _PAIRED,
        "distance",
    ),
    "optimal": MatchMethod(_optimal, NEAR | {"ratio"}, _PAIRED, "distance"),
    "full": MatchMethod(_full, NEAR, _ANY, "distance"),
    "subclass": MatchMethod(_subclass, SCORED | {"subclasses"}, _ANY, "score"),
    "coarsened": MatchMethod(
        _cells, frozenset({"cutpoints", "grouping", "one_to_one"}), _ANY, "cells"
    ),
    "exact": MatchMethod(_cells, frozenset(), _ANY, "cells"),
    "cardinality": MatchMethod(
        _cardinality,
        frozenset({"exact", "ratio", "profile", "tolerance", "time_limit", "paired"}),
        _PAIRED,
        "means",
    ),
}
