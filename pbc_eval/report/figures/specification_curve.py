"""The specification curve: the same effect by every method that applies, in order of size.

Source: Simonsohn, Simmons and Nelson (2020), "Specification Curve Analysis", Nature Human
Behaviour 4, laid on its side so that every way keeps its name.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.report.figures.drawing import GREY, NAVY, Axes, Figure, axis_label, finish, scale_of
from pbc_eval.report.words import numbers as fmt
from pbc_eval.results import AttEstimate


def specification_curve(
    estimates: Sequence[tuple[str, AttEstimate]], outcome: Outcome, currency: str, *, name: str
) -> Figure:
    """``estimates``: the headline first, then every other way on the same sample."""
    ordered = sorted(enumerate(estimates), key=lambda entry: entry[1][1].estimate)
    rows = np.arange(len(ordered))
    scale = scale_of(outcome)
    headline = estimates[0][1]

    def draw(axes: Axes) -> None:
        if headline.conf_low is not None and headline.conf_high is not None:
            axes.axvspan(
                scale * headline.conf_low, scale * headline.conf_high, color=NAVY, alpha=0.10, lw=0
            )
        axes.axvline(0, color=GREY, linewidth=1)
        axes.axvline(scale * headline.estimate, color=NAVY, linewidth=1, linestyle="--")
        for row, (place, (_, one)) in zip(rows, ordered, strict=True):
            colour, marker = (NAVY, "s") if place == 0 else (GREY, "o")
            if one.conf_low is not None and one.conf_high is not None:
                axes.hlines(row, scale * one.conf_low, scale * one.conf_high, color=colour, lw=2)
            axes.plot(scale * one.estimate, row, marker, color=colour, markersize=7)
        axes.set_yticks(rows, [label for _, (label, _) in ordered])
        axes.set_ylim(-0.6, len(ordered) - 0.4)
        axes.set_xlabel(axis_label(outcome, "Effect"))

    data = pd.DataFrame(
        [{"shown_as": label, "headline": at == 0, **one.to_row()} for at, (label, one) in ordered]
    )
    return finish(
        draw,
        name=name,
        caption=f"{outcome.label}: the headline (square, its interval shaded) among other ways to "
        "estimate it from the same data (circles), in order of size, with confidence intervals.",
        alt=_alt([one for _, one in estimates], outcome, currency),
        data=data,
        height=0.36 * len(ordered) + 1.2,
    )


def _alt(estimates: list[AttEstimate], outcome: Outcome, currency: str) -> str:
    headline, others = estimates[0], estimates[1:]
    low, high = min(e.estimate for e in estimates), max(e.estimate for e in estimates)
    same = sum(e.estimate * headline.estimate > 0 for e in others)
    known = [e for e in estimates if e.significant is not None]
    said = (
        f"{len(estimates)} estimates in order of size, from "
        f"{fmt.amount(low, outcome, currency)} to {fmt.amount(high, outcome, currency)}; the "
        f"headline is {fmt.amount(headline.estimate, outcome, currency)}. {same} of the "
        f"{len(others)} others have its sign."
    )
    if known:
        outside = sum(bool(e.significant) for e in known)
        said += f" {outside} of {len(known)} intervals exclude zero."
    return said
