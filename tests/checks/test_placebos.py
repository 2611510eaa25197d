"""Placebos in time, units that come and go, and outcomes that the programme cannot have moved."""

import numpy as np
import pandas as pd
import pytest
from checks.test_trends_and_doubts import panel_of, studied
from samples import panel_of_sample

import pbc_eval as pbc
from pbc_eval.checks.check_kind import Examined, Parted
from pbc_eval.checks.composition import CHECK as COMPOSITION
from pbc_eval.checks.composition import check_composition
from pbc_eval.checks.parts import check_negative_controls
from pbc_eval.checks.placebo_in_time import check_placebo_in_time
from pbc_eval.did.by_group import COLUMNS, GroupEffects
from pbc_eval.evaluation.parts_of_sample import always_observed

pytestmark = pytest.mark.slow  # seconds, together


def frame_of(seed, **options):
    """The rows behind ``panel_of``, in memory."""
    panel = panel_of(seed, **options)
    arrays = panel.arrays()
    wide = pd.DataFrame(arrays.outcome, columns=panel.periods.labels)
    wide["u"], wide["g"] = arrays.unit, [panel.cohorts[c] for c in arrays.cohort]
    return wide.melt(["u", "g"], var_name="t", value_name="y").astype({"t": int})


@pytest.mark.parametrize("back", [1, 2, 3])
def test_a_start_moved_back_is_what_att_gt_says_of_the_time_before_with_that_start(back):
    """The slow twin: the data before the start alone, read with the earlier start."""
    late = 6
    frame = frame_of(3, n=60, treated=20, late=late, last=8)
    study, headline = studied(panel_of(3, n=60, treated=20, late=late, last=8))
    row = check_placebo_in_time(study, headline).table.set_index("moved_back").loc[back]
    before = frame[frame["t"] < late].assign(g=lambda f: np.where(f["g"] > 0, late - back, 0))
    twin = pbc.Panel.from_data(before, unit="u", time="t", outcome="y", cohort="g")
    alone = pbc.att_gt(twin).aggregate("simple", bands="pointwise").overall
    assert row["estimate"] == pytest.approx(alone.estimate, abs=1e-10)
    half = (row["conf_high"] - row["conf_low"]) / 2
    assert half == pytest.approx(1.959963984540054 * alone.std_error, rel=1e-9)


def test_groups_that_drift_apart_have_an_effect_before_the_start_and_others_have_none():
    drifting = check_placebo_in_time(*studied(panel_of(2, effect=0.0, slope=1.0)))
    assert drifting.status == "review"
    assert "drifting apart" in drifting.sentence
    flat = check_placebo_in_time(*studied(panel_of(1, effect=4.0)))
    assert flat.status == "pass"
    assert flat.null


def test_with_one_period_before_the_start_nothing_can_be_moved():
    assert check_placebo_in_time(*studied(panel_of(1, late=3, last=5))) is not None
    panel = panel_of(1, late=2, last=5)
    study = pbc.att_gt(panel, base_period="universal").aggregate("event", bands="pointwise")
    assert check_placebo_in_time(study, pbc.att_gt(panel).aggregate("simple").overall) is None


@pytest.mark.soak
def test_placebos_in_time_raise_few_false_alarms():
    samples = (panel_of(s, n=60, treated=20, read=panel_of_sample) for s in range(150))
    alarms = sum(check_placebo_in_time(*studied(sample)).status == "review" for sample in samples)
    assert alarms / 150 < 0.08


def average(panel):
    return pbc.att_gt(panel).aggregate("simple", bands="pointwise").overall


def with_gaps(seed, shift):
    """Some treated units are not observed in the last period; ``shift`` moves those that are."""
    frame = frame_of(seed, late=3)
    gone = (frame["u"] % 4 == 0) & (frame["g"] > 0) & (frame["t"] == 6)
    seen = (frame["u"] % 4 != 0) & (frame["g"] > 0) & (frame["t"] >= 3)
    return frame[~gone].assign(y=lambda f: f["y"] + shift * seen)


def test_the_effect_in_units_always_observed_is_that_of_their_panel():
    roles = dict(unit="u", time="t", outcome="y", cohort="g", missing="pairs")
    panel = pbc.Panel.from_data(with_gaps(1, 0.0), **roles)
    always, counts = always_observed(panel, average)
    alone = pbc.Panel.from_data(with_gaps(1, 0.0), **(roles | {"missing": "complete_units"}))
    assert counts == (120, 110)
    assert always.estimate == pytest.approx(average(alone).estimate, abs=1e-12)
    assert check_composition(average(panel), always, counts).status == "pass"
    assert always_observed(alone, average) is None


def test_an_effect_that_only_leavers_have_is_to_be_looked_at():
    roles = dict(unit="u", time="t", outcome="y", cohort="g", missing="pairs")
    panel = pbc.Panel.from_data(with_gaps(1, -9.0), **roles)
    found = check_composition(average(panel), *always_observed(panel, average))
    assert found.status == "review"
    assert check_composition(average(panel), None, (120, 0)).status == "not_applicable"


def test_the_effect_with_and_without_few_people_is_not_told_side_by_side():
    headline = average(panel_of(1))
    seen = (headline, (120, 117))
    told = Examined(headline=headline, always_observed=seen, protected=True, threshold=10)
    assert COMPOSITION.run(told) is None
    free = Examined(headline=headline, always_observed=seen, protected=False)
    assert COMPOSITION.run(free).status == "pass"


def controls(*p_values):
    rows = [[f"c{i}", 9, 9, 1.0, 1.0, -1.0, 3.0, p, ""] for i, p in enumerate(p_values)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return Parted(by="negative_control", label="", effects=GroupEffects(table=table))


def test_negative_controls_are_judged_by_the_smallest_p_value_times_their_number():
    assert check_negative_controls(controls(0.03, 0.5), Examined()).status == "pass"
    moved = check_negative_controls(controls(0.02, 0.5), Examined())
    assert (moved.status, moved.p_value) == ("review", pytest.approx(0.04))
    assert "Beyond chance moved: c0" in moved.sentence
    assert check_negative_controls(controls(np.nan), Examined()).status == "review"
