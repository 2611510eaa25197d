"""Observed units and periods as rows, for regressions on panels with gaps."""

import numpy as np
import pandas as pd

from pbc_eval.did.notes import seen_once
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.moments import UnitArrays


def seen_twice(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Sentence, ...]]:
    """The rows of units seen more than once, and a note on the others; ``frame`` as below."""
    periods_seen = frame.groupby("unit")["y"].transform("size")
    single = frame.loc[periods_seen == 1, "unit"].nunique()
    if not single:
        return frame, ()
    return frame[periods_seen > 1], (seen_once(single),)


def long_rows(arrays: UnitArrays, treated: Floats) -> tuple[pd.DataFrame, float]:
    """One row an observed unit and period: unit, period, y less level, d, w, cohort, cluster.

    A unit's or cohort's level is absorbed; taking the grand mean out first keeps digits.
    """
    level = float(np.nanmean(arrays.outcome))
    unit, period = np.nonzero(~np.isnan(arrays.outcome))
    frame = pd.DataFrame(
        {
            "unit": unit,
            "period": period,
            "y": arrays.outcome[unit, period] - level,
            "d": treated[arrays.cohort[unit], period],
            "w": arrays.weight[unit],
            "cohort": arrays.cohort[unit],
            "cluster": arrays.cluster[unit],
        }
    )
    return frame, level
