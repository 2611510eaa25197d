"""Sampling weights: how many people of the population each person in the data stands for.

    frame, column ── read_sampling ──▶ weights (n,)

They enter the score, the distances, the balance and the effect. Weights made by matching or
weighting are multiplied by them: pairs are made, and counted, person by person, while within sets
the two groups' weighted sizes are made alike.

Source: DuGoff, Schuler & Stuart (2014), Health Services Research 49, 284-303; Austin, Jembere &
Chiu (2018), Statistical Methods in Medical Research 27, 1240-1257.
"""

import numpy as np
import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError
from pbc_eval.numerics.arrays import Floats


def read_sampling(column: pd.Series, owner: str) -> Floats:
    """The weights as finite numbers, none below 0 and not all 0, shape (n,). Missing ones are
    dealt with by the caller. Raises DataError, naming the column and the first rows at fault."""
    name = str(column.name)
    rule = "sampling weights must be finite numbers, 0 or above"
    if not pd.api.types.is_numeric_dtype(column.dtype) or column.dtype == bool:
        raise DataError(
            f"{owner}: {rule}; column {name!r} holds {column.dtype} values such as "
            f"{column.iloc[0]!r}. Convert it with pandas.to_numeric first."
        )
    weights = np.asarray(column.to_numpy(dtype=np.float64))
    wrong = ~np.isfinite(weights) | (weights < 0)
    if wrong.any():
        raise DataError(
            f"{owner}: {rule}; column {name!r} has {int(wrong.sum()):,} others "
            f"({first_few(f'{value:g}' for value in weights[wrong])}). Correct them at the source."
        )
    if not (weights > 0).any():
        raise DataError(
            f"{owner}: {rule}, and not all 0; every one in column {name!r} is 0. Name another "
            "column, or leave sampling_weights out."
        )
    return weights


def with_mean_one(weights: Floats | None) -> Floats | None:
    """The same weights with mean 1, so that tolerances mean what they say; None stays None."""
    return None if weights is None else weights / weights.mean()
