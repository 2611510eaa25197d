"""Counts: how many more or fewer events, as a rate ratio and per 100 people.

    sample, outcome ── rate_effects ──▶ RateEffects

The rate ratio is that of a weighted log-linear (Poisson) regression on treatment alone: the ratio
of two weighted rates. Its error does not rest on the Poisson variance: counts that cluster in a
few people widen it, as they should (quasi-likelihood with a sandwich error).

Source: McCullagh & Nelder (1989), chapter 6; Zou (2004), American Journal of Epidemiology 159.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_level, first_few
from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.group_means import Sample, analysed, group_means
from pbc_eval.matching.ratio import Ratio, ratio_of
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import t_quantile


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class RateEffects(Displayed):
    """Rates are events a person, or a unit of exposure; ``covariance`` (2, 2) is theirs, treated
    first, None when it cannot be had. ``exposure`` names the exposure column, None without one."""

    term: str
    treated_rate: float
    comparison_rate: float
    covariance: Floats | None
    degrees_of_freedom: float
    level: float
    n_treated: int
    n_comparison: int
    exposure: str | None

    @property
    def critical(self) -> float:
        return float(t_quantile(0.5 + self.level / 2, self.degrees_of_freedom))

    @property
    def difference(self) -> float:
        """Events a person (or a unit of exposure) more in the programme."""
        return self.treated_rate - self.comparison_rate

    @property
    def std_error(self) -> float | None:
        """Of the difference."""
        if self.covariance is None:
            return None
        lean = np.array([1.0, -1.0])
        return float(np.sqrt(max(lean @ self.covariance @ lean, 0.0)))

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the difference."""
        error = self.std_error
        if error is None:
            return None
        return self.difference - self.critical * error, self.difference + self.critical * error

    @property
    def rate_ratio(self) -> Ratio:
        rates = (self.treated_rate, self.comparison_rate)
        first, second = (1 / rate if rate > 0 else np.inf for rate in rates)
        return ratio_of(
            rates, (first, second), self.covariance, self.critical, "a group has no event"
        )

    @property
    def per_hundred(self) -> str:
        """One sentence for a reader."""
        of = f"100 units of {self.exposure}" if self.exposure else "100 people"
        change = 100 * self.difference
        words = f"{abs(change):.1f} {'more' if change >= 0 else 'fewer'} events for every {of}"
        rates = (
            f"{100 * self.treated_rate:.1f} events for every {of}, against "
            f"{100 * self.comparison_rate:.1f} without: {words}"
        )
        interval = self.interval
        if interval is None:
            return f"{rates}."
        low, high = (100 * end for end in interval)
        return f"{rates} ({self.level:.0%} interval {low:+.1f} to {high:+.1f})."

    def to_frame(self) -> pd.DataFrame:
        """A row a measure: ``measure``, ``estimate``, ``conf_low``, ``conf_high``, ``reason``."""
        low, high = self.interval or (np.nan, np.nan)
        why = "" if self.covariance is not None else "no standard error"
        ratio = self.rate_ratio
        ends = [np.nan if end is None else end for end in (ratio.conf_low, ratio.conf_high)]
        return pd.DataFrame(
            [
                ("rate difference", self.difference, low, high, why),
                ("rate ratio", ratio.estimate, *ends, ratio.reason or ""),
            ],
            columns=["measure", "estimate", "conf_low", "conf_high", "reason"],
        )


def rate_effects(
    sample: Sample,
    outcome: str | pd.Series,
    exposure: str | pd.Series | None = None,
    level: float = 0.95,
    cluster: str | None = None,
) -> RateEffects:
    """Compare weighted rates of events in a matched or weighted sample.

    ``outcome`` counts each person's events, ``exposure`` how long or how often they could have
    had one (person-years, say); without it every person counts once. Both, and ``cluster``, are
    as in the sample's ``effect``. Raises DataError for counts below 0 or exposures that are not
    above 0.
    """
    check_level("rate_effects", level, DesignError)
    name, values = analysed(sample, outcome, "outcome")
    _refuse(name, "a count of events must be 0 or above", values[values < 0])
    exposed, length = None, None
    if exposure is not None:
        exposed, length = analysed(sample, exposure, "exposure")
        _refuse(exposed, "an exposure must be above 0", length[length <= 0])
    means = group_means(sample, values, length, cluster)
    return RateEffects(
        term=name,
        treated_rate=means.treated,
        comparison_rate=means.comparison,
        covariance=means.covariance,
        degrees_of_freedom=means.degrees_of_freedom,
        level=level,
        n_treated=means.n_treated,
        n_comparison=means.n_comparison,
        exposure=exposed,
    )


def _refuse(name: str, rule: str, wrong: Floats) -> None:
    if len(wrong):
        raise DataError(
            f"rate_effects: {rule}; {name!r} has {len(wrong):,} others "
            f"({first_few(f'{value:g}' for value in wrong)}). Correct them, or leave those people "
            "out before matching and say why."
        )
