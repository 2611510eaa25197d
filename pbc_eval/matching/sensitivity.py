"""How much hidden bias would overturn the result of matched pairs?

Two people who look alike may differ in their odds of treatment by a factor of gamma because of
something not measured. How small, and how large, could the p-value then be?

Source: Rosenbaum (2002), Observational Studies, section 4.3 (Wilcoxon's signed-rank statistic,
normal approximation).
"""

import math
from collections.abc import Sequence
from numbers import Real

import numpy as np
import pandas as pd

from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.effect import checked_outcome, outcome_values
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import normal_sf

GAMMAS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)


def pair_differences(sample: MatchedSample, outcome: str | pd.Series) -> Floats:
    """Treated minus comparison outcome of each pair, (pairs,), in the outcome's unit.

    ``outcome`` is as in ``MatchedSample.effect``. Raises DesignError unless every unit serves in
    exactly one pair: after 1:1 matching without replacement.
    """
    pairs = sample.assignment.pairs
    if pairs is None or sample.settings.replacement or sample.settings.ratio != 1:
        raise DesignError(
            f"pair_differences: {sample.settings.in_words} does not make pairs of two. The bounds "
            "need 1:1 matching without replacement."
        )
    series = outcome_values(sample.design.frame, sample.design.ids, outcome)
    values = np.full(len(series), np.nan)
    values[sample.matched] = checked_outcome(series[sample.matched], str(series.name))
    sign = -1.0 if sample.settings.estimand == "ATC" else 1.0
    return np.asarray(sign * (values[pairs.focal] - values[pairs.other]))


def rosenbaum_bounds(
    sample: MatchedSample | Sequence[float] | Floats,
    outcome: str | pd.Series | None = None,
    gammas: Sequence[float] = GAMMAS,
) -> pd.DataFrame:
    """Bounds on the one-sided p-value that treatment raises the outcome, a row a gamma.

    ``sample`` is a match in pairs of two, with an ``outcome`` as in ``MatchedSample.effect``; or
    the differences (pairs,) of treated minus comparison outcomes themselves. For an outcome that
    should fall, pass differences with the sign turned. Pairs that do not differ are left out, as
    in Wilcoxon's test, and counted. Columns: ``gamma``, ``p_low``, ``p_high``, ``n_pairs``,
    ``n_without``.

    Raises DataError for differences that are not finite or all zero, DesignError for a gamma
    below 1 and for a sample that is not in pairs of two.
    """
    differences: Sequence[float] | Floats
    if isinstance(sample, MatchedSample):
        if outcome is None:
            raise DesignError("rosenbaum_bounds: name the outcome whose pairs are compared.")
        differences = pair_differences(sample, outcome)
    elif outcome is not None:
        raise DesignError(
            "rosenbaum_bounds: an outcome needs a matched sample; got "
            f"{type(sample).__name__} as the sample."
        )
    else:
        differences = sample
    try:
        values = np.asarray(differences, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(
            f"rosenbaum_bounds: differences must be numbers, one a pair; got {differences!r}."
        ) from None
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise DataError(
            "rosenbaum_bounds: differences must be finite numbers, one a pair; found "
            f"{int((~np.isfinite(values)).sum()):,} of {values.size:,} that are not."
        )
    moving = values[values != 0]
    if not len(moving):
        raise DataError("rosenbaum_bounds: no pair differs, so there is no effect to bound.")
    for gamma in gammas:
        if isinstance(gamma, bool) or not isinstance(gamma, Real) or not 1 <= gamma < math.inf:
            raise DesignError(
                f"rosenbaum_bounds: gamma is a ratio of odds and must be at least 1, got {gamma!r}."
            )
    ranks = pd.Series(np.abs(moving)).rank().to_numpy()
    statistic = float(ranks[moving > 0].sum())
    rows = []
    for gamma in gammas:
        p_values = []
        for chance in (1 / (1 + gamma), gamma / (1 + gamma)):
            mean = chance * ranks.sum()
            spread = math.sqrt(chance * (1 - chance) * float(ranks @ ranks))
            p_values.append(float(normal_sf((statistic - mean) / spread)))
        rows.append((float(gamma), *p_values, len(moving), len(values) - len(moving)))
    return pd.DataFrame(rows, columns=["gamma", "p_low", "p_high", "n_pairs", "n_without"])
