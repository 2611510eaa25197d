"""Who can be compared: a region where nobody was treated costs its people, and nobody else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.numerics.logit import BinaryFit, NoMaximum, fit_binary
from pbc_eval.numerics.separation import BEYOND, comparable, separating_columns


def people(seed, n=200, levels=4, without=(3,)):
    """``x`` (n, p) with its intercept: a number and indicators of all levels but the first."""
    rng = np.random.default_rng(seed)
    level, number = rng.integers(0, levels, n), rng.normal(size=n)
    yes = rng.random(n) < 1 / (1 + np.exp(0.8 - 0.7 * number))
    yes &= ~np.isin(level, without)
    indicators = (level[:, None] == np.arange(1, levels)).astype(float)
    return np.column_stack([np.ones(n), number, indicators]), yes, level


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    without=st.sets(st.integers(0, 3), max_size=2),
)
def test_people_of_levels_without_treated_are_left_out_also_of_the_reference_level(seed, without):
    x, yes, level = people(seed, without=tuple(without))
    inside = ~np.isin(level, list(without))
    if isinstance(fit_binary(x[inside], yes[inside], tolerance=1e-10), NoMaximum) and not without:
        return
    left = comparable(x, yes, lose_yes=False, lose_no=True)
    assert (left.rows == inside).all()
    beyond = (x @ left.directions < -BEYOND).any(axis=1)
    assert (beyond == ~inside).all()


def test_the_limit_is_the_fit_among_those_who_are_left():
    x, yes, level = people(1)
    assert isinstance(fit_binary(x, yes, tolerance=1e-10), NoMaximum)
    inside = level != 3
    fit = fit_binary(x[inside][:, :4], yes[inside], tolerance=1e-10)
    assert isinstance(fit, BinaryFit)
    # a weak pull towards the middle stands for the way to the limit
    pulled = np.vstack([x, x])
    answers = np.r_[yes, ~yes]
    weight = np.r_[np.ones(len(x)), np.full(len(x), 1e-7)]
    near = fit_binary(pulled, answers, weight=weight, tolerance=1e-10)
    np.testing.assert_allclose(near.coefficients[:4], fit.coefficients, atol=1e-4)
    chance = 1 / (1 + np.exp(-x @ near.coefficients))
    assert chance[level == 3].max() < 1e-4


def test_those_who_must_not_be_lost_are_not():
    x, yes, _ = people(2)
    assert comparable(x, ~yes, lose_yes=False, lose_no=True) is None
    assert comparable(x, ~yes, lose_yes=True, lose_no=False) is not None
    assert comparable(x, yes, lose_yes=False, lose_no=False) is None


def test_groups_apart_altogether_are_not_compared():
    number = np.linspace(-1, 1, 40)
    x = np.column_stack([np.ones(40), number])
    assert comparable(x, number > 0, lose_yes=False, lose_no=True) is None
    assert separating_columns(x, number > 0).tolist() == [1]


@pytest.mark.parametrize("seed", range(3))
def test_where_a_fit_exists_everybody_stays(seed):
    x, yes, _ = people(seed, without=())
    left = comparable(x, yes, lose_yes=True, lose_no=True)
    assert left.rows.all()
    assert left.directions.shape == (x.shape[1], 0)
