"""Covariates as numbers: numbers stay, categories become indicators, anything else is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Rational
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pbc_eval._validate import first_few, refuse_written_twice
from pbc_eval.errors import DataError, DesignError
from pbc_eval.intake.number_columns import refusal
from pbc_eval.numerics.arrays import Bools, Floats

MOST_LEVELS = 100  # a text column with more is an identifier or free text, not a covariate


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Covariates as numbers.

    ``values`` (n, p). A category with more than two levels has an indicator for every level, so
    that balance shows them all; ``in_score`` (p,) is False for the first level, the reference,
    which the score does without. ``names`` are "age" or "race=black". ``binary`` (p,) marks
    columns with exactly two values.
    """

    values: Floats
    names: tuple[str, ...]
    in_score: Bools
    binary: Bools

    def at(self, rows: NDArray[np.intp] | Bools) -> "Columns":
        """The same columns of some people, by position or by mark (n,)."""
        return replace(self, values=self.values[rows])

    @property
    def score_values(self) -> Floats:
        return self.values[:, self.in_score]

    @property
    def score_names(self) -> tuple[str, ...]:
        return tuple(np.array(self.names, dtype=object)[self.in_score])


def encode(frame: pd.DataFrame, covariates: Sequence[str]) -> Columns:
    """Turn the covariates into numbers; ``frame`` has no missing values in them.

    Text and categories become indicators, the first level in sorted order being the reference (R's
    default); an ordered or unordered category keeps its own order of levels. Raises DataError for
    text among numbers, infinite values, dates, and text with more than 100 levels.
    """
    values: list[Floats] = []
    names: list[str] = []
    in_score: list[bool] = []
    for covariate in covariates:
        column = plain_numbers(frame[covariate])
        if is_category(column):
            levels, codes = levels_of(column)
            # two levels are one indicator; with more, the reference is shown but not scored
            first = 1 if len(levels) == 2 else 0
            for level in range(first, len(levels)):
                values.append((codes == level).astype(np.float64))
                names.append(f"{covariate}={levels[level]}")
                in_score.append(level > 0)
        else:
            values.append(numbers(column))
            names.append(covariate)
            in_score.append(True)
    matrix = np.column_stack(values) if values else np.empty((len(frame), 0))
    binary = np.array([_two_valued(matrix[:, j]) for j in range(matrix.shape[1])], dtype=bool)
    return Columns(matrix, tuple(names), np.array(in_score, dtype=bool), binary)


def plain_numbers(column: pd.Series) -> pd.Series:
    """A column of decimals or fractions, as databases give them, as floats; others as they are."""
    if column.dtype != object:
        return column
    exact = all(isinstance(value, Decimal | Rational) for value in column)
    logical = any(isinstance(value, bool) for value in column)
    if not len(column) or not exact or logical:
        return column
    try:
        return column.map(float)
    except OverflowError:
        return column


def is_category(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.CategoricalDtype) or not (
        pd.api.types.is_numeric_dtype(column.dtype)
        or pd.api.types.is_datetime64_any_dtype(column.dtype)
        or pd.api.types.is_timedelta64_dtype(column.dtype)
    )


def levels_of(column: pd.Series) -> tuple[list[object], NDArray[Any]]:
    """The levels present and each row's level number."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        present = column.cat.remove_unused_categories()
        return list(present.cat.categories), np.asarray(present.cat.codes, dtype=np.int64)
    distinct = pd.Series(column.unique())
    _refuse_mixtures(str(column.name), distinct.tolist())
    if len(distinct) > MOST_LEVELS:
        raise too_many_levels(str(column.name), len(distinct))
    refuse_written_twice("match", column.name, distinct)
    codes, levels = pd.factorize(column, sort=True)
    return list(levels), np.asarray(codes, dtype=np.int64)


def _refuse_mixtures(name: str, distinct: list[object]) -> None:
    """Refuse a text column that is, wholly or in part, numbers: a typing error in one cell must
    not turn a measurement into a hundred categories."""
    texts = [value for value in distinct if isinstance(value, str)]
    others = [value for value in distinct if not isinstance(value, str | bool)]
    if problem := refusal(name, texts, None):
        raise DataError(f"{problem} In Python: read_numbers(frame, ...), or astype('category').")
    if not others:
        return
    if words := [text for text in texts if text.strip()]:
        problem = f"holds text among numbers: {first_few(repr(word) for word in words)}"
    else:
        problem = f"holds {type(others[0]).__name__} objects, e.g. {others[0]!r}"
    raise DataError(
        f"{name!r} {problem}. Convert it with pandas.to_numeric after recoding those values, or "
        "make it a category (astype('category')) if its values are labels."
    )


def numbers(column: pd.Series) -> Floats:
    """A numeric column as finite floats, shape (n,); anything else is refused with a DataError."""
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_complex_dtype(
        column.dtype
    ):
        raise DataError(
            f"{column.name}: {column.dtype} values cannot be matched on. Turn dates into numbers "
            "first, such as age in years or days since the start."
        )
    values = np.asarray(column.to_numpy(dtype=np.float64))
    endless = ~np.isfinite(values)
    if endless.any():
        raise endless_values(str(column.name), int(endless.sum()))
    return values


def endless_values(name: str, count: int) -> DataError:
    """The refusal of a covariate with infinite values."""
    return DataError(
        f"{name}: {count:,} values are infinite; a covariate must be finite. Recode them, or leave "
        "those rows out before matching and say why."
    )


def too_many_levels(name: str, count: int) -> DataError:
    """The refusal of a text with more levels than a covariate may have."""
    return DataError(
        f"{name}: {count:,} different texts; a covariate may have {MOST_LEVELS} levels. Is it an "
        "identifier? Merge levels, or leave it out."
    )


def _two_valued(values: Floats) -> bool:
    if not len(values):
        return False
    low, high = values.min(), values.max()
    return bool(low < high and np.all((values == low) | (values == high)))


def check_any_column(columns: Columns, owner: str = "match") -> None:
    """Refuse covariates none of which varies."""
    if not columns.values.size or np.all(np.ptp(columns.values, axis=0) == 0):
        raise nothing_varies(owner, columns.names)


def nothing_varies(owner: str, names: Sequence[str]) -> DesignError:
    """The refusal of covariates that are the same for everybody."""
    return DesignError(
        f"{owner}: no covariate varies ({first_few(names)}); there is nothing to go by. Name "
        "covariates that differ between people."
    )
