"""Intervals that hold though trends were not parallel, as far as they were not before the start.

No change of the difference in trends from one period to the next, from the reference on, is larger
than M times the largest such change before it. That set is a union of convex ones, one for each
change before the start and each sign of it; the interval is the union of theirs.

In one of them, with w the weight of the effect of interest on each change after the reference and
d the change before it (with its sign), an effect theta asks of the means of the estimates

    +(w . changes - theta) - M |w| d <= 0,     -(w . changes - theta) - M |w| d <= 0,     -d <= 0

once all other effects are left free: the corners of the dual of the linear programme by which
Andrews, Roth and Pakes concentrate them out, here in closed form. The test conditions on which
corner binds (a truncated normal), after a first stage of size level/10 against the least
favourable means: the conditional-least-favourable hybrid. With a single effect after the reference
nothing is left free, and the changes before it are held to be no larger than d too.

Sources: Rambachan and Roth (2023), "A more credible approach to parallel trends", Review of
Economic Studies 90, 2555-2591; Andrews, Roth and Pakes (2023), "Inference for linear conditional
moment inequalities", Review of Economic Studies 90, 2763-2791.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from pbc_eval.did.event_path import EventPath
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.roots import covariance_root

FIRST_STAGE = 0.1  # share of the size that the least favourable test takes
DRAWS_LOG2 = 14  # quasi-random draws behind its critical value
GRID = 201  # points at which acceptance is looked at, before its ends are found
ZOOMS = 3  # times that an end is looked at through a grid as fine
UNBOUNDED = 20.0  # standard errors at which grids end without a first stage
SEED = 20_230_101
ALMOST = 1e-10
TINY = float(np.finfo(float).tiny)  # of a variance, whatever its unit
EDGE = 1e-12  # of quasi-random points, whose normal would be infinite at 0 and at 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Corners:
    """Corners of one convex set: the statistic of corner j is value_j - theta * slope_j."""

    value: Floats  # (J,)
    slope: Floats  # (J,)
    covariance: Floats  # (J, J)
    critical: float  # of the largest, were all means zero: of the first stage


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Looked:
    """Where a convex set was looked at: effects that are not rejected lie between the ends."""

    corners: _Corners
    grid: Floats
    first: int  # of the grid, and the last one, that are not rejected
    last: int

    @property
    def least(self) -> float:
        return float(self.grid[max(self.first - 1, 0)])

    @property
    def most(self) -> float:
        return float(self.grid[min(self.last + 1, len(self.grid) - 1)])


class RelativeMagnitudes:
    """The intervals of one effect for any M; draws are made once."""

    def __init__(
        self, path: EventPath, weights: Floats, level: float, first_stage: float = FIRST_STAGE
    ) -> None:
        """``weights`` (n_after,) of the effect of interest; no ``first_stage`` leaves the
        conditional test alone."""
        self._alpha = 1 - level
        self._kappa = first_stage * self._alpha
        before, k = path.n_before, len(path.estimates)
        levels = np.insert(np.eye(k), before, 0.0, axis=0)  # (K + 1, K): the reference is zero
        changes = np.diff(levels, axis=0)
        self._weight = np.cumsum(weights[::-1])[::-1]  # on each change after the reference
        past, future = changes[:before], changes[before:]
        # everything is made of the effect itself and of the changes before: (1 + before, K)
        made_of = np.vstack([self._weight @ future, past])
        self._value = made_of @ path.estimates
        self._covariance = made_of @ path.covariance @ made_of.T
        self._change = future @ path.covariance @ np.vstack([past, future]).T
        from scipy.stats import qmc  # noqa: PLC0415 heavy

        points = qmc.Sobol(k, seed=SEED).random_base2(DRAWS_LOG2)
        draws = special.ndtri(np.clip(points, EDGE, 1 - EDGE))
        self._noise = (made_of @ covariance_root(path.covariance) @ draws.T).copy()

    def interval(self, m: float) -> tuple[float, float]:
        """The interval for M = ``m``, in the outcome's unit."""
        sets = [
            seen
            for at in range(1, len(self._value))
            for sign in (1.0, -1.0)
            if (seen := self._looked_at(self._corners(at, sign, m))) is not None
        ]
        low, high = np.inf, -np.inf
        for seen in sorted(sets, key=lambda seen: seen.least):
            if seen.least < low:
                low = min(low, self._edge(seen.corners, seen.grid, seen.first, -1))
        for seen in sorted(sets, key=lambda seen: -seen.most):
            if seen.most > high:
                high = max(high, self._edge(seen.corners, seen.grid, seen.last, 1))
        return low, high

    def _corners(self, at: int, sign: float, m: float) -> _Corners:
        """Of the set in which the ``at``-th change before is the largest, with its ``sign``."""
        w, n = self._weight, len(self._weight)
        shared = sign * self._change[:, at - 1]
        own = np.diag(self._change[:, -n:]) + m**2 * self._covariance[at, at]
        up, down = (np.sqrt(np.maximum(own + s * m * shared, TINY)) for s in (-2.0, 2.0))
        size, rising = np.abs(w), w > 0
        above = float(size @ np.where(rising, up, down))
        below = float(size @ np.where(rising, down, up))
        effect, change = np.eye(len(self._value))[[0, at]] * np.array([[1.0], [sign]])
        allowed = m * size.sum() * change
        rows = [(effect - allowed) / above, (-effect - allowed) / below]
        if n > 1:  # of the others, all alike, the two farthest apart are corners
            rows += [-2 * m * change / pair for pair in ((up + down).min(), (up + down).max())]
        else:
            others = np.delete(np.eye(len(self._value)), [0, at], axis=0)
            held = [*(others - change), *(-others - change), -2 * change]
            rows += [row / np.sqrt(max(row @ self._covariance @ row, TINY)) for row in held]
        made = np.array(rows)
        used = np.flatnonzero(made.any(axis=0))
        most = (made[:, used] @ self._noise[used]).max(axis=0)
        rank = int(np.ceil((1 - self._kappa) * len(most))) - 1
        limit = float(np.partition(most, rank)[rank]) if self._kappa else UNBOUNDED
        return _Corners(
            value=made @ self._value,
            slope=np.concatenate([[1 / above, -1 / below], np.zeros(len(rows) - 2)]),
            covariance=made @ self._covariance @ made.T,
            critical=max(limit, 0.0),
        )

    def _looked_at(self, corners: _Corners) -> _Looked | None:
        """Where effects may lie that are not rejected; None when all are."""
        if (corners.value[2:] > corners.critical).any():
            return None
        low, high = ((corners.value - corners.critical)[:2] / corners.slope[:2]).tolist()
        grid = np.linspace(low, high, GRID) if low <= high else np.empty(0)
        kept = np.flatnonzero(self._accepts(corners, grid))
        if not len(kept):
            return None
        return _Looked(corners=corners, grid=grid, first=int(kept[0]), last=int(kept[-1]))

    def _edge(self, corners: _Corners, grid: Floats, at: int, outward: int) -> float:
        """Where acceptance ends beyond the accepted point ``at`` of a grid, ever finer."""
        for _ in range(ZOOMS):
            if not 0 <= at + outward < len(grid):
                break
            grid = np.linspace(grid[at], grid[at + outward], GRID)
            at, outward = int(np.flatnonzero(self._accepts(corners, grid))[-1]), 1
        return float(grid[at])

    def _accepts(self, corners: _Corners, effects: Floats) -> Bools:
        """(n,) whether each effect is not rejected."""
        values = corners.value - effects[:, None] * corners.slope  # (n, J)
        binding = values.argmax(axis=1)
        statistic = values.max(axis=1)
        spread = np.sqrt(np.maximum(np.diag(corners.covariance), 0.0))
        sd = spread[binding]
        varies = sd > ALMOST
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = corners.covariance[binding] / np.where(varies, sd, 1.0)[:, None] ** 2
            limit = (values - slope * statistic[:, None]) / (1 - slope)
        low = np.where(slope < 1 - ALMOST, limit, -np.inf).max(axis=1)
        high = np.where(slope > 1 + ALMOST, limit, np.inf).min(axis=1)
        alpha = self._alpha
        if self._kappa:
            high = np.minimum(high, corners.critical)
            alpha = (alpha - self._kappa) / (1 - self._kappa)
        tail = _tail(statistic, low, high, np.where(varies, sd, 1.0))
        kept: Bools = (statistic <= 0) | ((tail > alpha) & (statistic <= corners.critical))
        return kept


def _tail(value: Floats, low: Floats, high: Floats, sd: Floats) -> Floats:
    """Chance that a normal of mean zero, within ``low`` and ``high``, is above ``value``."""
    at, begin, end = (special.log_ndtr(-x / sd) for x in (value, low, high))
    with np.errstate(divide="ignore", invalid="ignore"):
        above = at + np.log1p(-np.exp(np.minimum(end - at, 0.0)))
        whole = begin + np.log1p(-np.exp(np.minimum(end - begin, 0.0)))
        share: Floats = np.exp(above - whole)
    return np.where(np.isnan(share), 0.0, share)
