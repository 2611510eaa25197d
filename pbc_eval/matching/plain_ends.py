"""Ends of an axis that are nobody's value."""

import math


def plain_ends(low: float, high: float) -> tuple[float, float]:
    """``low`` < ``high`` moved outwards to whole multiples of a hundredth to a tenth of what lies
    between them: 0.0971 and 0.83 are 0.05 and 0.85. The least and the largest of a group are one
    person's each."""
    step = 10.0 ** math.floor(math.log10(high - low)) / 10
    for times in (5, 2, 1):
        if times * step <= (high - low) / 10:
            step *= times
            break
    digits = max(-math.floor(math.log10(step)), 0) + 1
    return (
        round(math.floor(low / step) * step, digits),
        round(math.ceil(high / step) * step, digits),
    )
