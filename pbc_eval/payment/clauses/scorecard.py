"""Scorecard: several metrics with weights."""

from decimal import Decimal

from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_several import Metric, Scorecard
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.clauses import words as say
from pbc_eval.payment.expression import (
    ZERO,
    AtLeast,
    Expression,
    Greatest,
    If,
    Least,
    Over,
    Plus,
    Significant,
    Term,
    Times,
)
from pbc_eval.payment.measure import measure_of
from pbc_eval.payment.rule import Asked, Kind, Rule, Value


def _rule(clause: Scorecard, terms: PaymentTerms) -> Rule:
    score = _score(clause)
    pays: Expression = Times((Term("amount", clause.amount), score))
    if clause.minimum_score is None:
        return Rule(asked=_asked(clause), value=score, before=pays)
    reached = AtLeast(score, Term("minimum score", Decimal(repr(clause.minimum_score))))
    least = f"{clause.minimum_score:g}"
    return Rule(
        asked=_asked(clause),
        value=score,
        before=If(reached, pays, ZERO),
        tier=reached,
        tiers=(f"score below {least}", f"score of {least} or more"),
    )


def _asked(clause: Scorecard) -> tuple[Asked, ...]:
    return tuple(Asked(m.outcome, m.measure, m.estimate_used) for m in clause.metrics)


def _score(clause: Scorecard) -> Expression:
    parts = [
        Times((Term(f"weight of metric {n}", Decimal(repr(m.weight))), _achieved(m, n)))
        for n, m in enumerate(clause.metrics, start=1)
    ]
    return Significant(Plus(tuple(parts)))


def _achieved(metric: Metric, number: int) -> Expression:
    """The measure over its target, never below zero nor above what counts."""
    value = measure_of(metric.outcome, metric.measure, metric.estimate_used)
    ratio: Expression = Greatest(
        (Over(value, Term(f"target of metric {number}", metric.target)), ZERO)
    )
    if metric.most is not None:
        ratio = Least((ratio, Term(f"most of metric {number}", metric.most)))
    return Significant(ratio)


def _words(clause: Scorecard, rule: Rule, at: Value, currency: str) -> str:
    parts = " + ".join(
        f"{m.weight:g} × {number_text(at(_achieved(m, n)))} ({m.outcome})"
        for n, m in enumerate(clause.metrics, start=1)
    )
    score, pays = at(rule.value), at(rule.before)
    words = f"score {parts} = {number_text(score)}"
    if clause.minimum_score is not None and not at(rule.tier or ZERO):
        return f"{words}, below the minimum {clause.minimum_score:g}: nothing is paid"
    amount = money_text(clause.amount, currency)
    return f"{words}; {amount} × {number_text(score)} = {say.pence(pays, currency)}"


def _sentence(clause: Scorecard, currency: str) -> str:
    words = f"{money_text(clause.amount, currency)} times a weighted score of " + "; ".join(
        f"{m.weight:g} for {say.MEASURES[m.measure]} {m.outcome} against a target of "
        f"{number_text(m.target)}"
        + ("" if m.most is None else f" (counting for no more than {number_text(m.most)})")
        for m in clause.metrics
    )
    if clause.minimum_score is not None:
        words += f", if the score is at least {clause.minimum_score:g}"
    return words


SCORECARD = Kind(_rule, _words, _sentence)
