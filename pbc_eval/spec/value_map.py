"""The value map: who experiences what change, what it is worth, and what to take away from it.

Columns are those of Social Value UK, "A Guide to Social Return on Investment" (2012), stages 2 to
4, plus who saves (agency), whether the saving can be cashed, and how far a figure is confirmed.
Shares (deadweight, drop-off, ...) are fractions in [0, 1], never percentages. Money is at constant
prices of one year. Reading and writing tables is in ``value_table.py``.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pbc_eval._validate import first_few
from pbc_eval.spec.base import Agreed, Share, Slug

SHARES = ("deadweight", "displacement", "attribution", "leakage", "drop_off")
LONGEST = 500  # years; beyond the Green Book's last step, a duration is a mistyped calendar year


def _a_number(value: Any) -> Any:
    if isinstance(value, (bool, str)):
        raise ValueError(f"must be a number, got {value!r}")
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"must be a finite number, got {value!r}")
    return value


Text = Annotated[str, Field(min_length=1)]
Figure = Annotated[float, BeforeValidator(_a_number), AfterValidator(_finite)]
Count = Annotated[Figure, Field(ge=0)]


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
    duration: Annotated[int, BeforeValidator(_a_number), Field(ge=1, le=LONGEST)] = 1  # years
    start: Annotated[Literal[1, 2], BeforeValidator(_a_number)] = (
        1  # 1: with the activity; 2: after
    )
    proxy: Text  # what the value is the price of
    proxy_value: Figure  # money per unit of outcome and year
    proxy_source: Text
    deadweight: Share = 0.0
    displacement: Share = 0.0
    attribution: Share = 0.0  # share owed to others
    leakage: Share = 0.0  # share that benefits people outside the target group
    drop_off: Share = 0.0  # share of the value lost each year after the first
    agency: str = ""  # who saves or gains
    cashable: bool | None = None
    status: Literal["illustrative", "recalled", "read", "collected"] = "illustrative"

    @model_validator(mode="after")
    def _row_states_value_once(self) -> Self:
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
        if self.quantity is not None and self.quantity < 0 and self.proxy_value < 0:
            raise ValueError(
                f"quantity {self.quantity:g} and proxy_value {self.proxy_value:g} are both "
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


def _unique_ids(outcomes: Sequence[ValuedOutcome]) -> None:
    ids = [outcome.id for outcome in outcomes]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(f"ids must be unique, got {first_few(twice)} more than once")


class ValueMap(Agreed):
    """Rows of outcomes and rows of inputs."""

    outcomes: Annotated[tuple[ValuedOutcome, ...], Field(min_length=1)]
    inputs: tuple[StakeholderInput, ...] = ()

    @model_validator(mode="after")
    def _inputs_are_stated_once(self) -> Self:
        _unique_ids(self.outcomes)
        both = [outcome.id for outcome in self.outcomes if outcome.input_value is not None]
        if both and self.inputs:
            raise ValueError(
                f"inputs are valued in their own table and again in {first_few(both)}. Keep one"
            )
        return self

    @property
    def total_inputs(self) -> float:
        """Value of all inputs, in money, from whichever table states them."""
        if self.inputs:
            return math.fsum(entry.value for entry in self.inputs)
        return math.fsum(outcome.input_value or 0.0 for outcome in self.outcomes)
