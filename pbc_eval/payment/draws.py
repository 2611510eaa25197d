"""The payment of every draw: the whole rule, over arrays.

What a simulation needs: the amounts that would be due if the measured effects had come out
otherwise, with the clauses, limits, rounding and the estimate rule as agreed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.errors import PaymentTermsError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.payment.due import Results, check_clause, outcomes_by_id, recomputed_years
from pbc_eval.payment.expression import Fact
from pbc_eval.payment.measure import ALTERNATIVE, fact_of
from pbc_eval.payment.over_draws import StepByStep
from pbc_eval.payment.people import beyond_caps
from pbc_eval.payment.plan import plan_of
from pbc_eval.results import MeasuredOutcome

LEAST_LEVEL = 1e-9  # of the counterfactual: no draw of it is zero or less
BLOCK = 8_192  # draws at a time: what is worked out in between then stays in the cache
MOVE_TOGETHER = ("effect", "conf_low", "conf_high")  # and other estimates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnPayments:
    """Payments of n draws, in the contract's currency.

    ``amounts`` (n,): the total due. ``lines``: amount (n,) of each clause, and of each limit over
    clauses (what it takes away or adds). ``tiers``: for each clause with steps the step reached
    (n,), 0 for none; ``tier_names`` names them from 0 up.
    """

    currency: str
    amounts: Floats
    lines: Mapping[str, Floats]
    tiers: Mapping[str, NDArray[np.int64]]
    tier_names: Mapping[str, tuple[str, ...]]


def payments_of_draws(
    terms: PaymentTerms, results: Results, draws: Mapping[str, ArrayLike]
) -> DrawnPayments:
    """What would be due had outcomes come out as drawn.

    ``results`` are the measured outcomes; ``draws`` maps the id of an outcome to n draws (n,) of
    its effect, in its own unit and positive for an improvement, or of its count if it was counted.
    Outcomes that are not drawn keep their result. The interval, and other estimates in a blend,
    move with the effect: the standard error is taken as known. An estimated counterfactual moves
    with the effect as its ``counterfactual_slope`` says, since the two are estimated together; the
    scale stays.

    Agrees with ``payment_due``, draw by draw, to the penny a line: amounts are floats.

    Raises PaymentTermsError for draws of an unknown outcome, of unequal number or not finite, and
    as ``payment_due`` does.
    """
    outcomes = outcomes_by_id(results)
    return RuleOverDraws(terms, outcomes).payments(outcomes, draws)


class RuleOverDraws:
    """The whole rule laid out once, for draws around any effects of the same ``outcomes``."""

    def __init__(self, terms: PaymentTerms, outcomes: Mapping[str, MeasuredOutcome]) -> None:
        plan = plan_of(terms, recomputed_years(terms), beyond_caps(terms, outcomes))
        for planned in plan.in_order:
            check_clause(planned, outcomes)
        self._currency = terms.currency
        self._steps = StepByStep()
        amounts = [(clause.line, clause.amount) for clause in plan.in_order]
        amounts += [(limit.line, limit.amount) for limit in plan.limits]
        self._places = {line: self._steps.add_line(line, amount) for line, amount in amounts}
        self._tiers = {
            clause.line: self._steps.add(clause.rule.tier)
            for clause in plan.in_order
            if clause.rule.tier is not None
        }
        self._tier_names = {
            clause.line: clause.rule.tiers for clause in plan.in_order if clause.line in self._tiers
        }

    def payments(
        self, outcomes: Mapping[str, MeasuredOutcome], draws: Mapping[str, ArrayLike]
    ) -> DrawnPayments:
        """As ``payments_of_draws``, of ``outcomes`` that differ from those it was laid out for in
        their effects only."""
        drawn = _checked(draws, outcomes)
        size = next((len(values) for values in drawn.values()), 1)
        lines = {line: np.empty(size) for line in self._places}
        tiers = {line: np.empty(size, dtype=np.int64) for line in self._tiers}
        for start in range(0, size, BLOCK):
            here = slice(start, start + BLOCK)
            block = {name: values[here] for name, values in drawn.items()}
            values = self._steps.values(partial(_known, outcomes=outcomes, drawn=block))
            for line, place in self._places.items():
                lines[line][here] = values[place]
            for line, place in self._tiers.items():
                tiers[line][here] = values[place]
        return DrawnPayments(
            currency=self._currency,
            amounts=np.sum(list(lines.values()), axis=0),
            lines=lines,
            tiers=tiers,
            tier_names=self._tier_names,
        )


def _known(
    fact: Fact, outcomes: Mapping[str, MeasuredOutcome], drawn: Mapping[str, Floats]
) -> Floats:
    """A fact as an array: drawn where it was drawn, a single number elsewhere."""
    outcome, values = outcomes[fact.outcome], drawn.get(fact.outcome)
    fixed = np.asarray(float(fact_of(outcome, fact.name)))
    if values is None:
        return fixed
    if outcome.source == "counted":
        return values if fact.name == "count" else fixed
    if fact.name in MOVE_TOGETHER or fact.name.startswith(ALTERNATIVE):
        return np.asarray(values + (fixed - float(fact_of(outcome, "effect"))))
    if fact.name == "counterfactual":  # the level of those treated, less the effect drawn
        apart = values - float(fact_of(outcome, "effect"))
        moved = fixed + outcome.counterfactual_slope * apart
        return np.asarray(np.maximum(moved, LEAST_LEVEL * np.abs(fixed)))
    return fixed


def _checked(
    draws: Mapping[str, ArrayLike], outcomes: Mapping[str, MeasuredOutcome]
) -> dict[str, Floats]:
    checked: dict[str, Floats] = {}
    for name, values in draws.items():
        if name not in outcomes:
            raise PaymentTermsError(
                f"draws: {name!r} is not among the results ({', '.join(sorted(outcomes))})."
                f"{did_you_mean(name, outcomes)} Correct the name, or leave it out."
            )
        array = np.asarray(values, dtype=np.float64)
        if array.ndim != 1 or not array.size or not np.isfinite(array).all():
            raise PaymentTermsError(
                f"draws of {name!r} must be one finite number a draw, got shape {array.shape}"
                f"{'' if array.size == 0 or np.isfinite(array).all() else ' with some not finite'}."
            )
        if outcomes[name].source != "counted" and outcomes[name].effect is None:
            raise PaymentTermsError(
                f"draws: {name!r} has no effect to draw. Estimate it, or draw another outcome."
            )
        checked[name] = array
    sizes = {name: len(values) for name, values in checked.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        raise PaymentTermsError(f"draws must be as many for each outcome, got {listed}.")
    return checked
