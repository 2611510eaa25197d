"""What one clause asks for and how it prices it: the seam between kinds of clause."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from pbc_eval.agreement.payment_base import ClauseBase, Measure, MeasuredClause, PricedClause
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment import measure
from pbc_eval.payment.expression import (
    MINUS_ONE,
    ONE,
    Expression,
    Greatest,
    Least,
    Over,
    Rounded,
    Term,
    Times,
)
from pbc_eval.results import MeasuredOutcome


class Asked(NamedTuple):
    """A measure of an outcome that a clause rests on, under its estimate rule."""

    outcome: str
    measure: Measure
    rule: measure.Rule


class Limit(NamedTuple):
    """A limit that belongs to a kind of clause."""

    name: str  # as the statement says which limit bound
    most: Expression
    follows_prices: bool = False  # it is so many units at the price, so it is indexed with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One clause as formulas. ``tier`` counts the steps reached: 0 is none of them."""

    asked: tuple[Asked, ...]
    value: Expression  # what is compared and priced
    before: Expression  # the amount before any limit
    limits: tuple[Limit, ...] = ()
    tier: Expression | None = None
    tiers: tuple[str, ...] = ()  # names of the tiers, from 0 up


Value = Callable[[Expression], Decimal]  # the exact value of a part of a rule


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of clause. Each function takes the model of that kind first."""

    rule: Callable[[Any, PaymentTerms], Rule]
    words: Callable[[Any, Rule, Value, str], str]  # the formula with its numbers, in a currency
    sentence: Callable[[Any, str], str]  # what it pays, after "Pays" or "Deducts"
    check: Callable[[Any, Mapping[str, MeasuredOutcome]], None] | None = None  # of the results


def asked_by(clause: MeasuredClause, paid_on: Measure | None = None) -> tuple[Asked, ...]:
    assert clause.outcome is not None
    measures = dict.fromkeys((clause.measure, paid_on or clause.measure))
    return tuple(
        Asked(clause.outcome, measure_asked, clause.estimate_used) for measure_asked in measures
    )


def value_of(clause: MeasuredClause, of: Measure | None = None) -> Expression:
    """A measure of the clause's outcome. The agreed decimals are those of the clause's own
    measure, not of what it is paid on."""
    assert clause.outcome is not None
    wanted = of or clause.measure
    decimals = clause.measure_decimals if wanted == clause.measure else None
    return measure.measure_of(clause.outcome, wanted, clause.estimate_used, decimals)


def index_factor(clause: ClauseBase, terms: PaymentTerms) -> Expression | None:
    """What the clause's prices are multiplied by; None when they are not indexed."""
    indexed = clause.indexed if isinstance(clause, PricedClause) else None
    if indexed is None:
        return None
    if indexed.series is not None:
        series = terms.indices[indexed.series]
        then, now = (
            series[max(at for at in series if at <= day)] for day in (indexed.since, indexed.until)
        )
        factor: Expression = Over(Term("index until", now), Term("index since", then))
    else:
        growth = Term("yearly growth", 1 + Decimal(repr(indexed.rate)))
        factor = Times((growth,) * _whole_years(indexed.since, indexed.until) or (ONE,))
    if indexed.decimals is None:
        return factor
    return Rounded(factor, indexed.decimals, "half_up")


def _whole_years(since: date, until: date) -> int:
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))


def indexed(amount: Expression, factor: Expression | None) -> Expression:
    return amount if factor is None else Times((amount, factor))


def limits_of(clause: ClauseBase, rule: Rule, terms: PaymentTerms) -> tuple[Limit, ...]:
    """The limits of the kind, then the clause's cap, indexed where they are."""
    factor = index_factor(clause, terms)
    too = isinstance(clause, PricedClause) and clause.indexed and clause.indexed.limits_too
    limits = [
        limit._replace(most=indexed(limit.most, factor)) if too or limit.follows_prices else limit
        for limit in rule.limits
    ]
    if clause.cap is not None:
        cap: Expression = Term("cap", clause.cap)
        if too:  # down to what can be paid, so that rounding cannot breach it
            cap = Rounded(indexed(cap, factor), terms.rounding.decimals, "down")
        limits.append(Limit("cap", cap))
    return tuple(limits)


def floor_of(clause: ClauseBase, terms: PaymentTerms) -> Expression | None:
    if clause.floor is None:
        return None
    too = isinstance(clause, PricedClause) and clause.indexed and clause.indexed.limits_too
    floor = Term("floor", clause.floor)
    return indexed(floor, index_factor(clause, terms)) if too else floor


def amount_due(clause: ClauseBase, rule: Rule, terms: PaymentTerms) -> Expression:
    """The line's amount: prices indexed, limits, cap and floor, sign, then rounded once."""
    amount = indexed(rule.before, index_factor(clause, terms))
    for limit in limits_of(clause, rule, terms):
        amount = Least((amount, limit.most))
    floor = floor_of(clause, terms)
    if floor is not None:
        amount = Greatest((amount, floor))
    if clause.deduction:
        amount = Times((MINUS_ONE, amount))
    return Rounded(amount, terms.rounding.decimals, terms.rounding.mode)
