"""Making a panel: roles checked, rows made units, contradictions refused, drops in a ledger.

source ── check_roles ── followed_panel      one row a unit, from rows that follow units
                      └─ cross_section_panel one row an observation
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from pbc_eval._validate import check_choice
from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Number
from pbc_eval.messages.values import periods as periods_of
from pbc_eval.panel import covariates as covariate_columns
from pbc_eval.panel import cross_sections, sample
from pbc_eval.panel import unit_rows as intake
from pbc_eval.panel.alike import refuse_clusters_written_twice, refuse_units_written_twice
from pbc_eval.panel.covariates import Covariate
from pbc_eval.panel.handovers import Handover, handovers, in_words
from pbc_eval.panel.ledger import Ledger, LedgerStep
from pbc_eval.panel.periods import Periods
from pbc_eval.panel.pulls import Pulls
from pbc_eval.panel.sample import Missing, StartRules
from pbc_eval.panel.source import Source, Table, collect, keep
from pbc_eval.panel.starts import Starts
from pbc_eval.panel.unit_rows import FIX_WEIGHTS, Roles

READ = Sentence("read")
NOTHING_STATED = StartRules()
COUNT_HERE = 100_000  # rows


@dataclass(frozen=True, eq=False)
class PanelParts:
    """What a panel is made of.

    Cohorts are numbered 0 ... C-1; cohort 0 is the never treated and may be empty.
    """

    name: str
    roles: Roles
    missing: Missing
    periods: Periods
    cohorts: tuple[int, ...]  # (C,) labels: the first treated period; 0 for never
    starts: tuple[int, ...]  # (C,) position of that period; T for never
    begun: tuple[float, ...]  # (C,) the earliest start, on the scale of periods.spans
    cohort_units: tuple[int, ...]  # (C,) number of units
    ledger: Ledger
    units: Table = field(repr=False)  # one row a unit: u, g, w, k, y0 ... in the engine
    _held: Table = field(repr=False)  # keeps the engine's copy alive
    covariates: tuple[Covariate, ...] = ()
    late: tuple[float, ...] = ()  # starts after the last period, on the same scale
    early: tuple[str, ...] = ()  # cohort values that left as treated in the first period
    handovers: tuple[Handover, ...] = ()  # where identifiers stop and others begin
    rules: StartRules = NOTHING_STATED
    pulls: Pulls | None = None  # of data that stay in an engine: what may come out, and did


def check_names(named: Mapping[str, object], covariates: object) -> None:
    """Raise DataError for a role that is given as anything but a column's name."""
    optional = ("unit", "cluster", "weight", "eligible")
    for role, column in named.items():
        if not isinstance(column, str) and not (column is None and role in optional):
            raise DataError(
                f"{role} must be a column's name, got {_described(column)}. Put the values into "
                "the data as a column, and give its name."
            )
    given = [covariates] if isinstance(covariates, str) else covariates
    if not isinstance(given, Iterable) or not all(isinstance(name, str) for name in given):
        raise DataError(
            f"covariates must be names of columns, got {_described(covariates)}. Put the values "
            "into the data as columns, and give their names."
        )


def _described(value: object) -> str:
    shape = getattr(value, "shape", None)
    return repr(value) if shape is None else f"{type(value).__name__} of shape {shape}"


def check_roles(roles: Roles) -> None:
    """Raise DataError for a column that would play two parts, and for weights fixed in a way that
    the data do not allow."""
    if roles.fix_weights is not None:
        check_choice("Panel", "fix_weights", roles.fix_weights, FIX_WEIGHTS, DataError)
        if not roles.weight:
            raise DataError("fix_weights needs weight, the column whose values vary within units.")
        if not roles.unit:
            raise DataError(
                "fix_weights is for units followed over time; in repeated cross-sections every row "
                "has its own weight already. Leave it out."
            )
    main = {
        **({} if roles.unit is None else {"unit": roles.unit}),
        "time": roles.time,
        "outcome": roles.outcome,
        "cohort": roles.cohort,
    }
    for role, column in main.items():
        same = [other for other, name in main.items() if name == column and other != role]
        if same:
            raise DataError(
                f"column {column!r} cannot be both {role} and {same[0]}; name two columns."
            )
    for column in roles.covariates:
        taken = [role for role, name in main.items() if name == column]
        if taken:
            raise DataError(f"column {column!r} is the {taken[0]} and cannot be a covariate too.")
        if roles.covariates.count(column) > 1:
            raise DataError(f"covariate {column!r} is named twice.")


