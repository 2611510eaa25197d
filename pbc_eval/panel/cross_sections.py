"""Repeated cross-sections: other units in every period, so that only averages can be followed.

    data ── Panel.from_data(unit=None) ▶ Panel ── cross_moments() ▶ moments by cohort and period

A stratum is a cohort in a period, numbered cohort * T + period. Its moments are those of
``moments.py`` for a path of one period.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import ROWS, Name, Units
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel import sample
from pbc_eval.panel.ledger import LedgerStep
from pbc_eval.panel.moments import ClusterSums, CohortMoments
from pbc_eval.panel.periods import Periods
from pbc_eval.panel.sample import Missing, StartRules
from pbc_eval.panel.source import Column, Table, collect, in_order, number
from pbc_eval.panel.starts import Starts
from pbc_eval.panel.unit_rows import Roles


def stratify(rows: Table, codes: dict[object, int], periods: Periods) -> Table:
    """The rows with g, the number of their cohort (-1: to be dropped), and s, their period."""
    places = [(value, at) for at, raw in enumerate(periods.raw) for value in raw]
    counted = rows.mutate(rows=rows.t.isnull().ifelse(1, 0))
    return counted.mutate(
        g=sample.cohort_number(counted, codes), s=counted.t.cases(*places, else_=-1)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowArrays:
    """Repeated cross-sections in memory, one row an observation, in an order of their values."""

    cohort: Ints  # (n,)
    period: Ints  # (n,)
    outcome: Floats  # (n,)
    weight: Floats  # (n,) ones when there are no weights
    cluster: Ints  # (n,) numbered from 0; rows when none


def row_order(rows: Table) -> list[str]:
    """The columns to sort rows by, so that answers do not depend on the order they came in."""
    first = ("g", "s", "y")
    return [*first, *(name for name in rows.columns if name[0] in "xwk")]


def pull_rows(rows: Table) -> RowArrays:
    """The rows, sorted by ``row_order``."""
    names = rows.columns
    wanted = ["g", "s", "y", *(name for name in ("w", "k") if name in names)]
    order = row_order(rows)
    pulled = in_order(rows.select(*dict.fromkeys((*order, *wanted))), order)
    n = pulled.num_rows
    cluster = np.arange(n)
    if "k" in names:
        cluster = np.unique(np.asarray(pulled["k"].to_pylist()), return_inverse=True)[1]
    return RowArrays(
        cohort=pulled["g"].to_numpy().astype(np.int64),
        period=pulled["s"].to_numpy().astype(np.int64),
        outcome=pulled["y"].to_numpy(),
        weight=pulled["w"].to_numpy() if "w" in names else np.ones(n),
        cluster=cluster.astype(np.int64),
    )


def settle(
    rows: Table, steps: list[LedgerStep], owner: str, roles: Roles, missing: Missing
) -> Table:
    """Refuse what contradicts its role; refuse or drop rows without an outcome or a covariate; drop
    those treated in the first period and those without weight. Every drop is entered in ``steps``.

    Raises DataError with counts and remedies.
    """
    counts = {
        "no_outcome": rows.y.isnull().sum(),
        "infinite": rows.y.isinf().fill_null(False).sum(),
        "first": (rows.y.notnull() & (rows.g == -1)).sum(),
        "late": (rows.y.notnull() & (rows.g == -2)).sum(),
    }
    if roles.weight:
        counts["no_weight"] = rows.w.isnull().sum()
        counts["bad_weight"] = ((rows.w < 0) | rows.w.isinf()).fill_null(False).sum()
        counts["zero_weight"] = (rows.y.notnull() & (rows.g >= 0) & (rows.w == 0)).sum()
    if roles.cluster:
        counts["no_cluster"] = rows.k.isnull().sum()
    if roles.eligible:
        counts["no_eligible"] = rows.e.isnull().sum()
    row = collect(rows.aggregate(**counts)).fillna(0).iloc[0]
    numbers = {name: int(row[name]) for name in counts}
    problems = {
        "infinite": f"{roles.outcome!r} is infinite. Make it missing or correct it",
        "no_weight": f"there is no weight ({roles.weight!r}). Fill it in or take the rows out",
        "bad_weight": f"weight {roles.weight!r} is negative or infinite. Weights are >= 0",
        "no_cluster": f"there is no cluster ({roles.cluster!r}). Fill it in or take the rows out",
        "no_eligible": f"{roles.eligible!r} is missing. Fill it in or take the rows out",
    }
    for name, words in problems.items():
        if numbers.get(name):
            raise DataError(f"{owner}: in {numbers[name]:,} rows {words}.")
    if numbers["no_outcome"] and missing == "refuse":
        raise DataError(
            f"{owner}: {numbers['no_outcome']:,} of {steps[-1].rows_left:,} rows have no "
            f"{roles.outcome!r}. Choose: complete the data, or missing='complete_units' to leave "
            "these rows out."
        )
    drops = (
        (
            "no_outcome",
            Sentence("outcome missing"),
            Sentence("no value of {column}", column=Name(repr(roles.outcome))),
            rows.y.notnull(),
        ),
        (
            "first",
            Sentence("treated in the first period"),
            Sentence("no period before treatment"),
            rows.g != -1,
        ),
        (
            "late",
            Sentence("start inside the last period"),
            Sentence("treatment starts inside the last period: neither treated nor untreated"),
            rows.g != -2,
        ),
        (
            "zero_weight",
            Sentence("weight is zero"),
            Sentence("{column} is 0", column=Name(repr(roles.weight))),
            None,
        ),
    )
    for name, what, why, keep_rows in drops:
        if not numbers.get(name):
            continue
        rows = rows.filter(keep_rows if keep_rows is not None else rows.w > 0)
        steps.append(
            LedgerStep(what=what, rows_in=steps[-1].rows_left, rows_dropped=numbers[name], why=why)
        )
    return _with_covariates(rows, steps, owner, roles, missing)


def settle_inside(
    rows: Table, periods: Periods, starts: Starts, steps: list[LedgerStep], rules: StartRules
) -> Table:
    """What was stated of starts inside a period, in the ledger; with ``leave_period_out`` the rows
    of that period and those cohorts leave."""
    for position, values in sorted(starts.inside.items()):
        flag = rows.c.isin(values).fill_null(False)
        if not (count := _count(rows, flag)):
            continue
        partly = flag & (rows.s == position)
        left_out = rules.start_inside == "leave_period_out"
        steps.append(
            LedgerStep(
                what=sample.START_INSIDE_A_PERIOD,
                rows_in=steps[-1].rows_left,
                rows_dropped=_count(rows, partly) if left_out else 0,
                why=sample.what_counts(Units(count, ROWS), position, periods, rules.start_inside),
            )
        )
        rows = rows.filter(~partly) if left_out else rows
    return rows


def _with_covariates(
    rows: Table, steps: list[LedgerStep], owner: str, roles: Roles, missing: Missing
) -> Table:
    """Refuse infinite covariates; refuse or drop rows that lack one."""
    for i, name in enumerate(roles.covariates):
        x = rows[f"x{i}"]
        if not x.type().is_string() and (endless := _count(rows, x.isinf())):
            raise DataError(
                f"{owner}: in {endless:,} rows covariate {name!r} is infinite. Make it missing or "
                "correct it."
            )
        lacking = _count(rows, x.isnull())
        if not lacking:
            continue
        if missing == "refuse":
            raise DataError(
                f"{owner}: covariate {name!r} is missing in {lacking:,} of {steps[-1].rows_left:,} "
                "rows. Choose: complete the data; leave the covariate out; or "
                "missing='complete_units' to leave these rows out."
            )
        rows = rows.filter(x.notnull())
        steps.append(
            LedgerStep(
                what=Sentence("covariate {name} missing", name=Name(name)),
                rows_in=steps[-1].rows_left,
                rows_dropped=lacking,
                why=Sentence("no value of {column}", column=Name(repr(name))),
            )
        )
    return rows


def _count(rows: Table, flag: Column) -> int:
    return int(rows.filter(flag).count().to_pyarrow().as_py())


def rows_by_stratum(rows: Table, n_cohorts: int, n_periods: int) -> np.ndarray:
    """(C, T) number of rows."""
    counted = collect(rows.group_by(["g", "s"]).aggregate(n=rows.count()))
    counts = np.zeros((n_cohorts, n_periods), dtype=np.int64)
    counts[counted["g"].to_numpy(dtype=int), counted["s"].to_numpy(dtype=int)] = counted["n"]
    return counts


def cross_moments(
    rows: Table, *, n_cohorts: int, n_periods: int, weighted: bool, clustered: bool
) -> CohortMoments:
    """Moments of C * T strata, with a path of one period: ``level`` and ``path`` (CT, 1),
    ``gram`` (CT, 2, 2) of (1, y - mean). ``rows`` hold g, s, y, [w], [k]."""
    size = n_cohorts * n_periods
    rows = rows.mutate(h=rows.g * n_periods + rows.s)
    weight = rows.w if weighted else number(1.0)
    first = _by_stratum(
        rows, {"n": rows.count(), "w": (weight + rows.y * 0).sum(), "m": rows.y.mean()}, size
    )
    n, total = first["n"].astype(np.int64), first["w"]
    given = [(h, number(first["m"][h])) for h in np.flatnonzero(n).tolist()]
    centred = rows.select(
        "h",
        *(["k"] if clustered else []),
        w=weight + rows.y * 0,
        z=rows.y - rows.h.cases(*given, else_=number(0.0)),
    )
    w, z = centred.w, centred.z
    sums = _by_stratum(
        centred,
        {
            "ww": (w * w).sum(),
            "wz": (w * z).sum(),
            "wwz": (w * w * z).sum(),
            "wwzz": (w * w * z * z).sum(),
        },
        size,
    )
    shift = sums["wz"] / np.where(n > 0, total, 1.0)
    gram = np.zeros((size, 2, 2))
    gram[:, 0, 0] = sums["ww"]
    gram[:, 0, 1] = gram[:, 1, 0] = sums["wwz"] - shift * sums["ww"]
    gram[:, 1, 1] = sums["wwzz"] - 2 * shift * sums["wwz"] + shift**2 * sums["ww"]
    mean = np.where(n > 0, first["m"] + shift, np.nan)[:, None]
    return CohortMoments(
        units=n,
        weight=total,
        level=mean,
        path=mean,
        gram=gram,
        clusters=_by_cluster(centred, shift) if clustered else None,
    )


def _by_stratum(table: Table, sums: dict[str, Column], size: int) -> dict[str, Floats]:
    frame: pd.DataFrame = collect(table.group_by("h").aggregate(**sums)).set_index("h")
    frame = frame.reindex(range(size), fill_value=0)
    return {name: frame[name].to_numpy(dtype=float) for name in sums}


def _by_cluster(centred: Table, shift: Floats) -> ClusterSums:
    table = centred.group_by(["k", "h"]).aggregate(
        n=centred.count(), w=centred.w.sum(), wz=(centred.w * centred.z).sum()
    )
    pulled = table.order_by(["k", "h"]).to_pyarrow()
    stratum = pulled["h"].to_numpy().astype(np.int64)
    weight = pulled["w"].to_numpy()
    return ClusterSums(
        cluster=np.unique(np.asarray(pulled["k"].to_pylist()), return_inverse=True)[1],
        cohort=stratum,
        units=pulled["n"].to_numpy().astype(np.int64),
        sums=np.column_stack([weight, pulled["wz"].to_numpy() - weight * shift[stratum]]),
    )
