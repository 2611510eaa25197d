"""Averages of ATT(g, t): overall, by event time, by cohort, by calendar period.

An average is a weighted sum of cells; its weights are cohort shares, which are estimated too. Its
influence is therefore that of the cells plus, for each cohort, the indicator of the cohort times
what its share changes: (effect of the cohort's cells - average) / (sum of shares).

An average that leans on an effect without a standard error has none either, and says how much of
its weight does: a variation that is not known is never counted as zero. Cohorts of one unit that
carry little of it: lone_cohorts.py. Small cohorts: small_cohorts.py.

Source: Callaway and Sant'Anna (2021), section 3.1 and equation (4.4).
"""

from dataclasses import replace
from numbers import Integral
from typing import Literal

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.average_notes import (
    band_note,
    lone_notes,
    notes_of_cells,
    reason_without_error,
    small_note,
)
from pbc_eval.did.averages import KINDS, WEIGHTS, Average, Kind, Weights, averages_of
from pbc_eval.did.bands import simultaneous_critical_value
from pbc_eval.did.estimates import CellEstimates
from pbc_eval.did.lone_cohorts import Lone, lone_in
from pbc_eval.did.small_cohorts import Allowance, allowance, simultaneous_allowance
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.results import AttEstimate, EffectSeries, Method

Bands = Literal["simultaneous", "pointwise"]
BANDS = ("simultaneous", "pointwise")


def aggregate(
    cells: CellEstimates,
    labels: tuple[tuple[int, ...], tuple[int, ...]],
    names: tuple[tuple[str, ...], tuple[str, ...]],
    method: Method,
    *,
    kind: Kind,
    level: float,
    bands: Bands,
    seed: int,
    balance_e: int | None,
    min_e: int | None,
    max_e: int | None,
    weights: Weights,
) -> EffectSeries:
    """See ``GroupTimeEffects.aggregate``. ``labels``: of cohorts and of periods, ``names``
    what a reader calls them."""
    check_choice("aggregate", "kind", kind, KINDS, DesignError)
    check_choice("aggregate", "bands", bands, BANDS, DesignError)
    check_choice("aggregate", "weights", weights, WEIGHTS, DesignError)
    check_level("aggregate", level, DesignError)
    chosen = _chosen(cells, kind, balance_e, min_e, max_e)
    after = chosen & (cells.plan.event_time >= 0)
    if not after.any():
        raise DesignError(
            f"{kind} average: no cohort and period from treatment onwards can be estimated"
            f"{_limits(balance_e, min_e, max_e)}."
        )
    index, averages, overall = averages_of(cells, kind, chosen, after, weights)
    index = _labelled(kind, index, labels)
    terms = [_TERMS[kind].format(at) for at in index]
    every = (*averages, overall)
    scores, variance, covariance = _spread(cells, every)
    lone = [lone_in(cells, average) for average in every]
    allowed = _allowed(cells, every, lone, variance)
    reasons = [reason_without_error(cells, *pair) for pair in zip(every, lone, strict=True)]
    known = [j for j, reason in enumerate(reasons[:-1]) if not reason]
    critical: list[float | None] = [None] * len(averages)
    notes = list(method.notes)
    banded = bands == "simultaneous" and bool(averages)
    if banded:
        band = _band(cells, scores[known], covariance, allowed, known, level=level, seed=seed)
        for j, value in zip(known, band.tolist(), strict=True):
            alone = lone[j]
            critical[j] = value * (alone.factor if alone else 1.0)
        notes.append(band_note(level, band))
    notes += (
        *notes_of_cells(cells, names, chosen),
        *small_note(cells, names[0], allowed),
        *lone_notes(names[0], lone[-1]),
    )
    method = replace(method, seed=seed if banded else None, notes=tuple(notes))
    effects = tuple(
        _effect(
            cells,
            average,
            (term, allowed, j, float(variance[j])),
            method,
            level=level,
            critical=critical[j],
            reason=reasons[j],
        )
        for j, (term, average) in enumerate(zip(terms, averages, strict=True))
    )
    last = (_OVERALL[kind], allowed, len(averages), float(variance[-1]))
    return EffectSeries(
        overall=_effect(
            cells,
            overall,
            last,
            method,
            level=level,
            critical=None,
            reason=reasons[-1],
        ),
        kind=kind,
        index=tuple(index),
        effects=effects,
        covariance=covariance,
        bands=bands,
    )


def _spread(cells: CellEstimates, every: tuple[Average, ...]) -> tuple[Floats, Floats, Floats]:
    """(q, m) scores of all averages but the last, (q + 1,) variances of all, and (q, q) the
    covariance of those but the last. The joint covariance of all cells is gone through once."""
    scores = np.array([average.score for average in every])
    moved = scores @ cells.joint
    variance: Floats = np.einsum("ij,ij->i", moved, scores)
    return scores[:-1], variance, moved[:-1] @ scores[:-1].T


