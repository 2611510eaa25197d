"""How large an error will an estimate have, and which effect could then be told apart?

    outcomes before anybody is treated ── noise_before ▶ Noise ── expected_error ▶ error, by the
    estimator that the design will use, on noise of that kind over all periods

What is left of an outcome within its group and period is taken to be a lasting level of each unit
and noise that fades, by the same share from period to period, part of it common to a cluster. Both
are fitted to the differences between periods that were seen; periods to come are then drawn, and
the estimator is run on them as it will be on the data: staggered starts, serial correlation,
clusters and few units all tell. No outcome from the first start on is looked at.

Sources: Bloom (1995), Evaluation Review 19, 547-556, for the smallest effect; Bertrand, Duflo and
Mullainathan (2004), Quarterly Journal of Economics 119, for why noise must be drawn in series;
Burlig, Preonas and Woerman (2020), Journal of Development Economics 144.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval.did.averages import Kind
from pbc_eval.did.compare import average_of
from pbc_eval.did.estimator import Estimator, EstimatorOptions
from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.distributions import t_quantile, t_sf
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.parts import with_outcomes

DRAWS = 6
MOST_UNITS = 2_000  # drawn; errors of more are those of so many, by the square root
SEED = 19_950_101
LASTING = 0.98  # the most that is taken to be left of noise after a period


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """``sd`` of the noise in the outcome's unit, the share ``kept`` from a period to the next, and
    the share ``common`` to the units of a cluster; ``lasting``, the sd of units' lasting levels,
    which differences of changes never see."""

    sd: float
    kept: float
    common: float
    lasting: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedInference:
    """The error expected of an estimate, and the multiple of it that makes its interval."""

    std_error: float
    critical: float
    df: float

    def smallest(self, power: float) -> float:
        """The effect that an interval leaves zero out of with this power."""
        return (self.critical + float(t_quantile(power, self.df))) * self.std_error

    def power(self, effect: float) -> float:
        """The chance that an interval leaves zero out, on the side of an effect so large."""
        return float(t_sf(self.critical - abs(effect) / self.std_error, self.df))


def noise_before(outcomes: Floats, group: Ints, cluster: Ints | None) -> Noise | None:
    """Of the ``outcomes`` (n, P) before anybody is treated, NaN where missing, of units in the
    ``group``s (n,) that will be compared; None where no two periods can be held against each
    other, or nothing varies."""
    left = outcomes.copy()
    for g in np.unique(group):
        mine = group == g
        if mine.sum() < 2:
            left[mine] = np.nan
            continue
        seen = ~np.isnan(left[mine])
        counts = seen.sum(axis=0)
        mean = np.where(counts > 0, np.nansum(left[mine], axis=0) / np.maximum(counts, 1), np.nan)
        inflate = np.sqrt(counts / np.maximum(counts - 1, 1))
        left[mine] = (left[mine] - mean) * inflate
    lags, spread, pairs = [], [], []
    for lag in range(1, left.shape[1]):
        change = left[:, lag:] - left[:, :-lag]
        seen = int((~np.isnan(change)).sum())
        if seen > 1:
            lags.append(lag)
            spread.append(float(np.nansum(change**2)) / seen)
            pairs.append(seen)
    if not lags or not any(spread):
        return None
    kept, variance = _fitted(np.array(lags), np.array(spread), np.array(pairs))
    common, times = _common(left, group, cluster)
    lasting = max(float(np.nanmean(left**2)) - variance, 0.0)
    return Noise(
        sd=math.sqrt(variance * times), kept=kept, common=common, lasting=math.sqrt(lasting)
    )


def _fitted(lags: Ints, spread: Floats, pairs: Ints) -> tuple[float, float]:
    """The share kept and the variance whose differences at each lag, 2 v (1 - kept^lag), are
    nearest to those seen; with one lag nothing is taken to be kept."""
    if len(lags) == 1:
        return 0.0, float(spread[0]) / 2

    from scipy import optimize  # noqa: PLC0415 heavy

    def variance_at(kept: float) -> float:
        shape = 2 * (1 - kept**lags)
        return float((pairs * shape * spread).sum() / (pairs * shape**2).sum())

    def distance(kept: float) -> float:
        return float((pairs * (2 * variance_at(kept) * (1 - kept**lags) - spread) ** 2).sum())

    kept = float(optimize.minimize_scalar(distance, bounds=(0.0, LASTING), method="bounded").x)
    if distance(0.0) <= distance(kept):
        kept = 0.0
    return kept, variance_at(kept)


def _common(left: Floats, group: Ints, cluster: Ints | None) -> tuple[float, float]:
    """The share of changes from period to period that units of a cluster have in common, by the
    analysis of variance, and how many times the variance is what it seems: the mean of a group of
    few clusters takes part of what they have in common. 0 and 1 without clusters."""
    if cluster is None:
        return 0.0, 1.0
    within, between, rows, clusters, squares, lost = 0.0, 0.0, 0, 0, 0.0, 0
    for column in np.diff(left, axis=1).T:
        seen = ~np.isnan(column)
        if not seen.any():
            continue
        _, label = np.unique(cluster[seen], return_inverse=True)
        count = np.bincount(label)
        mean = np.bincount(label, column[seen]) / count
        within += float(((column[seen] - mean[label]) ** 2).sum())
        between += float((count * mean**2).sum())
        rows, clusters = rows + int(seen.sum()), clusters + len(count)
        squares += float((count**2).sum()) / int(seen.sum())
        lost += len(np.unique(group[seen]))
    if rows <= clusters or clusters <= lost:
        return 0.0, 1.0
    size = (rows - squares) / max(clusters - 1, 1)
    own = within / (rows - clusters)
    shared = max(between / (clusters - lost) - own, 0.0) / max(size, 1.0)
    seeming = (within + between) / rows
    if own + shared <= 0 or seeming <= 0:
        return 0.0, 1.0
    return shared / (own + shared), max((own + shared) / seeming, 1.0)


def expected_error(
    noise: Noise,
    starts: Floats,
    periods: int,
    *,
    estimator: Estimator,
    options: EstimatorOptions,
    kind: Kind = "simple",
    cluster: Ints | None = None,
    weight: Floats | None = None,
    seed: int = SEED,
) -> ExpectedInference:
    """The error of the estimator's average on such noise; ``starts`` (n,) are positions of the
    first treated periods among ``periods``, NaN for never; ``weight`` (n,) is each unit's.

    Raises DesignError where the estimator gives no error for such starts."""
    draw = np.random.default_rng(seed)
    n = len(starts)
    chosen = np.arange(n)
    if n > MOST_UNITS and cluster is None:
        chosen = np.sort(draw.choice(n, MOST_UNITS, replace=False))
    scale = math.sqrt(len(chosen) / n)
    variances, critical, df = [], [], []
    cluster = None if cluster is None else cluster[chosen]
    weight = None if weight is None else weight[chosen]
    units = None
    for _ in range(DRAWS):
        outcome = _drawn(noise, (len(chosen), periods), cluster, draw)
        if estimator.needs_random_starts:  # the only one that looks at levels
            outcome = outcome + _levels(noise, len(chosen), cluster, draw)
        units = units or _panel_of(starts[chosen], outcome, cluster, weight)
        panel = with_outcomes(units, outcome)
        estimate = average_of(estimator, panel, kind, options)
        if estimate.std_error is None:
            raise DesignError(str(estimate.reason))
        variances.append(estimate.std_error**2)
        critical.append(estimate.critical)
        df.append(estimate.degrees_of_freedom)
    return ExpectedInference(
        std_error=math.sqrt(float(np.mean(variances))) * scale,
        critical=float(np.mean(critical)),
        df=float(np.median(df)),
    )


def _drawn(
    noise: Noise, shape: tuple[int, int], cluster: Ints | None, draw: np.random.Generator
) -> Floats:
    """Outcomes (n, T) of such noise and nothing else."""
    n, periods = shape
    shocks = _shocks(noise, (n, periods), cluster, draw)
    fresh = math.sqrt(1 - noise.kept**2)
    for t in range(1, periods):
        shocks[:, t] = noise.kept * shocks[:, t - 1] + fresh * shocks[:, t]
    return np.asarray(noise.sd * shocks)


def _shocks(
    noise: Noise, shape: tuple[int, int], cluster: Ints | None, draw: np.random.Generator
) -> Floats:
    """(n, T) of variance one, part of it common to the units of a cluster."""
    shocks = draw.standard_normal(shape)
    if cluster is not None and noise.common:
        _, label = np.unique(cluster, return_inverse=True)
        shared = draw.standard_normal((int(label.max()) + 1, shape[1]))[label]
        shocks = math.sqrt(noise.common) * shared + math.sqrt(1 - noise.common) * shocks
    return shocks


def _levels(noise: Noise, n: int, cluster: Ints | None, draw: np.random.Generator) -> Floats:
    """(n, 1) lasting levels of units."""
    return noise.lasting * _shocks(noise, (n, 1), cluster, draw)


def _panel_of(
    starts: Floats, outcome: Floats, cluster: Ints | None, weight: Floats | None
) -> Panel:
    """Units 0 ... n-1 with these starts and outcomes (n, T)."""
    n, periods = outcome.shape
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), periods),
            "time": np.tile(np.arange(1, periods + 1), n),
            "cohort": np.repeat(np.where(np.isnan(starts), 0, np.nan_to_num(starts) + 1), periods),
            "outcome": outcome.ravel(),
        }
    ).astype({"cohort": int})
    if cluster is not None:
        frame["cluster"] = np.repeat(cluster, periods)
    if weight is not None:
        frame["weight"] = np.repeat(weight, periods)
    return Panel.from_data(
        frame,
        unit="unit",
        time="time",
        outcome="outcome",
        cohort="cohort",
        cluster=None if cluster is None else "cluster",
        weight=None if weight is None else "weight",
    )
