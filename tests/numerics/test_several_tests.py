"""Adjusted p-values against R, against a slow twin, and what they promise."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from pbc_eval.errors import DataError, DesignError
from pbc_eval.numerics.several_tests import adjust_p_values

pytestmark = pytest.mark.slow  # seconds, together

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "inference" / "mht_R.json").read_text())
EXACT = 1e-12


@pytest.mark.parametrize(("method", "named"), [("holm", "holm"), ("benjamini_hochberg", "BH")])
def test_adjusted_p_values_equal_r_s(method, named):
    found = adjust_p_values(GOLDEN["pvalues"], method)
    np.testing.assert_allclose(found, GOLDEN[named], atol=EXACT)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=20, deadline=None)
def test_adjusted_p_values_equal_statsmodels_in_any_order(p):
    for method, named in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh")):
        np.testing.assert_allclose(
            adjust_p_values(p, method), multipletests(p, method=named)[1], atol=1e-12
        )


def test_romano_wolf_equals_its_definition_step_by_step():
    draw = np.random.default_rng(1)
    draws, own = draw.normal(size=(499, 4)), np.array([1.0, -2.9, 2.0, 0.3])
    expected, before = np.zeros(4), 0.0
    left = [1, 2, 0, 3]  # the largest first
    while left:
        most = np.abs(draws[:, left]).max(axis=1)
        before = max(before, (1 + (most >= abs(own[left[0]])).sum()) / 500)
        expected[left.pop(0)] = before
    found = adjust_p_values([0.5] * 4, "romano_wolf", statistics=own, draws=draws)
    np.testing.assert_allclose(found, expected)


def test_romano_wolf_is_sidak_when_independent_and_no_correction_when_all_are_one():
    p = np.array([0.01, 0.01, 0.01])
    found = adjust_p_values(p, "romano_wolf", covariance=np.eye(3))
    np.testing.assert_allclose(found, 1 - 0.99**3, atol=0.002)
    found = adjust_p_values(p, "romano_wolf", covariance=np.full((3, 3), 4.0))
    np.testing.assert_allclose(found, 0.01, atol=0.002)


@given(st.integers(0, 1000), st.integers(2, 6))
@settings(max_examples=10, deadline=None)
def test_romano_wolf_is_never_below_the_p_value_nor_above_holm(seed, k):
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(k, k))
    p = draw.uniform(size=k) ** 2
    found = adjust_p_values(p, "romano_wolf", covariance=root @ root.T + 0.1 * np.eye(k))
    assert (found >= p - 0.01).all()
    assert (found <= adjust_p_values(p, "holm") + 0.01).all()


@pytest.mark.soak
def test_the_share_of_samples_with_a_false_rejection_is_kept():
    draw = np.random.default_rng(2)
    covariance = 0.6 * np.ones((5, 5)) + 0.4 * np.eye(5)
    root = np.linalg.cholesky(covariance)
    p = 2 * stats.norm.sf(np.abs(draw.normal(size=(1500, 5)) @ root.T))
    false = np.mean([adjust_p_values(one, "romano_wolf", covariance=covariance).min() < 0.05
                     for one in p])  # fmt: skip
    assert 0.035 < false < 0.065


def test_what_cannot_be_adjusted_is_refused():
    with pytest.raises(DataError, match="between 0 and 1"):
        adjust_p_values([0.2, np.nan])
    with pytest.raises(DesignError, match="needs the covariance"):
        adjust_p_values([0.2, 0.3], "romano_wolf")
    with pytest.raises(DesignError, match="benjamini_hochberg"):
        adjust_p_values([0.2], "benjamini")
