"""Tables of a payment: its statement, other estimates, its risk, and what investors get back."""

from typing import Any

import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.evaluation.payment_analysis import PaymentAnalysis
from pbc_eval.evaluation.record import Evaluation, Kind, OutputTable
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.messages import numbers as fmt
from pbc_eval.payment.risk import PaymentRisk, Scenario
from pbc_eval.payment.statement import PaymentStatement


def payment_tables(evaluation: Evaluation) -> list[OutputTable]:
    """The statement line by line, and the payment under other estimates where there are some."""
    payment, alternatives = evaluation.payment, evaluation.payment_alternatives
    if payment is None:
        return []
    tables = [_statement_table(payment)]
    if alternatives is not None:
        tables.append(_alternatives_table(alternatives, payment.decimals))
    return tables


def risk_tables(
    spec: EvaluationSpec, risk: PaymentRisk | None, analysis: PaymentAnalysis | None
) -> list[OutputTable]:
    """Scenarios, chances of each tier, investors' returns and their cash flow."""
    if risk is None or spec.payment is None:
        return []
    tables = [_scenarios_table(risk, spec)]
    if risk.tier_names:
        labels = {clause.id: clause.label for clause in spec.payment.clauses}
        tables.append(_tiers_table(risk, labels))
    if analysis is not None and analysis.returns is not None:
        tables.append(_returns_table(analysis.returns))
    if analysis is not None and analysis.cash_flow is not None:
        tables.append(_cash_flow_table(analysis.cash_flow))
    return tables


def _statement_table(payment: PaymentStatement) -> OutputTable:
    frame = payment.to_frame()
    frame["label"] = frame["label"].where(frame["label"] != "", frame["clause"])
    for name in ("measure_value", "denominator", "amount_before_cap", "amount", "running_total"):
        frame[name] = pd.to_numeric(frame[name])
    return open_table(
        "payment-statement",
        "Payment statement",
        frame,
        {
            "label": ("Clause", "text"),
            "reference": ("Contract", "text"),
            "measure_value": ("Measure", "measure"),
            "denominator": ("Denominator", "count"),
            "amount_before_cap": ("Before limits", "money"),
            "cap_applied": ("Limit that bound", "text"),
            "amount": ("Amount", "money"),
            "running_total": ("Running total", "money"),
        },
        decimals=payment.decimals,
    )


def _alternatives_table(alternatives: pd.DataFrame, decimals: int) -> OutputTable:
    return open_table(
        "payment-alternatives",
        "Payment under other estimates",
        alternatives.assign(
            total=pd.to_numeric(alternatives["total"]),
            difference=pd.to_numeric(alternatives["difference"]),
        ),
        {
            "estimator": ("Estimate", "text"),
            "total": ("Payment", "money"),
            "difference": ("Difference", "money"),
            "reason": ("Remark", "text"),
        },
        decimals=decimals,
    )


def _scenarios_table(risk: PaymentRisk, spec: EvaluationSpec) -> OutputTable:
    rows = [
        {
            "scenario": scenario.name.capitalize(),
            "effect": _effects(scenario, spec),
            **{name: getattr(scenario, name) for name in ("known", "expected", "low", "high")},
            "chance_of_more": scenario.chance_of_more,
            "chance_of_less": scenario.chance_of_less,
        }
        for scenario in risk.scenarios
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


def _effects(scenario: Scenario, spec: EvaluationSpec) -> str:
    return "; ".join(
        _effect(value, spec.outcome(name), spec.contract.currency)
        for name, value in scenario.effects
    )


def _effect(value: float, outcome: Outcome, currency: str) -> str:
    if value == 0:
        return "none"
    better = "better" if value > 0 else "worse"
    return f"{better} by {fmt.size(value, outcome, currency)}"


def _tiers_table(risk: PaymentRisk, labels: dict[str, str]) -> OutputTable:
    rows = []
    for clause, names in risk.tier_names.items():
        for step, tier in enumerate(names):
            row: dict[str, Any] = {"clause": labels.get(clause, clause), "tier": tier}
            row |= {
                scenario.name: float(dict(scenario.tiers)[clause][step])
                for scenario in risk.scenarios
            }
            rows.append(row)
    columns: dict[str, tuple[str, Kind]] = {"clause": ("Clause", "text"), "tier": ("Step", "text")}
    columns |= {
        scenario.name: (scenario.name.capitalize(), "chance") for scenario in risk.scenarios
    }
    return open_table(
        "payment-risk-tiers", "The chance of each step of a clause", pd.DataFrame(rows), columns
    )


def _returns_table(returns: pd.DataFrame) -> OutputTable:
    return open_table(
        "payment-investor-returns",
        "What investors get back",
        returns.assign(
            scenario=returns["scenario"].str.capitalize(), irr=pd.to_numeric(returns["irr"])
        ),
        {
            "scenario": ("If the truth is", "text"),
            "case": ("At the", "text"),
            "received": ("Received", "money"),
            "multiple": ("For each unit put in", "number"),
            "irr": ("Yearly return", "share"),
            "reason": ("Remark", "text"),
        },
    )


def _cash_flow_table(flows: pd.DataFrame) -> OutputTable:
    return open_table(
        "payment-cash-flow",
        "Investors' cash flow, at the payment due",
        flows.assign(on=[day.isoformat() for day in flows["on"]]),
        {
            "on": ("On", "text"),
            "what": ("What", "text"),
            "amount": ("Amount", "money"),
            "balance": ("Balance", "money"),
        },
    )
