"""What the contract would pay without one cohort, period, unit or cluster of the data.

    check "leave_out" (the range of the effect without one) ─ rule of payment ─▶ the range of the
    payment, and the steps that clauses would reach

The interval moves with the effect: its width is taken as known. Payments are worked out all over
the range, so that "it stays" holds wherever in it an estimate lies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.errors import PaymentTermsError
from pbc_eval.messages.sentence import EMPTY, Claim, Sentence
from pbc_eval.messages.values import Listed, Money, Name, Names
from pbc_eval.numerics.arrays import Floats
from pbc_eval.payment.draws import payments_of_draws
from pbc_eval.results import AttEstimate, CheckResult, MeasuredOutcome

POINTS = 201  # of the range, its ends among them
_WHAT = {
    "cohort": Sentence("group"),
    "period": Sentence("period"),
    "unit": Sentence("unit"),
    "cluster": Sentence("cluster"),
}


class Judged(NamedTuple):
    """The headline of one outcome and the checks that were made of it."""

    headline: AttEstimate
    checks: Sequence[CheckResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutPayment:
    """The payment of one outcome's effect without one of each kind in ``by``: from ``least`` to
    ``most``, beside ``agreed``, in the contract's currency; None where one of them could be told
    from it. ``steps`` are labels of clauses that would reach another step, ``has_steps`` whether
    any clause on it pays by steps."""

    outcome: str
    by: tuple[str, ...]
    currency: str
    agreed: float | None
    least: float | None
    most: float | None
    steps: tuple[str, ...]
    has_steps: bool

    def sentence(self, label: str) -> Sentence | None:
        """One line on the payment; None where nothing may be told. ``label`` is the outcome's."""
        what = _either(tuple(_WHAT[each] for each in self.by))
        claim = Claim(kind="none", of=self.outcome)
        if self.agreed is None or self.least is None or self.most is None:
            return self._steps_alone(claim, what, label)
        least, most, agreed = (
            Money(amount, self.currency) for amount in (self.least, self.most, self.agreed)
        )
        if self.least == self.most == self.agreed:
            return Sentence(
                "The payment stays {agreed} whichever {what} is left out of the estimate of "
                "{label}.",
                claim,
                agreed=agreed,
                what=what,
                label=Name(label),
            )
        steps = EMPTY
        if self.steps:
            steps = Sentence("; {steps} would reach another step", steps=Names(self.steps))
        elif self.has_steps:
            steps = Sentence("; every clause that pays by steps reaches the same step")
        return Sentence(
            "With one {what} left out of the estimate of {label}, the payment would lie between "
            "{least} and {most}, beside {agreed} as agreed{steps}.",
            claim,
            what=what,
            label=Name(label),
            least=least,
            most=most,
            agreed=agreed,
            steps=steps,
        )

    def _steps_alone(self, claim: Claim, what: Listed, label: str) -> Sentence | None:
        if self.steps:
            return Sentence(
                "Without a certain {what} in the estimate of {label}, {steps} would reach another "
                "step.",
                claim,
                what=what,
                label=Name(label),
                steps=Names(self.steps),
            )
        if not self.has_steps:
            return None
        return Sentence(
            "Whichever {what} is left out of the estimate of {label}, every clause that pays by "
            "steps reaches the same step.",
            claim,
            what=what,
            label=Name(label),
        )


def _either(parts: tuple[Sentence, ...]) -> Listed:
    """'group, period or unit'."""
    if len(parts) < 3:
        return Listed(parts, " or ")
    return Listed((Listed(parts[:-1], ", "), parts[-1]), " or ")


def payments_left_out(
    terms: PaymentTerms | None,
    judged: Mapping[str, Judged],
    results: Mapping[str, MeasuredOutcome],
    *,
    protected: bool,
) -> tuple[LeftOutPayment, ...]:
    """One entry for each outcome that is paid for and whose effect was found again without one of
    each. ``protected``: amounts could tell of single units, and are left out."""
    if terms is None:
        return ()
    paid = dict.fromkeys(name for clause in terms.due_clauses for name in clause.outcomes)
    entries = (
        _without_one(terms, name, judged[name], results, protected=protected)
        for name in paid
        if name in judged
    )
    return tuple(entry for entry in entries if entry is not None)


def _without_one(
    terms: PaymentTerms,
    name: str,
    judged: Judged,
    results: Mapping[str, MeasuredOutcome],
    *,
    protected: bool,
) -> LeftOutPayment | None:
    measured, estimate = results[name], judged.headline.estimate
    table = next((check.table for check in judged.checks if check.name == "leave_out"), None)
    if table is None or not measured.effect or not estimate:
        return None
    ends = table[["low", "high"]].to_numpy(np.float64)
    scale = measured.effect / estimate  # in the sign and unit that are paid for
    reach: Floats = np.linspace(scale * ends.min(), scale * ends.max(), POINTS)
    try:
        drawn = payments_of_draws(terms, results, {name: np.append(reach, measured.effect)})
    except PaymentTermsError:
        return None
    amounts = np.round(drawn.amounts, terms.rounding.decimals)
    mine = [
        clause
        for clause in terms.due_clauses
        if clause.id in drawn.tiers and name in clause.outcomes
    ]
    return LeftOutPayment(
        outcome=name,
        by=tuple(table["by"]),
        currency=terms.currency,
        agreed=None if protected else float(amounts[-1]),
        least=None if protected else float(amounts.min()),
        most=None if protected else float(amounts.max()),
        steps=tuple(clause.label for clause in mine if np.ptp(drawn.tiers[clause.id])),
        has_steps=bool(mine),
    )
