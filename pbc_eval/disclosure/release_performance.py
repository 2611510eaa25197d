"""KPIs as they may be told: small counts go, with every value that would give them away.

The summary is made of what is left, so that it cannot tell what a KPI's own table holds back.
"""

import math
from dataclasses import replace
from functools import partial

import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.performance import Kpi
from pbc_eval.disclosure.cell_register import CellRegister
from pbc_eval.disclosure.rated import all_periods, rating_tells, rows_whose_rating_tells
from pbc_eval.disclosure.record import SUPPRESSED, ReleasedKpi, ReleasedTable, is_suppressed
from pbc_eval.disclosure.relations import NEAR
from pbc_eval.disclosure.sentences import released_sentence
from pbc_eval.disclosure.tables import protect_tables, release_open_table, written_table
from pbc_eval.evaluation.record import Kind, OutputTable
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.kpi.kpi_words import is_share, side_words, value_words
from pbc_eval.kpi.record import KpiPeriod, KpiResult, PerformanceResult

_HIDDEN_WITH_COUNT = ("value", "conf_low", "conf_high", "low", "high")
_TELLING = ("low", "high", "rating", "signals")
_COUNTED = {"survey": ("Answers", ""), "proportion": ("Met", "Among"), "rate": ("Events", "Among")}


def release_performance(
    performance: PerformanceResult | None, rule: DisclosureRule
) -> tuple[tuple[ReleasedKpi, ...], ReleasedTable | None]:
    """Each KPI as it may be told, and the summary of them all with what was read otherwise than it
    stands; nothing without KPIs."""
    if performance is None:
        return (), None
    kpis = tuple(_release_kpi(result, rule) for result in performance.kpis)
    notes = tuple(released_sentence(note, rule) for note in performance.notes)
    return kpis, release_open_table(replace(_summary_table(kpis), notes=notes))


def _release_kpi(result: KpiResult, rule: DisclosureRule) -> ReleasedKpi:
    table, tells_overall, tells_centre = _release_periods(result, rule)
    tells_missed = not any(map(is_suppressed, table.frame["rating"]))
    tells_rating, every = True, all_periods(result)
    if not tells_overall and every is not None and result.rating != "Other":
        tells_rating = not rating_tells(result, every, rule)
    fed = result.kpi.feeds in ("latest", "overall")
    if table.n_suppressed and (fed or (result.kpi.feeds and not tells_missed)):
        why_fed = ("a payment rests on this measure, and its statement tells it", result.kpi.label)
        table = replace(table, doubts=(*table.doubts, why_fed))
    limits = pd.to_numeric(table.frame["low"], errors="coerce").notna()
    if rule.protects and rule.base > 1 and (result.kpi.type == "survey" or limits.any()):
        why = (
            "counts are rounded, and the share, its interval or the limits of the chart beside "
            "them are not: the number asked follows from these"
        )
        undone = (why, result.kpi.label)
        table = replace(table, doubts=(*table.doubts, undone))
    in_last = table.frame["period"] == result.latest.period
    latest = table.frame.loc[in_last, "value"].iloc[0]
    return ReleasedKpi(
        kpi=result.kpi,
        rating=result.rating if tells_rating else SUPPRESSED,
        reason=result.reason,
        overall=value_words(result.kpi, result.overall) if tells_overall else SUPPRESSED,
        overall_value=result.overall if tells_overall else None,
        latest=latest if is_suppressed(latest) else value_words(result.kpi, float(latest)),
        missed=result.missed if tells_missed else None,
        reported=len(result.periods) - len(result.missing),
        missing=result.missing,
        signals=tuple(
            period.period
            for period, signs in zip(result.periods, table.frame["signals"], strict=True)
            if period.signals and not is_suppressed(signs)
        ),
        chart_kind=result.chart.kind,
        chart_centre=result.chart.centre if tells_centre else math.nan,
        chart_note=result.chart.note,
        table=table,
    )


_ALL = ("all periods", 0, "count")
_ALL_ASKED = ("all periods", 0, "among")


