"""One effect, every estimator: what the answer owes to the method.

    Panel ── specifications ▶ Specification ... ── compare_estimators ▶ one table
                                                └─ the page's table and specification curve

All estimators get the same panel, hence the same sample. One that does not apply keeps its row and
says why, so that a table with fewer numbers never looks like agreement.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pbc_eval._validate import check_level
from pbc_eval.did.adjustment import EstimationMethod
from pbc_eval.did.aggregate import Kind
from pbc_eval.did.cells import ControlGroup
from pbc_eval.did.extended_two_way import extended_two_way
from pbc_eval.did.group_time import GroupTimeEffects, att_gt
from pbc_eval.did.imputation import imputation
from pbc_eval.did.interaction_weighted import interaction_weighted
from pbc_eval.did.synthetic import synthetic_did
from pbc_eval.did.two_way import two_way
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate

DEFAULT_SEED = 20_210_601
MOST_TO_WEIGHT = 500  # comparison units, beyond which synthetic weights take minutes
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
Family = Literal[
    "group-time effects",
    "imputation",
    "extended two-way",
    "interaction-weighted",
    "synthetic difference-in-differences",
    "two-way fixed effects",
]
Comparison = Literal["never treated", "not yet treated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """One way to estimate the effect, and what it gave or why it gave nothing."""

    family: Family
    comparison: Comparison
    adjustment: EstimationMethod | None  # None: not adjusted for covariates
    estimate: AttEstimate | None
    reason: str = ""  # why there is no estimate

    @property
    def name(self) -> str:
        if self.family != "group-time effects":
            return self.family
        adjusted = f", {self.adjustment}" if self.adjustment else ""
        return f"{self.family}, {self.comparison}{adjusted}"


def specifications(
    panel: Panel, *, kind: Kind = "simple", level: float = 0.95, seed: int = DEFAULT_SEED
) -> tuple[Specification, ...]:
    """Every estimator here on one panel. ``kind``: the average of the effects by cohort and period;
    synthetic difference-in-differences and the two-way coefficient have but one."""
    check_level("compare_estimators", level, DesignError)
    found = []
    methods: tuple[EstimationMethod | None, ...] = (None,)
    if panel.covariates:
        methods = ("dr", "reg", "ipw", None)
    plain = panel.without_covariates()
    for control, comparison in _COMPARISONS:
        for method in methods:
            used = panel if method else plain
            estimate = _average(_group_time(used, control, method, level, seed), kind)
            found.append(_tried("group-time effects", comparison, method, estimate, panel))
    others: tuple[tuple[Family, Comparison, Callable[[], AttEstimate]], ...] = (
        (
            "imputation",
            "not yet treated",
            _average(lambda: imputation(panel, level=level, seed=seed), kind),
        ),
        (
            "extended two-way",
            "not yet treated",
            _average(lambda: extended_two_way(panel, level=level, seed=seed), kind),
        ),
        (
            "interaction-weighted",
            "never treated",
            _average(lambda: interaction_weighted(panel, level=level, seed=seed), kind),
        ),
        (
            "synthetic difference-in-differences",
            "never treated",
            lambda: _synthetic(panel, level, seed),
        ),
        ("two-way fixed effects", "not yet treated", lambda: two_way(panel, level=level)),
    )
    found += [_tried(family, versus, None, estimate, panel) for family, versus, estimate in others]
    return tuple(found)


_COMPARISONS: tuple[tuple[ControlGroup, Comparison], ...] = (
    ("never_treated", "never treated"),
    ("not_yet_treated", "not yet treated"),
)


def compare_estimators(
    panel: Panel, *, level: float = 0.95, seed: int = DEFAULT_SEED
) -> pd.DataFrame:
    """The average effect over treated unit-periods by every estimator here, on one sample.

    Columns: estimator, estimate, std_error, statistic, p_value, conf_low, conf_high, n_treated,
    n_comparison, comparison_group, inference, reason. ``reason`` says why an estimator does not
    apply, or why it has no standard error. With covariates, ``att_gt`` adjusts by all three
    methods; the regressions do not adjust and say so in "inference". The two-way coefficient is no
    average of effects when treatment is staggered, and is there because it is what others report.
    """
    table = pd.DataFrame(
        [_row(one) for one in specifications(panel, level=level, seed=seed)], columns=list(COLUMNS)
    )
    numbers = list(COLUMNS[1:7])
    table[numbers] = table[numbers].astype(float)
    table[["n_treated", "n_comparison"]] = table[["n_treated", "n_comparison"]].astype("Int64")
    words = ["comparison_group", "inference", "reason"]
    table[words] = table[words].fillna("")
    return table


def _group_time(
    panel: Panel, control: ControlGroup, method: EstimationMethod | None, level: float, seed: int
) -> Callable[[], GroupTimeEffects]:
    return lambda: att_gt(
        panel, method=method or "dr", control_group=control, level=level, seed=seed
    )


def _average(effects: Callable[[], GroupTimeEffects], kind: Kind) -> Callable[[], AttEstimate]:
    return lambda: effects().aggregate(kind, bands="pointwise").overall


def _synthetic(panel: Panel, level: float, seed: int) -> AttEstimate:
    treated, compared = sum(panel.cohort_units[1:]), panel.cohort_units[0]
    if compared > MOST_TO_WEIGHT:
        raise DesignError(
            f"{panel.name}: synthetic_did was left out with more than {MOST_TO_WEIGHT} comparison "
            "units, which it would weight one by one; call it by itself."
        )
    inference: Literal["placebo", "jackknife"] = "placebo" if compared > treated else "jackknife"
    return synthetic_did(panel, inference=inference, level=level, seed=seed).effect


def _tried(
    family: Family,
    comparison: Comparison,
    adjustment: EstimationMethod | None,
    estimate: Callable[[], AttEstimate],
    panel: Panel,
) -> Specification:
    given, reason = None, ""
    try:
        given = estimate()
    except (DesignError, DataError) as problem:
        reason = str(problem).removeprefix(f"{panel.name}: ")
    return Specification(
        family=family, comparison=comparison, adjustment=adjustment, estimate=given, reason=reason
    )


def _row(one: Specification) -> dict[str, object]:
    estimate = one.estimate
    if estimate is None:
        return {"estimator": one.name, "reason": one.reason}
    row: dict[str, object] = estimate.to_row()
    del row["term"]
    unadjusted = [note for note in estimate.method.notes if note.startswith("not adjusted for")]
    return row | {
        "estimator": one.name,
        "n_treated": np.int64(estimate.n_treated),
        "n_comparison": np.int64(estimate.n_comparison),
        "comparison_group": estimate.method.comparison_group,
        "inference": "; ".join([estimate.method.inference, *unadjusted]),
    }
