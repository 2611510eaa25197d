"""Roots of covariances: right, and the same however the eigenvectors came out."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.numerics.roots import symmetric_root


@settings(max_examples=60, deadline=None)
@given(m=st.integers(1, 7), rank=st.integers(1, 7), seed=st.integers(0, 10_000))
def test_the_root_times_itself_is_the_matrix(m, rank, seed):
    half = np.random.default_rng(seed).normal(size=(m, min(rank, m)))
    matrix = half @ half.T
    root = symmetric_root(matrix)
    np.testing.assert_allclose(root @ root.T, matrix, atol=1e-10 * np.abs(matrix).max())
    np.testing.assert_allclose(root, root.T, atol=1e-12 * np.abs(root).max())
    inverse = symmetric_root(matrix, flat=1e-9, inverse=True)
    projection = inverse @ matrix @ inverse
    np.testing.assert_allclose(projection @ projection, projection, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(m=st.integers(2, 6), seed=st.integers(0, 10_000))
def test_equal_eigenvalues_and_noise_in_the_last_digit_turn_nothing_round(m, seed):
    """The identity plus noise has any eigenvectors at all; its root is nearly the identity."""
    rng = np.random.default_rng(seed)
    noise = 1e-15 * rng.normal(size=(m, m))
    root = symmetric_root(np.eye(m) + noise + noise.T)
    np.testing.assert_allclose(root, np.eye(m), atol=1e-13)


def test_directions_without_spread_have_no_root():
    root = symmetric_root(np.ones((3, 3)) + 1e-17)
    np.testing.assert_allclose(root, np.full((3, 3), 3**-0.5), atol=1e-12)
    assert not symmetric_root(np.zeros((2, 2))).any()
