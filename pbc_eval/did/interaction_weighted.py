"""Interaction-weighted event study: a two-way regression with an effect for every cohort and event
time, averaged by cohort shares.

    Y_it = unit + period + sum over g, t of delta_gt [cohort = g, period = t] + error

with the last period before treatment left out of each cohort. On complete panels delta_gt equals
ATT(g, t) of group_time.py with a universal base and never-treated comparisons.

Source: Sun and Abraham (2021), "Estimating dynamic treatment effects in event studies with
heterogeneous treatment effects", Journal of Econometrics 225.
"""

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.cells import plan_cells
from pbc_eval.did.estimator import Estimator, EstimatorOptions
from pbc_eval.did.group_time_effects import DEFAULT_SEED, GroupTimeEffects
from pbc_eval.did.regression_cells import (
    SHARES,
    Shares,
    refuse_without_never,
    regression_effects,
    regression_method,
)
from pbc_eval.did.saturated_cells import refuse_too_many_effects, saturated_cells
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
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
    package). Standard errors are CRV1. On panels with gaps averages weigh an effect by the treated
    rows seen in it, or a cohort by all its units with ``weights="units"``. Raises DesignError
    without never-treated units, or for cells that the effects absorb.
    """
    check_choice("interaction_weighted", "shares", shares, SHARES, DesignError)
    check_level("interaction_weighted", level, DesignError)
    refuse_without_never(panel, "interaction_weighted")
    plan = plan_cells(panel, control_group="never_treated", base_period="universal", anticipation=0)
    cells, inference, notes = saturated_cells(panel, plan, panel.n_periods, shares)
    method = regression_method(
        panel,
        plan,
        estimator="interaction-weighted two-way regression (Sun & Abraham 2021)",
        comparison=Sentence("never-treated units"),
        base="universal: last period before treatment",
        inference=Sentence("{errors}; normal reference", errors=inference),
        shares=shares,
        notes=notes,
    )
    return regression_effects(panel, cells, method, level=level, seed=seed)


def _effects(panel: Panel, options: EstimatorOptions) -> GroupTimeEffects:
    refuse_too_many_effects(panel, "interaction_weighted")
    return interaction_weighted(panel, level=options.level, seed=options.seed)


ESTIMATOR = Estimator(
    name="interaction_weighted",
    family="interaction-weighted",
    label="Interaction-weighted regression (Sun and Abraham)",
    method_words="Interaction-weighted regression (Sun and Abraham 2021): a regression with unit "
    "and period effects, and an effect for every group and period since its start.",
    comparisons=("never treated",),
    repeats_with_one_cohort=True,
    effects=_effects,
)
