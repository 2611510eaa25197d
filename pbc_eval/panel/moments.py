"""Cohort moments: all that the estimators need of a complete panel.

Outcomes are taken relative to the unit's own first period, D_t = Y_t - Y_0, and centred on their
cohort's mean before anything is squared. Every estimate here is a contrast over periods, in which
a unit's level cancels; taking it out first keeps all digits of outcomes as large as 1e9.

Small panels are pulled, sorted by unit, so that the answer does not depend on the order of rows
to the last bit. Large ones are summed by the engine: GROUP BY cohort over one row a unit; only
those sums come out, and the last one or two digits of a double may depend on the engine's threads.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.clustered import clusters_of
from pbc_eval.panel.source import Column, Table, collect, in_order, number

PULL_UP_TO = 2_000_000  # outcomes (units x periods): 16 MB
# The products grow with the square of the periods, and so does the query that asks for them.
MANY_PERIODS = 40
PULL_MANY_UP_TO = 20_000_000  # outcomes: 160 MB
ROWS_AT_ONCE = 4_096  # turned from columns into rows inside the processor's cache
SUMS_A_QUERY = 1_500  # of the T(T+1)/2 products, for panels of many periods


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterSums:
    """Sums over the units of one cohort in one cluster; r rows, sorted by cluster and cohort."""

    cluster: Ints  # (r,) numbered from 0 in the order of the cluster's name
    cohort: Ints  # (r,)
    units: Ints  # (r,)
    sums: Floats  # (r, T+1) of w * (1, D - path of the cohort)

    @property
    def n_clusters(self) -> int:
        return int(self.cluster[-1]) + 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CohortMoments:
    """Moments by cohort; w is a unit's weight, 1 when there are none. Cohort 0: never treated."""

    units: Ints  # (C,)
    weight: Floats  # (C,) sum of w
    level: Floats  # (C, T) weighted mean outcome, in the outcome's unit; NaN for empty cohorts
    path: Floats  # (C, T) weighted mean of D, the outcome relative to the unit's first period
    gram: Floats  # (C, T+1, T+1) sum of w^2 z z' with z = (1, D - path)
    clusters: ClusterSums | None = None

    @property
    def shares(self) -> Floats:
        """(C,) each cohort's share of the weight."""
        shares: Floats = self.weight / self.weight.sum()
        return shares


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitArrays:
    """One row a unit, sorted by unit."""

    unit: NDArray[np.generic]  # (n,) as in the data
    cohort: Ints  # (n,)
    weight: Floats  # (n,) ones when there are no weights
    cluster: Ints  # (n,) numbered from 0 in the order of the cluster's name; units when none
    outcome: Floats  # (n, T) NaN where missing


def cohort_moments(
    units: Table,
    *,
    n_cohorts: int,
    n_periods: int,
    n_units: int,
    weighted: bool,
    clustered: bool,
    pull_up_to: int | None = None,
) -> CohortMoments:
    """Moments of complete units: a table with a row a unit, u, g, [w], [k], y0 ... y(T-1).

    ``pull_up_to``: the most outcomes to take into memory; by default more of them when periods
    are many.
    """
    if pull_up_to is None:
        pull_up_to = PULL_MANY_UP_TO if n_periods > MANY_PERIODS else PULL_UP_TO
    if n_units * n_periods <= pull_up_to:
        arrays = pull_units(units, n_periods=n_periods)
        return moments_of_arrays(arrays, n_cohorts=n_cohorts, clustered=clustered)
    return _moments_in_engine(
        units, n_cohorts=n_cohorts, n_periods=n_periods, weighted=weighted, clustered=clustered
    )


