"""Repeated cross-sections adjusted for covariates, each observation by its own.

A cell has four groups: cohort and comparison (d = 1, 0), in its period and in its base. With
m_dt(x) the regression of the outcome in one of them, p(x) the chance of being in the cohort, and
means weighted by w, or for comparison observations by w p / (1 - p):

    reg   [mean of y, d=1, now - then] - mean over d=1 of [m_0,now(x) - m_0,then(x)]
    ipw   [mean of y, d=1, now - then] - [weighted mean of y, d=0, now - then]
    dr    the same of y - m_0t(x), and for now less then:
          mean over d=1 of [m_1t(x) - m_0t(x)]  -  the same over those of d=1 seen in t

The last line of dr makes it locally efficient. All are sums of weighted means, so an observation's
influence is its part in each, plus what it adds through the fitted regressions and score.

Source: Sant'Anna and Zhao (2020), Journal of Econometrics 219, section 2.3 and equation (3.4).
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.linalg import solve
from numpy.typing import NDArray
from scipy import sparse

from pbc_eval.did.adjustment import TRIM, EstimationMethod, collinear, telling_columns
from pbc_eval.did.cells import CellPlan
from pbc_eval.did.cohort_score import Score, Unlike, placed, score_of
from pbc_eval.did.estimates import CellEstimates
from pbc_eval.did.notes import without_weight
from pbc_eval.did.small_cohorts import SMALL, SmallCohorts
from pbc_eval.did.small_sample import CohortParts, no_parts
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Noun, Number
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.collinearity import dependent_columns
from pbc_eval.panel.covariates import UnitCovariates
from pbc_eval.panel.cross_sections import RowArrays

OBSERVATIONS = Noun(Sentence("comparison observation"), Sentence("comparison observations"))


def cells_adjusted_in_cross_sections(
    plain: CellEstimates,
    rows: RowArrays,
    covariates: UnitCovariates,
    *,
    method: EstimationMethod,
    clustered: bool,
) -> CellEstimates:
    """``plain``: the cells without covariates, from the same rows, whose counts and levels stay."""
    plan, k = plain.plan, plain.k
    x = covariates.at(0, np.arange(len(rows.outcome)))
    strata = _rows_by_stratum(rows, plan.pool.shape[1])
    estimate = np.where(plan.reference, 0.0, np.full(k, np.nan))
    reason, n_trimmed = list(plain.reason), np.zeros(k, dtype=np.int64)
    at, cell, value = [], [], []
    unlike: list[Unlike | None] = []
    for j in np.flatnonzero(~np.isnan(plain.estimate) & plan.usable):
        used, treated, now = _sample(plan, int(j), strata)
        sample = Sample(
            y=rows.outcome[used],
            x=standardised(x[used]),
            weight=rows.weight[used],
            treated=treated,
            now=now,
        )
        adjusted = adjust_cell(method, sample, covariates.names)
        if isinstance(adjusted, Sentence):
            reason[j] = adjusted
            continue
        estimate[j] = adjusted.estimate
        n_trimmed[j] = adjusted.trimmed
        unlike.append(adjusted.unlike)
        at.append(used)
        cell.append(np.full(len(used), j))
        value.append(adjusted.influence)
    joint, before, small = _covariance(plan, rows, (at, cell, value), estimate, clustered)
    return replace(
        plain,
        estimate=estimate,
        joint=joint,
        reason=tuple(reason),
        before=before,
        small=small,
        trimmed=n_trimmed,
        notes=without_weight(unlike, OBSERVATIONS),
    )


def _rows_by_stratum(rows: RowArrays, n_cohorts: int) -> dict[tuple[int, int], Ints]:
    """Positions of the rows of every cohort and period."""
    key = rows.cohort * (rows.period.max() + 1) + rows.period
    order = np.argsort(key, kind="stable")
    strata, first = np.unique(key[order], return_index=True)
    parts = np.split(order, first[1:])
    n_periods = int(rows.period.max()) + 1
    return {divmod(int(h), n_periods): part for h, part in zip(strata, parts, strict=True)}


def _sample(
    plan: CellPlan, j: int, strata: dict[tuple[int, int], Ints]
) -> tuple[Ints, Floats, Floats]:
    """Rows of the cell, and for each: is it of the cohort, is it of the cell's period."""
    own = int(plan.cohort[j])
    parts, treated, now = [], [], []
    for cohort in (own, *np.flatnonzero(plan.pool[j]).tolist()):
        for period in (int(plan.period[j]), int(plan.base[j])):
            part = strata.get((cohort, period), np.empty(0, dtype=np.int64))
            parts.append(part)
            treated.append(np.full(len(part), float(cohort == own)))
            now.append(np.full(len(part), float(period == plan.period[j])))
    return np.concatenate(parts), np.concatenate(treated), np.concatenate(now)


