"""Interaction-weighted event study: a two-way regression with an effect for every cohort and event
time, averaged by cohort shares.

    Y_it = unit + period + sum over g, t of delta_gt [cohort = g, period = t] + error

with the last period before treatment left out of each cohort. On complete panels delta_gt equals
ATT(g, t) of group_time.py with a universal base and never-treated comparisons.

Source: Sun and Abraham (2021), "Estimating dynamic treatment effects in event studies with
heterogeneous treatment effects", Journal of Econometrics 225.
"""

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.cells import plan_cells
from pbc_eval.did.cohort_regression import complete_moments, regress
from pbc_eval.did.group_time import DEFAULT_SEED, GroupTimeEffects
from pbc_eval.did.regression_cells import (
    SHARES,
    Shares,
    describe,
    gather,
    indicators,
    refuse_without_never,
)
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel


def interaction_weighted(
    panel: Panel,
    *,
    shares: Shares = "estimated",
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> GroupTimeEffects:
    """Effects by cohort and period; ``.aggregate("event")`` is the interaction-weighted series.

    ``shares``: averages count cohort shares as "estimated" (the paper) or "fixed" (the fixest
    package). Standard errors are CRV1. Raises DesignError for panels that are not complete or have
    no never-treated units.
    """
    check_choice("interaction_weighted", "shares", shares, SHARES, DesignError)
    check_level("interaction_weighted", level, DesignError)
    refuse_without_never(panel, "interaction_weighted")
    moments = complete_moments(panel, "interaction_weighted")
    plan = plan_cells(panel, control_group="never_treated", base_period="universal", anticipation=0)
    cells = np.flatnonzero(plan.usable)
    x, names = indicators(plan, cells, panel.n_periods)
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
            estimator="interaction-weighted two-way regression (Sun & Abraham 2021)",
            comparison="never-treated units",
            base="universal: last period before treatment",
            inference=fit.inference + "; normal reference",
            shares=shares,
        ),
        level=level,
        seed=seed,
        ledger=panel.ledger,
    )
