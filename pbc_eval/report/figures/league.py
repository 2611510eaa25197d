"""Figures that keep chance in view: the funnel, and the league with intervals of its ranks."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval.disclosure import ReleasedPortfolio
from pbc_eval.evaluation.portfolio.tables import league_frame
from pbc_eval.messages import numbers as fmt
from pbc_eval.portfolio.pooling import common_mean, funnel_limits
from pbc_eval.portfolio.ranks import League
from pbc_eval.report.figures.drawing import (
    GREY,
    NARROW,
    NAVY,
    ORANGE,
    PLUM,
    TEAL,
    Axes,
    Figure,
    MaxNLocator,
    finish,
    legend,
)
from pbc_eval.report.figures.portfolio import on_scale_frame, scale_words, short

LIMITS = (0.95, 0.998)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Funnel:
    """A funnel and what is outside of it. ``outside`` and ``far`` count contracts beyond the 95%
    and the 99.8% limits."""

    figure: Figure
    contracts: int
    outside: int
    far: int


def funnel(portfolio: ReleasedPortfolio, *, name: str) -> Funnel | None:
    """Effect against standard error, with limits of chance around the precision-weighted mean.

    None for fewer than three contracts with a standard error on one scale.
    """
    frame = on_scale_frame(portfolio).dropna(subset=["std_error"]).reset_index(drop=True)
    if len(frame) < 3:
        return None
    axis, scale = scale_words(portfolio)
    effect, error = (scale * frame[c].to_numpy(float) for c in ("effect", "std_error"))
    centre = common_mean(effect, error**2)
    beyond = {}
    for coverage in LIMITS:
        low, high = funnel_limits(centre, error, coverage)
        beyond[coverage] = (effect < low) | (effect > high)
    frame = frame.assign(beyond_95=beyond[0.95], beyond_998=beyond[0.998])
    grid = np.linspace(0, 1.08 * error.max(), 60)

    def draw(axes: Axes) -> None:
        for coverage, dashes, colour in ((0.95, "--", TEAL), (0.998, "-", GREY)):
            low, high = funnel_limits(centre, grid, coverage)
            label = f"{100 * coverage:g}% by chance"
            axes.plot(low, grid, dashes, color=colour, linewidth=1.3, label=label)
            axes.plot(high, grid, dashes, color=colour, linewidth=1.3)
        axes.axvline(centre, color=GREY, linewidth=1)
        axes.axvline(0, color=PLUM, linewidth=1, linestyle=":", label="no change")
        far = beyond[0.998]
        axes.plot(effect[~far], error[~far], "o", color=NAVY, markersize=6, label="contract")
        if far.any():
            axes.plot(
                effect[far], error[far], "D", color=ORANGE, markersize=7, label="beyond 99.8%"
            )
        axes.set_ylim(grid[-1], 0)  # the most precise on top
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.set_xlabel(axis)
        axes.set_ylabel("Standard error")
        legend(axes)

    outside, far = int(beyond[0.95].sum()), int(beyond[0.998].sum())
    names = [str(label) for label in frame.loc[frame["beyond_998"], "contract"]]
    alt = (
        f"Funnel of {len(frame)} contracts around their common mean of {fmt.number(centre, 1)}: "
        f"estimates spread wider where the standard error is larger, up to "
        f"{fmt.number(float(error.max()), 1)}. {outside} lie outside the 95% limits and {far} "
        "outside the 99.8% limits" + (f": {', '.join(names)}." if names else ".")
    )
    figure = finish(
        draw,
        name=name,
        caption="Each contract's effect against its standard error, with the limits between which "
        "95 and 99.8 of 100 would lie by chance if all had the same true effect.",
        alt=alt,
        data=frame,
        width=NARROW,
        height=4.4,
    )
    return Funnel(figure=figure, contracts=len(frame), outside=outside, far=far)


def league_ranks(portfolio: ReleasedPortfolio, league: League, *, name: str) -> Figure:
    """The rank of each contract with its interval."""
    frame = league_frame(portfolio, league)
    k = len(frame)
    rows = np.arange(k, 0, -1)
    low, high, rank = (frame[c].to_numpy(float) for c in ("rank_low", "rank_high", "rank"))

    def draw(axes: Axes) -> None:
        axes.axvspan(0.5, k / 4 + 0.5, color=TEAL, alpha=0.12, label="best quarter")
        axes.axvspan(3 * k / 4 + 0.5, k + 0.5, color=GREY, alpha=0.12, label="worst quarter")
        axes.hlines(rows, low, high, color=NAVY, linewidth=2, label="95 of 100 draws")
        axes.plot(rank, rows, "o", color=PLUM, markersize=6, label="mean rank")
        axes.set_yticks(rows, [short(label) for label in frame["contract"]])
        axes.set_xlim(0.5, k + 0.5)
        axes.set_ylim(0.4, k + 0.6)
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.set_xlabel("Rank (1 is the largest improvement)")
        legend(axes)

    first, last = frame.iloc[0], frame.iloc[-1]
    alt = (
        f"Bars of where each of {k} contracts may rank. {_rank_words(first)}; {_rank_words(last)}. "
        f"{league.surely_above} lie wholly in the better half and {league.surely_below} wholly in "
        "the worse half."
    )
    return finish(
        draw,
        name=name,
        caption="Where each contract may rank once chance is allowed for: the mean rank and the "
        "ranks that hold 95 of 100 draws.",
        alt=alt,
        data=frame[["contract", *(c for c in frame.columns if c != "contract")]],
        width=NARROW,
        height=0.24 * k + 1.9,
    )


def _rank_words(row: pd.Series) -> str:
    return f"{row['contract']} may rank from {row['rank_low']:.0f} to {row['rank_high']:.0f}"
