"""KPIs counted from rows: one query groups them by period, in a file or in an engine.

Source, counts ── period of each row ── conditions ── sums by period ▶ table with a row a period

Rows of other periods and rows that lack a value are counted, and told.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_

import numpy as np
import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.agreement.counted_rows import Cell, Condition, CountedRows, RowCount, Within
from pbc_eval.agreement.performance import Every
from pbc_eval.errors import DataError
from pbc_eval.intake.yes_no import YES_NO
from pbc_eval.kpi.periods import period_of
from pbc_eval.kpi.written_unlike import written_unlike
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import ROWS, Name, Units
from pbc_eval.panel.frame_columns import check_columns
from pbc_eval.panel.pulls import digest_of_sums
from pbc_eval.panel.source import Source, Table, Value, collect, distinct_texts, with_values

MOST_PERIODS = 5_000  # ways to write one, in a column that holds no dates
MOST_NAMED = 200  # values of a column that are looked through for the one that is meant
BOUNDS = {"at_least": "__ge__", "at_most": "__le__", "above": "__gt__", "below": "__lt__"}


@dataclass(frozen=True, slots=True, eq=False)
class CountedTable:
    """Each count by period, (expected periods, counts) with NaN where a period has no row; how many
    rows, or different values, are behind it; and what a page must tell of rows that are in none."""

    frame: pd.DataFrame
    sizes: pd.DataFrame
    notes: tuple[Sentence, ...]


def count_rows(
    source: Source, rows: CountedRows, *, period: str, every: Every, expected: tuple[str, ...]
) -> CountedTable:
    """Count the rows of ``source`` in each of the ``expected`` periods; ``period`` is the column of
    their date, or of the period as text.

    Raises DataError for columns that are not there or hold another kind than is asked for, for rows
    that lack a value where ``rows.missing`` refuses, and where no row is of a period.
    """
    asked = list(dict.fromkeys(name for count in rows.counts.values() for name in count.columns))
    check_columns(source.name, source.columns, [period, *asked])
    numbers = {text: at for at, text in enumerate(expected)}
    at, table = _period_number(source, period, every, numbers)
    source = replace(source, table=table.mutate(pbc_at=at))
    sums: dict[str, Value] = {"pbc_rows": source.table.count()}
    for k, name in enumerate(asked):
        sums[f"pbc_m{k}"] = _is_missing(source, name).ifelse(1, 0).sum()
    for k, (name, count) in enumerate(rows.counts.items()):
        sums |= _sums_of(source, name, count, k)
    by_period = source.table.group_by("pbc_at")
    frame = collect(by_period.aggregate(**{k: v.cast("float64") for k, v in sums.items()}))
    frame = frame.sort_values("pbc_at", ignore_index=True)
    inside = frame[frame["pbc_at"] >= 0].set_index("pbc_at").rename_axis(None)
    undated = float(frame.loc[frame["pbc_at"].isna(), "pbc_rows"].sum())
    outside = float(frame.loc[frame["pbc_at"] < 0, "pbc_rows"].sum())
    if inside.empty:
        raise DataError(
            f"{source.name}: none of its {int(frame['pbc_rows'].sum()):,} rows is of a period "
            f"from {expected[0]} to {expected[-1]}. Correct performance.first and last, or name "
            f"the column of the date under performance.period (it is {period!r})."
        )
    lacking = {name: float(inside[f"pbc_m{k}"].sum()) for k, name in enumerate(asked)}
    _refuse_missing(source.name, rows, {period: undated, **lacking})
    counts = pd.DataFrame(
        {
            name: _count_by_period(inside, count, k)
            for k, (name, count) in enumerate(rows.counts.items())
        }
    ).reindex(range(len(expected)))
    sizes = pd.DataFrame(
        {
            name: inside[f"pbc_{'n' if count.different is None else 's'}{k}"]
            for k, (name, count) in enumerate(rows.counts.items())
        }
    )
    if source.pulls is not None:
        scales = counts.abs().max().fillna(1.0).clip(lower=1e-300)
        flat = [(float(v), float(scales[str(name)])) for name in counts for v in counts[name]]
        source.pulls.seen(source.name, "counts by period", digest_of_sums(flat))
    return CountedTable(
        counts.set_axis(list(expected)),
        sizes.reindex(range(len(expected))).set_axis(list(expected)),
        (*_told(source.name, outside, undated, lacking), *written_unlike(source, rows)),
    )


def _period_number(
    source: Source, period: str, every: Every, numbers: Mapping[str, int]
) -> tuple[Value, Table]:
    """The place of each row's period among the expected ones: -1 for another, missing for none."""
    column = source.column(period)
    kind, table = column.type(), source.table
    if kind.is_timestamp() and kind.timezone is not None:
        raise DataError(
            f"{source.name}: {period!r} holds instants in time, not the dates of a place (their "
            f"zone is {kind.timezone}). Store the local date, in SQL: ({period} AT TIME ZONE "
            "'Europe/London')::date."
        )
    if kind.is_date() or kind.is_timestamp():
        year = column.year().cast("int64")
        first = next(iter(numbers))
        if every == "year":
            at = year - int(first)
        elif every == "month":
            start = int(first[:4]) * 12 + int(first[5:]) - 1
            at = year * 12 + column.month().cast("int64") - 1 - start
        else:
            start = int(first[:4]) * 4 + int(first[6:]) - 1
            at = year * 4 + column.quarter().cast("int64") - 1 - start
        known = (at >= 0) & (at < len(numbers))
        return column.isnull().ifelse(None, known.ifelse(at, -1)), table
    if not (kind.is_string() or kind.is_integer()):
        raise DataError(
            f"{source.name}: {period!r} must hold dates, or periods as text, but it holds {kind}."
        )
    texts = table.mutate(pbc_period=column.cast("string"))
    ways = int(collect(texts.aggregate(n=texts.pbc_period.nunique()))["n"].iloc[0])
    if ways > MOST_PERIODS:
        raise DataError(
            f"{source.name}: {period!r} is text with {ways:,} different values, which are no "
            "periods. Store it as dates, or name the column of the date under performance.period."
        )
    places = {
        text: float(numbers.get(period_of(text, every, source.name), -1))
        for text in distinct_texts(texts, "pbc_period")
    }
    placed = with_values(texts, "pbc_period", places)
    return placed.pbc_period.cast("float64").round().cast("int64"), placed


