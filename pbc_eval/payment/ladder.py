"""What a clause pays along its measure, and where the result stands: the rungs of a ladder."""

from dataclasses import dataclass

import numpy as np

from pbc_eval.agreement.payment_base import Measure, MeasuredClause
from pbc_eval.agreement.payment_several import Triggers
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.numerics.arrays import Floats
from pbc_eval.payment.closed_form import bounds_of
from pbc_eval.payment.draws import payments_of_draws
from pbc_eval.payment.due import Results, outcomes_by_id
from pbc_eval.payment.risk import without_error
from pbc_eval.results import MeasuredOutcome

POINTS = 241
EDGE = 1e-9  # just before a step, so that it is drawn upright


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ladder:
    """Amounts (n,) that one clause pays at measures (n,), were they certain.

    ``steps`` holds the measure at which each tier starts and what it pays there. ``paid_low`` and
    ``paid_high`` are what the ends of the interval would pay.
    """

    clause: str
    label: str
    outcome: str
    measure: Measure
    measures: Floats
    amounts: Floats
    steps: tuple[tuple[float, float], ...]
    estimate: float
    low: float | None
    high: float | None
    paid: float  # what the estimate itself earns, before the estimate rule
    paid_low: float
    paid_high: float


def ladders(terms: PaymentTerms, results: Results) -> tuple[Ladder, ...]:
    """A ladder for each clause that pays by steps of one estimated outcome, and for triggers along
    the pooled outcome, each cohort being as it was measured.

    The amounts are those of effects that are known: which estimate counts is said beside it.
    """
    outcomes = outcomes_by_id(results)
    steps = []
    for clause in terms.due_clauses:
        if isinstance(clause, Triggers) and clause.pooled_outcome is not None:
            least = [float(clause.pooled_minimum)]
            steps.append(_ladder(terms, clause, clause.pooled_outcome, least, outcomes))
        if not isinstance(clause, MeasuredClause) or clause.measure == "count":
            continue
        bounds = [float(bound) for bound in bounds_of(clause)]
        if bounds and clause.type != "clawback":
            (name,) = clause.outcomes
            steps.append(_ladder(terms, clause, name, bounds, outcomes))
    return tuple(steps)


def _ladder(
    terms: PaymentTerms,
    clause: MeasuredClause | Triggers,
    name: str,
    bounds: list[float],
    outcomes: dict[str, MeasuredOutcome],
) -> Ladder:
    outcome = outcomes[name]
    unit = _unit(clause.measure, outcome)
    effect = outcome.effect or 0.0
    ends = [side for side in (outcome.conf_low, outcome.conf_high) if side is not None]
    top = 1.25 * max([*bounds, effect * unit, *(side * unit for side in ends)])
    bottom = min([0.0, effect * unit, *(side * unit for side in ends)])
    upright = [edge for bound in bounds for edge in (bound * (1 - EDGE) - EDGE, bound)]
    measures = np.unique(np.concatenate([np.linspace(bottom, top, POINTS), upright]))
    wanted = np.concatenate([measures, bounds, np.array([effect, *ends]) * unit])
    certain = {**outcomes, name: without_error(outcome, level_known=True)}
    line = payments_of_draws(terms, certain, {name: wanted / unit}).lines[clause.id]
    amounts, rungs = line[: len(measures)], line[len(measures) : len(measures) + len(bounds)]
    at_result = line[len(measures) + len(bounds) :]
    low, high = (None if s is None else s * unit for s in (outcome.conf_low, outcome.conf_high))
    return Ladder(
        clause=clause.id,
        label=clause.label,
        outcome=name,
        measure=clause.measure,
        measures=measures,
        amounts=amounts,
        steps=tuple(zip(bounds, (float(rung) for rung in rungs), strict=True)),
        estimate=effect * unit,
        low=low,
        high=high,
        paid=float(at_result[0]),
        paid_low=float(at_result.min()),
        paid_high=float(at_result.max()),
    )


def _unit(measure: Measure, outcome: MeasuredOutcome) -> float:
    """What turns an effect into the measure."""
    if measure == "relative_effect":
        return 1.0 / (outcome.counterfactual or 1.0)
    return (outcome.total_scale or 1.0) if measure == "total" else 1.0
