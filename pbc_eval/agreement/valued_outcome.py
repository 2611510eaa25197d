"""Rows of a value map: who experiences what change, what it is worth, what to take away from it.

Columns are those of Social Value UK, "A Guide to Social Return on Investment" (2012), stages 2 to
4, plus who saves (agency), whether the saving can be cashed, and how far a figure is confirmed.
Shares (deadweight, drop-off, ...) are fractions in [0, 1], never percentages. Money is at constant
prices of one year.
"""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pbc_eval.agreement.base import AddedLater, Agreed, Share, Slug
from pbc_eval.messages import written_numbers

ProjectType = Literal[
    "standard_buildings",
    "non_standard_buildings",
    "standard_civil_engineering",
    "non_standard_civil_engineering",
    "equipment_development",
    "outsourcing",
]
SHARES = ("deadweight", "displacement", "attribution", "leakage", "drop_off")
LONGEST = 500  # years; beyond the Green Book's last step, a duration is a mistyped calendar year


def _a_number(value: Any) -> Any:
    if isinstance(value, (bool, str)):
        meant = written_numbers.instead(value) if isinstance(value, str) else ""
        raise ValueError(f"must be a number, got {value!r}" + (meant and f".{meant}"))
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"must be a finite number, got {value!r}")
    return value


Text = Annotated[str, Field(min_length=1)]
Figure = Annotated[float, BeforeValidator(_a_number), AfterValidator(_finite)]
Count = Annotated[Figure, Field(ge=0)]


def _whole_years(value: Any) -> Any:
    value = _a_number(value)
    if isinstance(value, float) and math.isfinite(value) and value % 1:
        raise ValueError(f"must be a whole number of years, got {value:g}. {part_of_a_year(value)}")
    return value


def _years(value: int) -> int:
    if not 1 <= value <= LONGEST:
        hint = ". Is it a calendar year? Write how many years the change lasts" * (value > LONGEST)
        part = part_of_a_year(value)
        hint = hint or (part and f". {part}")
        raise ValueError(
            f"must be a whole number of years from 1 to {LONGEST}, got {value:g}{hint}"
        )
    return value


def part_of_a_year(years: float) -> str:
    """What to write for a change that lasts a part of a year, or as long as the activity alone."""
    if years == 0:
        return "Write 1, with start 1, for a change that lasts as long as the activity's year alone"
    whole, part = divmod(years, 1)
    if years < 0 or not part:
        return ""
    if not whole:
        return f"Write 1, and {part:g} of the value in proxy_value"
    if whole == 1:
        return f"Write 2 and drop_off {1 - part:g}, so that year 2 counts {part:g}"
    return (
        f"Write {whole + 1:g}, which counts the last year in full, or {whole:g}, which leaves it "
        "out"
    )


Years = Annotated[
    int,
    BeforeValidator(_whole_years),
    AfterValidator(_years),
    Field(json_schema_extra={"minimum": 1, "maximum": LONGEST}),
]
Months = Annotated[int, BeforeValidator(_a_number), Field(ge=1, le=12 * LONGEST)]
Grade = Annotated[int, BeforeValidator(_a_number), Field(ge=1, le=6)]
StartPeriod = Annotated[int, BeforeValidator(_a_number), Field(ge=1, le=LONGEST)]
InputYear = Annotated[
    int,
    BeforeValidator(_a_number),
    Field(ge=0, le=LONGEST, description="Years after the first in which it is put in: 0, 1, ..."),
]
PriceYear = Annotated[int, BeforeValidator(_a_number), Field(ge=1900, le=2200)]


