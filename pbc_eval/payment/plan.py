"""Every line of a statement as a formula, in the order in which lines are worked out.

    terms ── plan_of ──▶ clauses, then limits on them ──▶ the contract's own cap and floor

The statement, the draws and the workbook follow the same plan.
"""

from dataclasses import dataclass
from decimal import Decimal

from pbc_eval.payment.expression import (
    ZERO,
    AmountOf,
    Expression,
    Greatest,
    Least,
    Plus,
    Rounded,
    Term,
    minus,
)
from pbc_eval.payment.kinds import kind_of
from pbc_eval.payment.rule import Kind, Rule, amount_due
from pbc_eval.spec.payment_terms import Clause, PaymentTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedClause:
    """A clause, its rule, and the formula of its amount."""

    line: str  # the clause's id
    clause: Clause
    kind: Kind
    rule: Rule
    amount: Expression

    @property
    def label(self) -> str:
        return self.clause.label

    @property
    def reference(self) -> str:
        return self.clause.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLimit:
    """A cap or floor over other lines. Its amount is what it adds or takes away, often 0."""

    line: str  # "contract cap"
    label: str
    reference: str
    limit: Decimal
    over: Expression  # what it bounds, before it does
    amount: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    clauses: tuple[PlannedClause, ...]
    limits: tuple[PlannedLimit, ...]

    @property
    def lines(self) -> tuple[PlannedClause | PlannedLimit, ...]:
        return (*self.clauses, *self.limits)


def plan_of(terms: PaymentTerms) -> Plan:
    clauses = tuple(_planned(clause, terms) for clause in terms.clauses)
    return Plan(clauses=clauses, limits=_contract_limits(terms, [c.line for c in clauses]))


def _planned(clause: Clause, terms: PaymentTerms) -> PlannedClause:
    kind = kind_of(clause)
    rule = kind.rule(clause)
    return PlannedClause(
        line=clause.id,
        clause=clause,
        kind=kind,
        rule=rule,
        amount=amount_due(clause, rule, terms.rounding),
    )


def _contract_limits(terms: PaymentTerms, lines: list[str]) -> tuple[PlannedLimit, ...]:
    over = Plus(tuple(AmountOf(line) for line in lines))
    limits = []
    if terms.cap is not None:
        limits.append(_limit("contract cap", terms.cap, over, terms))
    if terms.floor is not None:
        limits.append(_limit("contract floor", terms.floor, over, terms))
    return tuple(limits)


def _limit(name: str, limit: Decimal, over: Expression, terms: PaymentTerms) -> PlannedLimit:
    room = minus(Term(name, limit), over)
    change = Least((room, ZERO)) if name.endswith("cap") else Greatest((room, ZERO))
    amount = Rounded(change, terms.rounding.decimals, terms.rounding.mode)
    return PlannedLimit(
        line=name, label=name.capitalize(), reference="", limit=limit, over=over, amount=amount
    )
