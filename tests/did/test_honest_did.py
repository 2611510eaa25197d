"""Honest intervals and the power of pre-tests against reference numbers, and what must not move
them."""

import json

import numpy as np
import pandas as pd
import pytest
from did.data import GOLDEN, mpdta
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

import pbc_eval as pbc
from pbc_eval.did.event_path import event_path
from pbc_eval.did.relative_magnitudes import RelativeMagnitudes
from pbc_eval.did.smoothness import Smoothness, folded_quantile
from pbc_eval.errors import DataError, DesignError
from pbc_eval.numerics.normal_box import box_probability

pytestmark = pytest.mark.slow  # seconds, together

R = GOLDEN.parent / "inference"
PUBLISHED = 5e-4  # the reference prints four digits, on a grid
OPTIMISER = 2e-3  # of the reference; R and Stata differ by 1.5e-3
GRID_STEP = 4.01e-3  # of the reference's grid, 4 / 999
THETA = np.array([0.01, -0.02, 0.0, 0.5, 0.4, 0.3])
SIGMA = np.diag([0.05] * 3 + [0.1] * 3) ** 2
NUMBERS = {"estimates": THETA, "covariance": SIGMA, "periods_before": 3, "periods_after": 3}


def reference(name: str) -> list[float]:
    return [row["estimate"] for row in json.loads((R / f"{name}.json").read_text())["rows"]]


def medicaid():
    states = pd.read_csv(GOLDEN / "ehec_medicaid.csv").query("year < 2016 and yexp2 != 2015")
    states["first"] = np.where(states["yexp2"] == 2014, 2014, 0)
    return pbc.Panel.from_data(states, unit="stfips", time="year", outcome="dins", cohort="first")


def random_path(seed: int, before: int, after: int):
    draw = np.random.default_rng(seed)
    k = before + after
    root = draw.normal(size=(k, k))
    return event_path(
        "test",
        None,
        estimates=draw.normal(size=k),
        covariance=root @ root.T / k + 0.05 * np.eye(k),
        periods_before=before,
        periods_after=after,
    )


# --- reference numbers ---


def test_medicaid_equals_the_published_intervals():
    study = pbc.two_way_event_study(medicaid())
    found = pbc.honest_did(study, m=(0.5, 1), effect=0).to_frame()
    expected = [[0.5, 0.0241, 0.0673], [1.0, 0.0171, 0.072]]
    np.testing.assert_allclose(found, expected, atol=PUBLISHED)
    found = pbc.honest_did(study, "smoothness", m=(0, 0.01, 0.02), effect=0).to_frame()
    expected = [[0, 0.0259, 0.0607], [0.01, 0.0132, 0.0787], [0.02, 0.00286, 0.0907]]
    np.testing.assert_allclose(found, expected, atol=PUBLISHED)


def test_medicaid_at_twice_what_was_seen_equals_the_reference_and_breaks_just_below():
    found = pbc.honest_did(pbc.two_way_event_study(medicaid()), m=2, effect=0)
    np.testing.assert_allclose(found.intervals[0], [-0.0011, 0.0883], atol=PUBLISHED)
    assert 1.9 < found.breakdown < 2


def test_fixed_length_intervals_equal_r_and_stata():
    found = pbc.honest_did(
        restriction="smoothness", m=(0, 0.05, 0.1, 0.2, 0.5), effect=0, **NUMBERS
    )
    expected = np.reshape(reference("10_honest_did"), (-1, 2))
    np.testing.assert_allclose(found.intervals, expected, atol=OPTIMISER)


def test_conditional_intervals_equal_r_s_to_a_step_of_its_grid():
    path = event_path("test", None, **NUMBERS)
    alone = RelativeMagnitudes(path, np.array([1.0, 0, 0]), 0.95, first_stage=0.0)
    found = np.array([alone.interval(m) for m in (0, 0.5, 1, 1.5, 2)])
    expected = np.reshape(reference("21_honest_relmags"), (-1, 2))
    assert (np.abs(found - expected) < GRID_STEP).all()
    assert (found[:, 0] <= expected[:, 0]).all()  # a grid keeps what it has inside the interval
    assert (found[:, 1] >= expected[:, 1]).all()


def test_without_a_violation_the_intervals_are_those_of_parallel_trends():
    found = pbc.honest_did(m=0, effect=0, **NUMBERS).intervals[0]
    np.testing.assert_allclose(found, [0.5 - 1.96 * 0.1, 0.5 + 1.96 * 0.1], atol=1e-4)


