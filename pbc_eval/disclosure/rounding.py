"""Counts to the nearest multiple of a base, and what follows from a count worked out again.

Rounding is deterministic: the same count is always published the same way, so that repeating it in
several tables tells nothing more. Halves go up. A share whose count and whole stand in the table is
the ratio of the rounded ones; otherwise it would tell the count behind it.
"""

import math
from typing import Any

import pandas as pd

from pbc_eval.disclosure.record import is_suppressed
from pbc_eval.evaluation.record import OutputTable


def to_base(value: float, base: int) -> float:
    """The nearest multiple of ``base``; halves up. Missing stays missing."""
    if base == 1 or math.isnan(value):
        return value
    return float(base * math.floor(value / base + 0.5))


def rounded(table: OutputTable, frame: pd.DataFrame, base: int) -> pd.DataFrame:
    """``frame`` with the counts of ``table`` rounded, and its ratios made from rounded counts."""
    if base == 1:
        return frame
    counted = [c for c, kind in table.kinds.items() if kind == "count" and c in frame]
    counts = [c for c in counted if c not in table.not_people]
    counts += [c for c in table.governed_by if c not in counts]
    after = frame.copy()
    for column in counts:
        after[column] = [_each(value, base) for value in frame[column]]
    for column, parts in table.ratios.items():
        after[column] = [
            _rescaled(value, [(frame[p].iloc[row], after[p].iloc[row]) for p in parts])
            for row, value in enumerate(frame[column])
        ]
    return after


def _each(value: Any, base: int) -> Any:
    if is_suppressed(value) or value is None:
        return value
    return to_base(float(value), base)


def _rescaled(value: Any, parts: list[tuple[Any, Any]]) -> Any:
    """A share times what rounding made of its count, over what it made of its whole."""
    if is_suppressed(value) or value is None or any(is_suppressed(old) for old, _ in parts):
        return value
    share = float(value)
    for place, (old, new) in enumerate(parts):
        before, after = float(old), float(new)
        if place == 0:
            share = share * after / before if before else share
        else:
            share = share * before / after if after else math.nan
    return share
