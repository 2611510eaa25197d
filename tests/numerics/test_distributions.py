"""Quantiles and tails are those of scipy.stats, to the last bit."""

import numpy as np
import pytest
from scipy import stats

from pbc_eval.numerics import distributions

SHARES = np.concatenate([np.linspace(0.0005, 0.9995, 2000), [1e-9, 0.25, 0.95, 0.975, 1 - 1e-9]])
VALUES = np.linspace(-14, 14, 2801)
FREEDOMS = [0.5, 1.0, 2.0, 3.7, 10.0, 57.3, 1e4, 1e9]


def same(ours, theirs):
    np.testing.assert_array_equal(ours, theirs)


def test_the_normal_is_scipys():
    same(distributions.normal_quantile(SHARES), stats.norm.ppf(SHARES))
    same(distributions.normal_cdf(VALUES), stats.norm.cdf(VALUES))
    same(distributions.normal_sf(VALUES), stats.norm.sf(VALUES))
    same(distributions.normal_density(VALUES), stats.norm.pdf(VALUES))


@pytest.mark.parametrize("df", [*FREEDOMS, np.inf, 0.0, -1.0, np.nan])
def test_students_t_is_scipys(df):
    same(distributions.t_quantile(SHARES, df), stats.t.ppf(SHARES, df))
    same(distributions.t_sf(VALUES, df), stats.t.sf(VALUES, df))


@pytest.mark.parametrize("df", [*FREEDOMS[:-1], 0.0, -1.0])
def test_chi_squared_is_scipys(df):
    same(distributions.chi2_quantile(SHARES, df), stats.chi2.ppf(SHARES, df))
    same(distributions.chi2_sf(VALUES, df), stats.chi2.sf(VALUES, df))


@pytest.mark.parametrize("df", [(1.0, 3.0), (5.0, 40.5), (12.0, 1e6), (0.0, 3.0), (2.0, -1.0)])
def test_fishers_f_is_scipys(df):
    same(distributions.f_sf(VALUES, *df), stats.f.sf(VALUES, *df))


@pytest.mark.parametrize("shape", [(1.0, 3.0), (5.0, 40.5), (12.0, 500.0), (0.5, 0.5), (0.0, 1.0)])
def test_the_beta_is_scipys(shape):
    same(distributions.beta_quantile(SHARES, *shape), stats.beta.ppf(SHARES, *shape))


def test_shapes_broadcast_as_scipys_do():
    df = np.array([3.0, 30.0, np.inf])
    same(distributions.t_quantile(0.975, df), stats.t.ppf(0.975, df))
    same(distributions.t_sf(VALUES[:, None], df), stats.t.sf(VALUES[:, None], df))
