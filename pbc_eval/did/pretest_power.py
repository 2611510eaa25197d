"""How likely the usual look at effects before the start is to see a trend that is there.

No effect before the start "significant" is what most readers take for parallel trends. If the
groups drift apart by a straight line, the effects before the start are normal around it, and none
is beyond its own interval with the chance of a box.

Source: Roth (2022), "Pretest with caution: event-study estimates after testing for parallel
trends", American Economic Review: Insights 4, 305-322.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special

from pbc_eval._validate import check_number
from pbc_eval.did.event_path import EventPath, event_path
from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.normal_box import box_probability
from pbc_eval.numerics.root_finding import root_between
from pbc_eval.results import EffectSeries

OWNER = "pretest_power"


def pretest_power(
    study: EffectSeries | None = None,
    slope: float | None = None,
    power: float | None = None,
    level: float = 0.95,
    *,
    estimates: Sequence[float] | Floats | None = None,
    covariance: Floats | None = None,
    periods_before: int | Sequence[int] | None = None,
    periods_after: int | Sequence[int] | None = None,
) -> float:
    """The power of the look at single effects before the start: of seeing a ``slope``, or the slope
    above zero that is seen with ``power``.

    ``slope`` is the drift of the difference in trends, in the outcome's unit per period, event
    times counted from the reference period. The study, or numbers, as in ``honest_did``; effects
    after the start are not used. An effect is seen when it is beyond its interval of ``level``.

    Raises DesignError unless exactly one of slope and power is given, for a power below what is
    seen without any slope or above one, and for a study without effects before the start.
    """
    if (slope is None) == (power is None):
        raise DesignError(f"{OWNER}: give slope, for its power, or power, for its slope.")
    path = event_path(
        OWNER,
        study,
        estimates=estimates,
        covariance=covariance,
        periods_before=periods_before,
        periods_after=periods_after,
        level=level,
        needs_after=False,
    )
    if slope is not None:
        return power_of(path, check_number(OWNER, "slope", slope, DesignError), level)
    return slope_for(path, check_number(OWNER, "power", power, DesignError), level)


def power_of(path: EventPath, slope: float, level: float) -> float:
    """The chance that at least one effect before is beyond its interval, given a slope."""
    n = path.n_before
    covariance = path.covariance[:n, :n]
    drift = slope * (np.array(path.before, dtype=float) - path.reference)
    margin = special.ndtri(0.5 + level / 2) * np.sqrt(np.diag(covariance))
    return 1 - box_probability(-margin - drift, margin - drift, covariance)


def slope_for(path: EventPath, power: float, level: float) -> float:
    """The slope above zero that is seen with ``power``."""
    least = power_of(path, 0.0, level)
    if not least < power < 1:
        raise DesignError(
            f"{OWNER}: power must lie between {least:.3g}, with which something is seen where "
            f"there is nothing, and 1; got {power:g}."
        )
    spread = np.sqrt(np.diag(path.covariance)[: path.n_before])
    steps = np.abs(np.array(path.before, dtype=float) - path.reference)
    unit = float((spread / steps).min())
    most = unit
    while power_of(path, most, level) < power:
        most *= 2
    return root_between(
        lambda slope: power_of(path, slope, level) - power, 0.0, most, tolerance=1e-9 * unit
    )
