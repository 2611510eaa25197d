"""Figures of social value and its uncertainty: waterfall, grid of two assumptions, distribution."""

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pbc_eval.evaluation.simulation_summary import ReturnsSummary
from pbc_eval.messages import numbers as fmt
from pbc_eval.report.figures.drawing import (
    GREY,
    NAVY,
    ORANGE,
    PLUM,
    TEAL,
    Axes,
    Figure,
    finish,
    legend,
)
from pbc_eval.sroi.assumption_grid import AssumptionGrid
from pbc_eval.sroi.waterfall import WaterfallStep

WRAP = 36  # characters of a label beside an upright axis
INK = "#1A1A1A"


def value_waterfall(steps: Sequence[WaterfallStep], *, name: str, currency: str) -> Figure:
    """What each step takes from the gross value, down to the net present value."""
    frame = pd.DataFrame(steps)
    rows = np.arange(len(frame))[::-1]
    level = frame["level"].to_numpy(float)
    change = pd.to_numeric(frame["change"]).to_numpy(float)
    is_total = np.isnan(change)
    left = np.where(is_total, 0.0, np.minimum(level, level - change))
    width = np.where(is_total, level, np.abs(change))

    def draw(axes: Axes) -> None:
        for chosen, colour, hatch, label in (
            (is_total, NAVY, "", "total"),
            (~is_total & (change < 0), ORANGE, "//", "taken off"),
            (~is_total & (change >= 0), TEAL, "..", "added"),
        ):
            if chosen.any():
                axes.barh(
                    rows[chosen],
                    width[chosen],
                    left=left[chosen],
                    color=colour,
                    hatch=hatch,
                    edgecolor="white",
                    height=0.65,
                    label=label,
                )
        reach = max(float(np.abs([left, left + width]).max()), 1e-9)
        for row, step, edge in zip(rows, steps, left + width, strict=True):
            shown = step.level if step.change is None else step.change
            axes.text(
                max(edge, 0) + 0.01 * reach, row, fmt.money(shown, currency), va="center", size=9
            )
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_xlim(right=1.18 * reach)
        axes.set_yticks(rows, frame["name"].tolist())
        axes.set_xticks([])
        axes.grid(visible=False)
        legend(axes)

    totals = {step.name: step.level for step in steps}
    taken = [step for step in steps if step.change is not None and step.name != "Investment"]
    changes = "; ".join(f"{s.name.lower()} {fmt.money(s.change, currency)}" for s in taken)
    alt = (
        f"Bars from a gross value of {fmt.money(totals['Gross value'], currency)} down to a "
        f"present value of {fmt.money(totals['Present value'], currency)}: "
        f"{changes or 'nothing is taken off'}"
        f". Less the investment, the net present value is "
        f"{fmt.money(totals['Net present value'], currency)}."
    )
    return finish(
        draw,
        name=name,
        caption="From gross value to net present value: what each step takes away.",
        alt=alt,
        data=frame,
        height=0.38 * len(frame) + 1.0,
    )


def tornado(sensitivity: pd.DataFrame, ratio: float, *, name: str, currency: str) -> Figure:
    """The ratio when one assumption moves. Columns assumption, ratio_low, ratio_high."""
    shown = sensitivity.iloc[::-1].reset_index(drop=True)
    rows = np.arange(len(shown))
    low, high = shown["ratio_low"].to_numpy(float), shown["ratio_high"].to_numpy(float)

    def draw(axes: Axes) -> None:
        axes.barh(rows, low - ratio, left=ratio, color=ORANGE, label="low value", height=0.6)
        axes.barh(
            rows,
            high - ratio,
            left=ratio,
            color=NAVY,
            label="high value",
            height=0.6,
            hatch="//",
            edgecolor="white",
        )
        axes.axvline(ratio, color="#1A1A1A", linewidth=1)
        axes.axvline(1, color=PLUM, linestyle="--", linewidth=1, label="breaks even")
        axes.set_yticks(rows, shown["assumption"].tolist())
        axes.set_xlabel(f"Social return per {fmt.money(1, currency)} invested")
        legend(axes)

    top = sensitivity.iloc[0]
    alt = (
        f"Bars of how far the ratio of {ratio:.2f} moves when one assumption changes. The most "
        f"influential is {top['assumption']}: the ratio runs from "
        f"{min(top['ratio_low'], top['ratio_high']):.2f} to "
        f"{max(top['ratio_low'], top['ratio_high']):.2f}."
    )
    return finish(
        draw,
        name=name,
        caption="How far the ratio moves when one assumption is set to a low and a high value.",
        alt=alt,
        data=sensitivity,
        height=0.36 * len(shown) + 1.7,
    )


