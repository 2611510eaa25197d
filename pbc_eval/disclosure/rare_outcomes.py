"""Outcomes of yes and no: a share of few people times how many there are is how many have it.

    mean of a group in a period x people in it     the number with the outcome
    counterfactual + effect, x people              the same, of the programme's people
    that less the difference of means              the same, of those they are compared with

Of people who are compared once it is known how many have the outcome, whatever its two values are
coded as, and how many of many values differ from the most frequent one (no visits, say): weights
do not hide it. Of groups by period it is seen in their numbers: every mean lies between 0 and 1
(or 0 and 100) and makes a whole number of people. Where means make whole numbers of things, a sum
of few is of few people.
"""

import numpy as np
import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.cell_register import is_small
from pbc_eval.disclosure.record import OutputReview, fail_unless_answered
from pbc_eval.evaluation.record import Finding, OutputTable
from pbc_eval.numerics.arrays import Bools, Floats

WHOLE = 1e-6  # nearer to a whole number than this is one
Mark = tuple[int, str]  # position of the row, column


def few_with_the_outcome(table: OutputTable, rule: DisclosureRule) -> set[Mark]:
    """Means of a table of levels that tell how few have the outcome, or how few have not."""
    if table.levels is None or not rule.protects or "units" in table.not_people:
        return set()
    level, units = table.levels
    means = pd.to_numeric(table.frame[level]).to_numpy(float)
    people = pd.to_numeric(table.frame[units]).to_numpy(float)
    few = _few(means, people, rule)
    return {(int(row), level) for row in np.flatnonzero(few)}


def review_of_rare_outcomes(finding: Finding, rule: DisclosureRule) -> list[OutputReview]:
    """Fail where the headline or an alternative tells how few people have the outcome; for review
    where effects of groups and periods tell by how much a number that is held back changed."""
    if not rule.protects:
        return []
    return [*_of_traits(finding, rule), *_of_gaps(finding, rule), *_of_levels(finding, rule)]


def _of_gaps(finding: Finding, rule: DisclosureRule) -> list[OutputReview]:
    """Fail where effects are over people who are seen in two periods, beside averages of all who
    are seen in one, and few are seen in one alone."""
    if not finding.told_by_gaps:
        return []
    return [
        fail_unless_answered(
            rule,
            f"{finding.outcome.id}-few-with-gaps",
            f"fewer than {rule.threshold} of a group are seen in one period and not in "
            "another: the group's effect, over those seen in both, and its averages tell what they "
            "had; write data.missing: complete_units",
            finding.told_by_gaps,
        )
    ]


def _of_traits(finding: Finding, rule: DisclosureRule) -> list[OutputReview]:
    """Fail where the headline is adjusted for nothing but yes and no, of which some have few."""
    if not finding.told_by_adjusting:
        return []
    return [
        fail_unless_answered(
            rule,
            f"{finding.outcome.id}-few-with-a-trait",
            "the effect is adjusted for, or weighted by, nothing but characteristics of yes "
            f"and no, of which fewer than {rule.threshold} people have one: to all its digits it "
            "tells how many, and what became of them; leave that characteristic out or merge it "
            "with another, or compare plain means",
            finding.told_by_adjusting,
        )
    ]


def _of_levels(finding: Finding, rule: DisclosureRule) -> list[OutputReview]:
    output = f"{finding.outcome.id}-few-with-the-outcome"
    if arms := _few_in_the_arms(finding, rule):
        return [
            fail_unless_answered(
                rule,
                output,
                "the estimate, the level without the programme and the numbers of people "
                f"tell that fewer than {rule.threshold} have the outcome, or have it not; publish "
                "it for a wider group",
                arms,
                kind="sentences",
            )
        ]
    if finding.told_by_controls:
        return [
            OutputReview(
                output=output,
                kind="table",
                status="review",
                reason=f"fewer than {rule.threshold} of a group have an outcome that cannot have "
                "moved: its effect and interval tell by how much they changed",
                cells=finding.told_by_controls,
            )
        ]
    if any(few_with_the_outcome(table, rule) for table in finding.tables):
        return [
            OutputReview(
                output=output,
                kind="table",
                status="review",
                reason=f"in some groups and periods fewer than {rule.threshold} people have the "
                "outcome: their averages are held back, and effects by group and period still "
                "tell by how much they changed",
            )
        ]
    return []


def _few_in_the_arms(finding: Finding, rule: DisclosureRule) -> list[str]:
    """Which groups the estimates tell to hold few with the outcome."""
    headline, counterfactual = finding.headline, finding.measured.counterfactual
    effect = finding.measured.effect
    if counterfactual is None or effect is None:
        return []
    if finding.levels:
        return [
            name
            for name, people, apart, two in finding.levels
            if is_small(apart, rule) or (two and is_small(people - apart, rule))
        ]
    reached = counterfactual + effect
    arms = []
    if _few(np.array([reached]), np.array([float(headline.n_treated)]), rule)[0]:
        arms.append("in the programme")
    others = (headline, *finding.alternatives)
    same = [other for other in others if other.n_treated == headline.n_treated]
    levels = np.array([reached - other.estimate for other in same])
    people = np.array([float(other.n_comparison) for other in same])
    if any(_few(levels[k : k + 1], people[k : k + 1], rule)[0] for k in range(len(same))):
        arms.append("comparison")
    return arms


def _few(means: Floats, people: Floats, rule: DisclosureRule) -> Bools:
    """Which means tell of few with the outcome or without; none, unless all are of yes and no."""
    known = ~np.isnan(means) & (people > 0)
    few_of_two, is_of_two = np.zeros(len(means), dtype=bool), False
    for whole in (1.0, 100.0):
        counts = np.where(known, means, 0.0) / whole * people
        inside = (means[known] > -WHOLE) & (means[known] < whole + WHOLE)
        near = np.abs(counts - np.round(counts))[known] < WHOLE * np.maximum(people[known], 1.0)
        if known.any() and inside.all() and near.all():
            with_it, without = np.round(counts), people - np.round(counts)
            few = [is_small(a, rule) or is_small(b, rule)
                   for a, b in zip(with_it, without, strict=True)]  # fmt: skip
            is_of_two = True
            few_of_two |= np.array(few, dtype=bool) & known
    if is_of_two:  # of shares and of percentages, where the numbers could be either
        return few_of_two
    return _few_things(np.where(known, means, np.nan), people, rule)


def _few_things(means: Floats, people: Floats, rule: DisclosureRule) -> Bools:
    """Which means tell of few things, each of one person or another; none, unless all are whole
    numbers of things."""
    sums = np.nan_to_num(means * people)
    whole = np.abs(sums - np.round(sums)) < WHOLE * np.maximum(np.nan_to_num(people), 1.0)
    if not whole.all() or (sums < -WHOLE).any():
        return np.zeros(len(means), dtype=bool)
    return np.array([round(n) > 0 and is_small(round(n), rule) for n in sums], dtype=bool)
