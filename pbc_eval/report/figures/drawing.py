"""Every figure of the report: drawn once, in one style, with its alternative text and its data.

The one home of matplotlib; other modules draw on the axes that ``finish`` hands them. Figures are
SVG with a fixed hash salt and no date, so that the same results give the same bytes. No
information is carried by colour alone.
"""

import base64
import io
import math
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes as Axes  # noqa: PLC0414 (for modules that draw)
from matplotlib.figure import Figure as MplFigure
from matplotlib.ticker import MaxNLocator

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.errors import PublicationError
from pbc_eval.report.words import numbers as fmt
from pbc_eval.results import AttEstimate, EffectSeries

__all__ = [
    "Axes",
    "Figure",
    "MaxNLocator",
    "finish",
    "finish_panels",
    "legend",
]  # for modules that draw

# The UK Government Analysis Function's accessible categorical palette.
NAVY, TEAL, PLUM, ORANGE, GREY = "#12436D", "#28A197", "#801650", "#F46A25", "#5F5F5F"
# DejaVu Sans, by which the drawing is laid out, is wide: what stands in for it takes no more room.
FONTS = b"'DejaVu Sans', Verdana, Arial, sans-serif"
MOST_TICKS = 8  # of dates on an axis
WIDTH = 7.2  # inches, as wide as the text
NARROW = 5.2  # inches: lists of names, so that their letters can still be read on a phone
_STYLE = {
    "svg.hashsalt": "pbc_eval",
    "svg.fonttype": "none",  # letters, not outlines of letters: a fifth of the size, as sharp
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": "#1A1A1A",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#D9D9D9",
    "grid.linewidth": 0.6,
    "path.simplify": True,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Figure:
    """A figure: what it shows in words, the data behind it, and how it is drawn."""

    name: str
    caption: str
    alt: str
    data: pd.DataFrame
    draw: Callable[[], bytes]

    @cached_property
    def svg(self) -> bytes:
        """Drawn when it is first looked at: whoever wants the data alone does not wait for it."""
        return self.draw()

    @property
    def data_uri(self) -> str:
        """The SVG as an image source: inside an image nothing can run or load."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg).decode("ascii")


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


def love_plot(balance: pd.DataFrame, *, name: str) -> Figure:
    """Standardised differences before and after matching. Columns covariate, before, after."""
    shown = balance.iloc[::-1].reset_index(drop=True)
    rows = np.arange(len(shown))
    before, after = (100 * shown[c].abs().to_numpy(float) for c in ("before", "after"))

    def draw(axes: Axes) -> None:
        axes.plot(before, rows, "o", color=ORANGE, markersize=6, label="before matching")
        axes.plot(after, rows, "s", color=NAVY, markersize=6, label="after matching")
        axes.axvline(5, color=TEAL, linestyle=":", label="5%: well balanced")
        axes.axvline(10, color=PLUM, linestyle="--", label="10%: too far apart")
        axes.set_yticks(rows, shown["covariate"].tolist())
        axes.set_xlabel("Absolute standardised difference (%)")
        axes.set_xlim(left=0)
        legend(axes)

    worst = balance.iloc[int(balance["after"].abs().to_numpy(float).argmax())]
    n_good = int((balance["after"].abs() <= 0.05).sum())
    alt = (
        f"Dot plot of {len(balance)} characteristics before and after matching. After matching "
        f"{n_good} of {len(balance)} differ by 5% of a standard deviation or less; the largest "
        f"difference left is {abs(worst['after']):.1%} for {worst['covariate']}, which was "
        f"{abs(worst['before']):.1%} before."
    )
    return finish(
        draw,
        name=name,
        caption="How alike the groups are, before and after matching.",
        alt=alt,
        data=balance,
        height=0.32 * len(balance) + 2.0,
    )


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

    said = "; ".join(
        f"{label}: {fmt.amount(e.estimate, outcome, currency)}" for label, e in estimates
    )
    data = pd.DataFrame([{"shown_as": label, **e.to_row()} for label, e in estimates])
    return finish(
        draw,
        name=name,
        caption=f"{outcome.label}: the headline (square) beside other ways to estimate it "
        "(circles), with confidence intervals.",
        alt=f"Estimates with intervals, from the top. {said}.",
        data=data,
        height=0.42 * len(estimates) + 1.2,
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


def _event_study_alt(frame: pd.DataFrame, outcome: Outcome, period: str) -> str:
    scale = scale_of(outcome)
    after, before = frame[frame["event_time"] >= 0], frame[frame["event_time"] < 0]
    said = [f"Points with bars for {len(frame)} {period}s around the start of the programme."]
    if len(before):
        outside = int(((before["conf_low"] > 0) | (before["conf_high"] < 0)).sum())
        said.append(
            f"Before the start, {len(before) - outside} of {len(before)} intervals include zero."
        )
    if len(after):
        first, last = after.iloc[0], after.iloc[-1]
        outside = int(((after["conf_low"] > 0) | (after["conf_high"] < 0)).sum())
        said.append(
            f"From the start, the effect goes from "
            f"{fmt.number(scale * first['estimate'], outcome.decimals)} to "
            f"{fmt.number(scale * last['estimate'], outcome.decimals)}; {outside} of {len(after)} "
            "intervals exclude zero."
        )
    return " ".join(said)


def _paths_alt(means: pd.DataFrame, outcome: Outcome, time_name: str) -> str:
    scale = scale_of(outcome)
    said = [f"Lines of the average {outcome.label.lower()} of each group by {time_name}."]
    for group, here in means.groupby("group", sort=False):
        first, last = here.iloc[0], here.iloc[-1]
        said.append(
            f"{group}: from {fmt.number(scale * first['mean'], outcome.decimals)} in "
            f"{first['time']} to {fmt.number(scale * last['mean'], outcome.decimals)} in "
            f"{last['time']}."
        )
    return " ".join(said)


def legend(axes: Axes) -> None:
    """Below the drawing, so that it never covers what is drawn."""
    axes.get_figure(root=True).legend(  # type: ignore[union-attr]
        loc="outside lower center", ncols=2, frameon=False, fontsize=9
    )


def scale_of(outcome: Outcome) -> float:
    return 100.0 if outcome.shown_as == "percentage_points" else 1.0


def axis_label(outcome: Outcome, prefix: str) -> str:
    unit = "percentage points" if outcome.shown_as == "percentage_points" else outcome.unit
    if not prefix and outcome.shown_as == "percentage_points":
        unit = "%"
    return f"{prefix} ({unit})".strip() if prefix else unit.capitalize()


def finish(
    draw: Callable[[Axes], None],
    *,
    name: str,
    caption: str,
    alt: str,
    data: pd.DataFrame,
    height: float = 3.9,
    width: float = WIDTH,
) -> Figure:
    """Draw on fresh axes in the house style; refuse a figure without its words or its data."""
    return finish_panels(
        lambda panels: draw(panels[0]),
        name=name,
        caption=caption,
        alt=alt,
        data=data,
        height=height,
        width=width,
    )


def finish_panels(
    draw: Callable[[list[Axes]], None],
    *,
    name: str,
    caption: str,
    alt: str,
    data: pd.DataFrame,
    height: float,
    panels: int = 1,
    width: float = WIDTH,
) -> Figure:
    """The same for several panels, one below the other, on one drawing that shares its letters."""
    if not alt.strip() or not caption.strip() or data.empty:
        raise PublicationError(
            f"figure {name}: needs a caption, an alternative text and data; one is empty."
        )

    def drawn() -> bytes:
        with _style():
            figure = MplFigure(figsize=(width, height), layout="constrained")
            draw(list(figure.subplots(panels, squeeze=False)[:, 0]))
            stream = io.BytesIO()
            figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        return _smaller(stream.getvalue())

    return Figure(name=name, caption=caption, alt=alt, data=data.copy(), draw=drawn)


def _smaller(svg: bytes) -> bytes:
    """The same drawing in fewer bytes: no comments, coordinates to a hundredth of a point, and
    fonts to fall back on."""

    def rounded(found: re.Match[bytes]) -> bytes:
        text = re.sub(rb"\s+", b" ", found[2])
        return found[1] + re.sub(rb"(\d+\.\d\d)\d+", rb"\1", text) + b'"'

    svg = re.sub(rb"<!--.*?-->\s*", b"", svg, flags=re.DOTALL)
    svg = re.sub(rb'( d=")([^"]*)"', rounded, svg)
    svg = re.sub(rb'(transform="translate\()([\d. -]+\))"', rounded, svg)
    svg = svg.replace(b"'DejaVu Sans'", FONTS)
    return re.sub(rb">\s+<", b"><", svg)


def _style() -> AbstractContextManager[None]:
    return mpl.rc_context(_STYLE)  # type: ignore[arg-type]