def test_the_best_straight_line_is_taken_off_when_the_slope_may_not_change():
    """At M = 0 the fixed-length interval is that of generalised least squares with a line."""
    path = random_path(3, 4, 2)
    times = np.array([*path.before, *path.after], dtype=float) - path.reference
    x = np.column_stack([times, *np.eye(6)[:, 4:].T])  # a line through the reference, effects
    weight = np.linalg.inv(path.covariance)
    bread = np.linalg.inv(x.T @ weight @ x)
    beta, error = bread @ x.T @ weight @ path.estimates, np.sqrt(np.diag(bread))
    low, high = Smoothness(path, np.array([1.0, 0.0]), 0.95).interval(0.0)
    np.testing.assert_allclose([low, high], beta[1] + np.array([-1, 1]) * 1.959964 * error[1],
                               atol=1e-6)  # fmt: skip


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 4), st.floats(0.01, 3))
@settings(max_examples=25, deadline=None)
def test_no_combination_makes_a_shorter_interval_than_the_path_s(seed, before, after, m):
    """A slow twin: the half length minimised by a general optimiser."""
    path = random_path(seed, before, after)
    smooth = Smoothness(path, np.eye(after)[0], 0.95)
    low, high = smooth.interval(m)
    if before == 1:
        return

    def length(x):
        return float(smooth._lengths(np.asarray(x)[None], m)[0])

    tried = optimize.minimize(length, smooth._corners[-1], method="Nelder-Mead",
                              options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 4000})  # fmt: skip
    assert (high - low) / 2 <= tried.fun * (1 + 1e-6)


# --- invariances ---


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 4), st.floats(1e-4, 1e4))
@settings(max_examples=15, deadline=None)
@pytest.mark.parametrize("restriction", ["relative_magnitudes", "smoothness"])
def test_another_unit_of_the_outcome_changes_the_unit_of_the_interval(
    restriction, seed, before, after, scale
):
    path = random_path(seed, before, after)
    m = np.array([0.3, 1.0])

    def found(by: float):
        return pbc.honest_did(
            restriction=restriction,
            m=m * (by if restriction == "smoothness" else 1.0),
            estimates=by * path.estimates,
            covariance=by**2 * path.covariance,
            periods_before=before,
            periods_after=after,
        )

    one, other = found(1.0), found(scale)
    np.testing.assert_allclose(np.array(other.intervals) / scale, one.intervals, rtol=1e-5)


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_an_outcome_that_falls_is_one_that_rises_turned_round(seed, before, after):
    path = random_path(seed, before, after)
    shape = {"periods_before": before, "periods_after": after, "covariance": path.covariance}
    up = np.array(pbc.honest_did(m=1, estimates=path.estimates, **shape).intervals[0])
    down = np.array(pbc.honest_did(m=1, estimates=-path.estimates, **shape).intervals[0])
    # quasi-random draws are not symmetric: up to 0.7 % of the width in 360 paths
    np.testing.assert_allclose(up, -down[::-1], atol=0.015 * (up[1] - up[0]))


@given(st.integers(0, 10_000), st.floats(-5, 5))
@settings(max_examples=15, deadline=None)
def test_a_larger_effect_moves_the_interval_with_it(seed, shift):
    path = random_path(seed, 3, 2)
    shape = {"periods_before": 3, "periods_after": 2, "covariance": path.covariance}
    moved = path.estimates + np.array([0, 0, 0, shift, shift])
    for restriction in ("relative_magnitudes", "smoothness"):
        before = pbc.honest_did(None, restriction, m=1, estimates=path.estimates, **shape)
        after = pbc.honest_did(None, restriction, m=1, estimates=moved, **shape)
        np.testing.assert_allclose(np.array(after.intervals[0]) - shift, before.intervals[0],
                                   atol=1e-5)  # fmt: skip


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 4))
@settings(max_examples=15, deadline=None)
@pytest.mark.parametrize("restriction", ["relative_magnitudes", "smoothness"])
def test_the_breakdown_is_where_zero_is_met(restriction, seed, before, after):
    path = random_path(seed, before, after)
    shape = {"periods_before": before, "periods_after": after, "covariance": path.covariance}
    moved = path.estimates + np.array([0.0] * before + [6.0] * after)
    found = pbc.honest_did(None, restriction, m=(0, 0.5, 1, 2), estimates=moved, **shape)
    widths = np.diff(found.intervals, axis=1).ravel()
    if restriction == "smoothness":  # conditional intervals may be shorter where errors cancel
        assert (np.diff(widths) > 0).all()
    if 0 < found.breakdown < np.inf:
        sides = pbc.honest_did(None, restriction, estimates=moved, **shape,
                               m=(found.breakdown * 0.99, found.breakdown * 1.01))  # fmt: skip
        (inside, _), (beyond, _) = sides.intervals
        assert inside > 0 > beyond or abs(inside) < 0.01 * widths[0]


