"""What is due: agreed terms and measured outcomes to a payment statement.

    terms ── plan_of ──▶ formulas ─┐
                                   ├─ check ─▶ exact ─▶ round once ─▶ limits ─▶ statement
    results ── fact_of ──▶ numbers ┘

Effects are floats; payments are Decimal. Each line is rounded once, by the contract's rule, and
the total is the sum of rounded lines, so the statement adds up to the penny on paper.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.money import money_text
from pbc_eval.agreement.payment_base import MeasuredClause
from pbc_eval.agreement.payment_limits import EarlierYear
from pbc_eval.agreement.payment_terms import Clause, PaymentTerms, terms_of
from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment.expression import AmountOf, Expression, Fact, exact, leaves
from pbc_eval.payment.measure import Input, check_measure, fact_of
from pbc_eval.payment.people import EXACT, beyond_caps
from pbc_eval.payment.plan import PlannedClause, PlannedLimit, plan_of
from pbc_eval.payment.rule import floor_of, index_factor, indexed, limits_of
from pbc_eval.payment.statement import LimitLine, PaymentStatement, StatementLine, Working
from pbc_eval.results import MeasuredOutcome

ANYWAY = "nothing is taken off for what would have happened anyway"
Results = Mapping[str, MeasuredOutcome] | Iterable[MeasuredOutcome]


class Known:
    """Facts of the results, and the amounts of the lines that are worked out so far."""

    def __init__(self, results: Mapping[str, MeasuredOutcome]) -> None:
        self._results = results
        self.amounts: dict[str, Decimal] = {}

    def __call__(self, leaf: Fact | AmountOf) -> Decimal:
        if isinstance(leaf, AmountOf):
            return self.amounts[leaf.line]
        fact = fact_of(self._results[leaf.outcome], leaf.name)
        return fact if isinstance(fact, Decimal) else Decimal(repr(fact))

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
    terms = terms_of(terms)
    return due_beside(terms, outcomes_by_id(results), recomputed_years(terms))


def due_beside(
    terms: PaymentTerms,
    outcomes: Mapping[str, MeasuredOutcome],
    recomputed: Sequence[tuple[EarlierYear, Decimal]],
) -> PaymentStatement:
    """The statement beside what is due for earlier years, which is worked out already. Raises
    PaymentTermsError as ``payment_due`` does."""
    plan = plan_of(terms, recomputed, beyond_caps(terms, outcomes))
    with localcontext(EXACT):
        known = Known(outcomes)
        inputs = {planned.line: check_clause(planned, outcomes) for planned in plan.clauses}
        for planned in plan.lines:
            known.amounts[planned.line] = known.value(planned.amount)
        lines = tuple(
            _line(terms, planned, inputs[planned.line], outcomes, known) for planned in plan.clauses
        )
        bound = [limit for limit in plan.limits if known.amounts[limit.line]]
        return PaymentStatement(
            currency=terms.currency,
            decimals=terms.rounding.decimals,
            rounding=terms.rounding.mode,
            lines=lines,
            adjustments=tuple(_adjustment(terms, limit, known) for limit in bound),
            illustrative=terms.illustrative or any(line.illustrative for line in lines),
            workings=tuple(_working(planned, known) for planned in plan.lines),
        )


def alone(terms: PaymentTerms, year: str, before: Sequence[EarlierYear]) -> PaymentTerms:
    """The terms of one year by itself. What was withheld or paid by clause in the years ``before``
    it counts; corrections of these, and the contract's cap and floor, do not."""
    known = tuple(earlier.model_copy(update={"restated": ()}) for earlier in before)
    return terms.model_copy(
        update={"year": year, "earlier_years": known, "cap": None, "floor": None}
    )


def recomputed_years(terms: PaymentTerms) -> list[tuple[EarlierYear, Decimal]]:
    """Earlier years whose results were corrected, with what is due for each by the same terms.

    The year's own caps apply; the contract's cap and floor bound the sum over the years.
    """
    recomputed = []
    for at, earlier in enumerate(terms.earlier_years):
        if earlier.restated:
            then = alone(terms, earlier.year, terms.earlier_years[:at])
            results = [MeasuredOutcome(**outcome.model_dump()) for outcome in earlier.restated]
            try:
                due = payment_due(then, results).total
            except PaymentTermsError as error:
                raise PaymentTermsError(f"earlier year {earlier.year}, restated: {error}") from None
            recomputed.append((earlier, due))
    return recomputed


