"""Sums by cluster and their sandwich: loops, closed forms, statsmodels."""

import numpy as np
import pytest
import statsmodels.api as models

from pbc_eval.numerics.clustered import clusters_of, crv1_factor, sandwich


def rows(n=120, g=9, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)), rng.integers(0, g, n) * 7 - 5


def test_sums_and_flags_are_those_of_a_loop_whatever_the_order_of_rows():
    scores, label = rows()
    for order in (np.arange(120), np.argsort(label, kind="stable"), np.arange(120)[::-1]):
        clusters = clusters_of(label[order])
        sums, flags = clusters.sums(scores[order]), clusters.any_of(scores[order] > 1.9)
        single = clusters.sums(scores[order, 0])
        assert len(clusters) == len(sums) == len(np.unique(label))
        for g, name in enumerate(np.unique(label)):
            np.testing.assert_allclose(sums[g], sum(scores[label == name]), rtol=1e-12)
            np.testing.assert_array_equal(flags[g], (scores[label == name] > 1.9).any(axis=0))
            assert single[g] == pytest.approx(sums[g, 0], rel=1e-12)


def test_a_cluster_of_its_own_for_every_row_changes_nothing():
    scores, _ = rows()
    clusters = clusters_of(np.random.default_rng(1).permutation(120))
    np.testing.assert_allclose(
        sandwich(clusters.sums(scores)), sandwich(scores), rtol=1e-12, atol=1e-12
    )


def test_copies_of_a_row_in_one_cluster_double_the_error():
    scores, _ = rows()
    four = clusters_of(np.repeat(np.arange(120), 4)).sums(np.repeat(scores / 4, 4, axis=0))
    np.testing.assert_allclose(sandwich(four), sandwich(scores), rtol=1e-12, atol=1e-12)
    independent = sandwich(np.repeat(scores / 4, 4, axis=0))
    np.testing.assert_allclose(sandwich(four), 4 * independent, rtol=1e-12, atol=1e-12)


def test_no_rows_are_no_clusters():
    clusters = clusters_of(np.empty(0, dtype=np.int64))
    assert len(clusters) == 0
    assert clusters.sums(np.empty((0, 3))).shape == (0, 3)
    assert clusters.sums(np.empty(0)).shape == (0,)


@pytest.mark.parametrize("corrected", [False, True])
def test_regression_errors_are_those_of_statsmodels(corrected):
    rng = np.random.default_rng(4)
    label = rng.integers(0, 14, 200)
    x = np.column_stack([np.ones(200), rng.normal(size=(200, 2))])
    y = x @ [1.0, 2.0, 0.5] + rng.normal(size=14)[label] + rng.normal(size=200)
    theirs = models.OLS(y, x).fit(
        cov_type="cluster", cov_kwds={"groups": label, "use_correction": corrected}
    )
    bread = np.linalg.inv(x.T @ x)
    scores = (x * (y - x @ (bread @ (x.T @ y)))[:, None]) @ bread
    factor = crv1_factor(14, 200, 3) if corrected else 1.0
    ours = sandwich(clusters_of(label).sums(scores), factor)
    np.testing.assert_allclose(ours, theirs.cov_params(), rtol=1e-9, atol=1e-14)


def test_the_factor_counts_clusters_rows_and_coefficients():
    assert crv1_factor(10, 101, 5) == pytest.approx(10 / 9 * 100 / 96)
    assert crv1_factor(1, 2, 2) == 1.0  # finite; whoever publishes an error refuses it first
