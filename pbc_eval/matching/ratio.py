"""Ratios with intervals that are symmetric on the logarithmic scale (delta method)."""

from typing import NamedTuple

import numpy as np

from pbc_eval.numerics.arrays import Floats


class Ratio(NamedTuple):
    """A ratio with its interval; the ends are None when ``reason`` says why there are none."""

    estimate: float
    conf_low: float | None
    conf_high: float | None
    reason: str | None


def ratio_of(
    parts: tuple[float, float],
    slopes: tuple[float, float],
    covariance: Floats | None,
    critical: float,
    lacking: str,
) -> Ratio:
    """The ratio of two positive figures. ``slopes`` are the derivatives of their logarithms by the
    means that ``covariance`` (2, 2) is of; ``lacking`` says why there is no logarithm where one is
    not finite."""
    above, below = parts
    if below == 0 or not np.isfinite(parts).all():
        return Ratio(float("nan"), None, None, f"{lacking}: no such ratio")
    ratio = above / below
    if covariance is None:
        return Ratio(ratio, None, None, "no standard error")
    if not np.isfinite(slopes).all():
        return Ratio(ratio, None, None, f"{lacking}: no logarithm")
    lean = np.array([slopes[0], -slopes[1]])
    error = float(np.sqrt(max(lean @ covariance @ lean, 0.0)))
    reach = np.exp(critical * error)
    return Ratio(ratio, float(ratio / reach), float(ratio * reach), None)
