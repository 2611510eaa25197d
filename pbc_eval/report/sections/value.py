"""The section on social value: what the outcomes are worth, to whom, and on which assumptions."""

from typing import Any

import pandas as pd

from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedTable
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.record import Evaluation
from pbc_eval.report.figures.drawing import Figure, tornado
from pbc_eval.report.figures.value import two_way_grid, value_waterfall
from pbc_eval.report.sections.payment import ratio_range
from pbc_eval.report.sections.tables import open_table
from pbc_eval.report.words import numbers as fmt
from pbc_eval.report.words.value_words import assumption_name, row_name
from pbc_eval.sroi.assumption_grid import widest_pair
from pbc_eval.sroi.benchmarks import benchmarks
from pbc_eval.sroi.perspectives import by_perspective, named_ratios, who_pays_who_saves
from pbc_eval.sroi.present_value import CONVENTIONS, SroiResult
from pbc_eval.sroi.sensitivity import OneWay
from pbc_eval.sroi.switching import switching_values
from pbc_eval.sroi.waterfall import waterfall

MOVES = (
    "One assumption is moved at a time. A figure whose uncertainty is stated goes from its 5th to "
    "its 95th percentile, an estimate over its confidence interval; any other goes up and down by "
    "a quarter (a share by 25 points, a duration by a year, the discount rate by a point)."
)
BARS = 10  # assumptions shown in the tornado; the table has all


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
        "moves": MOVES,
        "waterfall": waterfall_figure(evaluation),
        "figures": list(assumption_figures(evaluation)),
        "ratios": _ratios_table(sroi),
        "sides": _sides_table(evaluation),
        "perspectives": _perspectives_table(sroi),
        "sensitivity": _sensitivity_table(evaluation),
        "switching": _switching_table(sroi),
        "benchmarks": [
            f"{row_name(sroi, place.outcome)}: {place.sentence}"
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
        _ratios_table(sroi),
        _sides_table(evaluation),
        *([table] if (table := _perspectives_table(sroi)) else []),
        _sensitivity_table(evaluation),
        _switching_table(sroi),
    )


def value_figures(evaluation: Evaluation) -> tuple[Figure, ...]:
    """Every figure of the value section, for download."""
    if evaluation.sroi is None:
        return ()
    return (waterfall_figure(evaluation), *assumption_figures(evaluation))


def waterfall_figure(evaluation: Evaluation) -> Figure:
    sroi = _sroi(evaluation)
    return value_waterfall(waterfall(sroi), name="value-waterfall", currency=sroi.currency)


def assumption_figures(evaluation: Evaluation) -> tuple[Figure, ...]:
    """The tornado, and the grid of its two widest bars where there are two."""
    sroi, drawn = _sroi(evaluation), [sensitivity_figure(evaluation)]
    if (grid := widest_pair(sroi, _entries(evaluation))) is not None:
        first, second = (assumption_name(sroi, *key) for key in (grid.first, grid.second))
        drawn.append(two_way_grid(grid, first, second, name="two-way-grid", currency=sroi.currency))
    return tuple(drawn)


def _entries(evaluation: Evaluation) -> list[OneWay]:
    frame = evaluation.sroi_sensitivity
    if frame is None:
        raise PublicationError(f"{evaluation.spec.id}: there is no sensitivity to draw.")
    return [OneWay(*row) for row in frame[list(OneWay._fields)].itertuples(index=False)]


def sensitivity_figure(evaluation: Evaluation) -> Figure:
    sroi, frame = _sroi(evaluation), evaluation.sroi_sensitivity
    if frame is None:
        raise PublicationError(f"{evaluation.spec.id}: there is no sensitivity to draw.")
    shown = _with_assumption_names(sroi, frame).head(BARS)
    return tornado(
        shown[["assumption", "ratio_low", "ratio_high"]],
        sroi.ratio,
        name="sensitivity-tornado",
        currency=sroi.currency,
    )


def _sroi(evaluation: Evaluation) -> SroiResult:
    if evaluation.sroi is None:
        raise PublicationError(f"{evaluation.spec.id}: there is no value map to show.")
    return evaluation.sroi


def _ratios_table(sroi: SroiResult) -> ReleasedTable:
    return open_table(
        "value-ratios",
        "Ratios, each by its name",
        pd.DataFrame(named_ratios(sroi)),
        {
            "name": ("Ratio", "text"),
            "formula": ("What is set against what", "text"),
            "value": ("Value", "number"),
        },
    )


def _sides_table(evaluation: Evaluation) -> ReleasedTable:
    return open_table(
        "value-by-agency",
        "Who pays and who gains",
        who_pays_who_saves(_sroi(evaluation), evaluation.payers),
        {
            "agency": ("Who", "text"),
            "pays": ("Pays", "money"),
            "gains": ("Gains (present value)", "money"),
            "cashable": ("Of which cashable", "money"),
            "net": ("Net", "money"),
        },
    )


def _perspectives_table(sroi: SroiResult) -> ReleasedTable | None:
    """Gains by kind; none where no row says of which kind it is."""
    if all(row.perspective is None for row in sroi.outcomes):
        return None
    return open_table(
        "value-by-perspective",
        "Fiscal, economic and social gains",
        by_perspective(sroi),
        {
            "perspective": ("Kind of gain", "text"),
            "present_value": ("Present value", "money"),
            "cashable": ("Of which cashable", "money"),
            "ratio": ("Part of the ratio", "number"),
        },
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
    return open_table(
        "value-summary",
        "Social value in brief",
        frame,
        {"measure": ("Measure", "text"), "value": ("Value", "text")},
    )


def _investment_table(evaluation: Evaluation) -> ReleasedTable:
    frame = pd.DataFrame(evaluation.investment_parts, columns=["part", "value"])
    total = pd.DataFrame([{"part": "Total", "value": frame["value"].sum()}])
    return open_table(
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
    return open_table(
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


def _stakeholder_table(sroi: SroiResult) -> ReleasedTable:
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


def _sensitivity_table(evaluation: Evaluation) -> ReleasedTable:
    sroi, frame = evaluation.sroi, evaluation.sroi_sensitivity
    if sroi is None or frame is None:
        raise PublicationError(f"{evaluation.spec.id}: there is no sensitivity to show.")
    shown = _with_assumption_names(sroi, frame)
    return open_table(
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
    frame = _with_assumption_names(sroi, frame)
    frame["value"] = pd.to_numeric(frame["value"])
    return open_table(
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
        assumption_name(sroi, outcome, assumption)
        for outcome, assumption in zip(frame["outcome"], frame["assumption"], strict=True)
    ]
    return frame.assign(assumption=named)
