"""The section on how sure the return is: intervals, chances, and what to research next.

The chances of the payment alone are in the section on the payment, where they are exact.
"""

from typing import Any

import pandas as pd

from pbc_eval.disclosure import ReleasedEvaluation, ReleasedTable
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.joint_simulation import JointSimulation
from pbc_eval.evaluation.record import Evaluation
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.figures.value import ratio_distribution
from pbc_eval.report.sections.tables import open_table
from pbc_eval.report.words import numbers as fmt
from pbc_eval.report.words.value_words import input_name
from pbc_eval.sroi.value_of_information import ValueOfInformation

LEVEL = 0.95
NEGLIGIBLE = 0.001  # of the investment: information worth less would change no decision


def uncertainty_facts(released: ReleasedEvaluation) -> dict[str, Any]:
    """What was simulated, in sentences, tables and a figure."""
    evaluation = released.evaluation
    simulation = _simulation(evaluation)
    return {
        "currency": evaluation.spec.contract.currency,
        "draws": f"{simulation.draws:,}",
        "sentences": sentences(evaluation),
        "notes": list(simulation.notes),
        "tables": list(uncertainty_tables(evaluation)),
        "figures": list(uncertainty_figures(evaluation)),
    }


def sentences(evaluation: Evaluation) -> list[str]:
    """The intervals, the chances and the value of information in plain words."""
    simulation = _simulation(evaluation)
    currency = evaluation.spec.contract.currency
    said = []
    if simulation.returns is not None and evaluation.sroi is not None:
        returns = simulation.returns
        low, high = (fmt.number(end, 2) for end in returns.interval("ratio", LEVEL))
        net = (fmt.money(end, currency) for end in returns.interval("net_present_value", LEVEL))
        said += [
            f"In {fmt.chance(returns.chance_ratio_above_one)} of {returns.draws:,} draws more "
            "comes back than is put in.",
            f"The ratio lies between {low} and {high} in {fmt.percent(LEVEL)} of the draws and is "
            f"{fmt.number(returns.mean('ratio'), 2)} on average, against "
            f"{fmt.number(evaluation.sroi.ratio, 2)} as stated; the net present value lies between "
            f"{' and '.join(net)}.",
        ]
        if simulation.payments is not None:
            said.append("What is paid in a draw is part of what is invested in it.")
        if returns.without_investment:
            said.append(
                f"In {returns.without_investment:,} draws nothing is invested; they have no ratio."
            )
    if simulation.information is not None:
        said.append(_what_to_research(evaluation, simulation.information))
    return said


def _what_to_research(evaluation: Evaluation, found: ValueOfInformation) -> str:
    """What it would be worth to know more, in one sentence."""
    sroi = evaluation.sroi
    if sroi is None:
        raise PublicationError(f"{evaluation.spec.id}: value of information without a value map.")
    choice = "to commission" if found.commission else "not to commission"
    currency = evaluation.spec.contract.currency
    if found.perfect < NEGLIGIBLE * sroi.investment or not found.inputs:
        return (
            "What to research next: nothing in this map would change the decision. On what is "
            f"known the better choice is {choice}, and it stays so in "
            f"{fmt.chance(1 - found.chance_of_regret)} of the draws."
        )
    first = found.inputs[0]
    name = input_name(sroi, first.name, _labels(evaluation), cut=False)
    return (
        f"What to research next: {name[:1].lower() + name[1:]}. On what is known the better "
        f"choice is {choice}, which is the wrong one in {fmt.chance(found.chance_of_regret)} of "
        "the draws; to know this figure exactly before deciding would be worth "
        f"{fmt.money(first.value, currency)} on average, to know everything "
        f"{fmt.money(found.perfect, currency)}."
    )


def uncertainty_tables(evaluation: Evaluation) -> tuple[ReleasedTable, ...]:
    """Every table of the section, for the page and for download; none without a simulation."""
    simulation = evaluation.simulation
    if simulation is None:
        return ()
    tables = [_intervals_table(evaluation, simulation)]
    if simulation.information is not None:
        tables.append(_information_table(evaluation, simulation.information))
    return tuple(tables)


def uncertainty_figures(evaluation: Evaluation) -> tuple[Figure, ...]:
    """The distribution of the ratio; none without a simulated return."""
    simulation, sroi = evaluation.simulation, evaluation.sroi
    if simulation is None or simulation.returns is None or sroi is None:
        return ()
    return (
        ratio_distribution(
            simulation.returns,
            sroi.ratio,
            name="ratio-distribution",
            currency=sroi.currency,
            level=LEVEL,
        ),
    )


def _intervals_table(evaluation: Evaluation, simulation: JointSimulation) -> ReleasedTable:
    currency = evaluation.spec.contract.currency
    rows: list[dict[str, Any]] = []

    def add(measure: str, average: float, ends: tuple[float, float], decimals: int) -> None:
        written = [
            fmt.number(v, decimals) if decimals else fmt.money(v, currency)
            for v in (average, *ends)
        ]
        rows.append(
            {"measure": measure}
            | dict(zip(("average", "low", "high"), written, strict=True))
            | {"average_unrounded": average, "low_unrounded": ends[0], "high_unrounded": ends[1]}
        )

    returns = simulation.returns
    if returns is not None:
        add("Present value", returns.mean("present_value"),
            returns.interval("present_value", LEVEL), 0)  # fmt: skip
        add("Investment", returns.mean("investment"), returns.interval("investment", LEVEL), 0)
        add("Net present value", returns.mean("net_present_value"),
            returns.interval("net_present_value", LEVEL), 0)  # fmt: skip
        add("Social return ratio", returns.mean("ratio"), returns.interval("ratio", LEVEL), 2)
    return open_table(
        "uncertainty-intervals",
        f"Average and middle {fmt.percent(LEVEL)} of {simulation.draws:,} draws",
        pd.DataFrame(rows),
        {
            "measure": ("Measure", "text"),
            "average": ("Average", "text"),
            "low": ("Low", "text"),
            "high": ("High", "text"),
        },
    )


def _information_table(evaluation: Evaluation, found: ValueOfInformation) -> ReleasedTable:
    sroi = evaluation.sroi
    if sroi is None:
        raise PublicationError(f"{evaluation.spec.id}: value of information without a value map.")
    labels = _labels(evaluation)
    frame = pd.DataFrame(found.inputs)
    frame["input"] = [input_name(sroi, name, labels) for name in frame["name"]]
    return open_table(
        "value-of-information",
        "What it would be worth to know each figure exactly before deciding",
        frame,
        {
            "input": ("Uncertain figure", "text"),
            "value": ("Worth knowing", "money"),
            "share_of_variance": ("Share of the uncertainty", "share"),
        },
    )


def _simulation(evaluation: Evaluation) -> JointSimulation:
    if evaluation.simulation is None:
        raise PublicationError(f"{evaluation.spec.id}: nothing was simulated.")
    return evaluation.simulation


def _labels(evaluation: Evaluation) -> dict[str, str]:
    return {outcome.id: outcome.label for outcome in evaluation.spec.outcomes}