def test_steps_before_the_start_summed_are_the_effects_of_a_universal_base():
    panel = medicaid()
    steps = pbc.att_gt(panel).aggregate("event")
    levels = pbc.att_gt(panel, base_period="universal").aggregate("event")
    for restriction in ("relative_magnitudes", "smoothness"):
        one = pbc.honest_did(steps, restriction, m=(0.5, 1), effect={0: 0.5, 1: 0.5})
        other = pbc.honest_did(levels, restriction, m=(0.5, 1))
        np.testing.assert_allclose(one.intervals, other.intervals, atol=1e-8)


def test_every_event_study_with_leads_has_honest_intervals():
    panel = mpdta()
    for study in (
        pbc.att_gt(panel, base_period="universal").aggregate("event"),
        pbc.att_gt(panel).aggregate("event"),
        pbc.interaction_weighted(panel).aggregate("event"),
        pbc.two_way_event_study(panel),
    ):
        found = pbc.honest_did(study, m=(0, 1), effect=0)
        at = study.index.index(0)
        effect = study.effects[at]
        assert found.estimate == pytest.approx(effect.estimate)
        assert found.std_error == pytest.approx(effect.std_error)
        (low, high), (lower, higher) = found.intervals
        assert lower < low < effect.estimate < high < higher


def test_what_cannot_be_had_is_refused_with_what_to_do():
    late = pbc.imputation(mpdta()).aggregate("event")
    with pytest.raises(DesignError, match="no effects before the reference"):
        pbc.honest_did(late)
    study = pbc.two_way_event_study(medicaid())
    with pytest.raises(DesignError, match="event time 7"):
        pbc.honest_did(study, effect=7)
    with pytest.raises(DesignError, match="relative_magnitudes"):
        pbc.honest_did(study, "relative_magnitude")
    with pytest.raises(DesignError, match="at least 0"):
        pbc.honest_did(study, m=-1)
    with pytest.raises(DataError, match="need 6 estimates"):
        pbc.honest_did(**NUMBERS | {"estimates": THETA[:5]})
    with pytest.raises(DataError, match="variance above zero"):
        pbc.honest_did(**NUMBERS | {"covariance": np.diag([0.0, 1, 1, 1, 1, 1])})
    with pytest.raises(DataError, match="negative variance"):
        pbc.honest_did(**NUMBERS | {"covariance": np.ones((6, 6)) * 2 - np.eye(6)})


