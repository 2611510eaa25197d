"""Does the answer hang on the scale: on levels, logs or any other?

Trends that are parallel in an outcome are parallel in its logarithm, and in every other scale, only
where the whole distribution of the untreated outcome moves alike in both groups. Then the shares
that the treated would have had in each part of the range follow from those before and the change in
the comparison group:

    implied share = share of the treated before + change of the comparison's share

and none of them can be negative. The least of them, over its error, is held against the least
favourable case, in which all are zero.

    panel ─ scale_test ▶ ScaleTest: implied shares, p-value, the effect by levels and by logs

Source: Roth and Sant'Anna (2023), "When is parallel trends sensitive to functional form?",
Econometrica 91, 737-747; bins and average as in the authors' package didFF.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval.did.saturated_average import SaturatedAverage, saturated_average
from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.clustered import clusters_of, sandwich
from pbc_eval.numerics.roots import covariance_root
from pbc_eval.panel.moments import UnitArrays
from pbc_eval.panel.panel import Panel

OWNER = "scale_test"
BINS = 8
DRAWS = 20_000
SEED = 20_230_301
NONE = 1e-12  # a variance that is rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ScaleTest(Displayed):
    """Of b bins of the range of untreated outcomes: ``edges`` (b + 1,), ``implied`` shares (b,)
    and their errors (b,). ``by_levels`` and ``by_logs``: the effect as a share of what would have
    been, where outcomes are above zero."""

    edges: Floats
    implied: Floats
    std_error: Floats
    statistic: float  # the most negative share over its error, sign turned
    p_value: float  # of the null that no share is negative
    by_levels: float | None
    by_logs: float | None

    def summary(self) -> str:
        """The least implied share, and how likely it is by chance."""
        return f"least implied share {self.implied.min():.3f}, p = {self.p_value:.3f}"

    def to_frame(self) -> pd.DataFrame:
        """One row a bin: from, to, implied, std_error."""
        return pd.DataFrame(
            {
                "from": self.edges[:-1],
                "to": self.edges[1:],
                "implied": self.implied,
                "std_error": self.std_error,
            }
        )


def scale_test(
    panel: Panel,
    *,
    bins: int = BINS,
    anticipation: int = 0,
    draws: int = DRAWS,
    seed: int = SEED,
) -> ScaleTest:
    """Whether trends can be parallel on every scale, for the average over treated unit-periods
    against the never treated.

    ``bins``: equally wide parts of the range of outcomes that no treatment touched. Raises
    DesignError for panels that are not complete, are adjusted for covariates or have no
    never-treated units, for outcomes that do not vary, and for fewer than 2 bins or 99 draws.
    """
    for name, value, least in (("bins", bins, 2), ("draws", draws, 99)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise DesignError(f"{OWNER}: {name} must be a whole number >= {least}, got {value!r}.")
    if panel.covariates:
        raise DesignError(f"{OWNER}: covariates are not adjusted for. Read the panel without them.")
    whole = saturated_average(panel, "interaction_weighted", OWNER, anticipation=anticipation)
    arrays = panel.arrays()
    on = _treated(panel)[arrays.cohort]
    untouched = arrays.outcome[~on]
    low, high = float(untouched.min()), float(untouched.max())
    if not low < high:
        raise DesignError(f"{OWNER}: untreated outcomes are {low:g} throughout: nothing to see.")
    edges = np.linspace(low, high, bins + 1)
    place = np.searchsorted(edges[1:-1], arrays.outcome, side="right")
    inside = (arrays.outcome >= low) & (arrays.outcome <= high)
    shares = [((place == at) & inside).astype(float) for at in range(bins)]
    before = np.where(_treated(panel), 0.0, -whole.loads)
    implied, covariance = _averages(before, arrays, shares)
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    varies = error > np.sqrt(NONE)
    statistic, p_value = 0.0, 1.0
    if varies.any():
        statistic = float((-implied[varies] / error[varies]).max())
        alike = covariance[np.ix_(varies, varies)] / np.outer(error[varies], error[varies])
        random = np.random.default_rng(seed)
        drawn = random.standard_normal((draws, int(varies.sum()))) @ covariance_root(alike).T
        p_value = float((drawn.max(axis=1) >= statistic).mean())
    by_levels, by_logs = _in_per_cent(panel, whole, arrays)
    return ScaleTest(
        edges=edges,
        implied=implied,
        std_error=error,
        statistic=statistic,
        p_value=p_value,
        by_levels=by_levels,
        by_logs=by_logs,
    )


def _treated(panel: Panel) -> Bools:
    """(C, T) is a cohort treated in a period?"""
    made = np.zeros((len(panel.cohorts), panel.n_periods), dtype=bool)
    for c in range(1, len(panel.cohorts)):
        if panel.cohort_units[c] and panel.starts[c] < panel.n_periods:
            made[c, panel.starts[c] :] = True
    return made


def _averages(
    loads: Floats, arrays: UnitArrays, outcomes: Sequence[Floats]
) -> tuple[Floats, Floats]:
    """(b,) sums over cohorts of ``loads`` (C, T) times the mean path of each outcome (n, T), and
    their covariance (b, b), shares of cohorts taken as fixed."""
    each = np.stack([(y * loads[arrays.cohort]).sum(axis=1) for y in outcomes], axis=1)
    n_cohorts = len(loads)
    weight = np.bincount(arrays.cohort, arrays.weight, n_cohorts)
    sums = [np.bincount(arrays.cohort, arrays.weight * v, n_cohorts) for v in each.T]
    means = np.stack(sums, axis=1).astype(float)
    means = means / np.where(weight > 0, weight, 1.0)[:, None]
    share = arrays.weight / weight[arrays.cohort]
    scores = share[:, None] * (each - means[arrays.cohort])
    return means.sum(axis=0), sandwich(clusters_of(arrays.cluster).sums(scores))


def _in_per_cent(
    panel: Panel, whole: SaturatedAverage, arrays: UnitArrays
) -> tuple[float | None, float | None]:
    """The effect as a share of what would have been, by levels and by logs; None where outcomes
    are not all above zero."""
    if arrays.outcome.min() <= 0:
        return None, None
    on = np.where(_treated(panel), whole.loads, 0.0)
    effect = float(_averages(whole.loads, arrays, [arrays.outcome])[0][0])
    level = float(_averages(on, arrays, [arrays.outcome])[0][0])
    in_logs = float(_averages(whole.loads, arrays, [np.log(arrays.outcome)])[0][0])
    by_levels = effect / (level - effect) if level > effect else None
    return by_levels, float(np.expm1(in_logs))
