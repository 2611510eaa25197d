"""What is due: agreed terms and measured outcomes to a payment statement.

    terms ── plan_of ──▶ formulas ─┐
                                   ├─ check ─▶ exact ─▶ round once ─▶ limits ─▶ statement
    results ── facts_of ─▶ numbers ┘

Effects are floats; payments are Decimal. Each line is rounded once, by the contract's rule, and
the total is the sum of rounded lines, so the statement adds up to the penny on paper.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from typing import Any

from pbc_eval._validate import did_you_mean
from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment.expression import AmountOf, Expression, Fact, exact, leaves
from pbc_eval.payment.measure import Input, check_measure, facts_of
from pbc_eval.payment.plan import PlannedClause, PlannedLimit, plan_of
from pbc_eval.payment.rule import within_own_limits
from pbc_eval.payment.statement import EXACT, Adjustment, PaymentStatement, StatementLine, Working
from pbc_eval.results import MeasuredOutcome
from pbc_eval.spec.money import money_text
from pbc_eval.spec.payment_terms import Clause, PaymentTerms, payment_terms_from

Results = Mapping[str, MeasuredOutcome] | Iterable[MeasuredOutcome]


class Known:
    """Facts of the results, and the amounts of the lines that are worked out so far."""

    def __init__(self, results: Mapping[str, MeasuredOutcome]) -> None:
        self._facts = {name: facts_of(outcome) for name, outcome in results.items()}
        self.amounts: dict[str, Decimal] = {}

    def __call__(self, leaf: Fact | AmountOf) -> Decimal:
        if isinstance(leaf, AmountOf):
            return self.amounts[leaf.line]
        return Decimal(repr(self._facts[leaf.outcome][leaf.name]))

    def value(self, expression: Expression) -> Decimal:
        return exact(expression, self)


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
    outcomes = outcomes_by_id(results)
    plan = plan_of(terms)
    with localcontext(EXACT):
        known = Known(outcomes)
        lines = []
        for planned in plan.clauses:
            inputs = check_clause(planned, outcomes)
            known.amounts[planned.line] = known.value(planned.amount)
            lines.append(_line(terms, planned, inputs, outcomes, known))
        adjustments = []
        for limit in plan.limits:
            known.amounts[limit.line] = known.value(limit.amount)
            if known.amounts[limit.line]:
                adjustments.append(_adjustment(terms, limit, known))
        return PaymentStatement(
            currency=terms.currency,
            decimals=terms.rounding.decimals,
            rounding=terms.rounding.mode,
            lines=tuple(lines),
            adjustments=tuple(adjustments),
            illustrative=terms.illustrative or any(line.illustrative for line in lines),
            workings=tuple(_working(planned, known) for planned in plan.lines),
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


def check_clause(
    planned: PlannedClause, outcomes: Mapping[str, MeasuredOutcome]
) -> tuple[Input, ...]:
    """The figures that a clause rests on. Raises PaymentTermsError if one cannot be had."""
    clause, inputs = planned.clause, dict[str, float | Decimal | str]()
    several = len({asked.outcome for asked in planned.rule.asked}) > 1
    for asked in planned.rule.asked:
        outcome = _outcome(clause, asked.outcome, outcomes)
        for name, value in check_measure(clause.id, outcome, asked.measure, asked.rule):
            inputs[f"{asked.outcome}: {name}" if several else name] = value
    if planned.kind.check is not None:
        planned.kind.check(clause, outcomes)
    return tuple(inputs.items())


def _outcome(clause: Clause, name: str, outcomes: Mapping[str, MeasuredOutcome]) -> MeasuredOutcome:
    if name not in outcomes:
        listed = ", ".join(sorted(outcomes)) or "nothing"
        raise PaymentTermsError(
            f"{clause.id}: depends on outcome {name!r}, which is not among the results "
            f"({listed}).{did_you_mean(name, outcomes)} Measure it, or correct the clause."
        )
    return outcomes[name]


def _line(
    terms: PaymentTerms,
    planned: PlannedClause,
    inputs: tuple[Input, ...],
    outcomes: Mapping[str, MeasuredOutcome],
    known: Known,
) -> StatementLine:
    clause, rule = planned.clause, planned.rule
    before = known.value(rule.before)
    limits = [limit.name for limit in rule.limits if known.value(limit.most) < before]
    bound, words = _cap_or_floor(terms, clause, known.value(within_own_limits(rule)))
    formula = planned.kind.words(clause, known.value, terms.currency)
    value = known.value(rule.value)
    behind = outcomes.get(str(clause.outcome))
    return StatementLine(
        clause=clause.id,
        label=clause.label,
        reference=clause.reference,
        outcome=clause.outcome,
        measure=clause.measure,
        inputs=inputs or (("times agreed", value),),
        measure_value=value,
        denominator=None if behind is None else behind.total_scale,
        formula=formula + words + ("; deducted" if clause.deduction else ""),
        amount_before_cap=before,
        cap_applied=" and ".join([*limits, *bound]) or None,
        amount=known.amounts[clause.id],
        source=clause.source,
        illustrative=terms.illustrative or clause.illustrative,
    )


def _cap_or_floor(
    terms: PaymentTerms, clause: Clause, amount: Decimal
) -> tuple[tuple[str, ...], str]:
    """Which of the clause's own bounds applied, and words for the formula."""
    if clause.cap is not None and amount > clause.cap:
        return ("cap",), f"; capped at {money_text(clause.cap, terms.currency)}"
    if clause.floor is not None and amount < clause.floor:
        floor = money_text(clause.floor, terms.currency)
        return ("floor",), f"; raised to the floor of {floor}"
    return (), ""


def _working(planned: PlannedClause | PlannedLimit, known: Known) -> Working:
    facts = [leaf for leaf in leaves(planned.amount) if isinstance(leaf, Fact)]
    return Working(
        line=planned.line,
        label=planned.label,
        reference=planned.reference,
        formula=planned.amount,
        facts=tuple((fact, known(fact)) for fact in facts),
        amount=known.amounts[planned.line],
    )


def _adjustment(terms: PaymentTerms, limit: PlannedLimit, known: Known) -> Adjustment:
    total = money_text(known.value(limit.over), terms.currency)
    bound = money_text(limit.limit, terms.currency)
    words = f"clauses come to {total}; the {limit.line} is {bound}"
    return Adjustment(name=limit.line, formula=words, amount=known.amounts[limit.line])
