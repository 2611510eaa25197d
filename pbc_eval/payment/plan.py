"""Every line of a statement as a formula, in the order in which lines are worked out.

    clauses, each after those it rests on
    ─▶ limits over some clauses, the inner ones first ─▶ the year's cap and floor
    ─▶ corrections of earlier years ─▶ the contract's cap and floor, earlier payments included

The statement, the draws and the workbook follow the same plan.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from pbc_eval.agreement.money import money_text
from pbc_eval.agreement.payment_limits import EarlierYear, GroupLimit
from pbc_eval.agreement.payment_terms import Clause, PaymentTerms
from pbc_eval.payment.clauses import kind_of
from pbc_eval.payment.expression import (
    MINUS_ONE,
    ZERO,
    AmountOf,
    Expression,
    Greatest,
    Least,
    Plus,
    Rounded,
    Term,
    Times,
    minus,
)
from pbc_eval.payment.rule import Kind, Rule, amount_due

BEYOND = "beyond the cap of each person"
DUE_FOR_THE_YEAR = "due for the year"


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
    """A line that no clause pays: a cap or floor over other lines, or a correction.

    A limit's amount is what it takes away or adds, often 0.
    """

    line: str  # "contract cap"
    label: str
    reference: str
    bound: Decimal  # the cap or floor; of a correction, what is due for that year
    over: Expression  # what it bounds; of a correction, what was paid
    amount: Expression
    words: Callable[[str, str], str]  # from what it bounds and the bound, both in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``clauses`` in the order of the contract; ``in_order`` in that of working out."""

    clauses: tuple[PlannedClause, ...]
    in_order: tuple[PlannedClause, ...]
    limits: tuple[PlannedLimit, ...]

    @property
    def lines(self) -> tuple[PlannedClause | PlannedLimit, ...]:
        return (*self.in_order, *self.limits)


def plan_of(
    terms: PaymentTerms,
    recomputed: Sequence[tuple[EarlierYear, Decimal]] = (),
    beyond: Mapping[str, tuple[Decimal, int]] = MappingProxyType({}),
) -> Plan:
    """The plan of a statement. ``recomputed``: earlier years with what is due for them now;
    ``beyond``: by limit, what its clauses pay beyond its cap for each person, and to how many."""
    planned = {clause.id: plan_clause(clause, terms) for clause in terms.due_clauses}
    limits = list(_group_limits(terms, beyond))
    lines = [*planned, *(limit.line for limit in limits)]
    if planned:  # a year in which no clause is paid has no least that its clauses pay
        limits += _bounds(
            whose="year", cap=terms.cap_of_year, floor=terms.year_floor, lines=lines, terms=terms
        )
    lines = [*planned, *(limit.line for limit in limits)]
    limits += [_correction(earlier, due, terms) for earlier, due in recomputed]
    lines = [*planned, *(limit.line for limit in limits)]
    before = Term(
        "paid in earlier years", sum((earlier.paid for earlier in terms.earlier_years), Decimal(0))
    )
    limits += _bounds(
        whose="contract",
        cap=terms.cap_now,
        floor=terms.floor,
        lines=lines,
        before=before,
        terms=terms,
    )
    return Plan(
        clauses=tuple(planned.values()),
        in_order=tuple(planned[clause.id] for clause in terms.in_order(terms.due_clauses)),
        limits=tuple(limits),
    )


def plan_clause(clause: Clause, terms: PaymentTerms) -> PlannedClause:
    """One clause by itself: its amount rests on other lines by their names only."""
    kind = kind_of(clause)
    rule = kind.rule(clause, terms)
    amount = amount_due(clause, rule, terms)
    return PlannedClause(line=clause.id, clause=clause, kind=kind, rule=rule, amount=amount)


