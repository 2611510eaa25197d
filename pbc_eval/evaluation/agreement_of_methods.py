"""Do other ways to estimate the effect agree with the headline, and what would they have paid?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pbc_eval.results import AttEstimate

MOST = 0.8  # share of other ways that are as clear as the headline, else in doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementOfMethods:
    """``ways`` other estimates of one effect; payments are in the contract's currency."""

    ways: int
    same_direction: int
    as_clear: int  # of those: beyond chance, or not, as the headline is
    payments: tuple[float, ...]  # that are known, under each of them
    agreed: float | None  # as agreed

    @property
    def holds(self) -> bool:
        """Do enough of them agree in direction and clearness?"""
        return self.as_clear >= MOST * self.ways

    @property
    def paying_otherwise(self) -> int:
        if self.agreed is None:
            return 0
        return sum(abs(payment - self.agreed) >= 0.005 for payment in self.payments)


def agreement_of_methods(
    headline: AttEstimate,
    others: Sequence[tuple[str, AttEstimate]],
    payments: Mapping[str, float] | None = None,
    agreed: float | None = None,
) -> AgreementOfMethods:
    """Of the ``others``, by name, with what would be paid under each where something is paid."""
    same = [(name, other) for name, other in others if other.estimate * headline.estimate > 0]
    clear = [name for name, other in same if bool(other.significant) == bool(headline.significant)]
    known = payments or {}
    return AgreementOfMethods(
        ways=len(others),
        same_direction=len(same),
        as_clear=len(clear),
        payments=tuple(known[name] for name, _ in others if name in known),
        agreed=agreed,
    )