class ValuedOutcome(Agreed):
    """One row of the value map.

    ``quantity`` is stated, or taken from an estimated outcome (``quantity_from``), which is
    already net of what would have happened anyway and so admits no deadweight: the
    counterfactual is counted once. A harm has a negative quantity or a negative proxy, not both.
    """

    id: Slug
    stakeholder: Text
    number_in_group: Count | None = None
    number_involved: Count | None = None
    input: str = ""  # what the stakeholder gives; value it here or in the inputs table, not both
    input_value: Count | None = None
    output: str = ""
    outcome: Text
    indicator: str = ""
    source: str = ""  # of the quantity
    quantity: Figure | None = None  # units of outcome in its first year
    quantity_from: Text | None = None  # id of an outcome estimated against a comparison group
    sample_size: Count | None = None
    duration: Years = 1
    months: Annotated[Months | None, AddedLater()] = None  # or: so many months, in place of years
    start: StartPeriod = 1  # 1: with the activity; 2: after; 3: a year later ...
    proxy: Text  # what the value is the price of
    proxy_value: Figure | None = None  # money per unit of outcome and year
    proxy_from: Text | None = None  # name of a dated parameter that is the value: a WELLBY, a QALY
    proxy_source: Text
    price_year: PriceYear | None = None  # whose prices the value is at
    deadweight: Share = 0.0
    displacement: Share = 0.0
    attribution: Share = 0.0  # share owed to others
    leakage: Share = 0.0  # share that benefits people outside the target group
    drop_off: Share = 0.0  # share of the value lost each year after the first
    filters_source: str = ""  # why these shares
    agency: str = ""  # who saves or gains
    perspective: Literal["fiscal", "economic", "social"] | None = None  # whose kind of gain
    cashable: bool | None = None
    income: Annotated[Figure, Field(gt=0)] | None = None  # yearly, of those who gain: for weights
    confidence_grade: Grade | None = None  # 1 (best) to 6, of the evidence: for optimism bias
    claimed_as: Slug | None = None  # one name for a change that several contracts claim a part of
    distinct_because: str = ""  # why a row like another one does not count its value again
    notes: str = ""
    status: Literal["illustrative", "recalled", "read", "collected"] = "illustrative"

    @model_validator(mode="before")
    @classmethod
    def _months_are_years_and_a_part(cls, data: Any) -> Any:
        """``duration`` counts the years that the months reach into."""
        months = data.get("months") if isinstance(data, dict) else None
        if isinstance(months, int) and not isinstance(months, bool) and months > 0:
            return {"duration": -(-months // 12), **data}
        return data

    @property
    def last_year(self) -> float:
        """How much of the last year the change lasts: 0.5 for 18 months, else 1."""
        return 1.0 if self.months is None else (self.months - 12 * (self.duration - 1)) / 12

    @model_validator(mode="after")
    def _row_states_value_once(self) -> Self:
        if self.months is not None and self.duration != -(-self.months // 12):
            raise ValueError(
                f"lasts {self.months} months and {self.duration} years. State one of months and "
                "duration"
            )
        if (self.quantity is None) == (self.quantity_from is None):
            raise ValueError(
                "needs either quantity (a number) or quantity_from (the id of an estimated "
                "outcome), not both and not neither"
            )
        if self.quantity_from is not None and self.deadweight > 0:
            raise ValueError(
                f"deadweight is {self.deadweight:g}, but the quantity comes from the estimate "
                f"{self.quantity_from!r} and is already net of what would have happened anyway. "
                "Set deadweight to 0, or state a counted quantity"
            )
        if (self.proxy_value is None) == (self.proxy_from is None):
            raise ValueError(
                "needs either proxy_value (money) or proxy_from (the name of a parameter), not "
                "both and not neither"
            )
        value = self.proxy_value or 0.0
        if self.quantity is not None and self.quantity < 0 and value < 0:
            raise ValueError(
                f"quantity {self.quantity:g} and proxy_value {value:g} are both "
                "negative, which makes a gain. State a harm once"
            )
        if (
            self.number_in_group is not None
            and self.number_involved is not None
            and self.number_involved > self.number_in_group
        ):
            raise ValueError(
                f"number_involved {self.number_involved:g} exceeds number_in_group "
                f"{self.number_in_group:g}"
            )
        return self


class StakeholderInput(Agreed):
    """What one stakeholder puts in, and its value in money (0 when it is not valued)."""

    stakeholder: Text
    description: Text
    value: Count
    year: Annotated[InputYear, AddedLater()] = 0  # it is put in so many years after the first
    confidence_grade: Grade | None = None  # 1 (best) to 6, of the cost: for optimism bias
    optimism_bias: Annotated[ProjectType | None, AddedLater()] = None  # raised as such costs are
    optimism_mitigated: Annotated[Share, AddedLater()] = 0.0  # of the upper bound, dealt with
    notes: str = ""

    @model_validator(mode="after")
    def _say_of_what_is_mitigated(self) -> Self:
        if self.optimism_mitigated and self.optimism_bias is None:
            raise ValueError(
                "optimism_mitigated is the share of a bias that was dealt with, and no "
                "optimism_bias is named. Name the type of project: standard_buildings, ..."
            )
        return self
