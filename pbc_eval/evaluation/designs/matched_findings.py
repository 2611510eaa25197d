"""What a matching design found of one outcome, put together once: for people in memory and for
people who stay in an engine.

    designs.matching            rows ─┐
                                      ├─ Compared ── matched_finding ▶ Finding
    designs.matching_in_engine  sums ─┘
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pbc_eval.agreement.design import Matching
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks import Examined, run_checks
from pbc_eval.checks.check_kind import Parted
from pbc_eval.did.by_group import COLUMNS, GroupEffects, row_of_effect
from pbc_eval.errors import DesignError
from pbc_eval.evaluation import matched_tables, overlap_tables, tables
from pbc_eval.evaluation.comparison_groups import (
    NOT_MATCHED,
    Sample,
    benchmark_of,
    ties_told,
)
from pbc_eval.evaluation.few_apart import hides_the_unmatched
from pbc_eval.evaluation.measured_outcome import measured_alternatives, measured_from_estimate
from pbc_eval.evaluation.people_frame import Read, with_what_was_read
from pbc_eval.evaluation.ratios_of_counts import not_told, tells_few, told_by_adjusting
from pbc_eval.evaluation.record import Finding, OutputTable
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name
from pbc_eval.results import AttEstimate

Levels = tuple[tuple[str, int, int, bool], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A comparison group and how effects are had from it: ``effect`` takes the outcome's column and
    how outcomes are compared (a key of ``words``)."""

    name: str
    by: str
    sample: Sample | EngineSample
    effect: Callable[[str, str], AttEstimate]


@dataclass(frozen=True, slots=True, eq=False)
class AsAgreed(Compared):
    """The group that was agreed, with what only its rows, or its engine, can tell: the difference
    of all as they are, the levels of an outcome, how many found no match, and what was read."""

    words: Mapping[str, str]
    unadjusted: Callable[[str], AttEstimate]
    levels: Callable[[str], Levels]
    n_unmatched: int
    read: Sequence[Read]


def matched_finding(
    spec: EvaluationSpec,
    files: InputFiles,
    outcome: Outcome,
    agreed: AsAgreed,
    *,
    others: Sequence[Compared],
    withheld: Sequence[Sentence],
) -> Finding:
    """The effect as agreed, beside it every other way, then tables and checks. ``withheld`` says
    what was left out and why. Raises as the sample's own effect does."""
    design, sample = spec.design, agreed.sample
    assert isinstance(design, Matching)
    column = str(outcome.column)
    headline = ties_told(agreed.effect(column, agreed.by), outcome, spec.contract.currency)
    alternatives, lacking = _other_comparisons(spec, agreed, column)
    telling = [way for way in others if told_by_adjusting(spec, way.sample, column, way.by)]
    lacking += [not_told(Name(way.name)) for way in telling]
    others = [way for way in others if way not in telling]
    ways = [(way.name, way.sample, way.effect(column, way.by)) for way in others]
    alternatives += [(name, estimate) for name, _, estimate in ways]
    alternatives.append((NOT_MATCHED, agreed.unadjusted(column)))
    benchmark = benchmark_of(spec, design, column, files)
    side_by_side: list[tuple[str, AttEstimate]] = [
        (f"Headline: {agreed.words[agreed.by].lower()}", headline),
        *alternatives,
    ]
    if benchmark:
        side_by_side.append(("Randomised benchmark", benchmark))
    shown_tables = [
        tables.ledger_table(
            spec, outcome, with_what_was_read(sample.ledger.to_frame(), list(agreed.read))
        ),
        matched_tables.counts_table(spec, outcome, sample),
        tables.estimates_table(spec, outcome, side_by_side),
        matched_tables.balance_table(spec, outcome, sample),
    ]
    if ways:
        first = ("As agreed", sample, headline)
        shown_tables.append(matched_tables.methods_table(spec, outcome, [first, *ways]))
    shown_tables += _of_those_left_out(spec, outcome, agreed)
    examined = Examined(
        headline=headline,
        sample=sample,
        outcome=outcome,
        currency=spec.contract.currency,
        column=column,
        parts=_negative_controls(agreed, design),
    )
    checks = tuple(
        matched_tables.check_in_plain_words(spec, check)
        for check in run_checks(design.method, examined)
    )
    checks = matched_tables.without_what_tells(spec, sample, checks)
    scale = headline.n_treated / outcome.total.per if outcome.total else None
    return Finding(
        outcome=outcome,
        headline=headline,
        measured=measured_from_estimate(
            outcome, headline, total_scale=scale, alternatives=side_by_side[1:]
        ),
        measured_alternatives=measured_alternatives(outcome, side_by_side[1:], total_scale=scale),
        alternatives=tuple(estimate for _, estimate in side_by_side),
        benchmark=benchmark,
        checks=checks,
        tables=(*shown_tables, *tables.check_tables(spec, outcome, checks)),
        notes=(*sample.notes, *lacking, *withheld),
        levels=(*agreed.levels(column), *_levels_of_controls(agreed, design)),
        told_by_adjusting=told_by_adjusting(spec, sample, column, agreed.by),
    )


def _of_those_left_out(
    spec: EvaluationSpec, outcome: Outcome, agreed: AsAgreed
) -> list[OutputTable]:
    """Tables of who is near whom, and of those who found no match, where they may be told."""
    sample, hidden = agreed.sample, hides_the_unmatched(spec, agreed.sample)
    # whom few are outside of is told by how many there are within and in all
    shown = [None if hidden else overlap_tables.support_table(spec, outcome, sample)]
    if not tells_few(spec, sample):
        shown.append(overlap_tables.bars_table(spec, outcome, sample, with_after=not hidden))
        if not isinstance(sample, EngineSample):  # curves need each person
            shown.append(overlap_tables.curves_table(spec, outcome, sample, with_after=not hidden))
    if agreed.n_unmatched and not hidden:
        shown.append(matched_tables.unmatched_table(spec, outcome, sample))
    return [table for table in shown if table is not None]


def _negative_controls(agreed: AsAgreed, design: Matching) -> tuple[Parted, ...]:
    """Effects on outcomes that the programme cannot have moved, in the same sample by the same
    way; none where the design names none."""
    if not design.negative_controls:
        return ()
    rows = [
        row_of_effect(control.label, agreed.effect(control.column, agreed.by))
        for control in design.negative_controls
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return (Parted(by="negative_control", label="", effects=GroupEffects(table=table)),)


def _levels_of_controls(agreed: AsAgreed, design: Matching) -> Levels:
    """Of outcomes that cannot have moved: a difference of two shares tells both, as the level of
    an outcome does."""
    return tuple(
        (f"{control.label}, {group}", people, apart, two)
        for control in design.negative_controls
        for group, people, apart, two in agreed.levels(control.column)
    )


def _other_comparisons(
    spec: EvaluationSpec, agreed: AsAgreed, column: str
) -> tuple[list[tuple[str, AttEstimate]], list[Sentence]]:
    """Outcomes of the agreed sample compared in the other ways, and why one cannot be had."""
    estimated, lacking = [], []
    for by, words in agreed.words.items():
        if by == agreed.by:
            continue
        if told_by_adjusting(spec, agreed.sample, column, by):
            lacking.append(not_told(Name(words)))
            continue
        try:
            estimated.append((words, agreed.effect(column, by)))
        except DesignError as error:
            why = error.rule or Sentence("It cannot be had from these data.")
            lacking.append(Sentence("{way}: not estimated. {why}", way=Name(words), why=why))
    return estimated, lacking
