"""From rows to one row a unit, and every refusal on the way, inside the engine.

    rows ── profile (by period and cohort) ── widen (GROUP BY unit) ── audit (by cohort)

Two scans of the rows in all: what the second leaves has one row a unit and stays in the engine.
Nothing here is dropped; panel.py decides and enters it in the ledger.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError
from pbc_eval.intake.yes_no import YES_NO
from pbc_eval.panel.periods import Periods
from pbc_eval.panel.source import Column, Source, Table, collect, number

FixWeights = Literal["base_period", "first_period", "varying"]
FIX_WEIGHTS = ("base_period", "first_period", "varying")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which column plays which part."""

    unit: str | None  # None: repeated cross-sections
    time: str
    outcome: str
    cohort: str
    covariates: tuple[str, ...] = ()
    cluster: str | None = None
    weight: str | None = None
    eligible: str | None = None  # for triple differences: could the unit be affected at all?
    fix_weights: FixWeights | None = None  # for weights that vary within units

    @property
    def letters(self) -> tuple[str, ...]:
        """Columns of the unit table that are there when asked for, and constant within a unit."""
        weight = None if self.fix_weights else self.weight
        named = {"w": weight, "k": self.cluster, "e": self.eligible}
        return tuple(letter for letter, column in named.items() if column)

    def weight_columns(self, n_periods: int) -> tuple[str, ...]:
        """The columns of the unit table that hold weights by period, where they vary."""
        return tuple(f"w{at}" for at in range(n_periods)) if self.fix_weights else ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column used, each once."""
        named = (self.time, self.outcome, self.cohort, *self.covariates)
        extra = tuple(
            column for column in (self.unit, self.cluster, self.weight, self.eligible) if column
        )
        return tuple(dict.fromkeys(named + extra))


def role_rows(source: Source, roles: Roles, covariates: Sequence[Column] = ()) -> Table:
    """The rows under the names of their roles: u, t, y, c, and w, k, e and x0 ... when asked for.

    Not-a-number counts as missing. Raises DataError for an outcome or a weight that holds words.
    """
    columns = {
        "t": time_column(source, roles.time),
        "y": answer_column(source, roles.outcome, roles.unit),
        "c": time_column(source, roles.cohort),
    }
    if roles.unit:
        columns["u"] = source.column(roles.unit)
    if roles.weight:
        columns["w"] = _number(source, roles.weight, roles.unit)
    if roles.cluster:
        columns["k"] = source.column(roles.cluster)
    if roles.eligible:
        columns["e"] = eligible_column(source, roles.eligible)
    columns |= {f"x{i}": column for i, column in enumerate(covariates)}
    return source.table.select(**columns)


def profile(rows: Table, owner: str, roles: Roles) -> pd.DataFrame:
    """Rows and rows with an outcome by period and cohort, from one scan: t, c, rows, observed.

    Raises DataError when there are no rows, or rows without a time.
    """
    counted = rows.group_by(["t", "c"]).aggregate(rows=rows.count(), observed=rows.y.count())
    by_period = collect(counted)
    if by_period.empty:
        raise DataError(f"{owner}: there are no rows.")
    _refuse_missing(
        owner, "time", roles.time, int(by_period.loc[by_period["t"].isna(), "rows"].sum())
    )
    return by_period


def widen(
    rows: Table,
    periods: Periods,
    roles: Roles,
    *,
    any_missing: bool,
    extra: Mapping[str, Column] | None = None,
) -> Table:
    """One row a unit: u, c, w, k, e, y0 ... y(T-1), the counts the audit needs, and ``extra``.

    What must not change within a unit is part of the key: a unit that contradicts itself comes
    out in several rows, and no scan is spent on looking for it.
    """
    keys = ["u", "c", *roles.letters]
    columns = {"rows": rows.count()}
    if any_missing:
        # Only then can a repeated period hide behind a missing outcome.
        columns["times"] = rows.t.nunique()
    for at, raw in enumerate(periods.raw):
        here = rows.t == raw[0] if len(raw) == 1 else rows.t.isin(raw)
        columns[f"y{at}"] = here.ifelse(rows.y, None).max()
        if roles.fix_weights:
            columns[f"w{at}"] = here.ifelse(rows.w, None).max()
    if roles.fix_weights:
        columns["lacking"] = (rows.y.notnull() & rows.w.isnull()).ifelse(1, 0).sum()
        columns["worst"] = rows.w.isinf().ifelse(-1.0, rows.w).min()
    wide = rows.group_by(keys).aggregate(**columns, **(extra or {}))
    return _first_weight(wide, len(periods)) if roles.fix_weights else wide


def _first_weight(wide: Table, n_periods: int) -> Table:
    """``w``, the weight in the first period that has one; nothing where a row with an outcome has
    none, and the worst where one is no weight."""
    first = wide.w0
    for at in range(1, n_periods):
        first = first.fill_null(wide[f"w{at}"])
    first = (wide.lacking > 0).ifelse(None, first)
    return wide.mutate(w=(wide.worst < 0).ifelse(wide.worst, first))


def observed_periods(wide: Table, periods: Periods) -> Column:
    """How many periods each unit's outcome is observed in."""
    seen = wide.y0.notnull().ifelse(1, 0)
    for at in range(1, len(periods)):
        seen = seen + wide[f"y{at}"].notnull().ifelse(1, 0)
    return seen


