"""One rule for columns that add nothing: what it keeps, whatever units and origin are chosen."""

import numpy as np
import pytest

from pbc_eval.numerics.collinearity import COLLINEAR, dependent_columns, independent_columns

SHARES = [1e-2, 1e-4, 1e-6, 1e-8, 5e-9, 2e-9, 5e-10, 2e-10, 1e-10, 1e-12, 1e-14, 0.0]


def nearly(share, n=500, seed=0):
    """Three columns, the third with ``share`` of its sum of squares (about its mean) its own."""
    rng = np.random.default_rng(seed)
    q, _ = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, 3))]))
    third = np.sqrt(1 - share) * (0.6 * q[:, 1] - 0.8 * q[:, 2]) + np.sqrt(share) * q[:, 3]
    return np.column_stack([q[:, 1], q[:, 2], third])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("share", SHARES)
def test_a_column_is_left_out_when_too_little_of_it_is_its_own(share, seed):
    columns = nearly(share, seed=seed)
    expected = [0, 1, 2] if share > COLLINEAR else [0, 1]
    assert independent_columns(columns).tolist() == expected
    with_ones = np.column_stack([np.ones(500), columns])
    assert (dependent_columns(with_ones.T @ with_ones) == []) == (share > COLLINEAR)


@pytest.mark.parametrize("share", SHARES)
def test_columns_and_products_say_what_a_qr_says(share):
    columns = nearly(share, seed=7)
    centred = columns - columns.mean(axis=0)
    triangle = np.linalg.qr(centred / np.linalg.norm(centred, axis=0), mode="r")
    by_qr = np.flatnonzero(np.diag(triangle) ** 2 > COLLINEAR).tolist()
    assert independent_columns(columns).tolist() == by_qr


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("scale", [[1e-9, 1.0, 1e9], [1e6, 1e-6, -3.0], [1e-4, 1e-4, 1e-4]])
def test_units_do_not_matter(share, scale):
    columns = nearly(share)
    kept = independent_columns(columns)
    np.testing.assert_array_equal(independent_columns(columns * scale), kept)
    with_ones = np.column_stack([np.ones(500), columns])
    moved = with_ones * [2.0, *scale]
    assert dependent_columns(moved.T @ moved) == dependent_columns(with_ones.T @ with_ones)


@pytest.mark.parametrize("share", [1e-2, 1e-6, 2e-9, 5e-10, 1e-14])
def test_the_origin_does_not_matter(share):
    columns = nearly(share)
    kept = independent_columns(columns)
    for offset in (1.0, -50.0, [1e3, 0.0, -1e3]):
        np.testing.assert_array_equal(independent_columns(columns + offset), kept)


def test_constant_columns_and_repeats_are_left_out_and_the_first_is_kept():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 100))
    columns = np.column_stack([np.full(100, 0.1), a, a, b, 2 * a - b + 7, np.zeros(100)])
    assert independent_columns(columns).tolist() == [1, 3]
    # Products are taken as they are: the constant column serves as the intercept, or there is none.
    assert dependent_columns(columns.T @ columns) == [2, 4, 5]
    assert dependent_columns(columns[:, 1:].T @ columns[:, 1:]) == [1, 4]


def test_no_more_columns_are_kept_than_rows_can_tell_apart():
    columns = np.random.default_rng(2).normal(size=(5, 9))
    assert len(independent_columns(columns)) == 4  # the intercept takes one
    assert len(independent_columns(columns[:, :0])) == 0


def test_an_order_of_rows_changes_nothing():
    columns = nearly(1e-8)
    shuffled = np.random.default_rng(3).permutation(len(columns))
    np.testing.assert_array_equal(
        independent_columns(columns[shuffled]), independent_columns(columns)
    )
