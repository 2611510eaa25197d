"""Extended two-way fixed effects: a two-way regression with an effect for every cohort and period
from treatment onwards.

    Y_it = unit + period + sum over g, t >= g of tau_gt [cohort = g, period = t] + error

All periods before treatment serve as base, and all units not treated at the time as comparison.
Estimates equal those of imputation.py on complete panels, and so do standard errors but for the
small-sample factor.

Source: Wooldridge (2025), "Two-way fixed effects, the two-way Mundlak regression, and difference-
in-differences estimators", Empirical Economics 69.
"""

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.cohort_regression import comparison_window
from pbc_eval.did.estimator import Estimator, EstimatorOptions
from pbc_eval.did.group_time_effects import DEFAULT_SEED, GroupTimeEffects
from pbc_eval.did.regression_cells import (
    SHARES,
    Shares,
    regression_effects,
    regression_method,
    treated_cells,
)
from pbc_eval.did.saturated_cells import refuse_too_many_effects, saturated_cells
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.panel import Panel


def extended_two_way(
    panel: Panel,
    *,
    shares: Shares = "fixed",
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
    adjusted: bool = False,
) -> GroupTimeEffects:
    """Effects by cohort and period from treatment onwards; average them with ``.aggregate``.

    ``shares``: averages take cohort shares as "fixed" (effects on these units) or "estimated".
    Without never-treated units, periods in which all are treated are left out. Standard errors are
    CRV1. ``adjusted`` for the panel's covariates (linear_covariates.py). Raises DesignError when
    there is nobody to compare with, nothing to adjust for, or the effects absorb a cell.
    """
    check_choice("extended_two_way", "shares", shares, SHARES, DesignError)
    check_level("extended_two_way", level, DesignError)
    window = comparison_window(panel, "extended_two_way")
    plan = treated_cells(panel)
    cells, inference, notes = saturated_cells(
        panel, plan, window, shares, adjusted_by="extended_two_way" if adjusted else ""
    )
    method = regression_method(
        panel,
        plan,
        estimator="extended two-way fixed effects (Wooldridge 2025)",
        comparison=Sentence("units not yet treated, and those never treated"),
        base="all periods before treatment",
        inference=Sentence("{errors}; normal reference", errors=inference),
        shares=shares,
        notes=notes,
        adjusted=adjusted,
    )
    return regression_effects(panel, cells, method, level=level, seed=seed)


def _effects(panel: Panel, options: EstimatorOptions) -> GroupTimeEffects:
    refuse_too_many_effects(panel, "extended_two_way")
    adjusted = options.adjustment is not None
    return extended_two_way(panel, level=options.level, seed=options.seed, adjusted=adjusted)


ESTIMATOR = Estimator(
    name="extended_two_way",
    family="extended two-way",
    label="Extended two-way regression (Wooldridge)",
    method_words="Extended two-way regression (Wooldridge 2025): a regression with unit and period "
    "effects, and an effect for every group in every period from its start.",
    comparisons=("not yet treated",),
    adjusts_linearly=True,
    repeats_with_one_cohort=True,
    effects=_effects,
)
