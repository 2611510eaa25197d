"""Payment and social return together, draw by draw: what is paid goes into what is invested.

    estimates ─ effect_draws ─┬─ payments_of_draws ─▶ payment of each draw, tiers reached
                              └─ simulate ─▶ value of each draw, set against that payment

Both rest on the same draws, so a draw in which the programme did well is also one in which it was
paid well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_level
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.agreement.uncertainty import Correlation, Uncertain
from pbc_eval.errors import SpecError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Names
from pbc_eval.numerics.arrays import Floats
from pbc_eval.payment.draws import DrawnPayments, payments_of_draws
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.effect_draws import effect_draws
from pbc_eval.sroi.present_value import SroiResult
from pbc_eval.sroi.simulate import Simulation, simulate
from pbc_eval.sroi.value_of_information import (
    LEAST_DRAWS,
    ValueOfInformation,
    value_of_information,
)

DRAWS = 100_000  # where only a payment is simulated


class TierChance(NamedTuple):
    """How likely one step of one clause is, given the estimates and their errors."""

    clause: str
    tier: str
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class JointSimulation(Displayed):
    """What the uncertainty makes of payment and value; either may be missing."""

    draws: int
    seed: int
    payments: DrawnPayments | None
    returns: Simulation | None
    information: ValueOfInformation | None  # of the inputs of ``returns``
    notes: tuple[Sentence, ...]

    def summary(self) -> str:
        """What was drawn, with the middle 95% of the first of its figures."""
        first = self.to_frame().iloc[0]
        within = f"{first['low']:,.6g} to {first['high']:,.6g}"
        return f"{self.draws:,} draws; {first['figure']} from {within} in 95% of them"

    def to_frame(self) -> pd.DataFrame:
        """One row a figure: figure (payment, ratio, present_value), mean, low and high, between
        which lie 95% of the draws, and draws."""
        drawn: dict[str, Floats] = {}
        if self.returns is not None:
            drawn |= {"ratio": self.returns.ratio, "present_value": self.returns.present_value}
        if self.payments is not None:
            drawn["payment"] = self.payments.amounts
        rows = [
            (name, np.nanmean(values), *np.nanquantile(values, [0.025, 0.975]), self.draws)
            for name, values in drawn.items()
        ]
        return pd.DataFrame(rows, columns=["figure", "mean", "low", "high", "draws"])

    @property
    def tier_chances(self) -> tuple[TierChance, ...]:
        """Each step of each clause that has steps; the chances of a clause add up to 1."""
        if self.payments is None:
            return ()
        return tuple(
            TierChance(clause, name, float((reached == step).mean()))
            for clause, reached in self.payments.tiers.items()
            for step, name in enumerate(self.payments.tier_names[clause])
        )

    def payment_interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """Between these amounts lie ``level`` of the payments; None without a payment."""
        check_level("simulation", level, SpecError)
        if self.payments is None:
            return None
        tail = (1 - level) / 2
        low, high = np.quantile(self.payments.amounts, [tail, 1 - tail])
        return float(low), float(high)


def simulate_together(
    results: Mapping[str, MeasuredOutcome],
    *,
    seed: int,
    draws: int = DRAWS,
    terms: PaymentTerms | None = None,
    value: SroiResult | None = None,
    uncertain: Sequence[Uncertain] = (),
    correlations: Sequence[Correlation] = (),
    paid: float | None = None,
    covariance: tuple[Sequence[str], Floats] | None = None,
) -> JointSimulation | None:
    """Simulate the payment under ``terms`` and the return in ``value`` from the same draws.

    ``paid`` is the payment that is part of ``value.investment``; None when it is not.
    ``covariance`` is that of the estimates of several outcomes, where it is known. None when
    nothing is uncertain.

    Raises ValueMapError and PaymentTermsError as ``simulate`` and ``payments_of_draws`` do.
    """
    vary = sorted(name for name, r in results.items() if r.effect is not None and r.std_error)
    moves = bool(vary) or covariance is not None
    if not (moves and (terms or value)) and not (value and uncertain):
        return None
    effects = effect_draws(results, draws=draws, seed=seed, covariance=covariance)
    payments = payments_of_draws(terms, results, effects) if terms and moves else None
    invested = paid is not None and payments is not None
    returns = information = None
    if value is not None:
        returns = simulate(
            value,
            uncertain,
            correlations,
            draws=draws,
            seed=seed,
            results=results,
            effects=effects,
            payments=payments.amounts if invested and payments else None,
            paid=paid or 0.0,
        )
        if returns.names and draws >= LEAST_DRAWS:
            information = value_of_information(returns)
    notes = returns.notes if returns is not None else ()
    if len(vary) > 1 and covariance is None:
        notes += (
            Sentence(
                "The estimates of {names} are drawn independently of each other; how they move "
                "together is not known.",
                names=Names(tuple(vary)),
            ),
        )
    return JointSimulation(
        draws=draws,
        seed=seed,
        payments=payments,
        returns=returns,
        information=information,
        notes=notes,
    )
