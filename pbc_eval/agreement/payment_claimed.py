"""Tariffs that pay for claims: which of them pays for a claim of a day, and in which years."""

import datetime as dt
from collections.abc import Sequence

from pbc_eval.agreement.payment_clauses import Tariff
from pbc_eval.agreement.payment_rates import PaymentYear


def in_force(clause: Tariff, start: dt.date | None, end: dt.date | None) -> bool:
    """Is the clause in force on some day from ``start`` to ``end``? None has no bound."""
    began = clause.claimed_from is None or end is None or clause.claimed_from <= end
    return began and (
        clause.claimed_until is None or start is None or start <= clause.claimed_until
    )


def year_named(years: Sequence[PaymentYear], name: str) -> PaymentYear | None:
    """The payment year of that name; None where it is not listed."""
    return next((year for year in years if year.year == name), None)


def claimed_problem(claimed: Sequence[Tariff]) -> str | None:
    """Two prices of one claim hold on different days, and each counts claims of its own."""
    for at, clause in enumerate(claimed):
        for other in claimed[:at]:
            if other.claims_of != clause.claims_of:
                continue
            if other.outcome == clause.outcome:
                return (
                    f"{clause.id}: counts {clause.outcome!r} as {other.id} does. Give each its own "
                    "outcome; claims_of says what both are claims of"
                )
            if in_force(clause, other.claimed_from, other.claimed_until):
                return (
                    f"{clause.id} and {other.id} both pay for claims of {clause.claims_of!r} on "
                    "the same days. Part them by claimed_from and claimed_until"
                )
    return None
