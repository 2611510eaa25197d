"""Triple differences: the change of those a measure can reach, less that of those it cannot.

    DDD(g, t) = [ change of g's eligible - change of g's ineligible ]
              - [ change of c's eligible - change of c's ineligible ],   c not treated by t

It allows eligible and ineligible units to move apart, as long as they do so alike in treated and
comparison groups. Every effect is a sum of three comparisons with the eligible units of g: + with
g's ineligible, + with c's eligible, - with c's ineligible, each adjusted for covariates where there
are any (one common regression or score for all four groups would be wrong).

Comparison cohorts are not pooled, because their shares of eligible units differ: each gives an
estimate of its own, and these are combined with the weights that make the variance least.

Source: Ortiz-Villavicencio and Sant'Anna (2025), "Better Understanding Triple Differences
Estimators", sections 4 and 5; Olden and Moen (2022), Econometrics Journal 25.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pbc_eval.did.adjustment import EstimationMethod
from pbc_eval.did.cells import BasePeriod, CellPlan, ControlGroup, plan_cells
from pbc_eval.did.estimates import REFERENCE, CellEstimates
from pbc_eval.did.estimator import Estimator
from pbc_eval.did.group_time import (
    check_options,
    describe_method,
    estimate_cells,
    from_options,
)
from pbc_eval.did.group_time_effects import DEFAULT_SEED, GroupTimeEffects
from pbc_eval.did.small_sample import CohortParts
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import Name
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel.panel import Panel

ALIKE = Sentence(
    "those whom the measure can reach and those whom it cannot may move apart; it is assumed that "
    "without it they would have moved apart alike where it came and where it did not"
)
SIGNS = np.array([1.0, 1.0, -1.0])  # with g's ineligible, c's eligible, c's ineligible


def triple_difference(
    panel: Panel,
    *,
    control_group: ControlGroup = "never_treated",
    method: EstimationMethod = "dr",
    base_period: BasePeriod = "varying",
    anticipation: int = 0,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> GroupTimeEffects:
    """Effects on the eligible units of every treated cohort and period; ``.aggregate`` as usual.

    The panel is read with ``eligible=...``. Its cohort column holds the first period in which the
    measure is in force for a unit's group (its state, say), for eligible and ineligible units
    alike. The other options are those of ``att_gt``; averages weigh by eligible units.

    Raises DesignError when no cohort has both eligible and ineligible units, or nobody is left to
    compare with, and DataError for a panel read without ``eligible``.
    """
    check_options(
        "triple_difference",
        control_group=control_group,
        method=method,
        base_period=base_period,
        anticipation=anticipation,
        level=level,
    )
    if panel.roles.fix_weights:
        panel.refuse_for("triple_difference")
    strata = panel.by_eligibility()
    plan = plan_cells(
        panel, control_group=control_group, base_period=base_period, anticipation=anticipation
    )
    plan = _without_empty_strata(panel, plan, np.array(strata.cohort_units))
    parts = _parts(plan)
    estimates, notes = estimate_cells(strata, parts.plan, method)
    words = describe_method(
        panel,
        method=method,
        control_group=control_group,
        base_period=base_period,
        anticipation=anticipation,
        notes=(ALIKE, *plan.notes, *notes, *_combined(control_group)),
    )
    eligible = panel.roles.eligible
    return GroupTimeEffects(
        cells=_combine(plan, parts, estimates),
        cohorts=strata.cohorts,
        periods=panel.periods.labels,
        period_names=panel.periods.names,
        method=replace(
            words,
            estimator="triple differences by group and time (Ortiz-Villavicencio & Sant'Anna 2025),"
            + words.estimator.split(",", 1)[1],
            comparison_group=Sentence(
                "units not {eligible} of the same cohorts, and both kinds among {comparison}",
                eligible=Name(str(eligible)),
                comparison=words.comparison_group,
            ),
        ),
        level=level,
        seed=seed,
        ledger=panel.ledger,
        adjustment=method,
    )


def _combined(control_group: ControlGroup) -> tuple[Sentence, ...]:
    if control_group == "never_treated":
        return ()
    return (
        Sentence(
            "comparison cohorts are compared with one by one, and weighted for least variance"
        ),
    )


def _without_empty_strata(panel: Panel, plan: CellPlan, units: Ints) -> CellPlan:
    """The plan in which comparison cohorts have both kinds of units, and cells of treated cohorts
    that have not say so."""
    both = (units[::2] > 0) & (units[1::2] > 0)
    if not both[np.unique(plan.cohort)].any():
        raise DesignError(
            f"{panel.name}: no treated cohort has both units with {panel.roles.eligible!r} and "
            "units without. A cohort is the start of the measure in a unit's group, for eligible "
            "and ineligible units alike: give the ineligible theirs instead of 0."
        )
    pool = plan.pool & both
    reasons = []
    for j, given in enumerate(plan.reason):
        reason = given
        if not reason and not both[plan.cohort[j]]:
            reason = (
                Sentence("no ineligible unit in the cohort")
                if units[2 * plan.cohort[j] + 1]
                else Sentence("no eligible unit in the cohort")
            )
        elif not reason and not pool[j].any():
            reason = Sentence("no comparison cohort has both eligible and ineligible units")
        reasons.append(reason)
    known = np.array([not reason for reason in reasons])
    return replace(plan, pool=pool, reason=tuple(reasons), reference=plan.reference & known)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """The comparisons, three for every cell and comparison cohort, as a plan over strata."""

    plan: CellPlan
    cell: Ints  # (m,) the cell that three rows of the plan serve
    other: Ints  # (m,) the comparison cohort


def _parts(plan: CellPlan) -> Parts:
    cell, other = np.nonzero(plan.pool & plan.usable[:, None])
    own = 2 * plan.cohort[cell]
    compared = np.column_stack([own, 2 * other + 1, 2 * other]).ravel()
    from_cell = np.repeat(cell, 3)
    pool = np.zeros((len(compared), 2 * plan.pool.shape[1]), dtype=bool)
    pool[np.arange(len(compared)), compared] = True
    strata = CellPlan(
        cohort=2 * plan.cohort[from_cell] + 1,
        period=plan.period[from_cell],
        base=plan.base[from_cell],
        pool=pool,
        event_time=plan.event_time[from_cell],
        reference=np.zeros(len(compared), dtype=bool),
        before=plan.before[from_cell],
        reason=(EMPTY,) * len(compared),
        notes=plan.notes,
    )
    return Parts(plan=strata, cell=cell, other=other)


def _combine(plan: CellPlan, parts: Parts, estimates: CellEstimates) -> CellEstimates:
    """Three comparisons make a triple difference; those of several cohorts make a cell."""
    k, n_strata = len(plan.cohort), estimates.plan.pool.shape[1]
    combine: Floats = np.zeros((k, estimates.k))
    pool = np.zeros((k, n_strata), dtype=bool)
    counted = np.zeros((k, n_strata))
    reasons = list(plan.reason)
    level = np.full(k, np.nan)
    counts: Ints = np.zeros((2, k), dtype=np.int64)
    units = estimates.cohort_units
    for j in range(k):
        if plan.reference[j]:
            reasons[j] = REFERENCE
        if not plan.usable[j]:
            counts[:, j] = units[2 * plan.cohort[j] + 1], 0
            continue
        rows = 3 * np.flatnonzero(parts.cell == j)[:, None] + np.arange(3)  # (c, 3)
        complete = ~np.isnan(estimates.estimate[rows]).any(axis=1)
        first = [estimates.reason[i] for i in rows.ravel() if estimates.reason[i]]
        counts[:, j] = estimates.n_treated[rows].max(), 0
        level[j] = estimates.level[rows[0, 0]]
        if not complete.any():
            reasons[j] = first[0]
            continue
        rows = rows[complete]
        weights = _least_variance(estimates.joint, rows)
        combine[j, rows] = weights[:, None] * SIGNS
        counted[j, estimates.plan.cohort[rows[0, 0]]] = 1.0
        others = estimates.plan.pool[rows].argmax(axis=2)  # (c, 3) each row compares with one
        shares = -weights[:, None] * SIGNS
        counted[j] += np.bincount(others.ravel(), shares.ravel(), minlength=n_strata)
        used = rows[weights != 0]
        pool[j] = estimates.plan.pool[used.ravel()].any(axis=0)
        counts[1, j] = (
            estimates.n_comparison[used[:, 1:]].sum() + estimates.n_comparison[used[0, 0]]
        )
        reasons[j] = next((estimates.reason[i] for i in used.ravel() if estimates.reason[i]), EMPTY)
    estimate = combine @ np.where(np.isnan(estimates.estimate), 0.0, estimates.estimate)
    known = combine.any(axis=1)
    whole = np.zeros((k + n_strata, estimates.k + n_strata))
    whole[:k, : estimates.k] = combine
    whole[k:, estimates.k :] = np.eye(n_strata)
    own = replace(plan, cohort=2 * plan.cohort + 1, pool=pool)
    return CellEstimates(
        plan=own,
        estimate=np.where(known, estimate, np.where(plan.reference, 0.0, np.nan)),
        level=level,
        joint=whole @ np.nan_to_num(estimates.joint) @ whole.T,
        shares=estimates.shares,
        cohort_units=units,
        n_treated=counts[0],
        n_comparison=counts[1],
        reason=tuple(reasons),
        before=_before(combine, np.flatnonzero(plan.before & known), estimates.before),
        counted=counted,
    )


def _least_variance(joint: Floats, rows: Ints) -> Floats:
    """(c,) weights of the triple differences of c comparison cohorts, which sum to one."""
    if len(rows) == 1:
        return np.ones(1)
    each = np.zeros((len(rows), len(joint)))
    each[np.arange(len(rows))[:, None], rows] = SIGNS
    covariance = each @ joint @ each.T
    inverse = np.linalg.pinv(covariance, hermitian=True)
    weights: Floats = inverse.sum(axis=1) / inverse.sum()
    return weights


def _before(combine: Floats, at: Ints, parts: CohortParts | None) -> CohortParts | None:
    if parts is None:
        return None
    chosen = combine[np.ix_(at, parts.at)]
    return CohortParts(at=at, covariance=chosen @ parts.covariance @ chosen.T, size=parts.size)


ESTIMATOR = Estimator(
    name="triple_difference",
    family="triple differences",
    label="Triple differences (Ortiz-Villavicencio and Sant'Anna)",
    method_words="Triple differences by group and period (Ortiz-Villavicencio and Sant'Anna 2025): "
    "the change of those whom the measure can reach, less the change of those whom it cannot, is "
    "held against the same difference where the measure was not in force. Without it, the two "
    "kinds may move apart, if they would have moved apart alike.",
    comparisons=("never treated", "not yet treated"),
    adjusts=True,
    allows_anticipation=True,
    from_base=True,
    needs_eligible=True,
    effects=partial(from_options, triple_difference),
)
