"""Looking a parameter up: the name says which, the date selects the row.

The date is the evaluation's own, never today's: a report made again next year must give the same
figures. A RECALLED row carries a caveat until a person has confirmed it.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pbc_eval._validate import did_you_mean
from pbc_eval.errors import ParameterError
from pbc_eval.parameters.tables import Parameter, RateBand, Row, Status, all_parameters

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterValue(Generic[T]):
    """One dated fact with its provenance. ``value`` is in ``unit``, at prices of ``price_base``."""

    name: str
    title: str
    value: T
    unit: str
    status: Status
    source: str
    valid_from: dt.date
    price_base: str | None = None
    note: str = ""

    @property
    def caveat(self) -> str | None:
        """What a report must print beside a figure nobody has confirmed."""
        if self.status == "READ":
            return None
        return (
            f"{self.title}: RECALLED, not yet confirmed against its source ({self.source}). "
            "Confirm it before relying on it."
        )


def value_at(
    name: str, date: dt.date, *, bank: Mapping[str, Parameter] | None = None
) -> ParameterValue[float]:
    """The number that held at ``date``; ``bank`` adds a user's own parameters (``read_bank``).

    Raises ParameterError for an unknown name (with the nearest known one), a date before the
    first row or after the last, and a parameter that is a schedule or a table.
    """
    parameter, row = _row_at(name, date, bank)
    if row.value is None:
        other = "schedule_at" if row.bands is not None else "table_at"
        raise ParameterError(f"{name}: is not a single number. Use {other}.")
    return _with_provenance(parameter, row, row.value)


def schedule_at(name: str, date: dt.date) -> ParameterValue[tuple[RateBand, ...]]:
    """The discount schedule that held at ``date``. Raises ParameterError as ``value_at`` does."""
    parameter, row = _row_at(name, date)
    if row.bands is None:
        raise ParameterError(
            f"{name}: is not a discount schedule. Known schedules: {', '.join(schedule_names())}."
        )
    return _with_provenance(parameter, row, row.bands)


def table_at(name: str, date: dt.date) -> ParameterValue[Mapping[str, float]]:
    """The named figures that held at ``date``. Raises ParameterError as ``value_at`` does."""
    parameter, row = _row_at(name, date)
    if row.table is None:
        raise ParameterError(f"{name}: is not a table of named figures. Use value_at.")
    return _with_provenance(parameter, row, dict(row.table))


def schedule_names() -> tuple[str, ...]:
    """Names of the shipped discount schedules, in order."""
    known = all_parameters().values()
    return tuple(p.name for p in known if p.rows[0].bands is not None)


def parameter_names() -> tuple[str, ...]:
    """Names of every shipped parameter, sorted."""
    return tuple(sorted(all_parameters()))


def _row_at(
    name: str, date: dt.date, bank: Mapping[str, Parameter] | None = None
) -> tuple[Parameter, Row]:
    known = {**all_parameters(), **(bank or {})}
    if not isinstance(name, str):
        raise ParameterError(f"a parameter is asked for by its name, got {name!r}.")
    if name not in known:
        raise ParameterError(
            f"{name!r} is not a known parameter.{did_you_mean(name, known)} "
            "Known ones are listed by parameter_names()."
        )
    if isinstance(date, dt.datetime) or not isinstance(date, dt.date):
        raise ParameterError(f"{name}: needs the evaluation's date (datetime.date), got {date!r}.")
    parameter = known[name]
    held = [row for row in parameter.rows if row.valid_from <= date]
    if not held:
        first = parameter.rows[0]
        raise ParameterError(
            f"{name}: no value at {date}; the first holds from {first.valid_from} "
            f"({first.source}). State the value yourself, with its source."
        )
    row = held[-1]
    if row.valid_to is not None and date > row.valid_to:
        raise ParameterError(
            f"{name}: no value at {date}; the latest held until {row.valid_to} ({row.source}). "
            f"{row.note} Add a row to the table, or state the value yourself.".replace("  ", " ")
        )
    return parameter, row


def _with_provenance(parameter: Parameter, row: Row, value: T) -> ParameterValue[T]:
    return ParameterValue(
        name=parameter.name,
        title=parameter.title,
        value=value,
        unit=parameter.unit,
        status=row.status,
        source=row.source,
        valid_from=row.valid_from,
        price_base=row.price_base,
        note=row.note,
    )
