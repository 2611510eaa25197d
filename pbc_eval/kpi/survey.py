"""A share among people asked in a survey, with the weights and the error of its design.

The share is a ratio of weighted sums; its variance is that of the linearised ratio, between the
sampled clusters within each stratum (Taylor linearisation with replacement: Woodruff 1971, Journal
of the American Statistical Association 66).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._validate import check_level
from pbc_eval.errors import DataError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import beta_quantile, t_quantile
from pbc_eval.numerics.vectors import check_lengths, vector


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedShare:
    """A weighted share and its standard error, None where one cluster alone is in a stratum."""

    share: float
    std_error: float | None
    n: int  # people who answered
    effective_n: float  # Kish: (sum of weights)^2 / sum of their squares
    degrees_of_freedom: int  # clusters less strata
    reason: str = ""  # why there is no standard error

    def interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """Korn and Graubard's: exact (Clopper and Pearson) for the effective number of people, so
        that it stays within 0 and 1 and has a width where everybody answers alike.

        The effective number is that which would give the same standard error if people were asked
        at random, for few degrees of freedom cut by the square of the ratio of t points, and never
        above the number asked. Where all answer alike it is Kish's. None without an error.

        Source: Korn & Graubard (1998), Survey Methodology 24, 193-201.
        """
        check_level("survey interval", level, DataError)
        if self.std_error is None:
            return None
        size = (
            self.share * (1 - self.share) / self.std_error**2
            if self.std_error
            else (self.effective_n)
        )
        points = (
            float(t_quantile(0.5 + level / 2, max(freedom, 1)))
            for freedom in (self.n - 1, self.degrees_of_freedom)
        )
        asked, here = points
        size = min(size * (asked / here) ** 2, float(self.n))
        met, tail = self.share * size, (1 - level) / 2
        low = float(beta_quantile(tail, met, size - met + 1)) if met > 0 else 0.0
        high = float(beta_quantile(1 - tail, met + 1, size - met)) if met < size else 1.0
        return low, high


def weighted_share(
    answers: Floats,
    weights: Floats | None = None,
    strata: pd.Series | None = None,
    clusters: pd.Series | None = None,
) -> WeightedShare:
    """The weighted share of ones among ``answers`` (n,), each 0 or 1.

    ``weights`` (n,) are above zero, all one unless given; people are sampled by themselves unless
    ``clusters`` says with whom. Raises DataError for other answers or weights.
    """
    y = vector("survey", "answers", answers)
    w = np.ones(len(y)) if weights is None else vector("survey", "weights", weights)
    labels = {"strata": strata, "clusters": clusters}
    given = [(name, column) for name, column in labels.items() if column is not None]
    for name, column in given:
        if np.asarray(column, dtype=object).ndim != 1:
            raise DataError(f"survey: {name} must be one label a row, got {type(column).__name__}.")
    check_lengths("survey", [("answers", len(y)), ("weights", len(w)),
                             *((name, len(column)) for name, column in given)])  # fmt: skip
    if len(y) == 0 or not np.isin(y, (0.0, 1.0)).all():
        raise DataError("survey: answers must be 1 or 0, one for each person who answered.")
    if not (np.isfinite(w).all() and (w > 0).all()):
        raise DataError("survey: weights must be numbers above zero. Leave out people without one.")
    share = float(w @ y / w.sum())
    stratum = np.zeros(len(y), int) if strata is None else pd.factorize(pd.Series(strata))[0]
    cluster = np.arange(len(y)) if clusters is None else pd.factorize(pd.Series(clusters))[0]
    score = w * (y - share) / w.sum()
    totals = pd.DataFrame({"h": stratum, "c": cluster, "z": score}).groupby(["h", "c"])["z"].sum()
    by_stratum = totals.groupby("h")
    sizes = by_stratum.size()
    effective = float(w.sum() ** 2 / (w @ w))
    freedom = int(sizes.sum() - len(sizes))
    if (sizes < 2).any():
        return WeightedShare(
            share=share,
            std_error=None,
            n=len(y),
            effective_n=effective,
            degrees_of_freedom=freedom,
            reason="a stratum holds one sampled cluster only, which shows no variation",
        )
    variance = float((sizes * by_stratum.var(ddof=1)).sum())
    return WeightedShare(
        share=share,
        std_error=float(np.sqrt(variance)),
        n=len(y),
        effective_n=effective,
        degrees_of_freedom=freedom,
    )
