"""Restricted mean times: closed forms, a slow twin, simulation, refusals."""

import numpy as np
import pytest
from matched_samples import match_people, people, weight_by

from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.survival import restricted_mean, restricted_mean_effect

ASKED = {"treatment": "treated", "covariates": ["age", "income", "group"], "unit": "id"}


def with_times(frame, seed=0, *, censoring=6.0, decimals=None):
    rng = np.random.default_rng(seed)
    mean = np.exp(0.5 + 0.5 * frame["treated"] + 0.2 * frame["age"])
    until = rng.exponential(mean)
    lost = rng.uniform(1.0, censoring, len(frame))
    seen = np.minimum(until, lost)
    if decimals is not None:
        seen = np.maximum(seen.round(decimals), 10.0**-decimals)
    return frame.assign(time=seen, event=(until <= lost).astype(int), until=until, all=1)


PEOPLE = with_times(people(300, seed=6))


def slow_area(times, events, weights, horizon):
    """Kaplan-Meier one moment after the other, and its area."""
    share, at, area = 1.0, 0.0, 0.0
    for moment in sorted({t for t, e in zip(times, events, strict=True) if e and t <= horizon}):
        area += share * (moment - at)
        at = moment
        risk = sum(w for t, w in zip(times, weights, strict=True) if t >= moment)
        gone = sum(w for t, e, w in zip(times, events, weights, strict=True) if e and t == moment)
        share *= 1 - gone / risk
    return area + share * (horizon - at)


@pytest.mark.parametrize("seed", range(8))
def test_the_area_and_its_derivatives_are_those_of_the_slow_twin(seed):
    rng = np.random.default_rng(seed)
    times = rng.exponential(2, 12).round(1 if seed % 2 else 6) + 0.1
    events, weights = rng.random(12) < 0.7, rng.uniform(0.5, 3, 12)
    horizon = float(np.quantile(times, 0.8))
    found = restricted_mean(times, events, weights, horizon)
    assert found.mean == pytest.approx(slow_area(times, events, weights, horizon), abs=1e-12)
    for i in range(12):
        step = np.zeros(12)
        step[i] = 1e-6
        ends = [slow_area(times, events, weights + sign * step, horizon) for sign in (1, -1)]
        assert found.per_weight[i] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-7)
    assert weights @ found.per_weight == pytest.approx(0, abs=1e-12)  # scale does not matter


def test_without_censoring_it_is_the_mean_of_times_cut_at_the_horizon():
    frame = PEOPLE.assign(cut=np.minimum(PEOPLE["until"], 2.5))
    for sample in (
        match_people(frame),
        match_people(frame, method="full"),
        weight_by(frame, method="ipw", **ASKED),
    ):
        found = restricted_mean_effect(sample, "until", "all", horizon=2.5)
        plain = sample.effect("cut")
        assert found.estimate == pytest.approx(plain.estimate, abs=1e-10)
        assert found.std_error == pytest.approx(plain.std_error, rel=1e-8)
        assert found.counterfactual_mean == pytest.approx(plain.counterfactual_mean, abs=1e-10)


def test_when_everybody_has_had_the_event_the_curve_stays_at_nought():
    times, events = np.array([1.0, 2.0, 2.0]), np.array([True, True, True])
    found = restricted_mean(times, events, np.ones(3), 10.0)
    assert found.mean == pytest.approx(5 / 3)
    np.testing.assert_allclose(3 * found.per_weight, times - 5 / 3, atol=1e-12)


@pytest.mark.soak
def test_intervals_hold_the_truth_under_censoring():
    """Weighted to the treated: truth by a million uncensored times of treated people."""
    rng = np.random.default_rng(0)
    big = people(400_000, seed=99)
    age = big["age"][big["treated"] == 1].to_numpy()
    means = [
        np.minimum(rng.exponential(np.exp(0.5 + 0.5 * t + 0.2 * age)), 3.0).mean() for t in (1, 0)
    ]
    truth, held, found = means[0] - means[1], [], []
    for seed in range(250):
        frame = with_times(people(300, seed=seed), seed)
        effect = restricted_mean_effect(
            weight_by(frame, method="ipw", **ASKED), "time", "event", horizon=3.0
        )
        held.append(effect.conf_low <= truth <= effect.conf_high)
        found.append((effect.estimate, effect.std_error))
    estimates, errors = np.array(found).T
    assert abs(estimates.mean() - truth) < 3 * estimates.std() / np.sqrt(len(found))
    assert 0.85 < errors.mean() / estimates.std() < 1.15
    assert 0.90 <= np.mean(held) <= 0.985


def test_the_usual_horizon_is_as_far_as_both_groups_were_seen():
    sample = match_people(PEOPLE)
    found = restricted_mean_effect(sample, "time", "event")
    longest = sample.to_frame().groupby("treated")["time"].max().min()
    assert found.term == f"time, up to {longest:g}"
    assert "lost from sight" in found.method.notes[0]


@pytest.mark.parametrize(
    ("changes", "horizon", "message"),
    [
        ({"time": 0.0}, None, "times must be above 0; 'time' has"),
        ({"event": 2}, None, "an event must be 0 or 1"),
        ({}, 99.0, r"horizon 99 lies beyond .*Pass a horizon up to"),
        ({}, 0.0, "must be a finite time above 0, got 0.0"),
        ({}, float("nan"), "must be a finite time"),
    ],
    ids=str,
)
def test_what_cannot_be_followed_is_refused(changes, horizon, message):
    with pytest.raises((DataError, DesignError), match=message):
        restricted_mean_effect(
            match_people(PEOPLE.assign(**changes)), "time", "event", horizon=horizon
        )
