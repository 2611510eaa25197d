"""Figures of effects: by time since the start, by group, and beside other ways to estimate them.

Source of the specification curve: Simonsohn, Simmons and Nelson (2020), "Specification Curve
Analysis", Nature Human Behaviour 4, laid on its side so that every way keeps its name.
"""

import math
from collections.abc import Sequence
from textwrap import fill, wrap

import numpy as np
import pandas as pd

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.messages import numbers as fmt
from pbc_eval.report.figures.drawing import (
    GREY,
    NAVY,
    ORANGE,
    PLUM,
    TEAL,
    Axes,
    Figure,
    MaxNLocator,
    axis_label,
    finish,
    legend,
    scale_of,
)
from pbc_eval.results import AttEstimate, EffectSeries, MeasuredOutcome

MOST_TICKS = 8  # of dates on an axis


def event_study(series: EffectSeries, outcome: Outcome, *, name: str, period: str) -> Figure:
    """Effects by time since the programme began, with their intervals."""
    frame = series.to_frame()
    scale = scale_of(outcome)
    at = frame["event_time"].to_numpy(float)
    estimate = scale * frame["estimate"].to_numpy(float)
    low, high = (scale * frame[side].to_numpy(float) for side in ("conf_low", "conf_high"))

    def draw(axes: Axes) -> None:
        axes.axhline(0, color=GREY, linewidth=1)
        axes.axvline(-0.5, color=GREY, linewidth=1, linestyle=":")
        for before, colour, marker, label in (
            (True, GREY, "o", "before the programme"),
            (False, NAVY, "s", "after it began"),
        ):
            here = (at < 0) == before
            axes.vlines(at[here], low[here], high[here], color=colour, linewidth=2)
            axes.plot(at[here], estimate[here], marker, color=colour, markersize=6, label=label)
        axes.set_xlabel(f"{period.capitalize()}s since the programme began")
        axes.set_ylabel(axis_label(outcome, "Effect"))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        legend(axes)

    bands = "simultaneous 95% bands" if series.bands == "simultaneous" else "95% intervals"
    bands = bands.replace("95%", fmt.percent(series.overall.level))
    return finish(
        draw,
        name=name,
        caption=f"Effect on {outcome.label.lower()} by {period} since the programme began, "
        f"with {bands}.",
        alt=_event_study_alt(frame, outcome, period),
        data=frame,
    )


def _event_study_alt(frame: pd.DataFrame, outcome: Outcome, period: str) -> str:
    scale = scale_of(outcome)
    after, before = frame[frame["event_time"] >= 0], frame[frame["event_time"] < 0]
    wording = [f"Points with bars for {len(frame)} {period}s around the start of the programme."]
    if len(before):
        outside = int(((before["conf_low"] > 0) | (before["conf_high"] < 0)).sum())
        wording.append(
            f"Before the start, {len(before) - outside} of {len(before)} intervals include zero."
        )
    if len(after):
        first, last = after.iloc[0], after.iloc[-1]
        outside = int(((after["conf_low"] > 0) | (after["conf_high"] < 0)).sum())
        wording.append(
            f"From the start, the effect goes from "
            f"{fmt.number(scale * first['estimate'], outcome.decimals)} to "
            f"{fmt.number(scale * last['estimate'], outcome.decimals)}; {outside} of {len(after)} "
            "intervals exclude zero."
        )
    return " ".join(wording)


