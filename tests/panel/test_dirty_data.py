"""Panel.from_data on data as they come: what is refused, what is dropped, what is said of it."""

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES, random_frame

from pbc_eval.did.group_time import att_gt
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # seconds, together


def small(**changes) -> pd.DataFrame:
    """Four units over 2001-2003: a and b treated in 2002, c and d never."""
    frame = pd.DataFrame(
        {
            "unit": np.repeat(["a", "b", "c", "d"], 3),
            "time": [2001, 2002, 2003] * 4,
            "cohort": np.repeat([2002.0, 2002.0, np.nan, 0.0], 3),
            "y": [1.0, 3, 4, 2, 5, 5, 1, 1.5, 2.5, 2, 2, 3],
            "w": np.repeat([1.0, 2, 1, 1], 3),
            "k": np.repeat(["x", "x", "y", "z"], 3),
        }
    )
    return frame.assign(**changes)


def read(frame, **changes) -> Panel:
    return Panel.from_data(frame, **(ROLES | changes))


def replaced(column, row, value) -> pd.DataFrame:
    frame = small()
    if isinstance(value, str):
        frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return frame


def notes(panel) -> str:
    return " | ".join(panel.ledger.notes)


# --- what never treated means ---


@pytest.mark.parametrize("never", [0, np.nan, np.inf])
def test_missing_zero_and_infinite_cohorts_are_never_treated(never):
    panel = read(small(cohort=np.repeat([2002, 2002, never, never], 3)))
    assert panel.cohorts == (0, 2002)
    assert panel.cohort_units == (2, 2)


# --- missing rows ---


@pytest.mark.parametrize(
    "frame",
    [small().drop(index=[1, 9]), replaced("y", [1, 9], np.nan)],
    ids=["rows absent", "outcome missing"],
)
class TestUnbalanced:
    def test_refused_by_default_with_counts_and_options(self, frame):
        with pytest.raises(DataError) as refusal:
            read(frame)
        for part in (
            "2 of 4 units",
            "(a, d)",
            "2 of 12 unit-periods",
            "complete the data",
            "missing='complete_units'",
            "missing='pairs'",
        ):
            assert part in str(refusal.value)

    def test_complete_units_drops_units_and_names_them(self, frame):
        panel = read(frame, missing="complete_units")
        step = panel.ledger.steps[-1]
        assert (step.units_dropped, step.rows_dropped, step.units) == (2, 4, ("a", "d"))
        assert panel.ledger.rows == 6
        assert panel.balanced
        assert panel.cohort_units == (1, 1)
        assert "a, d" in str(panel.ledger)

    def test_pairs_keeps_every_unit(self, frame):
        panel = read(frame, missing="pairs")
        assert panel.n_units == 4
        assert panel.ledger.rows == 10
        assert panel.ledger.rows_per_period == ((2001, 3), (2002, 3), (2003, 4))
        cells = att_gt(panel).to_frame()
        assert cells["n_treated"].tolist() == [1, 2]
        assert cells["n_comparison"].tolist() == [1, 1]
        # 2002: b's change less c's; 2003: mean of a and b less c's, d lacking its base.
        assert cells["estimate"].tolist() == pytest.approx([3 - 0.5, 3 - 1.5])


def test_ledger_rows_add_up():
    frame = small().drop(index=[1])
    frame.loc[5, "y"] = np.nan
    ledger = read(frame, missing="complete_units").ledger
    table = ledger.to_frame()
    assert table["rows_in"].iloc[0] == 11
    assert (table["rows_left"].iloc[:-1].to_numpy() == table["rows_in"].iloc[1:].to_numpy()).all()
    assert table["rows_left"].iloc[-1] == ledger.rows == 6
    assert ledger.cohorts_frame()["units"].tolist() == [2, 0]
    assert ledger.periods_frame()["rows"].sum() == 6
    assert "no unit of cohort 2002 is left" in ledger.notes[-1]


def test_a_period_without_any_outcome_is_no_period():
    panel = read(replaced("y", [1, 4, 7, 10], np.nan))
    assert panel.periods.labels == (2001, 2003)
    assert "no outcome is observed in 2002" in notes(panel)


# --- contradictions ---