def _sums_of(source: Source, name: str, count: RowCount, k: int) -> dict[str, Value]:
    """What the engine adds up for one count: pbc_n, the rows, and pbc_s, what is summed."""
    owner = f"rows.counts.{name}"
    met = [_holds(source, column, asked, owner) for column, asked in count.where.items()]
    if count.column is not None:
        met.append(~_is_missing(source, count.column))
    if not met:
        return {f"pbc_n{k}": source.table.count()}
    counted = reduce(and_, met)
    sums: dict[str, Value] = {f"pbc_n{k}": counted.fill_null(False).ifelse(1, 0).sum()}
    if count.different is not None:
        value = source.column(count.different)
        sums[f"pbc_s{k}"] = counted.ifelse(value, None).nunique()
    elif count.column is not None:
        value = source.column(count.column)
        if not value.type().is_numeric():
            raise DataError(
                f"{source.name}: {owner}: {count.column!r} holds {_kind_words(value)}, which "
                "cannot be added up. Name a column of numbers."
            )
        endless = source.table.filter(value.isinf()) if value.type().is_floating() else None
        if endless is not None and len(collect(endless.limit(1))):
            raise DataError(
                f"{source.name}: {owner}: {count.column!r} is infinite in some rows, which cannot "
                "be added up. Correct them, or leave the cell empty where nothing was recorded."
            )
        sums[f"pbc_s{k}"] = counted.ifelse(value.cast("float64"), None).sum()
    return sums


def _count_by_period(inside: pd.DataFrame, count: RowCount, k: int) -> pd.Series:
    """A sum or mean of no rows is not reported; none of the rows counted is nought."""
    n = inside[f"pbc_n{k}"]
    if count.different is not None:
        return inside[f"pbc_s{k}"].fillna(0.0)
    if count.sum is not None:
        return inside[f"pbc_s{k}"].fillna(0.0)
    if count.mean is not None:
        return inside[f"pbc_s{k}"] / n.where(n > 0, np.nan)
    return n


def _is_missing(source: Source, name: str) -> Value:
    column = source.column(name)
    if column.type().is_floating():
        return column.isnull() | column.isnan()
    return column.isnull()


def _holds(source: Source, name: str, asked: Condition, owner: str) -> Value:
    """Does a row meet the condition? Missing where its value is."""
    column = source.column(name)
    if isinstance(asked, Within):
        limits = asked.stated
        for limit in limits.values():
            _refuse_another_kind(source, name, limit, owner)
        column = _by_day(column, limits.values())
        if column.type().is_decimal():
            column = column.cast("float64")
        return reduce(and_, [getattr(column, BOUNDS[k])(v) for k, v in limits.items()])
    values: tuple[Cell, ...] = asked if isinstance(asked, tuple) else (asked,)
    if column.type().is_boolean():  # which text files make of yes and no
        values = tuple(YES_NO.get(str(value).strip().lower(), value) for value in values)
    for value in values:
        _refuse_another_kind(source, name, value, owner)
    if column.type().is_string():
        _refuse_another_spelling(source, name, [str(value) for value in values], owner)
    if column.type().is_numeric() and any(isinstance(value, bool) for value in values):
        _refuse_more_than_two(source, name, owner)
        values = tuple(int(v) if isinstance(v, bool) else v for v in values)  # 1 and 0
    column = _by_day(column, values)
    return reduce(or_, [column == value for value in values])


