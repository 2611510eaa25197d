"""Would such an effect come about by chance alone in who was treated when?

The starts are dealt out again to units (or to whole clusters), as many to each cohort as there
were, and the effect is estimated anew: the average over treated unit-periods of the change since
the last untouched period, against the never treated, over its standard error. Under the null that
treatment changed nothing for anyone, and that any unit could have been any other, the p-value is
exact however few are treated; studentised, it holds in large samples where effects differ too.

Sources: Fisher (1935), The Design of Experiments; Young (2019), Quarterly Journal of Economics 134;
Chung and Romano (2013), Annals of Statistics 41, for studentising; MacKinnon and Webb (2020),
Journal of Econometrics 218, for clusters.
"""

from dataclasses import dataclass
from math import lgamma

import numpy as np

from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.clustered import clusters_of
from pbc_eval.panel.panel import Panel

OWNER = "randomisation_test"
DRAWS = 1999
SEED = 19_350_101
AT_ONCE = 20_000_000  # values held while starts are dealt out
SAME = 1e-10  # relative: statistics that are equal but for rounding count as equal


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomisationTest:
    """``estimate`` in the outcome's unit, ``statistic`` over its error; ``p_value`` two-sided.

    ``assignments`` were looked at, ``possible`` are there (infinite where too many to count); the
    least p-value there can be is one over the smaller of them.
    """

    estimate: float
    statistic: float
    p_value: float
    assignments: int
    possible: float
    units: int  # that starts were dealt out to: units or clusters
    treated: int  # of them


def randomisation_test(
    panel: Panel, *, anticipation: int = 0, draws: int = DRAWS, seed: int = SEED
) -> RandomisationTest:
    """The effect against those of starts dealt out at random, ``draws`` of them.

    Covariates are not adjusted for. Where the panel has clusters, starts are dealt out to whole
    clusters. Raises DesignError for incomplete panels and repeated cross-sections, for panels
    without never-treated units, without a period before, or with clusters of several cohorts.
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 99:
        raise DesignError(f"{OWNER}: draws must be a whole number of at least 99, got {draws!r}.")
    if panel.repeated or not panel.balanced:
        raise DesignError(
            f"{OWNER}: units must be followed through every period. Use missing='complete_units'."
        )
    if not panel.cohort_units[0]:
        raise DesignError(
            f"{OWNER}: it compares with units that are never treated; there are none."
        )
    values, weight, cohort = _dealt(panel)
    contrasts = _contrasts(panel, anticipation)
    parts = _Parts.of(values, weight, cohort, contrasts)
    estimate, own = parts.statistic(np.arange(len(cohort))[None])
    draw = np.random.default_rng(seed)
    block = max(1, AT_ONCE // max(parts.scores.size, 1))
    beyond, done = 0, 0
    while done < draws:
        size = min(block, draws - done)
        dealt = draw.permuted(np.tile(np.arange(len(cohort)), (size, 1)), axis=1)
        _, again = parts.statistic(dealt)
        beyond += int((np.abs(again) >= abs(own[0]) * (1 - SAME)).sum())
        done += size
    sizes = np.bincount(cohort)
    log_count = lgamma(len(cohort) + 1) - sum(lgamma(n + 1) for n in sizes.tolist())
    return RandomisationTest(
        estimate=float(estimate[0]),
        statistic=float(own[0]),
        p_value=(beyond + 1) / (draws + 1),
        assignments=draws + 1,
        possible=float(np.round(np.exp(log_count))) if log_count < 700 else float("inf"),
        units=len(cohort),
        treated=int((cohort > 0).sum()),
    )


def _dealt(panel: Panel) -> tuple[Floats, Floats, Ints]:
    """Weighted outcomes (n, T), weights (n,) and cohorts (n,) of what starts are dealt out to."""
    arrays = panel.arrays()
    values, weight, cohort = arrays.outcome * arrays.weight[:, None], arrays.weight, arrays.cohort
    if not panel.roles.cluster:
        return values, weight, cohort
    k = int(arrays.cluster.max()) + 1
    first = np.full(k, -1)
    first[arrays.cluster] = cohort
    if (first[arrays.cluster] != cohort).any():
        raise DesignError(
            f"{OWNER}: some clusters have units of several cohorts, so starts cannot be dealt out "
            "to clusters. Leave cluster out of the panel to deal them out to units."
        )
    sums = clusters_of(arrays.cluster).sums(values)
    total = np.bincount(arrays.cluster, weight, k).astype(np.float64)
    return sums, total, first.astype(np.int64)


def _contrasts(panel: Panel, anticipation: int) -> Floats:
    """(C, T) the sum over treated periods of the change since the base; zero for the never
    treated and for cohorts without a base or a treated period."""
    touched = panel.first_touched(anticipation)
    rows = np.zeros((len(panel.cohorts), panel.n_periods))
    for c in range(1, len(panel.cohorts)):
        start, base = panel.starts[c], int(touched[c]) - 1
        if panel.cohort_units[c] and base >= 0 and start < panel.n_periods:
            rows[c, start:] = 1.0
            rows[c, base] -= panel.n_periods - start
    if not rows.any():
        raise DesignError(f"{OWNER}: no cohort is seen both before and from its start on.")
    return rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parts:
    """Scores (n, C) of every unit under the contrast of every cohort, in the first column that of
    all of them, for the comparison; sorted by cohort, whose rows begin at ``first``."""

    scores: Floats
    weight: Floats  # (n,)
    order: Ints  # (n,) which place, sorted by cohort, is whose
    first: Ints  # (c,) of the cohorts that count
    column: Ints  # (c,)
    share: Floats  # (c,) of each cohort in the average; minus one for the comparison
    kept: int  # places in all, those of cohorts that do not count left out

    @classmethod
    def of(cls, values: Floats, weight: Floats, cohort: Ints, contrasts: Floats) -> "_Parts":
        size = np.bincount(cohort, weight, len(contrasts))
        spans = np.maximum(contrasts, 0.0).sum(axis=1)
        cells = size * spans
        counted = [int(c) for c in np.flatnonzero(spans) if size[c]]
        unit = contrasts / np.where(spans > 0, spans, 1.0)[:, None]
        share = cells[counted] / cells[counted].sum()
        unit[0] = share @ unit[counted]
        order = np.concatenate([np.flatnonzero(cohort == c) for c in (0, *counted)])
        counts = [int((cohort == c).sum()) for c in (0, *counted)]
        return cls(
            scores=values @ unit.T,
            weight=weight,
            order=order,
            first=np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64),
            column=np.array([0, *counted]),
            share=np.concatenate([[-1.0], share]),
            kept=len(order),
        )

    def statistic(self, dealt: Ints) -> tuple[Floats, Floats]:
        """(b,) estimates and their studentised values, of the units ``dealt`` (b, n) to places."""
        who = dealt[:, self.order]
        ends = np.append(self.first, self.kept)
        estimate, variance = np.zeros(len(who)), np.zeros(len(who))
        for at, column in enumerate(self.column):
            mine = who[:, ends[at] : ends[at + 1]]
            score, weight = self.scores[mine, column], self.weight[mine]
            total = weight.sum(axis=1)
            mean = score.sum(axis=1) / total
            n = mine.shape[1]
            estimate += self.share[at] * mean
            away = score - mean[:, None] * weight
            if n > 1:
                variance += self.share[at] ** 2 * (away**2).sum(axis=1) / total**2 * n / (n - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(variance > 0, estimate / np.sqrt(variance), np.inf * np.sign(estimate))
        return estimate, np.where(np.isnan(ratio), 0.0, ratio)
