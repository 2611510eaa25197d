"""Covariates in regressions with unit and period effects.

    rows (unit, period) ── covariate_rows ▶ Z (n, T, q) ─┬ least_squares     cells, or one, beside Z
                                                         └ _from_untreated   Z by untreated rows

A covariate that is constant within units is multiplied with each period but the first: units that
differ in it may have trends that differ. One that varies enters as it is, in each period; what the
programme itself moves must not be among them. Unit effects are taken out of every column; periods
are columns.

Sources: Frisch and Waugh (1933); Borusyak, Jaravel and Spiess (2024), section 4; Wooldridge (2025);
Arkhangelsky et al. (2021), footnote 4, for synthetic difference-in-differences on residuals.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.did.cells import CellPlan
from pbc_eval.did.incomplete import IncompleteFit
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Names
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.numerics.clustered import clusters_of, crv1_factor, sandwich
from pbc_eval.numerics.collinearity import dependent_columns
from pbc_eval.panel.moments import UnitArrays
from pbc_eval.panel.panel import Panel

MOST_VALUES = 200_000_000  # of rows times columns, 1.6 GB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeastSquares:
    """``effects`` (m,) of the m columns that were asked for and each unit's ``influence`` (n, m) on
    them; ``used`` (n, T) rows; ``counted`` parameters, units not among them."""

    effects: Floats
    influence: Floats
    used: Bools
    counted: int


def adjusted_for(panel: Panel, owner: str) -> Sentence:
    """A note that says what was adjusted for. Raises DesignError for a panel without covariates."""
    if not panel.covariates:
        raise DesignError(
            f"{panel.name}: {owner}: there is nothing to adjust for. Name covariates when the "
            "panel is read, or leave adjusted out.",
            rule=Sentence("There is nothing to adjust for."),
        )
    return Sentence(
        "adjusted linearly for {names}: what is constant with a slope in each period, what varies "
        "as it is then",
        names=Names(panel.roles.covariates),
    )


def covariate_rows(panel: Panel, arrays: UnitArrays, owner: str) -> Floats:
    """Z (n, T, q) over the periods of ``arrays``. Raises DesignError where one is missing in a row
    with an outcome, or there would be more than memory holds."""
    held = panel.unit_covariates()
    n, n_periods = arrays.outcome.shape
    columns: list[Floats] = []
    for block in held.blocks:
        for at in range(block.shape[2]):
            values = block[:, :, at]
            if values.shape[1] > 1:
                columns.append(values[:, :n_periods])
                continue
            for t in range(1, n_periods):
                column = np.zeros((n, n_periods))
                column[:, t] = values[:, 0]
                columns.append(column)
    if n * n_periods * (len(columns) + n_periods) > MOST_VALUES:
        raise DesignError(
            f"{panel.name}: {owner}: {n:,} units and {len(columns):,} columns of covariates are "
            "more than memory holds. Use att_gt, which adjusts cell by cell."
        )
    z = np.stack(columns, axis=2)
    seen = ~np.isnan(arrays.outcome)
    if np.isnan(z[seen]).any():
        raise DesignError(
            f"{panel.name}: {owner}: a covariate is missing where an outcome is there. Read the "
            "panel with missing='complete_units', or use att_gt.",
            rule=Sentence("A covariate is missing where an outcome is there."),
        )
    return np.where(seen[:, :, None], z, 0.0)


def least_squares(panel: Panel, arrays: UnitArrays, x: Floats, owner: str) -> LeastSquares:
    """``x`` (C, T, m) beside covariates, unit and period effects."""
    seen = ~np.isnan(arrays.outcome)
    seen &= seen.sum(axis=1, keepdims=True) > 1  # seen once: the unit effect takes it whole
    z = covariate_rows(panel, arrays, owner)
    design = np.concatenate([x[arrays.cohort], _periods(seen), z], axis=2)
    design = _within(design, seen)
    m, weight = x.shape[2], arrays.weight
    gram = np.einsum("ntj,n,ntk->jk", design, weight, design, optimize=True)
    order = np.concatenate([np.arange(m, len(gram)), np.arange(m)])  # what was asked for last
    dependent = [int(order[j]) for j in dependent_columns(gram[np.ix_(order, order)])]
    if any(j < m for j in dependent):
        raise DesignError(
            f"{panel.name}: {owner}: effects of units and periods and the covariates determine an "
            "effect. Adjust for fewer, or use att_gt.",
            rule=Sentence("Effects of units and periods and the covariates determine an effect."),
        )
    kept = np.array([j for j in range(len(gram)) if j not in set(dependent)])
    design = design[:, :, kept]
    y = _within(np.where(seen, arrays.outcome, 0.0)[:, :, None], seen)[:, :, 0]
    inverse = np.linalg.inv(gram[np.ix_(kept, kept)])
    beta = inverse @ np.einsum("ntj,n,nt->j", design, weight, y, optimize=True)
    rest = np.where(seen, y - design @ beta, 0.0)
    scores = weight[:, None] * np.einsum("ntj,nt->nj", design, rest)
    return LeastSquares(
        effects=beta[:m], influence=scores @ inverse[:, :m], used=seen, counted=len(kept) + 1
    )


def saturated_adjusted(
    panel: Panel, arrays: UnitArrays, plan: CellPlan, cells: Ints, owner: str
) -> IncompleteFit:
    """An indicator for each of the ``cells`` beside the covariates; CRV1, units not counted."""
    x = np.zeros((len(panel.cohorts), arrays.outcome.shape[1], len(cells)))
    x[plan.cohort[cells], plan.period[cells], np.arange(len(cells))] = 1.0
    fit = least_squares(panel, arrays, x, owner)
    clusters, n = len(np.unique(arrays.cluster[fit.used.any(axis=1)])), int(fit.used.sum())
    return IncompleteFit(
        effects=fit.effects,
        residual=np.zeros((0, 0)),
        rows=np.zeros((0, 0, 0)),
        used=fit.used,
        factor=clusters / max(clusters - 1, 1) * (n - 1) / max(n - fit.counted, 1),
        counted=fit.counted,
        notes=(),
        influence=fit.influence,
    )


def coefficient(
    panel: Panel, x: Floats, owner: str
) -> tuple[float, float, tuple[int, int, int], float]:
    """One regressor ``x`` (C, T) of zeros and ones beside covariates: its coefficient, CRV1 error,
    (clusters, rows, parameters counted) and the mean outcome where it is one."""
    arrays = panel.arrays()
    fit = least_squares(panel, arrays, x[:, :, None], owner)
    scores = clusters_of(arrays.cluster).sums(fit.influence)
    clusters, n = len(np.unique(arrays.cluster[fit.used.any(axis=1)])), int(fit.used.sum())
    variance = float(sandwich(scores, crv1_factor(clusters, n, fit.counted))[0, 0])
    reached = fit.used & (x[arrays.cohort] > 0)
    weight = arrays.weight[:, None] * reached
    mean = float((weight * np.where(reached, arrays.outcome, 0.0)).sum() / weight.sum())
    return float(fit.effects[0]), variance**0.5, (clusters, n, fit.counted), mean


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Untreated:
    """What untreated rows say: slopes of periods and covariates, and what they leave."""

    z: Floats  # (n, T, q) covariates
    design: Floats  # (n, T, p + q) periods and covariates that have a slope
    beta: Floats  # (p + q,)
    slopes: Floats  # (q,) of the covariates, 0 of those without
    inverse: Floats
    free: Bools  # (n, T) untreated rows
    known: Bools  # (n,) units that have some


def _from_untreated(panel: Panel, arrays: UnitArrays, owner: str) -> _Untreated:
    n_periods = arrays.outcome.shape[1]
    before = np.less(np.arange(n_periods)[None, :], np.array(panel.starts)[:, None])
    free = ~np.isnan(arrays.outcome) & before[arrays.cohort]
    z = covariate_rows(panel, arrays, owner)
    design = np.concatenate([_periods(~np.isnan(arrays.outcome)), z], axis=2)
    p = design.shape[2] - z.shape[2]
    inside = _within(design, free)
    gram = np.einsum("ntj,n,ntk->jk", inside, arrays.weight, inside, optimize=True)
    dependent = set(dependent_columns(gram))
    kept = np.array([j for j in range(len(gram)) if j not in dependent])
    y = _within(np.where(free, arrays.outcome, 0.0)[:, :, None], free)[:, :, 0]
    inverse = np.linalg.inv(gram[np.ix_(kept, kept)])
    beta = inverse @ np.einsum("ntj,n,nt->j", inside[:, :, kept], arrays.weight, y, optimize=True)
    slopes = np.zeros(len(gram))
    slopes[kept] = beta
    return _Untreated(
        z=z,
        design=design[:, :, kept],
        beta=beta,
        slopes=slopes[p:],
        inverse=inverse,
        free=free,
        known=free.any(axis=1),
    )


def without_covariates(panel: Panel, arrays: UnitArrays, owner: str) -> Floats:
    """(n, T) outcomes less what covariates explain of them, as untreated rows have it."""
    fit = _from_untreated(panel, arrays, owner)
    return np.asarray(arrays.outcome - fit.z @ fit.slopes)


def imputed_adjusted(
    panel: Panel, arrays: UnitArrays, plan: CellPlan, cells: Ints, owner: str
) -> IncompleteFit:
    """Imputation from untreated rows with covariates; the paper's conservative errors."""
    fit = _from_untreated(panel, arrays, owner)
    present, weight = ~np.isnan(arrays.outcome), arrays.weight
    outcome = np.where(present, arrays.outcome, 0.0)
    left = outcome - fit.design @ fit.beta
    count = np.maximum(fit.free.sum(axis=1), 1)
    left -= ((left * fit.free).sum(axis=1) / count)[:, None]
    own_mean = (fit.design * fit.free[:, :, None]).sum(axis=1) / count[:, None]  # (n, p)
    inside = (fit.design - own_mean[:, None, :]) * fit.free[:, :, None]
    scores = weight[:, None] * np.einsum("ntj,nt->nj", inside, left * fit.free)
    reached = present & fit.known[:, None] & ~fit.free
    effects = np.full(len(cells), np.nan)
    influence = np.zeros((len(outcome), len(cells)))
    for place, j in enumerate(cells):
        c, t = plan.cohort[j], plan.period[j]
        mine = reached[:, t] & (arrays.cohort == c)
        total = weight[mine].sum()
        if not total:
            continue
        if not fit.free[:, t].any():
            raise DesignError(
                f"{panel.name}: {owner}: nobody is untreated in "
                f"{panel.periods.labels[t]}, so that nothing can be imputed. Use att_gt.",
                rule=Sentence("It has no untreated unit to learn some periods from."),
            )
        effects[place] = weight[mine] @ left[mine, t] / total
        pull = weight[mine] @ (fit.design[mine, t] - own_mean[mine]) / total
        influence[:, place] -= scores @ (fit.inverse @ pull)
        influence[mine, place] += weight[mine] * (left[mine, t] - effects[place]) / total
    return IncompleteFit(
        effects=effects,
        residual=np.zeros((0, 0)),
        rows=np.zeros((0, 0, 0)),
        used=reached | fit.free,
        factor=1.0,
        counted=0,
        notes=(),
        influence=influence,
    )


def _periods(seen: Bools) -> Floats:
    """(n, T, p) an indicator of each period that is seen but the first."""
    n, n_periods = seen.shape
    at = np.flatnonzero(seen.any(axis=0))[1:]
    made = np.zeros((n, n_periods, len(at)))
    made[:, at, np.arange(len(at))] = 1.0
    return made


def _within(values: Floats, seen: Bools) -> Floats:
    """(n, T, k) less the unit's mean over what is seen of it; zero where it is not."""
    here = values * seen[:, :, None]
    mean = here.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)[:, None]
    made: Floats = (here - mean[:, None, :]) * seen[:, :, None]
    return made
