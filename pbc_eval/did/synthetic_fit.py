"""Unit and time weights of synthetic difference-in-differences, and the effects they give.

See synthetic.py for the method and its source.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.did.simplex import simplex_weights
from pbc_eval.numerics.arrays import Floats, Ints

TIME_RIDGE = 1e-6  # of the noise level, on time weights: only there to make them unique


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CohortFit:
    """One cohort's weights: T0 periods before treatment, n0 comparison units."""

    cohort: int  # number of the cohort in the panel
    start: int  # position of the first treated period, T0
    effect: float
    unit: Floats  # (n0,)
    time: Floats  # (T0,)
    treated_units: int
    noise: float  # standard deviation of the comparison's changes before treatment

    def weight(self, n_periods: int) -> float:
        """Treated unit-periods."""
        return float(self.treated_units * (n_periods - self.start))


def fit_cohorts(outcome: Floats, cohort: Ints, starts: Ints) -> tuple[CohortFit, ...]:
    """Weights and effect of every treated cohort; ``outcome`` (n, T), ``cohort`` (n,)."""
    pool = outcome[cohort == 0]
    return tuple(
        _fit(pool, outcome[cohort == g], int(g), int(starts[g]))
        for g in np.unique(cohort[cohort > 0])
    )


def differences(outcome: Floats, cohort: Ints, fits: tuple[CohortFit, ...]) -> Floats:
    """(cohorts, T) treated less synthetic, moved by the time weights: after treatment they average
    to the effect of the cohort."""
    pool = outcome[cohort == 0]
    rows = []
    for fit in fits:
        gap = outcome[cohort == fit.cohort].mean(axis=0) - fit.unit @ pool
        rows.append(gap - fit.time @ gap[: fit.start])
    return np.array(rows)


def average(gaps: Floats, fits: tuple[CohortFit, ...]) -> float:
    """``differences`` after treatment, averaged by treated unit-periods."""
    weight = np.array([fit.weight(gaps.shape[1]) for fit in fits])
    effects = [row[fit.start :].mean() for row, fit in zip(gaps, fits, strict=True)]
    return float(weight @ effects / weight.sum())


def by_event_time(
    gaps: Floats, fits: tuple[CohortFit, ...], event_time: Ints, index: list[int]
) -> Floats:
    """(e,) ``differences`` averaged by treated units over the cohorts that reach an event time.

    ``event_time`` (cohorts, T); ``index`` (e,) the event times asked for.
    """
    units = np.array([fit.treated_units for fit in fits], dtype=float)[:, None]
    here = event_time == np.asarray(index)[:, None, None]  # (e, cohorts, T)
    weights = units * here
    return np.asarray((weights * gaps).sum(axis=(1, 2)) / weights.sum(axis=(1, 2)))


def _fit(pool: Floats, treated: Floats, cohort: int, start: int) -> CohortFit:
    before, after = pool[:, :start], pool[:, start:]
    n_after = after.shape[1]
    noise = float(np.diff(before, axis=1).std(ddof=1))
    target = treated[:, :start].mean(axis=0)
    zeta = (len(treated) * n_after) ** 0.25 * noise
    # Taking means out of both sides is what the free intercepts do.
    by_time = (before - before.mean(axis=1, keepdims=True)).T
    unit = simplex_weights(by_time, target - target.mean(), zeta**2 * start)
    by_unit = before - before.mean(axis=0)
    later = after.mean(axis=1)
    time = simplex_weights(by_unit, later - later.mean(), (TIME_RIDGE * noise) ** 2 * len(pool))
    effect = _double_difference(pool, treated, start, unit, time)
    return CohortFit(
        cohort=cohort,
        start=start,
        effect=effect,
        unit=unit,
        time=time,
        treated_units=len(treated),
        noise=noise,
    )


def _double_difference(
    pool: Floats, treated: Floats, start: int, unit: Floats, time: Floats
) -> float:
    gap = treated.mean(axis=0) - unit @ pool
    return float(gap[start:].mean() - time @ gap[:start])
