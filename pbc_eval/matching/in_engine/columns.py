"""The columns of people in an engine: each number, and an indicator of each level of a text.

table, levels ── measured_columns ──▶ EngineColumn: ends, mean, spread
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pbc_eval.matching.in_engine.sums import as_one_or_nought, by_value, count, total
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.source import Table, Value, number


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EngineColumn:
    """A column of numbers to compare: a covariate, or the indicator of one ``level`` of a text.

    ``at`` is the covariate's place; ``low`` and ``high`` are its ends, ``ends`` those in each arm;
    ``mean`` and ``spread`` (of n) those of all rows, each person once."""

    name: str
    at: int
    level: int | None
    in_score: bool
    binary: bool
    low: float
    high: float
    ends: tuple[tuple[float, float], tuple[float, float]]
    mean: float
    spread: float

    def of(self, table: Table) -> Value:
        """Its values in a table of ``EngineRows``."""
        values = table[f"pbc_v{self.at}"]
        return values if self.level is None else as_one_or_nought(values == self.level)

    def scaled(self, table: Table) -> Value:
        """About the mean of all rows, in standard deviations; only centred where nobody varies."""
        return (self.of(table) - number(self.mean)) / number(self.scale)

    @property
    def scale(self) -> float:
        return self.spread if self.spread > 0 else 1.0


def laid_out(
    table: Table, columns: Sequence[EngineColumn], name: str = "pbc_x"
) -> tuple[Table, list[Value]]:
    """``table`` with an intercept's 1 in mind and the scaled ``columns`` as columns of their own,
    so that each is worked out once a row; the intercept and they, to be summed."""
    made = {f"{name}{j}": column.scaled(table) for j, column in enumerate(columns)}
    wider = table.mutate(**made) if made else table
    return wider, [number(1.0), *(wider[label] for label in made)]


def measured_columns(
    table: Table, covariates: tuple[str, ...], levels: dict[int, tuple[str, ...]]
) -> tuple[tuple[EngineColumn, ...], tuple[int, int]]:
    """Every column to compare with its ends, mean and spread, and how many are in each arm."""
    asked: list[tuple[str, int, int | None, bool]] = []
    for at, name in enumerate(covariates):
        if at in levels:
            first = 1 if len(levels[at]) == 2 else 0
            for level in range(first, len(levels[at])):
                asked.append((f"{name}={levels[at][level]}", at, level, level > 0))
        else:
            asked.append((name, at, None, True))
    bare = [
        EngineColumn(
            name=name, at=at, level=level, in_score=scored, binary=False, low=0.0, high=0.0,
            ends=((0.0, 0.0), (0.0, 0.0)), mean=0.0, spread=0.0,
        )
        for name, at, level, scored in asked
    ]  # fmt: skip
    sums: dict[str, Value] = {"n": table.count()}
    for j, column in enumerate(bare):
        values = column.of(table)
        sums |= {f"low{j}": values.min(), f"high{j}": values.max(), f"sum{j}": values.sum()}
    by = by_value(table, sums)
    sizes = (int(by["n"][0]), int(by["n"][1]))
    if min(sizes) == 0:
        return (), sizes
    n = sum(sizes)
    means = [float(by[f"sum{j}"].sum()) / n for j in range(len(bare))]
    lows = [float(by[f"low{j}"].min()) for j in range(len(bare))]
    highs = [float(by[f"high{j}"].max()) for j in range(len(bare))]
    sums = {}
    for j, column in enumerate(bare):
        values = column.of(table)
        rest = values - number(means[j])
        sums[f"square{j}"] = (rest * rest).sum()
        if column.level is None:
            at_an_end = (values == number(lows[j])) | (values == number(highs[j]))
            sums[f"ends{j}"] = count(at_an_end)
    facts = total(table, sums)
    columns = tuple(
        EngineColumn(
            name=column.name,
            at=column.at,
            level=column.level,
            in_score=column.in_score,
            binary=lows[j] < highs[j] and (column.level is not None or facts[f"ends{j}"] == n),
            low=lows[j],
            high=highs[j],
            ends=(_ends(by, j, 0), _ends(by, j, 1)),
            mean=means[j],
            spread=float(np.sqrt(facts[f"square{j}"] / n)),
        )
        for j, column in enumerate(bare)
    )
    return columns, sizes


def _ends(by: dict[str, Floats], j: int, arm: int) -> tuple[float, float]:
    return float(by[f"low{j}"][arm]), float(by[f"high{j}"][arm])