def outcomes_by_id(results: Results) -> dict[str, MeasuredOutcome]:
    """Results keyed by outcome. Raises PaymentTermsError for two of one id, or a key that
    disagrees with the outcome it holds."""
    given = results.values() if isinstance(results, Mapping) else results
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise PaymentTermsError(f"results: must be measured outcomes, got {given!r}.")
    given = list(given)
    if strange := [entry for entry in given if not isinstance(entry, MeasuredOutcome)]:
        raise PaymentTermsError(
            f"results: must be measured outcomes, got {strange[0]!r}. Make a MeasuredOutcome of it."
        )
    if isinstance(results, Mapping):
        for key, outcome in results.items():
            if key != outcome.outcome:
                raise PaymentTermsError(
                    f"results: {key!r} holds the outcome {outcome.outcome!r}. Use one id for both."
                )
        return dict(results)
    known: dict[str, MeasuredOutcome] = {}
    for outcome in given:
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


def pays_for_a_bare_count(planned: PlannedClause, outcomes: Mapping[str, MeasuredOutcome]) -> bool:
    """Does a clause pay for results that were counted, with nothing taken off for what would have
    happened anyway? Fees and deductions pay for no result."""
    clause = planned.clause
    if clause.deduction or clause.type in ("fixed_fee", "release"):
        return False
    if getattr(clause, "deadweight", None) or getattr(clause, "baseline_count", None):
        return False
    return any(
        asked.measure == "count" and outcomes[asked.outcome].source == "counted"
        for asked in planned.rule.asked
    )


def _line(
    terms: PaymentTerms,
    planned: PlannedClause,
    inputs: tuple[Input, ...],
    outcomes: Mapping[str, MeasuredOutcome],
    known: Known,
) -> StatementLine:
    clause, rule = planned.clause, planned.rule
    before = known.value(rule.before)
    limits, words = _limits_in_words(terms, planned, known)
    formula = planned.kind.words(clause, rule, known.value, terms.currency)
    is_bare = pays_for_a_bare_count(planned, outcomes)
    caveat = f"; {ANYWAY}" if is_bare else ""
    value = known.value(rule.value)
    outcome = clause.outcomes[0] if len(clause.outcomes) == 1 else None
    return StatementLine(
        clause=clause.id,
        label=clause.label,
        reference=clause.reference,
        outcome=outcome,
        measure=clause.measure if isinstance(clause, MeasuredClause) else clause.type,
        inputs=inputs or (("times agreed" if clause.type == "fixed_fee" else "base", value),),
        measure_value=value,
        denominator=None if outcome is None else outcomes[outcome].total_scale,
        formula=formula + words + ("; deducted" if clause.deduction else "") + caveat,
        bare_count=is_bare,
        amount_before_cap=before,
        cap_applied=" and ".join(limits) or None,
        amount=known.amounts[clause.id],
        source=clause.source,
        illustrative=terms.illustrative or clause.illustrative,
    )


def _limits_in_words(
    terms: PaymentTerms, planned: PlannedClause, known: Known
) -> tuple[list[str], str]:
    """Which limits bound, one after the other, and words for indexation, cap and floor."""
    clause, rule, currency = planned.clause, planned.rule, terms.currency
    factor, words = index_factor(clause, terms), ""
    amount = known.value(indexed(rule.before, factor))
    if factor is not None:
        words += f"; indexed × {known.value(factor):.6g} = {_pence(amount, currency)}"
    bound = []
    for limit in limits_of(clause, rule, terms):
        most = known.value(limit.most)
        if amount > most:
            amount = most
            bound.append(limit.name)
            if factor is not None and limit.name != "cap":
                words += f"; within {limit.name}, {_pence(most, currency)}"
            elif limit.name == "cap":
                words += f"; capped at {money_text(most, currency)}"
    floor = floor_of(clause, terms)
    if floor is not None and amount < known.value(floor):
        bound.append("floor")
        words += f"; raised to the floor of {_pence(known.value(floor), currency)}"
    return bound, words


def _pence(amount: Decimal, currency: str) -> str:
    return money_text(amount.quantize(Decimal("0.01")), currency)


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


def _adjustment(terms: PaymentTerms, limit: PlannedLimit, known: Known) -> LimitLine:
    over = money_text(known.value(limit.over), terms.currency)
    words = limit.words(over, money_text(limit.bound, terms.currency))
    return LimitLine(name=limit.line, formula=words, amount=known.amounts[limit.line])
