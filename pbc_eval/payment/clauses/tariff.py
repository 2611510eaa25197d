"""Tariff: a price for each unit, after deadweight or a baseline, within its limits."""

import math
from collections.abc import Mapping
from decimal import Decimal

from pbc_eval._validate import first_few
from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_clauses import Tariff
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment.clauses import words as say
from pbc_eval.payment.clauses.verification import check_sample, error_share
from pbc_eval.payment.expression import (
    COUNT_DIGITS,
    ONE,
    ZERO,
    Above,
    Expression,
    Fact,
    Greatest,
    If,
    Significant,
    Term,
    Times,
    minus,
)
from pbc_eval.payment.measure import BY_PERSON, WITHIN
from pbc_eval.payment.people import price_of
from pbc_eval.payment.rule import Kind, Limit, Rule, Value, asked_by, value_of
from pbc_eval.results import MeasuredOutcome


def _rule(clause: Tariff, terms: PaymentTerms) -> Rule:
    price = Term("price", clause.price)
    limits = []
    if clause.max_units is not None:
        limits.append(
            Limit(
                "max_units",
                Times((price, Term("max_units", clause.max_units))),
                follows_prices=True,
            )
        )
    if clause.cap_per_person is not None:
        each = Term("cap_per_person", clause.cap_per_person)
        within = f"{WITHIN}{price_of(clause):f} of {clause.cap_per_person:f}"
        most = If(
            Fact(clause.outcome, BY_PERSON),
            Fact(clause.outcome, within),
            Times((each, say.persons(clause.outcome))),
        )
        limits.append(Limit("cap_per_person", most))
    return Rule(
        asked=asked_by(clause),
        value=value_of(clause),
        before=Times((price, _units_paid(clause))),
        limits=tuple(limits),
    )


def _verified(clause: Tariff) -> Expression:
    """Units left after the errors found in a sample are extrapolated to all claims."""
    rule = clause.verification
    if rule is None:
        return value_of(clause)
    share = error_share(clause.outcome, rule)
    kept = Significant(Times((value_of(clause), minus(ONE, share))), COUNT_DIGITS)
    allowance = Term("allowance", Decimal(repr(rule.allowance)))
    return If(Above(share, allowance), kept, value_of(clause))


def _units(clause: Tariff) -> Expression:
    """Units beyond what would have happened anyway; below zero if there were fewer."""
    units = _verified(clause)
    if clause.deadweight:
        # at 15 digits: 600 x (1 - 1/6) is 500, not 499.9999999998
        share = Term("deadweight", Decimal(repr(clause.deadweight)))
        units = Significant(Times((units, minus(ONE, share))), COUNT_DIGITS)
    if clause.baseline_count:
        units = minus(units, Term("baseline_count", clause.baseline_count))
    return units


def _units_paid(clause: Tariff) -> Expression:
    units = _units(clause)
    return units if clause.negative_allowed else Greatest((units, ZERO))


def _words(clause: Tariff, rule: Rule, at: Value, currency: str) -> str:
    words = _units_in_words(clause, at)
    if at(_units(clause)) < 0 and not clause.negative_allowed:
        words = f"0 ({words} is below zero and pays nothing)"
    else:
        words += say.in_brackets(clause)
    amount = at(rule.before)
    formula = f"{money_text(clause.price, currency)} × {words} = {say.pence(amount, currency)}"
    for limit in rule.limits:
        most = at(limit.most)
        if amount > most:
            formula += _limit_in_words(clause, limit.name, most, at, currency)
            amount = most
    return formula


def _units_in_words(clause: Tariff, at: Value) -> str:
    words = number_text(at(value_of(clause)))
    if clause.verification is not None:
        share = at(error_share(clause.outcome, clause.verification))
        how = "at most, by the sample" if clause.verification.rule == "upper_bound" else "in error"
        within = at(_verified(clause)) == at(value_of(clause))
        words = (
            f"{words} ({share:.4%} {how}: within the allowance)"
            if within
            else f"{words} × (1 - {share:.6g} {how})"
        )
    if clause.deadweight:
        words = f"{words} × (1 - {clause.deadweight:.6g} deadweight)"
    if clause.baseline_count:
        words = f"({words} - {number_text(clause.baseline_count)} baseline)"
    return words


def _limit_in_words(clause: Tariff, name: str, most: Decimal, at: Value, currency: str) -> str:
    if name == "max_units":
        return (
            f"; at most {number_text(clause.max_units or Decimal(0))} units are paid: "
            f"{say.pence(most, currency)}"
        )
    each = money_text(clause.cap_per_person or Decimal(0), currency)
    people = number_text(at(say.persons(clause.outcome)))
    if at(Fact(clause.outcome, BY_PERSON)):
        return f"; at most {each} for each of {people} persons: {say.pence(most, currency)}"
    return (
        f"; at most {each} × {people} persons = {say.pence(most, currency)}, an average: some may "
        "have earned more, since only the sum is known"
    )


def _sentence(clause: Tariff, currency: str) -> str:
    words = f"{money_text(clause.price, currency)} for each {say.unit(clause)}"
    if clause.baseline_count is not None:
        words += f" beyond {number_text(clause.baseline_count)}"
    if clause.verification is not None:
        how = (
            "most that may be wrong" if clause.verification.rule == "upper_bound" else "share found"
        )
        words += f", after taking off the {how} in a checked sample of claims"
        if clause.verification.allowance:
            words += f" if above {clause.verification.allowance:.4g}"
    if clause.deadweight:
        words += f", after taking off {clause.deadweight:.4g} of the count as deadweight"
    if clause.max_units is not None:
        words += f", for at most {number_text(clause.max_units)} of them"
    if clause.cap_per_person is not None:
        words += (
            f", at most {money_text(clause.cap_per_person, currency)} for each person where counts "
            "are given by person, and on average over persons where only their sum is"
        )
    return words


def _check(clause: Tariff, outcomes: Mapping[str, MeasuredOutcome]) -> None:
    """Deadweight is refused on an estimate; a cap per person needs the number of persons."""
    outcome = outcomes[clause.outcome]
    if (clause.deadweight or clause.baseline_count) and outcome.source == "estimated":
        raise PaymentTermsError(
            f"{clause.id}: deducts what would have happened anyway, but {outcome.outcome!r} was "
            "estimated against a comparison group and is already net of it. Remove deadweight "
            "and baseline_count from the clause."
        )
    if clause.verification is not None:
        check_sample(clause.id, outcome)
    scale = outcome.total_scale
    if clause.cap_per_person is not None and outcome.by_person is not None:
        _check_people(clause)
        return
    if clause.cap_per_person is not None and not (scale and math.isfinite(scale) and scale > 0):
        raise PaymentTermsError(
            f"{clause.id}: cap_per_person needs the number of persons behind "
            f"{outcome.outcome!r} (total_scale, above zero), got {scale!r}. Supply it, or use cap."
        )


def _check_people(clause: Tariff) -> None:
    """What is taken off the sum cannot be laid on single persons."""
    taken = [
        name for name in ("verification", "baseline_count") if getattr(clause, name) is not None
    ]
    if clause.indexed is not None and not clause.indexed.limits_too:
        taken.append("indexed")
    if taken or clause.measure != "count":
        what = first_few(taken) or f"measure {clause.measure}"
        raise PaymentTermsError(
            f"{clause.id}: cap_per_person is worked out person by person, and {what} is of the "
            "sum. Remove it, or give the count without by_person."
        )


TARIFF = Kind(_rule, _words, _sentence, _check)
