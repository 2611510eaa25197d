"""Social value: what the outcomes are worth, to whom, by which assumptions, and how sure."""

from collections.abc import Sequence

import pandas as pd

from pbc_eval.agreement.valuation import Valuation
from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.simulation_summary import SimulationSummary
from pbc_eval.evaluation.value_analysis import ValueAnalysis
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.figures.value import ratio_distribution, tornado, two_way_grid, value_waterfall
from pbc_eval.report.parts import (
    Downloads,
    Heading,
    Listed,
    Notice,
    Paragraphs,
    Part,
    tables_of,
)
from pbc_eval.report.sections.payment import WORKBOOK, what_if_link
from pbc_eval.report.sections.summary import ONE_AT_A_TIME, ratio_range
from pbc_eval.sroi.assumption_names import assumption_name, input_name, row_name
from pbc_eval.sroi.cost_per_outcome import cost_per_outcome
from pbc_eval.sroi.present_value import CONVENTIONS, SroiResult
from pbc_eval.sroi.value_of_information import ValueOfInformation

MOVES = (
    "One assumption is moved at a time. A figure whose uncertainty is stated goes from its 5th to "
    "its 95th percentile, an estimate over its confidence interval; any other goes up and down by "
    "a quarter (a share by 25 points, a duration by a year, the discount rate by a point)."
)
BARS = 10  # assumptions shown in the tornado; the table has all
NEGLIGIBLE = 0.001  # of the investment: information worth less would change no decision


def value_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """The ratio with its name and range, the map behind it, and which assumptions move it; nothing
    without a value map."""
    sroi, valuation, analysis = released.sroi, released.spec.value_map, released.value_analysis
    if sroi is None or valuation is None or analysis is None:
        return ()
    return [
        *_ratio_parts(released, sroi, valuation),
        Heading(Sentence("From gross value to net")),
        value_waterfall(analysis.waterfall, name="value-waterfall", currency=sroi.currency),
        Heading(Sentence("What was invested")),
        *tables_of(released.table("value-investment")),
        Heading(Sentence("The value map")),
        Paragraphs(
            (f"In {sroi.currency}, {valuation.price_base}; {CONVENTIONS[sroi.start_convention]}.",)
        ),
        *tables_of(released.table("value-map")),
        *tables_of(released.table("value-sources"), folded=True),
        *tables_of(
            released.table("value-by-stakeholder"),
            released.table("value-by-agency"),
            released.table("value-by-perspective"),
        ),
        *tables_of(released.table("value-by-year")),
        *_assumption_parts(released, sroi, analysis),
    ]


def _ratio_parts(
    released: ReleasedEvaluation, sroi: SroiResult, valuation: Valuation
) -> list[Part]:
    span = ratio_range(released)
    sentence = f"{sroi.sentence} The ratio runs from {span.low:.2f} to {span.high:.2f} {span.how}."
    analysis = released.value_analysis
    if span.how != ONE_AT_A_TIME and analysis is not None and analysis.ratio_range is not None:
        low, high = analysis.ratio_range
        sentence += f" It runs from {low:.2f} to {high:.2f} {ONE_AT_A_TIME}."
    not_comparable = Sentence(
        "Ratios of different programmes are not comparable: each rests on its own choice of "
        "outcomes, values and durations. The net present value stands beside the ratio for that "
        "reason."
    )
    workings = Sentence(
        "Download the workings of the social return as a workbook with live formulas (XLSX)"
    )
    parts: list[Part] = []
    if sroi.caveats:
        parts.append(Notice(" ".join(sroi.caveats), valuation.status.capitalize() + "."))
    return [
        *parts,
        Paragraphs(
            (
                sentence,
                *concentration_sentences(released),
                *cost_sentences(released, sroi.investment),
                not_comparable,
            )
        ),
        *tables_of(released.table("value-summary"), released.table("value-ratios")),
        Downloads(((WORKBOOK, workings),)),
        what_if_link(),
    ]


def cost_sentences(released: ReleasedEvaluation, spent: float) -> tuple[Sentence, ...]:
    """What was spent for each unit of the outcomes whose total is known, with its interval."""
    costs = [
        cost_per_outcome(
            finding.measured,
            spent,
            unit=finding.outcome.total.unit,
            currency=released.spec.contract.currency,
        )
        for finding in released.findings
        if finding.outcome.total is not None
    ]
    return tuple(cost.sentence for cost in costs if cost is not None)


def concentration_sentences(released: ReleasedEvaluation) -> tuple[Sentence, ...]:
    """That one value carries much of all gains, where one does."""
    analysis = released.value_analysis
    heaviest = None if analysis is None else analysis.heaviest
    return () if heaviest is None or not heaviest.is_much else (heaviest.sentence,)


