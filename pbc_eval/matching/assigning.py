"""One match as a problem that can be solved again: by identity, or with ties broken otherwise.

    Design, options, scores ─▶ Assigning ── assigned() ──▶ Assignment, ties by identity
                                        └── others ──▶ those that other ways of breaking ties give

Rows lie in the order of their identities, so that the answer does not depend on the order of the
data. Where two people are equally near, the identity decides, which is as good as chance; how much
hangs on it is seen by letting chance decide instead.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pbc_eval.agreement.matching_settings import Near
from pbc_eval.matching.assignment import (
    Assignment,
    AssignmentProblem,
    Reference,
    spread_out,
    weigh,
    weigh_selected,
    weigh_sets,
)
from pbc_eval.matching.cardinality import Selected
from pbc_eval.matching.design import Design
from pbc_eval.matching.distance import Space, laid_out
from pbc_eval.matching.greedy import Pairs
from pbc_eval.matching.methods import METHODS, Solution
from pbc_eval.matching.preparation import (
    asked_selection,
    asked_strata,
    matches_sought_by,
    paired_within,
)
from pbc_eval.matching.rules import pair_rules
from pbc_eval.matching.settings import MatchSettings
from pbc_eval.matching.support import caliper_limit, caliper_width
from pbc_eval.numerics.arrays import Bools, Floats

MOST_ORDERS = 20  # other ways of breaking ties that are tried
MOST_ROWS = 400_000  # people in all of them together: fewer ways where there are many people
LOOKS = 2  # ways that must change nothing before ties are taken to change nothing
SEED = 20_150  # of the other ways: the same for everybody, so that the same match gives the same


@dataclass(frozen=True, kw_only=True, eq=False)
class Assigning:
    """What is assigned: ``score`` (n,), ``focal`` (n,), who is ``kept`` (positions, increasing)."""

    design: Design
    settings: MatchSettings
    score: Floats
    focal: Bools
    kept: NDArray[np.intp]
    space: Space | None

    @cached_property
    def caliper(self) -> float:
        """In units of the score; infinite without one."""
        return caliper_width(self.score[self.kept], self.settings.by)

    def problem(self, order: NDArray[np.intp] | None = None) -> AssignmentProblem:
        """Who is to be matched with whom, among those who are kept. ``order`` (m,) says in which
        order people with equal claims come; by identity without it."""
        design, settings, score, focal = self.design, self.settings, self.score, self.focal
        rows = self.kept if order is None else self.kept[order]
        by = settings.by
        limited, widths = design.limited
        if isinstance(by, Near) and by.within_scale == "std":
            widths = widths * limited[self.kept].std(axis=0, ddof=1)
        strata = asked_strata(design, by)
        members = np.ones_like(focal) if settings.estimand == "ATE" else focal
        return AssignmentProblem(
            focal=focal[rows],
            score=score[rows],
            space=None if self.space is None else laid_out(self.space.points[rows]),
            strata=strata[rows],
            order=settings.order,
            caliper=caliper_limit(self.caliper, score[self.kept]),
            rules=pair_rules(limited[rows], widths, design.differing[rows], focal[rows]),
            rng=np.random.default_rng(settings.seed) if settings.order == "random" else None,
            columns=design.columns.at(rows),
            reference=Reference(score[members], strata[members]),
            identity=np.arange(len(rows)) if order is None else np.asarray(order),
            wanted=matches_sought_by(settings, score[rows], focal[rows]),
            selection=asked_selection(design, by, focal, rows),
        )

    def assigned(self, order: NDArray[np.intp] | None = None) -> Assignment:
        """The answer among all n rows, those who are not kept without a weight."""
        design, settings = self.design, self.settings
        rows = self.kept if order is None else self.kept[order]
        problem = self.problem(order)
        sampling = None if design.sampling is None else design.sampling[rows]
        solution = METHODS[settings.by.algorithm].solve(problem, settings.by)
        assignment = _weighed(solution, problem.focal, settings, sampling)
        return paired_within(
            design, settings.by, spread_out(assignment, rows, len(self.focal)), self.focal
        )

    @cached_property
    def own(self) -> Assignment:
        """Ties broken by identity."""
        return self.assigned()

    @cached_property
    def others(self) -> tuple[Assignment, ...]:
        """What other ways of breaking ties give: first the reverse order of identities, then
        random ones; empty where they give the same people the same weights."""
        most = METHODS[self.settings.by.algorithm].other_orders
        ways = min(most, max(LOOKS, MOST_ROWS // max(len(self.kept), 1)))
        random = np.random.default_rng(SEED)
        made: list[Assignment] = []
        moved = False
        for way in range(ways):
            if way == LOOKS and not moved:
                break
            m = len(self.kept)
            order = np.arange(m)[::-1] if way == 0 else random.permutation(m)
            made.append(self.assigned(order))
            moved |= not np.allclose(made[-1].weights, self.own.weights, rtol=1e-9, atol=0)
        return tuple(made) if moved else ()


def _weighed(
    solution: Solution, focal: Bools, settings: MatchSettings, sampling: Floats | None
) -> Assignment:
    if isinstance(solution, Selected):
        return weigh_selected(solution)
    if isinstance(solution, Pairs):
        return weigh(solution, focal, settings.replacement)
    treated = ~focal if settings.estimand == "ATC" else focal
    return weigh_sets(solution, treated, settings.estimand, sampling)
