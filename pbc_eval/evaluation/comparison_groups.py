"""From the agreed algorithm to a matched or weighted sample, and to the effect in it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pbc_eval.agreement.algorithm_options import AlgorithmOptions
from pbc_eval.agreement.comparison_group import ComparisonGroup, OtherComparisonGroup
from pbc_eval.agreement.design import Matching
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.matching_settings import MatchingOptions
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.agreement.weighting_options import WeightingOptions
from pbc_eval.errors import DesignError
from pbc_eval.evaluation.named_ways import naming
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.matching.design import Missing, by_column, zero_one
from pbc_eval.matching.effect import (
    UNADJUSTED_BY_WEIGHTS,
    EffectMethod,
    MatchedData,
    checked_outcome,
    experimental_difference,
    matched_effect,
)
from pbc_eval.matching.ledger import LedgerStep, SampleLedger, by_arm
from pbc_eval.matching.match import match
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.ties import tie_sentence
from pbc_eval.matching.weight import weight
from pbc_eval.matching.weighted_effect import WeightedMethod
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.messages.numbers import effect_value
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name
from pbc_eval.results import AttEstimate

Sample = MatchedSample | WeightedSample

EFFECT_WORDS = {
    "difference": "Matched, difference of means",
    "regression": "Matched, adjusted by regression",
    "g_computation": "Matched, adjusted with separate slopes a group",
}
WEIGHTED_WORDS = {
    "difference": "Weighted, difference of means",
    "augmented": "Weighted, doubly robust",
}
NOT_MATCHED = "Not matched: all comparison units, no adjustment"


def build(
    frame: pd.DataFrame, spec: EvaluationSpec, design: Matching, way: ComparisonGroup, seed: int
) -> Sample:
    """The comparison group as ``way`` says: the design itself, or one of its alternatives.

    Raises DataError for data that do not fit their roles and DesignError when nobody can be
    matched, or no weights exist; for an alternative the message names it.
    """
    with naming(way, spec):
        return _built(frame, spec, design, way, seed)


def _built(
    frame: pd.DataFrame, spec: EvaluationSpec, design: Matching, way: ComparisonGroup, seed: int
) -> Sample:
    data = spec.data
    if data is None or data.missing not in ("refuse", "complete_cases", "indicator"):
        raise DesignError(
            f"{spec.id}: data.missing is {data.missing if data else 'not given'!r}; a matching "
            "design takes refuse, complete_cases or indicator."
        )
    covariates = design.covariates
    if isinstance(way, OtherComparisonGroup) and way.covariates is not None:
        covariates = way.covariates
    outcomes = [str(outcome.column) for outcome in spec.outcomes if outcome.column in frame]
    known, why = known_outcomes(frame, outcomes if data.missing != "refuse" else [])
    sample = sample_by(
        way.by,
        frame[known],
        treatment=design.treatment,
        covariates=covariates,
        unit=data.unit,
        estimand=design.estimand,
        seed=seed,
        sampling_weights=data.weight,
        missing=data.missing,
    )
    return sample if known.all() else _entered(sample, frame, design.treatment, known, why)


def known_outcomes(
    frame: pd.DataFrame, outcomes: Sequence[str]
) -> tuple[NDArray[np.bool_], Sentence]:
    """Rows with all ``outcomes``, (n,), and what the others lack."""
    absent = frame[list(outcomes)].isna()
    counts = {str(name): int(n) for name, n in absent.sum().items() if n}
    why = Sentence("missing values: {columns}", columns=by_column(counts))
    return ~np.asarray(absent.to_numpy(dtype=bool).any(axis=1)), why


def _entered(
    sample: Sample,
    frame: pd.DataFrame,
    treatment: str,
    known: NDArray[np.bool_],
    why: Sentence,
) -> Sample:
    """The sample with a ledger that begins with all rows, and says who had no outcome."""
    treated = zero_one(frame[treatment])
    gone = int((~known).sum())
    n_treated = int((~known & treated).sum())
    first = SampleLedger((LedgerStep(what=Sentence("read"), rows_in=len(frame)),)).then(
        Sentence("known outcomes"), gone, by_arm(why, n_treated, gone - n_treated)
    )
    ledger = SampleLedger((*first.steps, *sample.design.ledger.steps[1:]))
    return replace(sample, design=replace(sample.design, ledger=ledger))


def sample_by(
    by: AlgorithmOptions,
    frame: pd.DataFrame,
    *,
    treatment: str,
    covariates: Sequence[str],
    unit: str,
    estimand: Literal["ATT", "ATC", "ATE"] = "ATT",
    seed: int = 0,
    sampling_weights: str | None = None,
    missing: Missing = "refuse",
) -> Sample:
    """Match or weight ``frame``, one row a unit, by an algorithm. ``seed`` serves the random
    order. Raises what ``match`` and ``weight`` raise."""
    if isinstance(by, WeightingOptions):
        return weight(
            frame,
            treatment=treatment,
            covariates=covariates,
            by=by,
            estimand=None if by.own_population else estimand,
            unit=unit,
            sampling_weights=sampling_weights,
            missing=missing,
        )
    if not isinstance(by, MatchingOptions):
        raise DesignError(f"{by!r} are the options of no algorithm that matches or weights.")
    return match(
        frame,
        treatment=treatment,
        covariates=covariates,
        by=by,
        estimand=estimand,
        unit=unit,
        seed=seed,
        sampling_weights=sampling_weights,
        missing=missing,
    )


def effect_in(
    sample: Sample, column: str, by: str, level: float, cluster: str | None = None
) -> AttEstimate:
    """The effect on one outcome, compared as ``by`` says, errors by ``cluster``."""
    if isinstance(sample, WeightedSample):
        return sample.effect(column, cast(WeightedMethod, by), level, cluster)
    return sample.effect(column, cast(EffectMethod, by), level, cluster)


def ties_told(estimate: AttEstimate, outcome: Outcome, currency: str) -> AttEstimate:
    """The estimate with its note on ties, if it has one, in the outcome's unit."""
    spread, method = estimate.over_ties, estimate.method
    if spread is None:
        return estimate
    low, high = (
        replace(effect_value(end, outcome, currency), value=end)
        for end in (spread.low, spread.high)
    )
    note = tie_sentence(spread, low, high)
    notes = tuple(note if old.template == note.template else old for old in method.notes)
    return replace(estimate, method=replace(method, notes=notes))


