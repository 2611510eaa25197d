"""What it would be worth to know an uncertain input: which assumption to research next.

The decision is to commission (or continue), worth the net present value, or not to, worth nothing.

    EVPI      = E[max(0, NPV)] - max(0, E[NPV])            to know everything
    EVPPI(x)  = E[max(0, E[NPV | x])] - max(0, E[NPV])     to know x perfectly

E[NPV | x] is a regression of the draws of NPV on those of x: a straight line where NPV is one in
each input given the others (so that nothing but Monte Carlo error is left), else a natural cubic
spline with knots at quantiles of x. Both are in money, for one decision.

Source: Strong, Oakley & Brennan (2014), "Estimating multiparameter partial expected value of
perfect information from a probabilistic sensitivity analysis sample", Medical Decision Making 34.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pbc_eval.errors import ValueMapError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.significant import DIGITS, significant
from pbc_eval.sroi.simulate import Simulation

KNOTS = tuple(k / 9 for k in range(10))  # of a spline, as quantiles of the input, ends included
LEAST_DRAWS = 1000


class InputInformation(NamedTuple):
    """What is owed to one uncertain input."""

    name: str
    value: float  # expected value of perfect information about it, money
    share_of_variance: float  # of net present value that goes with it (the first-order index)
    share_of_ratio_variance: float | None = None  # the same of the ratio; None where it has none


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueOfInformation:
    """Of all inputs together and of each, largest first. Money of year 0, for one decision."""

    perfect: float  # EVPI
    inputs: tuple[InputInformation, ...]
    commission: bool  # is commissioning the better choice on what is known?
    chance_of_regret: float  # share of the draws in which the other choice is the better one
    draws: int


def value_of_information(simulation: Simulation) -> ValueOfInformation:
    """EVPI and each input's EVPPI, from the draws whose inputs were kept.

    Raises ValueMapError for fewer than 1,000 draws.
    """
    n = simulation.inputs.shape[1]
    if n < LEAST_DRAWS:
        raise ValueMapError(
            f"value of information: needs at least {LEAST_DRAWS:,} draws, got {n:,}. Simulate more."
        )
    net = simulation.net_present_value[:n]
    expected = float(net.mean())
    variance = float(net.var())
    ratio = simulation.ratio[:n]
    has_ratio = np.isfinite(ratio)
    ratio = ratio[has_ratio]
    varies = len(ratio) >= LEAST_DRAWS and bool(ratio.var() > 0)
    decimals = DIGITS - 1 - math.floor(math.log10(max(float(np.abs(net).mean()), 1e-300)))
    worth = []
    for name, drawn, straight in zip(
        simulation.names, simulation.inputs, simulation.straight, strict=True
    ):
        if varies and has_ratio.all() and not straight:
            fitted, of_ratio = _along([net, ratio], drawn)
        else:
            fitted = conditional_mean(net, drawn, straight=straight)
            # the investment divides, so that the ratio is no straight line in an input
            of_ratio = _along([ratio], drawn[has_ratio])[0] if varies else ratio
        # the difference of two large numbers is known to as many decimals as they are
        value = float(np.maximum(fitted, 0).mean()) - max(expected, 0.0)
        share = float(fitted.var()) / variance if variance > 0 else 0.0
        share_of_ratio = float(of_ratio.var()) / float(ratio.var()) if varies else None
        value = max(0.0, round(value, decimals))
        worth.append(InputInformation(name, value, share, share_of_ratio))
    return ValueOfInformation(
        perfect=max(float(np.maximum(net, 0).mean()) - max(expected, 0.0), 0.0),
        inputs=tuple(sorted(worth, key=_by_worth)),
        commission=expected > 0,
        chance_of_regret=float((net <= 0).mean() if expected > 0 else (net > 0).mean()),
        draws=n,
    )


def _by_worth(entry: InputInformation) -> tuple[float, float]:
    """Largest first; equal but for rounding, as given."""
    return -significant(entry.value), -significant(entry.share_of_variance)


def conditional_mean(net: Floats, drawn: Floats, *, straight: bool) -> Floats:
    """E[net | input] at each draw, (n,): fitted values of a line or a natural cubic spline."""
    if not straight:
        return _along([net], drawn)[0]
    if drawn.min() == drawn.max():
        return np.full(len(net), net.mean())
    x = (drawn - drawn.mean()) / drawn.std()
    slope = float(x @ (net - net.mean())) / len(net)
    return np.asarray(net.mean() + slope * x, float)


def _along(every: Sequence[Floats], drawn: Floats) -> list[Floats]:
    """E[y | input] at each draw for each y (n,), by the same natural cubic spline."""
    if drawn.min() == drawn.max():
        return [np.full(len(y), y.mean()) for y in every]
    x = (drawn - drawn.mean()) / drawn.std()
    levels = np.unique(x)
    if len(levels) <= len(KNOTS) + 1:  # a few values, such as whole years: the mean at each
        at = np.searchsorted(levels, x)
        means = [np.bincount(at, weights=y) / np.bincount(at) for y in every]
        return [np.asarray(mean[at], float) for mean in means]
    basis = _natural_spline(x, np.unique(np.quantile(x, KNOTS)))
    coefficients = np.linalg.lstsq(basis, np.column_stack(every), rcond=None)[0]
    return list(np.asarray(basis @ coefficients, float).T)


def _natural_spline(x: Floats, knots: Floats) -> Floats:
    """Truncated-power basis of a natural cubic spline, (n, number of knots).

    Source: Hastie, Tibshirani & Friedman, "The Elements of Statistical Learning" (2009), eq. 5.4.
    """
    basis = np.empty((len(knots), len(x)))  # turned: written, and read by what solves it, in order
    basis[:2] = np.ones(len(x)), x
    beyond = _bend(x, knots[-1])
    end = (_bend(x, knots[-2]) - beyond) / (knots[-1] - knots[-2])
    for row, knot in zip(basis[2:], knots[:-2], strict=True):
        row[:] = (_bend(x, knot) - beyond) / (knots[-1] - knot) - end
    return basis.T


def _bend(x: Floats, knot: float) -> Floats:
    """The cube of what is beyond the knot. ``x**3`` would take a logarithm: fifty times as long."""
    beyond = np.maximum(x - knot, 0)
    return np.asarray(beyond * beyond * beyond, float)
