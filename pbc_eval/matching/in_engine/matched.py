"""The effect among people matched by cells, from sums: those of ``matching.effect``.

    rows with pbc_y, pbc_w and the keys of their cells ── matched_in_engine ──▶ Effect

The weighted regression needs its products, one query; its error, clustered by matched set, the sums
of influences by cell, another. Influences follow from the first query and are not expanded into
products of products, which would lose digits.

Source: as ``matching.effect``.
"""

import numpy as np

from pbc_eval.matching.effect import (
    FEWER_THAN_TWO_SETS,
    Effect,
    EffectMethod,
    slope_unknown,
    too_few_matched,
)
from pbc_eval.matching.in_engine.columns import laid_out
from pbc_eval.matching.in_engine.rows import EngineRows
from pbc_eval.matching.in_engine.sums import linear, products_by_arm, total
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.clustered import crv1_factor
from pbc_eval.numerics.collinearity import dependent_columns
from pbc_eval.panel.source import Table, Value, number


def matched_in_engine(
    table: Table,
    rows: EngineRows,
    keys: tuple[str, ...],
    method: EffectMethod,
    estimand: str,
) -> Effect:
    """``table`` has a row each person matched. Raises DesignError as ``matched_effect`` does."""
    covariates = rows.scored if method != "difference" else ()
    middle, scale = middle_of(table)
    table = table.mutate(pbc_z=(table["pbc_y"] - number(middle)) / number(scale))
    table, parts = laid_out(table, covariates)
    y = table["pbc_z"]
    parts = [*parts, y]
    treated, comparison = products_by_arm(table, parts, table["pbc_w"])
    p, apart = len(covariates), method == "g_computation"
    whole = _joined(treated, comparison, p)
    kept = [j for j in range(p) if 2 + j not in set(dependent_columns(whole[: p + 2, : p + 2]))]
    picked = [0, 1, *(2 + j for j in kept)]
    if apart:
        picked += [2 + p + j for j in kept]
    gradient = np.zeros(len(picked))
    gradient[1] = 1.0
    if apart:
        focal = {"ATT": treated, "ATC": comparison}.get(estimand, treated + comparison)
        gradient[2 + len(kept) :] = focal[0, 1 : p + 1][kept] / focal[0, 0]
    n = int(total(table, {"n": table.count()})["n"])
    k = len(picked)
    if n <= k and k > 2:
        raise too_few_matched(n, k)
    left = whole[np.ix_(picked, picked)]
    if dependent_columns(left):
        raise slope_unknown()
    coefficients = np.asarray(np.linalg.solve(left, whole[picked, -1]), dtype=np.float64)
    estimate = float(gradient @ coefficients) * scale
    leaning = np.asarray(np.linalg.solve(left, gradient), dtype=np.float64)
    d = table["pbc_d"]
    design: list[Value] = [number(1.0), d, *(parts[1 + j] for j in kept)]
    if apart:
        design += [parts[1 + j] * d for j in kept]
    influence = linear(design, leaning) * table["pbc_w"] * (y - linear(design, coefficients))
    each = table.mutate(pbc_i=influence)
    by_set = each.group_by(list(keys)).aggregate(pbc_s=each["pbc_i"].sum())
    facts = total(
        by_set, {"sets": by_set.count(), "squares": (by_set["pbc_s"] * by_set["pbc_s"]).sum()}
    )
    sets = int(facts["sets"])
    if sets < 2:
        return Effect(estimate, None, float("nan"), FEWER_THAN_TWO_SETS)
    variance = crv1_factor(sets, n, k) * facts["squares"]
    return Effect(estimate, float(np.sqrt(variance)) * scale, sets - 1, None)


def middle_of(table: Table) -> tuple[float, float]:
    """The outcome's mean and spread, to take products about."""
    y = table["pbc_y"]
    mean = total(table, {"m": y.mean()})["m"]
    rest = y - number(mean)
    spread = float(np.sqrt(total(table, {"s": (rest * rest).mean()})["s"]))
    return mean, spread if spread > 0 else 1.0


def _joined(treated: Floats, comparison: Floats, p: int) -> Floats:
    """Products of intercept, treatment, p covariates, the same among the treated, and outcome, from
    those of intercept, covariates and outcome in each arm."""
    both = treated + comparison
    x = list(range(1, p + 1))
    size = 2 + 2 * p + 1
    whole = np.zeros((size, size))
    first = [0, *range(2, 2 + p), size - 1]  # intercept, covariates, outcome
    again = [1, *range(2 + p, 2 + 2 * p)]  # those of the treated
    whole[np.ix_(first, first)] = both
    within = [0, *x]
    whole[np.ix_(again, again)] = treated[np.ix_(within, within)]
    cross = treated[np.ix_(within, [0, *x, p + 1])]
    whole[np.ix_(again, first)] = cross
    whole[np.ix_(first, again)] = cross.T
    return whole
