"""How the service performed: KPIs against their targets, with control charts."""

from collections.abc import Sequence

import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedKpi, is_suppressed
from pbc_eval.kpi.charts import RULES
from pbc_eval.kpi.kpi_words import is_share, side_words, unit_words, value_words
from pbc_eval.messages import numbers as fmt
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.figures.payment import KpiPanel, control_charts
from pbc_eval.report.parts import Heading, LaidOut, Paragraphs, Part, Table, tables_of


def performance_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """Each KPI with its rating, what is missing, its chart and its periods; nothing without any."""
    if not released.kpis:
        return ()
    parts: list[Part] = [
        LaidOut("bounds", {"bounds": _bounds(released.kpis)}),
        *tables_of(released.table("performance")),
        *_charts(released.kpis),
    ]
    for measure in released.kpis:
        kpi = measure.kpi
        facts = {
            "sentence": _sentence(measure),
            "reference": kpi.reference,
            "source": kpi.source,
        }
        parts += [Heading(kpi.label), LaidOut("measure", facts), Table(measure.table, folded=True)]
    rules = "; ".join(RULES.values())
    note = (
        f"A signal is {rules} (Western Electric, 1956). Steady processes give one by chance about "
        "once in 90 points. A period that was not reported ends a run."
    )
    agreed = released.spec.performance
    if agreed is not None and agreed.numbers is not None:
        note += (
            " Numbers that are text in the tables of measures are read as written like "
            f"{agreed.numbers}."
        )
    return [*parts, Paragraphs((note,), style="note")]


def _charts(kpis: Sequence[ReleasedKpi]) -> list[Figure]:
    """The control charts of what may be published, in one figure; none where nothing may be."""
    panels = [panel for panel in map(_panel, kpis) if panel is not None]
    return [control_charts(panels, name="performance-charts")] if panels else []


def _panel(measure: ReleasedKpi) -> KpiPanel | None:
    frame = measure.table.frame
    kept = [not is_suppressed(value) and not pd.isna(value) for value in frame["value"]]
    shown = frame.assign(position=range(len(frame)))[kept]
    if shown.empty:
        return None
    kpi = measure.kpi
    scale = 100.0 if is_share(kpi) else 1.0
    published = shown[["value", "low", "high"]].map(
        lambda value: float("nan") if is_suppressed(value) else float(value)
    )
    numbers = published * scale
    return KpiPanel(
        label=kpi.label,
        kind=measure.chart_kind,
        unit="%" if is_share(kpi) else unit_words(kpi).strip(),
        centre=scale * measure.chart_centre,
        target=scale * kpi.target,
        frame=shown[["position", "period", "signals"]].join(numbers),
        missing=measure.missing,
    )


def _sentence(measure: ReleasedKpi) -> str:
    """The rating in a sentence, with what is missing and why it is Other."""
    kpi = measure.kpi
    sentence = (
        f"{measure.rating}: {measure.overall} over all periods reported, against a "
        f"target of {side_words(kpi)} {value_words(kpi, kpi.target)}."
    )
    if measure.reason:
        sentence += f" Rated Other: {measure.reason.rstrip('.')}."
    if measure.missing:
        sentence += (
            f" Not reported: {', '.join(measure.missing)}; nothing was put in "
            f"{'its' if len(measure.missing) == 1 else 'their'} place."
        )
    if measure.signals:
        sentence += f" The chart signals a change in {first_few(measure.signals, 3)}."
    return f"{sentence} {measure.chart_note}" if measure.chart_note else sentence


def _bounds(kpis: Sequence[ReleasedKpi]) -> str:
    """The shares of the target behind the words, where all KPIs have the same."""
    pairs = {(measure.kpi.approaching, measure.kpi.inadequate) for measure in kpis}
    if len(pairs) > 1:
        return "Each measure has its own shares of the target behind these words."
    ((approaching, inadequate),) = pairs
    return (
        f"Approaching target from {fmt.percent(approaching)} of the way to it, inadequate below "
        f"{fmt.percent(inadequate)}."
    )
