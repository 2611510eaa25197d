"""How social value is reckoned: the value map, its discounting and what counts as investment."""

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from pbc_eval.agreement.base import NUMBERS, AddedLater, Date, share_instead
from pbc_eval.agreement.contract import ValueStatus
from pbc_eval.agreement.social_value import SocialValueAccount
from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.agreement.uncertainty import Correlation, Uncertain, uncertainty_problem
from pbc_eval.agreement.value_map import PriceYear, StakeholderInput, ValuedOutcome, ValueMap
from pbc_eval.messages.written_numbers import Notation, is_number, plain


class Valuation(TableLayout):
    """The ``value_map`` of evaluation.yaml: rows inline, or in a CSV or XLSX beside it."""

    file: str | None = Field(default=None, description="Value map with Social Value UK columns.")
    inputs_file: str | None = Field(default=None, description="What each stakeholder put in.")
    inputs_layout: Annotated[TableLayout, AddedLater()] = Field(
        default=TableLayout(),
        description="How the table of inputs is laid out, as for data (header_row, columns, ...): "
        "that of inputs_file, or of the workbook of file (sheet: inputs if not stated).",
    )
    numbers: Annotated[Notation | None, AddedLater()] = Field(default=None, description=NUMBERS)
    outcomes: tuple[ValuedOutcome, ...] = Field(default=(), description="The rows, if not a file.")
    inputs: tuple[StakeholderInput, ...] = Field(
        default=(), description="What stakeholders put in beside the payment."
    )
    payment_is_invested: bool = Field(
        default=True, description="Add the payment due to the inputs as part of the investment."
    )
    discount: str | float = Field(
        default="uk_green_book_standard",
        description="A schedule's name, or one rate such as 0.035.",
    )
    valued_on: Date = Field(description="Selects the edition of every dated parameter.")
    first_year_discounted: bool = Field(
        default=True,
        description="True: the first outcome year is discounted once. False: not at all.",
    )
    price_year: PriceYear | None = Field(
        default=None, description="Rows with a price_year are brought to the prices of this year."
    )
    optimism_bias: bool = Field(
        default=False,
        description="true: cut benefits and raise costs by their confidence grades.",
    )
    median_income: float | None = Field(
        default=None, gt=0, description="Weight rows by (this / their income) to the power 1.3."
    )
    value_bank: str | None = Field(
        default=None, description="Your own values: a file in the format of the parameters."
    )
    uncertainty: tuple[Uncertain, ...] = Field(
        default=(), description="Which figures are uncertain, and how they are distributed."
    )
    uncertainty_file: str | None = Field(
        default=None, description="The same as a CSV, one line a figure."
    )
    uncertainty_layout: Annotated[TableLayout, AddedLater()] = Field(
        default=TableLayout(),
        description="How that table is laid out, as for data; in uncertainty_file, or in the "
        "workbook of file (sheet: uncertainty if not stated).",
    )
    correlations: tuple[Correlation, ...] = Field(
        default=(), description="Which uncertain figures move together."
    )
    draws: int = Field(
        default=100_000, ge=1_000, le=5_000_000, description="Draws of the simulation."
    )
    account: SocialValueAccount | None = Field(
        default=None, description="Scope, stakeholders and what is not valued; for sroi_report."
    )
    price_base: str = Field(min_length=1, description="'2023/24 prices'.")
    status: ValueStatus = Field(
        default="published", description="Whether these values were published or made up."
    )

    @field_validator("discount", mode="before")
    @classmethod
    def _a_rate_is_no_text(cls, value: Any) -> Any:
        if isinstance(value, str) and is_number(value):
            meant = share_instead(value)
            quoted = " without quotes" if plain(value) is not None else ""
            raise ValueError(
                f"must be a number, or the name of a schedule, got {value!r}."
                + (meant and f"{meant.rstrip('?')}{quoted}?")
            )
        return value

    @model_validator(mode="after")
    def _ask_for_rows_once(self) -> Self:
        if bool(self.file) == bool(self.outcomes):
            raise ValueError("give the value map either as a file or as outcomes, not both")
        if self.inputs_file and not self.file:
            raise ValueError("inputs_file goes with file; give inputs inline")
        for name, key in (("inputs", "inputs_file"), ("uncertainty", "uncertainty_file")):
            book = self.file is not None and not self.file.lower().endswith(".csv")
            if getattr(self, f"{name}_layout").stated and not (book or getattr(self, key)):
                raise ValueError(
                    f"{name}_layout says how a table of {name} is laid out, and none is named. "
                    f"Name it in {key}, or leave {name}_layout out"
                )
        if isinstance(self.discount, float) and not 0 <= self.discount < 1:
            hint = f" Did you mean {self.discount / 100:g}?" if self.discount <= 100 else ""
            raise ValueError(f"discount must be a fraction, got {self.discount:g}.{hint}")
        if self.uncertainty_file and self.uncertainty:
            raise ValueError("give uncertainty either as a file or here, not both")
        if self.outcomes:
            ValueMap(outcomes=self.outcomes, inputs=self.inputs)
        problem = uncertainty_problem(self.uncertainty, self.correlations, self.outcomes)
        if problem and not self.uncertainty_file:
            raise ValueError(problem)
        return self
