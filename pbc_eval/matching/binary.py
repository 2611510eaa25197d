"""Yes-or-no outcomes: differences in percentage points, ratios, and so many in a hundred.

    sample, outcome ── risk_effects ──▶ RiskEffects

The three answers come from the same two weighted shares and their joint covariance: the ratio's
and the odds ratio's intervals are symmetric on the logarithmic scale (delta method). A share of
nought or one has no logarithm, and then there is no interval and the reason is given.

Source: Zou (2004), American Journal of Epidemiology 159, 702-706; covariances as in
``matching.effect`` and ``matching.weighted_effect``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_level, first_few
from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.group_means import analysed, group_means
from pbc_eval.matching.ratio import Ratio, ratio_of
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import t_quantile


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class RiskEffects(Displayed):
    """Shares are fractions of the target population; ``covariance`` (2, 2) is theirs, treated
    first, None when it cannot be had. ``degrees_of_freedom`` belong to the interval's t."""

    term: str
    treated_share: float
    comparison_share: float
    covariance: Floats | None
    degrees_of_freedom: float
    level: float
    n_treated: int
    n_comparison: int

    @property
    def critical(self) -> float:
        return float(t_quantile(0.5 + self.level / 2, self.degrees_of_freedom))

    @property
    def difference_points(self) -> float:
        """The risk difference in percentage points."""
        return 100 * (self.treated_share - self.comparison_share)

    @property
    def std_error_points(self) -> float | None:
        if self.covariance is None:
            return None
        lean = np.array([1.0, -1.0])
        return 100 * float(np.sqrt(max(lean @ self.covariance @ lean, 0.0)))

    @property
    def interval_points(self) -> tuple[float, float] | None:
        """The risk difference's interval in percentage points."""
        error = self.std_error_points
        if error is None:
            return None
        reach = self.critical * error
        return self.difference_points - reach, self.difference_points + reach

    @property
    def risk_ratio(self) -> Ratio:
        slopes = [1 / share if share > 0 else np.inf for share in self._shares]
        return self._ratio(list(self._shares), slopes)

    @property
    def odds_ratio(self) -> Ratio:
        odds = [share / (1 - share) if share < 1 else np.inf for share in self._shares]
        slopes = [1 / (share * (1 - share)) if 0 < share < 1 else np.inf for share in self._shares]
        return self._ratio(odds, slopes)

    @property
    def per_hundred(self) -> str:
        """One sentence for a reader."""
        treated, comparison = (100 * share for share in self._shares)
        change = self.difference_points
        words = f"{abs(change):.1f} {'more' if change >= 0 else 'fewer'} in every 100"
        rates = f"{treated:.1f} in every 100, against {comparison:.1f} without: {words}"
        interval = self.interval_points
        if interval is None:
            return f"{rates}."
        low, high = interval
        return f"{rates} ({self.level:.0%} interval {low:+.1f} to {high:+.1f})."

    def to_frame(self) -> pd.DataFrame:
        """A row a measure: ``measure``, ``estimate``, ``conf_low``, ``conf_high``, ``reason``."""
        points = self.interval_points or (np.nan, np.nan)
        why = "" if self.covariance is not None else "no standard error"
        rows: list[tuple[object, ...]] = [
            ("risk difference, percentage points", self.difference_points, *points, why)
        ]
        for name, ratio in (("risk ratio", self.risk_ratio), ("odds ratio", self.odds_ratio)):
            ends = [np.nan if end is None else end for end in (ratio.conf_low, ratio.conf_high)]
            rows.append((name, ratio.estimate, *ends, ratio.reason or ""))
        columns = ["measure", "estimate", "conf_low", "conf_high", "reason"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def _shares(self) -> tuple[float, float]:
        return self.treated_share, self.comparison_share

    def _ratio(self, parts: list[float], slopes: list[float]) -> Ratio:
        return ratio_of(
            (parts[0], parts[1]),
            (slopes[0], slopes[1]),
            self.covariance,
            self.critical,
            "a share is nought or one",
        )


def risk_effects(
    sample: MatchedSample | WeightedSample,
    outcome: str | pd.Series,
    level: float = 0.95,
    cluster: str | None = None,
) -> RiskEffects:
    """Compare weighted shares of a 0/1 outcome in a matched or weighted sample.

    ``outcome`` and ``cluster`` are as in the sample's ``effect``; the difference and its error are
    those of ``effect(outcome)``, times 100. Raises DataError for an outcome other than 0 and 1.
    """
    check_level("risk_effects", level, DesignError)
    name, values = analysed(sample, outcome, "outcome")
    strange = np.unique(values[(values != 0) & (values != 1)])
    if len(strange):
        raise DataError(
            f"risk_effects: outcome {name!r} must be 0 or 1, found "
            f"{first_few(f'{value:g}' for value in strange)}. Recode it, or use effect()."
        )
    means = group_means(sample, values, cluster=cluster)
    return RiskEffects(
        term=name,
        treated_share=min(max(means.treated, 0.0), 1.0),
        comparison_share=min(max(means.comparison, 0.0), 1.0),
        covariance=means.covariance,
        degrees_of_freedom=means.degrees_of_freedom,
        level=level,
        n_treated=means.n_treated,
        n_comparison=means.n_comparison,
    )
