"""Making a panel: roles checked, rows made units, contradictions refused, drops in a ledger.

source ── check_roles ── followed_panel      one row a unit, from rows that follow units
                      └─ cross_section_panel one row an observation
"""

from dataclasses import dataclass, field

from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Number, Period
from pbc_eval.messages.values import periods as periods_of
from pbc_eval.panel import covariates as covariate_columns
from pbc_eval.panel import cross_sections, sample
from pbc_eval.panel import unit_rows as intake
from pbc_eval.panel.covariates import Covariate
from pbc_eval.panel.ledger import Ledger, LedgerStep
from pbc_eval.panel.periods import Periods
from pbc_eval.panel.sample import Missing
from pbc_eval.panel.source import Source, Table, collect, keep
from pbc_eval.panel.unit_rows import Roles

READ = Sentence("read")


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
    cohort_units: tuple[int, ...]  # (C,) number of units
    ledger: Ledger
    units: Table = field(repr=False)  # one row a unit: u, g, w, k, y0 ... in the engine
    _held: Table = field(repr=False)  # keeps the engine's copy alive
    covariates: tuple[Covariate, ...] = ()


def check_roles(roles: Roles) -> None:
    """Raise DataError for a column that would play two parts."""
    main = {
        **({} if roles.unit is None else {"unit": roles.unit}),
        "time": roles.time,
        "outcome": roles.outcome,
        "cohort": roles.cohort,
    }
    for role, column in main.items():
        if not isinstance(column, str):
            raise DataError(f"{role} must be a column's name, got {column!r}.")
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
    wide: Table, roles: Roles, periods: Periods, steps: list[LedgerStep]
) -> Table:
    """Units with a period before treatment and a weight; the others are entered in ``steps``."""
    wide = sample.drop_units(
        wide,
        wide.g == -1,
        steps,
        Sentence("treated in the first period"),
        Sentence(
            "treated in or before {first}: no period before treatment",
            first=Period(periods.labels[0]),
        ),
    )
    if not roles.weight:
        return wide
    return sample.drop_units(
        wide,
        wide.w == 0,
        steps,
        Sentence("weight is zero"),
        Sentence("{column} is 0", column=Name(repr(roles.weight))),
    )


def followed_parts(
    source: Source, roles: Roles, missing: Missing, categories: set[str]
) -> PanelParts:
    """Units followed over time; see ``Panel.from_data``."""
    columns = covariate_columns.typed_columns(source, roles.covariates, categories)
    rows = intake.role_rows(source, roles, columns)
    counted = intake.profile(rows, source.name, roles)
    periods, notes = sample.find_periods(counted, source.name, roles)
    positions = sample.place_cohorts(counted, periods, roles)
    rows_read, observed = int(counted["rows"].sum()), int(counted["observed"].sum())
    labels, starts, codes = sample.number_cohorts(positions, periods)
    notes += sample.cohort_notes(positions, periods)
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
                g=sample.cohort_number(wide, codes), seen=intake.observed_periods(wide, periods)
            )
        )

    held = widened()
    covariates = covariate_columns.found_varying(held, covariates)
    if any(covariate.varies for covariate in covariates):
        held = widened()
    intake.audit(held, rows, periods, source.name, roles)
    wide = held
    steps = _rows_read(source, roles, periods, rows_read, observed)
    wide = _without_the_unusable(wide, roles, periods, steps)
    wide = sample.settle_incomplete(wide, periods, steps, source.name, missing)
    wide, lacking = covariate_columns.settle(wide, covariates, steps, source.name, missing)
    notes += lacking

    kept = ["u", "g", *roles.letters]
    kept += covariate_columns.column_names(covariates, len(periods))
    units = wide.select(*kept, *(f"y{at}" for at in range(len(periods))))
    counts = units.group_by("g").aggregate(
        n=units.count(), **{f"y{at}": units[f"y{at}"].count() for at in range(len(periods))}
    )
    table = collect(counts).set_index("g").reindex(range(len(labels)), fill_value=0)
    if not table["n"].sum():
        every = "; ".join(f"{step.what}: {step.units_dropped:,} units" for step in steps[1:])
        raise DataError(f"{source.name}: no units are left ({every}).")
    left = [True, *(table["n"].iloc[1:] > 0)]
    if not all(left):
        gone = [label for label, here in zip(labels, left, strict=True) if not here]
        notes.append(
            Sentence("no unit of cohort {cohorts} is left in the sample", cohorts=periods_of(gone))
        )
    return PanelParts(
        name=source.name,
        roles=roles,
        missing=missing,
        periods=periods,
        cohorts=labels,
        starts=starts,
        cohort_units=tuple(int(n) for n in table["n"]),
        ledger=Ledger(
            source=source.name,
            steps=tuple(steps),
            units_per_cohort=tuple(zip(labels, map(int, table["n"]), strict=True)),
            rows_per_period=tuple(
                (label, int(table[f"y{at}"].sum())) for at, label in enumerate(periods.labels)
            ),
            notes=tuple(notes),
        ),
        units=units,
        _held=held,
        covariates=covariates,
    )


def cross_section_parts(
    source: Source, roles: Roles, missing: Missing, categories: set[str]
) -> PanelParts:
    """Every row another unit; see ``Panel.from_data``."""
    columns = covariate_columns.typed_columns(source, roles.covariates, categories)
    rows = intake.role_rows(source, roles, columns)
    counted = intake.profile(rows, source.name, roles)
    periods, notes = sample.find_periods(counted, source.name, roles)
    positions = sample.place_cohorts(counted, periods, roles)
    labels, starts, codes = sample.number_cohorts(positions, periods)
    notes += sample.cohort_notes(positions, periods)
    notes.append(Sentence("repeated cross-sections: a unit here is one row of the data"))
    steps = [
        LedgerStep(
            what=READ,
            rows_in=int(counted["rows"].sum()),
            why=_source_words(source, periods),
        )
    ]
    held = keep(cross_sections.stratify(rows, codes, periods))
    units = cross_sections.settle(held, steps, source.name, roles, missing)
    counts = cross_sections.rows_by_stratum(units, len(labels), len(periods))
    if not counts.sum():
        raise DataError(f"{source.name}: no rows are left; see cohorts and weights.")
    by_cohort = tuple(int(n) for n in counts.sum(axis=1))
    return PanelParts(
        name=source.name,
        roles=roles,
        missing=missing,
        periods=periods,
        cohorts=labels,
        starts=starts,
        cohort_units=by_cohort,
        ledger=Ledger(
            source=source.name,
            steps=tuple(steps),
            units_per_cohort=tuple(zip(labels, by_cohort, strict=True)),
            rows_per_period=tuple(zip(periods.labels, map(int, counts.sum(axis=0)), strict=True)),
            notes=tuple(notes),
        ),
        units=units,
        _held=held,
        covariates=covariate_columns.assumed_constant(rows, roles.covariates),
    )
