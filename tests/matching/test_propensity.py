"""fit_propensity: against statsmodels, in the tails, on awkward columns, and in refusal."""

import numpy as np
import pytest

from pbc_eval.errors import DesignError
from pbc_eval.matching.propensity import fit_propensity

statsmodels = pytest.importorskip("statsmodels.api")


def sample(n=400, p=3, seed=0):
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(n, p))
    return columns, rng.random(n) < 1 / (1 + np.exp(0.5 - columns @ np.linspace(-1, 1, p)))


def names(columns) -> tuple[str, ...]:
    return tuple(f"x{j}" for j in range(columns.shape[1]))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("link", "model"), [("logit", "Logit"), ("probit", "Probit")])
def test_coefficients_and_scores_are_those_of_statsmodels(link, model, seed):
    columns, treated = sample(seed=seed)
    ours = fit_propensity(columns, treated, names(columns), link)
    design = statsmodels.add_constant(columns)
    theirs = getattr(statsmodels, model)(treated, design).fit(disp=0, tol=1e-12, maxiter=100)
    np.testing.assert_allclose([ours.intercept, *ours.coefficients], theirs.params, rtol=1e-9)
    np.testing.assert_allclose(ours.score, theirs.predict(design), rtol=1e-9)


def test_the_linear_links_give_the_linear_predictor():
    columns, treated = sample()
    for link, back in (("linear_logit", "logit"), ("linear_probit", "probit")):
        linear, chance = (fit_propensity(columns, treated, names(columns), k) for k in (link, back))
        np.testing.assert_array_equal(linear.score, chance.linear)


def test_equal_covariates_get_equal_scores_to_the_last_bit():
    columns, treated = sample(4001)
    doubled = np.concatenate([columns, columns[::-1]])
    score = fit_propensity(doubled, np.r_[treated, ~treated[::-1]][: len(doubled)], names(columns))
    np.testing.assert_array_equal(score.score[:4001], score.score[:4000:-1])


def test_columns_of_very_different_size_are_no_trouble():
    columns, treated = sample()
    plain = fit_propensity(columns, treated, names(columns))
    scaled = fit_propensity(columns * [1e-9, 1.0, 1e9] + [0, 50.0, 1e12], treated, names(columns))
    np.testing.assert_allclose(scaled.score, plain.score, rtol=1e-5)


def test_columns_that_add_nothing_are_left_out_and_named():
    columns, treated = sample()
    awkward = np.column_stack(
        [np.full(400, 3.0), columns, columns[:, 0] - 2 * columns[:, 2], columns[:, 1]]
    )
    fit = fit_propensity(awkward, treated, ("one", "a", "b", "c", "a-2c", "b again"))
    assert fit.aliased == ("one", "a-2c", "b again")
    np.testing.assert_allclose(
        fit.score, fit_propensity(columns, treated, names(columns)).score, rtol=1e-9
    )


@pytest.mark.parametrize(("own", "left_out"), [(1e-4, ()), (1e-5, ("d",))])
def test_a_column_that_earlier_ones_nearly_determine_is_left_out_and_named(own, left_out):
    """``own`` is the part of its length that they leave: 1e-9 of the sum of squares is 3e-5."""
    columns, treated = sample()
    noise = np.random.default_rng(5).normal(size=400)
    nearly = np.column_stack([columns, columns[:, 0] + own * noise])
    assert fit_propensity(nearly, treated, ("a", "b", "c", "d")).aliased == left_out


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_separated_groups_are_refused_and_the_covariate_named(link):
    columns, treated = sample()
    columns[:, 1] += 10 * treated
    with pytest.raises(DesignError, match=r"separate the treated .* Look first at x1"):
        fit_propensity(columns, treated, names(columns), link)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_a_level_found_in_one_group_only_is_refused(link):
    columns, treated = sample()
    columns[:, 2] = ~treated & (np.arange(400) % 7 == 0)
    with pytest.raises(DesignError, match=r"separate the treated .* Look first at x2"):
        fit_propensity(columns, treated, names(columns), link)


def test_a_head_start_ends_where_a_cold_one_does(monkeypatch):
    rng = np.random.default_rng(8)
    columns = rng.normal(size=(5_000, 3))
    treated = rng.random(5_000) < 1 / (1 + np.exp(1 - columns @ [0.5, -0.3, 0.2]))
    cold = fit_propensity(columns, treated, ("a", "b", "c"))
    monkeypatch.setattr("pbc_eval.matching.propensity.MANY", 1_000)
    warm = fit_propensity(columns, treated, ("a", "b", "c"))
    # both stop at the rounding of the last step, which differs between processors
    np.testing.assert_allclose(warm.coefficients, cold.coefficients, atol=1e-12)
    assert warm.steps < cold.steps
    rare = np.zeros((5_000, 1))
    rare[[1, 3, 7, 9, 11, 13]] = 1  # nobody of them is in the part that is fitted first
    treated[[1, 3]], treated[[7, 9]] = True, False
    with_rare = np.column_stack([columns, rare])
    assert np.isfinite(fit_propensity(with_rare, treated, ("a", "b", "c", "r")).coefficients).all()
