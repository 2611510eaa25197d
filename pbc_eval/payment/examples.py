"""Worked examples of a clause: results chosen to show its rule, priced by the same code."""

from collections.abc import Sequence
from decimal import Decimal

from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_adjusting import (
    Clawback,
    Gainshare,
    KpiDeduction,
    ProfitShare,
    Release,
    ServiceCredit,
)
from pbc_eval.agreement.payment_base import HEADLINE, Blend
from pbc_eval.agreement.payment_clauses import Band, Bands, Slide, Tariff, Threshold
from pbc_eval.agreement.payment_several import Scorecard, Triggers
from pbc_eval.agreement.payment_terms import Clause, PaymentTerms
from pbc_eval.payment.clauses.words import MEASURES
from pbc_eval.payment.due import payment_due
from pbc_eval.payment.plan import plan_of
from pbc_eval.payment.rule import Asked
from pbc_eval.results import MeasuredOutcome

UNITS = Decimal(100)  # of what is counted or estimated, where the clause itself names no number
PERSONS = Decimal(1000)
SHORT = Decimal("0.9")  # of a minimum: an example that misses it


def examples_of(clause: Clause, terms: PaymentTerms) -> tuple[str, ...]:
    """One sentence an example: the result, the working in numbers, the amount."""
    return tuple(_example(clause, terms, values) for values in _values(clause))


def _values(clause: Clause) -> Sequence[Decimal]:  # noqa: PLR0911  one return for each kind
    """Values of the measure that show the rule: on both sides of a bound, in the middle of one."""
    match clause:
        case Threshold() | Release() | Clawback():
            return clause.minimum * SHORT, clause.minimum
        case Bands():
            return tuple(dict.fromkeys(_inside(band) for band in clause.bands))
        case Slide():
            return ((clause.start.at + clause.end.at) / 2,)
        case Tariff():
            return tuple(sorted({UNITS + (clause.baseline_count or 0), *_beyond(clause)}))
        case ServiceCredit():
            return (clause.free_allowance + 3,)
        case KpiDeduction():
            short = clause.tolerance + 2 * clause.point
            return (clause.target - short if clause.better == "higher" else clause.target + short,)
        case Gainshare():
            return (_plain(2 * clause.hurdle / clause.value) if clause.hurdle else UNITS,)
        case ProfitShare():
            return (clause.allowed_profit + 10_000,)
        case Triggers():
            return clause.early_minimum, clause.pooled_minimum
        case Scorecard():
            return (Decimal("1.1"),)  # of each target
    return (UNITS,)


def _plain(value: Decimal) -> Decimal:
    """A whole number; three digits of what is less than one: near enough to show a rule."""
    return Decimal(f"{value:.0f}") if value >= 1 else Decimal(f"{value:.3g}")


def _inside(band: Band) -> Decimal:
    """The middle of a band, or a tenth into one without an end."""
    if band.upper is None:
        return band.lower + (band.lower / 10 or UNITS)
    return (band.lower + band.upper) / 2


def _beyond(clause: Tariff) -> tuple[Decimal, ...]:
    return (
        () if clause.max_units is None else (clause.max_units * 2 + (clause.baseline_count or 0),)
    )


def _example(clause: Clause, terms: PaymentTerms, value: Decimal) -> str:
    alone, outcomes = _alone(clause, terms), dict[str, MeasuredOutcome]()
    for planned in plan_of(alone).clauses:
        at = value if planned.clause is clause else _values(planned.clause)[-1]
        for asked in planned.rule.asked:
            known = outcomes.get(asked.outcome)
            outcomes[asked.outcome] = _result(planned.clause, asked, at, known)
    line = next(line for line in payment_due(alone, outcomes).lines if line.clause == clause.id)
    amount = money_text(line.amount, terms.currency)
    return f"{_given(clause, value)}{line.formula}. The line is {amount}."


def _alone(clause: Clause, terms: PaymentTerms) -> PaymentTerms:
    """The clause with those it rests on, without limits over several."""
    known = {clause_id.id: clause_id for clause_id in terms.clauses}
    wanted, waiting = dict[str, Clause](), [clause]
    while waiting:
        clause_id = waiting.pop()
        wanted[clause_id.id] = (
            clause_id if clause_id is clause else clause_id.model_copy(update={"years": ()})
        )
        waiting += [known[name] for name in clause_id.clauses if name not in wanted]
    year = clause.years[0] if clause.years else terms.year
    listed = tuple(wanted[clause_id.id] for clause_id in terms.clauses if clause_id.id in wanted)
    bare: dict[str, object] = {
        "limits": (),
        "earlier_years": (),
        "year_cap": None,
        "year_floor": None,
    }
    bare |= {"years": (), "variations": ()}
    bare |= {"cap": None, "floor": None, "clauses": listed, "year": year}
    return terms.model_copy(update=bare)


def _result(
    clause: Clause, asked: Asked, value: Decimal, known: MeasuredOutcome | None
) -> MeasuredOutcome:
    """A result whose measure is ``value``, whichever estimate counts."""
    if isinstance(clause, Scorecard):
        value *= next(m.target for m in clause.metrics if m.outcome == asked.outcome)
    if asked.measure == "count":
        return MeasuredOutcome(
            outcome=asked.outcome,
            source="counted",
            count=float(value),
            total_scale=float(PERSONS),
            claims_checked=20 if value >= 20 else None,
            claims_wrong=1 if value >= 20 else None,
        )
    if known is not None:
        return known
    effect = float(value / PERSONS) if asked.measure == "total" else float(value)
    names = asked.rule.blend if isinstance(asked.rule, Blend) else {}
    return MeasuredOutcome(
        outcome=asked.outcome,
        source="reported",
        effect=effect,
        conf_low=effect if asked.rule == "lower_bound" else effect / 2,
        conf_high=effect * 1.5,
        counterfactual=1.0,
        total_scale=float(PERSONS),
        alternatives=tuple((name, effect) for name in names if name != HEADLINE),
    )


def _given(clause: Clause, value: Decimal) -> str:
    """'With the relative effect on jobs at 0.075: '"""
    measure = getattr(clause, "measure", None)
    if isinstance(clause, Scorecard):
        return f"With each metric at {number_text(value)} times its target: "
    if isinstance(clause, Triggers):
        return f"With each cohort at {number_text(value)}: "
    if measure not in MEASURES or not clause.outcomes:
        return ""
    return f"With {MEASURES[measure]} {clause.outcomes[0]} at {number_text(value)}: "
