"""The balance table of a sample, matched or weighted: one row a covariate, before and after.

    Design, score, weights ── balance_table ──▶ DataFrame

Matched and weighted samples share it, so that their figures can be held against each other.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from pbc_eval.matching.balance import Balance, column_balance, shares_of, standardiser
from pbc_eval.matching.columns_of_frames import check_columns, names_of
from pbc_eval.matching.design import Design
from pbc_eval.matching.encoding import Columns, encode
from pbc_eval.matching.products import with_products
from pbc_eval.numerics.arrays import Bools, Floats

MANY = 100_000  # people from which two columns at a time are worth their threads


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
    *,
    squares: bool = False,
    interactions: bool = False,
) -> pd.DataFrame:
    """Compare the groups as sampled and under ``weights`` (n,), the score first if any.

    Columns: ``covariate``, ``binary``, and for each of ``before`` and ``after`` the fields of
    ``Balance``, such as ``std_diff_after``. ``also`` names further columns of the data;
    ``squares`` and ``interactions`` add those of the covariates. Raises DataError for columns the
    data do not have.
    """
    asked = [] if score is None else [("score", score, False)]
    asked += _each(design.columns)
    named = names_of("balance", "also", also, may_be_empty=True)
    if named:
        check_columns(design.frame, named, "balance")
        asked += _each(encode(design.frame, named))
    asked += with_products(design.columns, squares=squares, interactions=interactions)
    return compared_columns(design, asked, weights, estimand)


def compared_columns(
    design: Design, asked: Sequence[tuple[str, Floats, bool]], weights: Floats, estimand: str
) -> pd.DataFrame:
    """The table of columns given as name, values (n,) and whether they are binary."""
    groups, sampling = spread_groups(design.treated, estimand), design.sampling
    unmatched = np.ones(len(weights)) if sampling is None else sampling
    weightings = (shares_of(design.treated, unmatched), shares_of(design.treated, weights))

    def row(column: tuple[str, Floats, bool]) -> dict[str, object]:
        name, values, binary = column
        scale = standardiser(values, groups, binary, sampling)
        before, after = column_balance(values, weightings, scale, binary)
        cells: dict[str, object] = {"covariate": name, "binary": binary}
        for when, figures in (("before", before), ("after", after)):
            cells |= {
                f"{figure}_{when}": value
                for figure, value in zip(Balance._fields, figures, strict=True)
            }
        return cells

    if len(weights) < MANY:
        return pd.DataFrame([row(column) for column in asked])
    with ThreadPoolExecutor(max_workers=2) as pool:  # sorting leaves the interpreter free
        return pd.DataFrame(list(pool.map(row, asked)))


def _each(columns: Columns) -> list[tuple[str, Floats, bool]]:
    return [
        (name, columns.values[:, j], bool(columns.binary[j]))
        for j, name in enumerate(columns.names)
    ]
