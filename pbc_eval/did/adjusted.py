"""Estimates of all cells with covariates, and their joint covariance.

Covariates are taken in the base period of each cell. Cells that share it (all of them, when
covariates are constant within units) share one sheet: sums of x x' and x y' by cohort, so that the
regression of any pool of cohorts is a sum over cohorts, and one propensity score a cohort and pool.
With units missing in some periods every cell is a sheet of its own, made of the units observed in
both its periods.

Two passes over the units: fit, then add up the products of influences block by block, so that
influences on all cells are never held for all units.

Sources: Callaway and Sant'Anna (2021), section 4; Sant'Anna and Zhao (2020).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pbc_eval.did.adjustment import (
    TRIM,
    TRIMMED,
    Adjustment,
    Comparison,
    EstimationMethod,
    Sums,
    adjust,
)
from pbc_eval.did.cells import CellPlan, Flags, Ints
from pbc_eval.did.estimates import (
    CellEstimates,
    Visit,
    cluster_blocks,
    one_hot,
    reasons,
)
from pbc_eval.did.small_sample import add_block, no_parts
from pbc_eval.panel.covariates import UnitCovariates
from pbc_eval.panel.moments import UnitArrays
from pbc_eval.results import Floats

VALUES_A_BLOCK = 500_000  # 4 MB of influences at a time; their temporaries are several of the size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """Some units as one sheet sees them: x (r, p), outcomes relative to the base (r, q)."""

    at: Ints
    x: Floats
    relative: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """Cells that use the same units and the same covariates; q periods are involved."""

    cells: Ints
    periods: Ints  # (q,) positions
    reference: int  # outcomes are taken relative to this period
    covariates_in: int  # position of the period whose covariates are used
    centre: Floats  # of the covariates, for the arithmetic only
    spread: Floats

    def contrast(self, plan: CellPlan, cells: Ints) -> Floats:
        """(q, m): +1 in a cell's period, -1 in its base."""
        now = self.periods[:, None] == plan.period[cells]
        then = self.periods[:, None] == plan.base[cells]
        difference: Floats = now.astype(float) - then.astype(float)
        return difference

    def units(self, arrays: UnitArrays, covariates: UnitCovariates, at: Ints) -> Units:
        """Those of the units ``at`` that have all outcomes and covariates of the sheet."""
        raw = covariates.at(self.covariates_in, at)
        relative = arrays.outcome[np.ix_(at, self.periods)]
        relative = relative - arrays.outcome[at, self.reference][:, None]
        seen = ~(np.isnan(raw).any(axis=1) | np.isnan(relative).any(axis=1))
        x = np.column_stack([np.ones(seen.sum()), (raw[seen] - self.centre) / self.spread])
        return Units(at=at[seen], x=x, relative=relative[seen])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """An adjustment and the cells it serves."""

    sheet: int
    cells: Ints  # (m,)
    cohort: int
    pool: Flags  # (C,)
    contrast: Floats  # (q, m)
    model: Adjustment


class Tally:
    """What the passes find, cell by cell."""

    def __init__(self, k: int) -> None:
        self.estimate: Floats = np.full(k, np.nan)
        self.level: Floats = np.full(k, np.nan)
        self.n_treated: Ints = np.zeros(k, dtype=np.int64)
        self.n_comparison: Ints = np.zeros(k, dtype=np.int64)
        self.problem = [""] * k


def cells_with_covariates(
    plan: CellPlan,
    arrays: UnitArrays,
    covariates: UnitCovariates,
    *,
    method: EstimationMethod,
    clustered: bool,
    visit: Visit | None = None,
) -> CellEstimates:
    """ATT(g, t) adjusted for covariates by ``method``; see adjustment.py for the formulas.

    A cell that cannot be fitted (collinear covariates, separation) has no estimate and says why;
    one in which comparison units were trimmed has an estimate, no standard error, and says so.
    ``visit``: see ``cells_from_pairs``.
    """
    k, n_cohorts = plan.pool.shape
    tally = Tally(k)
    _describe_sides(plan, arrays, tally)
    sheets = _sheets(plan, arrays, covariates)
    members = [np.flatnonzero(arrays.cohort == c) for c in range(n_cohorts)]
    fitted: list[Fitted] = []
    starts: dict[int, Floats] = {}
    for number, sheet in enumerate(sheets):
        parts = [sheet.units(arrays, covariates, at) for at in members]
        fitted += _fit(
            plan,
            arrays,
            sheet,
            number=number,
            parts=parts,
            names=covariates.names,
            method=method,
            starts=starts,
            tally=tally,
        )
    return _with_covariance(
        plan,
        arrays,
        covariates,
        sheets=sheets,
        fitted=fitted,
        tally=tally,
        clustered=clustered,
        visit=visit,
    )


