"""The root of a function between two points of opposite sign."""

from collections.abc import Callable


def root_between(
    function: Callable[[float], float], low: float, high: float, *, tolerance: float
) -> float:
    """Where ``function`` is zero between ``low`` and ``high``, to ``tolerance`` (Brent's method).

    Raises ValueError where the function has the same sign at both ends.
    """
    from scipy.optimize import brentq  # noqa: PLC0415 heavy: loads every solver

    return float(brentq(function, low, high, xtol=tolerance))
