"""Fixed fee: an amount for each of a verified count, or an agreed number of times."""

from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_clauses import FixedFee
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.clauses import words as say
from pbc_eval.payment.expression import ZERO, Expression, Greatest, Term, Times
from pbc_eval.payment.rule import Kind, Rule, Value, asked_by, value_of


def _rule(clause: FixedFee, terms: PaymentTerms) -> Rule:
    return Rule(
        asked=() if clause.outcome is None else asked_by(clause),
        value=_times(clause),
        before=Times((Term("amount", clause.amount), Greatest((_times(clause), ZERO)))),
    )


def _times(clause: FixedFee) -> Expression:
    if clause.times is not None:
        return Term("times", clause.times)
    return value_of(clause)


def _words(clause: FixedFee, rule: Rule, at: Value, currency: str) -> str:
    units = max(at(_times(clause)), ZERO.value)
    words = f"{money_text(clause.amount, currency)} × {number_text(units)}{say.in_brackets(clause)}"
    return f"{words} = {say.pence(at(rule.before), currency)}"


def _sentence(clause: FixedFee, currency: str) -> str:
    amount = money_text(clause.amount, currency)
    if clause.times is not None:
        return f"{amount}, {number_text(clause.times)} times"
    return f"{amount} for each {clause.unit or clause.outcome}"


FIXED_FEE = Kind(_rule, _words, _sentence)
