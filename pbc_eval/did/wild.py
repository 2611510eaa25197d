"""Wild cluster bootstrap for few clusters: test and interval for the average effect.

The average is a linear function a of the coefficients of a saturated two-way regression. Under the
null that it equals a value, residuals of the restricted regression keep or flip their sign, a whole
cluster at a time, the regression is fitted anew, and the t statistics so made are the reference in
place of the normal. The interval holds the values that are not rejected.

    restricted residuals u, cluster sums of x u  ──▶  w_c * both  ──▶  t* in closed form

No unit is gone through again: what a draw needs of a cluster is its sum of x u, of u by period, and
its weight in each cohort.

Sources: Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90 (the restricted
wild cluster bootstrap); Roodman, Nielsen, MacKinnon and Webb (2019), Stata Journal 19 (fast form
and inversion); Webb (2023), Canadian Journal of Economics 56 (six-point weights).
"""

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.averages import KINDS, Kind
from pbc_eval.did.saturated_average import Regression, SaturatedAverage, saturated_average
from pbc_eval.did.tested_average import TestedAverage
from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.null_draws import NullDraws
from pbc_eval.panel.moments import ClusterSums
from pbc_eval.panel.panel import Panel

Weights = Literal["rademacher", "webb"]
REGRESSIONS = ("interaction_weighted", "extended_two_way")
WEIGHTS = ("rademacher", "webb")
DEFAULT_SEED = 20_080_901


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WildBootstrap(TestedAverage):
    """The average effect with bootstrap p-value and interval, in the outcome's unit.

    ``conf_low`` and ``conf_high`` are infinite when no value on that side is rejected, as happens
    with very few (treated) clusters.
    """

    estimate: float
    std_error: float  # CRV1
    p_value: float  # of the null that the effect is zero, two-sided and symmetric
    conf_low: float
    conf_high: float
    level: float
    clusters: int
    draws: int
    exhaustive: bool  # all sign patterns were used: nothing is random
    regression: Regression
    weights: Weights
    seed: int | None
    known_to: float = 0.0  # one standard error of an end of the interval, by chance of the draws

    @property
    def sentence(self) -> str:
        """How it was made, for the page."""
        how = "all sign patterns" if self.exhaustive else f"seed {self.seed}"
        return (
            f"restricted wild cluster bootstrap, {self.draws:,} draws of {self.weights} weights "
            f"over {self.clusters:,} clusters ({how}), of the average effect by "
            f"{self.regression.replace('_', ' ')}; cohort shares fixed"
        )


