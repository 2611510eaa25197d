"""Would we have seen it? The smallest effect that could be told apart, before outcomes are seen."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_choice, check_level, check_number
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.did.averages import KINDS, Kind
from pbc_eval.did.estimator import EstimatorOptions
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.did.expected_error import (
    SEED,
    ExpectedInference,
    expected_error,
    noise_before,
)
from pbc_eval.errors import DesignError
from pbc_eval.evaluation.note.before_treatment import before_treatment
from pbc_eval.evaluation.note.design_note import expected_errors, note_spec
from pbc_eval.numerics.distributions import normal_quantile
from pbc_eval.panel.panel import Panel

OWNER = "minimum_detectable_effect"
CURVE = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # of the smallest effect, for the curve


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MinimumDetectableEffect(Displayed):
    """``effect``, in the outcome's unit: an interval of ``level`` leaves zero out with ``power`` if
    the true effect is so large. ``std_error`` is the one expected of the estimate."""

    effect: float
    std_error: float
    power: float
    level: float
    inference: ExpectedInference
    rests_on: str

    def __float__(self) -> float:
        return self.effect

    def to_frame(self) -> pd.DataFrame:
        """The curve: effect, power; one row a multiple of the smallest effect."""
        effects = [share * self.effect for share in CURVE]
        rows = [(effect, self.inference.power(effect)) for effect in effects]
        return pd.DataFrame(rows, columns=["effect", "power"])


def minimum_detectable_effect(
    study: EvaluationSpec | Panel,
    power: float = 0.8,
    *,
    level: float = 0.95,
    outcome: str | None = None,
    estimator: str = "group_time",
    headline: Kind = "simple",
) -> MinimumDetectableEffect:
    """The smallest effect that could be told apart, from outcomes before anybody is treated alone.

    ``study``: an evaluation, whose design says the estimator, the average and the level, for one
    ``outcome`` by its id (that of the headline when left out); the standard error is the one that
    its file states under planning, or follows from data before the start. Or a panel, with the
    ``estimator`` and average to be used: its outcomes from the first start on are not looked at.

    Raises DesignError where neither is to be had, with the reason.
    """
    check_number(OWNER, "power", power, DesignError)
    check_level(OWNER, level, DesignError)
    if not 0 < power < 1:
        raise DesignError(f"{OWNER}: power must lie between 0 and 1, got {power!r}.")
    if isinstance(study, EvaluationSpec):
        return _of_file(study, power, outcome)
    if not isinstance(study, Panel):
        raise DesignError(f"{OWNER}: an evaluation or a panel is needed, got {study!r}.")
    if outcome is not None:
        raise DesignError(f"{OWNER}: a panel has one outcome; leave outcome out.")
    check_choice(OWNER, "headline", headline, KINDS, DesignError)
    known = [name for name, row in ESTIMATORS.items() if not row.needs_eligible]
    check_choice(OWNER, "estimator", estimator, known, DesignError)
    if study.repeated:
        raise DesignError(f"{OWNER}: units must be followed over time; these are cross-sections.")
    if study.roles.eligible:
        raise DesignError(
            f"{OWNER}: what a triple difference would tell apart is not known beforehand. Read the "
            "panel of the eligible alone, without eligible=..., for a difference-in-differences."
        )
    arrays = study.arrays()
    starts = np.array([np.nan, *study.starts[1:]], dtype=float)[arrays.cohort]
    first = study.first_touched(0)
    n_before = int(min(first[c] for c in range(1, len(first)) if study.cohort_units[c]))
    cluster = arrays.cluster if study.roles.cluster else None
    noise = None
    if n_before > 1:
        noise = noise_before(arrays.outcome[:, :n_before], arrays.cohort, cluster)
    if noise is None:
        raise DesignError(
            f"{OWNER}: {study.name} has no two periods before the first start that could be held "
            "against each other, or nothing varies in them."
        )
    inference = expected_error(
        noise,
        np.where(starts < study.n_periods, starts, np.nan),
        study.n_periods,
        estimator=ESTIMATORS[estimator],
        options=EstimatorOptions(
            level=level, seed=SEED, comparison=ESTIMATORS[estimator].comparisons[0]
        ),
        kind=headline,
        cluster=cluster,
        weight=arrays.weight if study.roles.weight else None,
    )
    return MinimumDetectableEffect(
        effect=inference.smallest(power),
        std_error=inference.std_error,
        power=power,
        level=level,
        inference=inference,
        rests_on=f"{n_before} periods before the first start, on noise like theirs",
    )


def _of_file(spec: EvaluationSpec, power: float, wanted: str | None) -> MinimumDetectableEffect:
    shown = note_spec(spec)
    known = [outcome.id for outcome in shown.outcomes]
    name = wanted or (shown.primary.id if shown.primary else known[0] if known else "")
    check_choice(OWNER, "outcome", name, known, DesignError)
    level = float(getattr(shown.design, "level", 0.95))
    before = before_treatment(shown)
    expected = next(e for e in expected_errors(shown, before, level, power) if e.outcome.id == name)
    if expected.std_error is None or expected.smallest is None:
        raise DesignError(
            f"{spec.id}: the standard error of {name} is {expected.rests_on}. State it under "
            "planning.expected with its source."
        )
    seen = next((o for o in before.outcomes if o.outcome == name), None) if before else None
    inference = None if seen is None else seen.inference
    if inference is None or inference.std_error != expected.std_error:
        inference = ExpectedInference(
            std_error=expected.std_error,
            critical=float(normal_quantile(0.5 + level / 2)),
            df=float("inf"),
        )
    return MinimumDetectableEffect(
        effect=expected.smallest,
        std_error=expected.std_error,
        power=power,
        level=level,
        inference=inference,
        rests_on=expected.rests_on,
    )
