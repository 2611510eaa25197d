"""Are these columns of a data frame, and can they be used at all? Whatever was passed is told.

names, frame ── names_of, check_columns ──▶ names that the frame has, of values that can be used
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.errors import DataError, DesignError

NESTED = ("struct", "list", "map", "large_list", "fixed_size_list")
_CONTAINERS = (list, dict, set, np.ndarray, pd.Series, pd.DataFrame)


def names_of(owner: str, role: str, names: Any, *, may_be_empty: bool = False) -> tuple[str, ...]:
    """The names of columns in any list of them: also in an array, a Series, an Index. Raises
    DesignError for a single text, for what has no order or is no list, and for repeated names."""
    if isinstance(names, str):
        raise DesignError(
            f"{owner}: {role} must be a list of column names, got the text {names!r}."
        )
    flat = np.ndim(names) == 1 if isinstance(names, np.ndarray) else isinstance(names, Iterable)
    if not flat or isinstance(names, set | frozenset | Mapping | pd.DataFrame):
        raise DesignError(
            f"{owner}: {role} must be a list of column names, got {type(names).__name__}."
        )
    listed = names.tolist() if isinstance(names, np.ndarray | pd.Series | pd.Index) else list(names)
    if not listed and not may_be_empty:
        raise DesignError(f"{owner}: {role} is empty; name at least one column to match on.")
    unusable = [name for name in listed if not isinstance(name, Hashable)]
    if unusable:
        raise DesignError(
            f"{owner}: {role} must name columns, got {type(unusable[0]).__name__} among them."
        )
    repeated = [name for name in dict.fromkeys(listed) if listed.count(name) > 1]
    if repeated:
        raise DesignError(f"{owner}: {role} names {first_few(repeated)} more than once.")
    return tuple(listed)


def check_columns(frame: pd.DataFrame, names: Sequence[str], owner: str = "match") -> None:
    """Refuse what is no data frame, a column that it does not have (suggesting the nearest) or has
    twice, and one whose cells hold lists or the like."""
    if not isinstance(frame, pd.DataFrame):
        stays = " People who stay in an engine go to match_in_engine."
        hint = stays if hasattr(frame, "get_backend") or hasattr(frame, "pulls") else ""
        raise DataError(
            f"{owner}: the data must be a pandas DataFrame, one row a unit; got "
            f"{type(frame).__name__}.{hint}"
        )
    known = [str(column) for column in frame.columns]
    for name in names:
        if not isinstance(name, Hashable):
            raise DataError(
                f"{owner}: a column is named by its label, got {type(name).__name__}. Put the "
                "values into a column of the data first."
            )
        if name not in frame.columns:
            raise DataError(
                f"{owner}: the data have no column {name!r}.{did_you_mean(str(name), known)} "
                f"Columns: {first_few(known, 12)}."
            )
        if known.count(str(name)) > 1 or isinstance(frame[name], pd.DataFrame):
            raise DataError(f"{owner}: the data have {known.count(str(name))} columns {name!r}.")
        refuse_containers(frame[name], owner)


def refuse_containers(column: pd.Series, owner: str) -> None:
    """Refuse cells that hold lists, mappings or arrays: they are no values to compare."""
    if isinstance(column.dtype, pd.ArrowDtype) and str(column.dtype).startswith(NESTED):
        raise DataError(
            f"{owner}: column {column.name!r} holds {column.dtype} cells. Make a column of each "
            "part."
        )
    if column.dtype == object:
        held = next((cell for cell in column if isinstance(cell, _CONTAINERS)), None)
        if held is not None:
            raise DataError(
                f"{owner}: column {column.name!r} holds {type(held).__name__} cells, e.g. "
                f"{str(held)[:40]}. Make a column of each part."
            )


def comparable_type(column: pd.Series) -> pd.Series:
    """The column in a type that can be grouped and looked up: half-precision numbers cannot, nor
    longer ones than doubles or Arrow's dictionaries."""
    if isinstance(column.dtype, pd.ArrowDtype) and "dictionary" in str(column.dtype):
        return column.astype(object)
    if column.dtype == np.longdouble:
        return column.astype("float64")
    return column.astype("float32") if column.dtype == np.float16 else column
