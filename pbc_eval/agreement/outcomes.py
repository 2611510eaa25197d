"""What is measured, on whom, and which column says so."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import NUMBERS, AddedLater, Agreed, Share, Slug
from pbc_eval.agreement.table_place import TablePlace
from pbc_eval.messages.written_numbers import Notation

Missing = Literal["refuse", "complete_units", "pairs", "complete_cases", "indicator"]
StartInsidePeriod = Literal["this_period", "next_period", "leave_period_out"]
FixWeights = Literal["base_period", "first_period", "varying"]
NeverCode = int | dt.date | str


class DataRoles(TablePlace):
    """The data file, where its table stands, and the part each column plays in it."""

    unit: str = Field(description="Column that identifies the unit (person, firm, area).")
    unit_name: tuple[str, str] = Field(
        default=("unit", "units"), description="One and many: [firm, firms]."
    )
    time: str | None = Field(default=None, description="Column of the period; none for matching.")
    time_name: str = Field(default="period", description="What a period is: year, quarter, month.")
    cohort: str | None = Field(
        default=None, description="Column of the first treated period; empty or 0: never treated."
    )
    treatment: Annotated[str | None, AddedLater()] = Field(
        default=None,
        description="In place of cohort: column that says in each period whether the unit is "
        "treated, 1 or 0; the first treated period is read from it.",
    )
    switching: Annotated[Literal["last_until_end", "leave_out_after"] | None, AddedLater()] = Field(
        default=None,
        description="What counts where treatment is switched off again: last_until_end, the effect "
        "of having started; leave_out_after, without the unit's rows from then on. Refused if not "
        "stated.",
    )
    eligible: Annotated[str | None, AddedLater()] = Field(
        default=None,
        description="For design.estimator triple_difference: column that says whom the programme "
        "can reach where it is in force, true or false, yes or no, 1 or 0; the same in all rows of "
        "a unit. The start is then that of the unit's group, for both kinds alike.",
    )
    cluster: str | None = Field(default=None, description="Column, when units move together.")
    weight: str | None = Field(default=None, description="Column, constant within a unit.")
    fix_weights: Annotated[FixWeights | None, AddedLater()] = Field(
        default=None,
        description="Which weight counts where it changes within a unit: that of the base_period, "
        "of the first_period, or each period's own (varying).",
    )
    missing: Missing = Field(default="refuse", description="What to do where outcomes are missing.")
    start_inside_period: Annotated[StartInsidePeriod | None, AddedLater()] = Field(
        default=None,
        description="What a period counts as that treatment starts inside of: treated from "
        "this_period on, from the next_period on, or leave_period_out. Refused if not stated.",
    )
    never_treated_codes: Annotated[tuple[NeverCode, ...] | None, AddedLater()] = Field(
        default=None,
        description="Values of the cohort column that mean never treated, beside empty and 0: -1, "
        "9999, never. An empty list: none does.",
    )
    labels: dict[str, str] = Field(default_factory=dict, description="Column to plain words.")
    numbers: Annotated[Notation | None, AddedLater()] = Field(default=None, description=NUMBERS)
    categories: Annotated[tuple[str, ...], AddedLater()] = Field(
        default=(),
        description="Columns of covariates whose values are labels, numbers or not: region codes.",
    )

    @model_validator(mode="after")
    def _ask_of_each_column_once(self) -> Self:
        if self.weight is not None and self.weight in self.categories:
            raise ValueError(f"categories names {self.weight!r}, which is the weight: a number")
        if self.treatment is not None and self.cohort is not None:
            raise ValueError(
                f"cohort ({self.cohort!r}) and treatment ({self.treatment!r}) both say when "
                "treatment starts; keep one of them"
            )
        if self.switching is not None and self.treatment is None:
            raise ValueError(
                "switching says what counts where treatment is switched off, which is seen in "
                "treatment alone: name that column in place of cohort, or leave switching out"
            )
        return self


class Total(Agreed):
    """How an average effect becomes a total: effect / per x units (or unit-periods) treated.

    With a data weight (people in an area, discharges of a hospital) the units are weighted.
    """

    of: Literal["units", "unit_periods"] = Field(
        default="units", description="unit_periods: each treated unit counts in each period."
    )
    per: float = Field(default=1, gt=0, description="100 when the outcome is per 100 people.")
    unit: str = Field(min_length=1, description="What is counted: readmissions avoided.")


class ReportedEffect(Agreed):
    """A published result: two levels, or a relative reduction, or an effect with its interval."""

    treated: float | None = Field(default=None, description="Level in the programme group.")
    comparison: float | None = Field(default=None, description="Level in the comparison group.")
    effect: float | None = Field(default=None, description="The difference, in the unit.")
    relative_reduction: Share | None = Field(default=None, description="A fraction: 0.09 is 9%.")
    std_error: float | None = Field(default=None, gt=0, description="As published, if it is.")
    n_treated: int | None = Field(default=None, ge=1, description="How many in the programme.")
    n_comparison: int | None = Field(default=None, ge=1, description="How many for comparison.")
    source: str = Field(min_length=1, description="Where the figure stands: report, table, page.")
    status: Literal["READ", "RECALLED"] = Field(description="READ: seen in the source itself.")

    @model_validator(mode="after")
    def _ask_for_exactly_one_form(self) -> Self:
        pair = (self.treated, self.comparison)
        if (pair[0] is None) != (pair[1] is None):
            raise ValueError("treated and comparison belong together; give both or neither")
        forms = [pair[0] is not None, self.effect is not None, self.relative_reduction is not None]
        if sum(forms) != 1:
            raise ValueError(
                "give the result in exactly one form: treated and comparison levels, or effect, "
                f"or relative_reduction; got {sum(forms)}"
            )
        return self


class Outcome(Agreed):
    """One thing the programme was meant to change."""

    id: Slug = Field(description="A short name that clauses and files use: readmissions.")
    label: str = Field(min_length=1, description="In plain words: 'Earnings in 1978'.")
    unit: str = Field(min_length=1, description="'dollars', 'readmissions per 100 discharges'.")
    direction: Literal["higher_is_better", "lower_is_better"] = Field(
        description="Which way an improvement points."
    )
    column: str | None = Field(default=None, description="Column of the data that holds it.")
    primary: bool = Field(default=False, description="The headline; one outcome at most.")
    shown_as: Literal["number", "money", "percentage_points"] = Field(
        default="number", description="percentage_points: a fraction in the data, times 100."
    )
    decimals: int = Field(default=1, ge=0, le=6, description="Shown on the page; not rounded.")
    important_change: float | None = Field(
        default=None, gt=0, description="The smallest change that would matter, in the unit."
    )
    missing: Missing | None = Field(default=None, description="Where it differs from the data's.")
    total: Total | None = Field(default=None, description="How the average becomes a total.")
    reported: ReportedEffect | None = Field(
        default=None, description="The published result, for the method reported."
    )

    @property
    def sign(self) -> int:
        """+1 when a rise is an improvement, -1 when a fall is."""
        return 1 if self.direction == "higher_is_better" else -1