def _source_words(source: Source, periods: Periods) -> Sentence:
    return Sentence(
        "{source}, {periods} periods", source=Name(source.name), periods=Number(len(periods))
    )


def _rows_read(
    source: Source, roles: Roles, periods: Periods, rows_read: int, observed: int
) -> list[LedgerStep]:
    steps = [LedgerStep(what=READ, rows_in=rows_read, why=_source_words(source, periods))]
    if rows_read > observed:
        steps.append(
            LedgerStep(
                what=Sentence("outcome missing"),
                rows_in=rows_read,
                rows_dropped=rows_read - observed,
                why=Sentence("no value of {column}", column=Name(repr(roles.outcome))),
            )
        )
    return steps


def _without_the_unusable(
    wide: Table, roles: Roles, periods: Periods, placed: Starts, steps: list[LedgerStep]
) -> Table:
    """Units with a period before treatment and a weight; the others are entered in ``steps``."""
    wide = sample.drop_early_and_late(wide, periods, placed, steps)
    if not roles.weight:
        return wide
    weight = wide.w
    if roles.fix_weights in {"base_period", "varying"}:
        for name in roles.weight_columns(len(periods)):
            weight = weight + wide[name].fill_null(0.0)
    return sample.drop_units(
        wide,
        weight == 0,
        steps,
        Sentence("weight is zero"),
        Sentence("{column} is 0", column=Name(repr(roles.weight))),
    )


def followed_parts(
    source: Source, roles: Roles, missing: Missing, categories: set[str], rules: StartRules
) -> PanelParts:
    """Units followed over time; see ``Panel.from_data``."""
    columns = covariate_columns.typed_columns(source, roles.covariates, categories)
    rows = intake.role_rows(source, roles, columns)
    counted = intake.profile(rows, source.name, roles)
    periods, notes = sample.find_periods(counted, source, roles)
    placed = sample.settle_starts(counted, rows, source, periods=periods, roles=roles, rules=rules)
    rows_read, observed = int(counted["rows"].sum()), int(counted["observed"].sum())
    notes += placed.notes
    covariates = covariate_columns.assumed_constant(rows, roles.covariates)

    def widened() -> Table:
        wide = intake.widen(
            rows,
            periods,
            roles,
            any_missing=observed < rows_read,
            extra=covariate_columns.widened(rows, covariates, periods),
        )
        return keep(
            wide.mutate(
                g=sample.cohort_number(wide, placed.codes),
                seen=intake.observed_periods(wide, periods),
            )
        )

    held = widened()
    covariates = covariate_columns.found_varying(held, covariates)
    if any(covariate.varies for covariate in covariates):
        held = widened()
    intake.audit(held, rows, periods, source.name, roles)
    refuse_units_written_twice(held, len(periods), source.name)
    refuse_clusters_written_twice(held, roles, source.name)
    wide = held
    steps = _rows_read(source, roles, periods, rows_read, observed)
    wide = _without_the_unusable(wide, roles, periods, placed, steps)
    places = handovers(held, periods, source.pulls, roles.outcome)
    hint = in_words(places)
    wide = sample.settle_incomplete(wide, periods, steps, source.name, missing=missing, hint=hint)
    wide, lacking = covariate_columns.settle(wide, covariates, steps, source.name, missing)
    notes += lacking
    wide = sample.settle_inside(wide, periods, placed, steps, rules)

    few = source.pulls is None and rows_read <= COUNT_HERE
    units, table = _counted(wide, roles, covariates, len(periods), len(placed.labels), few=few)
    if not table["n"].sum():
        every = "; ".join(f"{step.what}: {step.units_dropped:,} units" for step in steps[1:])
        raise DataError(f"{source.name}: no units are left ({every}).")
    notes += _cohorts_gone(placed.labels, table["n"])
    return PanelParts(
        name=source.name,
        roles=roles,
        missing=missing,
        periods=periods,
        cohorts=placed.labels,
        starts=placed.starts,
        begun=placed.begun,
        late=placed.late,
        early=placed.early,
        rules=rules,
        handovers=places,
        cohort_units=tuple(int(n) for n in table["n"]),
        ledger=Ledger(
            source=source.name,
            steps=tuple(steps),
            units_per_cohort=tuple(zip(placed.labels, map(int, table["n"]), strict=True)),
            rows_per_period=tuple(
                (label, int(table[f"y{at}"].sum())) for at, label in enumerate(periods.labels)
            ),
            notes=tuple(notes),
        ),
        units=units,
        _held=held,
        covariates=covariates,
    )


