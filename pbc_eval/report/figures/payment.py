"""Figures of payment and performance: the ladder of a clause, the risk of the rule, a control
chart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval.messages import numbers as fmt
from pbc_eval.payment.ladder import Ladder
from pbc_eval.payment.risk import NO_EFFECT, PROMISED, PaymentRisk
from pbc_eval.report.figures.drawing import (
    GREY,
    NAVY,
    ORANGE,
    PLUM,
    TEAL,
    Axes,
    Figure,
    MaxNLocator,
    finish,
    finish_panels,
    legend,
)

MOST_TICKS = 8


def payment_ladder(
    ladder: Ladder, *, name: str, currency: str, measure: str, scale: float
) -> Figure:
    """What a clause pays by its measure, with the estimate and its interval on the steps.

    ``measure`` names the axis, with its unit; ``scale`` turns the measure into that unit.
    """
    at = scale * ladder.measures
    estimate = scale * ladder.estimate

    def draw(axes: Axes) -> None:
        axes.plot(at, ladder.amounts, color=NAVY, linewidth=2, label="what the clause pays")
        if ladder.low is not None and ladder.high is not None:
            axes.hlines(
                ladder.paid,
                scale * ladder.low,
                scale * ladder.high,
                color=ORANGE,
                linewidth=3,
                label="confidence interval of the estimate",
            )
        axes.plot(estimate, ladder.paid, "s", color=PLUM, markersize=8, label="the estimate")
        axes.set_xlabel(measure)
        axes.set_ylabel(f"Payment ({currency})")
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        least, most = float(ladder.amounts.min()), float(ladder.amounts.max())
        room = 0.05 * max(most - min(least, 0.0), 1.0)  # so that no mark is cut off
        axes.set_ylim(min(least, 0.0) - room, most + room)
        legend(axes)

    steps = "; ".join(
        f"{fmt.money(amount, currency)} from {fmt.number(scale * start, 2)}"
        for start, amount in ladder.steps
    )
    wording = (
        f"Line of what {ladder.label} pays, by {measure}: nothing below "
        f"{fmt.number(scale * ladder.steps[0][0], 2)}; {steps}. The estimate, "
        f"{fmt.number(estimate, 2)}, pays {fmt.money(ladder.paid, currency)}."
    )
    if ladder.low is not None and ladder.high is not None:
        wording += (
            f" Its interval from {fmt.number(scale * ladder.low, 2)} to "
            f"{fmt.number(scale * ladder.high, 2)} spans payments from "
            f"{fmt.money(ladder.paid_low, currency)} to {fmt.money(ladder.paid_high, currency)}."
        )
    return finish(
        draw,
        name=name,
        caption=f"{ladder.label}: what it pays by the result, and where the result stands.",
        alt=wording,
        data=pd.DataFrame({"measure": ladder.measures, "amount": ladder.amounts}),
        height=3.4,
    )


def risk_curve(risk: PaymentRisk, *, name: str, axis: str, scale: float) -> Figure:
    """Mean payment and its spread by the true effect, beside what a known effect would earn."""
    at = np.array([scale * point.effects[0][1] for point in risk.curve])
    known, mean, low, high = (
        np.array([getattr(point, figure) for point in risk.curve])
        for figure in ("known", "expected", "low", "high")
    )

    def draw(axes: Axes) -> None:
        axes.fill_between(at, low, high, color=TEAL, alpha=0.25, label="90 of 100 evaluations")
        axes.plot(at, mean, color=NAVY, linewidth=2, label="mean payment")
        axes.plot(at, known, "--", color=ORANGE, linewidth=2, label="if the effect were known")
        for scenario, marker in ((NO_EFFECT, "o"), (PROMISED, "s")):
            for point in risk.scenarios:
                if point.name == scenario:
                    effect = scale * point.effects[0][1]
                    axes.plot(
                        effect, point.expected, marker, color=PLUM, markersize=8, label=scenario
                    )
        axes.set_xlabel(axis)
        axes.set_ylabel(f"Payment ({risk.currency})")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        legend(axes)

    nothing = risk.scenario(NO_EFFECT)
    last = risk.curve[-1]
    currency = risk.currency
    alt = (
        f"Lines of the payment by the true effect. With no effect the mean payment is "
        f"{fmt.money(nothing.expected, currency)}, and 90 of 100 evaluations pay between "
        f"{fmt.money(nothing.low, currency)} and {fmt.money(nothing.high, currency)}; at the "
        f"largest effect shown, {fmt.number(float(at[-1]), 2)}, the mean is "
        f"{fmt.money(last.expected, currency)} against {fmt.money(last.known, currency)} if the "
        "effect were known."
    )
    frame = risk.to_frame()
    return finish(
        draw,
        name=name,
        caption="What the rule pays by chance: the mean payment and its spread for each true "
        "effect, beside the payment if the effect were known without error.",
        alt=alt,
        data=frame[frame["part"] == "curve"].drop(columns=["scenario", "part"]),
        height=3.8,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KpiPanel:
    """A KPI for its control chart, in the unit that is drawn. ``frame`` holds what may be
    published: columns position, period, value, low, high, signals."""

    label: str
    kind: str
    unit: str
    centre: float
    target: float
    frame: pd.DataFrame
    missing: tuple[str, ...]


def control_charts(panels: Sequence[KpiPanel], *, name: str) -> Figure:
    """Each KPI by period with its target and control limits, one panel below the other."""

    def draw(axes: list[Axes]) -> None:
        for here, panel in zip(axes, panels, strict=True):
            _draw_chart(here, panel, named=here is axes[-1])
        periods: dict[float, str] = {}
        for panel in panels:
            at = panel.frame["position"].to_numpy(float).tolist()
            periods |= dict(zip(at, panel.frame["period"].astype(str), strict=True))
        shown = sorted(periods)[:: max(1, int(np.ceil(len(periods) / MOST_TICKS)))]
        for here in axes:  # the same periods below each other, named once
            here.set_xlim(min(periods) - 0.5, max(periods) + 0.5)
            here.set_xticks(shown, [""] * len(shown))
            here.yaxis.set_major_locator(MaxNLocator(4))
        axes[-1].set_xticks(shown, [periods[at] for at in shown])
        legend(axes[-1])

    data = pd.concat(
        [panel.frame.drop(columns="position").assign(measure=panel.label) for panel in panels],
        ignore_index=True,
    )
    return finish_panels(
        draw,
        name=name,
        caption="Each measure by period, with its target and control limits. A gap is a period "
        "that was not reported, or may not be shown.",
        alt=" ".join(_chart_in_words(panel) for panel in panels),
        data=data[["measure", *(c for c in data.columns if c != "measure")]],
        height=1.75 * len(panels) + 0.6,
        panels=len(panels),
    )


def _draw_chart(axes: Axes, panel: KpiPanel, *, named: bool) -> None:
    """One panel; only the last one names what is drawn, for the legend of them all."""
    frame = panel.frame

    def label(text: str) -> str | None:
        return text if named else None

    at, value = (frame[c].to_numpy(float) for c in ("position", "value"))
    low, high = (frame[c].to_numpy(float) for c in ("low", "high"))
    flagged = (frame["signals"] != "").to_numpy(bool)
    axes.axhline(panel.centre, color=GREY, linewidth=1, label=label("centre"))
    axes.axhline(panel.target, color=PLUM, linestyle="--", linewidth=1.5, label=label("target"))
    for run in np.split(np.arange(len(at)), np.flatnonzero(np.diff(at) > 1) + 1):
        # nothing is drawn across a gap
        axes.plot(at[run], value[run], "-", color=NAVY, linewidth=1.5)
        edges = np.repeat(at[run], 2) + np.tile([-0.5, 0.5], len(run))
        axes.fill_between(
            edges, np.repeat(low[run], 2), np.repeat(high[run], 2), color=GREY, alpha=0.15, lw=0
        )
    axes.fill_between([], [], color=GREY, alpha=0.15, label=label("control limits"))
    axes.plot(at, value, "o", color=NAVY, markersize=5, label=label("reported"))
    if flagged.any():
        axes.plot(at[flagged], value[flagged], "D", color=ORANGE, markersize=8)
    axes.plot([], [], "D", color=ORANGE, markersize=8, label=label("signal of change"))
    axes.margins(y=0.15)
    axes.set_title(
        f"{panel.label} ({panel.unit})" if panel.unit else panel.label, loc="left", size=10
    )


def _chart_in_words(panel: KpiPanel) -> str:
    frame = panel.frame
    first, last = frame.iloc[0], frame.iloc[-1]
    unit = panel.unit if panel.unit == "%" else f" {panel.unit}" if panel.unit else ""
    n = int((frame["signals"] != "").sum())
    wording = (
        f"{panel.kind} chart of {panel.label[:1].lower() + panel.label[1:]}: from "
        f"{fmt.number(first['value'], 2)}{unit} in {first['period']} to "
        f"{fmt.number(last['value'], 2)}{unit} in {last['period']}, against a target of "
        f"{fmt.number(panel.target, 2)}{unit}; {n or 'no'} of {len(frame)} points "
        f"{'signals' if n == 1 else 'signal'} a change."
    )
    return wording + (f" Not reported: {', '.join(panel.missing)}." if panel.missing else "")
