"""Shared gains and losses: gainshare with malus, and profit beyond what was allowed."""

from decimal import Decimal

from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_adjusting import Gainshare, ProfitShare
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.clauses import words as say
from pbc_eval.payment.expression import (
    MINUS_ONE,
    ZERO,
    Above,
    Expression,
    Greatest,
    Least,
    Term,
    Times,
    minus,
)
from pbc_eval.payment.rule import Kind, Rule, Value, asked_by, value_of


def _gain_rule(clause: Gainshare, terms: PaymentTerms) -> Rule:
    share = Term("share", Decimal(repr(clause.share)))
    pays: Expression = Times((share, _beyond(clause)))
    if clause.loss_share is not None:
        pays = minus(pays, _borne(clause))
    return Rule(
        asked=asked_by(clause),
        value=value_of(clause),
        before=pays,
        tier=Above(_beyond(clause), ZERO),
        tiers=("no gain to share", "a gain is shared"),
    )


def _gain(clause: Gainshare) -> Expression:
    return Times((Term("value", clause.value), value_of(clause)))


def _beyond(clause: Gainshare) -> Expression:
    return Greatest((minus(_gain(clause), Term("hurdle", clause.hurdle)), ZERO))


def _borne(clause: Gainshare) -> Expression:
    """What the provider bears of a loss."""
    share = Term("loss share", Decimal(repr(clause.loss_share)))
    loss = Greatest((Times((MINUS_ONE, _gain(clause))), ZERO))
    borne = Times((share, loss))
    if clause.loss_cap is None:
        return borne
    return Least((borne, Term("loss cap", clause.loss_cap)))


def _gain_words(clause: Gainshare, rule: Rule, at: Value, currency: str) -> str:
    gain, pays = at(_gain(clause)), say.pence(at(rule.before), currency)
    worth = f"{money_text(clause.value, currency)} × {number_text(at(rule.value))}"
    words = f"gain {worth} = {say.pence(gain, currency)}"
    if gain < 0 and clause.loss_share is not None:
        capped = " at most" if clause.loss_cap == at(_borne(clause)) else ""
        return f"{words}; the provider bears {clause.loss_share:g} of the loss{capped}: {pays}"
    hurdle = money_text(clause.hurdle, currency)
    if not at(_beyond(clause)):
        return f"{words}, not beyond {hurdle}: nothing is shared"
    return f"{words}; {clause.share:g} of what is beyond {hurdle} = {pays}"


def _gain_sentence(clause: Gainshare, currency: str) -> str:
    words = (
        f"{clause.share:g} of the gain beyond {money_text(clause.hurdle, currency)}, each "
        f"{say.unit(clause)} being worth {money_text(clause.value, currency)}"
    )
    if clause.loss_share is not None:
        words += f"; the provider bears {clause.loss_share:g} of a loss"
        if clause.loss_cap is not None:
            words += f", at most {money_text(clause.loss_cap, currency)}"
    return words


def _profit_rule(clause: ProfitShare, terms: PaymentTerms) -> Rule:
    share = Term("share", Decimal(repr(clause.share)))
    return Rule(
        asked=asked_by(clause),
        value=value_of(clause),
        before=Times((share, _excess(clause))),
        tier=Above(_excess(clause), ZERO),
        tiers=("profit as allowed", "profit is shared"),
    )


def _excess(clause: ProfitShare) -> Expression:
    allowed = Term("allowed profit", clause.allowed_profit)
    return Greatest((minus(value_of(clause), allowed), ZERO))


def _profit_words(clause: ProfitShare, rule: Rule, at: Value, currency: str) -> str:
    profit = say.pence(at(rule.value), currency)
    allowed = money_text(clause.allowed_profit, currency)
    if not at(_excess(clause)):
        return f"profit {profit} is not beyond {allowed}: nothing is returned"
    pays = say.pence(at(rule.before), currency)
    return f"{clause.share:g} × ({profit} profit - {allowed} allowed) = {pays}"


def _profit_sentence(clause: ProfitShare, currency: str) -> str:
    allowed = money_text(clause.allowed_profit, currency)
    return f"{clause.share:g} of the profit ({clause.outcome}) beyond {allowed}"


GAINSHARE = Kind(_gain_rule, _gain_words, _gain_sentence)
PROFIT_SHARE = Kind(_profit_rule, _profit_words, _profit_sentence)
