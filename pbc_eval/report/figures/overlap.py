"""Figures of a matched sample: are the groups alike, and is there somebody to compare with?"""

import numpy as np
import pandas as pd

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

_GROUPS = (("treated", "in the programme", NAVY), ("comparison", "comparison", ORANGE))


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

    worst = balance.iloc[int(np.nanargmax(balance["after"].abs().to_numpy(float)))]
    was = "" if np.isnan(worst["before"]) else f", which was {abs(worst['before']):.1%} before"
    n_good = int((balance["after"].abs() <= 0.05).sum())
    alt = (
        f"Dot plot of {len(balance)} characteristics before and after matching. After matching "
        f"{n_good} of {len(balance)} differ by 5% of a standard deviation or less; the largest "
        f"difference left is {abs(worst['after']):.1%} for {worst['covariate']}{was}."
    )
    return finish(
        draw,
        name=name,
        caption="How alike the groups are, before and after matching.",
        alt=alt,
        data=balance,
        height=0.32 * len(balance) + 2.0,
    )


def score_curves(curves: pd.DataFrame, score: str, *, name: str) -> Figure:
    """How each group is spread over the score: dashed before matching, solid after. Columns
    score, treated_before, comparison_before, and where shown treated_after, comparison_after."""

    def draw(axes: Axes) -> None:
        for when, dashes in (("before", "--"), ("after", "-")):
            for group, words, colour in _GROUPS:
                column = f"{group}_{when}"
                if column in curves:
                    axes.plot(
                        curves["score"],
                        curves[column],
                        dashes,
                        color=colour,
                        linewidth=2,
                        label=f"{words}, {when}",
                    )
        axes.set_xlabel(score)
        axes.set_ylabel("Density")
        axes.set_ylim(bottom=0)
        legend(axes)

    shared = {when: shared_area(curves, when) for when in ("before", "after")}
    wording = [
        f"Curves of how the two groups are spread over the {score.lower()}. Before matching "
        f"{shared['before']:.0%} of the area under the two curves is shared"
    ]
    if shared["after"] is not None:
        wording.append(f"; after matching {shared['after']:.0%}")
    return finish(
        draw,
        name=name,
        caption="How the two groups are spread over the score, before matching (dashed) and after "
        "(solid). Alike groups lie on top of each other.",
        alt=f"{''.join(wording)}.",
        data=curves,
    )


def shared_area(curves: pd.DataFrame, when: str) -> float | None:
    """The area under both curves at once, of 1; None where the curves are not shown. Where one of
    them is held back nothing counts as shared."""
    if f"treated_{when}" not in curves:
        return None
    both = curves[[f"treated_{when}", f"comparison_{when}"]].min(axis=1, skipna=False)
    lower = both.fillna(0.0)
    return float(min(np.trapezoid(lower, curves["score"]), 1.0))


def score_bars(bars: pd.DataFrame, score: str, *, name: str) -> Figure:
    """Shares of each group by score, the programme upwards and the comparison downwards: filled
    after matching, outlined before. Columns low, high, treated_before, comparison_before, and where
    shown treated_after, comparison_after; NaN where a bar is held back."""
    width = bars["high"] - bars["low"]

    def draw(axes: Axes) -> None:
        for group, words, colour in _GROUPS:
            sign = 1 if group == "treated" else -1
            for when in ("after", "before"):
                column = f"{group}_{when}"
                if column not in bars:
                    continue
                filled = when == "after"
                axes.bar(
                    bars["low"],
                    100 * sign * bars[column],
                    width,
                    align="edge",
                    color=colour if filled else "none",
                    alpha=0.75 if filled else 1.0,
                    edgecolor="white" if filled else GREY,
                    hatch="//" if filled and sign < 0 else None,
                    linewidth=0.8 if filled else 1.2,
                    label=f"{words}, {when}",
                )
        axes.axhline(0, color=GREY, linewidth=1)
        axes.set_xlabel(score)
        axes.set_ylabel("Share of the group (%)")
        axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
        legend(axes)

    return finish(
        draw,
        name=name,
        caption="People by score: the programme group upwards, the comparison group downwards, as "
        "shares of each whole group; outlined before matching, filled after. Only the range of the "
        "programme group's scores is drawn.",
        alt=_bars_alt(bars, score),
        data=bars,
    )


def _bars_alt(bars: pd.DataFrame, score: str) -> str:
    shown = bars.dropna(subset=["treated_before", "comparison_before"])
    alone = int(((shown["treated_before"] > 0) & (shown["comparison_before"] == 0)).sum())
    wording = [
        f"Bars of the share of each group in {len(bars)} steps of the {score.lower()}, from "
        f"{bars['low'].iloc[0]:.2g} to {bars['high'].iloc[-1]:.2g}. Before matching "
        f"{bars['comparison_before'].sum():.1%} of the comparison group lie in this range"
    ]
    if "comparison_after" in bars:
        wording.append(f", after it {bars['comparison_after'].sum():.1%}")
    wording.append(
        f". In {alone} of {len(shown)} steps there are people in the programme and nobody to "
        "compare them with."
    )
    if len(shown) < len(bars):
        wording.append(f" {len(bars) - len(shown)} steps are held back, being on few people.")
    return "".join(wording)
