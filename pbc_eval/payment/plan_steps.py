"""What a contract's plan, and each variation of it, came to in all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pbc_eval.agreement.payment_rates import Planned
from pbc_eval.agreement.payment_terms import PaymentTerms

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """The plan, or a variation of it: what is planned to be paid in all, and what it moved."""

    name: str
    on: str
    reference: str
    reason: str
    planned: Decimal
    moved: Decimal | None  # None for the first


def plan_steps(terms: PaymentTerms) -> Iterable[PlanStep]:
    """The first plan and each variation that plans anew, with what it moved."""
    before: Decimal | None = None
    by_year: dict[str, Decimal] = {}
    changes: list[tuple[str, Any]] = [("First plan", terms.plan)] if terms.plan else []
    changes += [(change.id, change) for change in terms.variations]
    for name, change in changes:
        by_year |= change.by_year
        planned = _planned_in_all(change, by_year)
        if planned is None:
            continue
        yield PlanStep(
            name=name,
            on=str(change.on),
            reference=change.reference,
            reason=getattr(change, "reason", ""),
            planned=planned,
            moved=None if before is None else planned - before,
        )
        before = planned


def _planned_in_all(change: Planned, by_year: Mapping[str, Decimal]) -> Decimal | None:
    """The total that a plan states, or its years with those that it leaves as they were."""
    if change.value is not None:
        return change.value
    return sum(by_year.values(), ZERO) if change.by_year else None
