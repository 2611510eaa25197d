"""What a two-way coefficient is made of: every comparison of two cohorts, with its weight.

    earlier vs later      the earlier cohort's change, before the later one is treated
    later vs earlier      the later cohort's change, against units already treated
    treated vs untreated  a cohort's change against the never treated

The second kind subtracts changes in the effect on those already treated, and is why the two-way
coefficient can have the wrong sign.

Source: Goodman-Bacon (2021), "Difference-in-differences with variation in treatment timing",
Journal of Econometrics 225, theorem 1.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval.did.cohort_regression import complete_moments
from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.panel import Panel

KINDS = ("earlier_vs_later", "later_vs_earlier", "treated_vs_untreated")


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoByTwo:
    """One comparison of two cohorts in two spans of time; weights of all add up to one."""

    kind: str  # one of KINDS
    treated: int  # label of the cohort that becomes treated
    comparison: int  # label of the other; 0 for never treated
    weight: float
    estimate: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BaconDecomposition(Displayed):
    """All comparisons, in order of kind, treated and comparison cohort."""

    parts: tuple[TwoByTwo, ...]

    @property
    def estimate(self) -> float:
        """The two-way coefficient: the weighted sum of the comparisons."""
        return sum(part.weight * part.estimate for part in self.parts)

    def to_frame(self) -> pd.DataFrame:
        """One row a comparison: kind, treated, comparison, weight, estimate."""
        return pd.DataFrame(
            [(p.kind, p.treated, p.comparison, p.weight, p.estimate) for p in self.parts],
            columns=["kind", "treated", "comparison", "weight", "estimate"],
        )

    def by_kind(self) -> pd.DataFrame:
        """One row a kind that occurs: kind, weight (sum), estimate (weighted mean)."""
        rows = []
        for kind in KINDS:
            parts = [part for part in self.parts if part.kind == kind]
            weight = sum(part.weight for part in parts)
            if weight:
                mean = sum(part.weight * part.estimate for part in parts) / weight
                rows.append((kind, weight, mean))
        return pd.DataFrame(rows, columns=["kind", "weight", "estimate"])


def bacon_decomposition(panel: Panel) -> BaconDecomposition:
    """Decompose the static two-way coefficient of ``two_way`` on a complete panel.

    Cohorts count by their units, or by weight when the panel has weights. Raises DesignError for
    panels that are not complete, or in which no two cohorts can be compared.
    """
    moments = complete_moments(panel, "bacon_decomposition")
    share, path = moments.shares, moments.path
    n_periods = panel.n_periods
    treated = [g for g in range(1, len(panel.cohorts)) if panel.cohort_units[g]]
    dose = {g: 1 - panel.starts[g] / n_periods for g in treated}  # share of periods treated
    comparisons: list[tuple[str, int, int, float, float]] = []
    for at, k in enumerate(treated):
        start = panel.starts[k]
        if panel.cohort_units[0]:
            size = share[k] + share[0]
            spread = share[k] * share[0] / size**2 * dose[k] * (1 - dose[k])
            change = _change(path, k, 0, slice(start, None), slice(0, start))
            comparisons.append((KINDS[2], k, 0, size**2 * spread, change))
        for later in treated[at + 1 :]:
            other = panel.starts[later]
            size, mix = share[k] + share[later], share[k] * share[later]
            left, high, low = 1 - dose[later], dose[k], dose[later]
            # Before the later cohort is treated; then once the earlier one is.
            weight = (left * size) ** 2 * mix / size**2 * (high - low) * (1 - high) / left**2
            change = _change(path, k, later, slice(start, other), slice(0, start))
            comparisons.append((KINDS[0], k, later, weight, change))
            weight = (high * size) ** 2 * mix / size**2 * low * (high - low) / high**2
            change = _change(path, later, k, slice(other, None), slice(start, other))
            comparisons.append((KINDS[1], later, k, weight, change))
    total = sum(weight for _, _, _, weight, _ in comparisons)
    if not total:
        raise DesignError(
            f"{panel.name}: no two cohorts can be compared; the two-way coefficient needs units "
            "treated during the window and units that are not, or treated at another time."
        )
    parts = [
        TwoByTwo(
            kind=kind,
            treated=panel.cohorts[treated_cohort],
            comparison=panel.cohorts[compared_cohort],
            weight=weight / total,
            estimate=estimate,
        )
        for kind, treated_cohort, compared_cohort, weight, estimate in comparisons
    ]
    parts.sort(key=lambda part: (KINDS.index(part.kind), part.treated, part.comparison))
    return BaconDecomposition(parts=tuple(parts))


def _change(path: Floats, treated: int, compared: int, after: slice, before: slice) -> float:
    gap = path[treated] - path[compared]
    return float(np.mean(gap[after]) - np.mean(gap[before]))
