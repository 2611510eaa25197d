"""Intervals that hold though the difference in trends was no straight line.

The slope of the difference in trends changes by no more than M from one period to the next. The
interval is centred on an effect corrected by a combination of the effects before the start,

    theta = l . after + v . before,     theta +- sigma_v cv(b_v / sigma_v)

with b_v the worst bias that the set allows, sigma_v the standard error and cv(t) the point that
|N(t, 1)| stays below with the level: a fixed-length confidence interval, at the v that makes it
shortest. A straight line must not move it. Write v by what the corrected effect owes to a change of
slope before the start, x: the bias is M (b_0 + |x|_1) and the variance quadratic in x, so that the
best v are the path of a lasso, which is followed exactly from corner to corner.

Sources: Rambachan and Roth (2023), section 4.1; Armstrong and Kolesar (2018), "Optimal inference in
a class of regression models", Econometrica 86; the path: Osborne, Presnell and Turlach (2000), IMA
Journal of Numerical Analysis 20.
"""

import numpy as np
from scipy import special

from pbc_eval.did.event_path import EventPath
from pbc_eval.numerics.arrays import Floats

STEPS = 33  # points on each piece of the path at which the length is looked at
ZOOMS = 12  # each narrows the piece between its neighbours
NEWTON = 60


class Smoothness:
    """The intervals of one effect for any M; the path of combinations is found once."""

    def __init__(self, path: EventPath, weights: Floats, level: float) -> None:
        """``weights`` (n_after,) of the effect of interest."""
        self._level = level
        before, after = len(path.before), len(path.after)
        back = np.arange(before, 0, -1.0)  # periods from the reference, in order of time
        ahead = np.arange(1.0, after + 1.0)
        # what a combination v of the effects before owes to the slope at the reference, and to a
        # change of it s periods before: rows of ``owed``; v is its inverse times (slope, x)
        owed = np.maximum(back[None, :] - np.arange(before)[:, None], 0.0)
        moved = np.linalg.inv(owed)
        slope = float(weights @ ahead)
        later = np.maximum(ahead[None, :] - np.arange(after)[:, None], 0.0)
        self._bias = float(np.abs(later @ weights).sum())  # of changes after the reference
        start = np.concatenate([moved[:, 0] * slope, weights])
        turn = np.vstack([moved[:, 1:], np.zeros((after, before - 1))])
        self._corners = _lasso_path(start, turn, path.covariance)
        self._start, self._turn = start, turn
        self._path = path

    def interval(self, m: float) -> tuple[float, float]:
        """The interval for M = ``m``, in the outcome's unit per period."""
        best, x = np.inf, self._corners[-1]
        if m == 0:
            best = float(self._lengths(x[None], 0.0)[0])
        else:
            pieces = list(zip(self._corners[:-1], self._corners[1:], strict=True))
            for begin, end in pieces or [(x, x)]:
                length, at = self._shortest(begin, end, m)
                if length < best:
                    best, x = length, at
        centre = float((self._start + self._turn @ x) @ self._path.estimates)
        return centre - best, centre + best

    def _shortest(self, begin: Floats, end: Floats, m: float) -> tuple[float, Floats]:
        """The shortest half length on one piece of the path, and where."""
        low, high = 0.0, 1.0
        for _ in range(ZOOMS):
            share = np.linspace(low, high, STEPS)
            points = begin + share[:, None] * (end - begin)
            lengths = self._lengths(points, m)
            at = int(lengths.argmin())
            low, high = share[max(at - 1, 0)], share[min(at + 1, STEPS - 1)]
        return float(lengths[at]), points[at]

    def _lengths(self, points: Floats, m: float) -> Floats:
        """(p,) half lengths at ``points`` (p, before - 1)."""
        combined = self._start + points @ self._turn.T
        sd = np.sqrt(np.einsum("ij,jk,ik->i", combined, self._path.covariance, combined))
        bias = m * (self._bias + np.abs(points).sum(axis=1))
        return np.asarray(sd * folded_quantile(self._level, bias / sd))


def _lasso_path(start: Floats, turn: Floats, covariance: Floats) -> list[Floats]:
    """Corners x (before - 1,) of the minimisers of (start + turn x)' V (start + turn x) / 2 +
    penalty |x|_1, from all zero to no penalty; between two of them the path is straight."""
    quadratic = turn.T @ covariance @ turn
    linear = turn.T @ covariance @ start
    n = len(linear)
    x = np.zeros(n)
    corners = [x.copy()]
    if n == 0:
        return corners
    penalty = float(np.abs(linear).max())
    active = [int(np.abs(linear).argmax())]
    left = -1  # what has just left stands at its bound, and meets only the other one again
    for _ in range(8 * n + 8):
        gradient = linear + quadratic @ x
        signs = -np.sign(np.where(x[active] != 0, -x[active], gradient[active]))
        inner = quadratic[np.ix_(active, active)]
        direction = np.zeros(n)
        direction[active] = np.linalg.solve(inner, signs)  # of x as the penalty falls
        drift = quadratic @ direction
        step, event = penalty, ("end", -1)
        for j in range(n):
            if j in active:
                if direction[j] * x[j] < 0 and (reach := -x[j] / direction[j]) < step:
                    step, event = reach, ("leaves", j)
                continue
            for sign in (1.0, -1.0):  # gradient_j + step drift_j = sign (penalty - step)
                if drift[j] + sign == 0 or (j == left and sign * gradient[j] > 0):
                    continue
                reach = (sign * penalty - gradient[j]) / (drift[j] + sign)
                if 0 <= reach < step:
                    step, event = reach, ("enters", j)
        x = x + step * direction
        penalty -= step
        kind, j = event
        left = -1
        if kind == "leaves":
            x[j] = 0.0
            active.remove(j)
            left = j
        corners.append(x.copy())
        if kind == "end":
            break
        if kind == "enters":
            active = sorted([*active, j])
    return corners


def folded_quantile(level: float, shift: Floats) -> Floats:
    """(n,) the point that |N(shift, 1)| stays below with chance ``level``; shifts are >= 0."""
    shift = np.asarray(shift, dtype=float)
    point = shift + special.ndtri(level)  # right where the shift is large, too low where small
    point = np.maximum(point, special.ndtri(0.5 + level / 2))
    for _ in range(NEWTON):
        excess = special.ndtr(point - shift) - special.ndtr(-point - shift) - level
        density = np.exp(-((point - shift) ** 2) / 2) + np.exp(-((point + shift) ** 2) / 2)
        step = excess * np.sqrt(2 * np.pi) / density
        point = point - step
        if (np.abs(step) <= 1e-13 * point).all():
            break
    return point