def group_paths(means: pd.DataFrame, outcome: Outcome, *, name: str, time_name: str) -> Figure:
    """Mean outcome by group and period. ``means`` has columns group, time (as it is written),
    position (on the axis), first_treated (its position; NaN for never) and mean."""
    scale = scale_of(outcome)
    styles = [(NAVY, "-"), (TEAL, "--"), (PLUM, "-."), (ORANGE, ":"), (GREY, "-"), (NAVY, ":")]
    groups = list(dict.fromkeys(means["group"]))

    def draw(axes: Axes) -> None:
        for position, group in enumerate(groups):
            here = means[means["group"] == group]
            colour, dashes = styles[position % len(styles)]
            axes.plot(
                here["position"], scale * here["mean"], dashes, color=colour, label=group, lw=2
            )
            start = here["first_treated"].iloc[0]
            if not pd.isna(start):
                axes.axvline(start - 0.5, color=colour, linewidth=0.8, linestyle=dashes)
        axes.set_xlabel(time_name.capitalize())
        axes.set_ylabel(axis_label(outcome, ""))
        if all(isinstance(time, str) for time in means["time"]):
            named = means.drop_duplicates("position").sort_values("position")
            shown = named.iloc[:: math.ceil(len(named) / MOST_TICKS)]
            axes.set_xticks(shown["position"], shown["time"])
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        legend(axes)

    return finish(
        draw,
        name=name,
        caption=f"{outcome.label}: average of each group by {time_name}. A vertical line marks "
        "where the group of the same style entered the programme.",
        alt=_paths_alt(means, outcome, time_name),
        data=means,
    )


def _paths_alt(means: pd.DataFrame, outcome: Outcome, time_name: str) -> str:
    scale = scale_of(outcome)
    wording = [f"Lines of the average {outcome.label.lower()} of each group by {time_name}."]
    for group, here in means.groupby("group", sort=False):
        first, last = here.iloc[0], here.iloc[-1]
        wording.append(
            f"{group}: from {fmt.number(scale * first['mean'], outcome.decimals)} in "
            f"{first['time']} to {fmt.number(scale * last['mean'], outcome.decimals)} in "
            f"{last['time']}."
        )
    return " ".join(wording)


def estimates_side_by_side(
    estimates: Sequence[tuple[str, AttEstimate]], outcome: Outcome, currency: str, *, name: str
) -> Figure:
    """The headline beside other estimators and, where there is one, the randomised benchmark."""
    labels = [label for label, _ in estimates]
    scale = scale_of(outcome)
    rows = np.arange(len(estimates))[::-1]
    markers = ["s", *["o"] * (len(estimates) - 1)]

    def draw(axes: Axes) -> None:
        axes.axvline(0, color=GREY, linewidth=1)
        for row, marker, (_, estimate) in zip(rows, markers, estimates, strict=True):
            colour = NAVY if marker == "s" else GREY
            if estimate.conf_low is not None and estimate.conf_high is not None:
                span = scale * estimate.conf_low, scale * estimate.conf_high
                axes.hlines(row, *span, color=colour, linewidth=2)
            axes.plot(scale * estimate.estimate, row, marker, color=colour, markersize=7)
        axes.set_yticks(rows, labels)
        axes.set_ylim(-0.6, len(estimates) - 0.4)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel(axis_label(outcome, "Effect"))

    wording = "; ".join(
        f"{label}: {fmt.amount(e.estimate, outcome, currency)}" for label, e in estimates
    )
    data = pd.DataFrame([{"shown_as": label, **e.to_row()} for label, e in estimates])
    return finish(
        draw,
        name=name,
        caption=f"{outcome.label}: the headline (square) beside other ways to estimate it "
        "(circles), with confidence intervals.",
        alt=f"Estimates with intervals, from the top. {wording}.",
        data=data,
        height=0.42 * len(estimates) + 1.2,
    )


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
        for row, (place, (_, estimate)) in zip(rows, ordered, strict=True):
            colour, marker = (NAVY, "s") if place == 0 else (GREY, "o")
            if estimate.conf_low is not None and estimate.conf_high is not None:
                axes.hlines(
                    row, scale * estimate.conf_low, scale * estimate.conf_high, color=colour, lw=2
                )
            axes.plot(scale * estimate.estimate, row, marker, color=colour, markersize=7)
        axes.set_yticks(rows, [label for _, (label, _) in ordered])
        axes.set_ylim(-0.6, len(ordered) - 0.4)
        axes.set_xlabel(axis_label(outcome, "Effect"))

    data = pd.DataFrame(
        [
            {"shown_as": label, "headline": at == 0, **estimate.to_row()}
            for at, (label, estimate) in ordered
        ]
    )
    return finish(
        draw,
        name=name,
        caption=f"{outcome.label}: the headline (square, its interval shaded) among other ways to "
        "estimate it from the same data (circles), in order of size, with confidence intervals.",
        alt=_specification_alt([estimate for _, estimate in estimates], outcome, currency),
        data=data,
        height=0.36 * len(ordered) + 1.2,
    )


