"""A value map as arrays, and the value it makes year by year.

    impact            = quantity · proxy · (1 - deadweight)(1 - displacement)(1 - attribution)(1 - leakage)
    value in year k   = impact · (1 - drop_off)^k,   k = 0 ... duration - 1

Source: Social Value UK, "A Guide to Social Return on Investment" (2012), stages 4 and 5; leakage,
which the Guide leaves out, is a fifth share that is zero unless the map states it.
"""  # noqa: E501

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.value_map import SHARES, ValuedOutcome
from pbc_eval.errors import ValueMapError
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.results import MeasuredOutcome

__all__ = ["SHARES", "Assumptions", "Floats", "Ints", "assumptions_of", "value_by_year"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assumptions:
    """One entry a row of the value map; every array has shape (n_outcomes,)."""

    quantity: Floats  # units in the first year
    proxy_value: Floats  # money per unit
    deadweight: Floats
    displacement: Floats
    attribution: Floats
    leakage: Floats
    drop_off: Floats  # lost each year after the first
    duration: Ints  # years
    start: Ints  # 1 or 2
    estimated: NDArray[np.bool_]  # quantity is net of the counterfactual: deadweight stays 0
    quantity_low: Floats  # interval of an estimated quantity; NaN without one
    quantity_high: Floats
    last_year: Floats  # how much of the last year it lasts: 1, or less where months are stated
    multiplier: Floats  # price base, optimism bias, distributional weight: 1 unless asked for

    @property
    def impact(self) -> Floats:
        """Money in the first year of each outcome, shape (n_outcomes,)."""
        kept = (1 - self.deadweight) * (1 - self.displacement)
        kept = kept * (1 - self.attribution) * (1 - self.leakage)
        return self.quantity * self.proxy_value * kept * self.multiplier


def assumptions_of(
    outcomes: Sequence[ValuedOutcome], results: Mapping[str, MeasuredOutcome]
) -> Assumptions:
    """Arrays of a value map; rows with ``quantity_from`` take effect x total_scale from results.

    Raises ValueMapError, naming the row, when the outcome is missing, has no effect or scale, or
    was counted rather than estimated.
    """
    quantities = np.array([_quantity(row, results) for row in outcomes]).reshape(-1, 3)
    return Assumptions(
        quantity=quantities[:, 0],
        quantity_low=quantities[:, 1],
        quantity_high=quantities[:, 2],
        proxy_value=np.array([_value(row) for row in outcomes]),
        deadweight=np.array([row.deadweight for row in outcomes]),
        displacement=np.array([row.displacement for row in outcomes]),
        attribution=np.array([row.attribution for row in outcomes]),
        leakage=np.array([row.leakage for row in outcomes]),
        drop_off=np.array([row.drop_off for row in outcomes]),
        duration=np.array([row.duration for row in outcomes]),
        start=np.array([row.start for row in outcomes]),
        estimated=np.array([row.quantity_from is not None for row in outcomes]),
        last_year=np.array([row.last_year for row in outcomes]),
        multiplier=np.ones(len(outcomes)),
    )


def _value(row: ValuedOutcome) -> float:
    if row.proxy_value is None:
        raise ValueMapError(f"{row.id}: proxy_from {row.proxy_from!r} has not been looked up.")
    return row.proxy_value


def _quantity(
    row: ValuedOutcome, results: Mapping[str, MeasuredOutcome]
) -> tuple[float, float, float]:
    """Quantity and its interval (NaN without one)."""
    if row.quantity is not None:
        return row.quantity, math.nan, math.nan
    name = str(row.quantity_from)
    if name not in results:
        listed = ", ".join(sorted(results)) or "nothing"
        raise ValueMapError(
            f"{row.id}: quantity_from names {name!r}, which is not among the results ({listed})."
            f"{did_you_mean(name, results)} Estimate it, or state the quantity."
        )
    outcome = results[name]
    if outcome.source == "counted":
        raise ValueMapError(
            f"{row.id}: quantity_from names {name!r}, which was counted, not estimated against a "
            "comparison group. State the quantity, and its deadweight."
        )
    effect, scale = outcome.effect, outcome.total_scale
    if effect is None or scale is None or not math.isfinite(effect * scale) or not scale > 0:
        raise ValueMapError(
            f"{row.id}: quantity_from needs a finite effect and a total_scale above zero of "
            f"{name!r}, got {effect!r} and {scale!r}. Supply them, or state the quantity."
        )
    low, high = (
        math.nan if bound is None else bound * scale
        for bound in (outcome.conf_low, outcome.conf_high)
    )
    return effect * scale, low, high


def value_by_year(given: Assumptions, lead: int) -> Floats:
    """Undiscounted value, shape (n_outcomes, n_years + 1); column t is t years from the start.

    ``lead`` is the column of the first outcome year of a row that starts in period 1.
    """
    first = lead + given.start - 1
    horizon = int((first + given.duration).max())
    k = np.arange(horizon)[None, :] - first[:, None]  # years since the outcome began
    running = (k >= 0) & (k < given.duration[:, None])
    retained = (1 - given.drop_off)[:, None] ** np.where(running, k, 0)
    part = np.where(k == given.duration[:, None] - 1, given.last_year[:, None], 1.0)
    return np.where(running, given.impact[:, None] * retained * part, 0.0)
