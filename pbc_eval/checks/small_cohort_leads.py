"""Effects before treatment of cohorts too small for a joint test.

A cohort of three units cannot tell eight effects from its own noise together. What it can bear is
tested instead: its effects averaged at each time before treatment with those of the other small
cohorts, and each single one, by t with no more degrees of freedom than the cohorts themselves have,
times how many there are (Bonferroni). With more degrees of freedom, cohorts of two would be blamed
in a third of samples without any trend. With these, a cohort of two can hardly be blamed at all: an
effect that would be far from zero if its error were known is for review, and never passed over.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.small_cohorts import allowance
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import EVENT_TIMES, Beside, Listed, Number, Period, PValue, Units
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.collinearity import dependent_columns
from pbc_eval.numerics.distributions import normal_sf, t_sf


def independent(covariance: Floats) -> list[int]:
    """Positions of the first estimates that are not (nearly) linear functions of earlier ones.

    A pseudo-inverse would instead let rounding decide which direction counts.
    """
    dependent = set(dependent_columns(covariance))
    return [at for at in range(len(covariance)) if at not in dependent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """The effects before treatment of small cohorts: averaged by event time, and one by one."""

    times: int  # event times over which they are averaged
    pooled: float  # smallest p-value of the averages, times how many there are
    largest: tuple[str, str]  # cohort and period of the effect with the smallest p-value
    single: float  # its p-value, times how many there are
    unguarded: float  # the smallest as if its error were known, times how many there are

    @property
    def p_values(self) -> list[float]:
        return [self.pooled, self.single]


def leads_of(effects: GroupTimeEffects, apart: Ints) -> Leads | None:
    """The tests of the cells ``apart`` (m,), all of small cohorts; None when none varies."""
    cells = effects.cells
    times = np.unique(cells.plan.event_time[apart])
    weight = cells.shares[cells.plan.cohort[apart]]
    rows = np.array([np.where(cells.plan.event_time[apart] == e, weight, 0.0) for e in times])
    rows /= rows.sum(axis=1, keepdims=True)
    statistic, df = _t_tests(effects, apart, np.eye(len(apart)))
    if np.isnan(statistic).all():
        return None
    p_values = 2 * t_sf(statistic, df)
    first = apart[int(np.nanargmax(statistic))]
    pooled, pooled_df = _t_tests(effects, apart, rows)
    averages = 2 * t_sf(pooled, pooled_df)
    known = 2 * normal_sf(statistic)
    return Leads(
        times=len(times),
        pooled=float(min(1.0, len(rows) * np.nanmin(averages))),
        largest=(
            effects.name_of(effects.cohorts[int(cells.plan.cohort[first])]),
            effects.name_of(effects.periods[int(cells.plan.period[first])]),
        ),
        single=float(min(1.0, len(apart) * np.nanmin(p_values))),
        unguarded=float(min(1.0, len(apart) * np.nanmin(known))),
    )


def _t_tests(effects: GroupTimeEffects, apart: Ints, rows: Floats) -> tuple[Floats, Floats]:
    """Absolute t statistics (e,) of the averages ``rows`` (e, m) of the cells ``apart`` (m,), NaN
    without variation, and their degrees of freedom: no more than the cohorts in them have."""
    cells = effects.cells
    scores = np.zeros((len(rows), len(cells.joint)))
    scores[:, apart] = rows
    variance = np.maximum(np.diag(scores @ cells.joint @ scores.T), 0.0)
    allowed = allowance(cells.small, scores, variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(rows @ cells.estimate[apart]) / (np.sqrt(variance) * allowed.factor)
    own = dict(zip(cells.small.cohort, (cells.small.size - 1).tolist(), strict=True))
    cohort = cells.plan.cohort[apart]
    most = [sum(own.get(int(c), np.inf) for c in np.unique(cohort[row > 0])) for row in rows]
    return np.where(variance > 0, ratio, np.nan), np.minimum(allowed.df, np.array(most))


def leads_in_words(leads: Leads, too_small: list[tuple[str, int]]) -> Sentence:
    cohorts = (
        Sentence("{cohort} ({units})", cohort=Period(cohort), units=Units(units))
        for cohort, units in too_small
    )
    known = Sentence(" ({p} if its error were known)", p=PValue(leads.unguarded))
    sizes = tuple(Units(units) for _, units in too_small)  # degrees of freedom follow from both
    cohort, period = leads.largest
    return Sentence(
        "Cohorts too small for a joint test are tested apart ({cohorts}), by t with the degrees of "
        "freedom of their own, times how many effects there are: averages over them at {times} "
        "before treatment, {pooled}; the largest single effect, {cohort} in {period}, {single}"
        "{unguarded}.",
        cohorts=Listed(tuple(cohorts)),
        times=Number(leads.times, noun=EVENT_TIMES),
        pooled=PValue(leads.pooled),
        cohort=Period(cohort),
        period=Period(period),
        single=PValue(leads.single),
        unguarded=Beside(known, sizes),
    )