def _assumption_parts(
    released: ReleasedEvaluation, sroi: SroiResult, analysis: ValueAnalysis
) -> list[Part]:
    places = tuple(
        f"{row_name(sroi, place.outcome)}: {place.sentence}" for place in analysis.benchmarks
    )
    return [
        Heading(Sentence("Which assumptions matter")),
        Paragraphs((MOVES,)),
        *_assumption_figures(sroi, analysis),
        *tables_of(
            released.table("value-sensitivity"), released.table("value-switching"), folded=True
        ),
        Listed(
            places,
            fold=Sentence("How these assumptions compare with published reports"),
            file="published-reports.txt",
        ),
    ]


def _assumption_figures(sroi: SroiResult, analysis: ValueAnalysis) -> list[Figure]:
    """The tornado, and the grid of its two widest bars where there are two."""
    widest = pd.DataFrame(
        [
            (assumption_name(sroi, move.outcome, move.assumption), move.ratio_low, move.ratio_high)
            for move in analysis.one_way[:BARS]
        ],
        columns=["assumption", "ratio_low", "ratio_high"],
    )
    figures = [tornado(widest, sroi.ratio, name="sensitivity-tornado", currency=sroi.currency)]
    grid = analysis.grid
    if grid is not None:
        first, second = (assumption_name(sroi, *key) for key in (grid.first, grid.second))
        figures.append(
            two_way_grid(grid, first, second, name="two-way-grid", currency=sroi.currency)
        )
    return figures


def uncertainty_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """What was simulated, in sentences, tables and a figure; nothing where no return was.

    The chances of the payment alone are in the section on the payment, where they are exact.
    """
    simulation, sroi = released.simulation, released.sroi
    if simulation is None or simulation.returns is None or sroi is None:
        return ()
    drawn = Sentence(
        "Everything that is stated to be uncertain was drawn at random {draws} times, all of it "
        "at once, and the return worked out each time.",
        draws=Number(simulation.draws),
    )
    left_out = Sentence(
        "A share of draws is the chance only if the stated distributions are right. What they "
        "leave out, such as outcomes that nobody valued, is not in it."
    )
    figure = ratio_distribution(
        simulation.returns, sroi.ratio, name="ratio-distribution", currency=sroi.currency
    )
    return [
        Paragraphs((drawn,)),
        Listed(tuple(_uncertainty_sentences(released, simulation, sroi))),
        figure,
        *tables_of(released.table("uncertainty-intervals"), released.table("value-of-information")),
        Paragraphs((*simulation.notes, left_out), style="note"),
    ]


def _uncertainty_sentences(
    released: ReleasedEvaluation, simulation: SimulationSummary, sroi: SroiResult
) -> list[str]:
    """The intervals, the chances and the value of information in plain words."""
    currency, returns = released.spec.contract.currency, simulation.returns
    sentences = []
    if returns is not None:
        ratio, net = returns.spread["ratio"], returns.spread["net_present_value"]
        sentences += [
            f"In {fmt.chance(returns.chance_ratio_above_one)} of {returns.draws:,} draws more "
            "comes back than is put in.",
            f"The ratio lies between {fmt.number(ratio.low, 2)} and {fmt.number(ratio.high, 2)} in "
            f"{fmt.percent(returns.level)} of the draws and is {fmt.number(ratio.average, 2)} on "
            f"average, against {fmt.number(sroi.ratio, 2)} as stated; the net present value lies "
            f"between {fmt.money(net.low, currency)} and {fmt.money(net.high, currency)}.",
        ]
        if simulation.pays:
            sentences.append("What is paid in a draw is part of what is invested in it.")
        if returns.without_investment:
            sentences.append(
                f"In {returns.without_investment:,} draws nothing is invested; they have no ratio."
            )
    if simulation.information is not None:
        sentences.append(_what_to_research(released, simulation.information, sroi))
    return sentences


def _what_to_research(
    released: ReleasedEvaluation, information: ValueOfInformation, sroi: SroiResult
) -> str:
    """What it would be worth to know more, in one sentence."""
    choice = "to commission" if information.commission else "not to commission"
    currency = released.spec.contract.currency
    if information.perfect < NEGLIGIBLE * sroi.investment or not information.inputs:
        return (
            "What to research next: nothing in this map would change the decision. On what is "
            f"known the better choice is {choice}, and it stays so in "
            f"{fmt.chance(1 - information.chance_of_regret)} of the draws."
        )
    first = information.inputs[0]
    labels = {outcome.id: outcome.label for outcome in released.spec.outcomes}
    name = input_name(sroi, first.name, labels, cut=False)
    return (
        f"What to research next: {name[:1].lower() + name[1:]}. On what is known the better "
        f"choice is {choice}, which is the wrong one in {fmt.chance(information.chance_of_regret)} "
        "of the draws; to know this figure exactly before deciding would be worth "
        f"{fmt.money(first.value, currency)} on average, to know everything "
        f"{fmt.money(information.perfect, currency)}."
    )


def require_value(released: ReleasedEvaluation) -> SroiResult:
    """The social return. Raises PublicationError where there is none."""
    if released.sroi is None:
        raise PublicationError(
            f"{released.spec.id}: a social return report needs a value_map. Add one, or set "
            "publication.report to impact_report."
        )
    return released.sroi