def standardised(x: Floats) -> Floats:
    spread = x.std(axis=0)
    scaled = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.column_stack([np.ones(len(x)), scaled])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """The observations of one cell: n of them, ``x`` (n, p) with its intercept."""

    y: Floats
    x: Floats
    weight: Floats
    treated: Floats  # 1 or 0
    now: Floats  # 1 or 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adjusted:
    estimate: float
    influence: Floats  # (n,) sums to nothing
    trimmed: int
    unlike: Unlike | None = None  # comparison observations without weight


@dataclass(slots=True, eq=False)
class _Regression:
    """Least squares of y on the ``fitted`` columns of x in one group; ``pull`` is how the estimate
    moves with ``slope``, which is 0 for the others."""

    weight: Floats
    gram: Floats  # of the columns that are fitted
    fitted: NDArray[np.intp]
    slope: Floats
    pull: Floats

    def influence(self, sample: Sample) -> Floats:
        rest = sample.y - sample.x @ self.slope
        moved = sample.x[:, self.fitted] @ solve(self.gram, self.pull[self.fitted])
        influence: Floats = self.weight * rest * moved
        return influence


@dataclass(slots=True, eq=False)
class _Sum:
    """Weighted means added up, with the influence of every observation."""

    sample: Sample
    estimate: float = 0.0
    influence: Floats = field(default_factory=lambda: np.empty(0))
    score_pull: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        self.influence = np.zeros(len(self.sample.y))
        self.score_pull = np.zeros(self.sample.x.shape[1])

    def add(
        self,
        sign: float,
        weight: Floats,
        value: Floats,
        slopes: tuple[tuple[float, _Regression], ...] = (),
        *,
        scored: bool = False,
    ) -> None:
        """Add ``sign`` times the mean of ``value``, which holds each regression's x . slope times
        its factor in ``slopes``; ``scored``: the weights are odds of the score."""
        total = weight.sum()
        mean = float(weight @ value / total)
        part = weight * (value - mean) / total
        self.estimate += sign * mean
        self.influence += sign * part
        for factor, regression in slopes:
            regression.pull += sign * factor * (weight @ self.sample.x) / total
        if scored:
            self.score_pull += sign * (part @ self.sample.x)


def adjust_cell(
    method: EstimationMethod, sample: Sample, names: tuple[str, ...]
) -> Adjusted | Sentence:
    """One cell; a sentence says why it cannot be adjusted."""
    kept = telling_columns(sample.x.T @ (sample.x * sample.weight[:, None]))
    few = replace(sample, x=sample.x[:, kept])
    return _adjusted(method, few, tuple(names[j - 1] for j in kept[1:]))


