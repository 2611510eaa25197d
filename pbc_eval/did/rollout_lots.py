"""Starts dealt out again, for the efficient estimator: would so large an average come of chance?

    effects of efficient_rollout ─ rollout_lots ▶ RandomisationTest

The statistic is the estimate over its own error, with the share of the difference before the start
estimated anew in every draw, so that the test is exact for an effect that is the same for everybody
and, in large samples, right for an average of effects that differ. An average is a sum of cohorts'
means; each unit's two numbers, of the level and of the difference before, are worked out once for
every cohort that it may be dealt to.

Source: Roth and Sant'Anna (2023), section 3 (studentised randomisation tests).
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from pbc_eval.did.averages import Kind, averages_of
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.randomisation import (
    DRAWS,
    SEED,
    RandomisationTest,
    dealt_again,
    lots_test,
    who_was_dealt,
)
from pbc_eval.did.taken_off import NOTHING
from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.null_draws import BATCHES, InvertedTest
from pbc_eval.panel.panel import Panel

OWNER = "rollout_lots"


def rollout_lots(
    panel: Panel,
    effects: GroupTimeEffects,
    kind: Kind = "simple",
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float | None = None,
) -> RandomisationTest:
    """The average of ``effects``, those of ``efficient_rollout`` on ``panel``, against those of
    starts dealt out anew; to whole clusters where there are clusters.

    With a ``level`` the interval too: the effects, the same for everybody treated, that are not
    rejected. Raises DesignError for effects of another estimator, and for fewer than 99 draws.
    """
    off = effects.cells.taken_off
    if off is None:
        raise DesignError(f"{OWNER}: effects must be those of efficient_rollout.")
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 99:
        raise DesignError(f"{OWNER}: draws must be a whole number of at least 99, got {draws!r}.")
    values, weight, cohort = who_was_dealt(panel)
    parts = _Parts.of(panel, effects, kind, (values, weight, cohort), off.fixed)
    own = parts.terms(np.arange(len(cohort))[None])
    blocks = list(dealt_again(len(cohort), draws, seed, 4 * parts.scores.size))
    drawn = np.concatenate([own, *(parts.terms(dealt) for dealt in blocks)])
    test = RolloutDraws(estimate=0.0, std_error=1.0, own=own, drawn=drawn, fixed=off.fixed)
    estimate, error = (float(each[0]) for each in estimates_of(own, 0.0, off.fixed))
    test = replace(test, estimate=estimate, std_error=error)
    low, high, known = -np.inf, np.inf, 0.0
    if level is not None and error > 0 and estimate:
        (low, high), known = test.interval(level), test.known_to(level)
    return lots_test(
        cohort,
        draws,
        estimate=estimate,
        statistic=estimate / error if error > 0 else np.inf * np.sign(estimate),
        p_value=test.p_value(0.0),
        level=level,
        interval=(low, high),
        known_to=known,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parts:
    """What each unit would count in the average, dealt to each cohort: of the level, of the
    difference before the start, and of both what an effect of one adds (n, C, 4)."""

    scores: Floats
    weight: Floats  # (n,)
    cohort: Ints  # (n,)
    counted: Ints  # cohorts that count

    @classmethod
    def of(
        cls,
        panel: Panel,
        effects: GroupTimeEffects,
        kind: Kind,
        dealt: tuple[Floats, Floats, Ints],
        fixed: float | None,
    ) -> Self:
        cells, (values, weight, cohort) = effects.cells, dealt
        after = ~np.isnan(cells.estimate) & (cells.plan.event_time >= 0)
        _, _, average = averages_of(cells, kind, after, after, effects.weights)
        used = np.flatnonzero(average.weights)
        n_cohorts, periods = len(panel.cohorts), panel.n_periods
        paths = np.zeros((2, n_cohorts, periods))
        units = cells.cohort_units
        for j in used:
            share = np.where(cells.plan.pool[j], -units, 0.0)
            share = share / -share.sum()
            share[cells.plan.cohort[j]] += 1.0
            for path, period in zip(paths, (cells.plan.period[j], cells.plan.base[j]), strict=True):
                path[:, period] += average.weights[j] * share
        starts = np.array(panel.starts)
        on = (np.arange(periods) >= starts[cohort][:, None]) * weight[:, None]
        away = values - weight[:, None] * (values.sum(axis=0) / weight.sum())
        scores = np.stack([each @ path.T for each in (away, -on) for path in paths], axis=2)
        return cls(
            scores=scores,
            weight=weight,
            cohort=cohort,
            counted=np.flatnonzero(paths.any(axis=(0, 2))),
        )

    def terms(self, dealt: Ints) -> Floats:
        """(b, 14) of the orders ``dealt`` (b, n): the four means, then their ten covariances."""
        means = np.zeros((len(dealt), 4))
        covariances = np.zeros((len(dealt), 4, 4))
        for c in self.counted:
            who = dealt[:, self.cohort == c]
            score, weight = self.scores[who, c], self.weight[who]  # (b, n_c, 4), (b, n_c)
            total, n = weight.sum(axis=1), who.shape[1]
            mean = score.sum(axis=1) / total[:, None]
            means += mean
            left = score - mean[:, None, :] * weight[:, :, None]
            inside = np.einsum("bni,bnj->bij", left, left)
            covariances += inside * (n / (n - 1) / total**2)[:, None, None]
        return np.column_stack([means, covariances.reshape(len(dealt), 16)])


def estimates_of(terms: Floats, effect: float, fixed: float | None) -> tuple[Floats, Floats]:
    """(b,) estimates and their errors with ``effect`` taken off the outcomes of those treated."""
    change = np.array([[1.0, 0.0, effect, 0.0], [0.0, 1.0, 0.0, effect]])  # (2, 4)
    level, apart = change @ terms[:, :4].T
    inside = change @ terms[:, 4:].reshape(-1, 4, 4) @ change.T
    varied, both, before = inside[:, 0, 0], inside[:, 0, 1], inside[:, 1, 1]
    taken = np.full(len(terms), 1.0 if fixed is None else fixed)
    if fixed is None:
        varies = (before > NOTHING * varied) & (before > 0)
        taken[varies] = both[varies] / before[varies]
    variance = varied - 2 * taken * both + taken**2 * before
    return level - taken * apart, np.sqrt(np.maximum(variance, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RolloutDraws(InvertedTest):
    """Terms (b, 20) of the starts as they were and of all draws, they among them."""

    estimate: float
    std_error: float
    own: Floats
    drawn: Floats
    fixed: float | None

    def p_value(self, null: float) -> float:
        statistics = []
        for terms in (self.own, self.drawn):
            estimate, error = estimates_of(terms, null, self.fixed)
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(error > 0, np.abs(estimate) / error, np.inf * (estimate != 0))
            statistics.append(np.nan_to_num(ratio, nan=0.0, posinf=np.inf))
        # A hair of slack: the order that changes nothing gives the statistic itself, up to
        # rounding.
        return float((statistics[1] >= statistics[0][0] * (1 - 1e-9)).mean())

    def some(self, at: int) -> Self:
        """The same by every ``BATCHES``-th of the draws, from ``at``."""
        return replace(self, drawn=self.drawn[at::BATCHES])
