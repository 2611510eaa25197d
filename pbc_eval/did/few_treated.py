"""Few treated groups among many: what chance does to them is learnt from the comparison groups.

    changes of comparison groups, about their mean ─▶ one drawn for every treated group, in every
    way there is ─▶ the distribution of the estimate's error ─▶ interval, p-value

With few treated groups no mean of their errors comes near to nothing, however many groups they are
compared with; but if errors of all groups are alike, the others show how large they are. Each
treated group's share of the estimate, and its own start, are kept (``SaturatedAverage.loads``).

    conley_taber   errors of all groups are alike
    ferman_pinto   their variance is A + B / M for a group of size M: changes of comparison groups
                   are rescaled to the sizes of the treated. Where sizes differ, Conley and Taber's
                   intervals are too short for small treated groups and too long for large ones.

The papers let the number of comparison groups grow without end. A lone treated group is, of groups
that are alike, one more among them: its rank is exact, and the estimate counts as one draw. With
several, three things of the order of one over the number of comparison groups are allowed for,
unless ``finite_sample`` is False: a change about a mean that it is itself a part of is too small;
the mean of the comparison groups errs too; and how far they err is known from so many only (the
variance of t, over that of a normal).

Sources: Conley and Taber (2011), Review of Economics and Statistics 93, 113-125; Ferman and Pinto
(2019), Review of Economics and Statistics 101, 452-467 (both drawn from residuals of comparison
groups, which no null moves). A and B, neither below zero, by quasi-maximum likelihood: in samples
of forty far nearer the truth than plain least squares, and as consistent.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.averages import KINDS, Kind
from pbc_eval.did.behind_average import ALIKE, MOST_GROUPS, WHOLE, refused
from pbc_eval.did.saturated_average import Regression, SaturatedAverage, saturated_average
from pbc_eval.did.tested_average import TestedAverage
from pbc_eval.did.wild import REGRESSIONS
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.clustered import clusters_of
from pbc_eval.numerics.error_draws import TIED, interval_of_errors, known_to, p_value_of_errors
from pbc_eval.panel.moments import UnitArrays
from pbc_eval.panel.panel import Panel

By = Literal["conley_taber", "ferman_pinto"]
LEAST_COMPARED = 30  # groups: fewer do not show how often a change is large
MOST_COMBINED = 1_000_000  # every way to take comparison groups for the treated, or draws of them
DRAWS = 199_999
MOST_ROUNDS, STILL = 500, 1e-12  # until the variances by size stand still, relative
SEED = 20_110_201

NO_SIZES = Sentence("All groups are of one size: sizes say nothing of how far they err.")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FewTreatedTest(TestedAverage):
    """``estimate`` and ``std_error`` in the outcome's unit; ``p_value`` of the null that the effect
    is zero, twice the smaller tail."""

    estimate: float
    std_error: float
    p_value: float
    conf_low: float
    conf_high: float
    level: float
    treated: int  # groups
    compared: int  # groups
    combinations: int  # of comparison groups in place of the treated
    seed: int | None  # None: every combination there is
    known_to: float  # one standard error of an end of the interval, by chance of the draws
    constant: float | None = None  # A, in the squared unit of the outcome (ferman_pinto)
    by_size: float | None = None  # B; both of the cohort that is treated first


def conley_taber(
    panel: Panel,
    *,
    regression: Regression = "interaction_weighted",
    kind: Kind = "simple",
    anticipation: int = 0,
    level: float = 0.95,
    finite_sample: bool = True,
    draws: int = DRAWS,
    seed: int = SEED,
) -> FewTreatedTest:
    """Conley and Taber's interval for an average effect on few treated groups.

    Groups are the panel's clusters, or its units where there are none. ``regression`` and ``kind``
    as ``wild_cluster_bootstrap`` has them. ``draws``: where there are more combinations than one
    million. Raises DesignError for panels that are not complete, without 30 never-treated groups
    (39 for a lone treated group at 95 %), and with groups of several cohorts.
    """
    whole = _average(
        "conley_taber",
        panel,
        regression=regression,
        kind=kind,
        anticipation=anticipation,
        level=level,
    )
    return few_treated_test(
        panel,
        whole,
        by="conley_taber",
        level=level,
        finite_sample=finite_sample,
        draws=draws,
        seed=seed,
    )


def ferman_pinto(
    panel: Panel,
    *,
    regression: Regression = "interaction_weighted",
    kind: Kind = "simple",
    anticipation: int = 0,
    level: float = 0.95,
    finite_sample: bool = True,
    draws: int = DRAWS,
    seed: int = SEED,
) -> FewTreatedTest:
    """The same where groups differ in size, and small ones err more (Ferman and Pinto).

    The size of a group is the sum of its units' weights: their number, where there are no weights.
    Raises DesignError as ``conley_taber`` does, and where all groups are of one size.
    """
    whole = _average(
        "ferman_pinto",
        panel,
        regression=regression,
        kind=kind,
        anticipation=anticipation,
        level=level,
    )
    return few_treated_test(
        panel,
        whole,
        by="ferman_pinto",
        level=level,
        finite_sample=finite_sample,
        draws=draws,
        seed=seed,
    )


def _average(
    owner: By,
    panel: Panel,
    *,
    regression: Regression,
    kind: Kind,
    anticipation: int,
    level: float,
) -> SaturatedAverage:
    check_choice(owner, "regression", regression, REGRESSIONS, DesignError)
    check_choice(owner, "kind", kind, KINDS, DesignError)
    check_level(owner, level, DesignError)
    return saturated_average(
        panel, regression, owner, kind=kind, anticipation=anticipation, most=MOST_GROUPS
    )


def few_treated_test(
    panel: Panel,
    whole: SaturatedAverage,
    *,
    by: By,
    level: float,
    finite_sample: bool = True,
    draws: int = DRAWS,
    seed: int = SEED,
) -> FewTreatedTest:
    """The test of an average effect that is known as a regression of the panel."""
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 99:
        raise DesignError(f"{by}: draws must be a whole number of at least 99, got {draws!r}.")
    return judge_groups(
        GroupPaths.of(panel.arrays(), whole.loads, by, clustered=panel.roles.cluster is not None),
        whole.loads,
        whole.estimate,
        by=by,
        level=level,
        finite_sample=finite_sample,
        draws=draws,
        seed=seed,
    )


def judge_groups(
    groups: "GroupPaths",
    loads: Floats,
    estimate: float,
    *,
    by: By,
    level: float,
    finite_sample: bool = True,
    draws: int = DRAWS,
    seed: int = SEED,
) -> FewTreatedTest:
    """The same of groups' paths; the estimate is the sum over cohorts of ``loads`` (C, T) times
    their mean paths."""
    if by == "ferman_pinto" and groups.alike:
        raise refused(NO_SIZES, by)
    errors = _Errors.of(groups, loads, by, finite_sample=finite_sample)
    combined, drawn = _combined(errors, draws, seed)
    known = known_to(combined, level) if drawn else 0.0
    combined.sort()
    ends = interval_of_errors(estimate, combined, level)
    if ends is None:
        raise refused(_too_few(len(groups.residual)), by, remedy=_ENOUGH)
    if not ends[0] <= estimate <= ends[1]:
        raise refused(
            Sentence("A few large comparison groups moved unlike almost all of the others."), by
        )
    return FewTreatedTest(
        estimate=estimate,
        std_error=errors.std_error,
        p_value=p_value_of_errors(estimate, combined),
        conf_low=ends[0],
        conf_high=ends[1],
        level=level,
        treated=len(errors.parts),
        compared=len(groups.residual),
        combinations=len(combined),
        seed=seed if drawn else None,
        known_to=known,
        constant=errors.fit[0] if by == "ferman_pinto" else None,
        by_size=errors.fit[1] if by == "ferman_pinto" else None,
    )


def serves(treated: int, compared: int, level: float = 0.95) -> bool:
    """Are there groups enough for such a test, before outcomes are seen?"""
    ways = compared ** min(treated, 3)
    return compared >= LEAST_COMPARED and (ways + 1) * (1 - level) / 2 >= 1 - TIED


_ENOUGH = (
    f"At least {LEAST_COMPARED} are needed, and 39 for a 95% interval of one treated group. Where "
    "one treated group was seen for 20 periods or more, use conformal_test (inference: conformal)."
)


def _too_few(compared: int) -> Sentence:
    return Sentence(
        "There are {n} comparison groups, too few to tell anything apart.", n=Number(compared)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupPaths:
    """Groups that carry the estimate: n of them treated, m never, which are the comparison."""

    cohort: Ints  # (n,) of the treated, in order
    share: Floats  # (n,) of each in the mean of its cohort
    size: Floats  # (n,) sum of the weights of its units
    residual: Floats  # (m, T) outcome paths of the comparison groups, about their mean
    compared_share: Floats  # (m,)
    compared_size: Floats  # (m,)

    @classmethod
    def of(cls, arrays: UnitArrays, loads: Floats, owner: By, *, clustered: bool) -> "GroupPaths":
        """Raises DesignError for clusters of several cohorts, and too few for comparison."""
        length = np.abs(loads).max(axis=1)
        counted = length > ALIKE * length.max()
        mine = counted[arrays.cohort]
        label = arrays.cluster if clustered else np.arange(len(mine))
        _, place = np.unique(label[mine], return_inverse=True)
        cohort = np.zeros(int(place.max()) + 1, dtype=np.int64)
        cohort[place] = arrays.cohort[mine]
        if (cohort[place] != arrays.cohort[mine]).any():
            raise refused(WHOLE, owner)
        weight = arrays.weight[mine]
        size = np.bincount(place, weight).astype(np.float64)
        outcome = arrays.outcome[mine][:, : loads.shape[1]] * weight[:, None]
        path = clusters_of(place).sums(outcome) / size[:, None]
        share = size / np.bincount(cohort, size)[cohort]
        none = cohort == 0
        if none.sum() < LEAST_COMPARED:
            raise refused(_too_few(int(none.sum())), owner, remedy=_ENOUGH)
        treated = np.flatnonzero(~none)
        treated = treated[np.lexsort((size[treated], cohort[treated]))]
        return cls(
            cohort=cohort[treated],
            share=share[treated],
            size=size[treated],
            residual=path[none] - share[none] @ path[none],
            compared_share=share[none],
            compared_size=size[none],
        )

    @property
    def alike(self) -> bool:
        """Are all groups of one size?"""
        sizes = np.concatenate([self.size, self.compared_size])
        return bool(np.ptp(sizes) <= ALIKE * sizes.max())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Errors:
    """What each comparison group's change would add to the estimate's error in the place of each
    treated group: ``parts``, n of (m,), each ascending, so that no order of rows matters."""

    parts: tuple[Floats, ...]
    std_error: float
    fit: tuple[float, float]  # A and B of the cohort treated first

    @classmethod
    def of(cls, groups: GroupPaths, loads: Floats, by: By, *, finite_sample: bool) -> "_Errors":
        shares, squared = groups.compared_share, float((groups.compared_share**2).sum())
        allowing = finite_sample and len(groups.cohort) > 1
        kept = 1.0 - 2.0 * shares + squared if allowing else np.ones(len(shares))
        away = groups.residual / np.sqrt(kept)[:, None]
        fits = {}
        for c in (0, *np.unique(groups.cohort).tolist()):
            change = away @ loads[c]
            fit = _variance(change, groups.compared_size if by == "ferman_pinto" else None)
            root = np.sqrt(fit[0] + fit[1] / groups.compared_size)
            if not root.min() > 0:
                raise refused(Sentence("The outcome does not vary between comparison groups."), by)
            fits[c] = (fit, np.sort(change / root))
        parts = []
        for c, share, size in zip(groups.cohort, groups.share, groups.size, strict=True):
            (constant, by_size), scaled = fits[int(c)]
            parts.append(share * np.sqrt(constant + by_size / size) * scaled)
        variance = float(sum((part**2).mean() for part in parts))
        (constant, by_size), _ = fits[0]
        own = float((shares**2 * (constant + by_size / groups.compared_size)).sum())
        known = len(shares) - (2 if by == "ferman_pinto" else 1)
        total = (variance + own) * known / (known - 2) if allowing else variance
        return cls(
            parts=tuple(part * np.sqrt(total / variance) for part in parts),
            std_error=float(np.sqrt(total)),
            fit=fits[int(groups.cohort[0])][0],
        )


def _variance(change: Floats, size: Floats | None) -> tuple[float, float]:
    """A and B, neither below zero, by which normal changes would be likeliest: least squares of
    their squares on one over the sizes, weighted by the fit until it stands still. The mean square
    and zero without sizes."""
    squares = change**2
    if size is None or np.ptp(size) <= ALIKE * size.max():
        return float(squares.mean()), 0.0
    inverse, weight = 1.0 / size, np.ones(len(size))
    fit = np.zeros(2)
    for _ in range(MOST_ROUNDS):
        before, fit = fit, _nonnegative(squares, inverse, weight)
        fitted = fit[0] + fit[1] * inverse
        if not fitted.min() > 0 or np.abs(fit - before).max() <= STILL * np.abs(fit).max():
            break
        weight = 1.0 / fitted**2
    return float(fit[0]), float(fit[1])


def _nonnegative(squares: Floats, inverse: Floats, weight: Floats) -> Floats:
    """(2,) constant and slope of a weighted line, the nearest of those that are not negative."""
    x = np.column_stack([np.ones(len(inverse)), inverse]) * np.sqrt(weight)[:, None]
    y = squares * np.sqrt(weight)
    both: Floats = np.linalg.solve(x.T @ x, x.T @ y)
    if both.min() >= 0:
        return both
    alone = x.T @ y / (x**2).sum(axis=0)
    left = ((y[:, None] - alone * x) ** 2).sum(axis=0)
    return np.array([alone[0], 0.0]) if left[0] <= left[1] else np.array([0.0, alone[1]])


def _combined(errors: _Errors, draws: int, seed: int) -> tuple[Floats, bool]:
    """The error of the estimate with comparison groups in place of the treated, and whether they
    were drawn: every combination there is, where there are not too many."""
    compared, treated = len(errors.parts[0]), len(errors.parts)
    if treated * np.log(compared) <= np.log(MOST_COMBINED):
        every = np.zeros(1)
        for part in errors.parts:
            every = np.add.outer(every, part).ravel()
        return every, False
    draw, total = np.random.default_rng(seed), np.zeros(draws)
    for part in errors.parts:
        total += part[draw.integers(compared, size=draws)]
    return total, True
