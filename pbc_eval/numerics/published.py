"""A record as it is published: every number in it to ten significant digits.

    record ── published ──▶ the same record, numbers by numerics.significant

Records are frozen data classes, tuples and mappings, tables, arrays and sentences, within one
another. What was agreed (the file, its terms, money as decimal numbers) stays to the last digit.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

from pbc_eval.messages.sentence import Part, Sentence
from pbc_eval.numerics.significant import all_significant, significant

T = TypeVar("T")


def published(record: T) -> T:
    """``record`` with its numbers as they are published; the caller's is left as it is. What holds
    no such number comes back itself."""
    return cast(T, _published(record))


def _published(value: Any) -> Any:
    for kind, rule in _RULES:
        if isinstance(value, kind):
            return rule(value)
    return _record(value) if is_dataclass(value) and not isinstance(value, type) else value


def _record(record: Any) -> Any:
    changed = {}
    for field in fields(record):
        before = getattr(record, field.name)
        after = _published(before)
        if field.init and after is not before:
            changed[field.name] = after
    return replace(record, **changed) if changed else record


def _sequence(values: Any) -> Any:
    after = [_published(value) for value in values]
    if all(new is old for new, old in zip(after, values, strict=True)):
        return values
    if hasattr(values, "_fields"):  # a named tuple
        return type(values)(*after)
    return type(values)(after)


def _mapping(values: Any) -> Any:
    after = {name: _published(value) for name, value in values.items()}
    if all(after[name] is value for name, value in values.items()):
        return values
    return MappingProxyType(after) if isinstance(values, MappingProxyType) else after


def _frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Column by column, by position: names may repeat."""
    columns = [_column(frame.iloc[:, at]) for at in range(frame.shape[1])]
    if all(new is None for new in columns):
        return frame
    after = frame.copy()
    for at, new in enumerate(columns):
        if new is not None:
            after.isetitem(at, cast(Any, new))
    return after


def _column(column: pd.Series) -> pd.Series | None:
    """The column as it is published, None where it stays."""
    if column.dtype.kind == "f" and isinstance(column.dtype, np.dtype):
        return pd.Series(all_significant(column.to_numpy()), column.index)
    if column.dtype == object:
        cells = column.tolist()
        after = [_published(cell) for cell in cells]
        if any(new is not old for new, old in zip(after, cells, strict=True)):
            return pd.Series(after, column.index, dtype=object)
    return None


def _sentence(sentence: Sentence) -> Sentence:
    def each(part: Part) -> Part:
        return part if isinstance(part, Sentence) else cast(Part, _published(part))

    return sentence.changed(each) if sentence.values else sentence


def _array(values: Any) -> Any:
    return all_significant(values) if values.dtype.kind == "f" else values


_RULES: tuple[tuple[Any, Callable[[Any], Any]], ...] = (  # the first that fits
    ((float, np.floating), lambda value: significant(float(value))),
    (Sentence, _sentence),
    ((str, int, bytes, type(None)), lambda value: value),
    (np.ndarray, _array),
    (pd.DataFrame, _frame),
    ((tuple, list), _sequence),
    (Mapping, _mapping),
)
