"""Would such an effect come about by chance alone in who was treated when?

The starts are dealt out again to units (or to whole clusters), as many to each cohort as there
were, and the effect is estimated anew: the average over treated unit-periods of the change since
the last untouched period, against the never treated, over its standard error. Under the null that
treatment changed nothing for anyone, and that any unit could have been any other, the p-value is
exact however few are treated; studentised, it holds in large samples where effects differ too.

Sources: Fisher (1935), The Design of Experiments; Young (2019), Quarterly Journal of Economics 134;
Chung and Romano (2013), Annals of Statistics 41, for studentising; MacKinnon and Webb (2020),
Journal of Econometrics 218, for clusters; Rosenbaum (2002), Observational Studies, section 2.6, for
the interval: the effects, the same for everybody, that are not rejected.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import lgamma

import numpy as np

from pbc_eval._validate import check_level
from pbc_eval.did.tested_average import TestedAverage
from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.numerics.clustered import clusters_of
from pbc_eval.numerics.null_draws import NullDraws
from pbc_eval.panel.panel import Panel

OWNER = "randomisation_test"
DRAWS = 1999
SEED = 19_350_101
AT_ONCE = 20_000_000  # values held while starts are dealt out
SAME = 1e-10  # relative: statistics that are equal but for rounding count as equal


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RandomisationTest(TestedAverage):
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
    level: float | None = None
    conf_low: float = -np.inf  # of an effect that is the same for all, if a level was asked for;
    conf_high: float = np.inf  # infinite where no value on that side is rejected
    known_to: float = 0.0  # one standard error of an end of the interval, by chance of the draws


def randomisation_test(
    panel: Panel,
    *,
    anticipation: int = 0,
    draws: int = DRAWS,
    seed: int = SEED,
    level: float | None = None,
) -> RandomisationTest:
    """The effect against those of starts dealt out at random, ``draws`` of them.

    With a ``level`` the interval too: the effects, the same for everybody treated, that such a test
    does not reject. Covariates are not adjusted for. Where the panel has clusters, starts are dealt
    out to whole clusters. Raises DesignError for incomplete panels and repeated cross-sections, for
    panels without never-treated units, without a period before, or with clusters of several
    cohorts.
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 99:
        raise DesignError(f"{OWNER}: draws must be a whole number of at least 99, got {draws!r}.")
    if level is not None:
        check_level(OWNER, level, DesignError)
    if panel.repeated or not panel.balanced:
        raise DesignError(
            f"{OWNER}: units must be followed through every period. Use missing='complete_units'."
        )
    if not panel.cohort_units[0]:
        raise DesignError(
            f"{OWNER}: it compares with units that are never treated; there are none."
        )
    values, weight, cohort = who_was_dealt(panel)
    contrasts = _contrasts(panel, anticipation)
    parts = _Parts.of(values, weight, cohort, contrasts)
    as_it_is = np.arange(len(cohort))[None]
    estimate, own = parts.statistic(as_it_is)
    taken_off = parts.less(cohort, float(estimate[0]))
    terms = [taken_off.terms(as_it_is)] if level is not None else []
    beyond = 0
    for dealt in dealt_again(len(cohort), draws, seed, parts.scores.size):
        _, again = parts.statistic(dealt)
        if level is not None:
            terms.append(taken_off.terms(dealt))
        beyond += int((np.abs(again) >= abs(own[0]) * (1 - SAME)).sum())
    low, high, known = -np.inf, np.inf, 0.0
    if level is not None and own[0] not in (0.0, np.inf, -np.inf):
        reference = NullDraws(
            estimate=float(estimate[0]),
            std_error=abs(float(estimate[0] / own[0])),
            top=np.concatenate([top for top, _ in terms]),
            squares=np.concatenate([squares for _, squares in terms]),
        )
        (low, high), known = reference.interval(level), reference.known_to(level)
    return lots_test(
        cohort,
        draws,
        estimate=float(estimate[0]),
        statistic=float(own[0]),
        p_value=(beyond + 1) / (draws + 1),
        level=level,
        interval=(low, high),
        known_to=known,
    )


