"""Missing covariates, filled in with an indicator that says so.

    frame, covariates ── with_indicators ──▶ frame, covariates, counts

A number that is missing becomes the mean of those that are there, beside a column "age missing";
a missing text is a category of its own. People are then compared with others whose value is missing
too, as far as the method uses the indicator. It is right when what is missing tells no more about
the outcome than that it is missing; the ledger counts what was filled.

Source: Rosenbaum & Rubin (1984), JASA 79, 516-524, appendix; D'Agostino & Rubin (2000), JASA 95,
749-759.
"""

from collections.abc import Sequence

import pandas as pd

from pbc_eval.errors import DataError
from pbc_eval.matching.encoding import is_category

MISSING = "missing"


def with_indicators(
    frame: pd.DataFrame, covariates: Sequence[str], owner: str
) -> tuple[pd.DataFrame, tuple[str, ...], dict[str, int]]:
    """A frame without missing covariates, all columns to compare, and how many were filled by
    column. ``frame`` is not changed. Raises DataError for a covariate without any value, or a name
    that an indicator needs."""
    filled, columns, counts = frame.copy(deep=False), list(covariates), {}
    for name in covariates:
        column = frame[name]
        lacking = column.isna()
        if not lacking.any():
            continue
        counts[name] = int(lacking.sum())
        if lacking.all():
            raise DataError(f"{owner}: covariate {name!r} has no value at all. Leave it out.")
        if is_category(column):
            level = _free_level(column)
            if isinstance(column.dtype, pd.CategoricalDtype):
                if not pd.api.types.is_string_dtype(column.cat.categories.dtype):
                    column = column.cat.rename_categories(str)
                column = column.cat.add_categories([level])
            filled[name] = column.fillna(level)
            continue
        indicator = f"{name} {MISSING}"
        if indicator in frame.columns:
            raise DataError(
                f"{owner}: the data already have a column {indicator!r}, which the indicator of "
                f"{name!r} needs. Rename it."
            )
        filled[name] = column.astype("float64").fillna(float(column.mean()))
        filled[indicator] = lacking.astype("float64")
        columns.append(indicator)
    return filled, tuple(columns), counts


def _free_level(column: pd.Series) -> str:
    """The level of those without a value, apart from one that the data call so themselves."""
    there = set(map(str, column.dropna().unique()))
    level = MISSING
    while level in there:
        level = f"{level} (blank)"
    return level
