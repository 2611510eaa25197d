"""The value map: rows of outcomes and inputs, and that nothing in it is counted twice.

Reading and writing tables is in ``value_table.py``.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from pbc_eval._validate import first_few
from pbc_eval.agreement.base import Agreed
from pbc_eval.agreement.sizes import MOST_VALUE_ROWS, too_many
from pbc_eval.agreement.uncertainty import Correlation, Uncertain, uncertainty_problem
from pbc_eval.agreement.valued_outcome import (
    LONGEST,
    SHARES,
    PriceYear,
    StakeholderInput,
    ValuedOutcome,
)

__all__ = [
    "LONGEST",
    "SHARES",
    "PriceYear",
    "StakeholderInput",
    "ValueMap",
    "ValuedOutcome",
    "double_counting_problem",
    "map_problems",
]


def double_counting_problem(outcomes: Sequence[ValuedOutcome]) -> str | None:
    """The first of ``double_counting_problems``, None where nothing is counted twice."""
    return next(iter(double_counting_problems(outcomes)), None)


def double_counting_problems(outcomes: Sequence[ValuedOutcome]) -> list[str]:
    """Is one change valued twice? The same outcome of the same stakeholder, by the same
    indicator, admits one row, unless ``distinct_because`` says why another is not the same."""
    seen: dict[tuple[str, ...], ValuedOutcome] = {}
    problems: list[str] = []
    for row in outcomes:
        if row.distinct_because:
            continue
        change = (row.stakeholder, row.outcome, row.indicator)
        key = tuple(" ".join(text.casefold().split()) for text in change)
        first = seen.setdefault(key, row)
        if first is not row:
            how = (
                f"by two proxies ({first.proxy!r} and {row.proxy!r})"
                if first.proxy != row.proxy
                else f"twice by {row.proxy!r}"
            )
            problems.append(
                f"{first.id} and {row.id} value the same outcome of {row.stakeholder!r} "
                f"({row.indicator or row.outcome}) {how}, which counts it twice. Keep one, or say "
                "in distinct_because of one row why they are different changes"
            )
    return problems


def map_problems(outcomes: Sequence[ValuedOutcome]) -> list[str]:
    """What is wrong with the rows together: ids that repeat, changes that are counted twice."""
    ids = [outcome.id for outcome in outcomes]
    if many := too_many("the value map", ids, MOST_VALUE_ROWS, _GROUP):
        return [many]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    repeated = [f"ids must be unique, got {first_few(twice)} more than once"] if twice else []
    return [*repeated, *double_counting_problems(outcomes)]


_GROUP = "Value changes by group of stakeholders, or make a map for each contract"


class ValueMap(Agreed):
    """Rows of outcomes and of inputs, and what is uncertain in them."""

    outcomes: Annotated[tuple[ValuedOutcome, ...], Field(min_length=1)]
    inputs: tuple[StakeholderInput, ...] = ()
    uncertainty: tuple[Uncertain, ...] = ()  # how figures of the map are distributed
    correlations: tuple[Correlation, ...] = ()  # which of them move together

    @model_validator(mode="after")
    def _inputs_are_stated_once(self) -> Self:
        if problems := map_problems(self.outcomes):
            raise ValueError("\n".join(problems))
        uncertain = uncertainty_problem(self.uncertainty, self.correlations, self.outcomes)
        if uncertain:
            raise ValueError(uncertain)
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
