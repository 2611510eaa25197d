"""Service credits and KPI deductions: so much for each event or point beyond what is free."""

from decimal import Decimal

from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_adjusting import KpiDeduction, ServiceCredit
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.clauses import words as say
from pbc_eval.payment.expression import (
    ZERO,
    AmountOf,
    Expression,
    Greatest,
    Over,
    Plus,
    Rounded,
    Significant,
    Term,
    Times,
    minus,
)
from pbc_eval.payment.rule import Kind, Rule, Value, asked_by, value_of


def amounts_of(clauses: tuple[str, ...], terms: PaymentTerms) -> tuple[Expression, ...]:
    """What these clauses pay this year, those of other years left out."""
    due = {clause.id for clause in terms.due_clauses}
    return tuple(AmountOf(clause) for clause in clauses if clause in due)


def paid_by(clauses: tuple[str, ...], terms: PaymentTerms) -> Expression:
    """What these clauses pay together this year; nothing if that is below zero."""
    return Greatest((Plus((ZERO, *amounts_of(clauses, terms))), ZERO))


def _each(clause: ServiceCredit | KpiDeduction, terms: PaymentTerms) -> Expression:
    """What one unit costs."""
    if clause.rate is not None:
        return Term("rate", clause.rate)
    share = Term("share", Decimal(repr(clause.share)))
    return Times((share, paid_by(clause.of, terms)))


def _each_in_words(clause: ServiceCredit | KpiDeduction, currency: str) -> str:
    if clause.rate is not None:
        return money_text(clause.rate, currency)
    return f"{clause.share:g} of {', '.join(clause.of)}"


def _credit_rule(clause: ServiceCredit, terms: PaymentTerms) -> Rule:
    beyond = _beyond(clause)
    return Rule(
        asked=asked_by(clause), value=value_of(clause), before=Times((_each(clause, terms), beyond))
    )


def _beyond(clause: ServiceCredit) -> Expression:
    free = Term("free allowance", clause.free_allowance)
    return Greatest((minus(value_of(clause), free), ZERO))


def _credit_words(clause: ServiceCredit, rule: Rule, at: Value, currency: str) -> str:
    count, free = number_text(at(rule.value)), number_text(clause.free_allowance)
    if not at(_beyond(clause)):
        return f"{count} within the free allowance of {free}: nothing"
    each, pays = _each_in_words(clause, currency), say.pence(at(rule.before), currency)
    return f"({count} - {free}) × {each} = {pays}"


def _credit_sentence(clause: ServiceCredit, currency: str) -> str:
    free = number_text(clause.free_allowance)
    return f"{_each_in_words(clause, currency)} for each {say.unit(clause)} beyond {free}"


def _kpi_rule(clause: KpiDeduction, terms: PaymentTerms) -> Rule:
    return Rule(
        asked=asked_by(clause),
        value=value_of(clause),
        before=Times((_each(clause, terms), _points(clause))),
    )


def _points(clause: KpiDeduction) -> Expression:
    """Points by which the KPI falls short, beyond the tolerance."""
    value, target = value_of(clause), Term("target", clause.target)
    short = minus(target, value) if clause.better == "higher" else minus(value, target)
    beyond = Greatest((minus(short, Term("tolerance", clause.tolerance)), ZERO))
    points = Significant(Over(beyond, Term("point", clause.point)))
    return Rounded(points, 0, "down") if clause.whole_points else points


def _kpi_words(clause: KpiDeduction, rule: Rule, at: Value, currency: str) -> str:
    value, target = number_text(at(rule.value)), number_text(clause.target)
    points = at(_points(clause))
    if not points:
        return f"{value} against a target of {target}: nothing is deducted"
    each, pays = _each_in_words(clause, currency), say.pence(at(rule.before), currency)
    return f"{value} against a target of {target}: {number_text(points)} points × {each} = {pays}"


def _kpi_sentence(clause: KpiDeduction, currency: str) -> str:
    side = "below" if clause.better == "higher" else "above"
    words = (
        f"{_each_in_words(clause, currency)} for each {number_text(clause.point)} by which "
        f"{clause.outcome} is {side} {number_text(clause.target)}"
    )
    if clause.tolerance:
        words += f" by more than {number_text(clause.tolerance)}"
    return words + (", parts not counted" if clause.whole_points else "")


SERVICE_CREDIT = Kind(_credit_rule, _credit_words, _credit_sentence)
KPI_DEDUCTION = Kind(_kpi_rule, _kpi_words, _kpi_sentence)
