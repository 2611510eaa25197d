"""Pooled effects: published figures, slow twins, closed forms and invariances."""

import json

import numpy as np
import pytest
from portfolio.trials import GOLDEN, bcg
from scipy.optimize import minimize_scalar
from scipy.stats import chi2, t

from pbc_eval.errors import DataError
from pbc_eval.portfolio.heterogeneity import heterogeneity
from pbc_eval.portfolio.pooling import common_mean, funnel_limits, pooled_effect

PUBLISHED = [
    pytest.param(scale, name, value, id=f"{scale}-{name}-{status}")
    for scale, figures in json.loads((GOLDEN / "reference.json").read_text()).items()
    for name, (value, status) in figures.items()
]


def some(k=9, seed=3, tau=0.5):
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.05, 0.6, k)
    return 1 + tau * rng.standard_normal(k) + np.sqrt(v) * rng.standard_normal(k), v


@pytest.mark.parametrize(("scale", "name", "value"), PUBLISHED)
def test_figures_are_those_published_of_the_bcg_trials(scale, name, value):
    assert getattr(heterogeneity(*bcg(scale)), name) == pytest.approx(value, abs=6e-5)


def q_by_hand(tau2, y, v):
    w = [1 / (one + tau2) for one in v]
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    return sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))


@pytest.mark.parametrize("seed", range(6))
def test_every_tau2_solves_its_own_equation(seed):
    y, v = some(seed=seed)
    found = heterogeneity(y, v, level=0.9)
    assert found.q == pytest.approx(q_by_hand(0, y, v))
    for tau2, wanted in (
        (found.tau2, len(y) - 1),
        (found.tau2_low, chi2.ppf(0.95, len(y) - 1)),
        (found.tau2_high, chi2.ppf(0.05, len(y) - 1)),
    ):
        here = q_by_hand(tau2, y, v)
        assert here == pytest.approx(wanted, rel=1e-8) if tau2 > 0 else here <= wanted


@pytest.mark.parametrize("seed", range(4))
def test_restricted_likelihood_is_largest_where_it_says(seed):
    y, v = some(seed=seed)

    def minus_log_likelihood(tau2):
        w = 1 / (v + tau2)
        return 0.5 * (-np.log(w).sum() + np.log(w.sum()) + q_by_hand(tau2, y, v))

    best = minimize_scalar(
        minus_log_likelihood, bounds=(0, 20), method="bounded", options={"xatol": 1e-10}
    )
    assert heterogeneity(y, v).tau2_reml == pytest.approx(best.x, abs=1e-5)


def test_equal_variances_have_closed_forms():
    y, v = np.array([0.0, 1.0, 3.0, 4.0]), np.full(4, 0.5)
    found = pooled_effect(y, v)
    spread = y.var(ddof=1)
    for name in ("tau2", "tau2_dersimonian_laird", "tau2_reml"):
        assert getattr(found.heterogeneity, name) == pytest.approx(spread - 0.5)
    assert found.mean == pytest.approx(2)
    assert found.std_error == pytest.approx(np.sqrt(spread / 4))  # that of a plain mean
    assert found.conf_high == pytest.approx(2 + t.ppf(0.975, 3) * np.sqrt(spread / 4))
    wide = t.ppf(0.975, 2) * np.sqrt(spread - 0.5 + spread / 4)
    assert found.prediction == pytest.approx((2 - wide, 2 + wide))


def test_what_agrees_has_no_heterogeneity_and_an_interval_no_narrower_than_chance():
    y, v = np.array([1.0, 1.01, 0.99, 1.0]), np.full(4, 0.25)
    found = pooled_effect(y, v)
    assert found.heterogeneity.tau2 == found.heterogeneity.tau2_low == 0
    assert found.heterogeneity.i_squared == 0
    assert found.std_error == pytest.approx(0.25)  # sqrt(0.25 / 4), not Hartung and Knapp's less
    assert found.prediction[0] < found.conf_low


def test_units_and_order_change_nothing_but_the_unit():
    y, v = some()
    one, other = pooled_effect(y, v), pooled_effect(100 * y[::-1] + 7, 1e4 * v[::-1])
    assert other.mean == pytest.approx(100 * one.mean + 7)
    assert other.std_error == pytest.approx(100 * one.std_error)
    assert other.heterogeneity.tau2 == pytest.approx(1e4 * one.heterogeneity.tau2)
    assert other.heterogeneity.i_squared == pytest.approx(one.heterogeneity.i_squared)
    assert other.prediction[1] == pytest.approx(100 * one.prediction[1] + 7)


def test_two_contracts_have_a_mean_but_no_prediction():
    assert pooled_effect([1.0, 2.0], [0.1, 0.1]).prediction is None


@pytest.mark.parametrize(
    ("y", "v"), [([1.0], [0.1]), ([1, 2], [0.1]), ([1, np.nan], [1, 1]), ([1, 2], [1, 0.0])]
)
def test_what_cannot_be_pooled_is_refused(y, v):
    with pytest.raises(DataError, match="Leave out contracts without a standard error"):
        pooled_effect(y, v)


def test_funnel_limits_hold_what_chance_does():
    rng = np.random.default_rng(1)
    se = rng.uniform(0.1, 1, 40_000)
    y = 2 + se * rng.standard_normal(40_000)
    assert common_mean(y, se**2) == pytest.approx(2, abs=0.01)
    for coverage in (0.95, 0.998):
        low, high = funnel_limits(2, se, coverage)
        assert np.mean((y >= low) & (y <= high)) == pytest.approx(coverage, abs=0.004)
