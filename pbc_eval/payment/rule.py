"""What one clause asks for and how it prices it: the seam between kinds of clause."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from pbc_eval.payment import measure
from pbc_eval.payment.expression import (
    MINUS_ONE,
    Expression,
    Greatest,
    Least,
    Rounded,
    Term,
    Times,
)
from pbc_eval.results import MeasuredOutcome
from pbc_eval.spec.payment_base import ClauseBase, Measure, MeasuredClause
from pbc_eval.spec.payment_terms import Rounding


class Asked(NamedTuple):
    """A measure of an outcome that a clause rests on, under its estimate rule."""

    outcome: str
    measure: Measure
    rule: measure.Rule


class Limit(NamedTuple):
    """A limit that belongs to a kind of clause."""

    name: str  # as the statement says which limit bound
    most: Expression


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

    rule: Callable[[Any], Rule]
    words: Callable[[Any, Value, str], str]  # the formula with its numbers, for the statement
    sentence: Callable[[Any, str], str]  # what it pays, after "Pays" or "Deducts"
    check: Callable[[Any, Mapping[str, MeasuredOutcome]], None] | None = None  # of the results


def asked_by(clause: MeasuredClause, paid_on: Measure | None = None) -> tuple[Asked, ...]:
    assert clause.outcome is not None
    measures = dict.fromkeys((clause.measure, paid_on or clause.measure))
    return tuple(Asked(clause.outcome, one, clause.estimate_used) for one in measures)


def value_of(clause: MeasuredClause, of: Measure | None = None) -> Expression:
    """A measure of the clause's outcome. The agreed decimals are those of the clause's own
    measure, not of what it is paid on."""
    assert clause.outcome is not None
    wanted = of or clause.measure
    decimals = clause.measure_decimals if wanted == clause.measure else None
    return measure.measure_of(clause.outcome, wanted, clause.estimate_used, decimals)


def within_own_limits(rule: Rule) -> Expression:
    """The amount after the limits of its kind, before the clause's cap and floor."""
    amount = rule.before
    for limit in rule.limits:
        amount = Least((amount, limit.most))
    return amount


def amount_due(clause: ClauseBase, rule: Rule, rounding: Rounding) -> Expression:
    """The line's amount: limits, cap and floor, sign, then rounded once."""
    amount = within_own_limits(rule)
    if clause.cap is not None:
        amount = Least((amount, Term("cap", clause.cap)))
    if clause.floor is not None:
        amount = Greatest((amount, Term("floor", clause.floor)))
    if clause.deduction:
        amount = Times((MINUS_ONE, amount))
    return Rounded(amount, rounding.decimals, rounding.mode)
