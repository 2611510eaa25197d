"""Findings of a matching design whose people stay in the engine that holds them.

The same steps as for people in memory, each by sums: one match before outcomes are looked at, the
agreed effect, the other ways to compare, checks and tables. What needs rows is left out and named.
"""

from functools import partial

from pbc_eval.agreement.design import Matching
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.errors import DataError
from pbc_eval.evaluation.comparison_groups import (
    EFFECT_WORDS,
    WEIGHTED_WORDS,
    name_of,
    not_shown,
)
from pbc_eval.evaluation.designs.matched_findings import AsAgreed, Compared, matched_finding
from pbc_eval.evaluation.few_apart import hides_the_unmatched
from pbc_eval.evaluation.few_in_engine import levels_of_outcome
from pbc_eval.evaluation.people_frame import Read
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
    others: list[Compared] = []
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
            effect = partial(_effect, other, design.level)
            others.append(Compared(name_of(way), way.compared_by, other, effect))
    hidden = hides_the_unmatched(spec, sample)
    agreed = AsAgreed(
        name="",
        by=design.compared_by,
        sample=sample,
        effect=partial(_effect, sample, design.level),
        words=WEIGHTED_WORDS if sample.weights_everybody else EFFECT_WORDS,
        unadjusted=partial(
            unadjusted_in_engine, sample, level=design.level, without_unmatched=hidden
        ),
        levels=partial(levels_of_outcome, sample, without_unmatched=hidden),
        n_unmatched=sample.n_unmatched,
        read=_read(sample),
    )
    withheld.append(LEFT_OUT)
    return tuple(
        matched_finding(spec, files, outcome, agreed, others=others, withheld=withheld)
        for outcome in spec.outcomes
    )


def _effect(sample: EngineSample, level: float, column: str, by: str) -> AttEstimate:
    return sample.effect(column, by, level)  # type: ignore[arg-type] # checked by the sample


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
