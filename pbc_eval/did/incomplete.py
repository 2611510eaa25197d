"""Cohort-by-period effects from panels with units missing in some periods, by regression.

    saturated    unit and period effects and an indicator for each cell, on all rows
    imputed      unit and period effects from untreated rows; effects are what the treated leave

Unit effects are taken out exactly, by what each cohort's units were seen: with o_i (T,) one where
unit i is seen, n_i the sum of it and w_i its weight, the normal equations are sums over cohorts of

    M_c = sum_i w_i (diag(o_i) - o_i o_i' / n_i)        (T, T)

so that a system of periods and cells is solved, never one of units. On complete panels both give
what cohort_regression.py and imputation.py give from moments (tested).

Sources: Frisch and Waugh (1933); Sun and Abraham (2021); Wooldridge (2025); Borusyak, Jaravel and
Spiess (2024), theorems 2 and 3.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.did.block_sums import BlockSums, rows_by_cohort
from pbc_eval.did.cells import CellPlan
from pbc_eval.did.estimates import (
    VALUES_A_BLOCK,
    CellEstimates,
    cluster_blocks,
    independent_units,
    one_hot,
    reasons,
)
from pbc_eval.did.notes import seen_once
from pbc_eval.did.regression_cells import Shares
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import UNITS, Units
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.numerics.collinearity import COLLINEAR, dependent_columns
from pbc_eval.panel.moments import UnitArrays
from pbc_eval.panel.panel import Panel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IncompleteFit:
    """m cells. A unit's influence on them is ``residual`` (n, T) times ``rows`` of its cohort
    (C, m, T), summed over periods."""

    effects: Floats  # (m,)
    residual: Floats  # (n, T) weighted, zero where not seen
    rows: Floats  # (C, m, T)
    used: Bools  # (n, T) rows of data that carry information
    factor: float  # of the covariance
    counted: int  # K of the factor
    notes: tuple[Sentence, ...]
    influence: Floats | None = None  # (n, m) in place of residual and rows, where units differ


def saturated(panel: Panel, arrays: UnitArrays, plan: CellPlan, cells: Ints) -> IncompleteFit:
    """Least squares with an indicator for each of the ``cells``; CRV1 with units not counted.

    Raises DesignError naming the cells that the effects absorb.
    """
    seen = ~np.isnan(arrays.outcome)
    seen &= seen.sum(axis=1, keepdims=True) > 1  # seen once: the unit effect takes it whole
    n_cohorts, n_periods, m = len(panel.cohorts), seen.shape[1], len(cells)
    periods = np.flatnonzero(seen.any(axis=0))[1:]
    p = len(periods)
    x = np.zeros((n_cohorts, n_periods, p + m))
    x[:, periods, np.arange(p)] = 1.0
    x[plan.cohort[cells], plan.period[cells], p + np.arange(m)] = 1.0
    spread, moved = _without_units(arrays, seen, n_cohorts)
    gram = np.einsum("cti,cts,csj->ij", x, spread, x, optimize=True)
    _refuse_absorbed(panel, plan, cells, gram, seen.sum(axis=0)[plan.period[cells]])
    inverse = np.linalg.inv(gram)
    beta = inverse @ np.einsum("cti,ct->i", x, moved)
    residual = _demeaned(arrays.outcome - (x @ beta)[arrays.cohort], seen)
    clusters = len(np.unique(arrays.cluster[seen.any(axis=1)]))
    n, counted = int(seen.sum()), x.shape[2] + 1
    single = int(((~np.isnan(arrays.outcome)).sum(axis=1) == 1).sum())
    return IncompleteFit(
        effects=beta[p:],
        residual=arrays.weight[:, None] * residual,
        rows=np.einsum("ij,ctj->cit", inverse[p:], x),
        used=seen,
        factor=clusters / max(clusters - 1, 1) * (n - 1) / max(n - counted, 1),
        counted=counted,
        notes=(seen_once(single),) if single else (),
    )


def imputed(panel: Panel, arrays: UnitArrays, plan: CellPlan, cells: Ints) -> IncompleteFit:
    """Imputation from untreated rows, with the paper's conservative clustered errors.

    Units never seen untreated have no effect of their own and are left out. Raises DesignError
    when a period of the cells has no untreated row.
    """
    n_cohorts, n_periods = len(panel.cohorts), arrays.outcome.shape[1]
    before: Bools = np.less(np.arange(n_periods)[None, :], np.array(panel.starts)[:, None])
    present = ~np.isnan(arrays.outcome)
    free = present & before[arrays.cohort]
    known: Bools = np.greater(free.sum(axis=1), 0)
    spread, moved = _without_units(arrays, free, n_cohorts)
    periods = np.flatnonzero(free.any(axis=0))
    lost = [j for j in cells if plan.period[j] not in periods]
    gram = spread.sum(axis=0)[np.ix_(periods[1:], periods[1:])]
    if lost or (len(gram) and dependent_columns(gram)):
        where = _name(panel, plan, lost[0]) if lost else "some periods"
        raise DesignError(
            f"{panel.name}: imputation has no untreated unit to learn {where} from that is seen in "
            "other periods too. Use att_gt, which takes pairs of periods.",
            rule=Sentence("It has no untreated unit to learn some periods from."),
        )
    inverse = np.zeros((n_periods, n_periods))
    inverse[np.ix_(periods[1:], periods[1:])] = np.linalg.inv(gram)
    beta = inverse @ moved.sum(axis=0)
    left = np.where(present, arrays.outcome - beta, 0.0)
    own = np.zeros(len(left))
    own[known] = (left * free).sum(axis=1)[known] / free.sum(axis=1)[known]
    left = np.where(present & known[:, None], left - own[:, None], 0.0)
    reached = present & known[:, None] & ~before[arrays.cohort]
    weight = arrays.weight
    effects, rows = np.zeros(len(cells)), np.zeros((n_cohorts, len(cells), n_periods))
    for place, j in enumerate(cells):
        c, t = plan.cohort[j], plan.period[j]
        mine = reached[:, t] & (arrays.cohort == c)
        total = weight[mine].sum()
        if not total:
            effects[place] = np.nan
            continue
        effects[place] = weight[mine] @ left[mine, t] / total
        # What a period effect moves in the cell: its own period, less the unit's untreated ones.
        share = weight[mine] @ (free[mine] / free[mine].sum(axis=1, keepdims=True)) / total
        pull = -share
        pull[t] += 1.0
        rows[:, place] = np.where(before, -(inverse @ pull), 0.0)
        rows[c, place, t] = 1 / total
        left[mine, t] -= effects[place]
    residual = weight[:, None] * np.where(reached | free, left, 0.0)
    never = int((~known & present.any(axis=1)).sum())
    note = Sentence(
        "{units} never seen before treatment cannot be imputed: left out",
        units=Units(never, UNITS.always_plural),
    )
    return IncompleteFit(
        effects=effects,
        residual=residual,
        rows=rows,
        used=reached | free,
        factor=1.0,
        counted=0,
        notes=(note,) if never else (),
    )


def observed(panel: Panel, arrays: UnitArrays, plan: CellPlan) -> Ints:
    """Positions of the usable cells within the periods of ``arrays`` with a unit of the cohort."""
    n_periods = arrays.outcome.shape[1]
    seen = np.zeros((len(panel.cohorts), n_periods), dtype=bool)
    several = (~np.isnan(arrays.outcome)).sum(axis=1) > 1
    for c in range(len(panel.cohorts)):
        rows = arrays.outcome[several & (arrays.cohort == c)]
        seen[c] = (~np.isnan(rows)).any(axis=0)
    inside = plan.period < n_periods
    within = np.minimum(plan.period, n_periods - 1)
    usable: Ints = np.flatnonzero(plan.usable & inside & seen[plan.cohort, within])
    return usable


def gather_incomplete(
    fit: IncompleteFit,
    plan: CellPlan,
    cells: Ints,
    arrays: UnitArrays,
    *,
    shares: Shares,
    clustered: bool,
) -> CellEstimates:
    """The fit as cells with a joint covariance; a cell counts the units seen in its period."""
    k, n_cohorts = plan.pool.shape
    size, total, root = k + n_cohorts, arrays.weight.sum(), np.sqrt(fit.factor)
    order = np.argsort(arrays.cluster, kind="stable") if clustered else np.arange(len(arrays.unit))
    cuts = cluster_blocks(arrays.cluster[order], max(1, VALUES_A_BLOCK // size), clustered)
    estimate = np.full(k, np.nan)
    estimate[cells] = fit.effects
    within = np.minimum(plan.period, fit.used.shape[1] - 1)
    inside = plan.period < fit.used.shape[1]
    before = np.flatnonzero(plan.before & ~np.isnan(estimate))
    sums = BlockSums(arrays, before, (k, n_cohorts), clustered)
    counts = np.zeros((2, k), dtype=np.int64)  # units, on both sides
    level, weight = np.zeros(k), np.zeros(k)
    for cut in cuts:
        at = order[cut]
        g, w = arrays.cohort[at], arrays.weight[at, None]
        scores = np.zeros((len(at), size))
        for c in np.unique(g) if fit.influence is None else ():
            mine = g == c
            scores[np.ix_(mine, cells)] = root * fit.residual[at[mine]] @ fit.rows[c].T
        if fit.influence is not None:
            scores[:, cells] = root * fit.influence[at]
        if shares == "estimated":
            scores[:, k:] = w * one_hot(g, n_cohorts) / total
        seen = fit.used[np.ix_(at, within)] & inside
        treated, compared = seen & (g[:, None] == plan.cohort), seen & plan.pool[:, g].T
        level += (w * np.where(treated, arrays.outcome[np.ix_(at, within)], 0.0)).sum(axis=0)
        weight += (w * treated).sum(axis=0)
        counts[0] += treated.sum(axis=0)
        counts[1] += compared.sum(axis=0)
        sums.add(at, rows_by_cohort(g), scores, (treated, compared))
    with np.errstate(invalid="ignore"):
        level = level / weight
    return CellEstimates(
        plan=plan,
        estimate=np.where(plan.reference, 0.0, estimate),
        level=level,
        joint=sums.joint,
        shares=np.bincount(arrays.cohort, arrays.weight, n_cohorts) / total,
        cohort_units=np.bincount(arrays.cohort, minlength=n_cohorts),
        n_treated=counts[0],
        n_comparison=counts[1],
        reason=reasons(plan, sums.treated, sums.compared, clustered=clustered),
        before=sums.parts,
        gaps=bool((~fit.used).any()) if fit.influence is not None else True,
        small=sums.small.cohorts(),
        independent=independent_units(
            arrays.cohort, arrays.cluster if clustered else None, n_cohorts
        ),
        row_weight=weight,
    )


def _refuse_absorbed(panel: Panel, plan: CellPlan, cells: Ints, gram: Floats, rows: Ints) -> None:
    """Raise DesignError for cells whose indicator the effects leave nothing of, or one another."""
    p = len(gram) - len(cells)
    own = np.diag(gram)[p:]
    gone = np.flatnonzero(own <= COLLINEAR * rows).tolist()
    if not gone:
        dependent = dependent_columns(gram)
        gone = [j - p for j in dependent if j >= p]
        if not dependent:
            return
    named = ", ".join(_name(panel, plan, cells[j]) for j in gone[:3]) or "the periods"
    raise DesignError(
        f"{panel.name}: unit and period effects determine the effect of {named}: too few units "
        "are seen there and before treatment. Read the panel with missing='complete_units', or "
        "use att_gt, which takes pairs of periods.",
        rule=Sentence("Too few units are seen in some periods and before treatment."),
    )


def _without_units(arrays: UnitArrays, seen: Bools, n_cohorts: int) -> tuple[Floats, Floats]:
    """By cohort: M_c (C, T, T), and the weighted sum of outcomes less their unit's mean (C, T)."""
    n_periods = seen.shape[1]
    spread, moved = np.zeros((n_cohorts, n_periods, n_periods)), np.zeros((n_cohorts, n_periods))
    demeaned = _demeaned(arrays.outcome, seen)
    for c in range(n_cohorts):
        mine = (arrays.cohort == c) & seen.any(axis=1)
        o, w = seen[mine].astype(float), arrays.weight[mine]
        spread[c] = np.diag(w @ o) - (o * (w / o.sum(axis=1))[:, None]).T @ o
        moved[c] = w @ demeaned[mine]
    return spread, moved


def _demeaned(values: Floats, seen: Bools) -> Floats:
    """Less the unit's mean over what is seen of it; zero where it is not."""
    here = np.where(seen, values, 0.0)
    mean = here.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    demeaned: Floats = np.where(seen, here - mean[:, None], 0.0)
    return demeaned


def _name(panel: Panel, plan: CellPlan, cell: int) -> str:
    """'cohort 2004 in 2006'."""
    period = panel.periods.labels[plan.period[cell]]
    return f"cohort {panel.cohorts[plan.cohort[cell]]} in {period}"
