"""Effects before the start that are small, not merely unseen: the bound and the test agree, and it
is of its level at the margin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import pbc_eval as pbc
from pbc_eval.errors import DesignError


def equivalence(before, covariance, margin=None, level=0.95):
    return pbc.pretrend_equivalence(
        estimates=[*before, 0.5],
        covariance=covariance,
        periods_before=len(before),
        periods_after=1,
        margin=margin,
        level=level,
    )


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=4), st.floats(0.01, 1), st.floats(0.6, 0.99))
@settings(max_examples=40, deadline=None)
def test_the_bound_is_the_margin_at_which_the_test_just_rejects(before, error, level):
    covariance = np.eye(len(before) + 1) * error**2
    bound = equivalence(before, covariance, level=level).bound
    assert bound == pytest.approx(np.abs(before).max() + stats.norm.ppf(level) * error)
    assert equivalence(before, covariance, bound, level).p_value == pytest.approx(1 - level)
    assert equivalence(before, covariance, 1.01 * bound, level).p_value < 1 - level


def test_a_drift_at_the_margin_is_called_small_as_seldom_as_promised():
    draw = np.random.default_rng(1)
    covariance = 0.2**2 * (0.5 * np.eye(4) + 0.5)
    drawn = draw.multivariate_normal([1.0, 0.4, 0.0], covariance[:3, :3], 4000)
    called = [equivalence(row, covariance, 1.0).p_value < 0.05 for row in drawn[:600]]
    assert np.mean(called) <= 0.07


def test_more_data_rule_out_more_and_no_margin_is_refused():
    few, many = (equivalence([0.1, -0.1], np.eye(3) * size**2).bound for size in (0.5, 0.05))
    assert many < few
    with pytest.raises(DesignError, match="margin must be above zero, got -1"):
        equivalence([0.1], np.eye(2), -1)
