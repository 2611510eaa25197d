"""From rows to one row a unit, and every refusal on the way, inside the engine.

    rows ── profile (by period and cohort) ── widen (GROUP BY unit) ── audit (by cohort)

Two scans of the rows in all: what the second leaves has one row a unit and stays in the engine.
Nothing here is dropped; panel.py decides and enters it in the ledger.
"""

from dataclasses import dataclass

import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError
from pbc_eval.panel.periods import Periods
from pbc_eval.panel.source import Column, Source, Table, collect


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which column plays which part."""

    unit: str
    time: str
    outcome: str
    cohort: str
    covariates: tuple[str, ...] = ()
    cluster: str | None = None
    weight: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column used, each once."""
        named = (self.unit, self.time, self.outcome, self.cohort, *self.covariates)
        extra = tuple(column for column in (self.cluster, self.weight) if column)
        return tuple(dict.fromkeys(named + extra))


def role_rows(source: Source, roles: Roles) -> Table:
    """The rows under the names of their roles: u, t, y, c, and w and k when asked for.

    Not-a-number counts as missing. Raises DataError for an outcome or a weight that holds words.
    """
    table = source.table
    columns = {
        "u": table[roles.unit],
        "t": _without_nan(table[roles.time]),
        "y": _number(source, roles.outcome, roles.unit),
        "c": _without_nan(table[roles.cohort]),
    }
    if roles.weight:
        columns["w"] = _number(source, roles.weight, roles.unit)
    if roles.cluster:
        columns["k"] = table[roles.cluster]
    return table.select(**columns)


def profile(rows: Table, owner: str, roles: Roles) -> pd.DataFrame:
    """Rows by period and cohort, from one scan: t, c, rows, observed, and what refuses them.

    Raises DataError when there are no rows, a unit, time, weight or cluster is missing, an
    outcome is infinite, or a weight is negative.
    """
    counts = {
        "rows": rows.count(),
        "observed": rows.y.count(),
        "infinite": rows.y.isinf().sum(),
        "no_unit": rows.u.isnull().sum(),
    }
    if roles.weight:
        counts["no_weight"] = rows.w.isnull().sum()
        counts["bad_weight"] = ((rows.w < 0) | rows.w.isinf()).sum()
    if roles.cluster:
        counts["no_cluster"] = rows.k.isnull().sum()
    found = collect(rows.group_by(["t", "c"]).aggregate(**counts))
    if not found["rows"].sum():
        raise DataError(f"{owner}: there are no rows.")
    no_time = int(found.loc[found["t"].isna(), "rows"].sum())
    for role, column, missing in (
        ("time", roles.time, no_time),
        ("unit", roles.unit, _total(found, "no_unit")),
        ("weight", roles.weight, _total(found, "no_weight")),
        ("cluster", roles.cluster, _total(found, "no_cluster")),
    ):
        if missing:
            raise DataError(
                f"{owner}: {missing:,} rows have no {role} ({column!r}). Fill it in or take the "
                "rows out of the data; an empty or 'NA' cell in a file counts as missing."
            )
    if _total(found, "infinite"):
        where = _units(rows.filter(rows.y.isinf()))
        raise DataError(
            f"{owner}: {roles.outcome!r} is infinite in {_total(found, 'infinite'):,} rows (units "
            f"{where}). An outcome must be a finite number; make it missing or correct it."
        )
    if _total(found, "bad_weight"):
        where = _units(rows.filter((rows.w < 0) | rows.w.isinf()))
        raise DataError(
            f"{owner}: weight {roles.weight!r} is negative or infinite in "
            f"{_total(found, 'bad_weight'):,} rows (units {where}). Weights are finite and >= 0."
        )
    return found


def widen(rows: Table, periods: Periods, roles: Roles, *, any_missing: bool) -> Table:
    """One row a unit: u, c, w, k, y0 ... y(T-1), and the counts the audit needs."""
    columns = {
        "rows": rows.count(),
        "c": rows.c.min(),
        "c_high": rows.c.max(),
        "c_given": rows.c.count(),
    }
    if any_missing:
        # Only then can a repeated period hide behind a missing outcome.
        columns["times"] = rows.t.nunique()
    if roles.weight:
        columns |= {"w": rows.w.min(), "w_high": rows.w.max()}
    if roles.cluster:
        columns |= {"k": rows.k.min(), "k_high": rows.k.max()}
    for at, raw in enumerate(periods.raw):
        here = rows.t == raw[0] if len(raw) == 1 else rows.t.isin(raw)
        columns[f"y{at}"] = rows.y.max(where=here)
    return rows.group_by("u").aggregate(**columns)


