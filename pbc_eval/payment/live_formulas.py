"""The formulas of a statement with the places where numbers of the terms stand in them.

    statement.workings, terms ── live_lines ──▶ LiveLine, …  a tree of lists, as JSON has it

Each number of the terms is moved by itself, and what moves with it in the formulas is where it
stands. A number that moves more than its own places, or the shape of a formula, has none: it
cannot be changed without the rules that made the formula.

    ["+", …]  ["*", …]  ["/", a, b]  ["min", …]  ["max", …]  [">=", a, b]  [">", a, b]
    ["if", condition, then, otherwise]  ["significant", a, digits]  ["round", a, decimals, mode]
    ["number", "1.5"]  ["term", key]  ["fact", outcome, name]  ["line", name]
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pbc_eval.agreement.payment_limits import EarlierYear
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.expression import (
    ONE,
    Above,
    AmountOf,
    AtLeast,
    Expression,
    Fact,
    Greatest,
    If,
    Least,
    Over,
    Plus,
    Rounded,
    Significant,
    Term,
    Times,
    leaves,
    parts_of,
)
from pbc_eval.payment.measure import BY_PERSON
from pbc_eval.payment.plan import BEYOND, DUE_FOR_THE_YEAR, plan_clause, plan_of
from pbc_eval.payment.statement import Working
from pbc_eval.payment.term_numbers import TermNumber, is_known, numbers_of, unchecked

NUDGE = Decimal("0.0031415926")  # no agreed number lies so far from another
_SIGNS: tuple[tuple[type, str], ...] = (
    (Plus, "+"),
    (Times, "*"),
    (Over, "/"),
    (Least, "min"),
    (Greatest, "max"),
    (AtLeast, ">="),
    (Above, ">"),
    (If, "if"),
)
Way = tuple[int, ...]
Kept = tuple[list[tuple[EarlierYear, Decimal]], dict[str, tuple[Decimal, int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLine:
    """One line of the statement, in the order of working out."""

    line: str
    label: str
    tree: list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """``numbers`` are those that stand in the lines; ``fixed`` those that cannot be changed."""

    lines: tuple[LiveLine, ...]
    numbers: tuple[TermNumber, ...]
    fixed: tuple[TermNumber, ...]


def live_lines(terms: PaymentTerms, workings: Sequence[Working]) -> Live:
    """The lines of a statement with the numbers of its terms in their places.

    What earlier years come to now stays as the statement has it.
    """
    kept = kept_of(terms, workings)
    base = {working.line: working.formula for working in workings}
    facts = {fact: value for working in workings for fact, value in working.facts}
    at: dict[str, dict[Way, tuple[str, bool]]] = {line: {} for line in base}
    numbers, fixed = [], []
    for number in numbers_of(terms):
        moved = number.value + NUDGE
        others = _formulas(unchecked(terms, number.place, moved), number, kept)
        places = _places_of(base, others, number, moved, facts)
        by_person = not places and number.place[-1] == "cap_per_person"
        if places is None or by_person or (places and _is_held(terms, number)):
            fixed.append(number)
        elif places:
            numbers.append(number)
            for line, way, is_growth in places:
                at[line][way] = (number.key, is_growth)
    lines = tuple(
        LiveLine(
            line=working.line,
            label=working.label,
            tree=_tree(working.formula, (), at[working.line], facts),
        )
        for working in workings
    )
    return Live(lines=lines, numbers=tuple(numbers), fixed=tuple(fixed))


def _formulas(terms: PaymentTerms, number: TermNumber, kept: Kept) -> dict[str, Expression]:
    """The lines that a number may stand in: those of its clause, or those of no clause."""
    if number.place[0] == "clauses":
        clause = terms.clauses[int(number.place[1])]
        due = [clause] if clause in terms.due_clauses else []
        return {each.id: plan_clause(each, terms).amount for each in due}
    return {each.line: each.amount for each in plan_of(terms, *kept).lines}


def kept_of(terms: PaymentTerms, workings: Sequence[Working]) -> Kept:
    """What a statement took over from elsewhere: what is due for earlier years as corrected, and
    what caps for each person took away. Both stay when this year's terms are asked about."""
    worked = {working.line: working.formula for working in workings}
    corrections = [
        (earlier, _term(worked[line], DUE_FOR_THE_YEAR))
        for earlier in terms.earlier_years
        if (line := f"correction of {earlier.year}") in worked
    ]
    beyond = {
        limit.id: (_term(worked[line], BEYOND), 0)
        for limit in terms.limits
        if (line := f"{limit.id} cap for each person") in worked
    }
    return corrections, beyond


