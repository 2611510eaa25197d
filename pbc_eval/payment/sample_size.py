"""How large an evaluation must be for a payment rule to err as seldom as agreed."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

from pbc_eval._validate import check_share
from pbc_eval.agreement.payment_terms import Clause
from pbc_eval.errors import PaymentTermsError
from pbc_eval.numerics.root_finding import root_between
from pbc_eval.payment.closed_form import tier_probabilities
from pbc_eval.results import MeasuredOutcome

MOST = 1e8  # times the present size; what needs more cannot be had


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize:
    """Units needed so that a clause pays for no effect, and misses a promised one, seldom enough.

    Errors shrink with the square root of the number of units. ``needed`` is the larger of the two
    counts; ``units`` is what there is now.
    """

    clause: str
    units: float
    for_no_effect: float  # so that it pays for nothing with at most ``false_payment``
    for_success: float  # so that it misses the promised effect with at most ``missed_payment``
    false_payment: float
    missed_payment: float

    @property
    def needed(self) -> int:
        return math.ceil(max(self.for_no_effect, self.for_success) - 1e-9)


def sample_size(
    clause: Clause,
    outcome: MeasuredOutcome,
    *,
    units: float,
    promised: float,
    false_payment: float = 0.05,
    missed_payment: float = 0.2,
    tier: int = 1,
) -> SampleSize:
    """The number of units for the chosen chances of the two errors, for one tier of a clause.

    ``outcome`` was estimated from ``units`` units; ``promised`` is the effect that ought to reach
    the tier, in the outcome's unit.

    Raises PaymentTermsError where the clause has no closed form, and where no number of units
    would do: a bound that no effect at all reaches half the time, or a promise at the bound or
    below it.
    """
    for name, value in (("false_payment", false_payment), ("missed_payment", missed_payment)):
        check_share(clause.id, name, value, PaymentTermsError)
    if not outcome.std_error or tier_chance(clause, outcome, 0.0, tier, 1.0) is None:
        raise PaymentTermsError(
            f"{clause.id}: a sample size needs tiers on one estimated outcome with a standard "
            "error. Choose a threshold, bands or a slide on such an outcome."
        )

    def false(size: float) -> float:
        return _known(tier_chance(clause, outcome, 0.0, tier, size)) - false_payment

    def missed(size: float) -> float:
        return 1 - _known(tier_chance(clause, outcome, promised, tier, size)) - missed_payment

    return SampleSize(
        clause=clause.id,
        units=units,
        for_no_effect=units
        * _least(clause.id, false, "it pays for no effect at all", false_payment),
        for_success=units * _least(clause.id, missed, "it misses the promise", missed_payment),
        false_payment=false_payment,
        missed_payment=missed_payment,
    )


def tier_chance(
    clause: Clause, outcome: MeasuredOutcome, effect: float, tier: int, size: float
) -> float | None:
    """Chance that the tier or a higher one is reached, with ``size`` times as many units."""
    chances = tier_probabilities(
        clause, _with_size(outcome, size), effect, (outcome.std_error or 0.0) / math.sqrt(size)
    )
    return None if chances is None else float(chances[tier:].sum())


def _with_size(outcome: MeasuredOutcome, size: float) -> MeasuredOutcome:
    """The outcome with an interval as narrow as so many times the units would make it."""
    effect = outcome.effect or 0.0
    low, high = (
        None if side is None else effect + (side - effect) / math.sqrt(size)
        for side in (outcome.conf_low, outcome.conf_high)
    )
    return dataclasses.replace(outcome, conf_low=low, conf_high=high)


def _known(chance: float | None) -> float:
    assert chance is not None
    return chance


def _least(clause: str, excess: Callable[[float], float], what: str, chance: float) -> float:
    """The least multiple of the present size at which the error is rare enough."""
    if excess(MOST) > 0:
        raise PaymentTermsError(
            f"{clause}: however many units there are, {what} in more than {chance:.0%} of "
            "evaluations. Set the bound above zero and well below the promised effect."
        )
    if excess(1 / MOST) <= 0:
        return 1 / MOST
    root = root_between(
        lambda log: excess(math.exp(log)), -math.log(MOST), math.log(MOST), tolerance=1e-12
    )
    return math.exp(root)
