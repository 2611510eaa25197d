"""Synthetic difference-in-differences: published number, exact weights, closed forms, refusals."""

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES, california, mpdta, random_frame, with_gaps
from scipy import optimize

from pbc_eval.did.group_time import att_gt
from pbc_eval.did.simplex import simplex_weights
from pbc_eval.did.synthetic import synthetic_did
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # replications


@pytest.fixture(scope="module")
def cigarettes():
    return synthetic_did(california(), replications=60)


def block(seed=1, n=30, treated=4, periods=8, start=6):
    """One cohort, a factor that units load on differently, effect 2."""
    rng = np.random.default_rng(seed)
    frame = random_frame(seed, n, times=range(1, periods + 1))
    frame["cohort"] = np.where(frame["unit"] < treated, start, 0)
    factor = np.cumsum(rng.normal(size=periods))
    frame["y"] = (
        np.repeat(rng.normal(size=n), periods) * np.tile(factor, n)
        + rng.normal(size=len(frame))
        + 2 * ((frame["cohort"] > 0) & (frame["time"] >= start))
    )
    return frame


def test_california_equals_the_published_number(cigarettes):
    assert cigarettes.effect.estimate == pytest.approx(-15.60383, abs=0.01)
    assert 6 < cigarettes.effect.std_error < 13  # random: published placebo errors are near 9
    heaviest = cigarettes.unit_weights()["unit"].head(3).tolist()
    assert heaviest == ["Nevada", "New Hampshire", "Connecticut"]
    late = cigarettes.time_weights().query("weight > 0")["time"].tolist()
    assert late == [1986, 1987, 1988]


def test_weights_add_up_and_the_path_averages_to_the_effect(cigarettes):
    assert cigarettes.unit_weights()["weight"].sum() == pytest.approx(1)
    assert cigarettes.time_weights()["weight"].sum() == pytest.approx(1)
    after = cigarettes.path().query("time >= 1989")
    assert after["difference"].mean() == pytest.approx(cigarettes.effect.estimate, abs=1e-9)
    counterfactual = after["treated"].mean() - cigarettes.effect.estimate
    assert cigarettes.effect.counterfactual_mean == pytest.approx(counterfactual, abs=1e-9)


def test_the_path_by_event_time_is_the_difference_and_averages_to_the_effect(cigarettes):
    series = cigarettes.series
    path = cigarettes.path()
    assert series.index == tuple(range(-19, 12))
    np.testing.assert_allclose([e.estimate for e in series.effects], path["difference"], atol=1e-9)
    after = np.array(series.index) >= 0
    assert np.mean([e.estimate for e in series.effects][19:]) == pytest.approx(
        series.overall.estimate, abs=1e-9
    )
    # The same replications give the error of the path and of its average.
    average = after / after.sum()
    assert average @ series.covariance @ average == pytest.approx(series.overall.std_error**2)


def test_event_times_of_several_cohorts_are_averaged_by_treated_units():
    frame = block(n=40, treated=6)
    frame.loc[frame["unit"].isin([4, 5]), "cohort"] = 7
    found = synthetic_did(Panel.from_data(frame, **ROLES), inference="jackknife")
    path = found.path().assign(event=lambda f: f["time"] - f["cohort"])
    at_one = path[path["event"] == 1].set_index("cohort")["difference"]
    effects = dict(zip(found.series.index, found.series.effects, strict=True))
    assert effects[1].estimate == pytest.approx((4 * at_one[6] + 2 * at_one[7]) / 6, abs=1e-10)
    assert (effects[1].n_treated, effects[2].n_treated) == (6, 4)
    assert effects[1].std_error > 0


def test_the_seed_decides_the_placebos(cigarettes):
    again = synthetic_did(california(), replications=60)
    other = synthetic_did(california(), replications=60, seed=2)
    assert again.effect == cigarettes.effect
    assert other.effect.std_error != cigarettes.effect.std_error
    assert other.effect.estimate == cigarettes.effect.estimate


