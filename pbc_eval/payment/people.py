"""Limits for each person: what a cap leaves of counts that are known person by person.

    counts by person ── paid_within ▶ a tariff within its own cap for each person
                     └─ beyond_caps ▶ what several clauses together pay beyond one cap for each

Where only the sum of a count is known, a cap can hold on average alone; what is paid then is at
most the cap times the number of persons.
"""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Context, Decimal, localcontext

from pbc_eval.agreement.payment_clauses import Tariff
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.errors import PaymentTermsError
from pbc_eval.results import MeasuredOutcome

EXACT = Context(prec=60)  # amounts never lose a digit, whatever the caller's decimal context
HOW = "State it under counts (file, person and column), or as by_person of the result in Python."


def price_of(clause: Tariff) -> Decimal:
    """Money for each unit counted, after deadweight."""
    return clause.price * (1 - Decimal(repr(clause.deadweight or 0.0)))


def units_by_person(outcome: MeasuredOutcome) -> dict[str, Decimal]:
    """The count of each person; empty where only the sum is known."""
    return {name: Decimal(repr(units)) for name, units in (outcome.by_person or {}).items()}


def paid_within(outcome: MeasuredOutcome, price: Decimal, cap: Decimal) -> Decimal:
    """The most that a cap leaves: for each person where counts are given so, else on average."""
    with localcontext(EXACT):
        if outcome.by_person is None:
            return cap * Decimal(repr(outcome.total_scale or 0.0))
        units = units_by_person(outcome).values()
        return sum((min(price * count, cap) for count in units), Decimal(0))


def beyond_caps(
    terms: PaymentTerms, outcomes: Mapping[str, MeasuredOutcome]
) -> dict[str, tuple[Decimal, int]]:
    """By limit: what its clauses together pay beyond its cap for each person, and how many reach
    beyond it.

    Raises PaymentTermsError for an outcome of such a limit whose count is not known by person.
    """
    beyond: dict[str, tuple[Decimal, int]] = {}
    for limit in terms.limits:
        if limit.cap_per_person is None:
            continue
        due: dict[str, Decimal] = defaultdict(Decimal)
        with localcontext(EXACT):
            for clause in terms.due_clauses:
                if clause.id not in terms.members(limit) or not isinstance(clause, Tariff):
                    continue
                outcome = outcomes.get(clause.outcome)
                if outcome is not None and outcome.by_person is None:
                    raise PaymentTermsError(
                        f"{limit.id}: cap_per_person needs the count of {clause.outcome!r} for "
                        f"each person, and only its sum is known. {HOW}"
                    )
                for person, units in units_by_person(outcome).items() if outcome else ():
                    due[person] += price_of(clause) * units
            over = [paid - limit.cap_per_person for paid in due.values()]
            above = [amount for amount in over if amount > 0]
            beyond[limit.id] = (sum(above, Decimal(0)), len(above))
    return beyond
