"""Two plain figures that many results are drawn as: points with intervals, and bars."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pbc_eval.report.figures.drawing import GREY, NAVY, ORANGE, Axes, Figure, finish


def intervals(
    labels: Sequence[str],
    estimate: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    *,
    name: str,
    caption: str,
    axis: str,
    data: pd.DataFrame,
    zero: bool = True,
) -> Figure:
    """Points with their intervals (n,), one below the other."""
    rows = np.arange(len(labels))[::-1]

    def draw(axes: Axes) -> None:
        if zero:
            axes.axvline(0, color=GREY, linewidth=1)
        known = ~(np.isnan(low) | np.isnan(high))
        axes.hlines(rows[known], low[known], high[known], color=NAVY, linewidth=2)
        axes.plot(estimate, rows, "s", color=NAVY, markersize=6)
        axes.set_yticks(rows, list(labels))
        axes.set_ylim(-0.6, len(labels) - 0.4)
        axes.set_xlabel(axis)

    words = "; ".join(
        f"{label}: {e:.4g}" + ("" if np.isnan(a) or np.isnan(b) else f" ({a:.4g} to {b:.4g})")
        for label, e, a, b in zip(labels, estimate, low, high, strict=True)
    )
    return finish(
        draw, name=name, caption=caption, alt=f"Points with intervals, from the top. {words}.",
        data=data, height=0.36 * len(labels) + 1.2,
    )  # fmt: skip


def bars(
    labels: Sequence[str],
    size: np.ndarray,
    *,
    name: str,
    caption: str,
    axis: str,
    data: pd.DataFrame,
) -> Figure:
    """Bars (n,), one below the other; below zero they are hatched."""
    rows = np.arange(len(labels))[::-1]

    def draw(axes: Axes) -> None:
        for below, colour, hatch in ((False, NAVY, ""), (True, ORANGE, "//")):
            here = (size < 0) == below
            axes.barh(rows[here], size[here], color=colour, hatch=hatch, edgecolor="white")
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_yticks(rows, list(labels))
        axes.set_xlabel(axis)

    words = "; ".join(f"{label}: {value:.6g}" for label, value in zip(labels, size, strict=True))
    return finish(
        draw, name=name, caption=caption, alt=f"Bars, from the top. {words}.", data=data,
        height=0.36 * len(labels) + 1.2,
    )  # fmt: skip
