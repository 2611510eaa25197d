"""fit_binary: closed forms, a slow twin, both tails, and no answer where there is none."""

import numpy as np
import pytest
import statsmodels.api as models
from scipy.optimize import minimize

from pbc_eval.numerics.logit import (
    BinaryFit,
    FirstPart,
    NoMaximum,
    fit_binary,
    logit_chance,
    logit_curvature,
    probit_chance,
    probit_curvature,
)

LINKS = pytest.mark.parametrize("curvature", [logit_curvature, probit_curvature])


def sample(n=300, seed=0):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    yes = rng.random(n) < logit_chance(x @ [-0.4, 0.6, -0.9, 0.2])
    return x, yes, rng.uniform(0.2, 3.0, n)


@pytest.mark.parametrize("seed", range(3))
@LINKS
def test_it_ends_at_the_maximum_that_a_general_optimiser_finds(curvature, seed):
    x, yes, weight = sample(seed=seed)
    fit = fit_binary(x, yes, weight=weight, curvature=curvature, tolerance=1e-10)

    def loss(beta):
        here = curvature(x @ beta, yes)
        return -(weight @ here.log_likelihood), -(x.T @ (weight * here.slope))

    slow = minimize(loss, np.zeros(4), jac=True, method="BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(fit.coefficients, slow.x, rtol=1e-6)
    assert np.abs(loss(fit.coefficients)[1]).max() < 1e-10


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("family", "curvature"), [("logit", logit_curvature), ("probit", probit_curvature)]
)
def test_coefficients_are_those_of_statsmodels_with_weights(family, curvature, seed):
    x, yes, weight = sample(seed=seed)
    link = {"logit": models.families.links.Logit, "probit": models.families.links.Probit}[family]
    theirs = models.GLM(
        yes.astype(float), x, family=models.families.Binomial(link()), freq_weights=weight
    ).fit(tol=1e-13)
    fit = fit_binary(x, yes, weight=weight, curvature=curvature, tolerance=1e-11)
    np.testing.assert_allclose(fit.coefficients, theirs.params, rtol=1e-9)


def test_two_groups_have_the_logs_of_their_odds():
    group = np.repeat([0.0, 1.0], [40, 60])
    yes = np.r_[np.arange(40) < 10, np.arange(60) < 45]
    fit = fit_binary(np.column_stack([np.ones(100), group]), yes, tolerance=1e-12)
    np.testing.assert_allclose(fit.coefficients, [np.log(1 / 3), np.log(3) - np.log(1 / 3)])
    # four cells: the variance of a log odds ratio is the sum of one over each count
    information = fit.information(np.column_stack([np.ones(100), group]))
    variance = np.linalg.inv(information)[1, 1]
    assert variance == pytest.approx(1 / 10 + 1 / 30 + 1 / 45 + 1 / 15, rel=1e-12)


@LINKS
def test_a_weight_of_two_is_a_row_that_is_there_twice(curvature):
    x, yes, _ = sample()
    weight = np.where(np.arange(len(yes)) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(len(yes)), weight.astype(int))
    one_row = fit_binary(x, yes, weight=weight, curvature=curvature, tolerance=1e-11)
    two_rows = fit_binary(x[twice], yes[twice], curvature=curvature, tolerance=1e-11)
    np.testing.assert_allclose(one_row.coefficients, two_rows.coefficients, rtol=1e-11)
    np.testing.assert_allclose(
        one_row.information(x), two_rows.information(x[twice]), rtol=1e-11, atol=1e-10
    )


@LINKS
def test_the_derivatives_are_those_of_the_likelihood(curvature):
    linear, h = np.linspace(-30, 30, 121), 1e-4
    for yes in (np.ones(121, dtype=bool), np.zeros(121, dtype=bool)):
        here, before, after = (curvature(linear + k * h, yes) for k in (0, -1, 1))
        np.testing.assert_allclose(
            here.slope,
            (after.log_likelihood - before.log_likelihood) / (2 * h),
            rtol=1e-5,
            atol=1e-9,
        )
        np.testing.assert_allclose(
            -here.weight, (after.slope - before.slope) / (2 * h), rtol=1e-5, atol=1e-9
        )
        assert (here.weight >= 0).all()


@LINKS
def test_separated_answers_have_no_maximum(curvature):
    x, _, weight = sample()
    fit = fit_binary(x, x[:, 1] > 0.1, weight=weight, curvature=curvature, tolerance=1e-10)
    assert isinstance(fit, NoMaximum)


def test_a_column_with_one_answer_only_has_no_maximum():
    x, yes, weight = sample()
    x[:, 3] = yes & (np.arange(len(yes)) % 5 == 0)
    assert isinstance(fit_binary(x, yes, weight=weight, tolerance=1e-10), NoMaximum)


def test_a_first_part_saves_steps_and_moves_nothing():
    x, yes, weight = sample(6_000)
    cold = fit_binary(x, yes, weight=weight, tolerance=1e-10)
    part = FirstPart(from_rows=6_000, rows=1_500)
    warm = fit_binary(x, yes, weight=weight, tolerance=1e-10, part=part)
    np.testing.assert_allclose(warm.coefficients, cold.coefficients, atol=1e-12)
    assert warm.steps < cold.steps
    later = FirstPart(from_rows=6_001, rows=1_500)
    same = fit_binary(x, yes, weight=weight, tolerance=1e-10, part=later)
    assert same.steps == cold.steps


def test_a_first_part_without_a_rare_value_starts_from_nothing():
    x, yes, weight = sample(6_000)
    rare = np.zeros(6_000)
    rare[[1, 3, 5, 7, 9, 11]] = 1.0  # in no fourth row
    yes[[1, 3]], yes[[5, 7]] = True, False
    x = np.column_stack([x, rare])
    part = FirstPart(from_rows=6_000, rows=1_500)
    cold = fit_binary(x, yes, weight=weight, tolerance=1e-10)
    fit = fit_binary(x, yes, weight=weight, tolerance=1e-10, part=part)
    assert isinstance(fit, BinaryFit)
    assert fit.steps == cold.steps
    np.testing.assert_array_equal(fit.coefficients, cold.coefficients)


def test_chances_and_likelihoods_are_finite_in_both_tails():
    linear = np.array([-800.0, -40.0, 0.0, 40.0, 800.0])
    for chance, curvature in (
        (logit_chance, logit_curvature),
        (probit_chance, probit_curvature),
    ):
        assert chance(linear)[[0, 2, 4]] == pytest.approx([0.0, 0.5, 1.0])
        for yes in (True, False):
            here = curvature(linear, np.full(5, yes))
            assert all(np.isfinite(part[1:4]).all() for part in here)
    assert logit_curvature(linear, np.zeros(5, dtype=bool)).log_likelihood[4] == -800.0


def test_a_step_into_the_far_is_no_maximum():
    """Where a level holds one answer only, its information dies out: rounding then makes a step of
    any length, beside which the next is small, or none."""
    rng = np.random.default_rng(0)
    for _ in range(60):
        n = int(rng.integers(150, 500))
        apart = np.arange(n) < 20
        other = rng.normal(size=n)
        yes = (rng.random(n) < 1 / (1 + np.exp(-other))) & ~apart
        weight = rng.choice([0.5, 1.0, 2.5], n)
        x = np.column_stack([np.ones(n), (apart - apart.mean()) / apart.std(), other])
        assert isinstance(fit_binary(x, yes, weight=weight, tolerance=1e-11), NoMaximum)
