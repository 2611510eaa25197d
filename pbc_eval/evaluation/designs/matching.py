"""Findings of a matching design: one match, made before outcomes are looked at, then effects."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pbc_eval._validate import first_few
from pbc_eval.agreement.design import Matching
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks import Examined, run_checks
from pbc_eval.checks.check_kind import Parted
from pbc_eval.did.by_group import COLUMNS, GroupEffects, row_of_effect
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation import matched_tables, overlap_tables, tables
from pbc_eval.evaluation.comparison_groups import (
    NOT_MATCHED,
    Sample,
    benchmark_of,
    build,
    effect_in,
    effect_words,
    name_of,
    not_shown,
    ties_told,
    unadjusted,
)
from pbc_eval.evaluation.designs.design_kind import DesignKind, Facts
from pbc_eval.evaluation.designs.matching_in_engine import find_in_engine, refuse_unknown_columns
from pbc_eval.evaluation.few_apart import (
    hides_the_unmatched,
    levels_of,
    score_tells_the_unmatched,
    weights_of,
)
from pbc_eval.evaluation.matched_tables import check_in_plain_words, label_of
from pbc_eval.evaluation.measured_outcome import measured_alternatives, measured_from_estimate
from pbc_eval.evaluation.people_frame import Read, read_people, with_what_was_read
from pbc_eval.evaluation.people_in_engine import by_sums
from pbc_eval.evaluation.record import Finding
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name
from pbc_eval.results import AttEstimate

Ways = list[tuple[str, str, Sample]]  # name, how outcomes are compared, the sample


def find(spec: EvaluationSpec, files: InputFiles, seed: int) -> tuple[Finding, ...]:
    """Match once, in the agreed way and in each alternative, then estimate each outcome.

    Raises DataError for data that do not fit their roles and DesignError when nobody can be
    matched as the design says.
    """
    design, data = spec.design, spec.data
    if not isinstance(design, Matching) or data is None:
        raise DesignError(f"{spec.id}: the design is {design.method}.")
    if (source := by_sums(spec, design, files)) is not None:
        return find_in_engine(spec, design, source, files)
    frame, read = read_people(spec, design, files)
    for outcome in spec.outcomes:
        if outcome.column not in frame:
            raise DataError(
                f"{spec.id}: outcome {outcome.id}: column {outcome.column!r} is not in the data."
            )
    sample = build(frame, spec, design, design, seed)
    shown = np.ones(len(sample.design.ids), dtype=bool)
    if hides_the_unmatched(spec, sample):
        # with them in one estimate and not in another, their number could be worked out
        shown = ~np.asarray(sample.design.ids.isin(sample.unmatched.ids))
        frame = sample.design.frame[shown]
    others: Ways = []
    withheld: list[Sentence] = []
    for way in design.alternatives:
        other = build(frame, spec, design, way, seed)
        if hides_the_unmatched(spec, other):
            withheld.append(not_shown(way))
        else:
            others.append((name_of(way), way.compared_by, other))
    return tuple(
        _finding(spec, files, outcome, sample, others, shown=shown, withheld=withheld, read=read)
        for outcome in spec.outcomes
    )


def _read(spec: EvaluationSpec, files: InputFiles) -> object:
    assert isinstance(spec.design, Matching)
    if (source := by_sums(spec, spec.design, files)) is not None:
        refuse_unknown_columns(source, spec, spec.design)
        return source
    return read_people(spec, spec.design, files)


def _negative_controls(sample: Sample, design: Matching, cluster: str | None) -> tuple[Parted, ...]:
    """Effects on outcomes that the programme cannot have moved, in the same sample by the same
    way; none where the design names none."""
    if not design.negative_controls:
        return ()
    rows = []
    for control in design.negative_controls:
        if control.column not in sample.design.frame:
            raise DataError(
                f"design.negative_controls: there is no column {control.column!r} in the data. "
                f"Columns: {first_few(list(map(str, sample.design.frame)), 12)}."
            )
        effect = effect_in(sample, control.column, design.compared_by, design.level, cluster)
        rows.append(row_of_effect(control.label, effect))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return (Parted(by="negative_control", label="", effects=GroupEffects(table=table)),)


def _finding(
    spec: EvaluationSpec,
    files: InputFiles,
    outcome: Outcome,
    sample: Sample,
    others: Ways,
    *,
    shown: NDArray[np.bool_],
    withheld: list[Sentence],
    read: list[Read],
) -> Finding:
    design = spec.design
    assert isinstance(design, Matching)
    column, level = str(outcome.column), design.level
    cluster = None if spec.data is None else spec.data.cluster
    words = effect_words(sample)
    headline = ties_told(
        effect_in(sample, column, design.compared_by, level, cluster),
        outcome,
        spec.contract.currency,
    )
    alternatives, lacking = _other_comparisons(sample, column, design, cluster)
    ways = [
        (name, other, effect_in(other, column, by, level, cluster)) for name, by, other in others
    ]
    alternatives += [(name, estimate) for name, _, estimate in ways]
    alternatives.append((NOT_MATCHED, unadjusted(sample, column, level, shown)))
    benchmark = benchmark_of(spec, design, column, files)
    side_by_side: list[tuple[str, AttEstimate]] = [
        (f"Headline: {words[design.compared_by].lower()}", headline),
        *alternatives,
    ]
    if benchmark:
        side_by_side.append(("Randomised benchmark", benchmark))
    shown_tables = [
        tables.ledger_table(spec, outcome, with_what_was_read(sample.ledger.to_frame(), read)),
        matched_tables.counts_table(spec, outcome, sample),
        tables.estimates_table(spec, outcome, side_by_side),
        matched_tables.balance_table(spec, outcome, sample),
    ]
    if ways:
        agreed = ("As agreed", sample, headline)
        shown_tables.append(matched_tables.methods_table(spec, outcome, [agreed, *ways]))
    hidden = hides_the_unmatched(spec, sample)
    # whom few are outside of is told by how many there are within and in all
    of_score = [None if hidden else overlap_tables.support_table(spec, outcome, sample)]
    if not score_tells_the_unmatched(spec, sample):
        of_score += [
            overlap_tables.bars_table(spec, outcome, sample, with_after=not hidden),
            overlap_tables.curves_table(spec, outcome, sample, with_after=not hidden),
        ]
    shown_tables += [table for table in of_score if table is not None]
    if len(sample.unmatched.ids) and not hidden:
        shown_tables.append(matched_tables.unmatched_table(spec, outcome, sample))
    scale = headline.n_treated / outcome.total.per if outcome.total else None
    examined = Examined(
        headline=headline,
        sample=sample,
        outcome=outcome,
        currency=spec.contract.currency,
        column=column,
        parts=_negative_controls(sample, design, cluster),
    )
    checks = tuple(check_in_plain_words(spec, c) for c in run_checks(design.method, examined))
    checks = matched_tables.without_what_tells(spec, sample, checks)
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
        levels=_levels(sample, column, shown),
    )


def _levels(
    sample: Sample, column: str, shown: NDArray[np.bool_]
) -> tuple[tuple[str, int, int, bool], ...]:
    """Of the groups in the analysis, and of all who could be compared."""
    treated, used = sample.design.treated, weights_of(sample) > 0
    groups = {
        "in the programme": treated & used,
        "comparison": ~treated & used,
        "all who could be compared": ~treated & shown,
    }
    return levels_of(sample.design.frame[column], groups)


def _other_comparisons(
    sample: Sample, column: str, design: Matching, cluster: str | None
) -> tuple[list[tuple[str, AttEstimate]], list[Sentence]]:
    """Outcomes of the agreed sample compared in the other ways, and why one cannot be had."""
    estimated, lacking = [], []
    for by, words in effect_words(sample).items():
        if by == design.compared_by:
            continue
        try:
            estimated.append((words, effect_in(sample, column, by, design.level, cluster)))
        except DesignError as error:
            why = error.rule or Sentence("It cannot be had from these data.")
            lacking.append(Sentence("{way}: not estimated. {why}", way=Name(words), why=why))
    return estimated, lacking


def _plain_words(spec: EvaluationSpec) -> str:
    assert isinstance(spec.design, Matching)
    return spec.design.options.plain_words


def _planned(spec: EvaluationSpec) -> Facts:
    design = spec.design
    assert isinstance(design, Matching)
    facts: list[tuple[str, str]] = [
        (Sentence("Method"), _plain_words(spec)),
        (Sentence("Characteristics"), ", ".join(label_of(spec, c) for c in design.covariates)),
        ("Effect on", _EFFECT_ON[design.target]),
    ]
    settings = design.model_dump(
        include=set(type(design).model_fields) - _NO_SETTINGS, exclude_defaults=True
    )
    for name, value in settings.items():
        words = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        facts.append((name.replace("_", " ").capitalize(), words.replace("_", " ")))
    if design.alternatives:
        facts.append(
            (Sentence("Shown beside it"), ", ".join(other.name for other in design.alternatives))
        )
    return tuple(facts)


_EFFECT_ON = {
    "ATT": "those in the programme",
    "ATC": "those not in it",
    "ATE": "everybody",
    "ATO": "those who could be in either",
}
_NO_SETTINGS = {
    *("method", "algorithm", "covariates", "estimand", "alternatives", "benchmark", "treatment"),
    *("rationale", "agreed_on", "level", "waivers", "deviations"),
}


DESIGN_KIND = DesignKind(
    model=Matching,
    label="Matching or weighting",
    find=find,
    registry_codes=("propensity",),
    planned=_planned,
    reads=(_read,),
    strength=lambda evidence: Sentence(
        "Level 3 of 5: people in the programme are compared with people who resemble them in "
        "what was recorded. It would mislead if they differed in what was not."
    ),
    plain_words=_plain_words,
    than_if_a_check_failed=Sentence("than in the matched comparison group"),
)
