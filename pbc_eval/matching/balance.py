"""How alike the groups are, column by column, before and after matching.

Conventions (packages differ, so they are stated):
- The standardised mean difference is (treated mean - comparison mean) / s, with s the standard
  deviation of the *focal* group (treated for the ATT, comparison for the ATC; for the ATE the root
  of the mean of both groups' variances) in the *unmatched* sample, before and after alike; a
  difference cannot shrink because the spread did.
- Binary columns use s = sqrt(p (1 - p)), are standardised too, and have no variance ratio; the
  raw difference stands beside it for every column.
- Variances of weighted groups are sum w (x - m)^2 / (1 - sum w^2) with weights that add to one.
- The eCDF figures are the mean and the largest gap between the two cumulative distributions over
  the distinct values found in the whole sample.

These are MatchIt's conventions; cobalt leaves binary columns unstandardised by default.
Source: Austin (2009), Statistics in Medicine 28, 3083-3107; Stuart (2010), Statistical Science 25.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbc_eval.numerics.arrays import Bools, Floats


class Balance(NamedTuple):
    """One column compared between the groups under one set of weights."""

    mean_treated: float
    mean_comparison: float
    std_diff: float  # in standard deviations; NaN when the focal group does not vary
    raw_diff: float  # in the column's own unit
    variance_ratio: float  # treated over comparison; NaN for binary columns
    ecdf_mean: float
    ecdf_max: float


def standardiser(
    values: Floats, groups: tuple[Bools, ...], binary: bool, sampling: Floats | None = None
) -> float:
    """The standard deviation in the unmatched sample of one group, or the root of the mean
    variance of two; 0 when nobody in them varies. ``sampling`` (n,) weights people."""
    variances = []
    for group in groups:
        inside = values[group]
        if sampling is not None:
            variances.append(_spread(inside, sampling[group], values, binary))
            continue
        if binary:
            low, high = values.min(), values.max()
            share = float(np.mean(inside == high))
            variances.append(share * (1 - share) * (high - low) ** 2)
        else:
            variances.append(float(np.var(inside, ddof=1)) if len(inside) > 1 else 0.0)
    return float(np.sqrt(np.mean(variances)))


def _spread(inside: Floats, weights: Floats, values: Floats, binary: bool) -> float:
    part = weights / weights.sum()
    if binary:
        low, high = values.min(), values.max()
        share = float(part @ (inside == high))
        return float(share * (1 - share) * (high - low) ** 2)
    variance = _variance(inside, part, _dot(part, inside), 1 - _dot(part, part))
    return 0.0 if np.isnan(variance) else variance


NOTHING = 1e-12  # a difference of rounding, as a share of what is compared


class Shares(NamedTuple):
    """Each group's weights, adding up to one, and their difference: all (n,). ``freedom`` is
    1 - sum of squares of each group. Worked out once for all columns."""

    treated: Floats
    comparison: Floats
    difference: Floats
    freedom: tuple[float, float]


def shares_of(treated: Bools, weights: Floats) -> Shares | None:
    """The shares of both groups under ``weights`` (n,); None when a group has no weight."""
    inside, outside = (np.where(group, weights, 0.0) for group in (treated, ~treated))
    totals = inside.sum(), outside.sum()
    if min(totals) <= 0:  # nobody was matched: there is nothing to compare
        return None
    inside, outside = inside / totals[0], outside / totals[1]
    freedom = (1 - _dot(inside, inside), 1 - _dot(outside, outside))
    return Shares(inside, outside, inside - outside, freedom)


def column_balance(
    values: Floats, weightings: tuple[Shares | None, ...], scale: float, binary: bool
) -> tuple[Balance, ...]:
    """Compare one column, shape (n,), under each set of weights, sorting it once.

    ``scale`` is what the standardised difference is divided by, in the column's unit.
    """
    line = np.argsort(values)
    in_line = values[line]
    ends = in_line[1:] != in_line[:-1]
    last_of_value = None if ends.all() else np.r_[np.flatnonzero(ends), len(values) - 1]
    column = _Column(values, line, last_of_value, scale, binary)
    return tuple(
        Balance(*[float("nan")] * 7) if shares is None else _compare(column, shares)
        for shares in weightings
    )


class _Column(NamedTuple):
    values: Floats
    line: NDArray[np.intp]  # rows by value
    last_of_value: NDArray[np.intp] | None  # where each distinct value ends; None: no two agree
    scale: float
    binary: bool


def _compare(column: _Column, shares: Shares) -> Balance:
    values = column.values
    means = [_dot(share, values) for share in (shares.treated, shares.comparison)]
    difference = means[0] - means[1]
    if abs(difference) <= NOTHING * max(column.scale, abs(means[0])):
        difference = 0.0
    gap = np.cumsum(shares.difference[column.line])
    gap = np.abs(gap if column.last_of_value is None else gap[column.last_of_value])
    gap = np.where(gap <= NOTHING, 0.0, gap)
    if column.binary:
        ratio, ecdf_mean = float("nan"), float(gap.max())  # one step: its height, not the mean
    else:
        spread = [
            _variance(values, share, mean, freedom)
            for share, mean, freedom in zip(shares[:2], means, shares.freedom, strict=True)
        ]
        ratio = spread[0] / spread[1] if spread[1] > 0 else float("nan")
        ecdf_mean = float(gap.mean())
    return Balance(
        mean_treated=means[0],
        mean_comparison=means[1],
        std_diff=standardised(difference, column.scale),
        raw_diff=difference,
        variance_ratio=ratio,
        ecdf_mean=ecdf_mean,
        ecdf_max=float(gap.max()),
    )


def _variance(values: Floats, share: Floats, mean: float, freedom: float) -> float:
    if freedom <= 1e-12:
        return float("nan")
    rest = values - mean
    rest *= rest
    return _dot(share, rest) / freedom


def _dot(left: Floats, right: Floats) -> float:
    """One pass on one core: a threaded product waits longer for its threads than it works."""
    return float(np.einsum("i,i->", left, right))


def standardised(difference: float, scale: float) -> float:
    """A difference in units of ``scale``; NaN where the focal group has none."""
    if scale > 0:
        return difference / scale
    # a focal group without any spread: equal means are balanced, anything else has no scale
    return 0.0 if abs(difference) < 1e-12 else float("nan")


def effective_size(weights: Floats) -> float:
    """Kish's effective sample size, (sum w)^2 / sum w^2; 0 without any weight."""
    squares = float(weights @ weights)
    return float(weights.sum() ** 2 / squares) if squares > 0 else 0.0
