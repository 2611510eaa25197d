"""Cost-effectiveness: what was spent for each unit of an outcome, with its interval.

The interval is that of the effect, turned over: spent / high end to spent / low end. Where the
effect's interval holds zero, nobody can say that a unit was gained at any price, and no upper end
is given (Fieller 1954 gives the same reading for a cost that is known).
"""

import math
from dataclasses import dataclass

from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import Money, Name
from pbc_eval.results import MeasuredOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPerOutcome:
    """Money for each unit that was gained beyond what would have happened anyway."""

    outcome: str
    unit: str  # what one unit is, in words
    spent: float
    gained: float  # units: effect times scale
    cost: float | None  # None where nothing was gained
    low: float | None  # None where no interval is known
    high: float | None  # None beside a low end: no bound, for the effect may be none
    currency: str

    @property
    def sentence(self) -> Sentence:
        """'£9,000 was spent, £450 for each job, between £390 and £540 by the interval ...'"""
        if self.cost is None:
            return Sentence(
                "No cost for each {unit} can be given, for none was gained.", unit=Name(self.unit)
            )
        span = EMPTY
        if self.low is not None and self.high is not None:
            span = Sentence(
                ", between {low} and {high} by the interval of the effect",
                low=Money(self.low, self.currency),
                high=Money(self.high, self.currency),
            )
        elif self.low is not None:
            span = Sentence(
                ", at least {low} by the interval of the effect, which has no upper end here: the "
                "effect may be none",
                low=Money(self.low, self.currency),
            )
        return Sentence(
            "{spent} was spent, {cost} for each {unit}{span}.",
            spent=Money(self.spent, self.currency),
            cost=Money(self.cost, self.currency),
            unit=Name(self.unit),
            span=span,
        )


def cost_per_outcome(
    measured: MeasuredOutcome, spent: float, *, unit: str, currency: str
) -> CostPerOutcome | None:
    """``spent`` for each unit that ``measured`` gained; None where no total is known of it.

    Units are the effect times ``total_scale``; only effects against a comparison are taken, for a
    count says nothing of what would have happened anyway.
    """
    effect, scale = measured.effect, measured.total_scale
    if measured.source == "counted" or effect is None or not scale or not math.isfinite(scale):
        return None
    gained = effect * scale
    low, high = measured.conf_low, measured.conf_high
    known = low is not None and high is not None and gained > 0
    return CostPerOutcome(
        outcome=measured.outcome,
        unit=unit,
        spent=spent,
        gained=gained,
        cost=spent / gained if gained > 0 else None,
        low=spent / (high * scale) if known and high is not None and high > 0 else None,
        high=spent / (low * scale) if known and low is not None and low > 0 else None,
        currency=currency,
    )
