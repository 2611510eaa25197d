"""Two assumptions at once: the ratio over a grid of both.

Source: HM Treasury, The Green Book, on sensitivity analysis of more than one variable.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pbc_eval._validate import check_choice, check_finite, check_share, did_you_mean
from pbc_eval.agreement.uncertainty import PROJECT, PROJECT_INPUTS, ROW_INPUTS, Key
from pbc_eval.errors import ValueMapError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.sroi.assumptions import SHARES
from pbc_eval.sroi.present_value import SroiResult
from pbc_eval.sroi.sensitivity import ALL, OneWay, ratio_with, with_values

STEPS = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AssumptionGrid:
    """The ratio when two assumptions are set together."""

    first: Key
    second: Key
    first_values: tuple[float, ...]
    second_values: tuple[float, ...]
    ratios: Floats  # (len(first_values), len(second_values))

    @property
    def share_above_one(self) -> float:
        """Share of the grid where more comes back than is put in; not a probability."""
        return float((self.ratios > 1).mean())


def assumption_grid(
    result: SroiResult,
    first: Key,
    second: Key,
    *,
    first_values: Sequence[float],
    second_values: Sequence[float],
) -> AssumptionGrid:
    """The ratio at every pair of values. A key is (row id, assumption), or ("whole project",
    "investment" or "discount"); a discount is one rate for all years.

    Raises ValueMapError for an unknown row or assumption, the same one twice, a value outside
    its range.
    """
    if first == second:
        raise ValueMapError(f"assumption_grid: {first[1]} of {first[0]} is given twice. Name two.")
    for key, values in ((first, first_values), (second, second_values)):
        _check(result, key, values)
    ratios = np.array([[_ratio(result, {first: a, second: b}) for b in second_values]
                       for a in first_values])  # fmt: skip
    return AssumptionGrid(
        first=first,
        second=second,
        first_values=tuple(float(value) for value in first_values),
        second_values=tuple(float(value) for value in second_values),
        ratios=ratios,
    )


def widest_pair(
    result: SroiResult, one_way: Sequence[OneWay], steps: int = STEPS
) -> AssumptionGrid | None:
    """The grid of the two most influential figures, of different rows where there are two such,
    between the ends that ``one_way`` gave them; None when there are not two that move the ratio.

    Durations, which take few values, are left to ``one_way``.
    """
    usable = [
        entry
        for entry in one_way
        if entry.outcome != ALL
        and entry.swing > 0
        and entry.how == "set to"
        and entry.assumption in (*ROW_INPUTS, *PROJECT_INPUTS)
        and entry.assumption != "duration"
    ]
    if len(usable) < 2:
        return None
    widest, *others = usable
    two = next((entry for entry in others if entry.outcome != widest.outcome), others[0])
    return assumption_grid(
        result,
        (widest.outcome, widest.assumption),
        (two.outcome, two.assumption),
        first_values=np.linspace(widest.low, widest.high, steps).tolist(),
        second_values=np.linspace(two.low, two.high, steps).tolist(),
    )


def _ratio(result: SroiResult, changes: dict[Key, float]) -> float:
    given, investment, rate = result.assumptions, None, None
    for (outcome, name), value in changes.items():
        if outcome == PROJECT:
            investment = value if name == "investment" else investment
            rate = value if name == "discount" else rate
        else:
            position = next(i for i, row in enumerate(result.outcomes) if row.id == outcome)
            given = with_values(given, name, value, position)
    return ratio_with(result, assumptions=given, investment=investment, rate=rate)


def _check(result: SroiResult, key: Key, values: Sequence[float]) -> None:
    outcome, name = key
    ids = [row.id for row in result.outcomes]
    if outcome != PROJECT and outcome not in ids:
        raise ValueMapError(
            f"assumption_grid: {outcome!r} is not a row of the value map or {PROJECT!r}."
            f"{did_you_mean(outcome, ids)}"
        )
    choices = PROJECT_INPUTS if outcome == PROJECT else ROW_INPUTS
    check_choice(f"assumption_grid of {outcome}", "assumption", name, choices, ValueMapError)
    if not len(values):
        raise ValueMapError(f"assumption_grid of {outcome}, {name}: has no values.")
    for value in values:
        check_finite(f"assumption_grid of {outcome}", name, value, ValueMapError)
        if name in SHARES or name == "discount":
            check_share(f"assumption_grid of {outcome}", name, value, ValueMapError)
        if (name == "duration" and not (value >= 1 and value == int(value))) or (
            name == "investment" and not value > 0
        ):
            rule = "whole years from 1" if name == "duration" else "above zero"
            raise ValueMapError(
                f"assumption_grid of {outcome}: {name} must be {rule}, got {value:g}."
            )
    if name == "deadweight" and result.assumptions.estimated[ids.index(outcome)]:
        raise ValueMapError(
            f"assumption_grid of {outcome}: deadweight does not apply, the quantity is estimated "
            "and already net of it. Name another assumption."
        )
