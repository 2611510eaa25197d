"""The interval of a test: the values of the effect that are not rejected.

Under the null that the effect is some value, each draw (of signs, or of who is treated) gives a t
statistic whose top is linear in that value and whose variance is quadratic: no draw is made twice.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from pbc_eval.numerics.arrays import Floats

WIDEST = 1e4  # standard errors from the estimate: beyond them an end of the interval is infinite
TIED = 1e-12  # a p-value of exactly the level is one that rejects
BATCHES = 10  # of draws, whose intervals are compared
PRECISION = 1e-10  # of an end of the interval, in standard errors


class InvertedTest(ABC):
    """A test by draws of every value that the effect might have, and the interval of those that it
    does not reject; ``estimate`` and ``std_error`` say where to look for its ends."""

    __slots__ = ()
    estimate: float
    std_error: float

    @abstractmethod
    def p_value(self, null: float) -> float:
        """Two-sided: the share of draws at least as far from the null."""

    @abstractmethod
    def some(self, at: int) -> Self:
        """The same test by every ``BATCHES``-th of the draws, from ``at``."""

    def interval(self, level: float) -> tuple[float, float]:
        """Ends of the values whose p-value exceeds 1 - level, by halving on each side."""
        ends = []
        for side in (-1.0, 1.0):
            inside, step = 0.0, 2.0
            while step < WIDEST and self._kept(side * step, level):
                inside, step = step, 2 * step
            outside = step
            while step < WIDEST and outside - inside > PRECISION:
                middle = (inside + outside) / 2
                kept = self._kept(side * middle, level)
                inside, outside = (middle, outside) if kept else (inside, middle)
            away = side * (np.inf if step >= WIDEST else (inside + outside) / 2)
            ends.append(float(self.estimate + away * self.std_error))
        return ends[0], ends[1]

    def known_to(self, level: float) -> float:
        """One standard error, by chance of the draws, of the less certain end; infinite where it is
        open for some of the draws."""
        ends = np.array([self.some(at).interval(level) for at in range(BATCHES)])
        if not np.isfinite(ends).all():
            return float("inf")
        return float(ends.std(axis=0, ddof=1).max() / np.sqrt(BATCHES))

    def _kept(self, errors: float, level: float) -> bool:
        return self.p_value(self.estimate + errors * self.std_error) > 1 - level + TIED


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NullDraws(InvertedTest):
    """t statistics of B draws, as a function of how far the null is from the estimate: the change
    in the effect (B, 2) is linear in it, its variance (B, 3) quadratic."""

    estimate: float
    std_error: float
    top: Floats
    squares: Floats

    def p_value(self, null: float) -> float:
        away = null - self.estimate
        change = self.top @ [1.0, away]
        error = np.sqrt(np.maximum(self.squares @ [1.0, away, away**2], 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = np.where(error > 0, np.abs(change) / error, np.inf)
        # A hair of slack: the pattern that changes nothing gives the statistic itself, up to
        # rounding.
        return float((drawn >= abs(away) / self.std_error * (1 - 1e-9)).mean())

    def some(self, at: int) -> Self:
        """The same by every ``BATCHES``-th of the draws, from ``at``."""
        return replace(self, top=self.top[at::BATCHES], squares=self.squares[at::BATCHES])
