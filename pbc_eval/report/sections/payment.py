"""The section on payment, and the money boxes of the summary."""

from typing import Any

import pandas as pd

from pbc_eval.disclosure import ReleasedEvaluation, ReleasedTable
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.record import Evaluation
from pbc_eval.messages.message import Message
from pbc_eval.messages.values import Money
from pbc_eval.payment.schedule import schedule_of
from pbc_eval.payment.terms_in_words import terms_in_words
from pbc_eval.report.sections.payment_risk import risk_facts
from pbc_eval.report.sections.tables import open_table
from pbc_eval.report.words import numbers as fmt


def money_boxes(evaluation: Evaluation) -> list[dict[str, str]]:
    """The payment and the ratio as the summary shows them, each with what it rests on."""
    currency = evaluation.spec.contract.currency
    boxes = []
    if evaluation.payment is not None:
        boxes.append(
            {
                "label": Message("Payment due (illustrative)")
                if evaluation.payment.illustrative
                else Message("Payment due"),
                "figure": fmt.money(float(evaluation.payment.total), currency),
                "sentence": evaluation.payment.sentence,
            }
        )
    if evaluation.sroi is not None:
        sroi = evaluation.sroi
        low, high = ratio_range(evaluation)
        boxes.append(
            {
                "label": Message("Social return per {unit} invested", unit=Money(1, currency)),
                "figure": fmt.money(sroi.ratio, currency, 2),
                "sentence": f"Between {fmt.money(low, currency, 2)} and "
                f"{fmt.money(high, currency, 2)} when one assumption at a time is changed. Net "
                f"present value {fmt.money(sroi.net_present_value, currency)}.",
            }
        )
    return boxes


def ratio_range(evaluation: Evaluation) -> tuple[float, float]:
    """Lowest and highest ratio when one assumption at a time moves. A ratio needs its range."""
    frame = evaluation.sroi_sensitivity
    if frame is None or frame.empty:
        raise PublicationError(f"{evaluation.spec.id}: a ratio without its range is not published.")
    ends = frame[["ratio_low", "ratio_high"]]
    values = ends.to_numpy(float)
    return float(values.min()), float(values.max())


def payment_facts(released: ReleasedEvaluation) -> dict[str, Any]:
    """The rule in words, the statement by clause, and the payment under other estimates."""
    evaluation = released.evaluation
    payment, terms = evaluation.payment, evaluation.spec.payment
    if payment is None or terms is None:
        raise PublicationError(f"{evaluation.spec.id}: there is no payment to show.")
    return {
        "illustrative": illustrative_notice(evaluation) if payment.illustrative else "",
        "currency": payment.currency,
        "total": fmt.money(float(payment.total), payment.currency, payment.decimals),
        "rules": terms_in_words(terms),
        "statement": payment_table(evaluation),
        "formulas": [
            {"clause": line.label or line.clause, "text": line.formula} for line in payment.lines
        ],
        "alternatives": payment_alternatives_table(evaluation),
        "schedule": schedule_of(terms),
        **risk_facts(evaluation),
    }


def illustrative_notice(evaluation: Evaluation) -> str:
    """What is made up about the amounts: in the terms' own words where they have any."""
    terms = evaluation.spec.payment
    if terms is not None and terms.notes:
        return terms.notes
    if evaluation.spec.publication.data_status == "synthetic":
        return "The terms and amounts are invented, like the data."
    return (
        "Nobody published payment terms for this programme. Those shown here were made up to show "
        "how a payment is worked out; no such payment was agreed or made."
    )


def payment_table(evaluation: Evaluation) -> ReleasedTable | None:
    payment = evaluation.payment
    if payment is None:
        return None
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


def payment_alternatives_table(evaluation: Evaluation) -> ReleasedTable | None:
    frame = evaluation.payment_alternatives
    if frame is None or evaluation.payment is None:
        return None
    shown = frame.assign(
        total=pd.to_numeric(frame["total"]), difference=pd.to_numeric(frame["difference"])
    )
    return open_table(
        "payment-alternatives",
        "Payment under other estimates",
        shown,
        {
            "estimator": ("Estimate", "text"),
            "total": ("Payment", "money"),
            "difference": ("Difference", "money"),
            "reason": ("Remark", "text"),
        },
        decimals=evaluation.payment.decimals,
    )
