"""Estimates of all cells with covariates, and their joint covariance.

A sheet (sheets.py) holds the cells that use the same units and covariates. It keeps sums of x x'
and x y' by cohort, so that the regression of any pool of cohorts is a sum over cohorts, and has one
propensity score a cohort and pool.

Two passes over the units: fit, then add up the products of influences block by block, so that
influences on all cells are never held for all units.

Sources: Callaway and Sant'Anna (2021), section 4; Sant'Anna and Zhao (2020).
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from pbc_eval.did.adjustment import (
    AdjustedChange,
    Comparison,
    EstimationMethod,
    Sums,
    adjust,
)
from pbc_eval.did.block_sums import BlockSums
from pbc_eval.did.cell_blocks import Sheet, Units, lay_out
from pbc_eval.did.cells import CellPlan
from pbc_eval.did.estimates import (
    CellEstimates,
    Visit,
    cluster_blocks,
    independent_units,
    reasons,
)
from pbc_eval.did.influences import Block, Fitted, Influences, runs
from pbc_eval.did.notes import without_weight
from pbc_eval.did.threads import in_order
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import COMPARISON_UNITS
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.panel.covariates import UnitCovariates
from pbc_eval.panel.moments import UnitArrays

VALUES_A_BLOCK = 500_000  # 4 MB of influences a thread; their temporaries are several of the size


class Tally:
    """What the passes find, cell by cell."""

    def __init__(self, k: int) -> None:
        self.estimate: Floats = np.full(k, np.nan)
        self.level: Floats = np.full(k, np.nan)
        self.n_treated: Ints = np.zeros(k, dtype=np.int64)
        self.n_comparison: Ints = np.zeros(k, dtype=np.int64)
        self.trimmed: Ints = np.zeros(k, dtype=np.int64)
        self.problem = [EMPTY] * k


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
    one in which comparison units were trimmed counts them in ``trimmed``.
    ``visit``: see ``cells_from_pairs``.
    """
    k, n_cohorts = plan.pool.shape
    tally = Tally(k)
    members = [np.flatnonzero(arrays.cohort == c) for c in range(n_cohorts)]
    _describe_sides(plan, arrays, members, tally)
    sheets = lay_out(plan, arrays, covariates)
    fitted: list[Fitted] = []
    for number, sheet in enumerate(sheets):
        parts = list(in_order(partial(sheet.units, arrays, covariates), members))
        fitted += _fit(
            plan,
            arrays,
            sheet,
            number=number,
            parts=parts,
            names=covariates.names,
            method=method,
            tally=tally,
        )
    influences = Influences(
        arrays=arrays,
        covariates=covariates,
        sheets=sheets,
        fitted=fitted,
        n_cells=k,
        n_cohorts=n_cohorts,
    )
    return _with_covariance(plan, influences, tally, clustered=clustered, visit=visit)


def _describe_sides(plan: CellPlan, arrays: UnitArrays, members: list[Ints], tally: Tally) -> None:
    """Units and mean outcome of every cell's cohort and pool before any sheet; cells that are
    fitted overwrite them with those of their own sample."""
    units = np.array([len(at) for at in members])
    tally.n_treated = units[plan.cohort]
    tally.n_comparison = plan.pool @ units
    for cohort in np.unique(plan.cohort[~plan.usable]):
        outcome, weight = arrays.outcome[members[cohort]], arrays.weight[members[cohort], None]
        seen = ~np.isnan(outcome)
        with np.errstate(invalid="ignore", divide="ignore"):
            level = np.where(seen, weight * outcome, 0.0).sum(axis=0) / (weight * seen).sum(axis=0)
        mine = plan.cohort == cohort
        tally.level[mine] = level[plan.period[mine]]


