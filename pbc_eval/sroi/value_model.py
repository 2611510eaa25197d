"""The present value of a value map as a function of its uncertain inputs, many draws at once.

    draws (n_inputs, n) ──▶ present value (n,)

What is certain in a row is multiplied out beforehand into one constant, so a draw costs one
multiplication for each uncertain input. A row whose drop-off, duration or discount rate is
uncertain sums its years by Horner's rule.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.agreement.uncertainty import PROJECT, Key
from pbc_eval.numerics.arrays import Floats
from pbc_eval.parameters.discounting import discount_factors
from pbc_eval.sroi.assumptions import SHARES, Assumptions
from pbc_eval.sroi.present_value import LEAD, SroiResult

TAKEN_OFF = tuple(name for name in SHARES if name != "drop_off")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Row:
    """One row: ``constant`` times the drawn figures, times what is left of the drawn shares."""

    constant: float  # of everything certain; the years too, when they are
    multiply: tuple[int, ...]  # inputs that multiply the value
    take_off: tuple[int, ...]  # shares that are taken off
    drop_off: float | int  # a share, or (when ``uncertain_drop``) the input that holds it
    uncertain_drop: bool
    duration: int  # certain years, or the most that are drawn
    drawn_duration: int | None  # the input that holds it
    first: int  # year of the first value
    years_are_certain: bool
    last_year: float = 1.0  # how much of the last year it lasts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValueModel:
    """A compiled value map. Inputs are in the order of ``Plan.names``."""

    rows: tuple[_Row, ...]
    factors: Floats  # (n_years + 1,) of the stated discount
    discount: int | None  # the input that holds the rate

    def present_value(self, draws: Floats) -> Floats:
        """Present value (n,) of draws (n_inputs, n), in the units of the inputs."""
        total = np.zeros(draws.shape[1])
        value = np.empty(draws.shape[1])
        left = np.empty(draws.shape[1])
        for row in self.rows:
            value.fill(row.constant)
            for position in row.multiply:
                np.multiply(value, draws[position], out=value)
            for position in row.take_off:
                np.subtract(1.0, draws[position], out=left)
                np.multiply(value, left, out=value)
            if not row.years_are_certain:
                np.multiply(value, self._years(row, draws), out=value)
            np.add(total, value, out=total)
        return total

    def _years(self, row: _Row, draws: Floats) -> Floats:
        """Sum over the years of what is retained, discounted; shape (n,)."""
        n = draws.shape[1]
        retained: Floats | float = 1 - (
            draws[int(row.drop_off)] if row.uncertain_drop else row.drop_off
        )
        growth = None if self.discount is None else 1 / (1 + draws[self.discount])
        weights = self.factors[row.first : row.first + row.duration]
        if growth is not None:
            retained, weights = retained * growth, np.ones(row.duration)
        if row.drawn_duration is None and row.last_year < 1:
            weights = np.append(weights[:-1], weights[-1] * row.last_year)
        if row.drawn_duration is not None:
            lasted = draws[row.drawn_duration]
            if not isinstance(retained, np.ndarray):
                sums = np.cumsum(weights * retained ** np.arange(row.duration))
                return np.asarray(sums[lasted.astype(np.intp) - 1], float)
        total = np.zeros(n)
        for k in range(row.duration - 1, -1, -1):
            np.multiply(total, retained, out=total)
            if row.drawn_duration is None:
                np.add(total, weights[k], out=total)
            else:
                np.add(total, weights[k] * (lasted > k), out=total)
        if growth is not None:
            np.multiply(total, growth**row.first, out=total)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Which figures are drawn, and where in the inputs they stand."""

    place: dict[Key, int]  # of declared figures
    quantities: dict[str, int]  # of estimated quantities, by row
    longest: dict[str, int]  # the most years that are drawn, by row with a drawn duration


def compile_model(result: SroiResult, drawn: Drawn) -> ValueModel:
    """The model of ``result`` in which some figures are drawn."""
    given, lead = result.assumptions, LEAD[result.start_convention]
    first = [lead + int(start) - 1 for start in given.start]
    years = [
        drawn.longest.get(row.id, int(duration))
        for row, duration in zip(result.outcomes, given.duration, strict=True)
    ]
    horizon = max(at + count for at, count in zip(first, years, strict=True))
    factors = discount_factors(result.discount, horizon, result.date)
    rows = tuple(
        _compiled(given, i, row.id, drawn, factors[first[i] : first[i] + years[i]], first[i])
        for i, row in enumerate(result.outcomes)
    )
    return ValueModel(rows=rows, factors=factors, discount=drawn.place.get((PROJECT, "discount")))


def _compiled(  # noqa: PLR0917 positions of one row
    given: Assumptions, i: int, name: str, drawn: Drawn, factors: Floats, first: int
) -> _Row:
    """Row ``i``; ``factors`` are those of its years, the longest that are drawn."""
    place = drawn.place
    constant, multiply, take_off = float(given.multiplier[i]), [], []
    quantity = drawn.quantities.get(name, place.get((name, "quantity")))
    for position, stated in (
        (quantity, given.quantity[i]),
        (place.get((name, "proxy_value")), given.proxy_value[i]),
    ):
        if position is None:
            constant *= float(stated)
        else:
            multiply.append(position)
    for share in TAKEN_OFF:
        position = place.get((name, share))
        if position is None:
            constant *= 1 - float(getattr(given, share)[i])
        else:
            take_off.append(position)
    drop, duration = place.get((name, "drop_off")), place.get((name, "duration"))
    certain = drop is None and duration is None and (PROJECT, "discount") not in place
    last_year = float(given.last_year[i])
    if certain:
        parts = np.append(np.ones(len(factors) - 1), last_year)
        kept = (1 - float(given.drop_off[i])) ** np.arange(len(factors)) * parts
        constant *= float(kept @ factors)
    return _Row(
        constant=constant,
        multiply=tuple(multiply),
        take_off=tuple(take_off),
        drop_off=float(given.drop_off[i]) if drop is None else drop,
        uncertain_drop=drop is not None,
        duration=len(factors),
        drawn_duration=duration,
        first=first,
        years_are_certain=certain,
        last_year=last_year,
    )