def effect_words(sample: Sample) -> dict[str, str]:
    """Ways to compare outcomes in this sample, each in plain words."""
    return WEIGHTED_WORDS if isinstance(sample, WeightedSample) else EFFECT_WORDS


def unadjusted(sample: Sample, column: str, level: float, shown: NDArray[np.bool_]) -> AttEstimate:
    """The difference between everybody in the programme and everybody else, as sampled, among the
    rows that may be ``shown`` (n,)."""
    design = sample.design
    if design.sampling is None:
        return experimental_difference(
            design.frame[shown], treatment=design.treatment, outcome=column, level=level
        )
    treated, n = design.treated[shown], int(shown.sum())
    values = checked_outcome(design.frame.loc[shown, column], column)
    effect = matched_effect(
        MatchedData(values, treated, design.sampling[shown], None, np.empty((n, 0)), treated),
        "difference",
    )
    return AttEstimate(
        term=column,
        estimate=effect.estimate,
        std_error=effect.std_error,
        n_treated=int(treated.sum()),
        n_comparison=int((~treated).sum()),
        level=level,
        degrees_of_freedom=effect.degrees_of_freedom,
        reason=effect.reason,
        method=UNADJUSTED_BY_WEIGHTS,
    )


def name_of(way: OtherComparisonGroup) -> str:
    """As the page calls it; overlap weights answer for other people, and the name says so."""
    return f"{way.name} (for another population)" if way.algorithm == "overlap" else way.name


def not_shown(way: OtherComparisonGroup) -> Sentence:
    """Why another way is left out whose numbers would tell of few."""
    return Sentence(
        "{way} is not shown: it leaves out so few people that its numbers beside the "
        "others' would tell about them.",
        way=Name(way.name),
    )


def benchmark_of(
    spec: EvaluationSpec, design: Matching, column: str, files: InputFiles
) -> AttEstimate | None:
    """The effect in a randomised trial of the same programme, where the design names one."""
    if design.benchmark is None:
        return None
    frame, _ = files.frame(spec.path(design.benchmark.file))
    benchmark: AttEstimate = experimental_difference(
        frame, treatment=design.benchmark.treatment, outcome=column, level=design.level
    )
    return benchmark
