"""Columns of a pandas frame as one Arrow type each, whatever pandas holds them in."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.errors import DataError

NOT_TYPED = (
    pa.ArrowTypeError,
    pa.ArrowInvalid,
    pa.ArrowNotImplementedError,
    OverflowError,  # whole numbers beyond 64 bits
)


def refuse_spans(name: str, schema: Mapping[str, Any]) -> None:
    """Raises DataError for columns of spans of time, which are of no one length."""
    if spans := [column for column, kind in schema.items() if kind.is_interval()]:
        raise DataError(f"{name}: column {spans[0]!r} holds spans of time. Write them as numbers.")


def arrow_column(column: pd.Series) -> tuple[pa.Array, bool]:
    """The column for an engine, NaN as missing, and whether its times carried a time zone.

    Times with a zone keep the date and hour of their place. What mixes numbers with words becomes
    text, to be named later by the check that meets it, rather than fail here without saying where;
    so do intervals and whole numbers beyond 64 bits.
    """
    if column.ndim != 1:
        raise DataError("data frame: two columns have one name; rename all but one.")
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if isinstance(column.dtype, pd.SparseDtype):
        column = pd.Series(column.to_numpy(), name=column.name)
    if isinstance(column.dtype, pd.PeriodDtype):
        column = _periods(column)
    if isinstance(column.dtype, pd.IntervalDtype) or column.dtype.kind in "mc":
        return _words(column), False
    if column.dtype == np.float16:
        column = column.astype(np.float32)
    zoned = isinstance(column.dtype, pd.DatetimeTZDtype)
    if zoned:
        column = column.dt.tz_localize(None)
    elif column.dtype == object:
        _refuse_years_of_their_own(column)
        column, zoned = _local(column.map(_own_type))
    try:
        array = pa.array(column, from_pandas=True)
    except NOT_TYPED:
        return _words(column), zoned
    if pa.types.is_decimal256(array.type):  # more digits than an engine holds, or a double
        array = array.cast(pa.float64())
    known = not (pa.types.is_nested(array.type) or pa.types.is_duration(array.type))
    return (array if known else _words(column)), zoned


def _words(column: pd.Series) -> pa.Array:
    words = [None if missing else str(value) for value, missing in _with_missing(column)]
    return pa.array(words, type=pa.string())


def _with_missing(column: pd.Series) -> list[tuple[object, bool]]:
    """Values and whether they are missing; a list in a cell is a value."""
    return list(zip(column, column.isna().tolist(), strict=True))


def _periods(column: pd.Series) -> pd.Series:
    """Weeks by their first day, other periods as they are written: 2020, 2020-03, 2020Q2."""
    _refuse_years_of_their_own(column)
    if isinstance(column.dtype, pd.PeriodDtype) and str(column.dtype.freq.rule_code)[0] == "W":
        first: pd.Series = column.dt.start_time
        return first
    return column.astype(str).where(column.notna())


def _refuse_years_of_their_own(column: pd.Series) -> None:
    """Refuse quarters and years that do not end in December: what '2020Q1' of them is, a text or a
    date beside it cannot say."""
    for value in column:
        if not isinstance(value, pd.Period):
            if value is None or value is pd.NaT or value is pd.NA:
                continue
            return
        name, _, month = value.freqstr.partition("-")
        if name[-1:] in "QYA" and month not in ("", "DEC"):
            first, last = value.start_time.date(), value.end_time.date()
            raise DataError(
                f"column {column.name!r} holds quarters or years that end in {month.title()} "
                f"({value.freqstr}): {value} is {first} to {last}, which other columns cannot be "
                "placed among. Write their first day: column.dt.start_time, for the cohort too."
            )
        return


def _own_type(value: object) -> object:
    """A number or a time of NumPy's as Python's own; anything else as it is."""
    return pd.Timestamp(value) if isinstance(value, np.datetime64) else value


def _local(column: pd.Series) -> tuple[pd.Series, bool]:
    """Python's own times with a zone, as the date and hour of their place.

    Where some carry a zone and some do not, all stay as they are written, to be refused by name.
    """
    held = [value for value in column if isinstance(value, datetime.datetime)]
    aware = [value for value in held if value.tzinfo is not None]
    if not aware:
        return column, False
    if len(aware) < int(column.notna().sum()):
        return column.map(lambda value: value.isoformat() if value in held else value), False
    return column.map(lambda value: value.replace(tzinfo=None), na_action="ignore"), True


def told_apart(names: Sequence[str]) -> dict[str, str]:
    """Other names for columns that differ in case only, which DuckDB cannot tell apart."""
    folded = [name.casefold() for name in names]
    return {
        name: f"column {at}: {name}"
        for at, name in enumerate(names)
        if folded.count(name.casefold()) > 1
    }


def as_headed(columns: Sequence[str], header: Sequence[str]) -> dict[str, str]:
    """The header's names for ``columns`` that DuckDB renamed, since they differ in case only."""
    if len(header) != len(columns):
        return {}
    pairs = zip(header, columns, strict=True)
    return {name: column for name, column in pairs if name != column}


def check_columns(
    owner: str, present: Sequence[object], wanted: Sequence[str], index: Sequence[object] = ()
) -> None:
    """Refuse data in which a wanted column is missing or appears twice.

    Raises DataError naming the column, the nearest name there is, and the columns found.
    """
    for column in wanted:
        count = list(present).count(column)
        if count > 1:
            raise DataError(
                f"{owner}: column {column!r} appears {count} times; rename all but one."
            )
        if count == 0:
            hint = did_you_mean(column, map(str, present))
            if column in index:
                hint = " It is in the frame's index: pass data.reset_index()."
            raise DataError(
                f"{owner}: there is no column {column!r}.{hint} "
                f"Columns found: {first_few(present, 12)}."
            )
