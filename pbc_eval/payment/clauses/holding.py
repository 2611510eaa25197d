"""Withhold and release, and clawback: what was paid before counts too."""

from decimal import Decimal

from pbc_eval.agreement.money import number_text
from pbc_eval.agreement.payment_adjusting import Clawback, Release, Withhold
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.clauses import words as say
from pbc_eval.payment.clauses.deductions import amounts_of, paid_by
from pbc_eval.payment.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    AtLeast,
    Expression,
    Greatest,
    If,
    Over,
    Plus,
    Term,
    Times,
    minus,
)
from pbc_eval.payment.rule import Kind, Rule, Value, asked_by, value_of


def paid_before(terms: PaymentTerms, *clauses: str) -> Decimal:
    """What these clauses came to in earlier years; held back is negative."""
    years = terms.earlier_years
    return sum(
        (year.lines.get(clause, Decimal(0)) for year in years for clause in clauses), Decimal()
    )


def _withhold_rule(clause: Withhold, terms: PaymentTerms) -> Rule:
    share = Term("share", Decimal(repr(clause.share)))
    base = paid_by(clause.of, terms)
    return Rule(asked=(), value=base, before=Times((share, base)))


def _withhold_words(clause: Withhold, rule: Rule, at: Value, currency: str) -> str:
    base, held = (say.pence(at(part), currency) for part in (rule.value, rule.before))
    return f"{clause.share:g} × {base} ({', '.join(clause.of)}) = {held}, held back"


def _withhold_sentence(clause: Withhold, currency: str) -> str:
    return f"{clause.share:g} of what {', '.join(clause.of)} pay, until it is released"


def _release_rule(clause: Release, terms: PaymentTerms) -> Rule:
    before = -paid_before(terms, clause.withheld, clause.id)
    now = [Times((MINUS_ONE, amount)) for amount in amounts_of((clause.withheld,), terms)]
    held = Plus((Term("held before", before), *now))
    reached = AtLeast(value_of(clause), say.bound("minimum", clause.minimum))
    minimum = number_text(clause.minimum)
    return Rule(
        asked=asked_by(clause),
        value=value_of(clause),
        before=If(reached, Greatest((held, ZERO)), ZERO),
        tier=reached,
        tiers=(f"below {minimum}", f"{minimum} or more"),
    )


def _release_words(clause: Release, rule: Rule, at: Value, currency: str) -> str:
    value, minimum = say.beside(at(rule.value), clause.minimum), number_text(clause.minimum)
    if not at(rule.tier or ZERO):
        return f"{value} is below the minimum {minimum}: nothing is released"
    pays = say.pence(at(rule.before), currency)
    return f"{value} reaches the minimum {minimum}: {pays} held by {clause.withheld} is released"


def _release_sentence(clause: Release, currency: str) -> str:
    minimum = number_text(clause.minimum)
    measure = say.MEASURES[clause.measure]
    return (
        f"what {clause.withheld} held back, once {measure} {clause.outcome} is at least {minimum}"
    )


def _clawback_rule(clause: Clawback, terms: PaymentTerms) -> Rule:
    reached = AtLeast(value_of(clause), say.bound("minimum", clause.minimum))
    minimum = number_text(clause.minimum)
    return Rule(
        asked=asked_by(clause),
        value=value_of(clause),
        before=If(reached, ZERO, _taken_back(clause, terms)),
        tier=reached,
        tiers=(f"below {minimum}", f"{minimum} or more"),
    )


def _taken_back(clause: Clawback, terms: PaymentTerms) -> Expression:
    before = Term("paid before", paid_before(terms, *clause.of))
    base = Greatest((Plus((before, *amounts_of(clause.of, terms))), ZERO))
    share = Term("share", Decimal(repr(clause.share)))
    if not clause.proportional:
        return Times((share, base))
    value, minimum = Greatest((value_of(clause), ZERO)), say.bound("minimum", clause.minimum)
    return Times((share, base, minus(ONE, Over(value, minimum))))


def _clawback_words(clause: Clawback, rule: Rule, at: Value, currency: str) -> str:
    value, minimum = say.beside(at(rule.value), clause.minimum), number_text(clause.minimum)
    if at(rule.tier or ZERO):
        return f"{value} reaches the minimum {minimum}: nothing is taken back"
    how = f"{clause.share:g} of what {', '.join(clause.of)} paid"
    if clause.proportional:
        how += ", in proportion to the shortfall"
    pays = say.pence(at(rule.before), currency)
    return f"{value} is below the minimum {minimum}: {how} = {pays}"


def _clawback_sentence(clause: Clawback, currency: str) -> str:
    how = ", in proportion to the shortfall," if clause.proportional else ""
    measure = say.MEASURES[clause.measure]
    return (
        f"{clause.share:g} of what {', '.join(clause.of)} paid, earlier years included,{how} if "
        f"{measure} {clause.outcome} is below {number_text(clause.minimum)}"
    ).replace(",,", ",")


WITHHOLD = Kind(_withhold_rule, _withhold_words, _withhold_sentence)
RELEASE = Kind(_release_rule, _release_words, _release_sentence)
CLAWBACK = Kind(_clawback_rule, _clawback_words, _clawback_sentence)
