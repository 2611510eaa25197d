"""A simulation in the figures that a page tells: averages, intervals, chances, a histogram.

The draws themselves, some hundred thousand, stay where they were made.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.evaluation.joint_simulation import JointSimulation
from pbc_eval.results import Floats
from pbc_eval.sroi.simulate import Quantity, Simulation
from pbc_eval.sroi.value_of_information import ValueOfInformation

LEVEL = 0.95
BINS = 30
SHOWN = (0.002, 0.998)  # quantiles between which a distribution is drawn
QUANTITIES: tuple[Quantity, ...] = ("present_value", "investment", "net_present_value", "ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One simulated figure: its average and the ends between which the middle draws lie."""

    average: float
    low: float
    high: float

    @property
    def interval(self) -> tuple[float, float]:
        return self.low, self.high


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReturnsSummary:
    """The draws of a social return, summed up; money in the currency of the map.

    ``spread`` maps present_value, investment, net_present_value and ratio to the middle ``level``
    of the draws. ``share`` (k,) is the part of all draws whose ratio lies between the ``edges``
    (k + 1,); the furthest draws on either side are left out.
    """

    draws: int
    level: float
    spread: dict[str, Spread]
    chance_ratio_above_one: float
    chance_npv_above_zero: float
    without_investment: int  # draws that have no ratio, since nothing is invested in them
    edges: Floats
    share: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulationSummary:
    """What was simulated of an evaluation; ``returns`` is None where no return was."""

    draws: int
    seed: int
    pays: bool  # is what is paid in a draw part of what is invested in it?
    returns: ReturnsSummary | None
    information: ValueOfInformation | None
    notes: tuple[str, ...]


def summary_of(simulation: JointSimulation) -> SimulationSummary:
    """The figures of a simulation that may be shown."""
    returns = simulation.returns
    return SimulationSummary(
        draws=simulation.draws,
        seed=simulation.seed,
        pays=simulation.payments is not None,
        returns=None if returns is None else _returns(returns),
        information=simulation.information,
        notes=simulation.notes,
    )


def _returns(returns: Simulation) -> ReturnsSummary:
    edges, share = _histogram(returns.ratio)
    return ReturnsSummary(
        draws=returns.draws,
        level=LEVEL,
        spread={quantity: _spread(returns, quantity) for quantity in QUANTITIES},
        chance_ratio_above_one=returns.chance_ratio_above_one,
        chance_npv_above_zero=returns.chance_npv_above_zero,
        without_investment=returns.without_investment,
        edges=edges,
        share=share,
    )


def _spread(returns: Simulation, quantity: Quantity) -> Spread:
    low, high = returns.interval(quantity, LEVEL)
    return Spread(average=returns.mean(quantity), low=low, high=high)


def _histogram(ratio: Floats) -> tuple[Floats, Floats]:
    known = ratio[np.isfinite(ratio)]
    ends = np.quantile(known, SHOWN)
    if ends[0] == ends[1]:
        ends = ends + np.array([-0.5, 0.5])
    counts, edges = np.histogram(known, bins=BINS, range=(float(ends[0]), float(ends[1])))
    return edges, counts / len(ratio)
