"""Covariances and tests with few clusters: R's numbers, their definition, and simulation."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.linalg import sqrtm

from pbc_eval.errors import DataError, DesignError
from pbc_eval.numerics.few_clusters import clustered_covariance, clustered_wald

pytestmark = pytest.mark.slow  # seconds, together

R = Path(__file__).parents[1] / "golden" / "inference"
EXACT = 1e-8


def errors_of(name: str, prefix: str) -> list[float]:
    rows = json.loads((R / f"{name}.json").read_text())["rows"]
    return [row["se"] for row in rows if row["statistic"].startswith(prefix)]


def counties():
    data = pd.read_csv(R / "data_53_cr2.csv")
    x = np.column_stack([np.ones(len(data)), data["treat"], data["year"]])
    return x, residuals(x, data["lemp"].to_numpy()), data["countyreal"]


def residuals(x, y):
    return y - x @ np.linalg.lstsq(x, y, rcond=None)[0]


def sample(seed: int, n: int = 60, groups: int = 8):
    draw = np.random.default_rng(seed)
    group = draw.integers(0, groups, n)
    x = np.column_stack([np.ones(n), draw.normal(size=(n, 2)), group > groups / 2])
    return x, draw.normal(size=n), group


@pytest.mark.parametrize("kind", ["CR2", "CR3"])
def test_clusters_equal_r_s_clubsandwich(kind):
    x, e, cluster = counties()
    found = np.sqrt(np.diag(clustered_covariance(x, e, cluster, kind)))
    np.testing.assert_allclose(found, errors_of("53_cr2", kind.lower()), rtol=EXACT)


@pytest.mark.parametrize(("kind", "named"), [("CR2", "hc2"), ("CR3", "hc3")])
def test_rows_as_clusters_equal_r_s_hc2_and_hc3(kind, named):
    x, e, _ = counties()
    found = np.sqrt(np.diag(clustered_covariance(x, e, np.arange(len(e)), kind)))
    np.testing.assert_allclose(found, errors_of("55_hc2_hc3", named), rtol=1e-7)


def test_two_ways_of_clustering_equal_r_s_sandwich():
    data = pd.read_csv(R / "data_54_twoway_cluster.csv")
    x = np.column_stack([np.ones(len(data)), data["x"]])
    e = residuals(x, data["y"].to_numpy())
    found = np.sqrt(np.diag(clustered_covariance(x, e, data[["g1", "g2"]], "CR1")))
    np.testing.assert_allclose(found, errors_of("54_twoway_cluster", "beta"), rtol=EXACT)


def slow_degrees_of_freedom(x, group, combined):
    """Of the covariance of ``combined``, from every pair of clusters and the whole hat matrix."""
    bread = np.linalg.inv(x.T @ x)
    left = np.eye(len(x)) - x @ bread @ x.T
    parts = []
    for g in np.unique(group):
        at = group == g
        sizes, axes = np.linalg.eigh(left[np.ix_(at, at)])
        scale = np.array([0.0 if size < 1e-10 else size**-0.5 for size in sizes])
        parts.append(left[:, at] @ (axes * scale) @ axes.T @ x[at] @ bread @ combined.T)
    root = np.linalg.inv(sqrtm(sum(part.T @ part for part in parts)).real)
    parts = [part @ root for part in parts]
    q, total = len(combined), 0.0
    for one in parts:
        for other in parts:
            joint = one.T @ other
            total += sum(
                joint[s, s] * joint[t, t] + joint[s, t] * joint[t, s]
                for s in range(q)
                for t in range(q)
            )
    return q * (q + 1) / total


@pytest.mark.parametrize("rows", [[1], [3], [1, 2], [1, 2, 3]])
def test_degrees_of_freedom_equal_the_slow_sum_over_pairs_of_clusters(rows):
    x, y, group = sample(1)
    combined = np.eye(4)[rows]
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    found = clustered_wald(x, residuals(x, y), group, beta, restrictions=combined)
    eta = found.df_denominator + found.df_numerator - 1
    assert eta == pytest.approx(slow_degrees_of_freedom(x, group, combined), rel=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_neither_order_nor_units_nor_names_of_clusters_matter(seed):
    x, y, group = sample(seed)
    beta, e = np.linalg.lstsq(x, y, rcond=None)[0], residuals(x, y)
    order = np.random.default_rng(seed).permutation(len(y))
    scale = np.array([1.0, 1e4, 1e-3, 10.0])
    for kind in ("CR1", "CR2", "CR3"):
        once = clustered_covariance(x, e, group, kind)
        again = clustered_covariance((x * scale)[order], e[order], [f"c{g}" for g in group[order]],
                                     kind)  # fmt: skip
        np.testing.assert_allclose(again * np.outer(scale, scale), once, rtol=1e-7, atol=1e-12)
    once = clustered_wald(x, e, group, beta, restrictions=[1, 2])
    again = clustered_wald(x * scale, e, group, beta / scale, restrictions=[2, 1])
    assert (again.statistic, again.df_denominator) == pytest.approx(
        (once.statistic, once.df_denominator), rel=1e-7
    )


def test_cr2_is_unbiased_where_errors_are_independent_and_alike():
    x, _, group = sample(3)
    left = np.eye(len(x)) - x @ np.linalg.pinv(x)
    bread = np.linalg.inv(x.T @ x)
    total = np.zeros((4, 4))
    for column in left.T:  # E of a quadratic form: the sum over the columns of the residual maker
        total += clustered_covariance(x, column, group, "CR2")
    np.testing.assert_allclose(total, bread, rtol=1e-9, atol=1e-12)


def test_a_fixed_effect_of_a_cluster_leaves_nothing_to_learn_and_no_error_of_rounding():
    x, y, group = sample(4)
    dummies = (group[:, None] == np.arange(1, 8)).astype(float)
    x = np.column_stack([x[:, :3], dummies])
    found = clustered_covariance(x, residuals(x, y), group, "CR2")
    assert np.isfinite(found).all()
    assert np.diag(found)[1:3].max() < 1


@pytest.mark.soak
def test_the_htz_test_keeps_its_size_with_few_clusters_where_the_plain_one_does_not():
    rejected, plain, samples = 0, 0, 2000
    for seed in range(samples):
        draw = np.random.default_rng(seed)
        group = np.repeat(np.arange(10), 8)
        x = np.column_stack([np.ones(80), group < 3, draw.normal(size=80)])
        y = draw.normal(size=10)[group] + draw.normal(size=80)
        beta, e = np.linalg.lstsq(x, y, rcond=None)[0], residuals(x, y)
        found = clustered_wald(x, e, group, beta, restrictions=[1])
        rejected += found.p_value < 0.05
        cr1 = clustered_covariance(x, e, group, "CR1")[1, 1]
        plain += 2 * stats.norm.sf(abs(beta[1]) / np.sqrt(cr1)) < 0.05
    assert rejected / samples < 0.07
    assert plain / samples > 0.1


def test_what_cannot_be_had_is_refused():
    x, y, group = sample(5)
    e, beta = residuals(x, y), np.zeros(4)
    with pytest.raises(DesignError, match="column 4 of design"):
        clustered_covariance(np.column_stack([x, x[:, 1] + x[:, 2]]), e, group)
    with pytest.raises(DesignError, match="one cluster"):
        clustered_covariance(x, e, np.zeros(len(e)))
    with pytest.raises(DataError, match="label for each"):
        clustered_covariance(x, e, group[:-1])
    with pytest.raises(DesignError, match="CR1, CR2, CR3"):
        clustered_covariance(x, e, group, "HC9")
    with pytest.raises(DesignError, match="depend on each other"):
        clustered_wald(x, e, group, beta, restrictions=[[0, 1, 0, 0], [0, 2, 0, 0]])
