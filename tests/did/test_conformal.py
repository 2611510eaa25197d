"""Conformal inference: against a slow twin that takes a null off and goes through every order,
invariances, and what it refuses."""

import runpy
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.errors import DesignError

BENCHMARK = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "coverage_few_treated.py")
)


def frame_of(seed, *, before=20, after=4, treated=1, compared=12, effect=0.0, lasting=0.0):
    """``treated`` units from period ``before`` + 1 on; ``lasting``: how errors carry over."""
    draw = np.random.default_rng(seed)
    periods, n = before + after, treated + compared
    frame = pd.DataFrame(
        {"u": np.repeat(np.arange(n), periods), "t": list(range(1, periods + 1)) * n}
    )
    frame["g"] = np.where(frame["u"] < treated, before + 1, 0)
    error = draw.normal(size=(n, periods))
    for t in range(1, periods):
        error[:, t] = lasting * error[:, t - 1] + np.sqrt(1 - lasting**2) * error[:, t]
    frame["y"] = error.ravel() + np.repeat(draw.normal(size=n), periods)
    frame["y"] += effect * ((frame["g"] > 0) & (frame["t"] > before))
    return frame


def panel_of(frame, **roles):
    return pbc.Panel.from_data(frame, unit="u", time="t", outcome="y", cohort="g", **roles)


def gap_of(frame):
    """The treated less their comparison, period by period."""
    means = frame.assign(treated=frame["g"] > 0).pivot_table(
        index="t", columns="treated", values="y"
    )
    return (means[True] - means[False]).to_numpy()


def twin(gap, before, effect, orders):
    """The p-value of an effect, the same in every period after the start."""
    gap = gap - effect * (np.arange(len(gap)) >= before)
    left = gap - gap.mean()
    own = abs(left[before:].mean())
    beyond = [abs(left[list(order)][before:].mean()) >= own - 1e-10 for order in orders]
    return np.mean(beyond)


@pytest.mark.parametrize(
    ("before", "after", "way"), [(17, 4, "moving_block"), (20, 20, "moving_block"), (5, 2, "all")]
)
def test_interval_and_p_value_are_those_of_every_order_under_every_null(before, after, way):
    frame = frame_of(3, before=before, after=after, treated=2, effect=0.4)
    panel, gap = panel_of(frame), gap_of(frame)
    made = pbc.conformal_test(panel, permutations=way)
    whole = range(before + after)
    orders = (
        list(permutations(whole))
        if way == "all"
        else [np.roll(whole, -shift) for shift in range(len(whole))]
    )
    assert made.p_value == pytest.approx(twin(gap, before, 0.0, orders), abs=1e-12)
    for end, out in ((made.conf_low, -1e-6), (made.conf_high, 1e-6)):
        assert twin(gap, before, end, orders) > 0.05
        assert twin(gap, before, end + out, orders) <= 0.05
    assert made.estimate == pytest.approx(gap[before:].mean() - gap[:before].mean(), rel=1e-9)


@pytest.mark.soak
@given(st.integers(0, 10_000), st.floats(0.01, 100), st.sampled_from(["moving_block", "all"]))
@settings(max_examples=3, deadline=None, phases=[Phase.generate])
def test_neither_units_of_measure_nor_order_nor_unit_and_period_effects_matter(seed, scale, way):
    frame = frame_of(seed, treated=2, compared=5)
    moved = frame.assign(y=scale * frame["y"] + 5 * frame["t"] ** 2 + frame["u"], u=99 - frame["u"])
    one = pbc.conformal_test(panel_of(frame), permutations=way)
    other = pbc.conformal_test(panel_of(moved.sample(frac=1, random_state=seed)), permutations=way)
    assert other.p_value == pytest.approx(one.p_value, abs=1e-12)
    assert other.conf_low == pytest.approx(scale * one.conf_low, rel=1e-5, abs=1e-6 * scale)
    assert other.conf_high == pytest.approx(scale * one.conf_high, rel=1e-5, abs=1e-6 * scale)


@pytest.mark.soak
def test_orders_too_many_to_go_through_are_drawn_and_come_to_the_same():
    frame = frame_of(4, before=22, after=6)
    drawn = pbc.conformal_test(panel_of(frame), permutations="all")
    other = pbc.conformal_test(panel_of(frame), permutations="all", seed=1)
    assert (drawn.orders, drawn.seed is None) == (50_000, False)
    assert 0 < abs(drawn.conf_low - other.conf_low) < 5 * drawn.known_to < 0.1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"before": 14, "after": 5}, "19 orders of the periods, too few"),
        ({"before": 3, "after": 3, "way": "all"}, None),
        ({"before": 3, "after": 2, "way": "all"}, "10 orders of the periods, too few"),
    ],
)
def test_too_few_orders_are_refused(change, said):
    way = change.pop("way", "moving_block")
    panel = panel_of(frame_of(1, **change))
    if said is None:
        made = pbc.conformal_test(panel, permutations=way)
        assert made.orders == 20
        return
    with pytest.raises(DesignError, match=said):
        pbc.conformal_test(panel, permutations=way)


def test_several_starts_and_another_base_are_refused_with_what_can_be_had():
    frame = frame_of(2, treated=2)
    panel = panel_of(frame)
    with pytest.raises(DesignError, match=r"that of the estimator extended_two_way does\."):
        pbc.with_inference(panel, pbc.att_gt(panel), inference="conformal")
    effects = pbc.extended_two_way(panel)
    made = pbc.with_inference(panel, effects, inference="conformal")
    test = pbc.conformal_test(panel)
    assert (made.conf_low, made.conf_high, made.p_value) == pytest.approx(
        (test.conf_low, test.conf_high, test.p_value), rel=1e-9
    )
    assert "in 24 orders" in made.method.inference
    every = pbc.with_inference(panel, effects, inference="conformal", permutations="all")
    assert "10,626 orders" in every.method.inference
    frame.loc[frame["u"] == 1, "g"] = 19
    with pytest.raises(DesignError, match="treated at the same time"):
        pbc.conformal_test(panel_of(frame))
    with pytest.raises(DesignError, match="permutations must be one of"):
        pbc.conformal_test(panel, permutations="some")


@pytest.mark.soak
def test_a_moving_block_holds_the_truth_where_errors_carry_over_and_every_order_does_not():
    over_time = BENCHMARK["coverage_over_time"]
    assert over_time(90, 10, 0.0, "moving_block", 1_000) >= 0.93
    assert over_time(90, 10, 0.6, "moving_block", 1_000) >= 0.92
    assert over_time(20, 4, 0.6, "all", 150) <= 0.85