def _specification_alt(estimates: list[AttEstimate], outcome: Outcome, currency: str) -> str:
    headline, others = estimates[0], estimates[1:]
    low, high = min(e.estimate for e in estimates), max(e.estimate for e in estimates)
    same = sum(e.estimate * headline.estimate > 0 for e in others)
    known = [e for e in estimates if e.significant is not None]
    wording = (
        f"{len(estimates)} estimates in order of size, from "
        f"{fmt.amount(low, outcome, currency)} to {fmt.amount(high, outcome, currency)}; the "
        f"headline is {fmt.amount(headline.estimate, outcome, currency)}. {same} of the "
        f"{len(others)} others have its sign."
    )
    if known:
        outside = sum(bool(e.significant) for e in known)
        wording += f" {outside} of {len(known)} intervals exclude zero."
    return wording


LEGEND_CHARACTERS = 26  # of a line, so that two columns fit a phone


def at_a_glance(
    measured: MeasuredOutcome,
    outcome: Outcome,
    currency: str,
    marks: Sequence[tuple[str, float]],
    *,
    name: str,
    level: float,
) -> Figure:
    """The improvement with its interval, beside no effect and the ``marks`` of the contract: the
    names of its thresholds and of its promise, and where they stand in the outcome's unit."""
    scale, effect = scale_of(outcome), measured.effect or 0.0
    low, high = measured.conf_low, measured.conf_high
    rows = [("estimate", effect, low, high), *((label, at, None, None) for label, at in marks)]

    def draw(axes: Axes) -> None:
        axes.axvline(0, color=GREY, linewidth=1)
        if low is not None and high is not None:
            axes.hlines(0, scale * low, scale * high, color=NAVY, linewidth=5, alpha=0.5)
        axes.plot(scale * effect, 0, "s", color=NAVY, markersize=10, label="Found, with interval")
        for place, (label, at) in enumerate(marks):
            colour = (ORANGE, TEAL, PLUM, GREY, NAVY)[place % 5]
            style = ("--", "-.", ":", "-")[place % 4]
            wrapped = fill(label, LEGEND_CHARACTERS)
            axes.axvline(scale * at, color=colour, linewidth=2, linestyle=style, label=wrapped)
        axes.set_yticks([])
        axes.set_ylim(-1, 1)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel(axis_label(outcome, "Improvement"))
        legend(axes)

    between = ""
    if low is not None and high is not None:
        ends = [fmt.amount(end, outcome, currency) for end in (low, high)]
        between = f", with an interval from {ends[0]} to {ends[1]} ({fmt.percent(level)})"
    named = "".join(f"; {label}: {fmt.amount(at, outcome, currency)}" for label, at in marks)
    return finish(
        draw,
        name=name,
        caption=f"{outcome.label}: the improvement that was found, beside no effect (grey line) "
        "and what the contract asks for.",
        alt=f"Improvement of {fmt.amount(effect, outcome, currency)}{between}{named}.",
        data=pd.DataFrame(rows, columns=["what", "improvement", "conf_low", "conf_high"]),
        height=2.1 + 0.14 * sum(len(wrap(label, LEGEND_CHARACTERS)) for label, _ in marks),
        width=5.0,
    )
