"""The section on performance: KPIs against their targets, with control charts."""

from dataclasses import replace
from typing import Any

import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.agreement.performance import ValueKpi
from pbc_eval.disclosure import (
    SUPPRESSED,
    ReleasedEvaluation,
    ReleasedTable,
    is_suppressed,
    release_table,
)
from pbc_eval.disclosure.cell_register import is_small
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.record import Kind, OutputTable
from pbc_eval.kpi.charts import RULES
from pbc_eval.kpi.record import KpiResult, PerformanceResult
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.figures.payment import KpiPanel, control_charts
from pbc_eval.report.sections.tables import open_table
from pbc_eval.report.words import numbers as fmt

HIDDEN_WITH_COUNT = ("value", "conf_low", "conf_high", "low", "high")


def performance_facts(released: ReleasedEvaluation) -> dict[str, Any]:
    """Each KPI with its rating, what is missing, its chart and its periods."""
    performance = _performance(released)
    return {
        "currency": released.evaluation.spec.contract.currency,
        "summary": summary_table(released),
        "figures": list(charts(released)),
        "items": [
            {
                "label": result.kpi.label,
                "reference": result.kpi.reference,
                "sentence": _sentence(result, overall_of(result, released)),
                "source": result.kpi.source,
                "table": period_table(result, released),
            }
            for result in performance.kpis
        ],
        "rules": list(RULES.values()),
        "bounds": _bounds(performance),
    }


def performance_tables(released: ReleasedEvaluation) -> tuple[ReleasedTable, ...]:
    """Every table of the section, for download."""
    if released.evaluation.performance is None:
        return ()
    results = released.evaluation.performance.kpis
    return (summary_table(released), *(period_table(result, released) for result in results))


def summary_table(released: ReleasedEvaluation) -> ReleasedTable:
    """One row a KPI: target, latest and overall value, rating, periods missed and missing."""
    rows = []
    for result in _performance(released).kpis:
        table = period_table(result, released).frame
        latest = table.loc[table["period"] == result.latest.period, "value"].iloc[0]
        rows.append(
            {
                "label": result.kpi.label,
                "target": f"{_side(result)} {_written(result, result.kpi.target)}",
                "latest": latest if is_suppressed(latest) else _written(result, float(latest)),
                "overall": overall_of(result, released),
                "rating": result.rating,
                "missed": f"{result.missed} of {len(result.periods) - len(result.missing)}",
                "missing": ", ".join(result.missing) or "none",
            }
        )
    return open_table(
        "performance",
        "Performance measures against their targets",
        pd.DataFrame(rows),
        {
            "label": ("Measure", "text"),
            "target": ("Target", "text"),
            "latest": ("Last period", "text"),
            "overall": ("All periods", "text"),
            "rating": ("Rating", "text"),
            "missed": ("Periods below target", "text"),
            "missing": ("Not reported", "text"),
        },
    )


def period_table(result: KpiResult, released: ReleasedEvaluation) -> ReleasedTable:
    """One KPI by period; small counts go, with the value and limits that would give them away."""
    frame = result.to_frame()
    kind: Kind = "share" if _is_share(result) else "number"
    kinds: dict[str, Kind] = {"period": "text", "value": kind}
    headers = {"period": "Period", "value": "Value", "rating": "Rating", "signals": "Signals"}
    headers |= {"low": "Lower limit", "high": "Upper limit"}
    governed: dict[str, tuple[str, ...]] = {}
    words = {"survey": ("Answers", ""), "proportion": ("Met", "Among"), "rate": ("Events", "Among")}
    for column, header in zip(
        ("count", "among"), words.get(result.kpi.type, ("", "")), strict=True
    ):
        if header:
            kinds[column], headers[column] = "count", header
            governed[column] = HIDDEN_WITH_COUNT
    if result.kpi.type == "survey":
        kinds |= {"conf_low": kind, "conf_high": kind}
        headers |= {"conf_low": "95% from", "conf_high": "95% to"}
    kinds |= {"low": kind, "high": kind, "rating": "text", "signals": "text"}
    table = OutputTable(
        name=f"performance-{result.kpi.id}",
        caption=f"{result.kpi.label}, by period",
        frame=frame,
        kinds=kinds,
        headers=headers,
        governed_by=governed,
        decimals=2,
        ratios={"value": ("count", "among")} if result.kpi.type in ("proportion", "rate") else {},
    )
    told = release_table(table, released.rule)
    if told.n_suppressed and result.kpi.feeds in ("latest", "overall"):
        fed = ("a payment rests on this measure, and its statement tells it", result.kpi.label)
        told = replace(told, doubts=(*told.doubts, fed))
    return told


