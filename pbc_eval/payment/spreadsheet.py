"""A payment statement as live formulas, for a workbook that works every amount out again.

Each line has inputs (name and number), references to the amounts of other lines, and a formula
over these names. Names are lower case (``price``, ``total_scale``); functions are upper case and
the same in Excel and LibreOffice: ROUND, ROUNDDOWN, MIN, MAX, IF, ABS, INT. To write a workbook,
put each number in a cell and replace each name by its cell.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext

from pbc_eval.payment.expression import (
    AmountOf,
    Fact,
    Leaf,
    Term,
    in_spreadsheet,
    leaves,
)
from pbc_eval.payment.people import EXACT
from pbc_eval.payment.statement import PaymentStatement, Working


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadsheetLine:
    """One line of the statement, or one limit over lines that may not have bound.

    ``amount`` is what the formula must give, to the penny; the amounts of all lines add up to the
    statement's total.
    """

    line: str  # id of the clause, or name of the limit
    label: str
    reference: str
    inputs: tuple[tuple[str, Decimal], ...]  # name, number
    lines: tuple[tuple[str, str], ...]  # name, line whose amount it stands for; always earlier
    formula: str  # without the sign of equality in front
    amount: Decimal


def spreadsheet_lines(statement: PaymentStatement) -> tuple[SpreadsheetLine, ...]:
    """Every line and limit of the statement with its live formula, in the order of working."""
    amounts = {working.line: working.amount for working in statement.workings}
    with localcontext(EXACT):
        return tuple(_line(working, amounts) for working in statement.workings)


def _line(working: Working, amounts: dict[str, Decimal]) -> SpreadsheetLine:
    facts = dict(working.facts)
    used = leaves(working.formula)
    names = _names(used)

    def known(leaf: Fact | AmountOf) -> Decimal:
        return amounts[leaf.line] if isinstance(leaf, AmountOf) else facts[leaf]

    def number(leaf: Term | Fact) -> Decimal:
        return leaf.value if isinstance(leaf, Term) else facts[leaf]

    return SpreadsheetLine(
        line=working.line,
        label=working.label,
        reference=working.reference,
        inputs=tuple(
            (names[leaf], number(leaf)) for leaf in used if not isinstance(leaf, AmountOf)
        ),
        lines=tuple((names[leaf], leaf.line) for leaf in used if isinstance(leaf, AmountOf)),
        formula=in_spreadsheet(working.formula, names.__getitem__, known),
        amount=working.amount,
    )


def _names(used: tuple[Leaf, ...]) -> dict[Leaf, str]:
    """A name for each leaf: its own, with its outcome in front where several are used."""
    outcomes = {leaf.outcome for leaf in used if isinstance(leaf, Fact)}
    names: dict[Leaf, str] = {}
    for leaf in used:
        match leaf:
            case Term(name=words):
                wanted = words
            case Fact(outcome=outcome, name=words):
                wanted = words if len(outcomes) == 1 else f"{outcome} {words}"
            case AmountOf(line=line):
                wanted = f"amount of {line}"
        plain = re.sub(r"[^a-z0-9]+", "_", wanted.lower()).strip("_")
        # "cap" and "r2" could be read as the address of a cell
        plain = (
            plain if "_" in plain or not re.fullmatch(r"[a-z]{1,3}\d*", plain) else f"the_{plain}"
        )
        plain = f"n_{plain}" if not plain[:1].isalpha() else plain
        taken = set(names.values())
        number = 2
        unique = plain
        while unique in taken:
            unique, number = f"{plain}_{number}", number + 1
        names[leaf] = unique
    return names
