"""How much of the difference before the start an average takes off, where that is its own choice.

An average with weights w of k cells is

    level(w) - b X(w)    X: how far the cells' units were apart in the last period before the start

and b is the least-variance coefficient of that very average, so that an average of cells is not the
average of their own estimates. Joint covariances then hold, after the cells and the indicators of
cohorts, the k differences X; an average becomes a score on all of them (efficient_rollout.py).
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.numerics.arrays import Floats

NOTHING = 1e-20  # of the level's variance: a difference before the start that does not vary


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TakenOff:
    """Of k cells; a cell's own estimate takes off ``coefficient`` times ``apart``."""

    apart: Floats  # (k,) in the outcome's unit; zero for cells that cannot be estimated
    coefficient: Floats  # (k,)
    fixed: float | None  # of every average; None: each has the one that makes its variance least

    def score(self, weights: Floats, joint: Floats) -> Floats:
        """(m,) of the average with ``weights`` (k,) on the ``joint`` covariance (m, m)."""
        k = len(weights)
        apart = np.zeros(len(joint))
        apart[-k:] = weights
        level = np.zeros(len(joint))
        level[:k] = weights
        level[-k:] = weights * self.coefficient
        taken = self.fixed
        if taken is None:
            taken = least_variance(
                float(level @ joint @ level),
                float(level @ joint @ apart),
                float(apart @ joint @ apart),
            )
        score: Floats = level - taken * apart
        return score


def least_variance(level: float, both: float, apart: float) -> float:
    """The coefficient that makes the variance of level - b apart least, from the variances of the
    two and their covariance; one, as in differences of changes, where ``apart`` does not vary."""
    return both / apart if apart > NOTHING * level and apart > 0 else 1.0
