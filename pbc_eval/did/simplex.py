"""Least squares over weights that are never negative and add up to one, solved exactly.

    minimise |A w - b|^2 + ridge |w|^2     over w >= 0, sum(w) = 1

A primal active-set method: it ends after finitely many steps at the one minimum there is, where
gradient methods such as Frank and Wolfe's stop at a tolerance and the answer depends on it.

Source: Nocedal and Wright (2006), Numerical Optimization, section 16.5.
"""

import numpy as np
from numpy.linalg import solve

from pbc_eval.numerics.arrays import Bools, Floats

TOLERANCE = 1e-10  # on multipliers, relative to the size of the problem
LEAST_RIDGE = 1e-12  # of the mean sum of squares of A's columns: keeps the minimum unique


def simplex_weights(a: Floats, b: Floats, ridge: float) -> Floats:
    """(n,) weights; ``a`` (m, n), ``b`` (m,), ``ridge`` >= 0."""
    n = a.shape[1]
    size = float((a**2).sum() / n)
    if size == 0:
        return np.full(n, 1 / n)
    ridge = max(ridge, LEAST_RIDGE * size)
    free: Bools = np.ones(n, dtype=bool)
    weights = np.zeros(n)
    while True:  # a feasible start: leave out all that want to be negative
        inside = _on_plane(a[:, free], b, ridge)
        if (inside >= 0).all():
            break
        free[np.flatnonzero(free)[inside < 0]] = False
    weights[free] = inside
    for _ in range(50 * n + 100):
        gradient = a.T @ (a @ weights - b) + ridge * weights
        level = float(gradient[free].mean())
        slack = np.where(free, np.inf, gradient - level)
        enters = int(np.argmin(slack))
        if slack[enters] >= -TOLERANCE * (size + abs(level)):
            break
        free[enters] = True
        _settle(weights, free, a, b, ridge)
    return weights


def _settle(weights: Floats, free: Bools, a: Floats, b: Floats, ridge: float) -> None:
    """Move to the minimum over the free weights, giving up those that reach zero on the way."""
    while True:
        target = _on_plane(a[:, free], b, ridge)
        if (target > 0).all():
            weights[free] = target
            return
        here = weights[free]
        falling = target <= 0
        steps = here[falling] / np.maximum(here[falling] - target[falling], 1e-300)
        step = min(1.0, float(steps.min()))
        moved = here + step * (target - here)
        out = falling & (moved <= 1e-15)
        if not out.any():
            out[np.flatnonzero(falling)[int(np.argmin(steps))]] = True
        weights[free] = np.where(out, 0.0, np.maximum(moved, 0.0))
        free[np.flatnonzero(free)[out]] = False


def _on_plane(a: Floats, b: Floats, ridge: float) -> Floats:
    """The minimum over weights that add up to one, of any sign."""
    rows, columns = a.shape
    sides = np.column_stack([a.T @ b, np.ones(columns)])
    if columns > 2 * rows and ridge * columns > 1e-6 * float((a**2).sum()):
        # More weights than equations: invert the smaller matrix.
        inner = solve(a @ a.T + ridge * np.eye(rows), a @ sides)
        weights = (sides - a.T @ inner) / ridge
    else:
        weights = np.asarray(solve(a.T @ a + ridge * np.eye(columns), sides), dtype=np.float64)
    plain, ones = weights.T
    result: Floats = plain + ones * (1 - plain.sum()) / ones.sum()
    return result
