"""Words that several kinds of clause share."""

from decimal import Decimal

from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_base import Measure, MeasuredClause
from pbc_eval.payment.expression import (
    SIGNIFICANT_DIGITS,
    ZERO,
    Expression,
    Fact,
    Greatest,
    Significant,
    Term,
    Times,
    significant,
)
from pbc_eval.payment.rule import Value, value_of

SHOWN_DIGITS = 4  # of a measure in words, unless more are needed
MEASURES: dict[Measure, str] = {
    "effect": "the effect on",
    "relative_effect": "the relative effect on",
    "total": "the total effect on",
    "count": "the count of",
}


def term(name: str, value: Decimal) -> Term:
    return Term(name, value)


def bound(name: str, value: Decimal) -> Expression:
    """An agreed bound, at the digits that a measure has."""
    return Significant(Term(name, value))


def persons(outcome: str) -> Expression:
    """People behind the outcome."""
    return Significant(Fact(outcome, "total_scale"))


def units_priced(clause: MeasuredClause, paid_on: Measure | None) -> Expression:
    """What a price is multiplied by; a negative measure pays nothing."""
    return Greatest((value_of(clause, paid_on), ZERO))


def priced(name: str, price: Decimal, units: Expression) -> Expression:
    return Times((Term(name, price), units))


def pence(amount: Decimal, currency: str) -> str:
    """For formulas only; the amount itself is rounded once, by the contract's rule."""
    return money_text(amount.quantize(Decimal("0.01")), currency)


def beside(value: Decimal, *bounds: Decimal) -> str:
    """A measure beside the bounds that it is compared with: at least four significant digits, and
    as many as it takes to lie where it lies."""
    sides = [value.compare(bound) for bound in bounds]
    for digits in range(SHOWN_DIGITS, SIGNIFICANT_DIGITS):
        shown = significant(value, digits)
        if [shown.compare(bound) for bound in bounds] == sides:
            return number_text(shown)
    return number_text(value)


def in_brackets(clause: MeasuredClause) -> str:
    return f" ({clause.unit})" if clause.unit else ""


def unit(clause: MeasuredClause) -> str:
    return clause.unit or f"unit of {clause.outcome}"


def rate_times_units(
    clause: MeasuredClause, rate: Decimal, paid_on: Measure | None, at: Value, currency: str
) -> str:
    units = units_priced(clause, paid_on)
    what = number_text(at(units)) + in_brackets(clause)
    amount = pence(at(priced("rate", rate, units)), currency)
    return f"{money_text(rate, currency)} × {what} = {amount}"
