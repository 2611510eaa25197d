"""Sums over the rows of a table in an engine, and what is worked out from them.

Products are summed of columns that were centred and scaled first, so that no digits are lost in the
difference of large numbers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.source import Table, Value, collect, number

MOST_SUMS = 400  # of one query: engines hold a row to some hundred or thousand columns
FURTHEST = 300.0  # of a linear score: e^-300 is nothing beside 1, and products of it are numbers
ARMS = (1.0, 0.0)  # treated, comparison


def total(table: Table, sums: Mapping[str, Value]) -> dict[str, float]:
    """The ``sums`` over all rows, as doubles; a sum over nothing is 0."""
    frames = [collect(table.aggregate(**some)) for some in _portions(sums)]
    return {
        str(name): float(np.nan_to_num(frame[name].to_numpy(dtype=float)[0]))
        for frame in frames
        for name in frame.columns
    }


def by_value(
    table: Table, sums: Mapping[str, Value], by: str = "pbc_d", values: Sequence[float] = ARMS
) -> dict[str, Floats]:
    """The ``sums`` by value of a column, in the order of ``values``; 0 where there are no rows."""
    made: dict[str, Floats] = {}
    for some in _portions(sums):
        frame = collect(table.group_by(by).aggregate(**some)).set_index(by)
        frame = frame.reindex(list(values)).astype(float).fillna(0.0)
        made |= {name: frame[name].to_numpy(dtype=np.float64) for name in some}
    return made


def _portions(sums: Mapping[str, Value]) -> list[dict[str, Any]]:
    names = list(sums)
    return [
        {name: sums[name].cast("float64") for name in names[start : start + MOST_SUMS]}
        for start in range(0, len(names), MOST_SUMS)
    ]


def products(table: Table, columns: Sequence[Value], weight: Value | None = None) -> Floats:
    """x'Wx, (p, p)."""
    return _square(total(table, _pairs(columns, weight)), len(columns))


def products_by_arm(
    table: Table, columns: Sequence[Value], weight: Value | None = None
) -> tuple[Floats, Floats]:
    """x'Wx, (p, p), of the treated and of the comparison group."""
    sums = by_value(table, _pairs(columns, weight))
    treated, comparison = (
        _square({name: float(pair[arm]) for name, pair in sums.items()}, len(columns))
        for arm in (0, 1)
    )
    return treated, comparison


def _pairs(columns: Sequence[Value], weight: Value | None) -> dict[str, Value]:
    sums = {}
    for i, column in enumerate(columns):
        left = column if weight is None else column * weight
        for j in range(i, len(columns)):
            sums[f"s{i}_{j}"] = (left * columns[j]).sum()
    return sums


def _square(sums: Mapping[str, float], p: int) -> Floats:
    whole = np.zeros((p, p))
    for i in range(p):
        for j in range(i, p):
            whole[i, j] = whole[j, i] = sums[f"s{i}_{j}"]
    return whole


def linear(columns: Sequence[Value], coefficients: Floats) -> Value:
    """x b of each row."""
    whole = number(0.0)
    for column, coefficient in zip(columns, coefficients.tolist(), strict=True):
        if coefficient != 0.0:
            whole = whole + column * number(coefficient)
    return whole


def within_reach(score: Value) -> Value:
    """A linear score no further from 0 than an exponential can be taken of in every engine."""
    low, high = number(-FURTHEST), number(FURTHEST)
    return (score > high).ifelse(high, (score < low).ifelse(low, score))


def as_one_or_nought(condition: Value) -> Value:
    return condition.ifelse(number(1.0), number(0.0))


def ones(table: Table) -> Value:
    """1 in each row: a constant is no column to engines."""
    return table["pbc_d"].notnull().ifelse(number(1.0), number(1.0))


def count(condition: Value) -> Value:
    """Of how many rows it is true."""
    return condition.ifelse(1, 0).sum()