def _term(formula: Expression, name: str) -> Decimal:
    return next(
        (leaf.value for leaf in leaves(formula) if isinstance(leaf, Term) and leaf.name == name),
        Decimal(0),
    )


def _is_held(terms: PaymentTerms, number: TermNumber) -> bool:
    """Is it worked out person by person, or of a kind of clause whose rules are not known here, or
    one of several weights that add up to one?"""
    if number.place[-1] == "weight" or "blend" in number.place:
        return True
    if number.place[0] != "clauses":
        return False
    clause = terms.clauses[int(number.place[1])]
    by_person = any(
        limit.cap_per_person is not None and clause.id in terms.members(limit)
        for limit in terms.limits
    )
    return by_person or not is_known(clause)


def _places_of(
    base: Mapping[str, Expression],
    moved: Mapping[str, Expression],
    number: TermNumber,
    value: Decimal,
    facts: Mapping[Fact, Decimal],
) -> list[tuple[str, Way, bool]] | None:
    """Line, way within its formula, and whether one is added to it (a rate of growth), wherever
    the number stands; None where it is not to be had so."""
    if not moved.keys() <= base.keys():
        return None
    places = []
    for line, formula in moved.items():
        for way, before, after in _differences(base[line], formula, (), facts):
            if not isinstance(before, Term) or not isinstance(after, Term):
                return None
            is_growth = after.value == 1 + value and before.value == 1 + number.value
            if not is_growth and (after.value, before.value) != (value, number.value):
                return None
            places.append((line, way, is_growth))
    return places


def _differences(
    before: Expression, after: Expression, way: Way, facts: Mapping[Fact, Decimal]
) -> Iterator[tuple[Way, Expression, Expression]]:
    if before == after:
        return
    one_kind = type(before) is type(after)
    inside, others = parts_of(before), parts_of(after)
    if not one_kind or not inside or len(inside) != len(others):
        yield way, before, after
        return
    if _marks(before) != _marks(after):
        yield way, before, after
        return
    taken = _taken(before, facts)
    for at, (mine, theirs) in enumerate(zip(inside, others, strict=True)):
        if taken is None or at == taken:
            yield from _differences(mine, theirs, (*way, at), facts)


def _taken(expression: Expression, facts: Mapping[Fact, Decimal]) -> int | None:
    """The part that counts where counts are known by person or are not, which does not change."""
    if isinstance(expression, If) and isinstance(expression.condition, Fact):
        fact = expression.condition
        if fact.name == BY_PERSON and fact in facts:
            return 1 if facts[fact] else 2
    return None


def _marks(expression: Expression) -> tuple[Any, ...]:
    """What a part has beside its parts: the digits of a rounding."""
    match expression:
        case Significant(digits=digits):
            return (digits,)
        case Rounded(decimals=decimals, mode=mode):
            return decimals, mode
    return ()


def _tree(
    expression: Expression,
    way: Way,
    at: Mapping[Way, tuple[str, bool]],
    facts: Mapping[Fact, Decimal],
) -> list[Any]:
    if way in at:
        key, is_growth = at[way]
        return ["+", _leaf(ONE), ["term", key]] if is_growth else ["term", key]
    if isinstance(expression, Term | Fact | AmountOf):
        return _leaf(expression)
    taken = _taken(expression, facts)
    if taken is not None:
        return _tree(parts_of(expression)[taken], (*way, taken), at, facts)
    inside = [_tree(part, (*way, n), at, facts) for n, part in enumerate(parts_of(expression))]
    match expression:
        case Significant(digits=digits):
            return ["significant", *inside, digits]
        case Rounded(decimals=decimals, mode=mode):
            return ["round", *inside, decimals, mode]
    sign = next(sign for kind, sign in _SIGNS if isinstance(expression, kind))
    return [sign, *inside]


def _leaf(leaf: Term | Fact | AmountOf) -> list[Any]:
    match leaf:
        case Term(value=value):
            return ["number", f"{value:f}"]
        case Fact(outcome=outcome, name=name):
            return ["fact", outcome, name]
        case AmountOf(line=line):
            return ["line", line]
