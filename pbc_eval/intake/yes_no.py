"""Answers as numbers: yes and true are 1, no and false are 0.

One rule for outcomes and treatments, of panels and of people, whatever file they came in: a text
file's yes and no are read as true and false, a sheet's stay words.
"""

from collections.abc import Iterable

import pandas as pd

YES_NO = {"yes": True, "true": True, "no": False, "false": False}


def answers(values: Iterable[object]) -> dict[object, int] | None:
    """What each distinct value stands for; None when any is no answer, or all are missing."""
    numbers: dict[object, int] = {}
    for value in values:
        if isinstance(value, bool):
            numbers[value] = int(value)
        elif isinstance(value, str) and value.strip().lower() in YES_NO:
            numbers[value] = int(YES_NO[value.strip().lower()])
        else:
            return None
    return numbers or None


def answers_as_numbers(column: pd.Series) -> pd.Series:
    """A column of answers, missing ones among them, as 1 and 0; any other column as it is."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    known = answers(column.dropna().unique().tolist())
    return column if known is None else column.map(known).astype(float)
