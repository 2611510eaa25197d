"""Effects by group and period that are adjusted for characteristics of yes and no are ratios of a
few counts: of which few do they tell?

    effect of group g by period t   change of g - sum over traits of (share of g with it) x (change
                                    of those compared who have it)

The changes are told by the averages, so that one period tells the share of g with a trait, and how
many of those compared have it: each effect holds 33 bits, and one more sum of outcomes.
"""

import numpy as np

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.evaluation.bits_unknown import (
    DIGITS,
    bits_of_outcome,
    bits_of_traits,
    spread_of,
    step_of,
    tells_one_set,
)
from pbc_eval.evaluation.few_apart import number_apart
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.panel.panel import Panel


class FewInParts:
    """What effects in a panel, and in each part of it that is looked at, tell of few: ``traits``
    that they are adjusted for, and outcomes that cannot have moved, ``controls``."""

    def __init__(self, spec: EvaluationSpec, panel: Panel) -> None:
        self.spec, self.outcome = spec, panel.roles.outcome
        self.traits, self.controls = told_by_panel(spec, panel), tuple[str, ...]()

    def look_at(self, part: Panel) -> None:
        """A part of the sample, or the same people with another outcome."""
        self.traits = tuple(dict.fromkeys([*self.traits, *told_by_panel(self.spec, part)]))
        if part.roles.outcome != self.outcome and few_are_apart(self.spec, part):
            self.controls = (*self.controls, str(part.roles.outcome))


def told_by_panel(spec: EvaluationSpec, panel: Panel) -> tuple[str, ...]:
    """Traits that few of a group have, or lack, and that effects adjusted for them tell; none where
    a characteristic has many values, or more is unknown than is told. A group that is of few itself
    is not looked at: it is held back whole."""
    rule = spec.publication.disclosure.of_units
    if not rule.protects or not panel.covariates or panel.repeated:
        return ()
    arrays, covariates = panel.arrays(), panel.unit_covariates()
    spread = spread_of(arrays.outcome)
    if np.isinf(spread):
        return ()
    members = [arrays.cohort == c for c in range(len(panel.cohorts))]
    groups = [own for own in members if own.sum() >= rule.threshold]
    traits: list[tuple[str, list[Bools]]] = []
    names = iter(covariates.names)
    for block in covariates.blocks:
        own = [next(names) for _ in range(block.shape[2])]
        for name, values in zip(own, np.moveaxis(block, 2, 0), strict=True):
            there = _is_the_larger(values)
            if there is None:
                return ()
            traits.append((name, list(there.T)))
        if len(own) > 1:  # the level without an indicator
            levels = [np.array(periods) for _, periods in traits[-len(own) :]]
            first = covariates.names[len(traits) - len(own)].partition("[")[0]
            traits.append((f"{first}, reference level", list(~np.any(levels, axis=0))))
    few = _few(traits, groups, rule.threshold)
    if not few:
        return ()
    counts = [_counts(covariates.blocks, own) for own in groups]
    compared = _counts(covariates.blocks, members[_compared(panel, members)])
    cohorts = sum(1 for label in panel.cohorts if label)
    return few if tells_one_set(
        bits_of_traits(counts),
        bits_of_outcome([compared], 2 * spread),  # a change has twice the spread
        DIGITS * max(cohorts, 1),
        equations=max(panel.n_periods - 1, 1),
    ) else ()  # fmt: skip


def few_are_apart(spec: EvaluationSpec, panel: Panel) -> bool:
    """Have few of a group, in a period, any value of the outcome but the most frequent? What they
    changed by follows from an effect and its error; not where values have many decimals. Of units
    that stay in an engine it is taken to be so where their sums are whole."""
    rule = spec.publication.disclosure.of_units
    if not rule.protects or panel.repeated:
        return False
    if panel.pulls is not None and panel.balanced:
        moments = panel.moments()
        sums = moments.level * moments.units[:, None]
        return step_of(np.asarray(sums, dtype=np.float64)) is not None
    arrays = panel.arrays()
    known = arrays.outcome[~np.isnan(arrays.outcome)]
    if np.isinf(spread_of(known)):
        return False
    filled = np.where(np.isnan(arrays.outcome), known.min(initial=0.0), arrays.outcome)
    for c in range(len(panel.cohorts)):
        own = arrays.cohort == c
        for values in filled.T:
            apart = number_apart(values, own, two=False) if own.any() else 0
            if 0 < apart < rule.threshold:
                return True
    return False


def _is_the_larger(values: Floats) -> Bools | None:
    """Who has the larger of two values in each period, (n, periods); None of more than two."""
    distinct = np.unique(values[~np.isnan(values)])
    if len(distinct) > 2:
        return None
    return np.asarray(values == distinct.max(initial=1.0))


def _few(
    traits: list[tuple[str, list[Bools]]], groups: list[Bools], threshold: int
) -> tuple[str, ...]:
    """Names of traits that fewer than ``threshold`` of a group have in some period, or lack."""
    return tuple(
        name
        for name, periods in traits
        if any(
            0 < n < threshold
            for there in periods
            for own in groups
            for n in (int((own & there).sum()), int((own & ~there).sum()))
        )
    )


def _counts(blocks: tuple[Floats, ...], own: Bools) -> list[list[int]]:
    """How many of a group have each free level of each characteristic, at the start."""
    counts = []
    for block in blocks:
        first = np.moveaxis(block[own, :1], 2, 0)
        counts.append([int((column == np.nanmax(block[..., k])).sum())
                       for k, column in enumerate(first)])  # fmt: skip
    return counts


def _compared(panel: Panel, members: list[Bools]) -> int:
    """The cohort that others are compared with: those never treated, else the last to start."""
    sizes: Ints = np.array([own.sum() for own in members])
    never = [c for c, label in enumerate(panel.cohorts) if not label and sizes[c]]
    return never[0] if never else int(np.flatnonzero(sizes)[-1])
