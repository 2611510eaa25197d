"""Findings of a matching design: one match, made before outcomes are looked at, then effects."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pbc_eval._validate import first_few
from pbc_eval.agreement.design import Matching
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation.comparison_groups import (
    Sample,
    build,
    effect_in,
    effect_words,
    name_of,
    not_shown,
    unadjusted,
)
from pbc_eval.evaluation.designs.design_kind import DesignKind, Facts
from pbc_eval.evaluation.designs.matched_findings import AsAgreed, Compared, Levels, matched_finding
from pbc_eval.evaluation.designs.matching_in_engine import find_in_engine, refuse_unknown_columns
from pbc_eval.evaluation.few_apart import hides_the_unmatched, levels_of, weights_of
from pbc_eval.evaluation.matched_tables import label_of
from pbc_eval.evaluation.people_frame import read_people
from pbc_eval.evaluation.people_in_engine import by_sums
from pbc_eval.evaluation.record import Finding
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.messages.sentence import Sentence
from pbc_eval.results import AttEstimate


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
    others: list[Compared] = []
    withheld: list[Sentence] = []
    for way in design.alternatives:
        other = build(frame, spec, design, way, seed)
        if hides_the_unmatched(spec, other):
            withheld.append(not_shown(way))
        else:
            effect = partial(_effect, other, design.level, data.cluster)
            others.append(Compared(name_of(way), way.compared_by, other, effect))
    _refuse_unknown_controls(sample, design)
    agreed = AsAgreed(
        name="",
        by=design.compared_by,
        sample=sample,
        effect=partial(_effect, sample, design.level, data.cluster),
        words=effect_words(sample),
        unadjusted=partial(unadjusted, sample, level=design.level, shown=shown),
        levels=partial(_levels, sample, shown),
        n_unmatched=len(sample.unmatched.ids),
        read=read,
    )
    return tuple(
        matched_finding(spec, files, outcome, agreed, others=others, withheld=withheld)
        for outcome in spec.outcomes
    )


def _effect(sample: Sample, level: float, cluster: str | None, column: str, by: str) -> AttEstimate:
    return effect_in(sample, column, by, level, cluster)


def _read(spec: EvaluationSpec, files: InputFiles) -> object:
    assert isinstance(spec.design, Matching)
    if (source := by_sums(spec, spec.design, files)) is not None:
        refuse_unknown_columns(source, spec, spec.design)
        return source
    return read_people(spec, spec.design, files)


def _refuse_unknown_controls(sample: Sample, design: Matching) -> None:
    for control in design.negative_controls:
        if control.column not in sample.design.frame:
            raise DataError(
                f"design.negative_controls: there is no column {control.column!r} in the data. "
                f"Columns: {first_few(list(map(str, sample.design.frame)), 12)}."
            )


def _levels(sample: Sample, shown: NDArray[np.bool_], column: str) -> Levels:
    """Of the groups in the analysis, and of all who could be compared."""
    treated, used = sample.design.treated, weights_of(sample) > 0
    groups = {
        "in the programme": treated & used,
        "comparison": ~treated & used,
        "all who could be compared": ~treated & shown,
    }
    return levels_of(sample.design.frame[column], groups)


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