def _describe_sides(plan: CellPlan, arrays: UnitArrays, tally: Tally) -> None:
    """Units and mean outcome of every cell's cohort and pool before any sheet; cells that are
    fitted overwrite them with those of their own sample."""
    n_cohorts = plan.pool.shape[1]
    units = np.bincount(arrays.cohort, minlength=n_cohorts)
    seen = ~np.isnan(arrays.outcome)
    weight = one_hot(arrays.cohort, n_cohorts).T @ (arrays.weight[:, None] * seen)
    total = one_hot(arrays.cohort, n_cohorts).T @ (
        arrays.weight[:, None] * np.where(seen, arrays.outcome, 0.0)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        tally.level = (total / weight)[plan.cohort, plan.period]
    tally.n_treated = units[plan.cohort]
    tally.n_comparison = plan.pool @ units


def _sheets(plan: CellPlan, arrays: UnitArrays, covariates: UnitCovariates) -> list[Sheet]:
    usable = np.flatnonzero(plan.usable)
    holes = np.isnan(arrays.outcome).any() or any(np.isnan(x).any() for x in covariates.blocks)
    if holes:
        groups = [usable[[j]] for j in range(len(usable))]
    elif covariates.varies:
        groups = [usable[plan.base[usable] == base] for base in np.unique(plan.base[usable])]
    else:
        groups = [usable] if len(usable) else []
    every = np.arange(len(arrays.unit))
    sheets = []
    for cells in groups:
        base = int(plan.base[cells[0]])
        raw = covariates.at(base, every)
        raw = raw[~np.isnan(raw).any(axis=1)]
        spread = raw.std(axis=0) if len(raw) else np.ones(raw.shape[1])
        sheets.append(
            Sheet(
                cells=cells,
                periods=np.unique(np.append(plan.period[cells], plan.base[cells])),
                reference=base,
                covariates_in=base,
                centre=raw.mean(axis=0) if len(raw) else np.zeros(raw.shape[1]),
                spread=np.where(spread > 0, spread, 1.0),
            )
        )
    return sheets


def _fit(
    plan: CellPlan,
    arrays: UnitArrays,
    sheet: Sheet,
    *,
    number: int,
    parts: list[Units],
    names: tuple[str, ...],
    method: EstimationMethod,
    starts: dict[int, Floats],
    tally: Tally,
) -> Iterator[Fitted]:
    sums = [_sums(part, arrays.weight[part.at]) for part in parts]
    for cohort, pool, cells in _comparisons(plan, sheet.cells):
        inside = [c for c in np.flatnonzero(pool) if len(parts[c].at)]
        own = parts[cohort]
        tally.n_treated[cells] = len(own.at)
        tally.n_comparison[cells] = sum(len(parts[c].at) for c in inside)
        if not len(own.at) or not inside:
            continue
        contrast = sheet.contrast(plan, cells)
        mean = arrays.weight[own.at] @ arrays.outcome[np.ix_(own.at, plan.period[cells])]
        tally.level[cells] = mean / sums[cohort].weight
        scored = method != "reg"
        rows = [own, *(parts[c] for c in inside)] if scored else [own]
        at = np.concatenate([part.at for part in rows])
        comparison = Comparison(
            own=sums[cohort],
            pool=Sums(
                xx=np.sum([sums[c].xx for c in inside], axis=0),
                xd=np.sum([sums[c].xd for c in inside], axis=0),
            ),
            x=np.concatenate([part.x for part in rows]),
            treated=np.arange(len(at)) < len(own.at),
            weight=arrays.weight[at],
            relative=np.concatenate([parts[c].relative for c in inside]),
        )
        model = adjust(method, comparison, contrast, names, starts.get(cohort))
        if isinstance(model, str):
            for cell in cells:
                tally.problem[cell] = model
            continue
        if model.score is not None:
            starts[cohort] = model.score
        if model.trimmed:
            for cell in cells:
                tally.problem[cell] = (
                    f"{TRIMMED} {model.trimmed:,} comparison units at or above {TRIM}: "
                    "left out of the comparison"
                )
        tally.estimate[cells] = model.estimate
        yield Fitted(
            sheet=number, cells=cells, cohort=cohort, pool=pool, contrast=contrast, model=model
        )


def _comparisons(plan: CellPlan, cells: Ints) -> Iterator[tuple[int, Flags, Ints]]:
    """Cells by cohort and pool."""
    keys = np.column_stack([plan.cohort[cells], plan.pool[cells]])
    kinds, which = np.unique(keys, axis=0, return_inverse=True)
    for kind, key in enumerate(kinds):
        yield int(key[0]), key[1:].astype(bool), cells[which.ravel() == kind]


def _sums(part: Units, weight: Floats) -> Sums:
    weighted = part.x * weight[:, None]
    return Sums(xx=weighted.T @ part.x, xd=weighted.T @ part.relative)


def _with_covariance(
    plan: CellPlan,
    arrays: UnitArrays,
    covariates: UnitCovariates,
    *,
    sheets: list[Sheet],
    fitted: list[Fitted],
    tally: Tally,
    clustered: bool,
    visit: Visit | None,
) -> CellEstimates:
    k, n_cohorts = plan.pool.shape
    size = k + n_cohorts
    total = arrays.weight.sum()
    order = np.argsort(arrays.cluster, kind="stable") if clustered else np.arange(len(arrays.unit))
    estimated = ~np.isnan(tally.estimate)
    parts = no_parts(n_cohorts, np.flatnonzero(plan.before & estimated))
    joint = np.zeros((size, size))
    n_own, n_pool = np.zeros(k, dtype=np.int64), np.zeros(k, dtype=np.int64)
    for cut in cluster_blocks(arrays.cluster[order], max(1, VALUES_A_BLOCK // size), clustered):
        at = order[cut]
        scores = np.zeros((len(at), size))
        treated, compared = np.zeros((2, len(at), k), dtype=bool)
        _influences(
            arrays,
            covariates,
            (sheets, fitted),
            at,
            scores=scores,
            treated=treated,
            compared=compared,
        )
        scores[:, k:] = arrays.weight[at, None] * one_hot(arrays.cohort[at], n_cohorts) / total
        add_block(parts, scores, arrays.cohort[at], arrays.cluster[at] if clustered else None)
        if clustered:
            starts = np.flatnonzero(np.diff(arrays.cluster[at], prepend=-1))
            scores = np.add.reduceat(scores, starts, axis=0)
            treated = np.logical_or.reduceat(treated, starts, axis=0)
            compared = np.logical_or.reduceat(compared, starts, axis=0)
        n_own += treated.sum(axis=0)
        n_pool += compared.sum(axis=0)
        joint += scores.T @ scores
        if visit is not None:
            visit(scores)
    counted = reasons(plan, n_own, n_pool, clustered=clustered)
    return CellEstimates(
        plan=plan,
        estimate=np.where(plan.reference, 0.0, tally.estimate),
        level=tally.level,
        joint=joint,
        shares=np.bincount(arrays.cohort, arrays.weight, n_cohorts) / total,
        cohort_units=np.bincount(arrays.cohort, minlength=n_cohorts),
        n_treated=tally.n_treated,
        n_comparison=tally.n_comparison,
        reason=tuple(
            problem or reason for problem, reason in zip(tally.problem, counted, strict=True)
        ),
        before=parts,
    )


def _influences(
    arrays: UnitArrays,
    covariates: UnitCovariates,
    fits: tuple[list[Sheet], list[Fitted]],
    at: Ints,
    *,
    scores: Floats,
    treated: Flags,
    compared: Flags,
) -> None:
    """Write the influence of the units ``at`` on every cell, and on which side they are."""
    sheets, fitted = fits
    held, units = -1, Units(at=at, x=np.empty((0, 0)), relative=np.empty((0, 0)))
    place = np.arange(len(at))
    position = np.argsort(at)
    for one in fitted:
        if one.sheet != held:
            held, units = one.sheet, sheets[one.sheet].units(arrays, covariates, at)
            place = position[np.searchsorted(at, units.at, sorter=position)]
        cohort = arrays.cohort[units.at]
        own = cohort == one.cohort
        inside = own | one.pool[cohort]
        rows = place[inside]
        change = units.relative[inside] @ one.contrast
        scores[np.ix_(rows, one.cells)] = one.model.influence(
            units.x[inside], change, own[inside], arrays.weight[units.at[inside]]
        )
        treated[np.ix_(rows, one.cells)] = own[inside, None]
        compared[np.ix_(rows, one.cells)] = ~own[inside, None]
