"""How much each effect counts in a two-way coefficient, and which count negatively.

With parallel trends the static two-way coefficient is a weighted sum of the effects on the treated,
one for each cohort and period, whose weights add up to one and may be negative:

    beta = sum over treated (g, t) of w_gt * ATT(g, t),   w_gt = n_gt * e_gt / sum of n_gt * e_gt

where e_gt is what unit and period effects leave of the treatment, and n_gt the (weighted) number of
observations. An effect with a negative weight pulls the coefficient down by being good.

Source: de Chaisemartin and D'Haultfoeuille (2020), "Two-way fixed effects estimators with
heterogeneous treatment effects", American Economic Review 110, theorem 1 and corollary 1.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval.did.two_way import residual_treatment, two_way
from pbc_eval.panel.panel import Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectWeight:
    """What the effect on one cohort in one period counts; weights of all add up to one."""

    cohort: int  # label: the first treated period
    time: int  # period's label
    weight: float
    share: float  # of all treated observations: what the effect counts in their plain average


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TwoWayWeights(Displayed):
    """Weights in order of cohort and time, and the coefficient that they make up."""

    cells: tuple[EffectWeight, ...]
    coefficient: float

    @property
    def n_negative(self) -> int:
        return sum(cell.weight < 0 for cell in self.cells)

    @property
    def negative_sum(self) -> float:
        """The sum of the negative weights: -0.2 where a fifth of a common effect is taken away and
        given back elsewhere."""
        return sum(min(cell.weight, 0.0) for cell in self.cells)

    @property
    def least_spread(self) -> float | None:
        """The smallest standard deviation of effects over treated cells with which the average
        effect could be zero although the coefficient is what it is; None when every effect counts
        its share. In the outcome's unit. A value that is small for the outcome means that the
        coefficient says little."""
        share = np.array([cell.share for cell in self.cells])
        weight = np.array([cell.weight for cell in self.cells])
        spread = float(np.sqrt(np.sum(share * (weight / share - 1) ** 2)))
        return abs(self.coefficient) / spread if spread > 1e-10 else None

    def to_frame(self) -> pd.DataFrame:
        """One row a treated cohort and period: cohort, time, weight, share."""
        rows = [(c.cohort, c.time, c.weight, c.share) for c in self.cells]
        return pd.DataFrame(rows, columns=["cohort", "time", "weight", "share"])


def two_way_weights(panel: Panel) -> TwoWayWeights:
    """The weights of the effects in the coefficient of ``two_way``, on complete panels and others.

    On incomplete panels an effect is that on the units of a cohort seen in the period, and units
    seen once count nothing. Raises DesignError when the panel has no two-way coefficient.
    """
    panel.refuse_for("two_way_weights")
    residual, observations = residual_treatment(panel)
    treated = np.arange(panel.n_periods)[None, :] >= np.array(panel.starts)[:, None]
    treated[0] = False
    treated &= observations > 0
    total = float((observations * residual)[treated].sum())
    reached = float(observations[treated].sum())
    cells = tuple(
        EffectWeight(
            cohort=panel.cohorts[g],
            time=panel.periods.labels[t],
            weight=float(observations[g, t] * residual[g, t]) / total,
            share=float(observations[g, t]) / reached,
        )
        for g, t in np.argwhere(treated)
    )
    return TwoWayWeights(cells=cells, coefficient=two_way(panel).estimate)
