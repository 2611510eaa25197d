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
        for place, one in zip(places, estimates, strict=True):
            if one.low is not None and one.high is not None:
                axes.hlines(place, one.low, one.high, color=NAVY, linewidth=2.5)
            axes.plot(one.estimate, place, "s", color=NAVY, markersize=7)
        axes.set_yticks(places, [one.edition for one in estimates])
        axes.set_ylim(0.4, len(estimates) + 0.6)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(axis)
        axes.set_ylabel("Edition")

    said = "; ".join(_in_words(one, decimals) for one in estimates)
    return finish(
        draw,
        name=name,
        caption=f"{label}: the estimate in each edition, with its interval.",
        alt=f"{axis} in {len(estimates)} editions, the newest first: {said}.",
        data=pd.DataFrame(
            {
                "edition": [one.edition for one in estimates],
                "estimate": [one.estimate for one in estimates],
                "conf_low": [one.low for one in estimates],
                "conf_high": [one.high for one in estimates],
            }
        ),
        height=1.2 + 0.34 * len(estimates),
    )


def _in_words(one: EditionEstimate, decimals: int) -> str:
    said = f"{one.edition}: {fmt.number(one.estimate, decimals)}"
    if one.low is None or one.high is None:
        return f"{said}, without an interval"
    return f"{said} ({fmt.number(one.low, decimals)} to {fmt.number(one.high, decimals)})"
