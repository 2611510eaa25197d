"""KPIs as they may be told: small counts go, with every value that would give them away.

The summary is made of what is left, so that it cannot tell what a KPI's own table holds back.
"""

from dataclasses import replace

import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.performance import Kpi
from pbc_eval.disclosure.cell_register import is_small
from pbc_eval.disclosure.record import SUPPRESSED, ReleasedKpi, ReleasedTable, is_suppressed
from pbc_eval.disclosure.tables import release_open_table, release_table
from pbc_eval.evaluation.record import Kind, OutputTable
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.kpi.kpi_words import is_share, side_words, value_words
from pbc_eval.kpi.record import KpiResult, PerformanceResult

_HIDDEN_WITH_COUNT = ("value", "conf_low", "conf_high", "low", "high")
_COUNTED = {"survey": ("Answers", ""), "proportion": ("Met", "Among"), "rate": ("Events", "Among")}


def release_performance(
    performance: PerformanceResult | None, rule: DisclosureRule
) -> tuple[tuple[ReleasedKpi, ...], ReleasedTable | None]:
    """Each KPI as it may be told, and the summary of them all; nothing without KPIs."""
    if performance is None:
        return (), None
    kpis = tuple(_release_kpi(result, rule) for result in performance.kpis)
    return kpis, release_open_table(_summary_table(kpis))


def _release_kpi(result: KpiResult, rule: DisclosureRule) -> ReleasedKpi:
    table = release_table(_period_table(result), rule)
    if table.n_suppressed and result.kpi.feeds in ("latest", "overall"):
        fed = ("a payment rests on this measure, and its statement tells it", result.kpi.label)
        table = replace(table, doubts=(*table.doubts, fed))
    in_last = table.frame["period"] == result.latest.period
    latest = table.frame.loc[in_last, "value"].iloc[0]
    is_hidden = _counts_too_few(result, rule)
    return ReleasedKpi(
        kpi=result.kpi,
        rating=result.rating,
        reason=result.reason,
        overall=SUPPRESSED if is_hidden else value_words(result.kpi, result.overall),
        overall_value=None if is_hidden else result.overall,
        latest=latest if is_suppressed(latest) else value_words(result.kpi, float(latest)),
        missed=result.missed,
        reported=len(result.periods) - len(result.missing),
        missing=result.missing,
        signals=tuple(period.period for period in result.periods if period.signals),
        chart_kind=result.chart.kind,
        chart_centre=result.chart.centre,
        chart_note=result.chart.note,
        table=table,
    )


def _counts_too_few(result: KpiResult, rule: DisclosureRule) -> bool:
    """Do all periods together count too few for their value to be told?"""
    sums = [
        sum(getattr(period, name) or 0.0 for period in result.periods)
        for name in ("count", "among")
        if any(getattr(period, name) is not None for period in result.periods)
    ]
    return rule.protects and any(is_small(total, rule) for total in sums)


def _period_table(result: KpiResult) -> OutputTable:
    """One KPI by period, each value with the count that it rests on."""
    kpi = result.kpi
    kind: Kind = "share" if is_share(kpi) else "number"
    kinds: dict[str, Kind] = {"period": "text", "value": kind}
    headers = {"period": "Period", "value": "Value", "rating": "Rating", "signals": "Signals"}
    headers |= {"low": "Lower limit", "high": "Upper limit"}
    governed: dict[str, tuple[str, ...]] = {}
    for column, header in zip(("count", "among"), _COUNTED.get(kpi.type, ("", "")), strict=True):
        if header:
            kinds[column], headers[column] = "count", header
            governed[column] = _HIDDEN_WITH_COUNT
    if kpi.type == "survey":
        kinds |= {"conf_low": kind, "conf_high": kind}
        headers |= {"conf_low": "95% from", "conf_high": "95% to"}
    kinds |= {"low": kind, "high": kind, "rating": "text", "signals": "text"}
    return OutputTable(
        name=f"performance-{kpi.id}",
        caption=f"{kpi.label}, by period",
        frame=result.to_frame(),
        kinds=kinds,
        headers=headers,
        governed_by=governed,
        decimals=2,
        ratios={"value": ("count", "among")} if kpi.type in ("proportion", "rate") else {},
        about=kpi.id,
    )


def _target_words(kpi: Kpi) -> str:
    return f"{side_words(kpi)} {value_words(kpi, kpi.target)}"


def _summary_table(kpis: tuple[ReleasedKpi, ...]) -> OutputTable:
    """One row a KPI: target, latest and overall value, rating, periods missed and missing."""
    rows = [
        {
            "label": released.kpi.label,
            "target": _target_words(released.kpi),
            "latest": released.latest,
            "overall": released.overall,
            "rating": released.rating,
            "missed": f"{released.missed} of {released.reported}",
            "missing": ", ".join(released.missing) or "none",
        }
        for released in kpis
    ]
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