def _adjusted(
    method: EstimationMethod, sample: Sample, names: tuple[str, ...]
) -> Adjusted | Sentence:
    """``adjust_cell``, every column telling something."""
    p = sample.x.shape[1]
    y, x, d, now = sample.y, sample.x, sample.treated, sample.now
    own, other = sample.weight * d, sample.weight * (1 - d)
    regressions: dict[tuple[int, int], _Regression] = {}
    groups = {"reg": ((0, 1), (0, 0)), "ipw": (), "dr": ((0, 1), (0, 0), (1, 1), (1, 0))}[method]
    for side, when in groups:
        weight = (own if side else other) * (now if when else 1 - now)
        gram = x.T @ (x * weight[:, None])
        # the treated group's regression is asked of the treated alone
        fitted = telling_columns(gram) if side else np.arange(p)
        gram = gram[np.ix_(fitted, fitted)]
        if dependent := dependent_columns(gram):
            where = (
                Sentence("among the treated observations of one period")
                if side
                else Sentence("among the comparison observations of one period")
            )
            named = tuple(names[j - 1] for j in fitted[1:])
            return collinear(dependent, named, where)
        slope = np.asarray(solve(gram, x[:, fitted].T @ (weight * y)), dtype=np.float64)
        regressions[side, when] = _Regression(
            weight, gram, fitted, placed(fitted, slope, p), np.zeros(p)
        )
    odds, n_trimmed = other, 0
    score: Score | None = None
    if method != "reg":
        if dependent := dependent_columns(x.T @ (x * sample.weight[:, None])):
            return collinear(
                dependent, names, Sentence("among treated and comparison observations")
            )
        scored = score_of(x, d > 0, sample.weight, names)
        if isinstance(scored, Sentence):
            return scored
        score = scored
        chance = score.chance(x)
        below = chance < TRIM
        n_trimmed = int((~below & (d == 0)).sum())
        odds = other * np.where(below, chance / (1 - chance), 0.0)

    total = _Sum(sample)
    for when, sign in ((1, 1.0), (0, -1.0)):
        here = now if when else 1 - now
        if method == "reg":
            control = regressions[0, when]
            total.add(sign, own * here, y)
            total.add(-sign, own, x @ control.slope, ((1.0, control),))
            continue
        if not (odds * here).sum() > 0:
            return Sentence(
                "no comparison observation has a propensity score below {trim}",
                trim=Number(TRIM, 3),
            )
        if method == "ipw":
            total.add(sign, own * here, y)
            total.add(-sign, odds * here, y, scored=True)
            continue
        control, treated = regressions[0, when], regressions[1, when]
        rest, minus = y - x @ control.slope, ((-1.0, control),)
        total.add(sign, own * here, rest, minus)
        total.add(-sign, odds * here, rest, minus, scored=True)
        gap, both = x @ (treated.slope - control.slope), ((1.0, treated), (-1.0, control))
        total.add(sign, own, gap, both)
        total.add(-sign, own * here, gap, both)
    influence = total.influence + sum(
        regression.influence(sample) for regression in regressions.values()
    )
    if score is not None:
        moved = x @ score.pull(total.score_pull)
        influence = influence + sample.weight * (d - score.chance(x)) * moved
    return Adjusted(
        estimate=total.estimate,
        influence=influence,
        trimmed=n_trimmed,
        unlike=None if score is None else score.unlike,
    )


def _covariance(
    plan: CellPlan,
    rows: RowArrays,
    influences: tuple[list[Ints], list[Ints], list[Floats]],
    estimate: Floats,
    clustered: bool,
) -> tuple[Floats, CohortParts | None, SmallCohorts]:
    """Joint covariance of cells and cohort indicators, the parts of those before treatment, and
    those of small cohorts (strata of a cohort in a period, when there are no clusters)."""
    k, n_cohorts = plan.pool.shape
    n = len(rows.outcome)
    at, cell, value = ([*part] for part in influences)
    at.append(np.arange(n))
    cell.append(k + rows.cohort)
    value.append(rows.weight / rows.weight.sum())
    scores = sparse.csr_array(
        (np.concatenate(value), (np.concatenate(at), np.concatenate(cell))), (n, k + n_cohorts)
    )

    def independent(chosen: Ints) -> sparse.csr_array:
        part, cluster = scores[chosen], rows.cluster[chosen]
        if not clustered:
            return part
        kinds, which = np.unique(cluster, return_inverse=True)
        ones = (np.ones(len(which)), (which, np.arange(len(which))))
        member = sparse.csr_array(ones, (len(kinds), len(which)))
        return sparse.csr_array(member @ part)

    def product(chosen: Ints) -> tuple[Floats, int]:
        part = independent(chosen)
        return np.asarray((part.T @ part).todense()), part.shape[0]

    parts = no_parts(n_cohorts, np.flatnonzero(plan.before & plan.usable & ~np.isnan(estimate)))
    if parts is not None:
        for cohort in np.unique(rows.cohort):
            own, size = product(np.flatnonzero(rows.cohort == cohort))
            parts.covariance[cohort] += own[np.ix_(parts.at, parts.at)]
            parts.size[cohort] = size
    strata = 1 if clustered else int(rows.period.max()) + 1
    group = rows.cohort if clustered else rows.cohort * strata + rows.period
    small: dict[int, Floats] = {}
    others = 0
    for label in np.unique(group).tolist():
        chosen = np.flatnonzero(group == label)
        n_own = len(np.unique(rows.cluster[chosen])) if clustered else len(chosen)
        if 2 <= n_own < SMALL:
            small[label] = np.asarray(independent(chosen).todense()).T
        else:
            others += n_own
    return product(np.arange(n))[0], parts, SmallCohorts.of(small, others, strata)