@pytest.mark.soak
@pytest.mark.parametrize("m", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("spread", [0.02, 0.3])
def test_intervals_hold_the_effect_at_the_edge_of_what_is_allowed(m, spread):
    """Trends diverge after the start as much as they may: 0.95 is promised at the very edge."""
    before, after, samples = 3, 2, 1500
    draw = np.random.default_rng(int(100 * m))
    noise = spread**2 * (0.5 * np.eye(before + after) + 0.5)
    drift = np.array([0.0, 0.0, 0.0, 0.0, 0.0])
    drift[0], drift[1], drift[2] = -0.1, -0.05, -0.1  # changes of 0.05, -0.05 and 0.1
    drift[3], drift[4] = m * 0.1, 2 * m * 0.1
    held = 0
    for _ in range(samples):
        theta = draw.multivariate_normal(drift, noise)
        path = event_path("test", None, estimates=theta, covariance=noise,
                          periods_before=before, periods_after=after)  # fmt: skip
        low, high = RelativeMagnitudes(path, np.array([0.0, 1.0]), 0.95).interval(m)
        held += low <= 0.0 <= high
    assert held / samples >= 0.94


# --- the pre-test ---


def test_power_is_what_simulation_gives():
    path = random_path(5, 4, 1)
    shape = {"estimates": path.estimates, "covariance": path.covariance, "periods_before": 4,
             "periods_after": 1}  # fmt: skip
    drift = 0.3 * (np.array(path.before) - path.reference)
    noise = path.covariance[:4, :4]
    draws = np.random.default_rng(0).multivariate_normal(drift, noise, 200_000)
    seen = (np.abs(draws) > 1.959964 * np.sqrt(np.diag(noise))).any(axis=1).mean()
    assert pbc.pretest_power(slope=0.3, **shape) == pytest.approx(seen, abs=0.004)


@given(st.integers(0, 10_000), st.integers(1, 5), st.floats(0.3, 0.95))
@settings(max_examples=20, deadline=None)
def test_the_slope_for_a_power_has_that_power(seed, before, power):
    path = random_path(seed, before, 1)
    shape = {"estimates": path.estimates, "covariance": path.covariance,
             "periods_before": before, "periods_after": 1}  # fmt: skip
    slope = pbc.pretest_power(power=power, **shape)
    assert slope > 0
    assert pbc.pretest_power(slope=slope, **shape) == pytest.approx(power, abs=1e-6)
    assert pbc.pretest_power(slope=-slope, **shape) == pytest.approx(power, abs=1e-3)
    assert pbc.pretest_power(slope=0.0, **shape) >= 0.0499


def test_independent_effects_are_seen_with_the_chance_of_each():
    alone = stats.norm.cdf(1.959964 - 1.2) - stats.norm.cdf(-1.959964 - 1.2)
    found = pbc.pretest_power(estimates=[0.0], covariance=[[0.25]], periods_before=1, slope=0.6)
    assert found == pytest.approx(1 - alone, abs=1e-6)
    with pytest.raises(DesignError, match="slope, for its power, or power"):
        pbc.pretest_power(estimates=[0.0], covariance=[[0.25]], periods_before=1)


@given(st.integers(0, 10_000), st.integers(1, 3))
@settings(max_examples=10, deadline=None)
def test_the_chance_of_a_box_is_scipy_s(seed, k):
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(k, k))
    covariance = root @ root.T + 0.1 * np.eye(k)
    low, high = -np.abs(draw.normal(size=k)) * 2, np.abs(draw.normal(size=k)) * 2
    expected = stats.multivariate_normal(cov=covariance).cdf(high, lower_limit=low)
    assert box_probability(low, high, covariance) == pytest.approx(float(expected), abs=2e-4)


def test_folded_quantiles_hold_their_chance():
    shift = np.array([0.0, 1e-3, 0.5, 2.0, 30.0])
    point = folded_quantile(0.95, shift)
    np.testing.assert_allclose(
        stats.norm.cdf(point - shift) - stats.norm.cdf(-point - shift), 0.95, atol=1e-12
    )


@pytest.mark.parametrize("restriction", ["relative_magnitudes", "smoothness"])
@pytest.mark.parametrize("rank", [1, 2, 4])
def test_fewer_clusters_than_effects_are_refused_and_not_taken_for_certainty(restriction, rank):
    few = np.random.default_rng(rank).normal(size=(rank, 6))
    with pytest.raises(DesignError, match=rf"6 effects has rank {rank}.*fewer clusters"):
        pbc.honest_did(
            estimates=np.linspace(0.1, 2, 6),
            covariance=few.T @ few,
            periods_before=3,
            periods_after=3,
            restriction=restriction,
        )


def test_power_and_slopes_are_those_of_pretrends_in_r():
    """Its own integrator is randomised: known to about 1e-3."""
    golden = json.loads(
        (GOLDEN.parent / "inference" / "76_pretrends.json").read_text(encoding="utf-8")
    )
    given, rows = golden["inputs"], {r["statistic"]: r["estimate"] for r in golden["rows"]}
    error = np.array(given["std_errors"])
    apart = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    shape = dict(
        estimates=given["estimates"],
        covariance=0.5**apart * np.outer(error, error),
        periods_before=[-4, -3, -2],
        periods_after=[0, 1, 2],
    )
    for name, slope in (("0p02", 0.02), ("0p05", 0.05)):
        power = pbc.pretest_power(slope=slope, **shape)
        assert power == pytest.approx(rows[f"power_slope_{name}"], rel=1e-3)
    for name, power in (("0p5", 0.5), ("0p8", 0.8)):
        slope = pbc.pretest_power(power=power, **shape)
        assert slope == pytest.approx(rows[f"slope_for_power_{name}"], rel=1e-3)
