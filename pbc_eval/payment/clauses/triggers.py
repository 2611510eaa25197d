"""Triggers: each cohort is paid once, early by itself or later with the others."""

from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_base import Measure
from pbc_eval.agreement.payment_several import Triggers
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.clauses import words as say
from pbc_eval.payment.expression import (
    ZERO,
    AtLeast,
    Expression,
    Fact,
    Greatest,
    If,
    Over,
    Plus,
    Significant,
    Term,
    Times,
)
from pbc_eval.payment.measure import measure_of
from pbc_eval.payment.rule import Asked, Kind, Rule, Value

NONE, POOLED, EARLY = "no trigger met", "the pooled trigger only", "an early trigger"


def _rule(clause: Triggers, terms: PaymentTerms) -> Rule:
    amount = Term("amount", clause.amount)
    each = [
        If(Greatest((_early(clause, cohort), _pooled(clause))), amount, ZERO)
        for cohort in clause.cohorts
    ]
    first = Greatest(tuple(_early(clause, cohort) for cohort in clause.cohorts))
    return Rule(
        asked=_asked(clause),
        value=_together(clause),
        before=Plus(tuple(each)),
        tier=Plus((first, Greatest((first, _pooled(clause))))),
        tiers=(NONE, POOLED, EARLY),
    )


def _asked(clause: Triggers) -> tuple[Asked, ...]:
    measures: tuple[Measure, ...] = (clause.measure,)
    if clause.pooled_outcome is None:
        measures = (clause.measure, "total")
    asked = [Asked(c, m, clause.estimate_used) for c in clause.cohorts for m in measures]
    if clause.pooled_outcome is not None:
        asked.append(Asked(clause.pooled_outcome, clause.measure, clause.estimate_used))
    return tuple(asked)


def _early(clause: Triggers, cohort: str) -> Expression:
    value = measure_of(cohort, clause.measure, clause.estimate_used)
    return AtLeast(value, say.bound("early minimum", clause.early_minimum))


def _pooled(clause: Triggers) -> Expression:
    return AtLeast(_together(clause), say.bound("pooled minimum", clause.pooled_minimum))


def _together(clause: Triggers) -> Expression:
    """The measure of all cohorts: as it was measured, or pooled by the units behind each."""
    if clause.pooled_outcome is not None:
        return measure_of(clause.pooled_outcome, clause.measure, clause.estimate_used)
    scales = [Fact(cohort, "total_scale") for cohort in clause.cohorts]

    def total(name: str) -> Expression:
        return Plus(
            tuple(Times((Fact(c, name), n)) for c, n in zip(clause.cohorts, scales, strict=True))
        )

    if clause.measure == "relative_effect":
        return Significant(Over(total("effect"), total("counterfactual")))
    return Significant(Over(total("effect"), Plus(tuple(scales))))


def _words(clause: Triggers, rule: Rule, at: Value, currency: str) -> str:
    together = say.beside(at(rule.value), clause.pooled_minimum)
    early = [cohort for cohort in clause.cohorts if at(_early(clause, cohort))]
    met = bool(at(_pooled(clause)))
    parts = []
    for cohort in clause.cohorts:
        measured = at(measure_of(cohort, clause.measure, clause.estimate_used))
        value = say.beside(measured, clause.early_minimum)
        verdict = "reaches" if cohort in early else "is below"
        parts.append(f"{cohort}: {value} {verdict} {number_text(clause.early_minimum)}")
    rest = len(clause.cohorts) - len(early)
    verdict = "reaches" if met else "is below"
    parts.append(f"together: {together} {verdict} {number_text(clause.pooled_minimum)}")
    paid = len(early) + (rest if met else 0)
    amount = money_text(clause.amount, currency)
    words = f"{'; '.join(parts)}; {len(early)} paid early, {paid - len(early)} paid pooled"
    return f"{words}: {amount} × {paid} = {say.pence(at(rule.before), currency)}"


def _sentence(clause: Triggers, currency: str) -> str:
    what = "relative effect" if clause.measure == "relative_effect" else "effect"
    return (
        f"{money_text(clause.amount, currency)} once for each of {', '.join(clause.cohorts)}: "
        f"early if its {what} is at least {number_text(clause.early_minimum)}, else if that of all "
        f"together is at least {number_text(clause.pooled_minimum)}"
    )


TRIGGERS = Kind(_rule, _words, _sentence)