def _release_periods(result: KpiResult, rule: DisclosureRule) -> tuple[ReleasedTable, bool, bool]:
    """The table by period; whether the value over all periods may be told; and the chart's centre.

    Those who met a target and those who did not are both counts: with the number asked they tell
    each other. All periods together are the sum; their value is the centre of the chart too.
    """
    table = _period_table(result)
    if not rule.protects:
        return written_table(table, set(), rule, None), True, True
    protected = protect_tables((table,), rule, also=partial(_note_periods, table, result))
    marks, sums = protected.marks(table.name), protected.marks(_ALL[0])
    gone = {row for row, _ in marks}
    tells_overall = (0, "count") not in sums
    if not sums:  # later editions are compared by what is left of the sums
        table = replace(table, adds_up="to_a_total")
    hidden_answers = {row for row, column in marks if column == "value"}  # of a survey
    marks |= {(row, name) for row in hidden_answers for name in ("conf_low", "conf_high")}
    few = _of_few_rows(result, rule)
    marks |= {(row, name) for row in few for name in ("value", "count", "among", *_TELLING)}
    if few and result.kpi.type == "value":  # over all periods it is their mean
        tells_overall = False
    tells_centre = tells_overall and not (hidden_answers or few)
    if not tells_centre:  # limits lie around it, at a distance that the values give
        marks |= {(row, name) for row in range(len(table.frame)) for name in ("low", "high")}
    for row in rows_whose_rating_tells(result, gone, rule):
        marks |= {(row, "rating"), (row, "signals")}
    return written_table(table, marks, rule, protected), tells_overall, tells_centre


def _note_periods(table: OutputTable, result: KpiResult, register: CellRegister) -> None:
    """Complements, and the sums over all periods, of which the overall value is the ratio."""
    names, kind = register.names, result.kpi.type
    if kind == "survey" and not _counts_answers(result):
        return
    counts, wholes, rests = [], [], []
    for row, period in enumerate(result.periods):
        if period.count is None or period.value is None:
            continue
        if kind == "survey":
            yes, whole = _answers_yes(period), names[table.name, row, "count"]
            if yes is None:
                continue
            count = register.add(yes, name=(table.name, row, "value"), cost=1.0)
        else:
            count = names[table.name, row, "count"]
            whole = names[table.name, row, "among"]
        counts.append(count)
        wholes.append(whole)
        if kind in ("survey", "proportion"):
            rest = register.add(register.value(whole) - register.value(count), always=True, cost=0)
            register.relate([(whole, 1.0), (count, -1.0), (rest, -1.0)])
            rests.append(rest)
    sums = []
    for cells, is_overall in ((counts, True), (rests, False), (wholes, False)):
        total = sum(register.value(cell) for cell in cells)
        if cells:
            whole = register.add(
                total,
                name=_ALL if is_overall else _ALL_ASKED if cells is wholes else None,
                cost=None if is_overall else total + 1.0,
                always=cells is rests,
            )
            register.relate([*((cell, 1.0) for cell in cells), (whole, -1.0)])
            sums.append(whole)
    if rests:
        register.relate([(sums[2], 1.0), (sums[0], -1.0), (sums[1], -1.0)])
    elif counts:  # a rate over all periods tells the events by the number exposed
        register.follows(sums[1], sums[0])


def _counts_answers(result: KpiResult) -> bool:
    """Is every share of a survey a count over a count? With weights that differ it is not, though
    one period may look like it."""
    reported = [period for period in result.periods if period.value is not None]
    return all(_answers_yes(period) is not None for period in reported)


def _answers_yes(period: KpiPeriod) -> int | None:
    """How many answered yes; None where answers count by weights, so that no count follows."""
    yes = (period.value or 0.0) * (period.count or 0.0)
    return round(yes) if abs(yes - round(yes)) < NEAR else None


def _of_few_rows(result: KpiResult, rule: DisclosureRule) -> set[int]:
    """Periods whose value is a sum, a mean or a single value of few rows."""
    return {at for at, p in enumerate(result.periods) if p.rows and 0 < p.rows < rule.threshold}


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
        counts_always=True,
        adds_up="not",  # what all periods tell is entered by _note_periods, and may be held back
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
            "missed": SUPPRESSED
            if released.missed is None
            else f"{released.missed} of {released.reported}",
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
            "missed": ("Periods that missed it", "text"),
            "missing": ("Not reported", "text"),
        },
    )
