"""The effect under weights by a score, from sums: those of ``matching.weighted_effect``.

    rows with pbc_y, EngineScore ── weighted_in_engine ──▶ estimate, error, mean without

Everybody's influence on the effect is a formula of their row once a few sums are known; its squares
are added up where the rows are. The score's part is in it.

Source: as ``matching.weighting`` and ``matching.weighted_effect``.
"""

from typing import NamedTuple

import numpy as np

from pbc_eval.matching.in_engine.columns import laid_out
from pbc_eval.matching.in_engine.matched import middle_of
from pbc_eval.matching.in_engine.rows import EngineRows
from pbc_eval.matching.in_engine.score import EngineScore
from pbc_eval.matching.in_engine.sums import ARMS, linear, products, total
from pbc_eval.matching.weighted_effect import WeightedMethod, too_few_in_group
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.collinearity import dependent_columns
from pbc_eval.panel.source import Table, Value, number

ONE = number(1.0)


def weighed(rows: EngineRows, score: EngineScore, table: Table, estimand: str) -> Table:
    """``table`` with pbc_w (weights) and pbc_t (shares in the target), sampling weights in both,
    and their derivatives by the linear score, pbc_ws and pbc_ts."""
    placed = score.scored(table)
    is_treated, base = placed["pbc_d"] == number(1.0), rows.base(placed)
    odds, p, q = placed["pbc_o"], placed["pbc_p"], placed["pbc_q"]
    nought = number(0.0)
    mild = p * q
    if estimand == "ATO":
        weight, slope = is_treated.ifelse(q, p), is_treated.ifelse(-mild, mild)
        target, moves = mild, mild * (q - p)
    elif estimand == "ATE":
        weight = is_treated.ifelse(ONE + ONE / odds, ONE + odds)
        slope = is_treated.ifelse(-ONE / odds, odds)
        target, moves = ONE, nought
    elif estimand == "ATT":
        weight, slope = is_treated.ifelse(ONE, odds), is_treated.ifelse(nought, odds)
        target, moves = is_treated.ifelse(ONE, nought), nought
    else:
        weight = is_treated.ifelse(ONE / odds, ONE)
        slope = is_treated.ifelse(-ONE / odds, nought)
        target, moves = is_treated.ifelse(nought, ONE), nought
    return placed.mutate(
        pbc_w=weight * base, pbc_t=target * base, pbc_ws=slope * base, pbc_ts=moves * base
    )


class EngineEffect(NamedTuple):
    """In the outcome's unit."""

    estimate: float
    std_error: float
    untreated_mean: float


class _Mean(NamedTuple):
    """The target's mean had everybody been in one arm; ``table`` has each row's influence on it,
    pbc_i1 or pbc_i0."""

    value: float
    table: Table


def weighted_in_engine(
    table: Table, rows: EngineRows, score: EngineScore, method: WeightedMethod
) -> EngineEffect:
    """``table`` as ``weighed`` gives it, with the outcome pbc_y. Raises DesignError for an arm that
    is too small for its regression."""
    n, (middle, scale) = rows.n, middle_of(table)
    with_y = table.mutate(pbc_z=(table["pbc_y"] - number(middle)) / number(scale))
    if method == "augmented":
        with_y, _ = laid_out(with_y, rows.scored, "pbc_c")
    curvature = _curvature(with_y, rows, score)
    treated = _potential_mean(with_y, rows, score, curvature, method=method, arm=ARMS[0])
    untreated = _potential_mean(treated.table, rows, score, curvature, method=method, arm=ARMS[1])
    each = untreated.table
    each = each.mutate(pbc_i=each["pbc_i1"] - each["pbc_i0"])
    squares = total(each, {"s": (each["pbc_i"] * each["pbc_i"]).sum()})["s"]
    return EngineEffect(
        estimate=(treated.value - untreated.value) * scale,
        std_error=float(np.sqrt(squares * n / (n - 1))) * scale,
        untreated_mean=untreated.value * scale + middle,
    )


