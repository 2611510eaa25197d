"""Quantiles and tails of the distributions that intervals and tests are read from.

Straight from ``scipy.special``: the same numbers as ``scipy.stats`` to the last bit (tested), which
takes longer to load than most estimates take to compute. Parameters outside a distribution's range
give nan, as there. Arrays and numbers alike; shapes follow the usual broadcasting.
"""

import numpy as np
from scipy.special import betaincinv, chdtrc, fdtrc, gammaincinv, ndtr, ndtri, stdtr, stdtrit

from pbc_eval.numerics.arrays import Floats, Ints

Reals = Floats | Ints | float


def normal_quantile(share: Reals) -> Floats:
    """The value below which this share of a standard normal lies."""
    return np.asarray(ndtri(share))


def normal_cdf(value: Reals) -> Floats:
    """The share of a standard normal below a value."""
    return np.asarray(ndtr(value))


def normal_sf(value: Reals) -> Floats:
    """The share of a standard normal above a value, exact far out as well."""
    return np.asarray(ndtr(-np.asarray(value, float)))


def normal_density(value: Reals) -> Floats:
    """The density of a standard normal."""
    z = np.asarray(value, float)
    return np.asarray(np.exp(-(z**2) / 2.0) / np.sqrt(2 * np.pi))


def t_quantile(share: Reals, df: Reals) -> Floats:
    """The value below which this share of Student's t lies; a normal where df is infinite."""
    return np.asarray(stdtrit(df, share))


def t_sf(value: Reals, df: Reals) -> Floats:
    """The share of Student's t above a value; a normal where df is infinite."""
    return np.asarray(stdtr(df, -np.asarray(value, float)))


def f_sf(value: Reals, df_numerator: Reals, df_denominator: Reals) -> Floats:
    """The share of Fisher's F above a value."""
    statistic = np.maximum(np.asarray(value, float), 0.0)
    known = (np.asarray(df_numerator) > 0) & (np.asarray(df_denominator) > 0)
    return np.where(known, fdtrc(df_numerator, df_denominator, statistic), np.nan)


def chi2_sf(value: Reals, df: Reals) -> Floats:
    """The share of chi-squared above a value."""
    freedom, statistic = np.asarray(df, float), np.maximum(np.asarray(value, float), 0.0)
    return np.where(freedom > 0, chdtrc(freedom, statistic), np.nan)


def chi2_quantile(share: Reals, df: Reals) -> Floats:
    """The value below which this share of chi-squared lies."""
    freedom = np.asarray(df, float)
    return np.where(freedom > 0, 2 * gammaincinv(freedom / 2, share), np.nan)


def beta_quantile(share: Reals, a: Reals, b: Reals) -> Floats:
    """The value below which this share of a beta distribution lies."""
    return np.asarray(betaincinv(a, b, share))