def _counted(
    wide: Table,
    roles: Roles,
    covariates: Sequence[Covariate],
    n_periods: int,
    n_cohorts: int,
    *,
    few: bool,
) -> tuple[Table, pd.DataFrame]:
    """The unit table without its scaffolding, and units and outcomes by cohort and period. Of
    ``few`` rows they are counted in memory: to put the question costs the engine more."""
    kept = ["u", "g", *roles.letters, *roles.weight_columns(n_periods)]
    kept += ["w"] if roles.fix_weights else []
    kept += covariate_columns.column_names(covariates, n_periods)
    outcomes = [f"y{at}" for at in range(n_periods)]
    units = wide.select(*kept, *outcomes)
    if few:
        by_cohort = collect(units.select("g", *outcomes)).groupby("g")
        counts = by_cohort.count().assign(n=by_cohort.size())
    else:
        asked = units.group_by("g").aggregate(
            n=units.count(), **{name: units[name].count() for name in outcomes}
        )
        counts = collect(asked).set_index("g")
    return units, counts.reindex(range(n_cohorts), fill_value=0)


def _cohorts_gone(labels: Sequence[int], units: pd.Series) -> list[Sentence]:
    left = [True, *(units.iloc[1:] > 0)]
    gone = [label for label, here in zip(labels, left, strict=True) if not here]
    if not gone:
        return []
    return [Sentence("no unit of cohort {cohorts} is left in the sample", cohorts=periods_of(gone))]


def cross_section_parts(
    source: Source, roles: Roles, missing: Missing, categories: set[str], rules: StartRules
) -> PanelParts:
    """Every row another unit; see ``Panel.from_data``."""
    columns = covariate_columns.typed_columns(source, roles.covariates, categories)
    rows = intake.role_rows(source, roles, columns)
    counted = intake.profile(rows, source.name, roles)
    periods, notes = sample.find_periods(counted, source, roles)
    placed = sample.settle_starts(counted, rows, source, periods=periods, roles=roles, rules=rules)
    notes += placed.notes
    notes.append(Sentence("repeated cross-sections: a unit here is one row of the data"))
    steps = [
        LedgerStep(
            what=READ,
            rows_in=int(counted["rows"].sum()),
            why=_source_words(source, periods),
        )
    ]
    held = keep(cross_sections.stratify(rows, placed.codes, periods))
    refuse_clusters_written_twice(held, roles, source.name)
    units = cross_sections.settle(held, steps, source.name, roles, missing)
    units = cross_sections.settle_inside(units, periods, placed, steps, rules)
    counts = cross_sections.rows_by_stratum(units, len(placed.labels), len(periods))
    if not counts.sum():
        raise DataError(f"{source.name}: no rows are left; see cohorts and weights.")
    by_cohort = tuple(int(n) for n in counts.sum(axis=1))
    return PanelParts(
        name=source.name,
        roles=roles,
        missing=missing,
        periods=periods,
        cohorts=placed.labels,
        starts=placed.starts,
        begun=placed.begun,
        late=placed.late,
        early=placed.early,
        rules=rules,
        cohort_units=by_cohort,
        ledger=Ledger(
            source=source.name,
            steps=tuple(steps),
            units_per_cohort=tuple(zip(placed.labels, by_cohort, strict=True)),
            rows_per_period=tuple(zip(periods.labels, map(int, counts.sum(axis=0)), strict=True)),
            notes=tuple(notes),
        ),
        units=units,
        _held=held,
        covariates=covariate_columns.assumed_constant(rows, roles.covariates),
    )
