"""The figure of a contract's page: its headline estimate from edition to edition."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval.messages import numbers as fmt
from pbc_eval.report.figures.drawing import GREY, NAVY, Axes, Figure, finish


@dataclass(frozen=True, slots=True)
class EditionEstimate:
    """The headline of one edition, in the unit in which it is shown; no interval is None."""

    edition: str
    estimate: float
    low: float | None
    high: float | None


def editions_over_time(
    estimates: Sequence[EditionEstimate], *, name: str, label: str, axis: str, decimals: int
) -> Figure:
    """One line an edition, the newest on top, each estimate with its interval where it has one.

    ``estimates`` come with the newest first; ``axis`` names what is measured, with its unit.
    """
    places = np.arange(len(estimates), 0, -1)

    def draw(axes: Axes) -> None:
        axes.axvline(0, color=GREY, linewidth=1)
        for place, entry in zip(places, estimates, strict=True):
            if entry.low is not None and entry.high is not None:
                axes.hlines(place, entry.low, entry.high, color=NAVY, linewidth=2.5)
            axes.plot(entry.estimate, place, "s", color=NAVY, markersize=7)
        axes.set_yticks(places, [entry.edition for entry in estimates])
        axes.set_ylim(0.4, len(estimates) + 0.6)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(axis)
        axes.set_ylabel("Edition")

    wording = "; ".join(_in_words(entry, decimals) for entry in estimates)
    return finish(
        draw,
        name=name,
        caption=f"{label}: the estimate in each edition, with its interval.",
        alt=f"{axis} in {len(estimates)} editions, the newest first: {wording}.",
        data=pd.DataFrame(
            {
                "edition": [entry.edition for entry in estimates],
                "estimate": [entry.estimate for entry in estimates],
                "conf_low": [entry.low for entry in estimates],
                "conf_high": [entry.high for entry in estimates],
            }
        ),
        height=1.2 + 0.34 * len(estimates),
    )


def _in_words(entry: EditionEstimate, decimals: int) -> str:
    wording = f"{entry.edition}: {fmt.number(entry.estimate, decimals)}"
    if entry.low is None or entry.high is None:
        return f"{wording}, without an interval"
    return f"{wording} ({fmt.number(entry.low, decimals)} to {fmt.number(entry.high, decimals)})"
