"""Effects before treatment of cohorts too small for a joint test.

A cohort of three units cannot tell eight effects from its own noise together. What it can bear is
tested instead: its effects averaged at each time before treatment with those of the other small
cohorts, and each single one by its t with estimated degrees of freedom, times how many there are
(Bonferroni), so that one lead far from zero is never passed over.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.small_cohorts import allowance
from pbc_eval.did.small_sample import CohortParts, small_sample_test
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import EVENT_TIMES, Listed, Number, Period, PValue, Units
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.collinearity import dependent_columns

LEAST_DF = 5.0  # of the denominator, for a joint test to be held


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
    pooled: float | None  # p-value that all averages are zero; None when it cannot be had
    largest: tuple[int, int]  # cohort and period of the one with the smallest p-value
    single: float  # its p-value times how many there are

    @property
    def p_values(self) -> list[float]:
        return [self.single] if self.pooled is None else [self.pooled, self.single]


def leads_of(effects: GroupTimeEffects, apart: Ints, frame: pd.DataFrame) -> Leads | None:
    cells = effects.cells
    values = frame["p_value"].to_numpy()[apart]
    if np.isnan(values).all():
        return None
    first = apart[int(np.nanargmin(values))]
    labels = frame.loc[frame.index[first], ["cohort", "time"]]
    times = np.unique(cells.plan.event_time[apart])
    weight = cells.shares[cells.plan.cohort[apart]]
    rows = np.array([np.where(cells.plan.event_time[apart] == e, weight, 0.0) for e in times])
    rows /= rows.sum(axis=1, keepdims=True)
    return Leads(
        times=len(times),
        pooled=_pooled(effects, apart, rows),
        largest=(int(labels["cohort"]), int(labels["time"])),
        single=float(min(1.0, len(apart) * np.nanmin(values))),
    )


def _pooled(effects: GroupTimeEffects, apart: Ints, rows: Floats) -> float | None:
    """P-value that the averages ``rows`` (e, m) of the cells ``apart`` (m,) are all zero: by the
    joint F where it has the degrees of freedom, else the smallest of their t-tests times e."""
    cells, parts = effects.cells, effects.cells.before
    scores = np.zeros((len(rows), len(cells.joint)))
    scores[:, apart] = rows
    covariance = scores @ cells.joint @ scores.T
    kept = independent(covariance)
    theta = rows @ cells.estimate[apart]
    if parts is not None and kept:
        place = {int(cell): position for position, cell in enumerate(parts.at)}
        where = [place[int(cell)] for cell in apart]
        averaged = CohortParts(
            at=np.arange(len(rows)),
            covariance=rows @ parts.covariance[:, where][:, :, where] @ rows.T,
            size=parts.size,
        )
        test = small_sample_test(theta[kept], averaged, kept, LEAST_DF)
        if test is not None:
            return test.p_value
    allowed = allowance(cells.small, scores, np.diag(covariance))
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0)) * allowed.factor
    varies = error > 0
    if not varies.any():
        return None
    each = np.asarray(2 * stats.t.sf(np.abs(theta[varies]) / error[varies], allowed.df[varies]))
    return float(min(1.0, varies.sum() * each.min()))


def leads_in_words(leads: Leads, too_small: list[tuple[int, int]]) -> Sentence:
    cohorts = (
        Sentence("{cohort} ({units})", cohort=Period(cohort), units=Units(units))
        for cohort, units in too_small
    )
    cohort, period = leads.largest
    single = Sentence(
        "the largest single effect, {cohort} in {period}, {p} when all of them are counted",
        cohort=Period(cohort),
        period=Period(period),
        p=PValue(leads.single),
    )
    pooled = (
        EMPTY
        if leads.pooled is None
        else Sentence(
            "all averages over them at {times} before treatment, {p}; ",
            times=Number(leads.times, noun=EVENT_TIMES),
            p=PValue(leads.pooled),
        )
    )
    return Sentence(
        "Cohorts too small for a joint test are tested apart ({cohorts}): {pooled}{single}.",
        cohorts=Listed(tuple(cohorts)),
        pooled=pooled,
        single=single,
    )