def audit(wide: Table, rows: Table, periods: Periods, owner: str, roles: Roles) -> None:
    """Refuse units that contradict themselves or what their roles allow.

    Raises DataError, naming the first five units, for a missing unit, weight or cluster, an
    infinite outcome, a negative weight, a repeated unit and time, and for a cohort, weight or
    cluster that changes within a unit.
    """
    infinite = wide.y0.isinf().ifelse(1, 0)
    for at in range(1, len(periods)):
        infinite = infinite + wide[f"y{at}"].isinf().ifelse(1, 0)
    repeated = wide.rows > (wide.times if "times" in wide.columns else wide.seen)
    counts = {
        "rows": wide.count(),
        "units": wide.u.nunique(),
        "infinite": infinite.sum(),
        "repeated": repeated.sum(),
        "no_unit": wide.u.isnull().ifelse(wide.rows, 0).sum(),
    }
    if roles.weight:
        counts["no_weight"] = wide.w.isnull().ifelse(wide.rows, 0).sum()
        counts["bad_weight"] = ((wide.w < 0) | wide.w.isinf()).ifelse(wide.rows, 0).sum()
    if roles.cluster:
        counts["no_cluster"] = wide.k.isnull().ifelse(wide.rows, 0).sum()
    if roles.eligible:
        counts["no_eligible"] = wide.e.isnull().ifelse(wide.rows, 0).sum()
    row = collect(wide.aggregate(**counts)).fillna(0).iloc[0]
    numbers = {name: int(row[name]) for name in counts}
    _refuse_missing(owner, "unit", roles.unit, numbers["no_unit"])
    _refuse_missing(owner, "weight", roles.weight, numbers.get("no_weight", 0))
    _refuse_missing(owner, "cluster", roles.cluster, numbers.get("no_cluster", 0))
    _refuse_missing(owner, "eligible", roles.eligible, numbers.get("no_eligible", 0))
    if numbers["infinite"]:
        raise DataError(
            f"{owner}: {roles.outcome!r} is infinite in {numbers['infinite']:,} rows (units "
            f"{_units(rows.filter(rows.y.isinf()))}). An outcome must be a finite number; make it "
            "missing or correct it."
        )
    if numbers.get("bad_weight"):
        bad = wide.filter((wide.w < 0) | wide.w.isinf())
        where, worst = _units(bad), float(bad.w.min().to_pyarrow().as_py())
        raise DataError(
            f"{owner}: weight {roles.weight!r} is negative or infinite in "
            f"{numbers['bad_weight']:,} rows (units {where}), such as {worst:g}. Weights are "
            "finite and >= 0; correct them, or leave the unit out of the data."
        )
    if numbers["repeated"]:
        raise _repeated(rows, owner)
    if numbers["rows"] > numbers["units"]:
        raise _contradiction(wide, owner, roles)


def _refuse_missing(owner: str, role: str, column: str | None, rows: int) -> None:
    if rows:
        raise DataError(
            f"{owner}: {rows:,} rows have no {role} ({column!r}). Fill it in or take the rows out "
            "of the data; an empty or 'NA' cell in a file counts as missing."
        )


def _repeated(rows: Table, owner: str) -> DataError:
    twice = rows.group_by(["u", "t"]).aggregate(n=rows.count())
    twice = twice.filter(twice.n > 1).order_by(["u", "t"])
    total = int(twice.count().to_pyarrow().as_py())
    some = collect(twice.limit(5))
    named = [f"{row.u} in {row.t} ({row.n} rows)" for row in some.itertuples()]
    return DataError(
        f"{owner}: {total:,} unit-periods appear more than once: {', '.join(named)}"
        f"{' ...' if total > 5 else ''}. One row a unit and period: add them up, average them, "
        "or correct the unit's name."
    )


REMEDIES = {
    "cohort": "A unit's cohort is its first treated period, the same in all its rows, and "
    "treatment is not switched off; give one value a unit. If the column says in each period "
    "whether the unit is treated, read starts from it: starts_of_treatment(treatment=...) "
    "(data.treatment in a file, in place of data.cohort).",
    "weight": "Give one weight a unit, or say which counts: fix_weights='first_period', "
    "'base_period' or 'varying' (data.fix_weights in a file).",
    "cluster": "Put each unit in one cluster, or cluster at a higher level.",
    "eligible": "Eligibility is a unit's own, the same in all its rows, treated or not yet.",
}


