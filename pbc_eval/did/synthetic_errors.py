"""Replications behind the standard errors of synthetic difference-in-differences.

Source: Arkhangelsky et al. (2021), algorithms 2 (bootstrap), 3 (jackknife) and 4 (placebo).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from pbc_eval.did.synthetic_fit import CohortFit, fit_cohorts
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.told_places import HEADLINE_COMPARISON, HEADLINE_TREATED
from pbc_eval.messages.values import Name, Units
from pbc_eval.numerics.arrays import Floats, Ints

Inference = Literal["placebo", "jackknife", "bootstrap"]
INFERENCES = ("placebo", "jackknife", "bootstrap")
Replication = tuple[Floats, Ints, tuple[CohortFit, ...]]  # outcome (m, T), cohort (m,), its fits


def why_none(cohort: Ints, fits: tuple[CohortFit, ...], inference: Inference) -> Sentence | None:
    """Why there can be no standard error; None when there can."""
    n_pool, n_treated = int((cohort == 0).sum()), int((cohort > 0).sum())
    if inference == "placebo":
        if n_pool <= n_treated:
            return Sentence(
                "placebos need more comparison units ({compared}) than treated ({treated})",
                compared=Units(n_pool, cell=HEADLINE_COMPARISON),
                treated=Units(n_treated, cell=HEADLINE_TREATED),
            )
        return None
    if min(fit.treated_units for fit in fits) < 2 or n_pool < 2:
        return Sentence(
            "{inference} needs two treated units in every cohort and two comparisons",
            inference=Name(inference),
        )
    return None


def replicate(
    outcome: Floats,
    cohort: Ints,
    starts: Ints,
    fits: tuple[CohortFit, ...],
    *,
    inference: Inference,
    replications: int,
    seed: int,
) -> Iterator[Replication]:
    """Placebos on comparison units, leave-one-outs, or samples drawn with replacement."""
    draw = np.random.default_rng(seed)
    if inference == "placebo":
        pool, treated = np.flatnonzero(cohort == 0), cohort[cohort > 0]
        for _ in range(replications):
            chosen = draw.permutation(pool)
            given = np.zeros(len(pool), dtype=np.int64)
            given[: len(treated)] = treated
            yield outcome[chosen], given, fit_cohorts(outcome[chosen], given, starts)
        return
    if inference == "jackknife":
        yield from _leave_one_out(outcome, cohort, fits)
        return
    made = 0
    wanted = set(np.unique(cohort).tolist())
    while made < replications:
        chosen = draw.integers(0, len(cohort), len(cohort))
        drawn = cohort[chosen]
        # As the paper's algorithm 2: draws without a treated or a comparison unit are thrown away.
        if set(np.unique(drawn).tolist()) == wanted:
            made += 1
            yield outcome[chosen], drawn, fit_cohorts(outcome[chosen], drawn, starts)


def _leave_one_out(
    outcome: Floats, cohort: Ints, fits: tuple[CohortFit, ...]
) -> Iterator[Replication]:
    for i in range(len(cohort)):
        kept = np.arange(len(cohort)) != i
        left = []
        for fit in fits:
            unit = fit.unit[kept[cohort == 0]]
            # A comparison made of the unit left out alone has no weights to scale up.
            unit = unit / unit.sum() if unit.sum() > 0 else np.full(len(unit), 1 / len(unit))
            treated_units = int((kept & (cohort == fit.cohort)).sum())
            left.append(replace(fit, unit=unit, treated_units=treated_units))
        yield outcome[kept], cohort[kept], tuple(left)
