"""Any condition on any column of rows: counted as one would by hand, or refused by name."""

import datetime as dt
import operator
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pbc_eval.agreement.counted_rows import CountedRows
from pbc_eval.errors import PbcError
from pbc_eval.kpi.row_counts import count_rows
from pbc_eval.panel.source import open_source

MONTHS = ("2025-04", "2025-05", "2025-06")
DAY = dt.date(2025, 5, 10)
COLUMNS = {
    "whole": st.integers(-3, 3),
    "flags": st.integers(0, 1),
    "number": st.sampled_from([-1.5, 0.0, 0.1, 2.0, 3.5]),
    "money": st.sampled_from([Decimal("0.10"), Decimal("2.00"), Decimal("3.50")]),
    "yes": st.booleans(),
    "day": st.sampled_from([DAY, DAY + dt.timedelta(days=1), dt.date(2025, 4, 30)]),
    "time": st.sampled_from(
        [dt.datetime(2025, 5, 10), dt.datetime(2025, 5, 10, 15, 30), dt.datetime(2025, 5, 11, 9)]
    ),
    "text": st.sampled_from(["yes", "Yes", "no", "3", "true", "2025-05-10", " yes", ""]),
}
CELLS = st.sampled_from(
    [True, False, 0, 1, 3, -1, 0.1, 2.0, float("nan"), DAY, "yes", "Yes", "no", "3", "x", ""]
)
LIMITS = st.sampled_from([0, 1, 2.0, -1, 0.1, DAY, dt.date(2025, 5, 11)])
BOUNDS = st.dictionaries(
    st.sampled_from(["at_least", "at_most", "above", "below"]), LIMITS, min_size=1, max_size=2
)
CONDITIONS = st.one_of(CELLS, st.lists(CELLS, min_size=1, max_size=3), BOUNDS)
SIGNS = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}


def meets(value, condition) -> bool:
    """Row by row, the slow way: a day is the whole of it."""
    if isinstance(condition, dict):
        return all(SIGNS[name](alike(value, limit), limit) for name, limit in condition.items())
    listed = condition if isinstance(condition, list) else [condition]
    return any(alike(value, asked) == asked for asked in listed)


def alike(value, asked):
    if isinstance(value, dt.datetime) and isinstance(asked, dt.date):
        return value.date()
    if isinstance(value, Decimal) and isinstance(asked, float):
        return float(value)
    if isinstance(value, bool) and isinstance(asked, str):  # which text files make of Yes and no
        return asked if asked.lower() == {True: "yes", False: "no"}[value] else None
    return value


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from([*COLUMNS]), CONDITIONS)
def test_a_condition_counts_the_rows_that_meet_it_or_is_refused_by_name(data, name, condition):
    values = data.draw(st.lists(COLUMNS[name], min_size=1, max_size=6))
    frame = pd.DataFrame({"on": [DAY] * len(values), name: pd.Series(values)})
    try:
        rows = CountedRows.model_validate(
            {"file": "rows.parquet", "counts": {"met": {"where": {name: condition}}}}
        )
    except ValidationError:
        return
    try:
        counted = count_rows(
            open_source(frame), rows, period="on", every="month", expected=MONTHS
        ).frame
    except PbcError as problem:
        words = str(problem)
    else:
        words = ""
    if words:
        assert repr(name) in words
        return
    assert counted["met"].loc["2025-05"] == sum(meets(value, condition) for value in values)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"at_most": DAY}, 2),
        ({"above": DAY}, 1),
        ({"below": DAY}, 0),
        (DAY, 2),
    ],
)
def test_a_day_is_all_of_it_where_a_column_holds_times(condition, expected):
    """Before: what was done at 15:30 was after the last day on which it counted, unsaid."""
    times = [dt.datetime(2025, 5, 10), dt.datetime(2025, 5, 10, 15, 30), dt.datetime(2025, 5, 11)]
    frame = pd.DataFrame({"on": [DAY] * 3, "done": times})
    rows = CountedRows.model_validate(
        {"file": "rows.parquet", "counts": {"met": {"where": {"done": condition}}}}
    )
    counted = count_rows(open_source(frame), rows, period="on", every="month", expected=MONTHS)
    assert counted.frame["met"].loc["2025-05"] == expected


def test_an_infinite_number_is_not_taken_for_one_that_was_not_recorded():
    frame = pd.DataFrame({"on": [DAY] * 3, "hours": [1.5, float("inf"), 2.0]})
    for missing in ("refuse", "not_counted"):
        whole = {"file": "r.parquet", "missing": missing, "counts": {"h": {"sum": "hours"}}}
        with pytest.raises(PbcError, match=r"'hours' is infinite in some rows"):
            count_rows(
                open_source(frame),
                CountedRows.model_validate(whole),
                period="on",
                every="month",
                expected=MONTHS,
            )


def test_true_of_numbers_beyond_one_and_nought_is_asked_and_the_numbers_themselves_serve():
    frame = pd.DataFrame({"on": [DAY] * 4, "closed": [0, 1, 2, 2]})
    whole = {"file": "rows.parquet", "counts": {"met": {"where": {"closed": True}}}}
    rows = CountedRows.model_validate(whole)
    with pytest.raises(PbcError, match=r"'closed' is to be true or false.*holds 2\. Write the"):
        count_rows(open_source(frame), rows, period="on", every="month", expected=MONTHS)
    whole["counts"]["met"]["where"]["closed"] = [1, 2]
    rows = CountedRows.model_validate(whole)
    counted = count_rows(open_source(frame), rows, period="on", every="month", expected=MONTHS)
    assert counted.frame["met"].loc["2025-05"] == 3
