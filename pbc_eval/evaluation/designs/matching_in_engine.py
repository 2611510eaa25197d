"""Findings of a matching design whose people stay in the engine that holds them.

The same steps as for people in memory, each by sums: one match before outcomes are looked at, the
agreed effect, the other ways to compare, checks and tables. What needs rows is left out and named.
"""

import pandas as pd

from pbc_eval.agreement.design import Matching
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks import Examined, run_checks
from pbc_eval.checks.check_kind import Parted
from pbc_eval.did.by_group import COLUMNS, GroupEffects, row_of_effect
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation import matched_tables, overlap_tables, tables
from pbc_eval.evaluation.comparison_groups import (
    EFFECT_WORDS,
    NOT_MATCHED,
    WEIGHTED_WORDS,
    benchmark_of,
    name_of,
    not_shown,
)
from pbc_eval.evaluation.few_apart import hides_the_unmatched
from pbc_eval.evaluation.few_in_engine import levels_of_outcome
from pbc_eval.evaluation.measured_outcome import measured_alternatives, measured_from_estimate
from pbc_eval.evaluation.people_frame import Read, with_what_was_read
from pbc_eval.evaluation.people_in_engine import build_in_engine, why_rows
from pbc_eval.evaluation.record import Finding
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.matching.in_engine.looked_at import unadjusted_in_engine
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name
from pbc_eval.panel.frame_columns import check_columns
from pbc_eval.panel.pulls import IN_ENGINE
from pbc_eval.panel.source import Source
from pbc_eval.results import AttEstimate

Ways = list[tuple[str, str, EngineSample]]  # name, how outcomes are compared, the sample
LEFT_OUT = Sentence(
    "The records of people stayed in the database that holds them, and only sums were taken out. "
    "Left out of this page, because they need each person's record: curves of the score, gaps "
    "between the distributions of numbers, and medians."
)


def find_in_engine(
    spec: EvaluationSpec, design: Matching, source: Source, files: InputFiles
) -> tuple[Finding, ...]:
    """As ``designs.matching.find``. Raises what that raises."""
    check_columns(source.name, source.columns, [str(o.column) for o in spec.outcomes])
    check_columns(
        source.name, source.columns, [control.column for control in design.negative_controls]
    )
    sample = build_in_engine(spec, design, source, design)
    others: Ways = []
    withheld: list[Sentence] = []
    for way in design.alternatives:
        if why := why_rows(spec, way):
            withheld.append(
                Sentence(
                    "{way}: not estimated. More records would have to leave the database than the "
                    "evaluation allows (data.pull_limit): {why}.",
                    way=Name(way.name),
                    why=why,
                )
            )
            continue
        other = build_in_engine(spec, design, source, way)
        if hides_the_unmatched(spec, other):
            withheld.append(not_shown(way))
        else:
            others.append((name_of(way), way.compared_by, other))
    return tuple(
        _finding(spec, files, outcome, sample, others=others, withheld=withheld)
        for outcome in spec.outcomes
    )


def effect_by(sample: EngineSample, column: str, by: str, level: float) -> AttEstimate:
    """The effect on one outcome, compared as ``by`` says."""
    return sample.effect(column, by, level)  # type: ignore[arg-type] # checked by the sample


def _negative_controls(sample: EngineSample, design: Matching) -> tuple[Parted, ...]:
    if not design.negative_controls:
        return ()
    rows = [
        row_of_effect(
            control.label, effect_by(sample, control.column, design.compared_by, design.level)
        )
        for control in design.negative_controls
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return (Parted(by="negative_control", label="", effects=GroupEffects(table=table)),)


def _other_comparisons(
    sample: EngineSample, column: str, design: Matching
) -> tuple[list[tuple[str, AttEstimate]], list[Sentence]]:
    """Outcomes of the agreed sample compared in the other ways, and why one cannot be had."""
    estimated, lacking = [], []
    for by, words in _words(sample).items():
        if by == design.compared_by:
            continue
        try:
            estimated.append((words, effect_by(sample, column, by, design.level)))
        except DesignError as error:
            why = error.rule or Sentence("It cannot be had from these data.")
            lacking.append(Sentence("{way}: not estimated. {why}", way=Name(words), why=why))
    return estimated, lacking


def _words(sample: EngineSample) -> dict[str, str]:
    return WEIGHTED_WORDS if sample.weights_everybody else EFFECT_WORDS


def _finding(
    spec: EvaluationSpec,
    files: InputFiles,
    outcome: Outcome,
    sample: EngineSample,
    *,
    others: Ways,
    withheld: list[Sentence],
) -> Finding:
    design = spec.design
    assert isinstance(design, Matching)
    column, level = str(outcome.column), design.level
    words, hidden = _words(sample), hides_the_unmatched(spec, sample)
    headline = effect_by(sample, column, design.compared_by, level)
    alternatives, lacking = _other_comparisons(sample, column, design)
    ways = [(name, other, effect_by(other, column, by, level)) for name, by, other in others]
    alternatives += [(name, estimate) for name, _, estimate in ways]
    plain = unadjusted_in_engine(sample, column, level, without_unmatched=hidden)
    alternatives.append((NOT_MATCHED, plain))
    benchmark = benchmark_of(spec, design, column, files)
    side_by_side: list[tuple[str, AttEstimate]] = [
        (f"Headline: {words[design.compared_by].lower()}", headline),
        *alternatives,
    ]
    if benchmark:
        side_by_side.append(("Randomised benchmark", benchmark))
    shown_tables = [
        tables.ledger_table(
            spec, outcome, with_what_was_read(sample.ledger.to_frame(), _read(sample))
        ),
        matched_tables.counts_table(spec, outcome, sample),
        tables.estimates_table(spec, outcome, side_by_side),
        matched_tables.balance_table(spec, outcome, sample),
    ]
    if ways:
        agreed = ("As agreed", sample, headline)
        shown_tables.append(matched_tables.methods_table(spec, outcome, [agreed, *ways]))
    shown_tables += [
        table
        for table in (
            overlap_tables.support_table(spec, outcome, sample),
            overlap_tables.bars_table(spec, outcome, sample, with_after=True),
        )
        if table is not None  # only of weights, under which nobody is left out
    ]
    if sample.n_unmatched and not hidden:
        shown_tables.append(matched_tables.unmatched_table(spec, outcome, sample))
    examined = Examined(
        headline=headline,
        sample=sample,
        outcome=outcome,
        currency=spec.contract.currency,
        column=column,
        parts=_negative_controls(sample, design),
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
        notes=(*sample.notes, *lacking, *withheld, LEFT_OUT),
        levels=levels_of_outcome(sample, column, without_unmatched=hidden),
    )


def _read(sample: EngineSample) -> list[Read]:
    """Where people are, for the ledger."""
    pulls = sample.rows.source.pulls
    place = sample.rows.source.name if pulls is None else pulls.place
    where = Sentence("{place}: sums over people were taken out, and no rows", place=Name(place))
    return [(IN_ENGINE, where)]


def refuse_unknown_columns(source: Source, spec: EvaluationSpec, design: Matching) -> None:
    """For what is asked before anything runs. Raises DataError for a column that is not there."""
    data = spec.data
    if data is None:
        raise DataError(f"{spec.id}: data is missing.")
    named = [data.unit, design.treatment, *design.covariates]
    named += [str(outcome.column) for outcome in spec.outcomes]
    check_columns(source.name, source.columns, named)
