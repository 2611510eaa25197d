"""The sections on money: what the contract pays, and what the outcomes are worth."""

from typing import Any

import pandas as pd

from pbc_eval.disclosure import ReleasedEvaluation, ReleasedTable
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.record import Evaluation, Kind, OutputTable
from pbc_eval.payment.describe import describe
from pbc_eval.report import numbers as fmt
from pbc_eval.report.figures import Figure, tornado
from pbc_eval.spec.value_map import ValuedOutcome
from pbc_eval.sroi.benchmarks import benchmarks
from pbc_eval.sroi.present_value import CONVENTIONS, SroiResult
from pbc_eval.sroi.switching import switching_values

BARS = 10  # assumptions shown in the tornado; the table has all


def money_boxes(evaluation: Evaluation) -> list[dict[str, str]]:
    """The payment and the ratio as the summary shows them, each with what it rests on."""
    currency = evaluation.spec.contract.currency
    boxes = []
    if evaluation.payment is not None:
        boxes.append(
            {
                "label": "Payment due"
                + (" (illustrative)" if evaluation.payment.illustrative else ""),
                "figure": fmt.money(float(evaluation.payment.total), currency),
                "sentence": evaluation.payment.sentence,
            }
        )
    if evaluation.sroi is not None:
        sroi = evaluation.sroi
        low, high = ratio_range(evaluation)
        boxes.append(
            {
                "label": f"Social return per {fmt.money(1, currency)} invested",
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
        "rules": describe(terms),
        "statement": payment_table(evaluation),
        "formulas": [
            {"clause": line.label or line.clause, "text": line.formula} for line in payment.lines
        ],
        "alternatives": payment_alternatives_table(evaluation),
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
    return _open_table(
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
    return _open_table(
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


def value_facts(released: ReleasedEvaluation) -> dict[str, Any]:
    """The ratio with its name and range, the map behind it, and which assumptions move it."""
    evaluation = released.evaluation
    sroi, valuation = evaluation.sroi, evaluation.spec.value_map
    if sroi is None or valuation is None:
        raise PublicationError(f"{evaluation.spec.id}: there is no value map to show.")
    low, high = ratio_range(evaluation)
    currency = sroi.currency
    return {
        "currency": currency,
        "warning_head": valuation.status.capitalize() + ".",
        "warning": " ".join(sroi.caveats),
        "sentence": f"{sroi.sentence} When one assumption at a time is changed, the ratio runs "
        f"from {low:.2f} to {high:.2f}.",
        "conventions": f"In {currency}, {valuation.price_base}; "
        f"{CONVENTIONS[sroi.start_convention]}.",
        "summary": _summary_table(sroi),
        "investment": _investment_table(evaluation),
        "value_map": _value_map_table(sroi),
        "by_stakeholder": _stakeholder_table(sroi),
        "sources": _proxies_table(sroi),
        "figures": [sensitivity_figure(evaluation)],
        "sensitivity": _sensitivity_table(evaluation),
        "switching": _switching_table(sroi),
        "benchmarks": [
            f"{_named(sroi, place.outcome)}: {place.sentence}"
            for place in benchmarks(sroi, date=valuation.valued_on)
        ],
    }


def value_tables(evaluation: Evaluation) -> tuple[ReleasedTable, ...]:
    """Every table of the value section, for download."""
    sroi = evaluation.sroi
    if sroi is None:
        return ()
    return (
        _summary_table(sroi),
        _investment_table(evaluation),
        _value_map_table(sroi),
        _proxies_table(sroi),
        _stakeholder_table(sroi),
        _sensitivity_table(evaluation),
        _switching_table(sroi),
    )


def sensitivity_figure(evaluation: Evaluation) -> Figure:
    sroi, frame = evaluation.sroi, evaluation.sroi_sensitivity
    if sroi is None or frame is None:
        raise PublicationError(f"{evaluation.spec.id}: there is no sensitivity to draw.")
    shown = _with_assumption_names(sroi, frame).head(BARS)
    return tornado(
        shown[["assumption", "ratio_low", "ratio_high"]],
        sroi.ratio,
        name="sensitivity-tornado",
        currency=sroi.currency,
    )


def _summary_table(sroi: SroiResult) -> ReleasedTable:
    months = sroi.payback_months
    frame = pd.DataFrame(
        {
            "measure": [
                "Present value of outcomes",
                "Investment",
                "Net present value",
                "Social return ratio: present value / investment",
                "Months of first-year value to match the investment",
            ],
            "value": [
                fmt.money(sroi.present_value, sroi.currency),
                fmt.money(sroi.investment, sroi.currency),
                fmt.money(sroi.net_present_value, sroi.currency),
                fmt.number(sroi.ratio, 2),
                "never" if months is None else fmt.number(months, 1),
            ],
            "unrounded": [
                sroi.present_value,
                sroi.investment,
                sroi.net_present_value,
                sroi.ratio,
                months,
            ],
        }
    )
    return _open_table(
        "value-summary",
        "Social value in brief",
        frame,
        {"measure": ("Measure", "text"), "value": ("Value", "text")},
    )


def _investment_table(evaluation: Evaluation) -> ReleasedTable:
    frame = pd.DataFrame(evaluation.investment_parts, columns=["part", "value"])
    total = pd.DataFrame([{"part": "Total", "value": frame["value"].sum()}])
    return _open_table(
        "value-investment",
        "Investment, part by part",
        pd.concat([frame, total], ignore_index=True),
        {"part": ("Who put in what", "text"), "value": ("Value", "money")},
    )


def _value_map_table(sroi: SroiResult) -> ReleasedTable:
    """The map as the page shows it; the download has every column, unrounded."""
    rows = [
        {**row.model_dump(), "quantity": value.quantity, "impact": value.impact}
        | {"present_value": value.present_value}
        | {"what": row.indicator or row.outcome, "taken_off": _taken_off(row)}
        for row, value in zip(sroi.outcomes, sroi.by_outcome, strict=True)
    ]
    return _open_table(
        "value-map",
        "Value map: each outcome, its worth and what is taken off",
        pd.DataFrame(rows),
        {
            "what": ("Outcome", "text"),
            "stakeholder": ("For whom", "text"),
            "quantity": ("Quantity", "level"),
            "proxy_value": ("Value each", "money"),
            "taken_off": ("Taken off", "text"),
            "duration": ("Years", "count"),
            "present_value": ("Present value", "money"),
        },
        decimals=2,
    )


def _taken_off(row: ValuedOutcome) -> str:
    """'10% would have happened anyway; 35% owed to others', or 'nothing'."""
    words = {
        "deadweight": "would have happened anyway",
        "displacement": "displaced from elsewhere",
        "attribution": "owed to others",
        "leakage": "benefits others than the group",
    }
    parts = [
        f"{fmt.percent(share)} {text}"
        for name, text in words.items()
        if (share := getattr(row, name))
    ]
    if row.drop_off and row.duration > 1:
        parts.append(f"{fmt.percent(row.drop_off)} fades each year")
    return "; ".join(parts) or "nothing"


def _proxies_table(sroi: SroiResult) -> ReleasedTable:
    rows = [{**row.model_dump(), "what": row.indicator or row.outcome} for row in sroi.outcomes]
    return _open_table(
        "value-sources",
        "Where each value comes from",
        pd.DataFrame(rows),
        {
            "what": ("Outcome", "text"),
            "proxy": ("Valued as", "text"),
            "proxy_source": ("Source", "text"),
            "agency": ("Who saves or gains", "text"),
            "status": ("Status", "text"),
        },
    )


def _stakeholder_table(sroi: SroiResult) -> ReleasedTable:
    return _open_table(
        "value-by-stakeholder",
        "Who gains",
        sroi.by_stakeholder(),
        {
            "stakeholder": ("Stakeholder", "text"),
            "present_value": ("Present value", "money"),
            "ratio": ("Part of the ratio", "number"),
        },
    )


def _sensitivity_table(evaluation: Evaluation) -> ReleasedTable:
    sroi, frame = evaluation.sroi, evaluation.sroi_sensitivity
    if sroi is None or frame is None:
        raise PublicationError(f"{evaluation.spec.id}: there is no sensitivity to show.")
    shown = _with_assumption_names(sroi, frame)
    return _open_table(
        "value-sensitivity",
        "The ratio when one assumption is changed, the most influential first",
        shown,
        {
            "assumption": ("Assumption", "text"),
            "how": ("Low and high are", "text"),
            "low": ("Low", "number"),
            "high": ("High", "number"),
            "ratio_low": ("Ratio at low", "number"),
            "ratio_high": ("Ratio at high", "number"),
        },
    )


def _switching_table(sroi: SroiResult) -> ReleasedTable:
    frame = pd.DataFrame(switching_values(sroi))
    frame["assumption"] = [
        f"{_plain(a)}: {_named(sroi, o)}"
        for o, a in zip(frame["outcome"], frame["assumption"], strict=True)
    ]
    frame["value"] = pd.to_numeric(frame["value"])
    return _open_table(
        "value-switching",
        "How far each assumption would have to move for the ratio to be 1",
        frame,
        {
            "assumption": ("Assumption", "text"),
            "base": ("Now", "number"),
            "value": ("Ratio is 1 at", "number"),
            "reason": ("Remark", "text"),
        },
    )


def _with_assumption_names(sroi: SroiResult, frame: pd.DataFrame) -> pd.DataFrame:
    named = [
        f"{_plain(assumption)}: {_named(sroi, outcome)}"
        for outcome, assumption in zip(frame["outcome"], frame["assumption"], strict=True)
    ]
    return frame.assign(assumption=named)


def _named(sroi: SroiResult, outcome: str) -> str:
    """The words of a value map row for its id; 'all outcomes' as it is. Long ones are cut."""
    words = next((row.indicator or row.outcome for row in sroi.outcomes if row.id == outcome), "")
    words = words or outcome
    return words if len(words) <= 48 else words[:46].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _plain(assumption: str) -> str:
    words = {"proxy_value": "value each", "drop_off": "drop-off", "discount": "discount rate"}
    return words.get(assumption, assumption.replace("_", " ")).capitalize()


def _open_table(
    name: str,
    caption: str,
    frame: pd.DataFrame,
    columns: dict[str, tuple[str, Kind]],
    *,
    decimals: int = 0,
) -> ReleasedTable:
    """A table of money and assumptions: it counts no people, so nothing is to be held back."""
    table = OutputTable(
        name=name,
        caption=caption,
        frame=frame.reset_index(drop=True),
        kinds={column: kind for column, (_, kind) in columns.items()},
        headers={column: header for column, (header, _) in columns.items()},
        decimals=decimals,
    )
    return ReleasedTable(table=table, n_suppressed=0)