def pull_units(units: Table, *, n_periods: int) -> UnitArrays:
    """The table of units in memory, sorted by unit."""
    pulled = in_order(units, ("u",))
    n = pulled.num_rows
    columns = [pulled[f"y{at}"].to_numpy() for at in range(n_periods)]
    outcome = np.empty((n, n_periods))
    for first in range(0, n, ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        outcome[rows] = np.array([column[rows] for column in columns]).T
    names = pulled.column_names
    weight = pulled["w"].to_numpy() if "w" in names else np.ones(n)
    if "k" in names:
        cluster = np.unique(np.asarray(pulled["k"].to_pylist()), return_inverse=True)[1]
    else:
        cluster = np.arange(n)
    return UnitArrays(
        unit=pulled["u"].to_numpy(),
        cohort=pulled["g"].to_numpy().astype(np.int64),
        weight=weight,
        cluster=cluster.astype(np.int64),
        outcome=outcome,
    )


def moments_of_arrays(arrays: UnitArrays, *, n_cohorts: int, clustered: bool) -> CohortMoments:
    """Moments of complete units held in memory."""
    n_periods = arrays.outcome.shape[1]
    units = np.bincount(arrays.cohort, minlength=n_cohorts)
    weight: Floats = np.bincount(arrays.cohort, arrays.weight, n_cohorts).astype(float)
    level = np.full((n_cohorts, n_periods), np.nan)
    path = np.full((n_cohorts, n_periods), np.nan)
    gram = np.zeros((n_cohorts, n_periods + 1, n_periods + 1))
    scores = np.empty((len(arrays.cohort), n_periods + 1))
    for g in np.flatnonzero(units):
        members = arrays.cohort == g
        w, outcome = arrays.weight[members], arrays.outcome[members]
        relative = outcome - outcome[:, :1]
        level[g] = _mean(outcome, w)
        path[g] = _mean(relative, w)
        z = np.column_stack([w, w[:, None] * (relative - path[g])])
        gram[g] = z.T @ z
        scores[members] = z
    sums = _sum_by_cluster(arrays, scores, n_cohorts) if clustered else None
    return CohortMoments(
        units=units, weight=weight, level=level, path=path, gram=gram, clusters=sums
    )


def _mean(values: Floats, weight: Floats) -> Floats:
    """Weighted mean of each column; the second pass removes the first one's rounding."""
    first = weight @ values / weight.sum()
    mean: Floats = first + weight @ (values - first) / weight.sum()
    return mean


def _sum_by_cluster(arrays: UnitArrays, scores: Floats, n_cohorts: int) -> ClusterSums:
    key = arrays.cluster * n_cohorts + arrays.cohort
    keys, counts = np.unique(key, return_counts=True)
    return ClusterSums(
        cluster=keys // n_cohorts,
        cohort=keys % n_cohorts,
        units=counts.astype(np.int64),
        sums=clusters_of(key).sums(scores),
    )


def _moments_in_engine(
    units: Table, *, n_cohorts: int, n_periods: int, weighted: bool, clustered: bool
) -> CohortMoments:
    """As ``moments_of_arrays``, in SQL: a first mean of D by cohort, then sums about it."""
    later = range(1, n_periods)
    relative = {t: units[f"y{t}"] - units.y0 for t in later}
    sums = {"n": units.count(), "w": units.w.sum() if weighted else units.count()}
    sums |= {
        f"l{t}": (units[f"y{t}"] * units.w if weighted else units[f"y{t}"]).sum()
        for t in range(n_periods)
    }
    sums |= {f"m{t}": relative[t].mean() for t in later}
    first = _by_cohort(units, sums, n_cohorts)
    n, weight = first["n"].astype(np.int64), first["w"]

    centre = {t: _constants(units.g, first[f"m{t}"], n) for t in later}
    centred = units.select(
        "g",
        *(["k"] if clustered else []),
        w=units.w if weighted else units.g * 0 + 1,
        **{f"z{t}": relative[t] - centre[t] for t in later},
    )
    # Column 0 is the weight itself, column t the centred path at t >= 1, times the weight.
    paths = (centred[f"z{t}"] for t in later)
    columns = [centred.w, *(path * centred.w if weighted else path for path in paths)]
    products = [(i, j) for i in range(n_periods) for j in range(i, n_periods)]
    gram = np.zeros((n_cohorts, n_periods + 1, n_periods + 1))
    shift = np.zeros((n_cohorts, n_periods))
    totals = {f"s{t}": columns[t].sum() for t in later}
    for start in range(0, len(products), SUMS_A_QUERY):
        some = products[start : start + SUMS_A_QUERY]
        asked = {f"p{i}_{j}": (columns[i] * columns[j]).sum() for i, j in some}
        by_cohort = _by_cohort(centred, totals | asked, n_cohorts)
        for t in totals:
            shift[:, int(t[1:])] = by_cohort[t] / np.where(weight > 0, weight, 1.0)
        totals = {}
        for i, j in some:
            row, column = (i + 1 if i else 0), (j + 1 if j else 0)
            gram[:, row, column] = gram[:, column, row] = by_cohort[f"p{i}_{j}"]
    # z about the corrected mean is a linear map of z about the first one.
    for g in range(n_cohorts):
        recentre = np.eye(n_periods + 1)
        recentre[1:, 0] = -shift[g]
        gram[g] = recentre @ gram[g] @ recentre.T
    present = n > 0
    level = np.column_stack([first[f"l{t}"] for t in range(n_periods)])
    path = shift.copy()
    path[:, 1:] += np.column_stack([first[f"m{t}"] for t in later])
    level[present] /= weight[present, None]
    level[~present] = path[~present] = np.nan
    clusters = _clusters_in_engine(centred, columns, shift, n_periods) if clustered else None
    return CohortMoments(
        units=n, weight=weight, level=level, path=path, gram=gram, clusters=clusters
    )


def _constants(cohort: Column, values: Floats, n: Ints) -> Column:
    """Each unit's constant, by its cohort."""
    given = [(g, number(values[g])) for g in np.flatnonzero(n).tolist()]
    return cohort.cases(*given, else_=number(0.0))


def _by_cohort(table: Table, sums: dict[str, Column], n_cohorts: int) -> dict[str, Floats]:
    frame = collect(table.group_by("g").aggregate(**sums)).set_index("g")
    frame = frame.reindex(range(n_cohorts), fill_value=0)
    return {name: frame[name].to_numpy(dtype=float) for name in sums}


def _clusters_in_engine(
    centred: Table, columns: list[Column], shift: Floats, n_periods: int
) -> ClusterSums:
    summed = {f"s{t}": column.sum() for t, column in enumerate(columns)}
    table = centred.group_by(["k", "g"]).aggregate(n=centred.count(), **summed)
    pulled = table.order_by(["k", "g"]).to_pyarrow()
    cohort = pulled["g"].to_numpy().astype(np.int64)
    sums = np.zeros((len(cohort), n_periods + 1))
    sums[:, 0] = pulled["s0"].to_numpy()
    for t in range(1, n_periods):
        sums[:, t + 1] = pulled[f"s{t}"].to_numpy() - sums[:, 0] * shift[cohort, t]
    return ClusterSums(
        cluster=np.unique(np.asarray(pulled["k"].to_pylist()), return_inverse=True)[1],
        cohort=cohort,
        units=pulled["n"].to_numpy().astype(np.int64),
        sums=sums,
    )
