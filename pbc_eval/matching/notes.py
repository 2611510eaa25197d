"""What a reader must know about a match, in sentences."""

import numpy as np

from pbc_eval._validate import first_few
from pbc_eval.agreement.matching_options import (
    Cardinality,
    Nearest,
    Optimal,
)
from pbc_eval.agreement.matching_settings import Near
from pbc_eval.matching.assignment import Assignment, AssignmentProblem
from pbc_eval.matching.propensity import PropensityFit
from pbc_eval.matching.settings import MatchSettings


def match_notes(
    settings: MatchSettings,
    problem: AssignmentProblem,
    fit: PropensityFit | None,
    assignment: Assignment,
    n_discarded: int,
) -> tuple[str, ...]:
    """Sentences on calipers, columns left out, people lost and ties. ``assignment`` is that of
    the people in ``problem``, after ``n_discarded`` were left out."""
    notes = []
    if isinstance(settings.by, Near) and settings.caliper is None:
        notes.append(
            "No caliper was set: matches may be far apart. 0.2 standard deviations of the score is "
            "usual (Austin 2011)."
        )
    if fit is not None and fit.aliased:
        notes.append(
            f"Left out of the score, because constant or determined by the other covariates: "
            f"{first_few(fit.aliased)}. They stay in the balance table."
        )
    if n_discarded:
        notes.append(
            f"{n_discarded:,} units outside common support were left out before matching; the "
            "effect is for those within it."
        )
    notes += _losses(settings, problem, assignment)
    notes += _optimum(settings, assignment)
    if isinstance(settings.by, Nearest | Optimal) and problem.space is None:
        notes += _ties(settings, problem)
    if settings.estimand == "ATE":
        notes.append("The effect is for everybody matched (ATE), not for the treated alone.")
    return tuple(notes)


def _sides(settings: MatchSettings) -> tuple[str, str]:
    return ("comparison", "treated") if settings.estimand == "ATC" else ("treated", "comparison")


def _losses(
    settings: MatchSettings, problem: AssignmentProblem, assignment: Assignment
) -> list[str]:
    seeking, pool = _sides(settings)
    focal, matched = problem.focal, assignment.weights > 0
    if settings.estimand == "ATE":
        n_lost = int((~matched).sum())
        if not n_lost:
            return []
        return [
            f"{n_lost:,} of {len(matched):,} units found no match; the effect is for the "
            f"{len(matched) - n_lost:,} who did."
        ]
    notes = []
    n_focal, n_pool = int(focal.sum()), int((~focal).sum())
    pairs = assignment.pairs
    if pairs is not None and not settings.replacement and n_pool < n_focal * settings.ratio:
        notes.append(
            f"{n_pool:,} {pool} units for {n_focal:,} {seeking} units at ratio {settings.ratio}: "
            "not everybody can get all their matches without replacement."
        )
    n_matched = int((focal & matched).sum())
    if n_matched < n_focal:
        notes.append(
            f"{n_focal - n_matched:,} of {n_focal:,} {seeking} units found no match; the effect "
            f"is for the {n_matched:,} who did."
        )
    sought = problem.wanted
    total = n_matched * settings.ratio
    if sought is not None:
        total = int(sought[matched[focal]].sum())
    short = 0 if pairs is None else total - len(pairs.focal)
    if short:
        notes.append(
            f"{short:,} of the {settings.ratio if sought is None else 'varying number of'} "
            f"matches sought for each matched {seeking} unit were not found; those units have "
            "fewer."
        )
    return notes


def _optimum(settings: MatchSettings, assignment: Assignment) -> list[str]:
    optimum, by = assignment.optimum, settings.by
    if optimum is None or not isinstance(by, Cardinality):
        return []
    who = _sides(settings)[1 if by.profile else 0]
    if optimum.proven:
        return [
            f"No balanced sample has more {who} units than the {optimum.found:,} chosen (proven)."
        ]
    return [
        f"The search stopped after {by.time_limit:g} seconds with {optimum.found:,} {who} "
        f"units; a balanced sample may have up to {optimum.at_most:,} ({optimum.gap:.1%} more). "
        "Another machine may get further in the same time."
    ]


def _ties(settings: MatchSettings, problem: AssignmentProblem) -> list[str]:
    pool_score, pool_strata = problem.score[~problem.focal], problem.strata[~problem.focal]
    line = np.lexsort((pool_score, pool_strata))
    same = (np.diff(pool_score[line]) == 0) & (np.diff(pool_strata[line]) == 0)
    if not same.any():
        return []
    return [
        f"{int(same.sum()):,} {_sides(settings)[1]} units share stratum and score with another; "
        "such ties are broken by row order, so the order of the rows is part of the design."
    ]
