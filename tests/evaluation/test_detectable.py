"""The smallest effect that could be told apart: that estimates have the error which was expected,
that a promised power is kept, and that no outcome from the start on is looked at."""

import numpy as np
import pandas as pd
import pytest
from evaluations import evaluation_of

import pbc_eval as pbc
from pbc_eval.did.expected_error import noise_before
from pbc_eval.errors import DesignError

pytestmark = pytest.mark.slow  # seconds, together


def frame_of(seed, *, n=120, periods=12, first=6, kept=0.6, cluster=0.0):
    draw = np.random.default_rng(seed)
    shocks = draw.normal(size=(n, periods))
    school = np.arange(n) // 6
    if cluster:
        shared = draw.normal(size=(school.max() + 1, periods))[school]
        shocks = np.sqrt(cluster) * shared + np.sqrt(1 - cluster) * shocks
    for t in range(1, periods):
        shocks[:, t] = kept * shocks[:, t - 1] + np.sqrt(1 - kept**2) * shocks[:, t]
    treated = school % 3 == 0 if cluster else np.arange(n) < 40
    late = np.where(school % 2 == 0, first, first + 2)
    return pd.DataFrame(
        {
            "u": np.repeat(np.arange(n), periods),
            "t": np.tile(np.arange(1, periods + 1), n),
            "g": np.repeat(np.where(treated, late, 0), periods),
            "school": np.repeat(school, periods),
            "y": (shocks + draw.normal(size=(n, 1)) * 3).ravel(),
        }
    )


def panel_of(frame, **roles):
    return pbc.Panel.from_data(frame, unit="u", time="t", outcome="y", cohort="g", **roles)


@pytest.mark.slow
@pytest.mark.parametrize("cluster", [0.0, 0.5])
@pytest.mark.soak
def test_the_error_expected_is_the_error_that_estimates_have(cluster):
    """Serially correlated noise, staggered starts, clusters: against the real analysis."""
    roles = {"cluster": "school"} if cluster else {}
    expected, found = [], []
    for seed in range(8):
        panel = panel_of(frame_of(seed, cluster=cluster), **roles)
        expected.append(pbc.minimum_detectable_effect(panel).std_error)
        found.append(pbc.att_gt(panel).aggregate("simple").std_error)
    assert np.mean(expected) == pytest.approx(np.mean(found), rel=0.12)


def test_noise_is_known_again():
    frame = frame_of(1, n=3000, kept=0.7, first=11)
    wide = frame.pivot_table(index="u", columns="t", values="y").to_numpy()
    found = noise_before(wide[:, :10], np.zeros(len(wide), dtype=int), None)
    assert found.sd == pytest.approx(1.0, abs=0.05)
    assert found.kept == pytest.approx(0.7, abs=0.05)
    frame = frame_of(2, n=1800, kept=0.0, first=11, cluster=0.4)
    wide = frame.pivot_table(index="u", columns="t", values="y").to_numpy()
    school = frame.groupby("u")["school"].first().to_numpy()
    found = noise_before(wide[:, :8], np.zeros(len(wide), dtype=int), school)
    assert found.common == pytest.approx(0.4, abs=0.06)


def test_no_outcome_from_the_first_start_on_is_looked_at():
    frame = frame_of(3)
    changed = frame.assign(y=frame["y"].where(frame["t"] < 6, frame["y"] * 1000 + 7))
    once = pbc.minimum_detectable_effect(panel_of(frame))
    assert pbc.minimum_detectable_effect(panel_of(changed)) == once


def test_the_curve_has_the_power_at_the_smallest_effect_and_more_power_needs_a_larger_one():
    found = pbc.minimum_detectable_effect(panel_of(frame_of(4)))
    curve = found.to_frame()
    at = curve[np.isclose(curve["effect"], found.effect)]
    assert at["power"].iloc[0] == pytest.approx(0.8)
    assert curve["power"].is_monotonic_increasing
    assert float(found) == found.effect
    larger = pbc.minimum_detectable_effect(panel_of(frame_of(4)), power=0.95)
    assert larger.effect > found.effect


def test_few_treated_need_a_larger_effect_than_the_normal_point_says():
    frame = frame_of(5)
    frame["g"] = np.where(frame["u"] < 4, 6, 0)
    found = pbc.minimum_detectable_effect(panel_of(frame))
    assert found.effect > 2.81 * found.std_error


def test_the_unit_of_the_outcome_is_that_of_the_effect():
    frame = frame_of(6)
    once = pbc.minimum_detectable_effect(panel_of(frame)).effect
    again = pbc.minimum_detectable_effect(panel_of(frame.assign(y=frame["y"] * 1e-4))).effect
    assert again == pytest.approx(once * 1e-4, rel=1e-6)


@pytest.mark.slow
def test_a_file_promises_the_error_that_its_result_has():
    evaluation = evaluation_of("hospital-readmissions")
    expected = pbc.minimum_detectable_effect(evaluation.spec)
    result = evaluation.primary.headline
    assert expected.std_error == pytest.approx(result.std_error, rel=0.15)


def test_what_cannot_be_told_is_refused():
    frame = frame_of(7)
    with pytest.raises(DesignError, match="no two periods"):
        pbc.minimum_detectable_effect(panel_of(frame.assign(g=np.where(frame["u"] < 9, 2, 0))))
    with pytest.raises(DesignError, match="between 0 and 1"):
        pbc.minimum_detectable_effect(panel_of(frame), power=80)
    with pytest.raises(DesignError, match="group_time"):
        pbc.minimum_detectable_effect(panel_of(frame), estimator="grouptime")
