"""Numbers as they are published: to a stated number of significant digits, whatever the machine.

    unrounded ── significant ──▶ ten significant digits

Processors add and multiply in different orders, so that the last of a number's sixteen digits
differ from one to the next; what follows from them would differ in every published file. Ten
digits are far more than an estimate is known to, and coarse enough that what differs in the
fourteenth digit or later is the same number.

Source: Goldberg (1991), "What every computer scientist should know about floating-point
arithmetic", ACM Computing Surveys 23, 5-48.
"""

import math

import numpy as np

from pbc_eval.numerics.arrays import Floats

DIGITS = 10  # significant digits of what is published


def significant(value: float, digits: int = DIGITS) -> float:
    """``value`` to ``digits`` significant digits. Whole numbers (of people, of pounds), infinity
    and what is no number stay as they are."""
    if not math.isfinite(value) or value.is_integer():
        return value
    rounded = float(f"{value:.{digits - 1}e}")
    return value if rounded == value else rounded


def all_significant(values: Floats, digits: int = DIGITS) -> Floats:
    """``significant`` of each, in the same shape; ``values`` are not changed."""
    flat = [significant(value, digits) for value in values.ravel().tolist()]
    return np.array(flat, dtype=values.dtype).reshape(values.shape)
