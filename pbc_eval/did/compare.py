"""One effect, every estimator: what the answer owes to the method.

All estimators get the same panel, hence the same sample. One that does not apply keeps its row and
says why, so that a table with fewer numbers never looks like agreement.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from pbc_eval._validate import check_level
from pbc_eval.did.extended_two_way import extended_two_way
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.imputation import imputation
from pbc_eval.did.interaction_weighted import interaction_weighted
from pbc_eval.did.synthetic import synthetic_did
from pbc_eval.did.two_way import two_way
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate

DEFAULT_SEED = 20_210_601
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
    check_level("compare_estimators", level, DesignError)
    rows = []
    for name, estimate in _estimators(panel, level, seed).items():
        try:
            rows.append(_row(name, estimate()))
        except (DesignError, DataError) as problem:
            rows.append({"estimator": name, "reason": str(problem)})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = list(COLUMNS[1:7])
    table[numbers] = table[numbers].astype(float)
    table[["n_treated", "n_comparison"]] = table[["n_treated", "n_comparison"]].astype("Int64")
    words = ["comparison_group", "inference", "reason"]
    table[words] = table[words].fillna("")
    return table


def _estimators(panel: Panel, level: float, seed: int) -> dict[str, Callable[[], AttEstimate]]:
    def group_time(method: str, pool: str) -> Callable[[], AttEstimate]:
        def estimate() -> AttEstimate:
            effects = att_gt(
                panel,
                method="dr" if method == "dr" else "reg" if method == "reg" else "ipw",
                control_group="never_treated" if pool == "never treated" else "not_yet_treated",
                level=level,
                seed=seed,
            )
            return effects.aggregate(bands="pointwise").overall

        return estimate

    methods = ("dr", "reg", "ipw") if panel.covariates else ("dr",)
    found: dict[str, Callable[[], AttEstimate]] = {}
    for pool in ("never treated", "not yet treated"):
        for method in methods:
            adjusted = f", {method}" if panel.covariates else ""
            found[f"group-time effects, {pool}{adjusted}"] = group_time(method, pool)
    found["imputation"] = lambda: (
        imputation(panel, level=level).aggregate(bands="pointwise").overall
    )
    found["extended two-way"] = lambda: (
        extended_two_way(panel, level=level).aggregate(bands="pointwise").overall
    )
    found["interaction-weighted"] = lambda: (
        interaction_weighted(panel, level=level).aggregate(bands="pointwise").overall
    )
    found["synthetic difference-in-differences"] = lambda: (
        synthetic_did(panel, level=level, seed=seed).effect
    )
    found["two-way fixed effects"] = lambda: two_way(panel, level=level)
    return found


def _row(name: str, estimate: AttEstimate) -> dict[str, object]:
    row: dict[str, object] = estimate.to_row()
    del row["term"]
    unadjusted = [note for note in estimate.method.notes if note.startswith("not adjusted for")]
    return row | {
        "estimator": name,
        "n_treated": np.int64(estimate.n_treated),
        "n_comparison": np.int64(estimate.n_comparison),
        "comparison_group": estimate.method.comparison_group,
        "inference": "; ".join([estimate.method.inference, *unadjusted]),
    }
