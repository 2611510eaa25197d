"""Slide: a straight line between two points."""

from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_clauses import Slide
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.clauses import words as say
from pbc_eval.payment.expression import (
    ZERO,
    AtLeast,
    Expression,
    If,
    Least,
    Over,
    Plus,
    Term,
    Times,
    minus,
)
from pbc_eval.payment.rule import Kind, Rule, Value, asked_by, value_of


def _rule(clause: Slide, terms: PaymentTerms) -> Rule:
    value, start, end = value_of(clause), _at("start", clause), _at("end", clause)
    full = AtLeast(value, end)
    low, high = number_text(clause.start.at), number_text(clause.end.at)
    return Rule(
        asked=asked_by(clause),
        value=value,
        before=If(AtLeast(value, start), _pays(clause), ZERO),
        tier=Plus((AtLeast(value, start), full)),
        tiers=(f"below {low}", f"{low} to below {high}", f"{high} or more"),
    )


def _at(name: str, clause: Slide) -> Expression:
    return say.bound(name, clause.start.at if name == "start" else clause.end.at)


def _way(clause: Slide) -> Expression:
    """How far along the slide the measure is, 1 at its end."""
    start, end = _at("start", clause), _at("end", clause)
    return Over(minus(Least((value_of(clause), end)), start), minus(end, start))


def _pays(clause: Slide) -> Expression:
    first, last = Term("pay at start", clause.start.pay), Term("pay at end", clause.end.pay)
    return Plus((first, Times((minus(last, first), _way(clause)))))


def _words(clause: Slide, rule: Rule, at: Value, currency: str) -> str:
    value = number_text(at(rule.value))
    beside = say.beside(at(rule.value), clause.start.at, clause.end.at)
    if not at(rule.tier or ZERO):
        return f"{beside} is below the start of the slide, {number_text(clause.start.at)}: nothing"
    pays = say.pence(at(rule.before), currency)
    if at(_way(clause)) == 1:
        return f"{beside} reaches the end of the slide, {number_text(clause.end.at)}: {pays}"
    first = money_text(clause.start.pay, currency)
    rise = money_text(clause.end.pay - clause.start.pay, currency)
    start, end = number_text(clause.start.at), number_text(clause.end.at)
    return f"{first} + {rise} × ({value} - {start}) / ({end} - {start}) = {pays}"


def _sentence(clause: Slide, currency: str) -> str:
    first, last = (money_text(point.pay, currency) for point in (clause.start, clause.end))
    return (
        f"on a straight line from {first} at {number_text(clause.start.at)} to {last} at "
        f"{number_text(clause.end.at)} of {say.MEASURES[clause.measure]} {clause.outcome}, nothing "
        "below it and no more above it"
    )


SLIDE = Kind(_rule, _words, _sentence)
