"""From plan to payment: what the first plan, its variations and what was paid each moved.

Money in one currency. A contract of which a step is not known is in no sum, and is named.
"""

import math
from dataclasses import dataclass

from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import Money, Name, Names, Noun, Number, Share

CONTRACTS = Noun(Sentence("contract"), Sentence("contracts"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedContract:
    """One contract: what each plan came to, the first one first, and what was paid."""

    label: str
    planned: tuple[float | None, ...]
    paid: float | None
    source: str = ""

    @property
    def steps(self) -> tuple[float | None, ...]:
        return (*self.planned, self.paid)

    @property
    def is_known(self) -> bool:
        return None not in self.steps

    @property
    def moves(self) -> tuple[float | None, ...]:
        """What each step moved, from the second on; None where it or the one before is unknown."""
        pairs = zip(self.steps[:-1], self.steps[1:], strict=True)
        return tuple(
            None if before is None or after is None else after - before for before, after in pairs
        )

    def paid_of(self, step: int) -> float | None:
        """Paid as a share of a plan; None where either is unknown or nothing was planned."""
        planned = self.planned[step]
        return None if self.paid is None or not planned else self.paid / planned


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansAndPayments:
    """All contracts of which plans and payments are known. ``labels`` name the plans."""

    labels: tuple[str, ...]
    contracts: tuple[PlannedContract, ...]
    currency: str

    @property
    def known(self) -> tuple[PlannedContract, ...]:
        return tuple(contract for contract in self.contracts if contract.is_known)

    @property
    def total(self) -> PlannedContract:
        """The sum over contracts of which every step is known."""
        columns = list(zip(*(contract.steps for contract in self.known), strict=True))
        sums = [math.fsum(value or 0.0 for value in column) for column in columns]
        sums = sums or [0.0] * (len(self.labels) + 1)
        return PlannedContract(label="All contracts", planned=tuple(sums[:-1]), paid=sums[-1])

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """What each step moved, over all contracts, and how far single ones are from their sum."""
        if not self.known:
            return (Sentence("Of no contract are all plans and the payment known."),)
        return tuple(
            line for line in (self._moved(), self._apart(), self._unknown()) if line is not None
        )

    def _moved(self) -> Sentence:
        total, currency = self.total, self.currency
        first, last = total.planned[0] or 0.0, total.planned[-1] or 0.0
        varied = EMPTY
        if len(self.labels) > 1:
            varied = Sentence(
                " Variations moved that by {change} {way}, to {last}.",
                change=Money(abs(last - first), currency),
                way=_way(last - first),
                last=Money(last, currency),
            )
        paid = total.paid or 0.0
        return Sentence(
            "{contracts} were first planned to pay {first}.{varied} {paid} was paid: {of_first} of "
            "the first plans and {of_last} of the last.",
            contracts=Number(len(self.known), noun=CONTRACTS),
            first=Money(first, currency),
            varied=varied,
            paid=Money(paid, currency),
            of_first=Share(paid / first if first else 0.0, 1),
            of_last=Share(paid / last if last else 0.0, 1),
        )

    def _apart(self) -> Sentence | None:
        shares = [(share, c.label) for c in self.known if (share := c.paid_of(0)) is not None]
        if len(shares) < 2:
            return None
        least, most = min(shares), max(shares)
        over = sum(share > 1 for share, _ in shares)
        return Sentence(
            "Single contracts are far from the sum: {least} was paid of the first plan of "
            "{least_of}, {most} of that of {most_of}. {over} paid more than was first planned.",
            least=Share(least[0]),
            least_of=Name(least[1]),
            most=Share(most[0]),
            most_of=Name(most[1]),
            over=Number(over, noun=CONTRACTS) if over else Sentence("None"),
        )

    def _unknown(self) -> Sentence | None:
        unknown = [contract.label for contract in self.contracts if not contract.is_known]
        if not unknown:
            return None
        return Sentence(
            "In no sum, because a plan or the payment is not known: {names}.",
            names=Names(tuple(unknown)),
        )


def _way(change: float) -> Sentence:
    return Sentence("upwards") if change >= 0 else Sentence("downwards")
