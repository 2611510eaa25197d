"""Who was not matched, or was trimmed, and how they differ from those who stayed."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pbc_eval.matching.balance import standardiser
from pbc_eval.matching.design import Design
from pbc_eval.numerics.arrays import Bools


class Unmatched(NamedTuple):
    """Those the effect was meant for who are not in the analysis (treated units, for the ATT).

    ``profile`` has a row a covariate: ``covariate``, ``mean_matched``, ``mean_unmatched``,
    ``std_diff`` (unmatched minus matched, in the group's standard deviations).
    """

    ids: pd.Index
    profile: pd.DataFrame


def left_out(design: Design, focal: Bools, stays: Bools) -> Unmatched:
    """Compare the ``focal`` people (n,) who stay with those who do not; means are weighted by
    sampling weights where there are any."""
    lost, kept = focal & ~stays, focal & stays
    columns, sampling = design.columns, design.sampling
    rows = []
    for j, name in enumerate(columns.names):
        values = columns.values[:, j]
        scale = standardiser(values, (focal,), bool(columns.binary[j]), sampling)
        inside, outside = (
            float(np.average(values[part], weights=None if sampling is None else sampling[part]))
            if part.any()
            else float("nan")
            for part in (kept, lost)
        )
        difference = outside - inside
        rows.append((name, inside, outside, difference / scale if scale else float("nan")))
    profile = pd.DataFrame(
        rows, columns=["covariate", "mean_matched", "mean_unmatched", "std_diff"]
    )
    return Unmatched(design.ids[lost], profile)
