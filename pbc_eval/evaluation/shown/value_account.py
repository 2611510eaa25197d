"""Tables of the account that goes with a value map: stakeholders, every assumption, every share."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pbc_eval.agreement.social_value import SocialValueAccount
from pbc_eval.agreement.uncertainty import PROJECT
from pbc_eval.agreement.valuation import Valuation
from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.evaluation.record import Evaluation, OutputTable
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.messages import numbers as fmt
from pbc_eval.sroi.assumption_names import assumption_name, outcome_words
from pbc_eval.sroi.assumptions import SHARES
from pbc_eval.sroi.benchmarks import BenchmarkPlace
from pbc_eval.sroi.present_value import SroiResult

UNKNOWN = "not stated"
_LEFT_OUT = "Not stated."
_SHARES_SHOWN = ("deadweight", "displacement", "attribution", "leakage", "drop_off")
Places = Mapping[tuple[str, str], BenchmarkPlace]  # by row of the map and assumption


def account_tables(evaluation: Evaluation) -> list[OutputTable]:
    """Who was involved, the assumption register, and what is taken off and why; none without a
    value map."""
    sroi, analysis = evaluation.sroi, evaluation.value_analysis
    valuation = evaluation.spec.value_map
    if sroi is None or analysis is None or valuation is None:
        return []
    places = {(place.outcome, place.assumption): place for place in analysis.benchmarks}
    tables = [_register_table(sroi, valuation, places), _shares_table(sroi)]
    if valuation.account is not None and valuation.account.stakeholders:
        tables.insert(0, _involvement_table(valuation.account, sroi))
    return tables


def _involvement_table(account: SocialValueAccount, sroi: SroiResult) -> OutputTable:
    """Who was considered, how they were involved, and who was left out and why."""
    valued = {row.stakeholder for row in sroi.outcomes}
    rows = [
        {
            "name": stakeholder.name,
            "involved": stakeholder.involved or _LEFT_OUT,
            "number": stakeholder.number,
            "valued": "yes"
            if stakeholder.name in valued
            else f"no: {stakeholder.left_out_because or _LEFT_OUT}",
        }
        for stakeholder in account.stakeholders
    ]
    return open_table(
        "value-involvement",
        "Stakeholders and how they were involved",
        pd.DataFrame(rows),
        {
            "name": ("Stakeholder", "text"),
            "involved": ("How they were involved", "text"),
            "number": ("How many", "count"),
            "valued": ("In the value map", "text"),
        },
    )


def _register_table(sroi: SroiResult, valuation: Valuation, places: Places) -> OutputTable:
    """One row a figure: quantity, proxy, every share above zero, duration; then the discounting."""
    rows = [entry for row in sroi.outcomes for entry in _entries(sroi, row, places)]
    rows.append(
        {
            "assumption": "Discounting, whole map",
            "value": f"{100 * sroi.discount:g}%"
            if isinstance(sroi.discount, float)
            else str(sroi.discount).replace("_", " "),
            "source": "As the evaluation states it",
            "vintage": str(valuation.valued_on.year),
            "grade": "",
            "status": valuation.status,
            "place": _place(places.get((PROJECT, "discount"))),
        }
    )
    return open_table(
        "assumption-register",
        "Every assumption, with its source, vintage, grade and place in practice",
        pd.DataFrame(rows),
        {
            "assumption": ("Assumption", "text"),
            "value": ("Value", "text"),
            "source": ("Source", "text"),
            "vintage": ("Vintage", "text"),
            "grade": ("Grade", "text"),
            "status": ("Status", "text"),
            "place": ("Place in practice", "text"),
        },
    )


def _entries(sroi: SroiResult, row: ValuedOutcome, places: Places) -> Iterator[dict[str, Any]]:
    grade = "not graded" if row.confidence_grade is None else str(row.confidence_grade)
    vintage = UNKNOWN if row.price_year is None else str(row.price_year)
    shared = {"grade": grade, "status": row.status}
    quantity = "as estimated" if row.quantity is None else fmt.measure(row.quantity)
    proxy = row.proxy_from or fmt.money(row.proxy_value, sroi.currency, 2)
    figures = [
        ("quantity", quantity, row.source or UNKNOWN, ""),
        ("proxy_value", proxy, row.proxy_source, vintage),
        *(
            (name, fmt.percent(getattr(row, name), 1), row.filters_source or UNKNOWN, "")
            for name in SHARES
            if getattr(row, name) > 0
        ),
        ("duration", _lasts(row), UNKNOWN, ""),
    ]
    for name, value, source, year in figures:
        yield {
            "assumption": assumption_name(sroi, row.id, name),
            "value": value,
            "source": source,
            "vintage": year,
            **shared,
            "place": _place(places.get((row.id, name))),
        }


def _place(place: BenchmarkPlace | None) -> str:
    if place is None or place.at_least is None or place.at_most is None:
        return ""
    bracket = f"{place.at_least} to {place.at_most}" if place.at_least != place.at_most else ""
    return f"percentile {bracket or place.at_least} of {place.reports} reports"


def _shares_table(sroi: SroiResult) -> OutputTable:
    """What is taken off each outcome, and why."""
    rows = [
        {
            **row.model_dump(),
            "what": outcome_words(row),
            "why": row.filters_source or "No reason is stated.",
        }
        for row in sroi.outcomes
    ]
    return open_table(
        "value-shares",
        "What is taken off each outcome",
        pd.DataFrame(rows)[["what", *_SHARES_SHOWN, "why"]],
        {
            "what": ("Outcome", "text"),
            "deadweight": ("Deadweight", "share"),
            "displacement": ("Displacement", "share"),
            "attribution": ("Owed to others", "share"),
            "leakage": ("Leakage", "share"),
            "drop_off": ("Drop-off a year", "share"),
            "why": ("Why", "text"),
        },
    )


def _lasts(row: ValuedOutcome) -> str:
    if row.months is not None:
        return f"{row.months} months" if row.months > 1 else "1 month"
    return f"{row.duration} years" if row.duration > 1 else "1 year"