def observed_periods(wide: Table, periods: Periods) -> Column:
    """How many periods each unit's outcome is observed in."""
    seen = wide.y0.notnull().cast("int64")
    for at in range(1, len(periods)):
        seen = seen + wide[f"y{at}"].notnull().cast("int64")
    return seen


def audit(wide: Table, rows: Table, periods: Periods, owner: str, roles: Roles) -> None:
    """Refuse units that contradict themselves.

    Raises DataError, naming the first five, for a repeated unit and time, and for a cohort, weight
    or cluster that changes within a unit.
    """
    mixed = (wide.c_given > 0) & (wide.c_given < wide.rows)
    flags = {
        "repeated": wide.rows > (wide.times if "times" in wide.columns else wide.seen),
        "cohort": (wide.c != wide.c_high) | mixed,
    }
    if roles.weight:
        flags["weight"] = wide.w != wide.w_high
    if roles.cluster:
        flags["cluster"] = wide.k != wide.k_high
    counts = collect(wide.aggregate(**{name: flag.sum() for name, flag in flags.items()}))
    if _total(counts, "repeated"):
        twice = rows.group_by(["u", "t"]).aggregate(n=rows.count())
        twice = twice.filter(twice.n > 1).order_by(["u", "t"])
        total = int(twice.count().to_pyarrow().as_py())
        some = collect(twice.limit(5))
        named = [f"{row.u} in {row.t} ({row.n} rows)" for row in some.itertuples()]
        raise DataError(
            f"{owner}: {total:,} unit-periods appear more than once: {', '.join(named)}"
            f"{' ...' if total > 5 else ''}. One row a unit and period: add them up, average them, "
            "or correct the unit's name."
        )
    del flags["repeated"]
    for role, flag in flags.items():
        bad = _total(counts, role)
        if bad:
            column = getattr(roles, role)
            remedy = {
                "cohort": "A unit's cohort is its first treated period, the same in all its rows, "
                "and treatment is not switched off; give one value a unit.",
                "weight": "Give one weight a unit, such as its weight in the first period.",
                "cluster": "Put each unit in one cluster, or cluster at a higher level.",
            }[role]
            raise DataError(
                f"{owner}: {role} {column!r} changes within {bad:,} units "
                f"({_units(wide.filter(flag))}). {remedy}"
            )


def name_units(table: Table, limit: int = 5) -> tuple[str, ...]:
    """The first ``limit`` units of a table with a column u, in order, as text."""
    units = collect(table.select("u").distinct().order_by("u").limit(limit))["u"]
    return tuple(str(unit) for unit in units)


def _units(table: Table) -> str:
    return first_few(name_units(table, 5))


def _total(found: pd.DataFrame, column: str) -> int:
    return int(found[column].fillna(0).sum()) if column in found else 0


def _without_nan(column: Column) -> Column:
    if not column.type().is_floating():
        return column
    return (column.isnan() | column.isinf()).ifelse(None, column)


def _number(source: Source, name: str, unit: str) -> Column:
    column = source.table[name]
    kind = column.type()
    if kind.is_floating():
        return column.isnan().ifelse(None, column).cast("float64")
    if kind.is_numeric() or kind.is_boolean():
        return column.cast("float64")
    if not kind.is_string():
        raise DataError(f"{source.name}: {name!r} must hold numbers, but it holds {kind}.")
    words = source.table.filter(column.notnull() & column.try_cast("float64").isnull())
    some = words.select(u=words[unit], word=words[name]).distinct().order_by(["word", "u"])
    few = collect(some.limit(5))
    if few.empty:
        raise DataError(
            f"{source.name}: {name!r} holds numbers written as text. Convert the column to numbers."
        )
    named = ", ".join(f"{row.word!r} (unit {row.u})" for row in few.itertuples())
    raise DataError(
        f"{source.name}: {name!r} must hold numbers, but {int(words.count().to_pyarrow().as_py()):,} rows "
        f"hold words: {named}. Correct them, or leave the cell empty if the value is missing."
    )
