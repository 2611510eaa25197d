"""The tables of a value map: what each is called, its columns, and a row of it as a model."""

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from pbc_eval.agreement.base import Agreed
from pbc_eval.agreement.uncertainty import Uncertain
from pbc_eval.agreement.value_map import StakeholderInput, ValuedOutcome

OUTCOMES_SHEET, INPUTS_SHEET, UNCERTAINTY_SHEET = "outcomes", "inputs", "uncertainty"
CORRELATIONS_SHEET = "correlations"


class Kind(NamedTuple):
    """One kind of table: its columns, and a row of it as a model."""

    columns: tuple[str, ...]
    validate: Callable[[dict[str, Any]], Agreed]


class Pair(Agreed):
    """A correlation as a line of a table."""

    first: str
    second: str
    value: float


UNCERTAIN: TypeAdapter[Uncertain] = TypeAdapter(Uncertain)
OUTCOMES = Kind(tuple(ValuedOutcome.model_fields), ValuedOutcome.model_validate)
INPUTS = Kind(tuple(StakeholderInput.model_fields), StakeholderInput.model_validate)
PAIRS = Kind(tuple(Pair.model_fields), Pair.model_validate)
UNCERTAINTY = Kind(
    ("row", "input", "type", "mean", "std_dev", "low", "mode", "high", "alpha", "beta", "shape",
     "values", "value", "truncate", "source"),
    UNCERTAIN.validate_python,
)  # fmt: skip
KNOWN = {*OUTCOMES.columns, *INPUTS.columns, *UNCERTAINTY.columns}