def wild_cluster_bootstrap(
    panel: Panel,
    *,
    regression: Regression = "interaction_weighted",
    weights: Weights = "rademacher",
    draws: int = 9_999,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
    kind: Kind = "simple",
    anticipation: int = 0,
) -> WildBootstrap:
    """Test and interval for an average effect, by default over treated unit-periods.

    ``kind`` as ``att_gt(...).aggregate`` has it, with the shares of cohorts taken as fixed;
    ``anticipation`` periods before the start are left open ("interaction_weighted" alone).

    ``regression``: "interaction_weighted" compares with the never treated and equals ``att_gt``'s
    average; "extended_two_way" compares with all not treated at the time. With so few clusters that
    there are no more sign patterns than ``draws``, each is used once. "webb" has six points and
    serves fewer than about ten clusters.

    Raises DesignError for panels that are not complete, more than 1,000 clusters or fewer than two.
    """
    owner = "wild_cluster_bootstrap"
    check_choice(owner, "regression", regression, REGRESSIONS, DesignError)
    check_choice(owner, "weights", weights, WEIGHTS, DesignError)
    check_choice(owner, "kind", kind, KINDS, DesignError)
    check_level(owner, level, DesignError)
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 99:
        raise DesignError(f"{owner}: draws must be a whole number >= 99, got {draws!r}.")
    whole = saturated_average(panel, regression, owner, kind=kind, anticipation=anticipation)
    pattern = _patterns(whole.clusters, weights, draws, seed)
    engine = _Engine.build(whole)
    reference = engine.reference(pattern)
    low, high = reference.interval(level)
    exhaustive = weights == "rademacher" and 2**whole.clusters <= draws
    return WildBootstrap(
        estimate=engine.estimate,
        std_error=engine.std_error,
        p_value=reference.p_value(0.0),
        conf_low=low,
        conf_high=high,
        level=level,
        clusters=whole.clusters,
        draws=len(pattern),
        exhaustive=exhaustive,
        regression=regression,
        weights=weights,
        seed=None if exhaustive else seed,
        known_to=0.0 if exhaustive else reference.known_to(level),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Engine:
    """G clusters, K regressors, T periods; at[0] + null * at[1] gives a quantity under a null."""

    estimate: float
    std_error: float
    factor: float
    scores: Floats  # (2, G, K) cluster sums of x u
    residuals: Floats  # (2, G, T) cluster sums of u by period, over the total weight
    inverse: Floats  # (K, K) of x'x
    direction: Floats  # (K,) inverse . a
    spread: Floats  # (G, K) a' inverse (x'x of the cluster)
    periods: Floats  # (G, T) a' inverse (sum of x by period of the cluster)

    @staticmethod
    def build(whole: SaturatedAverage) -> "_Engine":
        moments, x, beta = whole.moments, whole.x, whole.beta
        average, factor = whole.average, whole.factor
        sums: ClusterSums | None = moments.clusters
        if sums is None:
            raise DesignError("wild_cluster_bootstrap: moments without clusters.")
        total = moments.weight.sum()
        within = x - x.mean(axis=1, keepdims=True)
        z = within - np.einsum("c,ctk->tk", moments.weight, within) / total  # (C, T, K)
        inverse = np.linalg.inv(np.einsum("c,ctk,ctl->kl", moments.weight, z, z))
        direction = inverse @ average
        estimate = float(average @ beta)
        # The restricted fit moves beta along ``direction`` until the average equals the null.
        turn = direction / float(average @ direction)
        path = np.where(moments.units[:, None] > 0, moments.path, 0.0)
        gap = path - moments.weight @ path / total
        restricted = beta - turn * estimate
        rest = np.stack([gap - z @ restricted, -(z @ turn)])  # (2, C, T) mean residual by cohort
        n_clusters, n_cohorts = sums.n_clusters, len(x)
        weight = np.zeros((n_clusters, n_cohorts))
        weight[sums.cluster, sums.cohort] = sums.sums[:, 0]
        spread = np.zeros((n_clusters, n_cohorts, path.shape[1]))  # sums of w (D - path)
        spread[sums.cluster, sums.cohort] = sums.sums[:, 1:]
        u = weight[None, :, :, None] * rest[:, None]
        u[0] += spread
        # Unit effects take out each unit's mean, to which x is orthogonal; periods need it.
        centred = u - u.mean(axis=3, keepdims=True)
        projected = z @ direction
        engine = _Engine(
            estimate=estimate,
            std_error=0.0,
            factor=factor,
            scores=np.einsum("sgct,ctk->sgk", centred, z),
            residuals=centred.sum(axis=2) / total,
            inverse=inverse,
            direction=direction,
            spread=np.einsum("gc,ct,ctk->gk", weight, projected, z),
            periods=np.einsum("gc,ct->gt", weight, projected),
        )
        # With nothing restricted (null = estimate) the cluster scores are those of the fit itself.
        own = (engine.scores[0] + estimate * engine.scores[1]) @ direction
        error = float(np.sqrt(factor * (own**2).sum()))
        if error == 0:
            raise DesignError("wild_cluster_bootstrap: the outcome does not vary between clusters.")
        return _Engine(
            **{name: getattr(engine, name) for name in engine.__slots__ if name != "std_error"},
            std_error=error,
        )

    def reference(self, pattern: Floats) -> "NullDraws":
        """What the draws ``pattern`` (B, G) give under any null."""
        made = []
        for scores, residuals in (
            (
                self.scores[0] + self.estimate * self.scores[1],
                self.residuals[0] + self.estimate * self.residuals[1],
            ),
            (self.scores[1], self.residuals[1]),
        ):
            moved = pattern @ scores @ self.inverse  # (B, K) beta* less the restricted beta
            projected = pattern * (scores @ self.direction)
            refitted = projected - moved @ self.spread.T - (pattern @ residuals) @ self.periods.T
            made.append((projected.sum(axis=1), refitted))
        (top, own), (slope, turn) = made
        return NullDraws(
            estimate=self.estimate,
            std_error=self.std_error,
            top=np.column_stack([top, slope]),
            squares=self.factor
            * np.column_stack(
                [(own**2).sum(axis=1), 2 * (own * turn).sum(axis=1), (turn**2).sum(axis=1)]
            ),
        )


def _patterns(clusters: int, weights: Weights, draws: int, seed: int) -> Floats:
    if weights == "rademacher" and 2**clusters <= draws:
        return np.array(list(product([1.0, -1.0], repeat=clusters)))
    points = np.array([-1.0, 1.0])
    if weights == "webb":
        points = np.sqrt(np.array([0.5, 1.0, 1.5]))
        points = np.concatenate([-points, points])
    chosen: Floats = np.random.default_rng(seed).choice(points, (draws, clusters))
    return chosen