def _allowed(
    cells: CellEstimates,
    averages: tuple[Average, ...],
    lone: list[Lone | None],
    variance: Floats,
) -> Allowance:
    """What each average, with ``variance``, is allowed for small cohorts and lone ones in it."""
    scores = np.array([average.score for average in averages])
    allowed = allowance(cells.small, scores, variance)
    factors = np.array([1.0 if which is None else which.factor for which in lone])
    return replace(allowed, factor=allowed.factor * factors)


def _labelled(
    kind: Kind, index: list[int], labels: tuple[tuple[int, ...], tuple[int, ...]]
) -> list[int]:
    """Labels of cohorts and periods in place of their positions; event times are what they are."""
    named = {"cohort": labels[0], "calendar": labels[1]}.get(kind)
    return index if named is None else [named[at] for at in index]


_TERMS = {"simple": "", "event": "event time {}", "cohort": "cohort {}", "calendar": "period {}"}
_OVERALL = {
    "simple": "average effect on the treated",
    "event": "average over event times from 0",
    "cohort": "average over cohorts",
    "calendar": "average over periods",
}


def _chosen(
    cells: CellEstimates, kind: Kind, balance_e: int | None, min_e: int | None, max_e: int | None
) -> Bools:
    for name, limit in {"balance_e": balance_e, "min_e": min_e, "max_e": max_e}.items():
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, Integral)):
            raise DesignError(f"aggregate: {name} must be a whole event time, got {limit!r}.")
    plan = cells.plan
    chosen: Bools = ~np.isnan(cells.estimate)
    if max_e is not None:
        chosen &= plan.event_time <= max_e
    if kind != "event":
        return chosen
    if min_e is not None:
        chosen &= plan.event_time >= min_e
    if balance_e is not None:
        span = np.ptp(plan.event_time[plan.cohort == plan.cohort[0]])
        chosen &= np.isin(plan.cohort, _balanced(cells, balance_e))
        chosen &= (plan.event_time <= balance_e) & (plan.event_time >= balance_e - span)
    return chosen


def _balanced(cells: CellEstimates, balance_e: int) -> list[int]:
    """Cohorts whose effects are estimated, not only planned, at every event time of theirs from 0
    to ``balance_e``, and at ``balance_e`` or later."""
    plan, kept = cells.plan, []
    estimated = ~np.isnan(cells.estimate)
    for g in np.unique(plan.cohort).tolist():
        mine = (plan.cohort == g) & (plan.event_time >= 0)
        needed = mine & (plan.event_time <= balance_e)
        reached = plan.event_time[mine & estimated].max(initial=-1)
        if reached >= balance_e and estimated[needed].all():
            kept.append(g)
    return kept


def _limits(balance_e: int | None, min_e: int | None, max_e: int | None) -> str:
    given = {"balance_e": balance_e, "min_e": min_e, "max_e": max_e}
    named = [f"{name}={value}" for name, value in given.items() if value is not None]
    return f" with {', '.join(named)}: widen the limits" if named else ""


def _band(
    cells: CellEstimates,
    scores: Floats,
    covariance: Floats,
    allowed: Allowance,
    known: list[int],
    *,
    level: float,
    seed: int,
) -> Floats:
    """(q,) multiples of the standard errors of the effects ``known`` that hold all at once.
    ``scores`` (q, m) are theirs, ``covariance`` is that of all."""
    inside = covariance[np.ix_(known, known)]
    if np.isinf(allowed.df[known]).all():
        return np.full(len(known), simultaneous_critical_value(inside, level, seed))
    return simultaneous_allowance(cells.small, scores, inside, level, seed)


def _effect(
    cells: CellEstimates,
    average: Average,
    place: tuple[str, Allowance, int, float],
    method: Method,
    *,
    level: float,
    critical: float | None,
    reason: Sentence | None,
) -> AttEstimate:
    """``place``: its term, its position among what is allowed for small cohorts, its variance."""
    term, allowed, at, variance = place
    used = np.flatnonzero(average.weights)
    estimate = average.estimate(cells)
    return AttEstimate(
        term=term,
        estimate=estimate,
        std_error=None if reason else float(np.sqrt(max(variance, 0.0))),
        n_treated=_treated_units(cells, used),
        n_comparison=_pooled_units(cells, used),
        method=method,
        level=level,
        critical_value=critical,
        degrees_of_freedom=float(allowed.df[at]),
        small_sample_factor=float(allowed.factor[at]),
        reason=reason,
        counterfactual_mean=average.value(cells.level) - estimate,
    )


def _treated_units(cells: CellEstimates, used: Ints) -> int:
    """Treated units: each cohort once, with the most units any of its cells has; with gaps, where
    every cell rests on others, with all of its units."""
    counts = cells.n_treated[used]
    cohort = cells.plan.cohort[used]
    if cells.gaps:
        return int(cells.cohort_units[np.unique(cohort)].sum())
    return sum(int(counts[cohort == g].max()) for g in np.unique(cohort))


def _pooled_units(cells: CellEstimates, used: Ints) -> int:
    """Comparison units: those of every cohort that serves in any of the cells."""
    pools = cells.plan.pool[used]
    if (pools == pools[0]).all() and not cells.gaps:
        return int(cells.n_comparison[used].max())
    return int(cells.cohort_units[pools.any(axis=0)].sum())
