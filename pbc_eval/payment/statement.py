"""The payment statement: a line-by-line audit of what is due, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import accumulate

import pandas as pd

from pbc_eval._display import Displayed, counted
from pbc_eval.messages.sentence import EMPTY, Part, Sentence
from pbc_eval.messages.values import ExactMoney, Names, Noun, Number
from pbc_eval.payment.expression import Expression, Fact
from pbc_eval.payment.measure import Input
from pbc_eval.payment.people import EXACT

LINE_COLUMNS = (
    "clause",
    "label",
    "reference",
    "outcome",
    "measure",
    "measure_value",
    "denominator",
    "formula",
    "amount_before_cap",
    "cap_applied",
    "amount",
)

CLAUSES = Noun(Sentence("clause"), Sentence("clauses"))
MOST_NAMED = 5
ADJUSTMENTS = Noun(Sentence("adjustment"), Sentence("adjustments"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One clause: what went in, the rule in words with its numbers, what comes out.

    Amounts are in the contract's currency. A deduction's ``amount`` is negative; its
    ``amount_before_cap`` is the size of the deduction before limits.
    """

    clause: str
    label: str
    reference: str  # where the contract says it
    outcome: str | None  # None for a fee paid an agreed number of times
    measure: str
    inputs: tuple[Input, ...]  # (name, value) in the order of use
    measure_value: Decimal  # as compared and priced
    denominator: float | None  # units behind the measure: always published beside the amount
    formula: str
    amount_before_cap: Decimal  # exact, unrounded
    cap_applied: str | None  # max_units, cap_per_person, cap, floor; joined by "and"
    amount: Decimal  # rounded once, by the contract's rule
    source: str
    illustrative: bool
    bare_count: bool = False  # pays for a count from which nothing is taken off


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """A contract-level cap (negative) or floor (positive), applied to the sum of the lines."""

    name: str
    formula: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """How the amount of a line was worked out, so that it can be worked out again elsewhere."""

    line: str  # id of the clause, or name of the adjustment
    label: str
    reference: str
    formula: Expression
    facts: tuple[tuple[Fact, Decimal], ...]  # what was measured
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PaymentStatement(Displayed):
    """What is due. Holds lines and adjustments; the total is their sum, to the penny."""

    currency: str
    decimals: int  # of every amount due
    rounding: str  # half_up, half_even or down (towards zero)
    lines: tuple[StatementLine, ...]
    adjustments: tuple[LimitLine, ...] = ()
    illustrative: bool = False  # the contract, or any clause, is
    workings: tuple[Working, ...] = ()  # of every line and limit, those that did not bind too
    recorded_as_paid: Decimal | None = None  # for these very lines, where the claims tell it
    expected: tuple[str, ...] = ()  # what it rests on that has not happened yet: nothing is due

    @property
    def subtotal(self) -> Decimal:
        """Sum of the lines, before the contract's own cap and floor."""
        return _sum(line.amount for line in self.lines)

    @property
    def total(self) -> Decimal:
        """Sum of lines and adjustments. Negative when the provider owes."""
        return _sum([self.subtotal, *(entry.amount for entry in self.adjustments)])

    @property
    def sentence(self) -> Sentence:
        """'£1,200 is due, the sum of 3 clauses and 1 adjustment.'"""
        if self.expected:
            return self._forecast()
        if not self.lines:
            return self._of_corrections()
        adjustments: Part = EMPTY
        if self.adjustments:
            adjustments = Sentence(
                " and {adjustments}", adjustments=Number(len(self.adjustments), noun=ADJUSTMENTS)
            )
        return Sentence(
            "{amount} {who}, the sum of {clauses}{adjustments}.{paid}{bare}{caveat}",
            amount=ExactMoney(abs(self.total), self.currency),
            who=Sentence("is due") if self.total >= 0 else Sentence("is owed by the provider"),
            clauses=Number(len(self.lines), noun=CLAUSES),
            adjustments=adjustments,
            paid=self._paid(),
            bare=self._bare_counts(),
            caveat=Sentence(" Illustrative terms.") if self.illustrative else EMPTY,
        )

    def _of_corrections(self) -> Sentence:
        """'£800 is due. No clause is paid in this year; the amount is the sum of 2 adjustments'"""
        what = Sentence("no earlier year was paid otherwise than it is known now")
        if self.adjustments:
            what = Sentence(
                "the amount is the sum of {adjustments}: corrections of earlier years, within the "
                "contract's limits",
                adjustments=Number(len(self.adjustments), noun=ADJUSTMENTS),
            )
        return Sentence(
            "{amount} {who}. No clause is paid in this year; {what}.{caveat}",
            amount=ExactMoney(abs(self.total), self.currency),
            who=Sentence("is due") if self.total >= 0 else Sentence("is owed by the provider"),
            what=what,
            caveat=Sentence(" Illustrative terms.") if self.illustrative else EMPTY,
        )

    @property
    def is_forecast(self) -> bool:
        """Does it rest on what is expected? Then nothing of it is due."""
        return bool(self.expected)

    def _forecast(self) -> Sentence:
        return Sentence(
            "{amount} would {who} if what is expected comes about. It is a forecast: {what} not "
            "verified, and nothing is due.{bare}{caveat}",
            amount=ExactMoney(abs(self.total), self.currency),
            who=Sentence("be due") if self.total >= 0 else Sentence("be owed by the provider"),
            what=Sentence("{names} is", names=Names(self.expected))
            if len(self.expected) == 1
            else Sentence("{names} are", names=Names(self.expected)),
            bare=self._bare_counts(),
            caveat=Sentence(" Illustrative terms.") if self.illustrative else EMPTY,
        )

    def _paid(self) -> Part:
        """What is recorded as paid for the same claims."""
        if self.recorded_as_paid is None:
            return EMPTY
        if self.recorded_as_paid == self.total:
            return Sentence(" The same amount is recorded as paid.")
        return Sentence(
            " {paid} is recorded as paid.", paid=ExactMoney(self.recorded_as_paid, self.currency)
        )

    def _bare_counts(self) -> Part:
        """Which clauses pay for counts as they are, whatever would have happened anyway."""
        bare = [line.label for line in self.lines if line.bare_count]
        if not bare:
            return EMPTY
        return Sentence(
            " Nothing is taken off for what would have happened anyway in {clauses}, which "
            "{pay} for a count.",
            clauses=Names(tuple(bare))
            if len(bare) <= MOST_NAMED
            else Number(len(bare), noun=CLAUSES),
            pay=Sentence("pays") if len(bare) == 1 else Sentence("pay"),
        )

    def summary(self) -> str:
        """What is due, and by how many clauses."""
        what = "expected, nothing due" if self.expected else "due"
        return f"{self.currency} {self.total:,} {what}, {counted(len(self.lines), 'clause')}"

    def to_frame(self) -> pd.DataFrame:
        """One row a clause, then one an adjustment; amounts are Decimal objects.

        Columns: clause, label, reference, outcome, measure, measure_value, denominator, formula,
        amount_before_cap, cap_applied, amount, running_total, illustrative. ``amount`` sums to
        ``total``; the last ``running_total`` equals it.
        """
        rows = [
            {name: getattr(line, name) for name in LINE_COLUMNS}
            | {"illustrative": line.illustrative}
            for line in self.lines
        ]
        rows += [
            dict.fromkeys(LINE_COLUMNS)
            | {"clause": entry.name, "label": entry.name, "formula": entry.formula}
            | {"amount": entry.amount, "illustrative": self.illustrative}
            for entry in self.adjustments
        ]
        with localcontext(EXACT):
            running = list(accumulate(row["amount"] for row in rows))
        rows = [row | {"running_total": total} for row, total in zip(rows, running, strict=True)]
        columns = [*LINE_COLUMNS, "running_total", "illustrative"]
        return pd.DataFrame(rows, columns=columns, dtype=object)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    with localcontext(EXACT):
        return sum(amounts, Decimal(0))
