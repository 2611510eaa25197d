"""Figures of many contracts: forest, small multiples, spending against outcomes."""

import numpy as np
import pandas as pd

from pbc_eval.disclosure import ReleasedPortfolio
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.portfolio.contract_words import better, interval_words
from pbc_eval.evaluation.portfolio.record import ContractResult
from pbc_eval.evaluation.portfolio.tables import contracts_frame
from pbc_eval.messages import numbers as fmt
from pbc_eval.numerics.arrays import Floats
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
    axis_label,
    finish,
    finish_panels,
    legend,
    scale_of,
)

LONGEST_LABEL = 30  # letters of a contract's name in a figure; the data have it whole


def short(label: str) -> str:
    """A name that leaves room for the drawing."""
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"


def on_scale_frame(portfolio: ReleasedPortfolio) -> pd.DataFrame:
    """Label, effect, conf_low, conf_high, std_error, promised of each, all on the one scale."""
    rows = []
    for contract in portfolio.on_scale:
        by = 1.0 / float(contract.promised or 1.0) if portfolio.scale == "share_of_promise" else 1.0
        figures = ("effect", "conf_low", "conf_high", "std_error", "promised")
        values = {name: getattr(contract, name) for name in figures}
        rows.append(
            {"contract": contract.label}
            | {name: np.nan if value is None else by * value for name, value in values.items()}
        )
    return pd.DataFrame(rows, columns=["contract", "effect", *_ENDS, "std_error", "promised"])


_ENDS = ("conf_low", "conf_high")


def scale_words(portfolio: ReleasedPortfolio) -> tuple[str, float]:
    """The axis on which effects stand side by side, and what turns them into its unit."""
    outcome = portfolio.shared_outcome
    if outcome is not None:
        return axis_label(outcome, "Improvement"), scale_of(outcome)
    return "Share of the promised effect (%)", 100.0


def forest(portfolio: ReleasedPortfolio, *, name: str) -> Figure:
    """Each contract's effect with its interval on one scale, and below them their mean."""
    frame = on_scale_frame(portfolio)
    axis, scale = scale_words(portfolio)
    pooled = portfolio.pooled
    k = len(frame)
    rows = np.arange(k, 0, -1) + (1.0 if pooled else 0.0)
    effect, low, high, promised = (
        scale * frame[c].to_numpy(float) for c in ("effect", *_ENDS, "promised")
    )

    def draw(axes: Axes) -> None:
        axes.axvline(0, color=GREY, linewidth=1)
        axes.hlines(rows, low, high, color=NAVY, linewidth=2)
        axes.plot(effect, rows, "s", color=NAVY, markersize=5, label="estimate with its interval")
        if np.isfinite(promised).any():
            axes.plot(
                promised, rows, "D", mfc="none", color=ORANGE, markersize=5, label="effect promised"
            )
        labels = [short(label) for label in frame["contract"]]
        ticks = list(rows)
        if pooled is not None:
            if pooled.prediction is not None:
                left, right = (scale * end for end in pooled.prediction)
                axes.hlines(
                    0.7, left, right, color=TEAL, linewidth=5, alpha=0.4, label="prediction"
                )
            axes.hlines(
                0.7, scale * pooled.conf_low, scale * pooled.conf_high, color=PLUM, linewidth=3
            )
            axes.plot(scale * pooled.mean, 0.7, "D", color=PLUM, markersize=7, label="mean of all")
            labels.append("Mean of all")
            ticks.append(0.7)
        axes.set_yticks(ticks, labels)
        axes.set_ylim(0.2 if pooled else 0.4, rows[0] + 0.6)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.set_xlabel(axis)
        legend(axes)

    return finish(
        draw,
        name=name,
        caption="Each contract's effect with its confidence interval, as an improvement; right of "
        "the line at zero is better. In the order of the list, not by size.",
        alt=_forest_alt(portfolio, frame, scale),
        data=frame,
        width=NARROW,
        height=0.24 * (k + (1.5 if pooled else 0)) + 1.7,
    )


def _forest_alt(portfolio: ReleasedPortfolio, frame: pd.DataFrame, scale: float) -> str:
    improved = int((frame["conf_low"] > 0).sum())
    worse = int((frame["conf_high"] < 0).sum())
    order = np.argsort(frame["effect"].to_numpy(float))
    least, most = frame.iloc[int(order[0])], frame.iloc[int(order[-1])]
    words = f"Points with bars for {len(frame)} contracts, as improvements"
    words += " in percent of the effect promised" if portfolio.scale == "share_of_promise" else ""
    wording = (
        f"{words}: {improved} intervals lie above zero, {worse} below, the rest hold it or are not "
        f"known. Estimates run from {fmt.number(scale * least['effect'], 1)} ({least['contract']}) "
        f"to {fmt.number(scale * most['effect'], 1)} ({most['contract']})."
    )
    if portfolio.pooled is not None:
        mean = portfolio.pooled
        wording += (
            f" Their mean is {fmt.number(scale * mean.mean, 1)}, interval "
            f"{fmt.number(scale * mean.conf_low, 1)} to {fmt.number(scale * mean.conf_high, 1)}."
        )
    return wording


