"""Group-time average treatment effects, ATT(g, t): cohort g's effect in period t.

    Panel ── att_gt ▶ GroupTimeEffects ── .aggregate(kind) ▶ EffectSeries

Source: Callaway and Sant'Anna (2021), "Difference-in-differences with multiple time periods",
Journal of Econometrics 225.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.adjusted import cells_with_covariates
from pbc_eval.did.adjusted_repeated import cells_adjusted_in_cross_sections
from pbc_eval.did.adjustment import TRIM, EstimationMethod
from pbc_eval.did.cells import BasePeriod, CellPlan, ControlGroup, plan_cells
from pbc_eval.did.estimates import CellEstimates, Visit, cells_from_moments, cells_from_pairs
from pbc_eval.did.estimator import Comparison, Estimator, EstimatorOptions
from pbc_eval.did.group_time_effects import DEFAULT_SEED, GroupTimeEffects
from pbc_eval.did.notes import weighted_by
from pbc_eval.did.repeated import cells_from_cross_sections
from pbc_eval.did.varying_weights import (
    cells_adjusted_at_own_weights,
    cells_at_base_weights,
    cells_at_own_weights,
    unit_order,
)
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Listed, Name, Names, Number, joined
from pbc_eval.panel.covariates import UnitCovariates
from pbc_eval.panel.ledger import Ledger
from pbc_eval.panel.moments import UnitArrays
from pbc_eval.panel.panel import Panel
from pbc_eval.results import Method

METHODS = ("dr", "reg", "ipw")
CONTROL_GROUPS = ("never_treated", "not_yet_treated")
BASE_PERIODS = ("varying", "universal")


def att_gt(
    panel: Panel,
    *,
    control_group: ControlGroup = "never_treated",
    method: EstimationMethod = "dr",
    base_period: BasePeriod = "varying",
    anticipation: int = 0,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> GroupTimeEffects:
    """Estimate ATT(g, t) for every treated cohort and period of a panel.

    ``anticipation``: periods before treatment in which units may already respond, in the units of
    the time column (observed periods when times are dates). ``seed`` serves the simultaneous bands
    of later averages. Without covariates the three methods are one and the same.

    ``method`` adjusts for the panel's covariates, taken in the base period of each cell: "dr"
    doubly robust, "reg" outcome regression on the comparison units, "ipw" inverse probability
    weighting with weights that sum to one. Comparison units with a propensity score at or above
    0.995 get no weight; a cell in which there are any says so in its ``reason``.

    Standard errors come from influence functions, allow any dependence within a unit (or cluster)
    and have no small-sample factor; they are large-sample, see checks.few_clusters.

    Raises DesignError when nobody is treated within the window, nobody is left to compare with
    (the message names the remedy), or no cell can be adjusted for the covariates.
    """
    check_options(
        "att_gt",
        control_group=control_group,
        method=method,
        base_period=base_period,
        anticipation=anticipation,
        level=level,
    )
    plan = plan_cells(
        panel, control_group=control_group, base_period=base_period, anticipation=anticipation
    )
    cells, notes = estimate_cells(panel, plan, method)
    cells = replace(cells, gaps=not panel.balanced and not panel.repeated)
    return GroupTimeEffects(
        cells=cells,
        cohorts=panel.cohorts,
        periods=panel.periods.labels,
        period_names=panel.periods.names,
        method=describe_method(
            panel,
            method=method,
            control_group=control_group,
            base_period=base_period,
            anticipation=anticipation,
            notes=(*plan.notes, *notes),
        ),
        level=level,
        seed=seed,
        ledger=_with_weights_told(panel.ledger, cells.notes),
        adjustment=method,
    )


def _with_weights_told(ledger: Ledger, notes: tuple[Sentence, ...]) -> Ledger:
    for note in notes:
        ledger = ledger.noting(Sentence("no weight"), note)
    return ledger


def check_options(
    owner: str,
    *,
    control_group: str,
    method: str,
    base_period: str,
    anticipation: int,
    level: float,
) -> None:
    """Raise DesignError for an option that ``owner`` does not have."""
    check_choice(owner, "control_group", control_group, CONTROL_GROUPS, DesignError)
    check_choice(owner, "method", method, METHODS, DesignError)
    check_choice(owner, "base_period", base_period, BASE_PERIODS, DesignError)
    check_level(owner, level, DesignError)
    if isinstance(anticipation, bool) or not isinstance(anticipation, int) or anticipation < 0:
        raise DesignError(
            f"{owner}: anticipation must be a whole number of periods >= 0, got {anticipation!r}."
        )


def estimate_cells(
    panel: Panel, plan: CellPlan, method: EstimationMethod
) -> tuple[CellEstimates, tuple[Sentence, ...]]:
    """The cells of a plan by the way that fits the panel, and what to note about it.

    Raises DesignError when covariates can be adjusted for in no cell.
    """
    clustered = panel.roles.cluster is not None
    if panel.roles.fix_weights in ("base_period", "varying"):
        return _with_weights_of_periods(panel, plan, method)
    if panel.repeated:
        notes = [
            Sentence("repeated cross-sections: changes of averages, n counts rows in both periods")
        ]
        cells = cells_from_cross_sections(plan, panel.cross_moments())
        if panel.covariates:
            covariates = panel.unit_covariates()
            cells = cells_adjusted_in_cross_sections(
                cells, panel.row_arrays(), covariates, method=method, clustered=clustered
            )
            _refuse_hopeless(panel, cells)
            notes.append(_OWN_COVARIATES)
            if covariates.references:
                notes.append(_left_out(covariates))
        return cells, (*notes, *cells.notes)
    if panel.covariates:
        covariates = panel.unit_covariates()
        cells = cells_with_covariates(
            plan, panel.arrays(), covariates, method=method, clustered=clustered
        )
        _refuse_hopeless(panel, cells)
        return cells, (*_covariate_notes(panel, covariates, method), *cells.notes)
    if panel.balanced:
        return cells_from_moments(plan, panel.moments()), ()
    return cells_from_pairs(plan, panel.arrays(), clustered=clustered), ()


def _with_weights_of_periods(
    panel: Panel, plan: CellPlan, method: EstimationMethod
) -> tuple[CellEstimates, tuple[Sentence, ...]]:
    """Cells where a unit's weight is that of the base period, or that of each period."""
    arrays, weights = panel.arrays(), panel.weights_by_period()
    clustered = panel.roles.cluster is not None
    if panel.roles.fix_weights == "varying":
        cells = cells_at_own_weights(plan, arrays, weights, clustered=clustered)
        own = (Sentence("every observation counts by its own weight"),)
        if not panel.covariates:
            return cells, own
        observed = panel.unit_covariates()
        cells = cells_adjusted_at_own_weights(
            cells, arrays, weights, observed, method=method, clustered=clustered
        )
        _refuse_hopeless(panel, cells)
        left_out = (_left_out(observed),) if observed.references else ()
        return cells, (*own, _OWN_COVARIATES, *left_out, *cells.notes)
    covariates = panel.unit_covariates() if panel.covariates else None

    def estimate(mine: CellPlan, used: UnitArrays, visit: Visit) -> CellEstimates:
        if covariates is None:
            return cells_from_pairs(mine, used, clustered=clustered, visit=visit)
        return cells_with_covariates(
            mine, used, covariates, method=method, clustered=clustered, visit=visit
        )

    cells = cells_at_base_weights(
        plan,
        arrays,
        weights,
        estimate=estimate,
        order=unit_order(arrays, clustered=clustered, by_cohort=covariates is not None),
    )
    note = Sentence("units count by their weight in the base period of their cohort's effects")
    if covariates is None:
        return cells, (note,)
    _refuse_hopeless(panel, cells)
    return cells, (note, *_covariate_notes(panel, covariates, method))


