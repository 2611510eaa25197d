"""Formulas over draws: each part worked out once, over arrays of floats.

    formulas ── add, add_line ──▶ StepByStep ── values ──▶ an array a part

Parts that occur more than once are looked for when the formulas are laid out, not at every draw.
"""

from collections.abc import Callable
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from pbc_eval.numerics.arrays import Floats
from pbc_eval.payment.expression import (
    Above,
    AmountOf,
    AtLeast,
    Expression,
    Fact,
    Greatest,
    If,
    Least,
    Mode,
    Over,
    Plus,
    Rounded,
    Significant,
    Term,
    Times,
    parts_of,
)


class StepByStep:
    """Formulas laid out so that each part comes after those it is made of."""

    def __init__(self) -> None:
        self._steps: list[tuple[Expression, tuple[int, ...]]] = []
        self._places: dict[Expression, int] = {}
        self._lines: dict[str, int] = {}

    def add(self, expression: Expression) -> int:
        """Lay out a formula; its place among the ``values``."""
        if isinstance(expression, AmountOf):
            return self._lines[expression.line]
        place = self._places.get(expression)
        if place is None:
            parts = tuple(self.add(part) for part in parts_of(expression))
            place = self._places[expression] = len(self._steps)
            self._steps.append((expression, parts))
        return place

    def add_line(self, line: str, expression: Expression) -> int:
        """The formula of a line of the statement, to which later ones may refer."""
        place = self._lines[line] = self.add(expression)
        return place

    def values(self, known: Callable[[Fact], Floats]) -> list[Floats]:
        """Every part draw by draw: an array (n,), or () where nothing in it was drawn."""
        values: list[Floats] = []
        for expression, parts in self._steps:
            if isinstance(expression, Term):
                values.append(np.asarray(float(expression.value)))
            elif isinstance(expression, Fact):
                values.append(known(expression))
            else:
                values.append(_worked_out(expression, [values[part] for part in parts]))
        return values


def over_draws(expression: Expression, known: Callable[[Fact], Floats]) -> Floats:
    """The value of one formula draw by draw: an array (n,), or ()."""
    steps = StepByStep()
    place = steps.add(expression)
    return steps.values(known)[place]


def _worked_out(expression: Expression, values: list[Floats]) -> Floats:  # noqa: PLR0911 a kind each
    match expression:
        case Plus():
            return reduce(np.add, values)
        case Times():
            return reduce(np.multiply, values)
        case Over():
            return values[0] / values[1]
        case Least():
            return reduce(np.minimum, values)
        case Greatest():
            return reduce(np.maximum, values)
        case AtLeast():
            return np.asarray(values[0] >= values[1], dtype=np.float64)
        case Above():
            return np.asarray(values[0] > values[1], dtype=np.float64)
        case If():
            return np.where(values[0] != 0, values[1], values[2])
        case Significant():
            return _significant(values[0], expression.digits)
        case Rounded(decimals=decimals, mode=mode):
            return _rounded(values[0], decimals, mode)
    raise AssertionError(expression)


_POWERS: Floats = 10.0 ** np.arange(309.0)
_FARTHEST = 290  # decimal places: beyond them a number and its power of ten are no floats together


# By the binary exponent of a float, as it is stored: the power of ten at or below the smallest
# number that has it (no power of two but 1 is near enough to one of ten to be mistaken), and the
# number from which on that power is one more.
_POWER_OF = np.floor((np.arange(2048) - 1023) * np.log10(2.0)).astype(np.int64)
_POWER_OF = np.clip(_POWER_OF, -_FARTHEST, _FARTHEST)
_NEXT_OF = np.array([float(f"1e{n}") for n in range(1 - _FARTHEST, _FARTHEST + 2)])
_NEXT_OF = _NEXT_OF[_POWER_OF + _FARTHEST]


def _magnitude(size: Floats) -> NDArray[np.int64]:
    """The power of ten at or below each number >= 0. A logarithm would cost twice the rest."""
    stored = size.view(np.int64) >> 52
    return np.asarray(_POWER_OF[stored] + (size >= _NEXT_OF[stored]))


def _significant(values: Floats, n_digits: int) -> Floats:
    digits = n_digits - 1 - _magnitude(np.abs(values))
    # an integer over an exact power of ten is the float nearest to the decimal, as exact() has it
    up = _POWERS[np.maximum(digits, 0)]
    if digits.min(initial=0) < 0:
        down = _POWERS[np.maximum(-digits, 0)]
        rounded = np.rint(values * up / down) / up * down
    else:  # over one and times one changes nothing
        rounded = np.rint(values * up) / up
    return np.where(values == np.rint(values), values, rounded)


def _rounded(values: Floats, decimals: int, mode: Mode) -> Floats:
    scale = 10.0**decimals
    units = np.round(values * scale, 6)  # float noise must not decide a half
    if mode == "half_even":
        return np.rint(units) / scale + 0.0
    size = np.abs(units)
    whole = np.floor(size + 0.5) if mode == "half_up" else np.floor(size)
    return np.copysign(whole, units) / scale + 0.0
