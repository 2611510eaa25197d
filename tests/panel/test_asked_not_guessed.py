"""What could mean two things is asked about, in times, codes and names; each remedy is tried."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.did.group_time import att_gt
from pbc_eval.errors import DataError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # seconds, together

KEYS = {"unit": "id", "time": "t", "outcome": "y", "cohort": "g"}
MONTHS = ["2020-01", "2020-02", "2020-03", "2020-04"]


def people(times, start, never=None, first=2) -> pd.DataFrame:
    """Ten units treated at ``start``, the ``first``-th time, with the effect 5, and ten that never
    are."""
    rng = np.random.default_rng(1)
    rows = [
        (f"u{i}", t, start if i < 10 else never, rng.normal(0, 0.01) + 5 * (i < 10 and j >= first))
        for i in range(20)
        for j, t in enumerate(times)
    ]
    return pd.DataFrame(rows, columns=["id", "t", "g", "y"])


def effect(frame, **rules) -> float:
    return att_gt(Panel.from_data(frame, **KEYS, **rules)).aggregate("simple").overall.estimate


@given(turn=st.integers(1, 30), before=st.integers(1, 3), after=st.integers(1, 3))
@settings(max_examples=3, deadline=None)
def test_years_of_two_digits_are_not_taken_as_numbers(turn, before, after):
    """97, 98, 99, 0, 1 in the order of numbers put the new century before the old one."""
    years = [1999 - before + k for k in range(before + after + 1)]
    frame = people(years, 2000, never=np.nan, first=before + 1)
    short = frame.assign(t=frame.t % 100, g=frame.g % 100)
    if len(years) < 3 or after == 0:
        return
    with pytest.raises(DataError, match="a year of two digits") as refused:
        effect(short)
    remedy = str(refused.value).split(": ")[-1].removesuffix(". Convert the column to dates first.")
    mended = short.assign(t=eval(remedy, {"column": short.t}), g=eval(remedy, {"column": short.g}))
    assert effect(mended) == pytest.approx(5, abs=0.05)


@pytest.mark.parametrize("year", [2017, 2018, 2019, 2021, 2022])
@pytest.mark.parametrize("written", ["{}-W53", "{}53"])
def test_a_week_that_a_year_lacks_is_named(year, written):
    times = [f"{year}-W51", f"{year}-W52"] if "W" in written else [year * 100 + 51, year * 100 + 52]
    last = written.format(year) if "W" in written else int(written.format(year))
    with pytest.raises(DataError, match=f"{year} has no week 53"):
        effect(people([*times, last], last))
    assert effect(
        people([*times, type(last)(str(last).replace("53", "52"))][:2], times[1], first=1)
    )


@pytest.mark.parametrize("end", ["JAN", "MAR", "JUN", "SEP"])
@pytest.mark.parametrize("freq", ["Q", "Y"])
@pytest.mark.parametrize("kind", [None, object])
def test_periods_of_other_years_are_not_read_as_the_calendars(end, freq, kind):
    periods = pd.period_range("2015", periods=4, freq=f"{freq}-{end}")
    frame = people(periods, periods[2], never=pd.NaT)
    with pytest.raises(DataError, match=r"column\.dt\.start_time"):
        effect(frame.astype({"t": kind}) if kind else frame)
    mended = people(periods.start_time, periods[2].start_time, never=pd.NaT)
    assert effect(mended) == pytest.approx(5, abs=0.05)


@pytest.mark.parametrize(
    "code",
    ["190001", "1900-01", "999912", "9999-12", "9999Q4", "2999-01", "0000-00-00", "00/00/0000"],
)
def test_a_code_for_never_in_the_form_of_the_calendar_is_asked_for(code):
    frame = people(MONTHS, "2020-03", never=code)
    others = people(MONTHS, "2020-03").assign(id=lambda f: "other " + f.id)
    both = pd.concat([frame, others[others.g.isna()]])
    with pytest.raises(DataError, match="If that means never treated"):
        Panel.from_data(both, **KEYS)
    assert effect(frame, never_treated_codes=[code]) == pytest.approx(5, abs=0.05)


def test_minus_one_among_the_periods_is_asked_for_where_nothing_else_says_never():
    frame = people([-2, -1, 0, 1], 0, never=-1)
    with pytest.raises(DataError, match=r"0 is among the periods .*; -1 is among the periods"):
        effect(frame)
    assert effect(frame, never_treated_codes=[-1]) == pytest.approx(5, abs=0.05)
    late = people([-2, -1, 0, 1], 1, never=-1, first=3)
    with pytest.raises(DataError, match="-1 is among the periods -2 to 1, and a usual code"):
        effect(late)
    empty = people([-2, -1, 0, 1], 1, first=3).assign(id=lambda f: "other " + f.id)
    assert Panel.from_data(pd.concat([late, empty]), **KEYS).cohorts == (0, -1, 1)


@pytest.mark.parametrize("text", ["T1 2024", "2024T1", "Term 1 2024"])
def test_terms_are_told_from_quarters(text):
    with pytest.raises(DataError, match="T can be a term"):
        effect(people(["T2 2023", text], text, first=1))


def test_dates_that_read_alike_both_ways_hide_no_order():
    dates = ["01/11/2023", "01/12/2023", "01/01/2024", "01/02/2024"]
    with pytest.raises(DataError, match="nothing in the column tells which"):
        effect(people(dates, dates[2]))


def test_workbooks_that_count_from_1904_are_named():
    days = pd.to_datetime(["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"])
    numbers = (days - pd.Timestamp("1904-01-01")).days.tolist()
    with pytest.raises(DataError, match="counts from 1904, for the day 2020-01-01"):
        effect(people(numbers, numbers[2], never=0))


@given(
    way=st.sampled_from([str.lower, lambda u: u + " ", lambda u: " " + u, lambda u: u.upper()]),
    periods=st.sets(st.integers(0, 3), min_size=1, max_size=3),
)
@settings(max_examples=4, deadline=None)
def test_a_unit_written_in_two_ways_is_no_two_units(way, periods):
    frame = people(MONTHS, "2020-03").assign(id=lambda f: "Unit " + f.id)
    mine = (frame.id == "Unit u3") & frame.t.isin([MONTHS[p] for p in periods])
    frame["id"] = frame.id.where(~mine, frame.id.map(way))
    if frame.id.nunique() == 20:
        return
    with pytest.raises(DataError, match="written in several ways") as refused:
        Panel.from_data(frame, **KEYS, missing="pairs")
    assert "Unit u3" in str(refused.value)


def test_identifiers_in_which_case_matters_are_seen_at_the_same_time():
    frame = people(MONTHS, "2020-03")
    twins = frame[frame.id == "u3"].assign(id="U3")
    assert Panel.from_data(pd.concat([frame, twins]), **KEYS).n_units == 21


def test_one_level_written_in_two_ways_is_no_two_levels():
    frame = people(MONTHS, "2020-03")
    frame["sex"] = np.where(frame.id.str[-1].astype(int) % 2, "Male", "Female")
    frame.loc[frame.id == "u5", "sex"] = "male "
    made = Panel.from_data(frame, **KEYS, covariates=["sex"])
    with pytest.raises(DataError, match="writes one label in several ways"):
        att_gt(made)
    mended = frame.assign(sex=frame.sex.str.strip().str.title())
    att_gt(Panel.from_data(mended, **KEYS, covariates=["sex"]))


@pytest.mark.parametrize("followed", [True, False])
@pytest.mark.parametrize("other", ["north", "North ", "NORTH"])
def test_a_cluster_written_in_two_ways_is_no_two_clusters(followed, other):
    frame = people(MONTHS, "2020-03")
    frame["area"] = np.where(frame.id.isin(["u1", "u2", "u3"]), "North", "Area " + frame.id)
    mended = Panel.from_data(frame, **KEYS, cluster="area")
    assert att_gt(mended).to_frame()["std_error"].notna().any()
    keys = KEYS if followed else {**KEYS, "unit": None}
    frame.loc[frame.id == "u2", "area"] = other
    with pytest.raises(DataError, match="'area' writes one label in several ways"):
        Panel.from_data(frame, **keys, cluster="area")


def test_units_that_are_their_own_clusters_may_differ_in_case():
    frame = people(MONTHS, "2020-03")
    twins = pd.concat([frame, frame[frame.id == "u3"].assign(id="U3")])
    assert Panel.from_data(twins, **KEYS, cluster="id").n_units == 21
