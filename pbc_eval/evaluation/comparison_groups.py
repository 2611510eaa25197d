"""From the agreed algorithm to a matched or weighted sample, and to the effect in it."""

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pbc_eval.agreement.adjustment import Adjustment, OtherAdjustment
from pbc_eval.agreement.design import Matching
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.coarsened import CutPoints
from pbc_eval.matching.design import Missing
from pbc_eval.matching.effect import (
    EffectMethod,
    MatchedData,
    checked_outcome,
    experimental_difference,
    matched_effect,
)
from pbc_eval.matching.match import match
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.weight import weight
from pbc_eval.matching.weighted_effect import WeightedMethod
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.matching.weighting import WeightMethod
from pbc_eval.messages.sentence import Sentence
from pbc_eval.results import AttEstimate, Method

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
    frame: pd.DataFrame, spec: EvaluationSpec, design: Matching, way: Adjustment, seed: int
) -> Sample:
    """The comparison group as ``way`` says: the design itself, or one of its alternatives.

    Raises DataError for data that do not fit their roles and DesignError when nobody can be
    matched, or no weights exist; for an alternative the message names it.
    """
    if not isinstance(way, OtherAdjustment):
        return _built(frame, spec, design, way, seed)
    try:
        return _built(frame, spec, design, way, seed)
    except (DataError, DesignError) as error:
        raise type(error)(
            f"{spec.id}: design.alternatives, {way.name}: {error} Change its settings, or remove "
            "it."
        ) from error


def _built(
    frame: pd.DataFrame, spec: EvaluationSpec, design: Matching, way: Adjustment, seed: int
) -> Sample:
    data = spec.data
    if data is None or data.missing not in ("refuse", "complete_cases"):
        raise DesignError(
            f"{spec.id}: data.missing is {data.missing if data else 'not given'!r}; a matching "
            "design takes refuse or complete_cases."
        )
    covariates = design.covariates
    if isinstance(way, OtherAdjustment) and way.covariates is not None:
        covariates = way.covariates
    return sample_by(
        way,
        frame,
        treatment=design.treatment,
        covariates=covariates,
        unit=data.unit,
        estimand=design.estimand,
        seed=seed,
        sampling_weights=data.weight,
        missing=data.missing,
    )


def sample_by(
    way: Adjustment,
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
    """Match or weight ``frame``, one row a unit, as ``way`` says. ``seed`` serves the random
    order. Raises what ``match`` and ``weight`` raise."""
    if way.weights:
        return weight(
            frame,
            treatment=treatment,
            covariates=covariates,
            method=cast(WeightMethod, way.algorithm),
            estimand=None if way.algorithm == "overlap" else estimand,
            link="probit" if way.link == "probit" else "logit",
            trim=way.trim,
            truncate=way.truncate,
            unit=unit,
            sampling_weights=sampling_weights,
            missing=missing,
        )
    seeks_at_random = way.algorithm == "nearest" and way.order == "random"
    return match(
        frame,
        treatment=treatment,
        covariates=covariates,
        method=way.algorithm,
        distance=way.distance,
        distance_on=way.distance_on,
        ratio=way.ratio,
        min_ratio=way.min_ratio,
        max_ratio=way.max_ratio,
        replacement=way.replacement,
        caliper=way.caliper_in_force,
        caliper_scale=way.caliper_scale,
        within=way.within,
        within_scale=way.within_scale,
        score=way.score,
        exact=way.exact,
        antiexact=way.antiexact,
        discard=way.discard,
        reestimate=way.reestimate,
        order=way.order,
        estimand=estimand,
        unit=unit,
        link=way.link,
        seed=seed if seeks_at_random else None,
        subclasses=way.subclasses,
        cutpoints=cast(CutPoints, way.cutpoints),
        grouping=way.grouping or None,
        one_to_one=way.one_to_one,
        profile=way.profile,
        tolerance=way.tolerance,
        time_limit=way.time_limit,
        paired=way.paired,
        sampling_weights=sampling_weights,
        missing=missing,
    )


def effect_in(sample: Sample, column: str, by: str, level: float) -> AttEstimate:
    """The effect on one outcome, compared as ``by`` says."""
    if isinstance(sample, WeightedSample):
        return sample.effect(column, method=cast(WeightedMethod, by), level=level)
    return sample.effect(column, method=cast(EffectMethod, by), level=level)


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
    found = matched_effect(
        MatchedData(values, treated, design.sampling[shown], None, np.empty((n, 0)), treated),
        "difference",
    )
    return AttEstimate(
        term=column,
        estimate=found.estimate,
        std_error=found.std_error,
        n_treated=int(treated.sum()),
        n_comparison=int((~treated).sum()),
        level=level,
        degrees_of_freedom=found.degrees_of_freedom,
        reason=found.reason,
        method=Method(
            estimator="difference in means weighted by sampling weights",
            comparison_group=Sentence("everybody not in the programme"),
            inference=Sentence("HC3"),
        ),
    )
