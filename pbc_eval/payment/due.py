"""What is due: agreed terms and measured outcomes to a payment statement.

    terms ─┐
           ├─ measure ─▶ price ─▶ clause limits ─▶ round once ─▶ contract limits ─▶ statement
    results┘

Effects are floats; payments are Decimal. Each line is rounded once, by the contract's rule, and
the total is the sum of rounded lines, so the statement adds up to the penny on paper.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from pbc_eval._validate import did_you_mean
from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment.measure import Measured, measured
from pbc_eval.payment.pricing import (
    Priced,
    price_bands,
    price_fixed_fee,
    price_tariff,
    price_threshold,
)
from pbc_eval.payment.statement import EXACT, Adjustment, PaymentStatement, StatementLine
from pbc_eval.results import MeasuredOutcome
from pbc_eval.spec.money import money_text
from pbc_eval.spec.payment_terms import (
    Bands,
    Clause,
    ClauseBase,
    FixedFee,
    Measure,
    PaymentTerms,
    Rounding,
    Tariff,
    payment_terms_from,
)

MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}

Results = Mapping[str, MeasuredOutcome] | Iterable[MeasuredOutcome]


def payment_due(terms: PaymentTerms | Mapping[str, Any], results: Results) -> PaymentStatement:
    """The statement for ``results``, one MeasuredOutcome an outcome, by id or in any order.

    ``terms`` as read by ``load_evaluation``, or plain data in the same shape.

    A negative effect never pays a negative amount unless its clause says ``negative_allowed``;
    ``deduction`` clauses subtract. Clause floors and caps bound each clause, then the contract's
    bound the sum.

    Raises PaymentTermsError, naming the clause and the remedy, when an outcome is missing, a
    measure cannot be had, or deadweight would be taken from an estimated quantity.
    """
    if isinstance(terms, Mapping):
        terms = payment_terms_from(terms)
    known = outcomes_by_id(results)
    with localcontext(EXACT):
        lines = tuple(_line(terms, clause, known) for clause in terms.clauses)
        return PaymentStatement(
            currency=terms.currency,
            decimals=terms.rounding.decimals,
            rounding=terms.rounding.mode,
            lines=lines,
            adjustments=_contract_limits(terms, lines),
            illustrative=terms.illustrative or any(line.illustrative for line in lines),
        )


def outcomes_by_id(results: Results) -> dict[str, MeasuredOutcome]:
    """Results keyed by outcome. Raises PaymentTermsError for two of one id, or a key that
    disagrees with the outcome it holds."""
    if isinstance(results, Mapping):
        for key, outcome in results.items():
            if key != outcome.outcome:
                raise PaymentTermsError(
                    f"results: {key!r} holds the outcome {outcome.outcome!r}. Use one id for both."
                )
        return dict(results)
    known: dict[str, MeasuredOutcome] = {}
    for outcome in results:
        if outcome.outcome in known:
            raise PaymentTermsError(
                f"results: {outcome.outcome!r} is given twice. A payment needs one result an "
                "outcome; put other estimates in its alternatives."
            )
        known[outcome.outcome] = outcome
    return known


def _line(
    terms: PaymentTerms, clause: Clause, known: Mapping[str, MeasuredOutcome]
) -> StatementLine:
    found, priced = _found_and_priced(clause, known, terms.currency)
    amount, limit, words = _clause_limits(clause, priced.after, terms.currency)
    limits = priced.limits + (() if limit is None else (limit,))
    signed, deducted = (-amount, "; deducted") if clause.deduction else (amount, "")
    return StatementLine(
        clause=clause.id,
        label=clause.label,
        reference=clause.reference,
        outcome=clause.outcome,
        measure=clause.measure,
        inputs=found.inputs,
        measure_value=found.value,
        denominator=found.denominator,
        formula=priced.formula + words + deducted,
        amount_before_cap=priced.before,
        cap_applied=" and ".join(limits) or None,
        amount=_rounded(signed, terms.rounding),
        source=clause.source,
        illustrative=terms.illustrative or clause.illustrative,
    )


def _found_and_priced(
    clause: Clause, known: Mapping[str, MeasuredOutcome], currency: str
) -> tuple[Measured, Priced]:
    if isinstance(clause, FixedFee) and clause.times is not None:
        agreed = Measured(clause.times, (("times agreed", clause.times),), None)
        return agreed, price_fixed_fee(clause, agreed, currency)
    outcome = _outcome(clause, known)
    found = measured(clause, outcome, clause.measure)

    def get(measure: Measure) -> Measured:
        return measured(clause, outcome, measure)

    if isinstance(clause, FixedFee):
        return found, price_fixed_fee(clause, found, currency)
    if isinstance(clause, Tariff):
        return found, price_tariff(clause, outcome, found, currency)
    if isinstance(clause, Bands):
        return found, price_bands(clause, get, found, currency)
    return found, price_threshold(clause, get, found, currency)


def _outcome(clause: ClauseBase, known: Mapping[str, MeasuredOutcome]) -> MeasuredOutcome:
    name = str(clause.outcome)
    if name not in known:
        listed = ", ".join(sorted(known)) or "nothing"
        raise PaymentTermsError(
            f"{clause.id}: depends on outcome {name!r}, which is not among the results "
            f"({listed}).{did_you_mean(name, known)} Measure it, or correct the clause."
        )
    return known[name]


def _clause_limits(
    clause: ClauseBase, amount: Decimal, currency: str
) -> tuple[Decimal, str | None, str]:
    """Amount within the clause's floor and cap, which of them bound, and words for the formula."""
    if clause.cap is not None and amount > clause.cap:
        return clause.cap, "cap", f"; capped at {money_text(clause.cap, currency)}"
    if clause.floor is not None and amount < clause.floor:
        return (
            clause.floor,
            "floor",
            f"; raised to the floor of {money_text(clause.floor, currency)}",
        )
    return amount, None, ""


def _contract_limits(
    terms: PaymentTerms, lines: tuple[StatementLine, ...]
) -> tuple[Adjustment, ...]:
    subtotal = sum((line.amount for line in lines), Decimal(0))
    for name, limit, binds in (
        ("contract cap", terms.cap, terms.cap is not None and subtotal > terms.cap),
        ("contract floor", terms.floor, terms.floor is not None and subtotal < terms.floor),
    ):
        if binds and limit is not None:
            total, bound = (money_text(value, terms.currency) for value in (subtotal, limit))
            words = f"clauses come to {total}; the {name} is {bound}"
            change = _rounded(limit - subtotal, terms.rounding)
            return (Adjustment(name=name, formula=words, amount=change),)
    return ()


def _rounded(amount: Decimal, rounding: Rounding) -> Decimal:
    # "+ 0" turns minus zero, which prints as a debt, into zero
    return amount.quantize(rounding.step, MODES[rounding.mode]) + 0
