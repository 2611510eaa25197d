"""Spans are not instants: a start inside a period is asked for; the base is wholly untreated."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.did.group_time import att_gt
from pbc_eval.did.imputation import imputation
from pbc_eval.did.two_way import two_way
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # seconds, together

ROLES = dict(unit="unit", time="time", outcome="y", cohort="cohort")
CHOICES = ("this_period", "next_period", "leave_period_out")


def panel_frame(times, start, share_of_first, n=40, effect=10.0) -> pd.DataFrame:
    """Half of the units start at ``start``; ``share_of_first``: by period, how much of the effect
    is there."""
    rng = np.random.default_rng(0)
    rows = []
    for unit in range(n):
        level = rng.normal()
        treated = unit < n // 2
        for at, time in enumerate(times):
            y = level + 0.1 * at + (effect * share_of_first[at] if treated else 0)
            rows.append((unit, time, start if treated else None, y))
    return pd.DataFrame(rows, columns=["unit", "time", "cohort", "y"])


KINDS = {  # times, a start inside the third, and the names of the third and of the second
    "months": (["2020-01", "2020-02", "2020-03", "2020-04", "2020-05"], "2020-03-17"),
    "months as dates": (list(pd.date_range("2020-01-01", periods=5, freq="MS")), "2020-03-17"),
    "month ends": (list(pd.date_range("2020-01-31", periods=5, freq="ME")), "2020-03-17"),
    "quarters": (["2019Q3", "2019Q4", "2020Q1", "2020Q2", "2020Q3"], "2020-02-11"),
    "quarters as dates": (list(pd.date_range("2019-07-01", periods=5, freq="QS")), "2020-02-01"),
    "years": ([2018, 2019, 2020, 2021, 2022], "2020-05-11"),
    "years as dates": (list(pd.date_range("2018-01-01", periods=5, freq="YS")), "2020-05-11"),
    "waves": ([2012, 2014, 2018, 2019, 2022], "2018-06-30"),
    "weeks": (["2020-W01", "2020-W02", "2020-W03", "2020-W04", "2020-W05"], "2020-01-15"),
    "weeks as dates": (list(pd.date_range("2020-01-06", periods=5, freq="7D")), "2020-01-22"),
    "half years": (["2019H1", "2019H2", "2020H1", "2020H2", "2021H1"], "2020-02"),
}
PARTLY = (0, 0, 0.5, 1, 1)


@pytest.mark.parametrize(("times", "start"), KINDS.values(), ids=KINDS)
class TestStartInsideAPeriod:
    def test_is_refused_with_the_count_and_the_three_choices(self, times, start):
        with pytest.raises(DataError, match=r"inside a period for 20 units") as refused:
            Panel.from_data(panel_frame(times, start, PARTLY), **ROLES)
        assert all(choice in str(refused.value) for choice in CHOICES)

    def test_this_period_is_treated_and_the_one_before_is_the_base(self, times, start):
        frame = panel_frame(times, start, PARTLY)
        panel = Panel.from_data(frame, start_inside_period="this_period", **ROLES)
        cells = att_gt(panel).to_frame()
        after = cells[cells.event_time >= 0]
        assert after.estimate.round(6).tolist() == [5, 10, 10]
        assert set(after.base) == {panel.periods.labels[1]}

    @pytest.mark.parametrize("choice", ["next_period", "leave_period_out"])
    def test_the_partly_treated_period_is_never_a_base(self, times, start, choice):
        frame = panel_frame(times, start, PARTLY)
        panel = Panel.from_data(frame, start_inside_period=choice, **ROLES)
        effects = att_gt(panel)
        cells = effects.to_frame()
        after = cells[cells.event_time >= 0]
        assert after.estimate.round(6).tolist() == [10, 10]
        assert set(after.base) == {panel.periods.labels[1]}
        leads = cells[effects.cells.plan.before]
        assert leads.estimate.abs().max() < 1e-9

    @pytest.mark.parametrize("choice", CHOICES)
    def test_what_was_stated_stands_in_the_ledger(self, times, start, choice):
        panel = Panel.from_data(
            panel_frame(times, start, PARTLY), start_inside_period=choice, **ROLES
        )
        step = panel.ledger.steps[-1]
        assert step.what == "start inside a period"
        assert "20 units" in str(step.why)
        assert f"start_inside_period: {choice}" in str(step.why)
        assert step.rows_dropped == (20 if choice == "leave_period_out" else 0)


def test_a_start_on_the_first_day_of_a_period_is_not_inside():
    for times, start in (
        (["2020-01", "2020-02", "2020-03"], "2020-02-01"),
        (["2019Q4", "2020Q1", "2020Q2"], "2020-01-01"),
        ([2019, 2020, 2021], "2020-01-01"),
        (list(pd.date_range("2020-01-31", periods=3, freq="ME")), "2020-02-01"),
        (["2020-W01", "2020-W02", "2020-W03"], "2020-01-06"),
    ):
        panel = Panel.from_data(panel_frame(times, start, (0, 1, 1)), **ROLES)
        assert panel.starts == (3, 1)


def test_estimators_that_take_every_earlier_period_as_untreated_refuse_next_period():
    times, start = KINDS["months"]
    frame = panel_frame(times, start, PARTLY)
    panel = Panel.from_data(frame, start_inside_period="next_period", **ROLES)
    for estimator in (imputation, two_way):
        with pytest.raises(DesignError, match=r"treatment starts inside the period before"):
            estimator(panel)
        for choice in ("this_period", "leave_period_out"):  # the remedies of the message
            estimator(Panel.from_data(frame, start_inside_period=choice, **ROLES))


def test_a_start_inside_the_last_or_the_first_period_leaves_with_a_line():
    times = KINDS["months"][0]
    late = panel_frame(times, "2020-05-20", (0, 0, 0, 0, 0.5))
    late.loc[late.unit >= 30, "cohort"] = "2020-03-01"
    panel = Panel.from_data(late, start_inside_period="next_period", **ROLES)
    assert panel.ledger.steps[-1].what == "start inside the last period"
    assert panel.ledger.steps[-1].units_dropped == 20
    kept = Panel.from_data(late, start_inside_period="leave_period_out", **ROLES)
    assert kept.cohort_units == (30, 10)
    early = panel_frame(times, "2020-01-20", (0.5, 1, 1, 1, 1))
    panel = Panel.from_data(early, start_inside_period="next_period", **ROLES)
    assert panel.ledger.steps[-1].units_dropped == 20
    assert "no period wholly before" in str(panel.ledger.steps[-1].why)


def test_partly_treated_units_compare_with_nobody_in_that_period():
    times = KINDS["months"][0]
    frame = panel_frame(times, "2020-03-17", PARTLY)
    frame.loc[frame.unit >= 20, "cohort"] = "2020-03-01"
    frame.loc[frame.unit >= 30, "cohort"] = None
    panel = Panel.from_data(frame, start_inside_period="next_period", **ROLES)
    cells = att_gt(panel, control_group="not_yet_treated").to_frame()
    first = cells[(cells.cohort == 202003) & (cells.time == 202003)]
    assert first.n_comparison.tolist() == [10]


def test_repeated_cross_sections_know_starts_inside_periods_too():
    times, start = KINDS["quarters"]
    frame = panel_frame(times, start, PARTLY)
    roles = {**ROLES, "unit": None}
    with pytest.raises(DataError, match=r"inside a period for 100 rows"):
        Panel.from_data(frame, **roles)
    panel = Panel.from_data(frame, start_inside_period="leave_period_out", **roles)
    assert panel.ledger.steps[-1].rows_dropped == 20
    cells = att_gt(panel).to_frame()
    assert cells[cells.event_time >= 0].estimate.round(6).tolist() == [10, 10]
    assert cells[cells.time == 202001].estimate.isna().all()


@settings(max_examples=15, deadline=None)
@given(
    day=st.integers(0, 500),
    step=st.sampled_from(["MS", "QS", "YS", "7D", "ME"]),
    anticipation=st.integers(0, 2),
    choice=st.sampled_from(CHOICES),
)
def test_no_base_is_touched_by_treatment(day, step, anticipation, choice):
    """The kind: whatever the spans and the date, the base ends before the start."""
    times = list(pd.date_range("2019-12-30", periods=8, freq=step))
    start = times[0] + pd.Timedelta(days=day * (times[-1] - times[0]).days // 500)
    frame = panel_frame(times, start, np.zeros(8), n=4)
    panel = Panel.from_data(frame, start_inside_period=choice, **ROLES)
    if len(panel.cohorts) < 2:
        return
    cells = att_gt(panel, anticipation=anticipation).to_frame()
    spans = panel.periods.spans
    begun = (start - pd.Timestamp(1970, 1, 1)).days
    for base in cells[(cells.event_time >= 0) & cells.base.notna()].base:
        at = panel.periods.labels.index(base)
        inside = choice == "this_period" and spans.inside(begun) is not None
        least = spans.begins[spans.inside(begun)] if inside else begun
        assert spans.ends[at] <= least
        assert at <= panel.starts[1] - 1 - anticipation


# --- anticipation is subtracted from the date ---


def test_anticipation_reaches_back_from_the_date_on_irregular_waves():
    waves = (2004, 2006, 2008, 2011, 2013)
    frame = panel_frame(waves, 2009, (0, 0, 1, 1, 1))
    cells = att_gt(Panel.from_data(frame, **ROLES), anticipation=1).to_frame().set_index("time")
    assert cells.loc[2011, "base"] == 2006  # 2009 - 1 = 2008 is not wholly untreated
    assert cells.loc[[2011, 2013], "estimate"].round(6).tolist() == [10, 10]
    frame = panel_frame(waves, 2010, (0, 0, 0, 1, 1))
    cells = att_gt(Panel.from_data(frame, **ROLES), anticipation=1).to_frame().set_index("time")
    assert cells.loc[2011, "base"] == 2008  # 2010 - 1 = 2009 lies after the wave of 2008


def test_units_treated_soon_after_the_last_period_are_no_comparison():
    frame = panel_frame((2001, 2002, 2003, 2004), 2003, (0, 0, 1, 1))
    frame.loc[frame.unit >= 30, "cohort"] = 2005
    panel = Panel.from_data(frame, **ROLES)
    att_gt(panel)
    with pytest.raises(DesignError, match=r"after the last period .* may react within it"):
        att_gt(panel, anticipation=1)


# --- codes for never ---

CODES = {
    "minus one": ([2001, 2002, 2003, 2004], -1),
    "1900": ([2001, 2002, 2003, 2004], 1900),
    "9999": ([2001, 2002, 2003, 2004], 9999),
    "999 in counted periods": ([1, 2, 3, 4], 999),
    "a word": ([2001, 2002, 2003, 2004], "never"),
    "a far date": (list(pd.date_range("2020-01-01", periods=4, freq="MS")), "9999-12-31"),
    "Excel's first day": (list(pd.date_range("2020-01-01", periods=4, freq="MS")), "1900-01-01"),
    "a number among dates": (["2020-01", "2020-02", "2020-03", "2020-04"], "-1"),
}


def coded(times, code) -> pd.DataFrame:
    frame = panel_frame(times, times[2], (0, 0, 1, 1))
    frame["cohort"] = frame["cohort"].astype(object).where(frame["cohort"].notna(), code)
    return frame


@pytest.mark.parametrize(("times", "code"), CODES.values(), ids=CODES)
def test_a_code_that_may_mean_never_is_asked_for_and_the_remedy_works(times, code):
    frame = coded(times, code)
    with pytest.raises(
        DataError, match=r"never_treated_codes=\[.*20 units|20 units.*never_treated"
    ):
        Panel.from_data(frame, **ROLES)
    panel = Panel.from_data(frame, never_treated_codes=[code], **ROLES)
    assert panel.cohort_units == (20, 20)


def test_starts_before_the_first_period_are_no_codes():
    frame = coded([2001, 2002, 2003, 2004], 1995)
    panel = Panel.from_data(frame, **ROLES)
    assert panel.ledger.steps[-1].what == "treated in the first period"
    with pytest.raises(DesignError, match=r"1995 in 'cohort' .*never_treated_codes=\[1995\]"):
        att_gt(panel)
    again = Panel.from_data(frame, never_treated_codes=[1995], **ROLES)
    assert att_gt(again).aggregate().estimate == pytest.approx(10)


def test_every_doubt_about_a_cohort_column_is_told_at_once():
    frame = coded(["2020-01", "2020-02", "2020-03", "2020-04"], "never")
    frame["cohort"] = frame["cohort"].replace("2020-03", "2020-03-15")
    with pytest.raises(DataError, match=r"'never' is not a period.*start_inside_period"):
        Panel.from_data(frame, **ROLES)