def _potential_mean(
    table: Table,
    rows: EngineRows,
    score: EngineScore,
    curvature: Floats,
    *,
    method: WeightedMethod,
    arm: float,
) -> _Mean:
    inside = table["pbc_d"] == number(arm)
    zero = number(0.0)
    prediction: Value = zero
    regression = None
    if method == "augmented":
        regression = _Regression.fit(table, rows, arm)
        prediction = linear(regression.design(table), regression.coefficients)
    placed = table.mutate(
        pbc_m=prediction,
        pbc_r=table["pbc_z"] - prediction,
        pbc_a=inside.ifelse(table["pbc_w"], zero),
        pbc_as=inside.ifelse(table["pbc_ws"], zero),
    )
    a, t, m, r = placed["pbc_a"], placed["pbc_t"], placed["pbc_m"], placed["pbc_r"]
    columns = score.design(placed)
    sums: dict[str, Value] = {
        "a": a.sum(), "t": t.sum(), "ar": (a * r).sum(), "tm": (t * m).sum()
    }  # fmt: skip
    for j, x in enumerate(columns):
        slope, moves = placed["pbc_as"], placed["pbc_ts"]
        sums |= {f"w{j}": (x * slope).sum(), f"wr{j}": (x * slope * r).sum()}
        sums |= {f"t{j}": (x * moves).sum(), f"tm{j}": (x * moves * m).sum()}
    own = [] if regression is None else regression.design(placed)
    for j, x in enumerate(own):
        sums |= {f"xa{j}": (x * a).sum(), f"xt{j}": (x * t).sum()}
    row = total(placed, sums)
    base, correction = row["tm"] / row["t"], row["ar"] / row["a"]
    k = len(columns)
    gradient = np.array(
        [
            (row[f"wr{j}"] - correction * row[f"w{j}"]) / row["a"]
            + (row[f"tm{j}"] - base * row[f"t{j}"]) / row["t"]
            for j in range(k)
        ]
    )
    lever = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
    of_score = linear(columns, lever) * _score_slope(placed, rows)
    influence = (
        t * (m - number(base)) / number(row["t"])
        + a * (r - number(correction)) / number(row["a"])
        - of_score
    )
    if regression is not None:
        pull = np.array(
            [row[f"xt{j}"] / row["t"] - row[f"xa{j}"] / row["a"] for j in range(len(own))]
        )
        away = linear(own, regression.inverse @ pull) * number(1.0 / regression.mean_base)
        influence = influence + inside.ifelse(away * rows.base(placed) * r, zero)
    return _Mean(base + correction, placed.mutate(**{f"pbc_i{arm:.0f}": influence}))


def _score_slope(table: Table, rows: EngineRows) -> Value:
    """Of each row's loss by its linear score."""
    is_treated = table["pbc_d"] == number(1.0)
    return is_treated.ifelse(-table["pbc_q"], table["pbc_p"]) * rows.base(table)


def _curvature(table: Table, rows: EngineRows, score: EngineScore) -> Floats:
    weight = table["pbc_p"] * table["pbc_q"] * rows.base(table)
    return products(table, score.design(table), weight)


class _Regression(NamedTuple):
    """Least squares of the outcome in one arm, people counting by their sampling weights over
    their mean: ``kept`` columns of the score, ``inverse`` (k, k) of their products."""

    kept: tuple[int, ...]
    coefficients: Floats
    inverse: Floats
    mean_base: float

    def design(self, table: Table) -> list[Value]:
        return [number(1.0), *(table[f"pbc_c{j}"] for j in self.kept)]

    @staticmethod
    def fit(table: Table, rows: EngineRows, arm: float) -> "_Regression":
        mine = table.filter(table["pbc_d"] == number(arm))
        columns = [number(1.0), *(mine[f"pbc_c{j}"] for j in range(len(rows.scored)))]
        base, mean = rows.base(mine), 1.0
        if rows.sampling_weights:
            mean = total(table, {"m": rows.base(table).mean()})["m"]
        whole = products(mine, [*columns, mine["pbc_z"]], base / number(mean))
        p = len(columns)
        dependent = set(dependent_columns(whole[:p, :p]))
        places = [j for j in range(p) if j not in dependent]
        size = rows.sizes[ARMS.index(arm)]
        if size <= len(places):
            raise too_few_in_group(size, len(places))
        inverse = np.asarray(np.linalg.inv(whole[np.ix_(places, places)]), dtype=np.float64)
        coefficients = inverse @ whole[places, -1]
        return _Regression(tuple(j - 1 for j in places[1:]), coefficients, inverse, mean)
