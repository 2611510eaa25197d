"""Averages of ATT(g, t): overall, by event time, by cohort, by calendar period.

An average is a weighted sum of cells; its weights are cohort shares, which are estimated too. Its
influence is therefore that of the cells plus, for each cohort, the indicator of the cohort times
what its share changes: (effect of the cohort's cells - average) / (sum of shares).

Source: Callaway and Sant'Anna (2021), section 3.1 and equation (4.4).
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.bands import simultaneous_critical_value
from pbc_eval.did.estimates import CellEstimates
from pbc_eval.did.notes import is_of_trimmed
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import Listed, Number, Period, Share, joined, periods
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.results import AttEstimate, EffectSeries, Method

Kind = Literal["simple", "event", "cohort", "calendar"]
Bands = Literal["simultaneous", "pointwise"]
KINDS = ("simple", "event", "cohort", "calendar")
BANDS = ("simultaneous", "pointwise")


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """A weighted sum of cells: score (k + C,) on the joint covariance, weights (k,) on cells."""

    weights: Floats
    score: Floats

    def value(self, numbers: Floats) -> float:
        used = self.weights != 0
        return float(self.weights[used] @ numbers[used])


def aggregate(
    cells: CellEstimates,
    labels: tuple[tuple[int, ...], tuple[int, ...]],
    method: Method,
    *,
    kind: Kind,
    level: float,
    bands: Bands,
    seed: int,
    balance_e: int | None,
    min_e: int | None,
    max_e: int | None,
) -> EffectSeries:
    """See ``GroupTimeEffects.aggregate``. ``labels``: of cohorts and of periods."""
    check_choice("aggregate", "kind", kind, KINDS, DesignError)
    check_choice("aggregate", "bands", bands, BANDS, DesignError)
    check_level("aggregate", level, DesignError)
    chosen = _chosen(cells, kind, balance_e, min_e, max_e)
    after = chosen & (cells.plan.event_time >= 0)
    if not after.any():
        raise DesignError(
            f"{kind} average: no cohort and period from treatment onwards can be estimated"
            f"{_limits(balance_e, min_e, max_e)}."
        )
    index, averages, overall = averages_of(cells, kind, chosen, after)
    if kind == "cohort":
        names = [str(labels[0][at]) for at in index]
        index = [labels[0][at] for at in index]
    elif kind == "calendar":
        index = [labels[1][at] for at in index]
        names = [str(label) for label in index]
    else:
        names = [f"event time {at}" for at in index]
    prefix = {"cohort": "cohort ", "calendar": "period "}.get(kind, "")
    terms = [f"{prefix}{name}" for name in names]

    scores = np.array([average.score for average in averages]).reshape(-1, len(cells.joint))
    covariance = scores @ cells.joint @ scores.T
    reasons = [_reason(cells, average) for average in averages]
    critical = None
    notes = list(method.notes)
    if bands == "simultaneous" and averages:
        known = np.array([not reason for reason in reasons])
        critical = simultaneous_critical_value(covariance[np.ix_(known, known)], level, seed)
        notes.append(
            Sentence(
                "simultaneous {level} bands for the series (critical value {critical}); p-values "
                "and the overall interval are for one effect at a time",
                level=Share(level),
                critical=Number(critical, 4),
            )
        )
    notes += _notes(cells, labels, chosen)
    method = replace(method, seed=seed if critical is not None else None, notes=tuple(notes))
    effects = tuple(
        _effect(cells, average, term, method, level=level, critical=critical, reason=reason)
        for term, average, reason in zip(terms, averages, reasons, strict=True)
    )
    return EffectSeries(
        overall=_effect(
            cells,
            overall,
            _OVERALL[kind],
            method,
            level=level,
            critical=None,
            reason=_reason(cells, overall),
        ),
        kind=kind,
        index=tuple(index),
        effects=effects,
        covariance=covariance,
        bands=bands,
    )


_OVERALL = {
    "simple": "average effect on the treated",
    "event": "average over event times from 0",
    "cohort": "average over cohorts",
    "calendar": "average over periods",
}


def share_weighted(cells: CellEstimates, at: Bools) -> Average:
    """The average of the cells ``at``, by the share of their cohorts."""
    size = len(cells.shares)
    share = np.where(at, cells.shares[cells.plan.cohort], 0.0)
    total = share.sum()
    weights = share / total
    average = Average(weights, np.empty(0)).value(cells.estimate)
    gap = np.where(at, cells.estimate - average, 0.0) / total
    return Average(weights, np.append(weights, np.bincount(cells.plan.cohort, gap, size)))


def averages_of(
    cells: CellEstimates, kind: Kind, chosen: Bools, after: Bools
) -> tuple[list[int], list[Average], Average]:
    plan = cells.plan
    if kind == "simple":
        return [], [], share_weighted(cells, after)
    if kind == "event":
        index = np.unique(plan.event_time[chosen]).tolist()
        averages = [share_weighted(cells, chosen & (plan.event_time == e)) for e in index]
        counted = [average for e, average in zip(index, averages, strict=True) if e >= 0]
        return index, averages, _mean(counted)
    if kind == "calendar":
        index = np.unique(plan.period[after]).tolist()
        averages = [share_weighted(cells, after & (plan.period == t)) for t in index]
        return index, averages, _mean(averages)
    index = np.unique(plan.cohort[after]).tolist()
    averages = [_cohort_mean(cells, after & (plan.cohort == g)) for g in index]
    return index, averages, _mean_of_cohorts(cells, index, averages)


def _mean(averages: list[Average]) -> Average:
    return Average(
        np.mean([average.weights for average in averages], axis=0),
        np.mean([average.score for average in averages], axis=0),
    )


def _cohort_mean(cells: CellEstimates, at: Bools) -> Average:
    """Every period counts the same; no share is estimated."""
    weights = at / at.sum()
    return Average(weights, np.append(weights, np.zeros(len(cells.shares))))


def _mean_of_cohorts(cells: CellEstimates, index: list[int], averages: list[Average]) -> Average:
    share = cells.shares[index]
    effect = np.array([average.value(cells.estimate) for average in averages])
    weight = share / share.sum()
    score = weight @ np.array([average.score for average in averages])
    score[cells.k + np.array(index)] += (effect - weight @ effect) / share.sum()
    return Average(weight @ np.array([average.weights for average in averages]), score)


def _chosen(
    cells: CellEstimates, kind: Kind, balance_e: int | None, min_e: int | None, max_e: int | None
) -> Bools:
    plan = cells.plan
    chosen: Bools = ~np.isnan(cells.estimate)
    if max_e is not None:
        chosen &= plan.event_time <= max_e
    if kind != "event":
        return chosen
    if min_e is not None:
        chosen &= plan.event_time >= min_e
    if balance_e is not None:
        longest = np.array([plan.event_time[plan.cohort == g].max() for g in plan.cohort])
        span = np.ptp(plan.event_time[plan.cohort == plan.cohort[0]])
        chosen &= longest >= balance_e
        chosen &= (plan.event_time <= balance_e) & (plan.event_time >= balance_e - span)
    return chosen


def _limits(balance_e: int | None, min_e: int | None, max_e: int | None) -> str:
    given = {"balance_e": balance_e, "min_e": min_e, "max_e": max_e}
    named = [f"{name}={value}" for name, value in given.items() if value is not None]
    return f" with {', '.join(named)}: widen the limits" if named else ""


def _reason(cells: CellEstimates, average: Average) -> Sentence | None:
    """An average has a standard error unless every cell in it lacks one."""
    inside = [cells.reason[j] for j in np.flatnonzero(average.weights)]
    return None if any(not reason for reason in inside) else joined(dict.fromkeys(inside))


def _notes(
    cells: CellEstimates, labels: tuple[tuple[int, ...], tuple[int, ...]], chosen: Bools
) -> list[Sentence]:
    """Cohorts whose own variation is not in the standard errors, and cells left out."""
    notes = []
    silent: dict[Sentence, list[int]] = {}
    left_out: dict[Sentence, list[Sentence]] = {}
    for j, reason in enumerate(cells.reason):
        cohort = labels[0][cells.plan.cohort[j]]
        if np.isnan(cells.estimate[j]):
            period = Period(labels[1][cells.plan.period[j]])
            left_out.setdefault(reason, []).append(
                Sentence("{cohort} in {period}", cohort=Period(cohort), period=period)
            )
        elif chosen[j] and reason and not cells.plan.reference[j]:
            silent.setdefault(reason, []).append(cohort)
    for reason, cohorts in silent.items():
        distinct = dict.fromkeys(cohorts)
        named = periods(distinct, len(distinct))
        if is_of_trimmed(reason):
            notes.append(
                Sentence(
                    "{reason} ({cohorts}); averages contain these effects as they are",
                    reason=reason,
                    cohorts=named,
                )
            )
            continue
        notes.append(
            Sentence(
                "{reason} ({cohorts}): its own variation cannot be estimated and is not in the "
                "standard error of averages that contain it",
                reason=reason,
                cohorts=named,
            )
        )
    for reason, cells_named in left_out.items():
        more = Sentence(" ...") if len(cells_named) > 5 else EMPTY
        notes.append(
            Sentence(
                "left out of averages, {reason}: {cells}{more}",
                reason=reason,
                cells=Listed(tuple(cells_named[:5])),
                more=more,
            )
        )
    return notes


def _effect(
    cells: CellEstimates,
    average: Average,
    term: str,
    method: Method,
    *,
    level: float,
    critical: float | None,
    reason: Sentence | None,
) -> AttEstimate:
    used = np.flatnonzero(average.weights)
    variance = float(average.score @ cells.joint @ average.score)
    estimate = average.value(cells.estimate)
    return AttEstimate(
        term=term,
        estimate=estimate,
        std_error=None if reason else float(np.sqrt(max(variance, 0.0))),
        n_treated=_units(cells.n_treated[used], cells.plan.cohort[used]),
        n_comparison=_pooled_units(cells, used),
        method=method,
        level=level,
        critical_value=critical,
        reason=reason,
        counterfactual_mean=average.value(cells.level) - estimate,
    )


def _units(counts: Ints, cohort: Ints) -> int:
    """Treated units: each cohort once, with the most units any of its cells has."""
    return sum(int(counts[cohort == g].max()) for g in np.unique(cohort))


def _pooled_units(cells: CellEstimates, used: Ints) -> int:
    """Comparison units: those of every cohort that serves in any of the cells."""
    pools, counts = cells.plan.pool[used], cells.n_comparison[used]
    if (pools == pools[0]).all() and (counts == counts[0]).all():
        return int(counts[0])
    return int(cells.cohort_units[pools.any(axis=0)].sum())