def lots_test(
    cohort: Ints,
    draws: int,
    *,
    estimate: float,
    statistic: float,
    p_value: float,
    level: float | None,
    interval: tuple[float, float],
    known_to: float,
) -> RandomisationTest:
    """The result of ``draws`` deals beside the true one, of starts (n,) in ``cohort``."""
    return RandomisationTest(
        estimate=estimate,
        statistic=statistic,
        p_value=p_value,
        assignments=draws + 1,
        possible=ways_to_deal(cohort),
        units=len(cohort),
        treated=int((cohort > 0).sum()),
        level=level,
        conf_low=interval[0],
        conf_high=interval[1],
        known_to=known_to,
    )


def dealt_again(n: int, draws: int, seed: int, values: int) -> Iterator[Ints]:
    """Blocks (b, n) of the n units in random order, ``draws`` orders in all; ``values`` are held
    for each of them."""
    draw = np.random.default_rng(seed)
    block = max(1, AT_ONCE // max(values, 1))
    for done in range(0, draws, block):
        size = min(block, draws - done)
        yield draw.permuted(np.tile(np.arange(n), (size, 1)), axis=1)


def ways_to_deal(cohort: Ints) -> float:
    """In how many ways the starts (n,) can be dealt out; infinite where too many to count."""
    sizes = np.bincount(cohort).tolist()
    log_count = lgamma(len(cohort) + 1) - sum(lgamma(n + 1) for n in sizes)
    return float(np.round(np.exp(log_count))) if log_count < 700 else float("inf")


def who_was_dealt(panel: Panel) -> tuple[Floats, Floats, Ints]:
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
    unit: Floats  # (C, T) what makes a score of an outcome path
    treated: Bools  # (C, T) is a cohort treated in a period?
    slopes: Floats | None = None  # (n, C) of the scores, in how far the null is from the estimate

    @classmethod
    def of(cls, values: Floats, weight: Floats, cohort: Ints, contrasts: Floats) -> "_Parts":
        treated = contrasts > 0
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
            unit=unit,
            treated=treated,
        )

    def less(self, cohort: Ints, effect: float) -> "_Parts":
        """The same with ``effect`` taken off the outcomes of those treated, of ``cohort`` (n,), and
        the slopes of the scores in what is taken off."""
        slopes = -(self.treated[cohort] * self.weight[:, None]) @ self.unit.T
        return replace(self, scores=self.scores + effect * slopes, slopes=slopes)

    def terms(self, dealt: Ints) -> tuple[Floats, Floats]:
        """Of each of ``dealt`` (b, n): the estimate (b, 2), linear in how far the null is from the
        effect that was taken off, and its variance (b, 3), quadratic in it."""
        assert self.slopes is not None
        who = dealt[:, self.order]
        ends = np.append(self.first, self.kept)
        top, squares = np.zeros((len(who), 2)), np.zeros((len(who), 3))
        for at, column in enumerate(self.column):
            mine = who[:, ends[at] : ends[at + 1]]
            weight, n = self.weight[mine], mine.shape[1]
            total = weight.sum(axis=1)
            away = []
            for place, scores in enumerate((self.scores, self.slopes)):
                score = scores[mine, column]
                mean = score.sum(axis=1) / total
                top[:, place] += self.share[at] * mean
                away.append(score - mean[:, None] * weight)
            if n > 1:
                scale = self.share[at] ** 2 / total**2 * n / (n - 1)
                squares[:, 0] += scale * (away[0] ** 2).sum(axis=1)
                squares[:, 1] += scale * 2 * (away[0] * away[1]).sum(axis=1)
                squares[:, 2] += scale * (away[1] ** 2).sum(axis=1)
        return top, squares

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