_OWN_COVARIATES = Sentence("covariates are each observation's own")
_WORDS = {
    "dr": "doubly robust (Sant'Anna & Zhao 2020, traditional)",
    "reg": "outcome regression",
    "ipw": "inverse probability weighting (Hajek type)",
}
_WORDS_REPEATED = "doubly robust, locally efficient (Sant'Anna & Zhao 2020)"


def _refuse_hopeless(panel: Panel, cells: CellEstimates) -> None:
    """Covariates that fit nowhere are an error of the design, not of a cell."""
    tried = np.flatnonzero(cells.plan.usable)
    if not np.isnan(cells.estimate[tried]).all():
        return
    raise DesignError(
        Sentence(
            "{panel}: no effect can be adjusted for {covariates}: {reasons}. Leave a covariate "
            "out, merge its rare levels, or compare with other units.",
            panel=Name(panel.name),
            covariates=Names(panel.roles.covariates, len(panel.roles.covariates)),
            reasons=joined(dict.fromkeys(cells.reason[j] for j in tried)),
        )
    )


def _covariate_notes(
    panel: Panel, covariates: UnitCovariates, method: EstimationMethod
) -> tuple[Sentence, ...]:
    varying = tuple(covariate.name for covariate in panel.covariates if covariate.varies)
    fixed = tuple(covariate.name for covariate in panel.covariates if not covariate.varies)
    notes = []
    if fixed:
        notes.append(
            Sentence("covariates constant within units: {names}", names=Names(fixed, len(fixed)))
        )
    if varying:
        notes.append(
            Sentence(
                "covariates that vary over time are fixed at the base period of each effect: "
                "{names}",
                names=Names(varying, len(varying)),
            )
        )
    if covariates.references:
        notes.append(_left_out(covariates))
    if method != "reg":
        notes.append(
            Sentence(
                "comparison units with a propensity score of {trim} or more are left out",
                trim=Number(TRIM, 3),
            )
        )
    return tuple(notes)