@pytest.mark.parametrize(("rows", "columns"), [(5, 40), (30, 6), (12, 12), (1, 20)])
@pytest.mark.parametrize("ridge", [0.0, 1e-4, 3.0])
def test_weights_meet_the_conditions_of_the_minimum(rows, columns, ridge):
    rng = np.random.default_rng(rows)
    a, b = rng.normal(size=(rows, columns)), rng.normal(size=rows)
    w = simplex_weights(a, b, ridge)
    assert w.sum() == pytest.approx(1)
    assert (w >= 0).all()
    gradient = a.T @ (a @ w - b) + ridge * w
    level = gradient[w > 0].mean()
    np.testing.assert_allclose(gradient[w > 1e-12], level, atol=1e-6)
    assert (gradient >= level - 1e-6).all()


def test_weights_equal_those_of_a_general_optimiser():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(10, 6)), rng.normal(size=10)
    found = optimize.minimize(
        lambda w: ((a @ w - b) ** 2).sum() + 0.5 * (w**2).sum(),
        np.full(6, 1 / 6),
        bounds=[(0, 1)] * 6,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-14},
    )
    np.testing.assert_allclose(simplex_weights(a, b, 0.5), found.x, atol=1e-6)


def test_a_vast_ridge_gives_the_plain_mean():
    a = np.random.default_rng(4).normal(size=(5, 8))
    np.testing.assert_allclose(simplex_weights(a, a[:, 0], 1e12), np.full(8, 1 / 8), atol=1e-9)


def test_it_follows_a_factor_where_plain_differences_do_not():
    gaps = []
    for seed in range(6):
        panel = Panel.from_data(block(seed, n=60), **ROLES)
        found = synthetic_did(panel, inference="jackknife").effect.estimate
        plain = att_gt(panel).aggregate(bands="pointwise").overall.estimate
        gaps.append([abs(found - 2), abs(plain - 2)])
    weighted, plain = np.mean(gaps, axis=0)
    assert weighted < plain


def test_unit_effects_a_common_trend_and_the_order_of_rows_do_not_matter():
    # Other period effects do, a little: the paper's noise level is taken about one mean change.
    frame = block(5)
    moved = frame.assign(y=frame["y"] + frame["unit"] ** 2 + 10 * frame["time"])
    one, two = (
        synthetic_did(Panel.from_data(data, **ROLES), inference="jackknife").effect
        for data in (frame, moved.sample(frac=1, random_state=1))
    )
    assert two.estimate == pytest.approx(one.estimate, abs=1e-8)
    assert two.std_error == pytest.approx(one.std_error, abs=1e-8)


def test_the_outcome_s_unit_scales_the_effect():
    frame = block(6)
    one, two = (
        synthetic_did(Panel.from_data(data, **ROLES), inference="bootstrap", replications=20).effect
        for data in (frame, frame.assign(y=1000 * frame["y"]))
    )
    assert two.estimate == pytest.approx(1000 * one.estimate, rel=1e-8)
    assert two.std_error == pytest.approx(1000 * one.std_error, rel=1e-6)


def test_jackknife_by_hand():
    frame = block(7, n=12, treated=3)
    panel = Panel.from_data(frame, **ROLES)
    found = synthetic_did(panel, inference="jackknife")
    fit, y = found.fits[0], panel.arrays().outcome
    effects = []
    for out in range(12):
        omega = np.array([w for i, w in zip(range(3, 12), fit.unit, strict=True) if i != out])
        pool = y[[i for i in range(3, 12) if i != out]]
        gap = y[[i for i in range(3) if i != out]].mean(axis=0) - omega / omega.sum() @ pool
        effects.append(gap[5:].mean() - fit.time @ gap[:5])
    variance = 11 / 12 * sum((e - found.effect.estimate) ** 2 for e in effects)
    assert found.effect.std_error == pytest.approx(np.sqrt(variance), abs=1e-10)


