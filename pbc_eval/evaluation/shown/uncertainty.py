"""Tables of what was simulated: averages with their intervals, and what is worth knowing."""

from typing import Any

import pandas as pd

from pbc_eval.evaluation.record import Evaluation, OutputTable
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.evaluation.simulation_summary import ReturnsSummary, summary_of
from pbc_eval.messages import numbers as fmt
from pbc_eval.sroi.assumption_names import input_name
from pbc_eval.sroi.present_value import SroiResult
from pbc_eval.sroi.simulate import Quantity
from pbc_eval.sroi.value_of_information import ValueOfInformation

_MEASURES: tuple[tuple[Quantity, str], ...] = (
    ("present_value", "Present value"),
    ("investment", "Investment"),
    ("net_present_value", "Net present value"),
    ("ratio", "Social return ratio"),
)


def uncertainty_tables(evaluation: Evaluation) -> tuple[OutputTable, ...]:
    """The intervals of a simulated return and the value of information; none without them."""
    if evaluation.simulation is None:
        return ()
    simulation = summary_of(evaluation.simulation)
    tables = []
    if simulation.returns is not None:
        currency = evaluation.spec.contract.currency
        tables.append(_intervals_table(simulation.returns, simulation.draws, currency))
    if simulation.information is not None and evaluation.sroi is not None:
        labels = {outcome.id: outcome.label for outcome in evaluation.spec.outcomes}
        tables.append(_information_table(simulation.information, evaluation.sroi, labels))
    return tuple(tables)


def _intervals_table(returns: ReturnsSummary, draws: int, currency: str) -> OutputTable:
    rows: list[dict[str, Any]] = []
    for quantity, label in _MEASURES:
        spread = returns.spread[quantity]
        figures = {"average": spread.average, "low": spread.low, "high": spread.high}
        written = {
            name: fmt.number(value, 2) if quantity == "ratio" else fmt.money(value, currency)
            for name, value in figures.items()
        }
        unrounded = {f"{name}_unrounded": value for name, value in figures.items()}
        rows.append({"measure": label, **written, **unrounded})
    return open_table(
        "uncertainty-intervals",
        f"Average and middle {fmt.percent(returns.level)} of {draws:,} draws",
        pd.DataFrame(rows),
        {
            "measure": ("Measure", "text"),
            "average": ("Average", "text"),
            "low": ("Low", "text"),
            "high": ("High", "text"),
        },
    )


def _information_table(
    information: ValueOfInformation, sroi: SroiResult, labels: dict[str, str]
) -> OutputTable:
    frame = pd.DataFrame(information.inputs)
    frame["input"] = [input_name(sroi, name, labels) for name in frame["name"]]
    return open_table(
        "value-of-information",
        "What it would be worth to know each figure exactly before deciding",
        frame,
        {
            "input": ("Uncertain figure", "text"),
            "value": ("Worth knowing", "money"),
            "share_of_variance": ("Share of the variance of net present value", "share"),
            "share_of_ratio_variance": ("Share of the variance of the ratio", "share"),
        },
    )
