"""What a reader must know of the payment rule: its ladders, its risk, and investors' returns."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.disclosure import ReleasedTable
from pbc_eval.evaluation.record import Evaluation
from pbc_eval.payment.cash_flow import cash_flow_table, investor_returns
from pbc_eval.payment.ladder import Ladder, ladders
from pbc_eval.payment.risk import NO_EFFECT, PROMISED, PaymentRisk, Scenario, sentences
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.figures.payment import payment_ladder, risk_curve
from pbc_eval.report.sections.tables import open_table
from pbc_eval.report.words import numbers as fmt

MOST_LADDERS = 4


def risk_facts(evaluation: Evaluation) -> dict[str, Any]:
    """Figures, tables and sentences on the rule's risk; empty lists where there is none."""
    risk = evaluation.payment_risk
    return {
        "ladders": list(ladder_figures(evaluation)),
        "risk_sentences": [] if risk is None else [*sentences(risk), *_what_was_earned(risk)],
        "risk_tables": list(risk_tables(evaluation)),
        "risk_figures": list(risk_figures(evaluation)),
        "risk_notes": [] if risk is None else _notes(risk, evaluation),
    }


def ladder_figures(evaluation: Evaluation) -> tuple[Figure, ...]:
    """The ladder of each clause that pays by steps."""
    terms = evaluation.spec.payment
    if terms is None or evaluation.payment is None:
        return ()
    found = ladders(terms, evaluation.results)[:MOST_LADDERS]
    return tuple(
        payment_ladder(
            ladder,
            name=f"payment-ladder-{ladder.clause}",
            currency=terms.currency,
            measure=_axis(ladder, evaluation.spec.outcome(ladder.outcome)),
            scale=_scale(ladder, evaluation.spec.outcome(ladder.outcome)),
        )
        for ladder in found
    )


def _axis(ladder: Ladder, outcome: Outcome) -> str:
    label = outcome.label[:1].lower() + outcome.label[1:]
    if ladder.measure == "relative_effect":
        return f"relative improvement in {label} (%)"
    if ladder.measure == "total":
        return f"total improvement in {label} ({outcome.total.unit if outcome.total else 'units'})"
    return f"improvement in {label} ({_unit(outcome)})"


def _scale(ladder: Ladder, outcome: Outcome) -> float:
    if ladder.measure == "relative_effect":
        return 100.0
    return 100.0 if ladder.measure == "effect" and _in_points(outcome) else 1.0


def _in_points(outcome: Outcome) -> bool:
    return outcome.shown_as == "percentage_points"


def _unit(outcome: Outcome) -> str:
    return "percentage points" if _in_points(outcome) else outcome.unit


def _varied(risk: PaymentRisk, evaluation: Evaluation) -> list[Outcome]:
    return [evaluation.spec.outcome(name) for name, _ in risk.scenarios[0].effects]


def risk_figures(evaluation: Evaluation) -> tuple[Figure, ...]:
    risk = evaluation.payment_risk
    if risk is None:
        return ()
    outcome = _varied(risk, evaluation)[0]
    label = outcome.label[:1].lower() + outcome.label[1:]
    axis = f"True improvement in {label} ({_unit(outcome)})"
    return (
        risk_curve(
            risk, name="payment-risk", axis=axis, scale=100.0 if _in_points(outcome) else 1.0
        ),
    )


def risk_tables(evaluation: Evaluation) -> tuple[ReleasedTable, ...]:
    """Scenarios, chances of each tier, investors' returns and their cash flow."""
    risk, terms = evaluation.payment_risk, evaluation.spec.payment
    if risk is None or terms is None:
        return ()
    tables = [_scenarios(risk, evaluation)]
    if risk.tier_names:
        tables.append(_tiers(risk, evaluation))
    if terms.investment is not None and evaluation.payment is not None:
        returns = investor_returns(terms.investment, risk)
        tables.append(_returns(returns, terms.currency))
        flows = cash_flow_table(terms.investment, float(evaluation.payment.total))
        tables.append(_cash_flow(flows))
    return tuple(tables)