def test_several_cohorts_are_averaged_by_treated_unit_periods():
    panel = mpdta()
    with pytest.raises(DesignError, match="two periods before treatment; cohort 2004 has one"):
        synthetic_did(panel)
    frame = random_frame(seed=8, n=50, times=range(1, 8)).replace({"cohort": {3: 4}})
    found = synthetic_did(Panel.from_data(frame, **ROLES), inference="jackknife")
    assert found.cohorts == (4, 5, 6)
    alone = []
    for g in found.cohorts:
        part = Panel.from_data(frame[frame["cohort"].isin([0, g])], **ROLES)
        one = synthetic_did(part, inference="jackknife").effect
        alone.append((one.n_treated * (8 - g), one.estimate))
    weight, effect = np.array(alone).T
    assert found.effect.estimate == pytest.approx(weight @ effect / weight.sum(), abs=1e-10)


@pytest.mark.parametrize("inference", ["jackknife", "bootstrap"])
def test_one_treated_unit_has_no_error_but_a_reason(inference):
    found = synthetic_did(california(), inference=inference).effect
    assert found.std_error is None
    assert "two treated units in every cohort" in found.reason


def test_more_treated_than_comparison_units_leave_no_placebos():
    found = synthetic_did(Panel.from_data(block(9, n=10, treated=6), **ROLES)).effect
    assert found.std_error is None
    assert "placebos need more comparison units (4) than treated (6)" in found.reason


def make(**changes):
    return lambda: Panel.from_data(block(10), **(ROLES | changes))


def test_each_remedy_for_weights_works_on_the_panel_that_was_refused():
    frame = block(10)
    weighted = Panel.from_data(frame, **(ROLES | {"weight": "weight"}))
    with pytest.raises(DesignError, match=r"Leave the weight out.*or use att_gt.*as one unit"):
        synthetic_did(weighted)
    plain = Panel.from_data(frame, **ROLES)
    assert np.isfinite(synthetic_did(plain, replications=2).effect.estimate)
    assert att_gt(weighted).to_frame()["estimate"].notna().all()
    treated = frame[frame["cohort"] > 0].assign(y=lambda f: f["y"] * f["weight"])
    sums = treated.groupby(["cohort", "time"], as_index=False)[["y", "weight"]].sum()
    mean = sums.assign(y=sums["y"] / sums["weight"], unit=-1)
    kept = frame[frame["cohort"] == 0][["unit", "time", "cohort", "y"]]
    both = pd.concat([kept, mean[["unit", "time", "cohort", "y"]]])
    roles = {key: ROLES[key] for key in ("unit", "time", "outcome", "cohort")}
    single = synthetic_did(Panel.from_data(both, **roles), replications=2).effect
    assert np.isfinite(single.estimate)
    assert single.n_treated == 1


@pytest.mark.parametrize(
    ("panel", "options", "message"),
    [
        (make(weight="weight"), {}, "takes each unit as it is, and 'weight' is a weight"),
        (make(cluster="cluster"), {}, "without cluster"),
        (make(unit=None), {}, "every unit in every period"),
        (make(), {"inference": "robust"}, "inference must be one of placebo"),
        (make(), {"replications": 1}, "replications must be at least 2, got 1"),
        (make(), {"level": 95}, r"Did you mean 0\.95"),
        (
            lambda: Panel.from_data(with_gaps(block(10), 1), missing="pairs", **ROLES),
            {},
            "missing='complete_units'",
        ),
        (
            lambda: Panel.from_data(random_frame(1, never=False), **ROLES),
            {},
            "needs treated and never-treated units; there are 60 and 0",
        ),
    ],
)
def test_a_design_that_does_not_fit_is_refused(panel, options, message):
    with pytest.raises(DesignError, match=message):
        synthetic_did(panel(), **options)