def two_way_grid(
    grid: AssumptionGrid, first: str, second: str, *, name: str, currency: str
) -> Figure:
    """The ratio over two assumptions; ``first`` and ``second`` name them in words."""
    ratios = grid.ratios

    def draw(axes: Axes) -> None:
        for r, row in enumerate(ratios):
            for c, ratio in enumerate(row):
                repays = ratio > 1
                axes.fill_between(
                    [c - 0.5, c + 0.5],
                    r - 0.5,
                    r + 0.5,
                    facecolor="#DCE6F0" if repays else "#F6D9E4",
                    edgecolor="white",
                    hatch="" if repays else "xx",
                    linewidth=1,
                )
                axes.text(
                    c,
                    r,
                    fmt.number(float(ratio), 2),
                    ha="center",
                    va="center",
                    color=INK,
                    size=10,
                    bbox=None if repays else {"facecolor": "white", "edgecolor": "none", "pad": 1},
                )
        axes.set_xticks(range(ratios.shape[1]), [_short(v) for v in grid.second_values])
        axes.set_yticks(range(ratios.shape[0]), [_short(v) for v in grid.first_values])
        axes.set_xlabel(second)
        axes.set_ylabel(textwrap.fill(first, WRAP))
        axes.set_xlim(-0.5, ratios.shape[1] - 0.5)
        axes.set_ylim(-0.5, ratios.shape[0] - 0.5)
        axes.grid(visible=False)

    data = pd.DataFrame(
        [
            {"first": a, "second": b, "ratio": float(ratios[r, c])}
            for r, a in enumerate(grid.first_values)
            for c, b in enumerate(grid.second_values)
        ]
    )
    above = int((ratios > 1).sum())
    alt = (
        f"Grid of the ratio over {len(grid.first_values)} values of {first} and "
        f"{len(grid.second_values)} of {second}. It runs from {fmt.number(float(ratios.min()), 2)} "
        f"to {fmt.number(float(ratios.max()), 2)}; in {above} of {ratios.size} cells more comes "
        "back than is put in."
    )
    return finish(
        draw,
        name=name,
        caption=f"Social return per {fmt.money(1, currency)} invested when two assumptions move "
        "together. In crossed cells less comes back than is put in.",
        alt=alt,
        data=data,
        height=4.2,
    )


def ratio_distribution(
    returns: ReturnsSummary, stated: float, *, name: str, currency: str
) -> Figure:
    """The ratio over all draws, its interval, and where it breaks even."""
    spread, level = returns.spread["ratio"], returns.level
    edges, share = returns.edges, returns.share
    inside = (edges[:-1] >= spread.low) & (edges[1:] <= spread.high)

    def draw(axes: Axes) -> None:
        width = np.diff(edges)
        for chosen, colour, hatch, label in (
            (inside, NAVY, "", f"middle {fmt.percent(level)} of the draws"),
            (~inside, ORANGE, "//", "the rest"),
        ):
            axes.bar(
                edges[:-1][chosen],
                100 * share[chosen],
                width[chosen],
                align="edge",
                color=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0.4,
                label=label,
            )
        axes.axvline(1, color=PLUM, linestyle="--", linewidth=1.5, label="breaks even")
        axes.axvline(stated, color=INK, linewidth=1.5, label="as stated")
        axes.set_xlabel(f"Social return per {fmt.money(1, currency)} invested")
        axes.set_ylabel("Share of draws (%)")
        legend(axes)

    chance = fmt.chance(returns.chance_ratio_above_one)
    alt = (
        f"Histogram of the ratio in {returns.draws:,} draws. The middle {fmt.percent(level)} "
        f"lie between {fmt.number(spread.low, 2)} and {fmt.number(spread.high, 2)}, the average is "
        f"{fmt.number(spread.average, 2)}, the stated ratio {fmt.number(stated, 2)}. In "
        f"{chance} of the draws the ratio is above 1."
    )
    data = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "share_of_draws": share})
    return finish(
        draw,
        name=name,
        caption="How the ratio is distributed when every stated uncertainty is drawn at once.",
        alt=alt,
        data=data,
    )


def _short(value: float) -> str:
    """A value on an axis: as many digits as it takes, thousands separated."""
    if abs(value) >= 1000:
        return fmt.number(value, 0)
    return f"{value:.3g}".replace("-", fmt.MINUS)
