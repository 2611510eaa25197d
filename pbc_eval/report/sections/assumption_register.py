"""The assumption register: every figure behind a social return, with source, grade and place."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.disclosure import ReleasedTable
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.record import Evaluation
from pbc_eval.report.sections.tables import open_table
from pbc_eval.report.words import numbers as fmt
from pbc_eval.report.words.value_words import assumption_name
from pbc_eval.sroi.assumptions import SHARES
from pbc_eval.sroi.benchmarks import BenchmarkPlace, benchmarks
from pbc_eval.sroi.present_value import SroiResult

WHOLE = "whole project"
UNKNOWN = "not stated"


def register_table(evaluation: Evaluation) -> ReleasedTable:
    """One row a figure: quantity, proxy, every share above zero, duration; then the discounting."""
    sroi, valuation = evaluation.sroi, evaluation.spec.value_map
    if sroi is None or valuation is None:
        raise PublicationError(f"{evaluation.spec.id}: there is no value map to register.")
    places = {
        (place.outcome, place.assumption): place
        for place in benchmarks(sroi, date=valuation.valued_on)
    }
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
            "place": _place(places.get((WHOLE, "discount"))),
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


def _entries(
    sroi: SroiResult, row: ValuedOutcome, places: dict[tuple[str, str], BenchmarkPlace]
) -> Iterator[dict[str, Any]]:
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
        ("duration", f"{row.duration} years" if row.duration > 1 else "1 year", UNKNOWN, ""),
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
    where = f"{place.at_least} to {place.at_most}" if place.at_least != place.at_most else ""
    return f"percentile {where or place.at_least} of {place.reports} reports"