def _left_out(covariates: UnitCovariates) -> Sentence:
    """The levels that indicators are held against."""
    return Sentence(
        "indicators leave out {levels}",
        levels=Listed(tuple(map(Name, covariates.references)), "; "),
    )


def describe_method(
    panel: Panel,
    *,
    method: EstimationMethod,
    control_group: ControlGroup,
    base_period: BasePeriod,
    anticipation: int,
    notes: tuple[Sentence, ...],
) -> Method:
    roles = panel.roles
    base = "last period before treatment"
    if anticipation:
        base += f" less {anticipation} of anticipation"
    varying = "; before treatment, the period before" if base_period == "varying" else ""
    pairs = (
        (
            Sentence(
                "units missing in some periods: each effect uses the units observed in both its "
                "periods"
            ),
        )
        if not panel.balanced and not panel.repeated
        else ()
    )
    adjusted = f"no covariates ({method}: without covariates dr, reg and ipw coincide)"
    if roles.covariates:
        by_observation = panel.repeated or panel.roles.fix_weights == "varying"
        words = _WORDS_REPEATED if by_observation and method == "dr" else _WORDS[method]
        adjusted = f"{words}, covariates {', '.join(roles.covariates)}"
    return Method(
        estimator="group-time average treatment effects (Callaway & Sant'Anna 2021), " + adjusted,
        comparison_group=Sentence("never-treated units")
        if control_group == "never_treated"
        else Sentence("units not yet treated, and those never treated"),
        base_period=f"{base_period}: {base}{varying}",
        clustering=panel.clustering,
        inference=Sentence("influence functions, normal reference, no small-sample factor"),
        notes=(*notes, *pairs, *weighted_by(roles.weight)),
    )


def from_options(
    estimate: Callable[..., GroupTimeEffects], panel: Panel, options: EstimatorOptions
) -> GroupTimeEffects:
    """What ``att_gt``, or another that takes the same settings, gives by the options of a row."""
    used = panel if options.adjustment else panel.without_covariates()
    return estimate(
        used,
        method=options.adjustment or "dr",
        control_group=_CONTROL_GROUP[options.comparison],
        base_period=options.base_period,
        anticipation=options.anticipation,
        level=options.level,
        seed=options.seed,
    )


_CONTROL_GROUP: dict[Comparison, ControlGroup] = {
    "never treated": "never_treated",
    "not yet treated": "not_yet_treated",
}
ESTIMATOR = Estimator(
    name="group_time",
    family="group-time effects",
    label="Effects by group and period (Callaway and Sant'Anna)",
    method_words="Difference-in-differences by group and period (Callaway and Sant'Anna 2021): the "
    "change in each group that starts together is held against the change in the comparison over "
    "the same time.",
    comparisons=("never treated", "not yet treated"),
    adjusts=True,
    allows_anticipation=True,
    from_base=True,
    effects=partial(from_options, att_gt),
)
