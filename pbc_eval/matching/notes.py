"""What a reader must know about a match, in sentences."""

import numpy as np

from pbc_eval.agreement.matching_options import (
    Cardinality,
    Nearest,
    Optimal,
)
from pbc_eval.agreement.matching_settings import Near
from pbc_eval.matching.assigning import Assigning
from pbc_eval.matching.assignment import Assignment, AssignmentProblem
from pbc_eval.matching.propensity import PropensityFit
from pbc_eval.matching.settings import MatchSettings
from pbc_eval.messages.sentence import Part, Sentence
from pbc_eval.messages.values import (
    COMPARISON_UNITS,
    TREATED_UNITS,
    UNITS,
    Names,
    Noun,
    Number,
    Share,
    Size,
    Units,
)
from pbc_eval.numerics.arrays import Bools

FOR_EVERYBODY = Sentence("The effect is for everybody matched (ATE), not for the treated alone.")


def match_notes(
    assigning: Assigning, fit: PropensityFit | None, n_discarded: int
) -> tuple[Sentence, ...]:
    """Sentences on calipers, columns left out, people lost and ties, after ``n_discarded`` were
    left out."""
    settings, assignment = assigning.settings, assigning.own
    problem = assigning.problem()
    notes = []
    if isinstance(settings.by, Near) and settings.caliper is None:
        notes.append(
            Sentence(
                "No caliper was set: matches may be far apart. {usual} standard deviations of the "
                "score is usual (Austin 2011).",
                usual=Number(0.2, 1),
            )
        )
    if fit is not None and fit.aliased:
        notes.append(left_out_of_the_score(fit.aliased))
    if n_discarded:
        notes.append(
            Sentence(
                "{units} outside common support were left out before matching; the effect is for "
                "those within it.",
                units=Units(n_discarded, UNITS.always_plural),
            )
        )
    notes += _losses(settings, problem, assignment, assignment.weights[assigning.kept] > 0)
    notes += _optimum(settings, assignment)
    if isinstance(settings.by, Nearest | Optimal) and problem.space is None:
        notes += _ties(settings, problem)
    if settings.estimand == "ATE":
        notes.append(FOR_EVERYBODY)
    return tuple(notes)


def left_out_of_the_score(columns: tuple[str, ...]) -> Sentence:
    """That covariates which tell nothing of their own are not in the score."""
    return Sentence(
        "Left out of the score, because constant or determined by the other covariates: {columns}. "
        "They stay in the balance table.",
        columns=Names(tuple(columns)),
    )


def sides(settings: MatchSettings) -> tuple[Noun, Noun]:
    """Those who seek a match, and those among whom they seek."""
    if settings.estimand == "ATC":
        return COMPARISON_UNITS, TREATED_UNITS
    return TREATED_UNITS, COMPARISON_UNITS


def _losses(
    settings: MatchSettings, problem: AssignmentProblem, assignment: Assignment, matched: Bools
) -> list[Sentence]:
    """``matched`` are those of ``problem`` with a weight."""
    seeking, pool = sides(settings)
    focal = problem.focal
    if settings.estimand == "ATE":
        n_lost = int((~matched).sum())
        return [without_a_match(n_lost, len(matched), UNITS)] if n_lost else []
    notes = []
    n_focal, n_pool = int(focal.sum()), int((~focal).sum())
    pairs = assignment.pairs
    if pairs is not None and not settings.replacement and n_pool < n_focal * settings.ratio:
        notes.append(
            Sentence(
                "{pool} for {seeking} at ratio {ratio}: not everybody can get all their matches "
                "without replacement.",
                pool=Units(n_pool, pool.always_plural),
                seeking=Units(n_focal, seeking.always_plural),
                ratio=Number(settings.ratio),
            )
        )
    n_matched = int((focal & matched).sum())
    if n_matched < n_focal:
        notes.append(without_a_match(n_focal - n_matched, n_focal, seeking))
    sought = problem.wanted
    total = n_matched * settings.ratio
    if sought is not None:
        total = int(sought[matched[focal]].sum())
    short = 0 if pairs is None else total - len(pairs.focal)
    if short:
        ratio: Part = Number(settings.ratio)
        notes.append(
            Sentence(
                "{short} of the {ratio} matches sought for each matched {unit} were not found; "
                "those units have fewer.",
                short=Number(short),
                ratio=ratio if sought is None else Sentence("varying number of"),
                unit=seeking.singular,
            )
        )
    return notes


def without_a_match(lost: int, every: int, noun: Noun) -> Sentence:
    """How many of ``every`` in a group found no match."""
    return Sentence(
        "{lost} found no match; the effect is for the {matched} who did.",
        lost=Units(lost, noun, of=every),
        matched=Units(every - lost),
    )


def _optimum(settings: MatchSettings, assignment: Assignment) -> list[Sentence]:
    optimum, by = assignment.optimum, settings.by
    if optimum is None or not isinstance(by, Cardinality):
        return []
    noun = sides(settings)[1 if by.profile else 0]
    if optimum.proven:
        return [
            Sentence(
                "No balanced sample has more {units} than the {chosen} chosen (proven).",
                units=noun.plural,
                chosen=Units(optimum.selected),
            )
        ]
    return [
        Sentence(
            "The search stopped after {seconds} seconds with {chosen}; a balanced sample may have "
            "up to {most} ({gap} more). Another machine may get further in the same time.",
            seconds=Size(by.time_limit, 6),
            chosen=Units(optimum.selected, noun.always_plural),
            most=Units(optimum.at_most),
            gap=Share(optimum.gap, 1, of=Units(optimum.at_most - optimum.selected)),
        )
    ]


def _ties(settings: MatchSettings, problem: AssignmentProblem) -> list[Sentence]:
    pool_score, pool_strata = problem.score[~problem.focal], problem.strata[~problem.focal]
    line = np.lexsort((pool_score, pool_strata))
    same = (np.diff(pool_score[line]) == 0) & (np.diff(pool_strata[line]) == 0)
    if not same.any():
        return []
    pool = sides(settings)[1]
    return [
        Sentence(
            "{units} share stratum and score with another; such ties are broken by the order of "
            "the units' identities.",
            units=Units(int(same.sum()), pool.always_plural),
        )
    ]
