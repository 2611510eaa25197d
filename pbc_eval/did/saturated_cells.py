"""A two-way regression with an effect for every cell, on complete panels and on others."""

from dataclasses import replace

import numpy as np

from pbc_eval.did.cells import CellPlan
from pbc_eval.did.cohort_regression import first_periods
from pbc_eval.did.estimates import CellEstimates
from pbc_eval.did.incomplete import gather_incomplete, observed, saturated
from pbc_eval.did.linear_covariates import adjusted_for, saturated_adjusted
from pbc_eval.did.notes import crv1
from pbc_eval.did.regression_cells import Shares, gather
from pbc_eval.did.saturated_regression import saturated_regression
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.panel.panel import Panel

MOST_EFFECTS = 12_000  # the covariance of so many is 1.2 GB


def refuse_too_many_effects(panel: Panel, owner: str) -> None:
    """Raise DesignError where effects of every group and period would have a covariance that
    memory may not hold; the estimator stands among those that were left out."""
    effects = (len(panel.cohorts) - 1) * panel.n_periods
    if effects > MOST_EFFECTS:
        raise DesignError(
            f"{panel.name}: {owner} was left out: {len(panel.cohorts) - 1} groups in "
            f"{panel.n_periods} periods would be {effects:,} effects in one regression, and the "
            f"most is {MOST_EFFECTS:,}. Use group_time or imputation, group starts into years, or "
            "call it by itself.",
            rule=Sentence(
                "It was left out with more than {most} effects by group and period, which it "
                "would estimate in one regression.",
                most=Number(MOST_EFFECTS),
            ),
        )


def saturated_cells(
    panel: Panel, plan: CellPlan, window: int, shares: Shares, *, adjusted_by: str = ""
) -> tuple[CellEstimates, Sentence, tuple[Sentence, ...]]:
    """The plan's cells over the first ``window`` periods, with the convention of their errors in
    words and what is to be noted: from moments where every unit is seen in every period, else from
    units. ``adjusted_by``: the estimator that adjusts for covariates, if it does. Raises
    DesignError for cells that the effects absorb.
    """
    if panel.balanced and not adjusted_by:
        moments = first_periods(panel.moments(), window)
        at = np.flatnonzero(plan.usable)
        fit = saturated_regression(moments, plan, at, panel.name)
        cells = gather(plan, at, fit.beta, fit.loadings, moments, factor=fit.factor, shares=shares)
        return cells, fit.inference, ()
    note = (adjusted_for(panel, adjusted_by),) if adjusted_by else ()
    arrays = panel.arrays()
    arrays = replace(arrays, outcome=arrays.outcome[:, :window])
    at = observed(panel, arrays, plan)
    rows = (
        saturated_adjusted(panel, arrays, plan, at, adjusted_by)
        if adjusted_by
        else saturated(panel, arrays, plan, at)
    )
    clustered = panel.roles.cluster is not None
    cells = gather_incomplete(rows, plan, at, arrays, shares=shares, clustered=clustered)
    clusters = len(np.unique(arrays.cluster[rows.used.any(axis=1)]))
    return cells, crv1(clusters, int(rows.used.sum()), rows.counted), (*rows.notes, *note)
