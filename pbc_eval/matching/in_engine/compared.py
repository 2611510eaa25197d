"""The balance of people in an engine: the table of ``matching.balance_table`` from sums.

Gaps between cumulative distributions are those of two values only; of more they would need every
value, in order, and stay open (NaN).
"""

import numpy as np
import pandas as pd

from pbc_eval.matching.balance import NOTHING, Balance, standardised
from pbc_eval.matching.in_engine.columns import EngineColumn, laid_out
from pbc_eval.matching.in_engine.rows import EngineRows
from pbc_eval.matching.in_engine.sums import as_one_or_nought, by_value
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.source import Table, Value, number


class Moments:
    """Of every column in each arm under one set of weights: its mean, its variance, and how much
    of the weight is on its larger value. Arrays are (2, p), the treated first."""

    def __init__(self, rows: EngineRows, table: Table, weight: Value) -> None:
        table, design = laid_out(table.mutate(pbc_m=weight), rows.columns)
        weight = table["pbc_m"]
        sums: dict[str, Value] = {
            "w": weight.sum(),
            "ww": (weight * weight).sum(),
            "most": weight.max(),
            "used": as_one_or_nought(weight > number(0.0)).sum(),
        }
        lowest = (weight > number(0.0)).ifelse(weight, None)
        sums["least"] = lowest.min()
        for j, column in enumerate(rows.columns):
            z = design[1 + j]
            sums |= {f"z{j}": (weight * z).sum(), f"q{j}": (weight * z * z).sum()}
            if column.binary:
                high = as_one_or_nought(column.of(table) == number(column.high))
                sums[f"h{j}"] = (weight * high).sum()
        by = by_value(table, sums)
        self.weight, self.squares = by["w"], by["ww"]
        self.most, self.least = by["most"], by["least"]
        self.used = by["used"].astype(int)
        p = len(rows.columns)
        scale = np.array([column.scale for column in rows.columns])
        middle = np.array([column.mean for column in rows.columns])
        with np.errstate(invalid="ignore", divide="ignore"):
            z = np.stack([by[f"z{j}"] for j in range(p)], axis=1) / self.weight[:, None]
            q = np.stack([by[f"q{j}"] for j in range(p)], axis=1) / self.weight[:, None]
            freedom = (1 - self.squares / self.weight**2)[:, None]
            self.mean: Floats = middle + z * scale
            spread = np.maximum(q - z**2, 0.0) * scale**2 / freedom
            self.variance: Floats = np.where(freedom > 1e-12, spread, np.nan)
            high = [by[f"h{j}"] if f"h{j}" in by else by["w"] * np.nan for j in range(p)]
            self.high: Floats = np.stack(high, axis=1) / self.weight[:, None]

    @property
    def effective(self) -> Floats:
        """Kish's effective sizes, (2,)."""
        safe = np.where(self.squares > 0, self.squares, 1.0)
        return np.where(self.squares > 0, self.weight**2 / safe, 0.0)


def balance_in_engine(
    rows: EngineRows, before: Moments, after: Moments, estimand: str
) -> pd.DataFrame:
    """A row a column, as ``balance_table`` has them."""
    arms = {"ATT": (0,), "ATC": (1,)}.get(estimand, (0, 1))
    made = []
    for j, column in enumerate(rows.columns):
        scale = spread_of(column, before, j, arms)
        cells: dict[str, object] = {"covariate": column.name, "binary": column.binary}
        for when, moments in (("before", before), ("after", after)):
            figures = _compared(column, moments, j, scale)
            cells |= {
                f"{figure}_{when}": value
                for figure, value in zip(Balance._fields, figures, strict=True)
            }
        made.append(cells)
    return pd.DataFrame(made)


def spread_of(column: EngineColumn, before: Moments, j: int, arms: tuple[int, ...]) -> float:
    """What a difference is divided by, from the sample as it was."""
    variances = []
    for arm in arms:
        if column.binary:
            share = float(before.high[arm, j])
            variances.append(share * (1 - share) * (column.high - column.low) ** 2)
        else:
            variances.append(float(np.nan_to_num(before.variance[arm, j])))
    return float(np.sqrt(np.mean(variances)))


def _compared(column: EngineColumn, moments: Moments, j: int, scale: float) -> Balance:
    nothing = float("nan")
    if min(moments.weight) <= 0:
        return Balance(*[nothing] * 7)
    treated, comparison = (float(mean) for mean in moments.mean[:, j])
    difference = treated - comparison
    if abs(difference) <= NOTHING * max(scale, abs(treated)):
        difference = 0.0
    gap, ratio = nothing, nothing
    if column.binary:
        gap = abs(float(moments.high[0, j] - moments.high[1, j]))
        gap = 0.0 if gap <= NOTHING else gap
    else:
        above, below = (float(variance) for variance in moments.variance[:, j])
        if column.spread == 0:
            above = below = 0.0
        ratio = above / below if below > 0 else nothing
    return Balance(
        mean_treated=treated,
        mean_comparison=comparison,
        std_diff=standardised(difference, scale),
        raw_diff=difference,
        variance_ratio=ratio,
        ecdf_mean=gap,
        ecdf_max=gap,
    )
