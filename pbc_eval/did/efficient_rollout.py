"""The efficient estimator where units' starts are as good as random: how much of the difference
before the start is taken off is estimated, too.

    effect(b) = level - b * apart

    level   mean outcome of cohort g in period t, less that of the units not yet treated then
    apart   the same in g's last period before the start

b = 0 is the difference in means, b = 1 the difference in differences (group_time.py against the
not yet treated). Starts at random, every b is unbiased, for ``apart`` has expectation zero; the
variance is least at b* = Cov(level, apart) / Var(apart), which is estimated, for every average of
effects anew. With N_c units in cohort c, S_c their covariance (divided by N_c - 1) and A_c what a
cohort's mean path counts in an estimate, over the population at hand

    Cov = sum over c of A_c S_c A_c' / N_c   -   S / N

S, how effects differ between units, cannot be seen. "neyman" leaves it out, which is cautious;
"adjusted" takes off what of it the outcomes before the first start foretell, which is cautious too,
and less so.

It fails where starts depend on how outcomes would have moved, or on their level: parallel trends,
which differences in differences need, are not enough.

Source: Roth and Sant'Anna (2023), "Efficient Estimation for Staggered Rollout Designs", Journal of
Political Economy: Microeconomics 1, 669-709 (arXiv 2102.01291), sections 2 and 3; Lin (2013),
Annals of Applied Statistics 7, for two cohorts and two periods.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.cells import CellPlan
from pbc_eval.did.estimates import (
    CellEstimates,
    distinct_from_moments,
    independent_of,
    reasons,
    score_covariance,
)
from pbc_eval.did.estimator import Estimator, EstimatorOptions
from pbc_eval.did.group_time_effects import DEFAULT_SEED, GroupTimeEffects
from pbc_eval.did.regression_cells import regression_effects, regression_method, treated_cells
from pbc_eval.did.small_cohorts import small_from_moments
from pbc_eval.did.taken_off import TakenOff, least_variance
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.panel.moments import CohortMoments, UnitArrays, moments_of_arrays
from pbc_eval.panel.panel import Panel

Variance = Literal["neyman", "adjusted"]
VARIANCES = ("neyman", "adjusted")
OWNER = "efficient_rollout"
SPARE_UNITS = 2  # a cohort needs so many more than periods before the first start, for "adjusted"

AT_RANDOM = Sentence(
    "starts are taken to be as good as random: who started when hangs neither on how outcomes "
    "stood nor on how they would have moved"
)


def efficient_rollout(
    panel: Panel,
    *,
    taken_off: float | None = None,
    variance: Variance = "neyman",
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> GroupTimeEffects:
    """Effects by cohort and period where starts are as good as random; ``.aggregate`` as usual.

    ``taken_off`` of the difference before the start: None for the efficient share, estimated for
    every effect and average; 0 for differences in means, 1 for differences in differences.
    ``variance``: "neyman", or "adjusted" by what outcomes before the first start tell of how
    effects differ. Cohort shares are fixed. A cohort of one unit (or cluster) is compared with
    nobody. Raises DesignError for weights, gaps, clusters of several cohorts, nobody to compare
    with, a share that is no number, and "adjusted" with clusters or too few units for it.
    """
    check_choice(OWNER, "variance", variance, VARIANCES, DesignError)
    check_level(OWNER, level, DesignError)
    if taken_off is not None and not (
        isinstance(taken_off, int | float) and np.isfinite(taken_off)
    ):
        raise DesignError(f"{OWNER}: taken_off must be a number or None, got {taken_off!r}.")
    refuse_unlike_lots(panel)
    arrays = panel.arrays()
    moments = level_moments(panel, arrays)
    plan = _compared_with_several(treated_cells(panel), independent_of(moments))
    cells = _cells(plan, moments, arrays.outcome.mean(axis=0), taken_off)
    if variance == "adjusted":
        cells = _adjusted(panel, cells, moments)
    method = regression_method(
        panel,
        plan,
        estimator="efficient for starts at random (Roth & Sant'Anna 2023)",
        comparison=Sentence("units not yet treated, and those never treated"),
        base=_BASES.get(taken_off, f"{taken_off:g} of the last period before treatment")
        if taken_off is not None
        else "last period before treatment, by the share that makes the error least",
        inference=_INFERENCE[variance],
        shares="fixed",
        notes=(AT_RANDOM,),
    )
    return regression_effects(panel, cells, method, level=level, seed=seed)


_BASES: dict[float | None, str] = {0.0: "none", 1.0: "last period before treatment"}
_INFERENCE = {
    "neyman": Sentence(
        "errors of lots over the units at hand (Neyman), cautious where effects differ; normal "
        "reference"
    ),
    "adjusted": Sentence(
        "errors of lots over the units at hand, less what outcomes before the first start tell of "
        "how effects differ; normal reference"
    ),
}


def refuse_unlike_lots(panel: Panel) -> None:
    """Raise DesignError for a panel whose starts cannot have been dealt out to units, or clusters,
    that count alike."""
    panel.refuse_for(OWNER)
    if panel.repeated or not panel.balanced:
        raise DesignError(
            f"{panel.name}: {OWNER} needs every unit in every period. Read the panel with "
            "missing='complete_units' (data.missing: complete_units in a file), or use att_gt.",
            rule=Sentence("It needs every unit in every period."),
        )
    if panel.roles.weight:
        raise DesignError(
            f"{panel.name}: {OWNER} counts every unit alike, and {panel.roles.weight!r} weighs "
            "them. Leave weight out, or use att_gt.",
            rule=Sentence("It counts every unit alike, and these are weighted."),
        )
    arrays = panel.arrays()
    if panel.roles.cluster and split_clusters(arrays):
        raise DesignError(
            f"{panel.name}: some clusters of {panel.roles.cluster!r} have units of several "
            f"cohorts, so starts were not dealt out to clusters, as {OWNER} takes them to be. "
            "Leave cluster out, or use att_gt.",
            rule=Sentence("It takes starts to be dealt out to whole clusters, and they were not."),
        )


def split_clusters(arrays: UnitArrays) -> bool:
    """Has some cluster units of several cohorts?"""
    pairs = np.unique(np.column_stack([arrays.cluster, arrays.cohort]), axis=0)
    return len(pairs) > len(np.unique(arrays.cluster))


def level_moments(panel: Panel, arrays: UnitArrays) -> CohortMoments:
    """Moments of outcomes themselves, less each period's mean, which no comparison sees: period t
    stands at t + 1, behind a period of zeros."""
    from_mean = arrays.outcome - arrays.outcome.mean(axis=0)
    shifted = np.column_stack([np.zeros(len(from_mean)), from_mean])
    return moments_of_arrays(
        replace(arrays, outcome=shifted),
        n_cohorts=len(panel.cohorts),
        clustered=panel.roles.cluster is not None,
    )


def _compared_with_several(plan: CellPlan, independent: Ints) -> CellPlan:
    """The plan without comparison cohorts of one, which show no spread."""
    pool = plan.pool & (independent > 1)
    alone = Sentence("no comparison cohort of two or more")
    reason = tuple(
        alone if not given and not others.any() else given
        for given, others in zip(plan.reason, pool, strict=True)
    )
    return replace(plan, pool=pool, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Counted:
    """What the mean paths of C cohorts count in k cells: each of them in one period."""

    count: Floats  # (k, C): one for the own cohort, minus its share of the pool for the others
    use: Bools  # (k,)

    @classmethod
    def of(cls, plan: CellPlan, units: Ints) -> "_Counted":
        use = plan.usable
        count = np.where(plan.pool, -units.astype(float), 0.0)
        count /= np.maximum(-count.sum(axis=1, keepdims=True), 1.0)
        count[np.arange(len(count)), plan.cohort] += 1.0
        return cls(count=np.where(use[:, None], count, 0.0), use=use)

    def difference(self, path: Floats, period: Ints) -> Floats:
        """(k,) of the cohorts' paths (C, T) in the cells' ``period`` (k,)."""
        return np.asarray((self.count * np.nan_to_num(path)[:, period].T).sum(axis=1))


def _cells(
    plan: CellPlan, moments: CohortMoments, mean: Floats, taken_off: float | None
) -> CellEstimates:
    """Effects of the plan's cells, their covariance, and that of the differences before the start
    in its last k rows."""
    k, n_cohorts = plan.pool.shape
    counted = _Counted.of(plan, moments.units)
    independent, m = independent_of(moments), 2 * k + n_cohorts
    loadings = []
    for c in range(n_cohorts):
        mine = np.flatnonzero(counted.count[:, c])
        rows = np.zeros((2 * len(mine), moments.gram.shape[1]))
        at = np.arange(len(mine))
        scale = counted.count[mine, c] / max(moments.shares[c], 1e-300)
        scale = scale * np.sqrt(independent[c] / max(independent[c] - 1, 1))
        rows[at, 2 + plan.period[mine]] = scale
        rows[len(mine) + at, 2 + plan.base[mine]] = scale
        loadings.append((np.concatenate([mine, k + n_cohorts + mine]), rows))
    both = score_covariance(loadings, moments, m)
    first, last = np.arange(k), k + n_cohorts + np.arange(k)
    coefficient = np.array(
        [
            least_variance(both[i, i], both[i, j], both[j, j]) if taken_off is None else taken_off
            for i, j in zip(first, last, strict=True)
        ]
    ).reshape(k)
    own = np.eye(m)
    own[first, last] = -coefficient
    path = moments.path[:, 1:]
    apart = counted.difference(path, plan.base)
    estimate = counted.difference(path, plan.period) - coefficient * apart
    small = small_from_moments(loadings, moments, m)
    level = moments.path[plan.cohort, 1 + plan.period] + mean[plan.period]
    return CellEstimates(
        plan=plan,
        estimate=np.where(counted.use, estimate, np.nan),
        level=level,
        joint=own @ both @ own.T,
        shares=moments.shares,
        cohort_units=moments.units,
        n_treated=moments.units[plan.cohort],
        n_comparison=plan.pool @ moments.units,
        reason=reasons(
            plan, *distinct_from_moments(plan, moments), clustered=moments.clusters is not None
        ),
        small=replace(small, roots=tuple(own @ root for root in small.roots), unbiased=True),
        independent=independent,
        counted=counted.count,
        taken_off=TakenOff(apart=apart, coefficient=coefficient, fixed=taken_off),
    )


def _adjusted(panel: Panel, cells: CellEstimates, moments: CohortMoments) -> CellEstimates:
    """The cells with a covariance less what outcomes before the first start tell of how effects
    differ: the variance, over all units, of the sum over cohorts of what such outcomes foretell of
    what counts of theirs. They are untouched in every cohort, so their covariance is that of all.

    Raises DesignError with clusters, and for cohorts of too few units.
    """
    if moments.clusters is not None:
        raise DesignError(
            f"{panel.name}: variance 'adjusted' is of units, and starts were dealt out to "
            f"clusters of {panel.roles.cluster!r}. Use variance='neyman'."
        )
    plan = cells.plan
    counted = _Counted.of(plan, moments.units)
    before = 2 + np.arange(int(plan.base[counted.use].min()) + 1)
    used = np.flatnonzero(counted.count.any(axis=0))
    fewest = int(moments.units[used].min())
    if fewest < len(before) + SPARE_UNITS:
        raise DesignError(
            f"{panel.name}: variance 'adjusted' foretells outcomes of every cohort by those of "
            f"{len(before)} periods before the first start, and one has {fewest} units. Use "
            "variance='neyman'.",
            rule=Sentence(
                "It needs {n} units in every cohort.", n=Number(len(before) + SPARE_UNITS)
            ),
        )
    foretold = np.zeros((cells.k, len(before)))
    inside = np.zeros((len(before), len(before)))
    for c in used:
        gram = moments.gram[c]
        slopes = np.linalg.pinv(gram[np.ix_(before, before)], hermitian=True) @ gram[before]
        foretold += counted.count[:, c, None] * slopes[:, 2 + plan.period].T
        inside += gram[np.ix_(before, before)]
    n = int(moments.units[used].sum())
    inside /= n - len(used)
    joint = cells.joint.copy()
    joint[: cells.k, : cells.k] -= foretold @ inside @ foretold.T / n
    return replace(cells, joint=joint)


def _effects(panel: Panel, options: EstimatorOptions) -> GroupTimeEffects:
    return efficient_rollout(panel, level=options.level, seed=options.seed)


ESTIMATOR = Estimator(
    name="efficient_rollout",
    family="efficient for starts at random",
    label="Efficient for starts at random (Roth and Sant'Anna)",
    method_words="The efficient estimator for starts at random (Roth and Sant'Anna 2023): the "
    "outcome of every group in every period from its start, against units not yet treated, less "
    "the share of their difference before the start that makes the error least. It takes who "
    "started when to be as good as random, and fails where starts depended on how outcomes stood "
    "or would have moved.",
    comparisons=("not yet treated",),
    needs_random_starts=True,
    effects=_effects,
)