def overall_of(result: KpiResult, released: ReleasedEvaluation) -> str:
    """The value over all periods in words; the mark of what is held back where all of them together
    count too few."""
    sums = [
        sum(getattr(one, name) or 0.0 for one in result.periods)
        for name in ("count", "among")
        if any(getattr(one, name) is not None for one in result.periods)
    ]
    rule = released.rule
    if rule.protects and any(is_small(total, rule) for total in sums):
        return SUPPRESSED
    return _written(result, result.overall)


def charts(released: ReleasedEvaluation) -> tuple[Figure, ...]:
    """The control charts of what may be published, in one figure; none where nothing may be."""
    if released.evaluation.performance is None:
        return ()
    drawn = (_panel(result, released) for result in released.evaluation.performance.kpis)
    panels = [panel for panel in drawn if panel is not None]
    return (control_charts(panels, name="performance-charts"),) if panels else ()


def _panel(result: KpiResult, released: ReleasedEvaluation) -> KpiPanel | None:
    frame = period_table(result, released).frame
    kept = [not is_suppressed(value) and not pd.isna(value) for value in frame["value"]]
    shown = frame.assign(position=range(len(frame)))[kept]
    if shown.empty:
        return None
    scale = 100.0 if _is_share(result) else 1.0
    numbers = shown[["value", "low", "high"]].astype(float) * scale
    return KpiPanel(
        label=result.kpi.label,
        kind=result.chart.kind,
        unit="%" if _is_share(result) else _unit(result).strip(),
        centre=scale * result.chart.centre,
        target=scale * result.kpi.target,
        frame=shown[["position", "period", "signals"]].join(numbers),
        missing=result.missing,
    )


def _performance(released: ReleasedEvaluation) -> PerformanceResult:
    performance = released.evaluation.performance
    if performance is None:
        raise PublicationError(f"{released.evaluation.spec.id}: there is no performance to show.")
    return performance


def _is_share(result: KpiResult) -> bool:
    kpi = result.kpi
    return kpi.share if isinstance(kpi, ValueKpi) else kpi.type in ("proportion", "survey")


def _unit(result: KpiResult) -> str:
    kpi = result.kpi
    if kpi.type == "rate":
        return f" per {kpi.per:,.6g}"
    return f" {kpi.unit}" if isinstance(kpi, ValueKpi) and kpi.unit else ""


def _written(result: KpiResult, value: float) -> str:
    if _is_share(result):
        return fmt.percent(value, 1)
    return f"{fmt.number(value, 2)}{_unit(result)}"


def _side(result: KpiResult) -> str:
    return "at least" if result.kpi.better == "higher" else "at most"


def _sentence(result: KpiResult, overall: str) -> str:
    """The rating in a sentence, with what is missing and why it is Other."""
    said = (
        f"{result.rating}: {overall} over all periods reported, against a "
        f"target of {_side(result)} {_written(result, result.kpi.target)}."
    )
    if result.reason:
        said += f" Rated Other: {result.reason.rstrip('.')}."
    if result.missing:
        said += (
            f" Not reported: {', '.join(result.missing)}; nothing was put in "
            f"{'its' if len(result.missing) == 1 else 'their'} place."
        )
    signals = [one.period for one in result.periods if one.signals]
    if signals:
        said += f" The chart signals a change in {first_few(signals, 3)}."
    if result.chart.note:
        said += f" {result.chart.note}"
    return said


def _bounds(performance: PerformanceResult) -> str:
    """The shares of the target behind the words, where all KPIs have the same."""
    pairs = {(one.kpi.approaching, one.kpi.inadequate) for one in performance.kpis}
    if len(pairs) > 1:
        return "Each measure has its own shares of the target behind these words."
    ((approaching, inadequate),) = pairs
    return (
        f"Approaching target from {fmt.percent(approaching)} of the way to it, inadequate below "
        f"{fmt.percent(inadequate)}."
    )
