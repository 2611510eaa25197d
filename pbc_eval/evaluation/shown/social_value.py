"""Tables of a social return: the map, who gains, what moves the ratio, how far it would have to."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.evaluation.record import Evaluation, InvestmentPart, OutputTable
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.evaluation.value_analysis import ValueAnalysis
from pbc_eval.messages import numbers as fmt
from pbc_eval.sroi.assumption_names import assumption_name, outcome_words
from pbc_eval.sroi.present_value import SroiResult

_TAKEN_OFF = {
    "deadweight": "would have happened anyway",
    "displacement": "displaced from elsewhere",
    "attribution": "owed to others",
    "leakage": "benefits others than the group",
}


def value_tables(evaluation: Evaluation) -> list[OutputTable]:
    """Every table of a social return; none without one."""
    sroi, analysis = evaluation.sroi, evaluation.value_analysis
    if sroi is None or analysis is None:
        return []
    tables = [
        _summary_table(sroi),
        _investment_table(evaluation.investment),
        _value_map_table(sroi),
        _sources_table(sroi),
        _stakeholder_table(sroi),
        _ratios_table(analysis),
        _sides_table(analysis),
    ]
    if analysis.perspectives is not None:
        tables.append(_perspectives_table(analysis.perspectives))
    tables.append(_years_table(sroi))
    return [*tables, _sensitivity_table(sroi, analysis), _switching_table(sroi, analysis)]


def _summary_table(sroi: SroiResult) -> OutputTable:
    months, currency = sroi.payback_months, sroi.currency
    rows = [
        (
            "Present value of outcomes",
            fmt.money(sroi.present_value, currency),
            sroi.present_value,
        ),
        ("Investment", fmt.money(sroi.investment, currency), sroi.investment),
        (
            "Net present value",
            fmt.money(sroi.net_present_value, currency),
            sroi.net_present_value,
        ),
        ("Social return ratio: present value / investment", fmt.number(sroi.ratio, 2), sroi.ratio),
        (
            "Months of first-year value to match the investment",
            "never" if months is None else fmt.number(months, 1),
            months,
        ),
    ]
    return open_table(
        "value-summary",
        "Social value in brief",
        pd.DataFrame(rows, columns=["measure", "value", "unrounded"]),
        {"measure": ("Measure", "text"), "value": ("Value", "text")},
    )


def _investment_table(investment: Sequence[InvestmentPart]) -> OutputTable:
    later = any(part.stated is not None for part in investment)
    frame = pd.DataFrame(
        [
            {"part": part.label, "value": part.value}
            | ({"stated": part.value if part.stated is None else part.stated} if later else {})
            for part in investment
        ],
        columns=["part", *(["stated"] if later else []), "value"],
    )
    sums = {name: frame[name].sum() for name in frame.columns if name != "part"}
    total = pd.DataFrame([{"part": "Total", **sums}])
    return open_table(
        "value-investment",
        "Investment, part by part",
        pd.concat([frame, total], ignore_index=True),
        {
            "part": ("Who put in what", "text"),
            **({"stated": ("As put in", "money")} if later else {}),
            "value": ("Worth now" if later else "Value", "money"),
        },
    )


def _value_map_table(sroi: SroiResult) -> OutputTable:
    """The map as the page shows it; the download has every column, unrounded."""
    rows = [
        {**row.model_dump(), "quantity": value.quantity, "impact": value.impact}
        | {"present_value": value.present_value}
        | {"what": outcome_words(row), "taken_off": _taken_off(row)}
        for row, value in zip(sroi.outcomes, sroi.by_outcome, strict=True)
    ]
    table = open_table(
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
    people = ("number_in_group", "number_involved", "sample_size")
    return replace(
        table,
        counts_people=True,
        counts_always=True,
        adds_up="not",
        governed_by=dict.fromkeys(people, ()),
        not_people=frozenset({"duration"}),
    )


def _taken_off(row: ValuedOutcome) -> str:
    """'10% would have happened anyway; 35% owed to others', or 'nothing'."""
    parts = [
        f"{fmt.percent(share)} {words}"
        for name, words in _TAKEN_OFF.items()
        if (share := getattr(row, name))
    ]
    if row.drop_off and row.duration > 1:
        parts.append(f"{fmt.percent(row.drop_off)} fades each year")
    return "; ".join(parts) or "nothing"


def _sources_table(sroi: SroiResult) -> OutputTable:
    rows = [{**row.model_dump(), "what": outcome_words(row)} for row in sroi.outcomes]
    return open_table(
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


def _stakeholder_table(sroi: SroiResult) -> OutputTable:
    return open_table(
        "value-by-stakeholder",
        "Who gains",
        sroi.by_stakeholder(),
        {
            "stakeholder": ("Stakeholder", "text"),
            "present_value": ("Present value", "money"),
            "ratio": ("Part of the ratio", "number"),
        },
    )


def _years_table(sroi: SroiResult) -> OutputTable:
    """Value and its worth now, year by year, with the sum."""
    frame = sroi.by_year.assign(year=sroi.by_year["year"].astype(str))
    total = {"year": "All years", "value": frame["value"].sum(), "factor": None}
    total |= {"present_value": frame["present_value"].sum()}
    frame = pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
    return open_table(
        "value-by-year",
        "Value year by year, from the year of the investment",
        frame,
        {
            "year": ("Year", "text"),
            "value": ("Value", "money"),
            "factor": ("Worth now of 1", "number"),
            "present_value": ("Present value", "money"),
        },
    )


def _ratios_table(analysis: ValueAnalysis) -> OutputTable:
    return open_table(
        "value-ratios",
        "Ratios, each by its name",
        pd.DataFrame(analysis.ratios),
        {
            "name": ("Ratio", "text"),
            "formula": ("What is set against what", "text"),
            "value": ("Value", "number"),
        },
    )


def _sides_table(analysis: ValueAnalysis) -> OutputTable:
    return open_table(
        "value-by-agency",
        "Who pays and who gains",
        analysis.sides,
        {
            "agency": ("Who", "text"),
            "pays": ("Pays", "money"),
            "gains": ("Gains (present value)", "money"),
            "cashable": ("Of which cashable", "money"),
            "net": ("Net", "money"),
        },
    )


def _perspectives_table(perspectives: pd.DataFrame) -> OutputTable:
    return open_table(
        "value-by-perspective",
        "Fiscal, economic and social gains",
        perspectives,
        {
            "perspective": ("Kind of gain", "text"),
            "present_value": ("Present value", "money"),
            "cashable": ("Of which cashable", "money"),
            "ratio": ("Part of the ratio", "number"),
        },
    )


def _sensitivity_table(sroi: SroiResult, analysis: ValueAnalysis) -> OutputTable:
    return open_table(
        "value-sensitivity",
        "The ratio when one assumption is changed, the most influential first",
        _held_in_words(_with_assumption_names(sroi, analysis.one_way)),
        {
            "assumption": ("Assumption", "text"),
            "how": ("Low and high are", "text"),
            "low": ("Low", "number"),
            "high": ("High", "number"),
            "ratio_low": ("Ratio at low", "number"),
            "ratio_high": ("Ratio at high", "number"),
        },
    )


def _held_in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """What is done to a figure, and where it is held back from going as far."""
    held = [f", held {words}" if words else "" for words in frame["held"]]
    return frame.assign(how=frame["how"] + held).drop(columns="held")


def _switching_table(sroi: SroiResult, analysis: ValueAnalysis) -> OutputTable:
    frame = _with_assumption_names(sroi, analysis.switching)
    return open_table(
        "value-switching",
        "How far each assumption would have to move for the ratio to be 1",
        frame.assign(value=pd.to_numeric(frame["value"])),
        {
            "assumption": ("Assumption", "text"),
            "base": ("Now", "number"),
            "value": ("Ratio is 1 at", "number"),
            "reason": ("Remark", "text"),
        },
    )


def _with_assumption_names(sroi: SroiResult, entries: Sequence[NamedTuple]) -> pd.DataFrame:
    frame = pd.DataFrame(entries)
    named = [
        assumption_name(sroi, outcome, assumption)
        for outcome, assumption in zip(frame["outcome"], frame["assumption"], strict=True)
    ]
    return frame.assign(assumption=named)
