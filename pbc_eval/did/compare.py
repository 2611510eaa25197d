"""One effect, every estimator: what the answer owes to the method.

    Panel ── specifications ▶ Specification ... ── compare_estimators ▶ one table
                                                └─ the page's table and specification curve

All estimators get the same panel, hence the same sample. One that does not apply keeps its row and
says why, so that a table with fewer numbers never looks like agreement.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._validate import check_level
from pbc_eval.did.adjustment import EstimationMethod
from pbc_eval.did.averages import Kind
from pbc_eval.did.estimator import Comparison, Estimator, EstimatorOptions
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.did.group_time_effects import DEFAULT_SEED
from pbc_eval.did.notes import those_not_adjusted
from pbc_eval.errors import DataError, DesignError
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import joined
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate

COLUMNS = (
    "estimator",
    "estimate",
    "std_error",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "n_treated",
    "n_comparison",
    "comparison_group",
    "inference",
    "reason",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """One way to estimate the effect, and what it gave or why it gave nothing."""

    estimator: Estimator
    comparison: Comparison
    adjustment: EstimationMethod | None  # None: not adjusted for covariates
    estimate: AttEstimate | None
    reason: str = ""  # why there is no estimate, for those who have the data
    rule: Sentence = EMPTY  # the same for a page: the rule that was broken

    @property
    def name(self) -> str:
        """As tables for analysts call it; settings are named where there is a choice of them."""
        named = self.estimator.family
        if len(self.estimator.comparisons) > 1:
            named = f"{named}, {self.comparison}"
        if self.adjustment and self.estimator.adjusts_linearly:
            return f"{named}, adjusted"
        return f"{named}, {self.adjustment}" if self.adjustment else named


def specifications(
    panel: Panel,
    *,
    kind: Kind = "simple",
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
    random_starts: bool = False,
) -> tuple[Specification, ...]:
    """Every estimator here on one panel. ``kind``: the average of the effects by cohort and period;
    estimators that give a single number have but one. A panel read with ``eligible`` holds units
    that the measure cannot reach beside treated ones: only triple differences apply to it.
    ``random_starts``: did lots, or what is as good, decide who started when? Only then does the
    estimator that needs it stand among them."""
    check_level("compare_estimators", level, DesignError)
    adjustments: tuple[EstimationMethod | None, ...] = (None,)
    if panel.covariates:
        adjustments = ("dr", "reg", "ipw", None)
    return tuple(
        _tried(
            estimator,
            panel,
            kind,
            EstimatorOptions(level=level, seed=seed, comparison=comparison, adjustment=adjustment),
        )
        for estimator in ESTIMATORS.values()
        if estimator.needs_eligible == bool(panel.roles.eligible)
        and (random_starts or not estimator.needs_random_starts)
        for comparison in estimator.comparisons
        for adjustment in (
            adjustments
            if estimator.adjusts
            else adjustments[1::2]  # by regression, and not
            if estimator.adjusts_linearly and panel.covariates
            else (None,)
        )
    )


def average_of(
    estimator: Estimator, panel: Panel, kind: Kind, options: EstimatorOptions
) -> AttEstimate:
    """One average of the estimator's effects, or the one number that it gives.

    Raises DesignError or DataError where the estimator does not apply.
    """
    if estimator.effects is not None:
        return estimator.effects(panel, options).aggregate(kind, bands="pointwise").overall
    if estimator.overall is None:
        raise DesignError(f"{estimator.name}: gives neither effects nor an overall effect.")
    return estimator.overall(panel, options)


def compare_estimators(
    panel: Panel, *, level: float = 0.95, seed: int = DEFAULT_SEED, random_starts: bool = False
) -> pd.DataFrame:
    """The average effect over treated unit-periods by every estimator here, on one sample.

    Columns: estimator, estimate, std_error, statistic, p_value, conf_low, conf_high, n_treated,
    n_comparison, comparison_group, inference, reason. ``reason`` says why an estimator does not
    apply, or why it has no standard error. With covariates, ``att_gt`` adjusts by all three
    methods, and regressions that can do with and without; those that do not adjust say so in
    "inference". The two-way coefficient is no
    average of effects when treatment is staggered, and is there because it is what others report.
    A panel read with ``eligible`` is for triple differences alone. ``random_starts``: starts were
    as good as random, so that the efficient estimator stands among them.
    """
    tried = specifications(panel, level=level, seed=seed, random_starts=random_starts)
    table = pd.DataFrame(list(map(_row, tried)), columns=list(COLUMNS))
    numbers = list(COLUMNS[1:7])
    table[numbers] = table[numbers].astype(float)
    table[["n_treated", "n_comparison"]] = table[["n_treated", "n_comparison"]].astype("Int64")
    words = ["comparison_group", "inference", "reason"]
    table[words] = table[words].astype("str").fillna("")
    return table


def _tried(
    estimator: Estimator, panel: Panel, kind: Kind, options: EstimatorOptions
) -> Specification:
    estimate, reason, rule = None, "", EMPTY
    try:
        estimate = average_of(estimator, panel, kind, options)
    except (DesignError, DataError) as problem:
        reason = str(problem).removeprefix(f"{panel.name}: ")
        rule = getattr(problem, "rule", None) or Sentence("It does not apply to these data.")
    return Specification(
        estimator=estimator,
        comparison=options.comparison,
        adjustment=options.adjustment,
        estimate=estimate,
        reason=reason,
        rule=rule,
    )


def _row(tried: Specification) -> dict[str, object]:
    estimate = tried.estimate
    if estimate is None:
        return {"estimator": tried.name, "reason": tried.reason}
    row: dict[str, object] = estimate.to_row()
    del row["term"]
    return row | {
        "estimator": tried.name,
        "n_treated": np.int64(estimate.n_treated),
        "n_comparison": np.int64(estimate.n_comparison),
        "comparison_group": estimate.method.comparison_group,
        "inference": joined(
            (estimate.method.inference, *those_not_adjusted(estimate.method.notes))
        ),
    }