def _contradiction(wide: Table, owner: str, roles: Roles) -> DataError:
    """The first role that takes several values (a missing one among them) within a unit."""
    several = wide.group_by("u").aggregate(
        **{
            role: wide[key].nunique() + wide[key].isnull().ifelse(1, 0).max()
            for role, key in (
                ("cohort", "c"),
                ("weight", "w"),
                ("cluster", "k"),
                ("eligible", "e"),
            )
            if key in wide.columns
        }
    )
    role = next(
        role for role in REMEDIES if role in several.columns and _count(several[role] > 1, several)
    )
    bad = several.filter(several[role] > 1)
    total = int(bad.count().to_pyarrow().as_py())
    named = ", ".join(name_units(bad)) + (" ..." if total > 5 else "")
    return DataError(
        f"{owner}: {role} {getattr(roles, role)!r} changes within {total:,} units ({named}). "
        f"{REMEDIES[role]}"
    )


def _count(flag: Column, table: Table) -> int:
    return int(table.filter(flag).count().to_pyarrow().as_py())


def name_units(table: Table, limit: int = 5) -> tuple[str, ...]:
    """The first ``limit`` units of a table with a column u, in order, as text."""
    units = collect(table.select("u").distinct().order_by("u").limit(limit))["u"]
    return tuple(str(unit) for unit in units)


def _units(table: Table) -> str:
    return first_few(name_units(table, 5))


def time_column(source: Source, name: str) -> Column:
    """A column of times or of cohorts; not-a-number and infinity count as missing.

    Raises DataError for what holds no times, and for instants whose place is not known.
    """
    column = source.column(name)
    kind = column.type()
    if kind.is_decimal():  # years as SQL adds them up
        return column.cast("float64")
    if kind.is_floating():
        return (column.isnan() | column.isinf()).ifelse(None, column)
    whole = kind.is_numeric() or kind.is_boolean()
    if kind.is_timestamp() and kind.timezone is not None:
        column = column.cast("timestamp")
        if _count(column.time() != datetime.time(), source.table):
            raise DataError(
                f"{source.name}: {name!r} holds instants in time, not the dates of a place: they "
                f"carry the zone {kind.timezone} and are not midnight there. Store the local date, "
                f"in SQL: ({name} AT TIME ZONE 'Europe/London')::date."
            )
    elif not (whole or kind.is_string() or kind.is_date() or kind.is_timestamp()):
        raise DataError(f"{source.name}: {name!r} must hold periods, but it holds {kind}.")
    return column


def zero_one(column: Column) -> Column:
    """True and false as 1.0 and 0.0. Not by a cast: DuckDB would push it into the reading of a
    text file, where yes is no number."""
    return column.isnull().ifelse(None, column.ifelse(number(1.0), number(0.0)))


def eligible_column(source: Source, name: str) -> Column:
    """1 or 0, from true and false, yes and no, or 1 and 0."""
    column = source.column(name)
    kind = column.type()
    if kind.is_boolean():
        return zero_one(column).cast("int64")
    if kind.is_string():
        words = column.strip().lower()
        if not _count(column.notnull() & ~words.isin(list(YES_NO)), source.table):
            yes = [word for word, meant in YES_NO.items() if meant]
            return zero_one(words.isin(yes)).cast("int64")
    values = collect(source.table.select(value=column).distinct().order_by("value").limit(6))
    given = values["value"].dropna().tolist()
    if not kind.is_numeric() or not set(given) <= {0, 1}:
        remedy = " With more kinds than two, compare two at a time." if len(given) > 2 else ""
        raise DataError(
            f"{source.name}: eligible {name!r} must hold true and false, yes and no, or 1 and 0; "
            f"it holds {first_few(given)}. 1 is for units that the measure can reach once it is "
            f"in force.{remedy}"
        )
    return column.cast("int64")


def answer_column(source: Source, name: str, unit: str | None) -> Column:
    """An outcome: numbers, or yes and no, which count as 1 and 0."""
    column = source.column(name)
    if column.type().is_string():
        words = column.strip().lower()
        if not _count(column.notnull() & ~words.isin(list(YES_NO)), source.table):
            yes = [word for word, meant in YES_NO.items() if meant]
            return zero_one(words.isin(yes))
    return _number(source, name, unit)


def _number(source: Source, name: str, unit: str | None) -> Column:
    column = source.column(name)
    kind = column.type()
    if kind.is_floating():
        return column.isnan().ifelse(None, column).cast("float64")
    if kind.is_boolean():
        return zero_one(column)
    if kind.is_numeric():
        return column.cast("float64")
    if not kind.is_string():
        raise DataError(f"{source.name}: {name!r} must hold numbers, but it holds {kind}.")
    words = source.table.filter(column.notnull() & column.try_cast("float64").isnull())
    word = source.column(name)
    place = source.column(unit) if unit else word
    some = words.select(u=place, word=word).distinct().order_by(["word", "u"])
    few = collect(some.limit(5))
    total = int(words.count().to_pyarrow().as_py())
    if few.empty:
        raise DataError(
            f"{source.name}: {name!r} holds numbers written as text. Convert the column to numbers."
        )
    named = ", ".join(
        f"{row.word!r} (unit {row.u})" if unit else repr(row.word) for row in few.itertuples()
    )
    raise DataError(
        f"{source.name}: {name!r} must hold numbers, but {total:,} rows "
        f"hold words: {named}. Correct them, or leave the cell empty if the value is missing."
    )
