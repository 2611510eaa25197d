"""Extended two-way fixed effects: a two-way regression with an effect for every cohort and period
from treatment onwards.

    Y_it = unit + period + sum over g, t >= g of tau_gt [cohort = g, period = t] + error

All periods before treatment serve as base, and all units not treated at the time as comparison.
Estimates equal those of imputation.py on complete panels, and so do standard errors but for the
small-sample factor.

Source: Wooldridge (2025), "Two-way fixed effects, the two-way Mundlak regression, and difference-
in-differences estimators", Empirical Economics 69.
"""

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.cohort_regression import (
    comparison_window,
    complete_moments,
    first_periods,
    regress,
)
from pbc_eval.did.group_time import DEFAULT_SEED, GroupTimeEffects
from pbc_eval.did.regression_cells import (
    SHARES,
    Shares,
    describe,
    gather,
    indicators,
    treated_cells,
)
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel


def extended_two_way(
    panel: Panel, *, shares: Shares = "fixed", level: float = 0.95, seed: int = DEFAULT_SEED
) -> GroupTimeEffects:
    """Effects by cohort and period from treatment onwards; average them with ``.aggregate``.

    ``shares``: averages take cohort shares as "fixed" (effects on these units) or "estimated".
    Without never-treated units, periods in which all are treated are left out. Standard errors are
    CRV1. Raises DesignError for panels that are not complete or have nobody to compare with.
    """
    check_choice("extended_two_way", "shares", shares, SHARES, DesignError)
    check_level("extended_two_way", level, DesignError)
    window = comparison_window(panel, "extended_two_way")
    moments = first_periods(complete_moments(panel, "extended_two_way"), window)
    plan = treated_cells(panel)
    cells = np.flatnonzero(plan.usable)
    x, names = indicators(plan, cells, window)
    fit = regress(moments, x, names, panel.name)
    return GroupTimeEffects(
        cells=gather(
            plan, cells, fit.beta, fit.loadings, moments, factor=fit.factor, shares=shares
        ),
        cohorts=panel.cohorts,
        periods=panel.periods.labels,
        method=describe(
            panel,
            plan,
            estimator="extended two-way fixed effects (Wooldridge 2025)",
            comparison="units not yet treated, and those never treated",
            base="all periods before treatment",
            inference=fit.inference + "; normal reference",
            shares=shares,
        ),
        level=level,
        seed=seed,
        ledger=panel.ledger,
    )
