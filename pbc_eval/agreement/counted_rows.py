"""KPIs counted from rows, one a visit, job or complaint: what is counted, and which rows.

    rows:
      file: visits.parquet          # or backend and table
      counts:
        visits: {}                                    # every row of the period
        on_time: {where: {days: {at_most: 2}}}        # rows that meet the condition
        hours: {sum: hours}

A KPI names a count where it would name a column: met: on_time, among: visits.
"""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from pbc_eval.agreement.base import Agreed
from pbc_eval.agreement.payment_base import Text
from pbc_eval.agreement.table_place import TablePlace

MOST_COUNTS = 200
Cell = StrictBool | StrictInt | StrictFloat | dt.date | StrictStr
Limit = StrictInt | StrictFloat | dt.date


class Within(Agreed):
    """Bounds on a number or a date; each that is stated must hold."""

    at_least: Limit | None = Field(default=None, description="This or more: 18, 2025-04-01.")
    at_most: Limit | None = Field(default=None, description="This or less.")
    above: Limit | None = Field(default=None, description="More than this.")
    below: Limit | None = Field(default=None, description="Less than this.")

    @property
    def stated(self) -> dict[str, int | float | dt.date]:
        bounds = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: bound for name, bound in bounds.items() if bound is not None}

    @model_validator(mode="after")
    def _leave_room(self) -> Self:
        bounds = self.stated
        if not bounds:
            raise ValueError("states no bound: at_least, at_most, above or below")
        if len({isinstance(bound, dt.date) for bound in bounds.values()}) > 1:
            raise ValueError("mixes a date and a number; a column holds one of them")
        for low, high in (("at_least", "above"), ("at_most", "below")):
            if low in bounds and high in bounds:
                raise ValueError(f"states both {low} and {high}; keep the one that is meant")
        lowest = bounds.get("at_least", bounds.get("above"))
        highest = bounds.get("at_most", bounds.get("below"))
        if lowest is None or highest is None:
            return self
        strict = "above" in bounds or "below" in bounds
        if lowest > highest or (strict and lowest == highest):  # type: ignore[operator]
            raise ValueError(f"no value lies between {lowest} and {highest}; swap or correct them")
        return self


Condition = Within | Annotated[tuple[Cell, ...], Field(min_length=1)] | Cell


class RowCount(Agreed):
    """What is counted in each period: rows, or a sum, mean or number of different values of a
    column, of those rows that meet every condition."""

    where: dict[Text, Condition] = Field(
        default_factory=dict,
        description="Column to what it must be: a value (yes, true, 3, closed), a list of values, "
        "or bounds (at_least, at_most, above, below); none: every row.",
    )
    sum: Text | None = Field(default=None, description="Column that is added up: hours.")
    mean: Text | None = Field(default=None, description="Column that is averaged: days.")
    different: Text | None = Field(
        default=None, description="Column whose different values are counted: person."
    )

    @property
    def column(self) -> str | None:
        """The column that is added up, averaged or told apart; none where rows are counted."""
        return self.sum or self.mean or self.different

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the count asks for."""
        return (*self.where, *([self.column] if self.column else []))

    @model_validator(mode="after")
    def _count_one_thing(self) -> Self:
        stated = [name for name in ("sum", "mean", "different") if getattr(self, name)]
        if len(stated) > 1:
            raise ValueError(f"counts {' and '.join(stated)}; make each a count of its own")
        return self


class CountedRows(TablePlace):
    """The rows that KPIs are counted from, where they are, and what is counted of them. In an
    engine one query counts everything, and no row comes out."""

    counts: dict[Text, RowCount] = Field(
        min_length=1,
        max_length=MOST_COUNTS,
        description="Name to what is counted; KPIs use the names as columns.",
    )
    missing: Literal["refuse", "not_counted"] = Field(
        default="refuse",
        description="Where a row lacks its period or a value that a count asks for: refuse, or "
        "not_counted, which the page says with how many.",
    )
