"""The weights with which effects of cohorts and periods are averaged.

    "units"         a cohort counts by its share of the units (Callaway and Sant'Anna 2021)
    "treated_rows"  an effect counts by the treated rows that are seen in it, each by its weight:
                    what regressions on rows average over (the fixest package); the same where
                    every unit is seen in every period

A score is what multiplies the joint covariance of cells and cohort indicators (estimates.py).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pbc_eval.did.estimates import CellEstimates
from pbc_eval.numerics.arrays import Bools, Floats

Kind = Literal["simple", "event", "cohort", "calendar"]
Weights = Literal["treated_rows", "units"]
KINDS = ("simple", "event", "cohort", "calendar")
WEIGHTS = ("treated_rows", "units")


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """A weighted sum of cells: score (k + C,) on the joint covariance, weights (k,) on cells."""

    weights: Floats
    score: Floats

    def value(self, numbers: Floats) -> float:
        used = self.weights != 0
        return float(self.weights[used] @ numbers[used])

    def estimate(self, cells: CellEstimates) -> float:
        """The average of the cells' effects, in the outcome's unit."""
        value = self.value(cells.estimate)
        if cells.taken_off is None:
            return value
        return value + float(self.score[-cells.k :] @ cells.taken_off.apart)


def _weighted(cells: CellEstimates, at: Bools, weight: Floats) -> Average:
    """The average of the cells ``at``, by ``weight`` (k,): their cohort's share, or what of it is
    seen in the cell, which is taken as given while the share is estimated."""
    size = len(cells.shares)
    used = np.where(at, weight, 0.0)
    total = used.sum()
    weights = used / total
    average = Average(weights, np.empty(0)).value(cells.estimate)
    share = np.maximum(cells.shares[cells.plan.cohort], 1e-300)
    gap = np.where(at, (cells.estimate - average) * weight / share, 0.0) / total
    return Average(weights, np.append(weights, np.bincount(cells.plan.cohort, gap, size)))


def averages_of(
    cells: CellEstimates, kind: Kind, chosen: Bools, after: Bools, weights: Weights = "units"
) -> tuple[list[int], list[Average], Average]:
    """Labels of the averages, the averages, and the one over all of them."""
    index, averages, overall = _weighted_averages(cells, kind, chosen, after, weights)
    off = cells.taken_off
    if off is None:
        return index, averages, overall
    averages = [Average(each.weights, off.score(each.weights, cells.joint)) for each in averages]
    return index, averages, Average(overall.weights, off.score(overall.weights, cells.joint))


def _weighted_averages(
    cells: CellEstimates, kind: Kind, chosen: Bools, after: Bools, weights: Weights
) -> tuple[list[int], list[Average], Average]:
    plan = cells.plan
    weight = cells.shares[plan.cohort]
    if weights == "treated_rows" and cells.row_weight is not None:
        weight = cells.row_weight
    if kind == "simple":
        return [], [], _weighted(cells, after, weight)
    if kind == "event":
        index = np.unique(plan.event_time[chosen]).tolist()
        averages = [_weighted(cells, chosen & (plan.event_time == e), weight) for e in index]
        counted = [average for e, average in zip(index, averages, strict=True) if e >= 0]
        return index, averages, _mean(counted)
    if kind == "calendar":
        index = np.unique(plan.period[after]).tolist()
        averages = [_weighted(cells, after & (plan.period == t), weight) for t in index]
        return index, averages, _mean(averages)
    index = np.unique(plan.cohort[after]).tolist()
    averages = [_cohort_mean(cells, after & (plan.cohort == g), weight) for g in index]
    return index, averages, _mean_of_cohorts(cells, index, averages)


def _mean(averages: list[Average]) -> Average:
    return Average(
        np.mean([average.weights for average in averages], axis=0),
        np.mean([average.score for average in averages], axis=0),
    )


def _cohort_mean(cells: CellEstimates, at: Bools, weight: Floats) -> Average:
    """One cohort's mean: its share cancels, so that every period counts the same where it is all
    there is, and by the treated rows seen in it where they count. No share is estimated."""
    used = np.where(at, weight, 0.0)
    weights = used / used.sum()
    return Average(weights, np.append(weights, np.zeros(len(cells.shares))))


def _mean_of_cohorts(cells: CellEstimates, index: list[int], averages: list[Average]) -> Average:
    share = cells.shares[index]
    effect = np.array([average.value(cells.estimate) for average in averages])
    weight = share / share.sum()
    score = weight @ np.array([average.score for average in averages])
    score[cells.k + np.array(index)] += (effect - weight @ effect) / share.sum()
    return Average(weight @ np.array([average.weights for average in averages]), score)