def _scenarios(risk: PaymentRisk, evaluation: Evaluation) -> ReleasedTable:
    rows = [
        {
            "scenario": one.name.capitalize(),
            "effect": _effects(one, evaluation),
            **{name: getattr(one, name) for name in ("known", "expected", "low", "high")},
            "chance_of_more": one.chance_of_more,
            "chance_of_less": one.chance_of_less,
        }
        for one in risk.scenarios
    ]
    return open_table(
        "payment-risk-scenarios",
        "What the rule pays by chance",
        pd.DataFrame(rows),
        {
            "scenario": ("If the truth is", "text"),
            "effect": ("Effect", "text"),
            "known": ("Due if it were known", "money"),
            "expected": ("Mean payment", "money"),
            "low": ("5 in 100 pay less than", "money"),
            "high": ("5 in 100 pay more than", "money"),
            "chance_of_more": ("Pays for results", "chance"),
            "chance_of_less": ("Pays less than earned", "chance"),
        },
    )


def _effects(scenario: Scenario, evaluation: Evaluation) -> str:
    return "; ".join(
        _effect(value, evaluation.spec.outcome(name), evaluation.spec.contract.currency)
        for name, value in scenario.effects
    )


def _effect(value: float, outcome: Outcome, currency: str) -> str:
    if value == 0:
        return "none"
    better = "better" if value > 0 else "worse"
    return f"{better} by {fmt.size(value, outcome, currency)}"


def _tiers(risk: PaymentRisk, evaluation: Evaluation) -> ReleasedTable:
    terms = evaluation.spec.payment
    labels = {clause.id: clause.label for clause in terms.clauses} if terms else {}
    rows = []
    for clause, names in risk.tier_names.items():
        for step, tier in enumerate(names):
            row: dict[str, Any] = {"clause": labels.get(clause, clause), "tier": tier}
            row |= {one.name: float(dict(one.tiers)[clause][step]) for one in risk.scenarios}
            rows.append(row)
    columns: dict[str, Any] = {"clause": ("Clause", "text"), "tier": ("Step", "text")}
    columns |= {one.name: (one.name.capitalize(), "chance") for one in risk.scenarios}
    return open_table(
        "payment-risk-tiers", "The chance of each step of a clause", pd.DataFrame(rows), columns
    )


def _returns(returns: pd.DataFrame, currency: str) -> ReleasedTable:
    shown = returns.assign(scenario=returns["scenario"].str.capitalize())
    shown["irr"] = pd.to_numeric(shown["irr"])
    return open_table(
        "payment-investor-returns",
        "What investors get back",
        shown,
        {
            "scenario": ("If the truth is", "text"),
            "case": ("At the", "text"),
            "received": ("Received", "money"),
            "multiple": ("For each unit put in", "number"),
            "irr": ("Yearly return", "share"),
            "reason": ("Remark", "text"),
        },
    )


def _cash_flow(flows: pd.DataFrame) -> ReleasedTable:
    shown = flows.assign(on=[day.isoformat() for day in flows["on"]])
    return open_table(
        "payment-cash-flow",
        "Investors' cash flow, at the payment due",
        shown,
        {
            "on": ("On", "text"),
            "what": ("What", "text"),
            "amount": ("Amount", "money"),
            "balance": ("Balance", "money"),
        },
    )


def _what_was_earned(risk: PaymentRisk) -> Sequence[str]:
    """The mean over- or underpayment, in money."""
    said = []
    for one in risk.scenarios:
        if one.name in (NO_EFFECT, PROMISED):
            gap = one.expected - one.known
            if abs(gap) >= 1:
                side = "more" if gap > 0 else "less"
                said.append(
                    f"With {one.name} the mean payment is "
                    f"{fmt.money(one.expected, risk.currency)}, "
                    f"{fmt.money(abs(gap), risk.currency)} {side} than would be due if the effect "
                    "were known."
                )
    return said


def _notes(risk: PaymentRisk, evaluation: Evaluation) -> list[str]:
    base = fmt.money(risk.base, risk.currency)
    notes = [
        "Such evaluations are evaluations of the same size and design, whose estimates are spread "
        "normally around the true effect with the standard error that was found. "
        f"{base} is due for an estimate of zero; more than that is paid for results."
    ]
    exact = "The chances of steps are exact" if risk.closed_form else "Nothing is exact"
    notes.append(
        f"{exact} where a step rests on one estimate; the rest comes from {risk.n_draws:,} draws "
        f"(seed {risk.seed})."
    )
    if len(risk.scenarios[0].effects) > 1:
        names = ", ".join(o.label for o in _varied(risk, evaluation))
        notes.append(f"The estimates of {names} are drawn independently of each other.")
    if risk.held_fixed:
        names = ", ".join(evaluation.spec.outcome(name).label for name in risk.held_fixed)
        notes.append(f"Without a standard error, and so taken as they stand: {names}.")
    return notes