def small_multiples(portfolio: ReleasedPortfolio, *, name: str) -> Figure:
    """One panel a contract, each in its own unit: nothing is put on one scale that has none."""
    shown = [contract for contract in portfolio.contracts if contract.effect is not None]
    if not shown:
        raise PublicationError("portfolio: no contract has an effect to draw.")

    def draw(panels: list[Axes]) -> None:
        for axes, contract in zip(panels, shown, strict=True):
            _panel(axes, contract, named=axes is panels[-1])
        legend(panels[-1])

    return finish_panels(
        draw,
        name=name,
        caption="Each contract in its own unit: its effect with its interval, as an improvement, "
        "and the effect promised where there was one. Panels cannot be compared by length.",
        alt=" ".join(_panel_in_words(contract) for contract in shown),
        data=contracts_frame(shown),
        width=NARROW,
        height=0.95 * len(shown) + 0.7,
        panels=len(shown),
    )


def _panel(axes: Axes, contract: ContractResult, *, named: bool) -> None:
    outcome = contract.outcome
    assert outcome is not None
    assert contract.effect is not None
    scale = scale_of(outcome)
    axes.axvline(0, color=GREY, linewidth=1)
    for label, colour, marker in (("estimate", NAVY, "s"), ("effect promised", ORANGE, "D")):
        value = contract.effect if label == "estimate" else contract.promised
        at = [] if value is None else [scale * value]
        axes.plot(at, [0] * len(at), marker, color=colour, mfc=colour if marker == "s" else "none",
                  markersize=7, label=label if named else None)  # fmt: skip
    if contract.conf_low is not None and contract.conf_high is not None:
        axes.hlines(
            0, scale * contract.conf_low, scale * contract.conf_high, color=NAVY, linewidth=2.5
        )
    axes.set_yticks([])
    axes.set_ylim(-1, 1)
    axes.margins(x=0.12)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    unit = "percentage points" if fmt.in_points(outcome) else outcome.unit
    axes.set_title(f"{short(contract.label)}: {short(outcome.label)}", loc="left", size=9)
    axes.set_xlabel(unit, size=8.5)


def _panel_in_words(contract: ContractResult) -> str:
    assert contract.outcome is not None
    assert contract.effect is not None
    wording = f"{contract.label}: {better(contract.effect, contract.outcome, contract.currency)}"
    interval = interval_words(contract)
    wording += f", interval {interval}" if contract.conf_low is not None else ", no interval"
    if contract.promised:
        wording += f"; promised {fmt.size(contract.promised, contract.outcome, contract.currency)}"
    return wording + "."


def spending(portfolio: ReleasedPortfolio, *, name: str) -> Figure | None:
    """What was spent (or paid) against the effect on the one scale; None for fewer than two."""
    frame = on_scale_frame(portfolio)
    money, word = _money(portfolio)
    frame = frame.assign(money=money).dropna(subset=["money", "effect"])
    if len(frame) < 2 or len(portfolio.currencies) > 1:
        return None
    axis, scale = scale_words(portfolio)
    currency = portfolio.currencies[0]
    spent = frame["money"].to_numpy(float)
    effect, low, high = (scale * frame[c].to_numpy(float) for c in ("effect", *_ENDS))

    def draw(axes: Axes) -> None:
        axes.axhline(0, color=GREY, linewidth=1)
        axes.vlines(spent, low, high, color=NAVY, linewidth=1.2, alpha=0.7)
        axes.plot(spent, effect, "s", color=NAVY, markersize=5)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel(f"{word} ({currency})")
        axes.set_ylabel(axis)

    dearest = frame.iloc[int(np.argmax(spent))]
    alt = (
        f"Points with bars for {len(frame)} contracts: {word.casefold()} against the improvement. "
        f"The largest amount, {fmt.money(dearest['money'], currency)} ({dearest['contract']}), "
        f"goes with {fmt.number(scale * dearest['effect'], 1)}; amounts start at "
        f"{fmt.money(float(spent.min()), currency)}."
    )
    return finish(
        draw,
        name=name,
        caption=f"{word} and the improvement of each contract, with its interval. Contracts with "
        "more people cost more; this does not show what another pound would do.",
        alt=alt,
        data=frame,
    )


def _money(portfolio: ReleasedPortfolio) -> tuple[Floats, str]:
    spends = [contract.spend for contract in portfolio.on_scale]
    if any(value is not None for value in spends):
        return np.array([np.nan if v is None else v for v in spends]), "Spent"
    paid = [contract.paid for contract in portfolio.on_scale]
    return np.array([np.nan if v is None else v for v in paid]), "Paid"