def _group_limits(
    terms: PaymentTerms, beyond: Mapping[str, tuple[Decimal, int]]
) -> tuple[PlannedLimit, ...]:
    """Limits over some clauses, the inner ones first; what these took away counts in the outer."""
    limits: list[PlannedLimit] = []
    inside: list[tuple[frozenset[str], str]] = []
    for limit in sorted(terms.limits, key=lambda nested: len(terms.members(nested))):
        members = terms.members(limit)
        lines = [clause.id for clause in terms.due_clauses if clause.id in members]
        if not lines:
            continue
        lines += [line for group, line in inside if group < members]
        if limit.cap_per_person is not None and limit.id in beyond:
            limits.append(_for_each_person(limit, *beyond[limit.id], lines, terms))
            lines = [*lines, limits[-1].line]
            inside.append((members, limits[-1].line))
        for name, bound in (("cap", limit.cap), ("floor", limit.floor)):
            if bound is not None:
                line = f"{limit.id} {name}"
                limits.append(
                    _limit(
                        line=line,
                        label=f"{limit.label}: {name}",
                        reference=limit.reference,
                        bound=bound,
                        lines=lines,
                        terms=terms,
                    )
                )
                lines = [*lines, line]
                inside.append((members, line))
    return tuple(limits)


def _for_each_person(
    limit: GroupLimit, over: Decimal, people: int, lines: Sequence[str], terms: PaymentTerms
) -> PlannedLimit:
    """What the clauses pay beyond the cap of each person, taken away."""
    assert limit.cap_per_person is not None
    return PlannedLimit(
        line=f"{limit.id} cap for each person",
        label=f"{limit.label}: cap for each person",
        reference=limit.reference,
        bound=limit.cap_per_person,
        over=Plus(tuple(AmountOf(other) for other in lines)),
        amount=Rounded(
            Times((MINUS_ONE, Term(BEYOND, over))),
            terms.rounding.decimals,
            terms.rounding.mode,
        ),
        words=lambda whole, bound: (
            f"clauses come to {whole}; each person earns at most {bound}, which {people:,} "
            f"{'reaches' if people == 1 else 'reach'} beyond"
        ),
    )


def _bounds(
    *,
    whose: str,
    cap: Decimal | None,
    floor: Decimal | None,
    lines: Sequence[str],
    terms: PaymentTerms,
    before: Term = ZERO,
) -> list[PlannedLimit]:
    """The cap and floor of a year or of the contract. They cannot both bind."""
    return [
        _limit(
            line=f"{whose} {name}",
            label=f"{whose} {name}".capitalize(),
            reference="",
            bound=bound,
            lines=lines,
            terms=terms,
            before=before,
        )
        for name, bound in (("cap", cap), ("floor", floor))
        if bound is not None
    ]


def _limit(
    *,
    line: str,
    label: str,
    reference: str,
    bound: Decimal,
    lines: Sequence[str],
    terms: PaymentTerms,
    before: Term = ZERO,
) -> PlannedLimit:
    amounts = tuple(AmountOf(other) for other in lines)
    over = Plus(amounts if before.value == 0 else (before, *amounts))
    room = minus(Term("cap" if line.endswith("cap") else "floor", bound), over)
    change = Least((room, ZERO)) if line.endswith("cap") else Greatest((room, ZERO))
    paid = (
        "" if before.value == 0 else f" with {money_text(before.value, terms.currency)} paid before"
    )
    return PlannedLimit(
        line=line,
        label=label,
        reference=reference,
        bound=bound,
        over=over,
        amount=Rounded(change, terms.rounding.decimals, terms.rounding.mode),
        words=lambda over, bound: f"clauses come to {over}{paid}; the {line} is {bound}",
    )


def _correction(earlier: EarlierYear, due: Decimal, terms: PaymentTerms) -> PlannedLimit:
    """Due now for an earlier year: what its corrected results come to, less what was paid."""
    paid = Term("paid", earlier.paid)
    change = minus(Term(DUE_FOR_THE_YEAR, due), paid)
    reason = earlier.reason.rstrip(".")
    return PlannedLimit(
        line=f"correction of {earlier.year}",
        label=f"Correction of {earlier.year}",
        reference=earlier.reference,
        bound=due,
        over=paid,
        amount=Rounded(change, terms.rounding.decimals, terms.rounding.mode),
        words=lambda over, bound: f"{reason}: {bound} is due for {earlier.year}, {over} was paid",
    )