def _by_day(column: Value, asked: Iterable[Cell]) -> Value:
    """A column of times, by their day where a day is asked for: all of that day is meant, whatever
    the hour."""
    days = any(isinstance(value, dt.date) for value in asked)
    return column.date() if days and column.type().is_timestamp() else column


def _refuse_more_than_two(source: Source, name: str, owner: str) -> None:
    """Refuse true and false of a column of numbers that holds others than 1 and 0."""
    column = source.column(name)
    others = source.table.filter(column.notnull() & ~column.isin([0, 1]))
    few = collect(others.select(pbc_value=column.cast("string")).distinct().limit(4))
    if len(few):
        listed = first_few(sorted(few["pbc_value"]), 3)
        raise DataError(
            f"{source.name}: {owner}: {name!r} is to be true or false, and beside 1 and 0 it holds "
            f"{listed}. Write the condition with the numbers that count."
        )


def _refuse_another_kind(source: Source, name: str, value: Cell, owner: str) -> None:
    """Refuse a condition on a column that holds another kind of thing: nothing would meet it."""
    column = source.column(name)
    kind = column.type()
    if isinstance(value, bool):
        fits = kind.is_boolean() or kind.is_integer()
    elif isinstance(value, int | float):
        fits = kind.is_numeric()
    elif isinstance(value, dt.date):
        fits = kind.is_date() or kind.is_timestamp()
    else:
        fits = kind.is_string()
    if fits:
        return
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    raise DataError(
        f"{source.name}: {owner}: {name!r} is to be {shown}, but the column holds "
        f"{_kind_words(column)}{_some_values(source, name)}. Write the condition as the column has "
        "it."
    )


def _refuse_another_spelling(source: Source, name: str, values: list[str], owner: str) -> None:
    """Refuse a text that no row has where rows have one that differs by case or spaces only, and
    rows that write one value in two ways."""
    texts = source.table.select(pbc_text=source.column(name))
    wanted = {value.strip().lower() for value in values}
    alike = texts.filter(texts.pbc_text.strip().lower().isin(sorted(wanted)))
    written = [text for text in distinct_texts(alike, "pbc_text") if text not in values]
    if written:
        raise DataError(
            f"{source.name}: {owner}: {name!r} is to be {first_few(map(repr, values))}, and rows "
            f"hold {first_few(map(repr, written))}, which differs by case or spaces only. List "
            "each way that counts, or write it in one way in the rows."
        )


def _some_values(source: Source, name: str) -> str:
    column = source.column(name)
    if not (column.type().is_string() or column.type().is_boolean()):
        return ""
    few = source.table.select(pbc_text=column.cast("string")).distinct().limit(MOST_NAMED)
    texts = sorted(collect(few)["pbc_text"].dropna())
    return f" ({first_few(map(repr, texts), 4)})" if texts else ""


def _kind_words(column: Value) -> str:
    kind = column.type()
    if kind.is_boolean():
        return "true and false"
    if kind.is_string():
        return "text"
    if kind.is_numeric():
        return "numbers"
    return "dates" if kind.is_date() or kind.is_timestamp() else str(kind)


def _refuse_missing(name: str, rows: CountedRows, lacking: Mapping[str, float]) -> None:
    short = {column: int(n) for column, n in lacking.items() if n}
    if not short or rows.missing == "not_counted":
        return
    listed = ", ".join(f"{column!r} in {n:,}" for column, n in short.items())
    raise DataError(
        f"{name}: rows lack a value that is asked for: {listed}. Fill them in, or state "
        "performance.rows.missing: not_counted, and the page says how many were not."
    )


def _told(
    name: str, outside: float, undated: float, lacking: Mapping[str, float]
) -> tuple[Sentence, ...]:
    """Not how many rows were counted: with the counts by period it would tell one held back."""
    table = Name(name)
    told_of = [Sentence("{table}: measures are counted from its rows.", table=table)]
    if outside:
        told_of.append(
            Sentence(
                "{table}: {rows} of other periods are in no measure.",
                table=table,
                rows=Units(int(outside), ROWS),
            )
        )
    if undated:
        told_of.append(
            Sentence(
                "{table}: {rows} without a period are in no measure.",
                table=table,
                rows=Units(int(undated), ROWS),
            )
        )
    told_of += [
        Sentence(
            "{table}: {rows} without {column} are in no count that asks for it.",
            table=table,
            rows=Units(int(n), ROWS),
            column=Name(column),
        )
        for column, n in lacking.items()
        if n
    ]
    return tuple(told_of)