REFUSED = {
    "duplicate rows": (
        pd.concat([small(), small().iloc[[4]]]),
        {},
        r"1 unit-periods appear more than once: b in 2002 \(2 rows\)",
    ),
    "duplicate hidden by a missing outcome": (
        pd.concat([small(), small().iloc[[4]].assign(y=np.nan)]).drop(index=5),
        {"missing": "pairs"},
        r"b in 2002 \(2 rows\)",
    ),
    "cohort changes": (
        replaced("cohort", 4, 2003),
        {},
        r"cohort 'cohort' changes within 1 units \(b\)\. .*first treated period",
    ),
    "cohort switched off": (
        replaced("cohort", 5, 0),
        {},
        r"cohort 'cohort' changes within 1 units \(b\).*not switched off",
    ),
    "text in the outcome": (
        replaced("y", 7, "n.a."),
        {},
        r"'y' must hold numbers, but 1 rows hold words: 'n\.a\.' \(unit c\)",
    ),
    "numbers as text": (small(y=[str(v) for v in range(12)]), {}, "numbers written as text"),
    "infinite outcome": (replaced("y", 7, np.inf), {}, r"'y' is infinite in 1 rows \(units c\)"),
    "infinite beside a missing one": (
        replaced("y", 7, np.inf).assign(y=lambda f: f["y"].where(f.index != 6)),
        {"missing": "pairs"},
        r"'y' is infinite in 1 rows \(units c\)",
    ),
    "no outcome at all": (small(y=np.nan), {}, "'y' is missing in every row"),
    "no rows": (small().iloc[:0], {}, "there are no rows"),
    "one period": (small().query("time == 2001"), {}, r"one period only \(2001\)"),
    "missing unit": (replaced("unit", 3, None), {}, "1 rows have no unit"),
    "missing time": (replaced("time", 3, np.nan), {}, "1 rows have no time"),
    "negative weight": (
        replaced("w", [0, 1, 2], -1.0),
        {"weight": "w"},
        r"weight 'w' is negative or infinite in 3 rows \(units a\)",
    ),
    "zero weights": (small(w=0.0), {"weight": "w"}, r"no units are left \(.*weight is zero: 4"),
    "varying weight": (
        replaced("w", 0, 3.0),
        {"weight": "w"},
        r"weight 'w' changes within 1 units \(a\)",
    ),
    "missing weight": (replaced("w", 0, np.nan), {"weight": "w"}, "1 rows have no weight"),
    "varying cluster": (
        replaced("k", 0, "q"),
        {"cluster": "k"},
        r"cluster 'k' changes within 1 units \(a\)",
    ),
    "missing cluster": (replaced("k", 0, None), {"cluster": "k"}, "1 rows have no cluster"),
    "cohort in words": (
        small(cohort=np.repeat(["2002", "2002", "never", "never"], 3)),
        {},
        r"cohort 'cohort': 'never' is not a period",
    ),
    "time in words": (small(time=["one", "two", "three"] * 4), {}, "'one' is not a period"),
    "fractional time": (small(time=[1.0, 1.5, 2.0] * 4), {}, r"1\.5 is not a period"),
    "Excel day numbers": (
        small(time=[43831, 43862, 43891] * 4),
        {},
        r"43831 looks like Excel's number for the day 2020-01-01.*origin='1899-12-30'",
    ),
    "Excel cohort": (small(cohort=43831), {}, r"cohort.*looks like Excel's number"),
    "cohort in another form": (
        small(time=pd.to_datetime(["2001-01-01", "2001-02-01", "2001-03-01"] * 4)),
        {},
        r"2002\.0 cannot be placed among the periods 2001-01 to 2001-03",
    ),
    "missing column": (small(), {"outcome": "Y"}, r"no column 'Y'\. .*Columns found: unit"),
    "near column": (small(), {"cohort": "cohorts"}, r"Did you mean 'cohort'\?"),
    "column in the index": (small().set_index("unit"), {}, r"reset_index\(\)"),
    "one column, two roles": (small(), {"time": "unit"}, "both time and unit|both unit and time"),
    "unknown option": (small(), {"missing": "complete"}, "missing must be one of refuse"),
}


