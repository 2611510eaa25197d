"""Threshold: a lump, or a price for each unit, once the measure reaches a minimum."""

from decimal import Decimal

from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_clauses import Threshold
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.clauses import words as say
from pbc_eval.payment.expression import ZERO, AtLeast, Expression, If, Term
from pbc_eval.payment.rule import Kind, Rule, Value, asked_by, value_of


def _rule(clause: Threshold, terms: PaymentTerms) -> Rule:
    reached = AtLeast(value_of(clause), say.bound("minimum", clause.minimum))
    minimum = number_text(clause.minimum)
    return Rule(
        asked=asked_by(clause, clause.paid_on),
        value=value_of(clause),
        before=If(reached, _pays(clause), ZERO),
        tier=reached,
        tiers=(f"below {minimum}", f"{minimum} or more"),
    )


def _pays(clause: Threshold) -> Expression:
    if clause.amount is not None:
        return Term("amount", clause.amount)
    assert clause.price is not None
    return say.priced("price", clause.price, say.units_priced(clause, clause.paid_on))


def _words(clause: Threshold, rule: Rule, at: Value, currency: str) -> str:
    value, minimum = at(value_of(clause)), at(say.bound("minimum", clause.minimum))
    if value < minimum:
        words = f"{say.beside(value, minimum)} is below the minimum {number_text(minimum)}"
        return f"{words}: nothing is paid"
    words = f"{say.beside(value, minimum)} reaches the minimum {number_text(minimum)}: "
    if clause.amount is not None:
        return words + money_text(clause.amount, currency)
    assert clause.price is not None
    return words + say.rate_times_units(clause, clause.price, clause.paid_on, at, currency)


def _sentence(clause: Threshold, currency: str) -> str:
    if clause.amount is not None:
        pays = money_text(clause.amount, currency)
    else:
        pays = f"{money_text(clause.price or Decimal(0), currency)} for each {say.unit(clause)}"
    minimum = number_text(clause.minimum)
    return f"{pays} if {say.MEASURES[clause.measure]} {clause.outcome} is at least {minimum}"


THRESHOLD = Kind(_rule, _words, _sentence)
