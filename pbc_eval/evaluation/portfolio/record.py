"""What a portfolio found: its contracts on one footing, and what they say together."""

from dataclasses import dataclass, field
from typing import Literal

from pbc_eval._display import in_one_line
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.agreement.portfolio import PortfolioSpec
from pbc_eval.portfolio.plans import PlansAndPayments
from pbc_eval.portfolio.pooling import PooledEffect
from pbc_eval.portfolio.ranks import League

Verdict = Literal["improved", "worsened", "uncertain", "no_interval", "not_measured"]
Scale = Literal["own_unit", "share_of_promise", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractResult:
    """One contract of a portfolio. Effects are improvements: positive is better, in the unit of
    ``outcome``; money is in ``currency``. What is not known is None."""

    label: str
    source: str
    outcome: Outcome | None = None  # None: nothing was measured, a forecast
    effect: float | None = None
    std_error: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    promised: float | None = None
    agreed: float | None = None  # the most that the contract could pay
    paid: float | None = None
    spend: float | None = None  # all that was put in, the payment included
    people: int | None = None  # units behind the effect, in the programme
    currency: str = "GBP"
    illustrative: bool = False  # some amount of its edition was made up to show a rule
    made_up: bool = False  # the payment shows a rule; no such amount was agreed or paid
    link: str = ""  # its own page, seen from the portfolio's
    remarks: tuple[str, ...] = ()  # illustrative amounts, synthetic data

    @property
    def verdict(self) -> Verdict:
        if self.effect is None:
            return "not_measured"
        if self.conf_low is None or self.conf_high is None:
            return "no_interval"
        if self.conf_low > 0:
            return "improved"
        return "worsened" if self.conf_high < 0 else "uncertain"

    @property
    def unpaid(self) -> float | None:
        return None if self.agreed is None or self.paid is None else self.agreed - self.paid

    @property
    def kind(self) -> tuple[str, str, str] | None:
        """Contracts of one kind have the same outcome in the same unit and direction."""
        outcome = self.outcome
        return None if outcome is None else (outcome.label, outcome.unit, outcome.direction)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Portfolio:
    """All contracts, and what can be said of them together.

    ``scale`` is the one footing on which effects may stand side by side: their own unit when all
    are of one kind, else shares of what was promised; ``on_scale`` are the contracts that have an
    effect on it. ``pooled`` and ``league`` exist for effects of one kind alone, in its unit, over
    ``compared``; ``why_not_pooled`` and ``why_no_league`` say why they do not.
    """

    __repr__ = in_one_line

    spec: PortfolioSpec
    contracts: tuple[ContractResult, ...]
    scale: Scale
    pooled: PooledEffect | None
    league: League | None
    why_not_pooled: str = ""
    why_no_league: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    plans: PlansAndPayments | None = None  # where plans are given

    @property
    def on_scale(self) -> tuple[ContractResult, ...]:
        if self.scale == "own_unit":
            return tuple(contract for contract in self.contracts if contract.effect is not None)
        if self.scale == "share_of_promise":
            return tuple(
                contract
                for contract in self.contracts
                if contract.effect is not None and contract.promised
            )
        return ()

    @property
    def compared(self) -> tuple[ContractResult, ...]:
        """Those with a standard error, on one scale: what can be pooled, and drawn in a funnel."""
        return tuple(contract for contract in self.on_scale if contract.std_error is not None)

    @property
    def shared_outcome(self) -> Outcome | None:
        """The outcome that all effects are of; None where they differ."""
        outcomes = [contract.outcome for contract in self.on_scale if contract.outcome is not None]
        return outcomes[0] if outcomes and self.scale == "own_unit" else None

    @property
    def currencies(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(contract.currency for contract in self.contracts))

    def counted(self, verdict: Verdict) -> int:
        return sum(contract.verdict == verdict for contract in self.contracts)
