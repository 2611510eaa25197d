"""Imputation: unit and period effects from untreated observations alone say what the treated would
have been; an effect is what was observed less what was imputed.

On a complete panel an effect is a linear function v of the cohorts' mean paths; with units missing
in some periods, of the units' own (incomplete.py). Its standard error is the paper's conservative
one, clustered: the sum over clusters of (sum of v * residual)^2, where the residual of a treated
observation is taken about the mean effect of its cohort and period, without small-sample factor.

Source: Borusyak, Jaravel and Spiess (2024), "Revisiting Event-Study Designs: Robust and Efficient
Estimation", Review of Economic Studies 91, theorems 2 and 3.
"""

from dataclasses import replace

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.cells import CellPlan
from pbc_eval.did.cohort_regression import (
    Loading,
    Loadings,
    comparison_window,
    first_periods,
)
from pbc_eval.did.estimates import CellEstimates
from pbc_eval.did.estimator import Estimator, EstimatorOptions
from pbc_eval.did.group_time_effects import DEFAULT_SEED, GroupTimeEffects
from pbc_eval.did.incomplete import gather_incomplete, imputed, observed
from pbc_eval.did.linear_covariates import adjusted_for, imputed_adjusted
from pbc_eval.did.regression_cells import (
    SHARES,
    Shares,
    gather,
    regression_effects,
    regression_method,
    treated_cells,
)
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel.moments import CohortMoments
from pbc_eval.panel.panel import Panel


def imputation(
    panel: Panel,
    *,
    shares: Shares = "fixed",
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
    adjusted: bool = False,
) -> GroupTimeEffects:
    """Effects by cohort and period from treatment onwards; average them with ``.aggregate``.

    ``shares``: averages take cohort shares as "fixed" (the paper: effects on these units) or
    "estimated". Periods in which all units are treated cannot be imputed, and say so; so do units
    never seen before treatment. ``adjusted`` for the panel's covariates, with slopes from untreated
    observations (linear_covariates.py). Raises DesignError when there is nobody to compare with,
    or nothing to adjust for.
    """
    check_choice("imputation", "shares", shares, SHARES, DesignError)
    check_level("imputation", level, DesignError)
    window = comparison_window(panel, "imputation")
    plan = treated_cells(panel)
    cells, notes = _cells(panel, plan, window, shares, adjusted=adjusted)
    method = regression_method(
        panel,
        plan,
        estimator="imputation (Borusyak, Jaravel & Spiess 2024)",
        comparison=Sentence("units not yet treated, and those never treated"),
        base="all periods before treatment",
        inference=Sentence(
            "conservative clustered errors about the mean effect of each cohort and period, no "
            "small-sample factor, normal reference"
        ),
        shares=shares,
        notes=notes,
        adjusted=adjusted,
    )
    return regression_effects(panel, cells, method, level=level, seed=seed)


def _cells(
    panel: Panel, plan: CellPlan, window: int, shares: Shares, *, adjusted: bool
) -> tuple[CellEstimates, tuple[Sentence, ...]]:
    """From moments where every unit is seen in every period, else from units."""
    if adjusted or not panel.balanced:
        note = (adjusted_for(panel, "imputation"),) if adjusted else ()
        arrays = panel.arrays()
        arrays = replace(arrays, outcome=arrays.outcome[:, :window])
        at = observed(panel, arrays, plan)
        fit = (
            imputed_adjusted(panel, arrays, plan, at, "imputation")
            if adjusted
            else imputed(panel, arrays, plan, at)
        )
        clustered = panel.roles.cluster is not None
        cells = gather_incomplete(fit, plan, at, arrays, shares=shares, clustered=clustered)
        return cells, (*fit.notes, *note)
    moments = first_periods(panel.moments(), window)
    at = np.flatnonzero(plan.usable)
    effects, loadings = impute(plan, at, moments, np.array(panel.starts))
    return gather(plan, at, effects, loadings, moments, factor=1.0, shares=shares), ()


def impute(
    plan: CellPlan, cells: Ints, moments: CohortMoments, starts: Ints
) -> tuple[Floats, Loadings]:
    """Effects (m,) of the cells and their loadings on cohort moments."""
    n_cohorts, n_periods = moments.path.shape
    cohort, period = np.divmod(np.arange(n_cohorts * n_periods), n_periods)
    present = moments.units[cohort] > 0
    untreated = present & (period < starts[cohort])
    design = np.column_stack(
        [cohort[:, None] == np.flatnonzero(moments.units), period[:, None] > np.arange(n_periods)]
    )[:, : (moments.units > 0).sum() + n_periods - 1].astype(float)
    weight = moments.weight[cohort[untreated]]
    known = design[untreated]
    # Rows: the coefficients of cohorts and periods as linear functions of untreated means.
    solve = np.linalg.solve(known.T @ (known * weight[:, None]), known.T * weight)
    at = plan.cohort[cells] * n_periods + plan.period[cells]
    linear = np.zeros((len(cells), n_cohorts * n_periods))
    linear[np.arange(len(cells)), at] = 1.0
    linear[:, untreated] -= design[at] @ solve
    path = np.where(present, moments.path.ravel(), 0.0)
    residual = np.zeros(n_cohorts * n_periods)
    residual[untreated] = path[untreated] - known @ (solve @ path[untreated])
    # Treated observations are taken about the mean effect of their cell: nothing is left.
    loadings: list[Loading] = []
    total = moments.weight.sum()
    for c in range(n_cohorts):
        mine = slice(c * n_periods, (c + 1) * n_periods)
        v = linear[:, mine]
        share = moments.weight[c] / total if moments.weight[c] > 0 else 1.0
        rows = np.column_stack([v @ residual[mine], v]) / share
        loadings.append((np.arange(len(cells)), rows))
    return linear @ path, loadings


def _effects(panel: Panel, options: EstimatorOptions) -> GroupTimeEffects:
    adjusted = options.adjustment is not None
    return imputation(panel, level=options.level, seed=options.seed, adjusted=adjusted)


ESTIMATOR = Estimator(
    name="imputation",
    family="imputation",
    label="Imputation (Borusyak, Jaravel and Spiess)",
    method_words="Imputation (Borusyak, Jaravel and Spiess 2024): unit and period effects from "
    "untreated observations alone say what the treated would have had without the programme.",
    comparisons=("not yet treated",),
    adjusts_linearly=True,
    repeats_with_one_cohort=True,
    effects=_effects,
)
