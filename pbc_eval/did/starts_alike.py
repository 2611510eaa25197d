"""Were those who started at a time, until then, like those who started later or never?

For every start, the mean outcome of its cohort in the last period before it, less that of all units
that start later or never: nobody among them is treated yet. Were starts dealt out at random, who of
them goes first is a lot drawn among them, whatever the effects of earlier starts on others; so each
difference is held against those of lots drawn anew within its own risk set, and draws of different
starts are independent of one another.

    W = sum over starts of (difference / its spread under lots)^2

is chi-squared with as many degrees of freedom as there are starts, in large samples; its p-value
here is the share of draws with a W as large, exact however few there are.

Source: after Roth and Sant'Anna (2023), section 4 (balance of outcomes before the start); Fisher
(1935), The Design of Experiments.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.did.randomisation import dealt_again, who_was_dealt
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.panel.panel import Panel

DRAWS = 1999
SEED = 19_350_102


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StartsAlike:
    """Of q starts, in order."""

    cohort: tuple[int, ...]  # (q,) labels
    period: tuple[int, ...]  # (q,) labels of the last periods before
    difference: Floats  # (q,) in the outcome's unit
    spread: Floats  # (q,) standard deviation of the difference under lots
    units: tuple[tuple[int, int], ...]  # (q,) that started then, and later or never
    statistic: float  # W
    p_value: float


def starts_alike(panel: Panel, *, draws: int = DRAWS, seed: int = SEED) -> StartsAlike:
    """Hold every start against lots drawn anew; to whole clusters where there are clusters.

    Raises DesignError for panels with gaps or cross-sections, for clusters of several cohorts, and
    where no start can be compared with two or more that start later or never.
    """
    if panel.repeated or not panel.balanced:
        raise DesignError(
            f"{panel.name}: whether starts are as good as random is looked for in units seen in "
            "every period. Use missing='complete_units'.",
            rule=Sentence("It needs every unit in every period."),
        )
    values, weight, cohort = who_was_dealt(panel)
    touched, starts = panel.first_touched(), np.array(panel.starts)
    kept, rows, drawn = [], [], []
    for c in range(1, len(panel.cohorts)):
        base, mine = int(touched[c]) - 1, cohort == c
        later: Bools = (cohort == 0) | (touched[cohort] > touched[c])
        if base < 0 or starts[c] >= panel.n_periods or mine.sum() < 1 or later.sum() < 2:
            continue
        among = np.concatenate([np.flatnonzero(mine), np.flatnonzero(later)])
        first = int(mine.sum())
        orders = np.concatenate(list(dealt_again(len(among), draws, seed + c, len(among))))
        dealt = among[np.vstack([np.arange(len(among)), orders])]
        outcome, size = values[:, base][dealt], weight[dealt]
        apart = outcome[:, :first].sum(axis=1) / size[:, :first].sum(axis=1)
        apart -= outcome[:, first:].sum(axis=1) / size[:, first:].sum(axis=1)
        kept.append(c)
        rows.append((base, first, len(among) - first, float(apart[0])))
        drawn.append(apart)
    if not kept:
        raise DesignError(
            f"{panel.name}: no start has two or more units that start later or never to be "
            "compared with.",
            rule=Sentence("No start can be compared with later ones."),
        )
    every = np.array(drawn)
    spread = every[:, 1:].std(axis=1)
    away = np.divide(every, spread[:, None], out=np.zeros_like(every), where=spread[:, None] > 0)
    total = (away**2).sum(axis=0)
    return StartsAlike(
        cohort=tuple(panel.cohorts[c] for c in kept),
        period=tuple(panel.periods.labels[base] for base, *_ in rows),
        difference=np.array([row[-1] for row in rows]),
        spread=spread,
        units=tuple((first, rest) for _, first, rest, _ in rows),
        statistic=float(total[0]),
        p_value=float((total >= total[0] * (1 - 1e-9)).mean()),
    )
