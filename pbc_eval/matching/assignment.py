"""What a matching method is given and what it gives back: the one seam between methods.

AssignmentProblem ── a method of METHODS ──▶ Pairs or sets ── assigned ──▶ Assignment
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbc_eval.agreement.matching_settings import Order
from pbc_eval.matching.cardinality import Optimum, Selected, SelectionProblem
from pbc_eval.matching.distance import Space
from pbc_eval.matching.encoding import Columns
from pbc_eval.matching.greedy import Pairs
from pbc_eval.matching.labels import dense
from pbc_eval.matching.rules import PairRules
from pbc_eval.numerics.arrays import Bools, Floats, Ints


class Reference(NamedTuple):
    """Scores and strata, (r,), of the whole group that the effect is for, people left out for want
    of common support included: who is alike is judged by where all of them lie."""

    score: Floats
    strata: Ints


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentProblem:
    """Who is to be matched with whom. All arrays have a row a unit, shape (n,).

    ``focal`` people are matched, out of the others (the treated out of the comparison group,
    except for the ATC); nearness is that of ``space``, or of ``score`` where that is None. The
    ``score`` is NaN where none was fitted; ``caliper`` is in its units; ``rules`` forbid pairs on
    other grounds, None when nothing else is asked. Score groups are cut at quantiles of the
    ``reference``; ``wanted`` (n_focal,) is how many matches each focal person seeks where not all
    seek the same; ``selection`` what "cardinality" is to reach. ``columns`` are the covariates.
    ``identity`` (n,) is each unit's place by identity: equal claims go by the order of rows, which
    may be another one, to see how much hangs on it.
    """

    focal: Bools
    score: Floats
    space: Space | None
    strata: Ints
    order: Order
    caliper: float
    rules: PairRules | None
    rng: np.random.Generator | None
    columns: Columns
    reference: Reference
    identity: Ints
    wanted: Ints | None = None
    selection: SelectionProblem | None = None


class Sets(NamedTuple):
    """Matched sets without pairs: ``label`` (n,) is -1 for the unmatched, else the set's number.
    Every set has people of both groups; ``distance`` is their total, NaN where none is defined."""

    label: Ints
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Pairs (None for methods that make sets), weights (n,) and subclass (n,), the latter -1 for
    the unmatched, and -1 throughout when a comparison unit may serve several times and so belongs
    to no one subclass. ``total_distance`` is NaN where no distance was used; ``optimum`` says how
    good a selection is, None for methods that do not select."""

    pairs: Pairs | None
    weights: Floats
    subclass: Ints
    total_distance: float
    optimum: Optimum | None = None


def weigh(pairs: Pairs, focal: Bools, replacement: bool) -> Assignment:
    """Weights and subclasses that follow from pairs.

    A matched focal unit weighs 1. Each of its m matches gets 1/m of it; a unit's weight is the sum
    over the matches it serves in, and these weights are scaled to add up to the number of matched
    units in their group (MatchIt's convention; the scale drops out of every mean).
    """
    n = len(focal)
    matches = np.bincount(pairs.focal, minlength=n)
    share = np.bincount(pairs.other, 1.0 / matches[pairs.focal], minlength=n)
    used = share > 0
    weights = (matches > 0).astype(np.float64)
    if used.any():
        weights[used] = share[used] * (used.sum() / share.sum())
    subclass = np.full(n, -1, dtype=np.int64)
    if not replacement:
        number = np.cumsum(matches > 0) - 1
        subclass[matches > 0] = number[matches > 0]
        subclass[pairs.other] = number[pairs.focal]
    return Assignment(pairs, weights, subclass, float(pairs.distance.sum()))


def weigh_sets(
    sets: Sets, treated: Bools, estimand: str, sampling: Floats | None = None
) -> Assignment:
    """Weights that follow from sets: within each, both groups stand for the target's people.

    In a set with t treated and c comparison units the treated weigh m/t each and the others m/c,
    with m = t for the ATT, c for the ATC and t + c for the ATE; each group's weights are then
    scaled to add up to its number of matched units. With ``sampling`` weights (n,), t and c are
    the sums of theirs, so that after multiplication both groups weigh alike within every set.
    """
    inside = sets.label >= 0
    n_sets, label = dense(sets.label[inside])
    mass = None if sampling is None else sampling[inside]
    n_treated, n_other = (
        np.bincount(
            label[group[inside]],
            None if mass is None else mass[group[inside]],
            minlength=n_sets,
        )
        for group in (treated, ~treated)
    )
    target = {"ATT": n_treated, "ATC": n_other}.get(estimand, n_treated + n_other)
    weights = np.zeros(len(treated))
    for group, size in ((treated, n_treated), (~treated, n_other)):
        mine = inside & group
        raw = (target / np.where(size > 0, size, 1))[label[group[inside]]]
        weights[mine] = raw * (mine.sum() / raw.sum()) if mine.any() else raw
    subclass = np.full(len(treated), -1, dtype=np.int64)
    subclass[inside] = label
    return Assignment(None, weights, subclass, sets.distance)


def weigh_selected(selected: Selected) -> Assignment:
    """Everybody chosen weighs 1: the chosen are alike as two groups, not person by person."""
    nobody = np.full(len(selected.chosen), -1, dtype=np.int64)
    weights = selected.chosen.astype(np.float64)
    return Assignment(None, weights, nobody, float("nan"), selected.optimum)


def spread_out(assignment: Assignment, kept: NDArray[np.intp], n: int) -> Assignment:
    """The same assignment among all n rows, of which ``kept`` took part."""
    weights, subclass = np.zeros(n), np.full(n, -1, dtype=np.int64)
    weights[kept], subclass[kept] = assignment.weights, assignment.subclass
    pairs = assignment.pairs
    if pairs is not None:
        pairs = pairs._replace(focal=kept[pairs.focal], other=kept[pairs.other])
    return Assignment(pairs, weights, subclass, assignment.total_distance, assignment.optimum)


def both_groups(label: Ints, focal: Bools) -> Ints:
    """The labels (n,) with -1 for people whose set lacks one of the groups."""
    n_sets, code = dense(label)
    has_focal = np.bincount(code[focal], minlength=n_sets) > 0
    has_other = np.bincount(code[~focal], minlength=n_sets) > 0
    return np.where((has_focal & has_other)[code], code, -1)
