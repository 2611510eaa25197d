"""The balance table of a sample, matched or weighted: one row a covariate, before and after.

    Design, score, weights ── balance_table ──▶ DataFrame

Matched and weighted samples share it, so that their figures can be held against each other.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pbc_eval.matching.balance import Balance, column_balance, standardiser
from pbc_eval.matching.design import Design, check_columns
from pbc_eval.matching.encoding import Columns, encode

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def spread_groups(treated: Bools, estimand: str) -> tuple[Bools, ...]:
    """Whose standard deviation a difference is divided by: the treated group's for the ATT, the
    comparison group's for the ATC, both groups' (their mean variance) for anything else."""
    return {"ATT": (treated,), "ATC": (~treated,)}.get(estimand, (treated, ~treated))


def balance_table(
    design: Design,
    score: Floats | None,
    weights: Floats,
    estimand: str,
    also: Sequence[str] = (),
) -> pd.DataFrame:
    """Compare the groups as sampled and under ``weights`` (n,), the score first if any.

    Columns: ``covariate``, ``binary``, and for each of ``before`` and ``after`` the fields of
    ``Balance``, such as ``std_diff_after``. ``also`` names further columns of the data. Raises
    DataError for columns the data do not have.
    """
    groups = spread_groups(design.treated, estimand)

    sampling = design.sampling

    def row(name: str, values: Floats, binary: bool) -> dict[str, object]:
        unmatched = np.ones(len(values)) if sampling is None else sampling
        weightings = (unmatched, weights)
        scale = standardiser(values, groups, binary, sampling)
        before, after = column_balance(values, design.treated, weightings, scale, binary)
        found: dict[str, object] = {"covariate": name, "binary": binary}
        for when, figures in (("before", before), ("after", after)):
            found |= {
                f"{figure}_{when}": value
                for figure, value in zip(Balance._fields, figures, strict=True)
            }
        return found

    def rows(columns: Columns) -> list[dict[str, object]]:
        return [
            row(name, columns.values[:, j], bool(columns.binary[j]))
            for j, name in enumerate(columns.names)
        ]

    parts = [] if score is None else [row("score", score, binary=False)]
    parts += rows(design.columns)
    if also:
        check_columns(design.frame, list(also), "balance")
        parts += rows(encode(design.frame, list(also)))
    return pd.DataFrame(parts)
