"""The effect without one cohort, period, unit or cluster: as if it had never been in the data."""

import numpy as np
import pytest
from did.test_stated_inference import frame_of, panel_of

import pbc_eval as pbc
from pbc_eval.checks.check_kind import Examined
from pbc_eval.checks.leave_out import check_leave_out
from pbc_eval.errors import DesignError

pytestmark = pytest.mark.slow  # seconds, together


def average(frame, **roles):
    return pbc.att_gt(panel_of(frame, **roles)).aggregate("simple").estimate


@pytest.mark.parametrize(("by", "column"), [("unit", "u"), ("cluster", "k")])
def test_without_a_unit_or_a_cluster_it_is_that_of_the_data_without_it(by, column):
    frame = frame_of(1, n=12, treated=4)
    panel = panel_of(frame, **({"cluster": "k"} if by == "cluster" else {}))
    made = pbc.leave_one_out(panel, pbc.att_gt(panel), by)
    again = [average(frame[frame[column] != left]) for left in sorted(frame[column].unique())]
    assert list(made.estimates) == pytest.approx(again, rel=1e-9)
    assert (made.low, made.high) == pytest.approx((min(again), max(again)))


def test_without_a_cohort_it_is_that_of_the_data_without_it():
    frame = frame_of(2, n=24, treated=9, late=4)
    panel = panel_of(frame)
    made = pbc.leave_one_out(panel, pbc.att_gt(panel), "cohort").to_frame()
    assert list(made["left_out"]) == ["3", "4"]
    again = [average(frame[frame["g"] != left]) for left in (3, 4)]
    assert list(made["estimate"]) == pytest.approx(again, rel=1e-9)


def test_without_a_period_the_others_are_averaged():
    panel = panel_of(frame_of(3))
    effects = pbc.att_gt(panel)
    made = pbc.leave_one_out(panel, effects, "period")
    frame = effects.aggregate("calendar").to_frame()
    by_period = dict(zip(frame["time"], frame["estimate"], strict=True))
    assert list(made.estimates) == pytest.approx(
        [np.mean([v for t, v in by_period.items() if t != left]) for left in (3, 4, 5)]
    )


def test_a_unit_that_makes_the_whole_effect_is_named():
    frame = frame_of(4, n=20, treated=4, effect=0.0)
    frame.loc[(frame["u"] == 2) & (frame["t"] >= 3), "y"] += 40
    frame.loc[(frame["u"] < 2) & (frame["t"] >= 3), "y"] -= 3
    panel = panel_of(frame)
    assert pbc.leave_one_out(panel, pbc.att_gt(panel), "unit").turned == ("2",)


def test_what_cannot_be_left_out_is_refused():
    panel = panel_of(frame_of(5))
    with pytest.raises(DesignError, match="but one cohort to leave out"):
        pbc.leave_one_out(panel, pbc.att_gt(panel), "cohort")
    with pytest.raises(DesignError, match="names no cluster"):
        pbc.leave_one_out(panel, pbc.att_gt(panel), "cluster")
    alone = panel_of(frame_of(6, treated=1))
    made = pbc.leave_one_out(alone, pbc.att_gt(alone), "unit")
    assert np.isnan(made.estimates).sum() == 1


def test_the_check_speaks_where_one_unit_turns_it_and_tells_no_size_of_people():
    frame = frame_of(4, n=20, treated=4, effect=0.0)
    frame.loc[(frame["u"] == 2) & (frame["t"] >= 3), "y"] += 40
    frame.loc[(frame["u"] < 2) & (frame["t"] >= 3), "y"] -= 3
    for data, status in ((frame, "review"), (frame_of(5, effect=5.0), "pass")):
        panel = panel_of(data)
        tried = [pbc.leave_one_out(panel, pbc.att_gt(panel), by) for by in ("period", "unit")]
        shown, hidden = (
            check_leave_out(tried, Examined(protected=protected)) for protected in (False, True)
        )
        assert (shown.status, hidden.status) == (status, status)
        assert "between" in shown.sentence
        assert not any(character.isdigit() for character in str(hidden.sentence))