def _fit(
    plan: CellPlan,
    arrays: UnitArrays,
    sheet: Sheet,
    *,
    number: int,
    parts: list[Units],
    names: tuple[str, ...],
    method: EstimationMethod,
    tally: Tally,
) -> Iterator[Fitted]:
    """The adjustments of a sheet; ``parts`` are its units by cohort."""
    sums = [_sums(part, arrays.weight[part.at]) for part in parts]
    wanted = []
    for cohort, pool, cells in _comparisons(plan, sheet.cells):
        inside = [c for c in np.flatnonzero(pool).tolist() if len(parts[c].at)]
        own = parts[cohort]
        tally.n_treated[cells] = len(own.at)
        tally.n_comparison[cells] = sum(len(parts[c].at) for c in inside)
        if not len(own.at) or not inside:
            continue
        mean = arrays.weight[own.at] @ arrays.outcome[np.ix_(own.at, plan.period[cells])]
        tally.level[cells] = mean / sums[cohort].weight
        wanted.append((cohort, pool, inside, cells, sheet.contrast(plan, cells)))

    def adjusted(pattern: tuple[int, Bools, list[int], Ints, Floats]) -> AdjustedChange | Sentence:
        cohort, _, inside, _, contrast = pattern
        return adjust(method, _comparison(arrays, parts, sums, cohort, inside), contrast, names)

    models = in_order(adjusted, wanted)
    for (cohort, pool, _, cells, contrast), model in zip(wanted, models, strict=True):
        if isinstance(model, Sentence):
            for cell in cells:
                tally.problem[cell] = model
            continue
        tally.trimmed[cells] = model.trimmed
        tally.estimate[cells] = model.estimate
        yield Fitted(
            sheet=number, cells=cells, cohort=cohort, pool=pool, contrast=contrast, model=model
        )


def _comparison(
    arrays: UnitArrays, parts: list[Units], sums: list[Sums], cohort: int, inside: list[int]
) -> Comparison:
    own = len(parts[cohort].at)
    rows = [parts[cohort], *(parts[c] for c in inside)]
    at = np.concatenate([part.at for part in rows])
    pooled = [parts[c].relative for c in inside]
    return Comparison(
        own=sums[cohort],
        pool=Sums(
            xx=np.sum([sums[c].xx for c in inside], axis=0),
            xd=np.sum([sums[c].xd for c in inside], axis=0),
        ),
        x=np.concatenate([part.x for part in rows]),
        treated=np.arange(len(at)) < own,
        weight=arrays.weight[at],
        relative=pooled[0] if len(pooled) == 1 else np.concatenate(pooled),
    )


def _comparisons(plan: CellPlan, cells: Ints) -> Iterator[tuple[int, Bools, Ints]]:
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
    influences: Influences,
    tally: Tally,
    *,
    clustered: bool,
    visit: Visit | None,
) -> CellEstimates:
    arrays = influences.arrays
    k, n_cohorts = plan.pool.shape
    size = k + n_cohorts
    total = arrays.weight.sum()
    # Units of one cohort lie together: in all, or within a block, which splits no cluster.
    order = np.argsort(arrays.cluster if clustered else arrays.cohort, kind="stable")
    estimated = ~np.isnan(tally.estimate)
    before = np.flatnonzero(plan.before & estimated)
    sums = BlockSums(arrays, before, (k, n_cohorts), clustered)

    def block(cut: slice) -> Block:
        at = order[cut]
        if clustered:
            at = at[np.argsort(arrays.cohort[at], kind="stable")]
        return influences.block(at)

    cuts = cluster_blocks(arrays.cluster[order], max(1, VALUES_A_BLOCK // size), clustered)
    for made in in_order(block, cuts):
        by_cohort = runs(arrays.cohort[made.at])
        scores = sums.add(made.at, by_cohort, made.scores, (made.treated, made.compared))
        if visit is not None:
            visit(scores)
    counted = reasons(plan, sums.treated, sums.compared, clustered=clustered)
    return CellEstimates(
        plan=plan,
        estimate=np.where(plan.reference, 0.0, tally.estimate),
        level=tally.level,
        joint=sums.joint,
        shares=np.bincount(arrays.cohort, arrays.weight, n_cohorts) / total,
        cohort_units=np.bincount(arrays.cohort, minlength=n_cohorts),
        n_treated=tally.n_treated,
        n_comparison=tally.n_comparison,
        reason=tuple(
            problem or reason for problem, reason in zip(tally.problem, counted, strict=True)
        ),
        before=sums.parts,
        small=sums.small.cohorts(),
        independent=independent_units(
            arrays.cohort, arrays.cluster if clustered else None, n_cohorts
        ),
        trimmed=tally.trimmed,
        notes=without_weight([fit.model.unlike for fit in influences.fitted], COMPARISON_UNITS),
    )