@pytest.mark.parametrize(("frame", "roles", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_and_named(frame, roles, message):
    with pytest.raises(DataError, match=message):
        read(frame, **roles)


def test_only_the_first_five_units_are_named():
    frame = random_frame(seed=1)
    frame.loc[frame["time"] == 3, "cohort"] = 4
    with pytest.raises(DataError, match=r"changes within 60 units \(0, 1, 2, 3, 4( ...)?\)"):
        read(frame)


# --- cohorts and periods at the edges ---


def test_treated_in_the_first_period_is_dropped_with_a_line():
    panel = read(small(cohort=np.repeat([2001, 2002, 0, 0], 3)))
    step = panel.ledger.steps[-1]
    assert (step.what, step.units, step.rows_dropped) == ("treated in the first period", ("a",), 3)
    assert panel.cohort_units == (2, 1)


def test_always_treated_units_do_not_make_a_panel_unbalanced():
    panel = read(small(cohort=np.repeat([2001, 2002, 0, 0], 3)).drop(index=1))
    assert panel.balanced


def test_treated_after_the_last_period_counts_as_never():
    panel = read(small(cohort=np.repeat([2002, 2002, 2009, 0], 3)))
    assert panel.cohort_units == (2, 2)
    assert "cohort 2009 is treated after the last period (2003)" in notes(panel)


def test_a_date_between_periods_starts_with_the_next():
    frame = small(time=[2000, 2002, 2006] * 4, cohort=np.repeat([2001, 2002, 2004, 0], 3))
    panel = read(frame)
    assert panel.cohorts == (0, 2002, 2006)
    assert panel.cohort_units == (1, 2, 1)
    assert "cohort 2001 falls between observed periods: first treated in 2002" in notes(panel)
    assert "not evenly spaced (2002 to 2006)" in notes(panel)


def test_the_base_is_the_last_period_observed_before_treatment():
    frame = small(time=[2000, 2001, 2006] * 4, cohort=np.repeat([2006, 2006, 0, 0], 3))
    cells = att_gt(read(frame)).to_frame().set_index("time")
    assert cells.loc[2006, "base"] == 2001
    assert cells.loc[2006, "event_time"] == 0
    assert cells.loc[2001, "event_time"] == -5


def test_zero_weight_units_leave_with_a_line():
    panel = read(small(w=np.repeat([1.0, 0, 1, 1], 3)), weight="w")
    assert panel.ledger.steps[-1].what == "weight is zero"
    assert panel.n_units == 3


def test_period_zero_and_cohort_zero_are_told_apart():
    frame = small(time=[-1, 0, 1] * 4, cohort=np.repeat([1, 1, 0, 0], 3))
    with pytest.raises(DataError, match=r"0 is among the periods -1 to 1.*\(2 units\)"):
        read(frame)
    panel = read(frame, never_treated_codes=[0])
    assert (panel.cohorts, panel.cohort_units) == ((0, 1), (2, 2))
    assert "cohort 0 means never treated" in notes(panel)
    panel = read(frame, never_treated_codes=[])
    assert (panel.cohorts, panel.cohort_units) == ((0, 0, 1), (0, 2, 2))


def test_zero_beside_the_first_period_alone_means_never():
    panel = read(small(time=[0, 1, 2] * 4, cohort=np.repeat([1, 1, 0, 0], 3)))
    assert panel.cohort_units == (2, 2)
    assert "cohort 0 means never treated" in notes(panel)


@pytest.mark.parametrize(
    ("times", "cohort", "labels"),
    [
        (["2001", "2002", "2003"], "2002", (2001, 2002, 2003)),
        (["2020-11", "2020-12", "2021-01"], "2020-12", (202011, 202012, 202101)),
        ([202011, 202012, 202101], 202012, (202011, 202012, 202101)),
        (["2020Q3", "2020Q4", "2021Q1"], "2020Q4", (202007, 202010, 202101)),
        (pd.period_range("2020-11", periods=3, freq="M"), pd.Period("2020-12"), None),
        (pd.date_range("2020-11-01", periods=3, freq="MS"), pd.Timestamp(2020, 12, 1), None),
        (pd.date_range("2020-11-15", periods=3), "2020-11-16", (20201115, 20201116, 20201117)),
    ],
)
def test_dates_keep_their_order_and_count_in_observed_periods(times, cohort, labels):
    treated = pd.Series([cohort] * 6 + [None] * 6)
    panel = read(small(time=list(times) * 4, cohort=treated))
    assert panel.periods.labels == (labels or (202011, 202012, 202101))
    assert panel.starts == (3, 1)
    assert att_gt(panel).to_frame()["event_time"].tolist() == [0, 1]


# --- designs that cannot identify an effect ---


def test_without_never_treated_the_remedy_is_named():
    panel = read(small(cohort=np.repeat([2002, 2002, 2003, 2003], 3)))
    with pytest.raises(DesignError, match="control_group='not_yet_treated'"):
        att_gt(panel)
    effects = att_gt(panel, control_group="not_yet_treated")
    cells = effects.to_frame()
    assert cells["reason"].str.contains("comparison").sum() == 3
    assert cells.dropna(subset="estimate")["time"].tolist() == [2002]
    assert effects.aggregate().estimate == pytest.approx(2.5 - 0.25)
    assert "2003, the last, is comparison only" in effects.method.notes[0]
    assert "left out of averages" in " ".join(effects.aggregate().overall.method.notes)


@pytest.mark.parametrize(
    ("cohort", "control_group", "message"),
    [
        (0, "never_treated", "there is no effect to estimate"),
        (2002, "not_yet_treated", "every unit is first treated in 2002"),
    ],
)
def test_no_contrast_no_effect(cohort, control_group, message):
    with pytest.raises(DesignError, match=message):
        att_gt(read(small(cohort=cohort)), control_group=control_group)


def test_cohort_of_one_unit_has_no_error_and_says_so():
    frame = random_frame(seed=1).query("cohort != 3")
    lone = frame[frame["unit"] == frame["unit"].iloc[0]].assign(unit=999, cohort=3)
    effects = att_gt(read(pd.concat([frame, lone])))
    cells = effects.to_frame().set_index("cohort")
    assert set(cells.loc[3, "reason"]) == {"cohort of one unit"}
    assert cells.loc[3, "std_error"].isna().all()
    assert cells.loc[3, "estimate"].notna().all()
    assert (cells.loc[3, "n_treated"] == 1).all()
    simple = effects.aggregate()
    assert simple.std_error > 0
    assert "cohort of one unit (3)" in " ".join(simple.overall.method.notes)
    by_cohort = effects.aggregate("cohort")
    assert by_cohort.effects[0].std_error is None
    assert by_cohort.effects[0].reason == "cohort of one unit"
    assert np.isnan(effects.covariance[0, 0])


def test_cohort_in_one_cluster_has_no_error():
    cells = att_gt(read(small(), cluster="k")).to_frame()
    assert set(cells["reason"]) == {"cohort of one cluster"}
