"""The figure of a result, in the style of the pages: one row a kind of result.

Figures that a page has are drawn by the page's own functions. What is drawn here is on one's own
machine and has not passed disclosure control. Whoever adds a kind of result adds its row.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.did.bacon import BaconDecomposition
from pbc_eval.did.conformal import ConformalTest
from pbc_eval.did.few_treated import FewTreatedTest
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.honest_did import HonestDid
from pbc_eval.did.leave_out import LeaveOneOut
from pbc_eval.did.randomisation import RandomisationTest
from pbc_eval.did.scale import ScaleTest
from pbc_eval.did.synthetic import SyntheticDid
from pbc_eval.did.tested_average import TestedAverage
from pbc_eval.did.two_way_weights import TwoWayWeights
from pbc_eval.did.wild import WildBootstrap
from pbc_eval.errors import DataError
from pbc_eval.evaluation.detectable import MinimumDetectableEffect
from pbc_eval.evaluation.joint_simulation import JointSimulation
from pbc_eval.evaluation.outcome_panel import cohort_means
from pbc_eval.kpi.record import KpiResult, PerformanceResult
from pbc_eval.lab.plain_figures import bars, intervals
from pbc_eval.matching.binary import RiskEffects
from pbc_eval.matching.counts import RateEffects
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.ledger import SampleLedger
from pbc_eval.matching.omitted_variables import OmittedVariableBounds
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.panel.ledger import Ledger
from pbc_eval.panel.panel import Panel
from pbc_eval.payment.account import Account
from pbc_eval.payment.risk import PaymentRisk
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.portfolio.ranks import League
from pbc_eval.report.figures.drawing import GREY, NAVY, ORANGE, Axes, Figure, finish, legend
from pbc_eval.report.figures.effects import estimates_side_by_side, event_study, group_paths
from pbc_eval.report.figures.overlap import love_plot
from pbc_eval.report.figures.payment import risk_curve
from pbc_eval.report.figures.value import value_waterfall
from pbc_eval.results import AttEstimate, EffectSeries
from pbc_eval.sroi.present_value import SroiResult
from pbc_eval.sroi.waterfall import waterfall

MARKS = (("o", NAVY), ("s", ORANGE), ("D", GREY), ("^", NAVY), ("v", ORANGE))
OUTCOME = Outcome.model_validate(
    {
        "id": "outcome",
        "label": "The outcome",
        "unit": "in the outcome's unit",
        "direction": "higher_is_better",
        "decimals": 3,
    }
)  # whose name a result does not carry


def plot(result: Displayed) -> Figure:
    """A result as its figure, with caption, words and data. Raises DataError for what nobody wrote
    a row for, and for a result that has nothing to draw."""
    for kind in type(result).__mro__:
        if kind in PLOTS:
            return PLOTS[kind](result)
    raise DataError(f"plot: nothing is known of a {type(result).__name__}; add_plot(...)")


def add_plot(kind: type, draw_it: Callable[[Any], Figure]) -> None:
    """One more kind of result that can be drawn."""
    PLOTS[kind] = draw_it


def _estimate(estimate: AttEstimate) -> Figure:
    drawn = estimates_side_by_side([(estimate.term, estimate)], OUTCOME, "", name="estimate")
    return replace(drawn, caption="The estimate, with its confidence interval.")


def _series(series: EffectSeries) -> Figure:
    if series.kind == "event":
        return event_study(series, OUTCOME, name="event-study", period="period")
    shown = [("overall", series.overall)]
    shown += [(str(at), e) for at, e in zip(series.index, series.effects, strict=True)]
    drawn = estimates_side_by_side(shown, OUTCOME, "", name=f"effects-by-{series.kind}")
    caption = f"The average (square) and effects by {series.kind} (circles), with intervals."
    return replace(drawn, caption=caption)


def _cells(effects: GroupTimeEffects) -> Figure:
    return _series(effects.aggregate("event"))


def _tested(test: TestedAverage) -> Figure:
    """An end of the interval that there is not is drawn as far as the other one is, or twice the
    estimate, and said to be open."""
    low, high = test.conf_low, test.conf_high
    far = [abs(end - test.estimate) for end in (low, high) if np.isfinite(end)]
    room = max([*far, 2 * abs(test.estimate)])
    ends = [
        end if np.isfinite(end) else test.estimate + side * room
        for side, end in ((-1, low), (1, high))
    ]
    sides = [words for words, end in (("below", low), ("above", high)) if not np.isfinite(end)]
    is_open = f" It is open {' and '.join(sides)}." if sides else ""
    return intervals(
        ["average effect"],
        np.array([test.estimate]),
        np.array([ends[0]]),
        np.array([ends[1]]),
        name="tested-average",
        caption=f"The average effect with the effects that the test does not reject.{is_open}",
        axis="Effect (in the outcome's unit)",
        data=test.to_frame(),
    )


def _honest(bounds: HonestDid) -> Figure:
    frame = bounds.to_frame()
    return intervals(
        [f"m = {m:g}" for m in frame["m"]],
        np.full(len(frame), bounds.estimate),
        frame["conf_low"].to_numpy(float),
        frame["conf_high"].to_numpy(float),
        name="honest",
        caption="The effect with intervals that let trends diverge by m.",
        axis="Effect (in the outcome's unit)",
        data=frame,
    )


def _bacon(parts: BaconDecomposition) -> Figure:
    frame = parts.to_frame()

    def draw(axes: Axes) -> None:
        for at, (kind, here) in enumerate(frame.groupby("kind", sort=False)):
            mark, colour = MARKS[at % len(MARKS)]
            axes.plot(here["weight"], here["estimate"], mark, color=colour, label=str(kind))
        axes.axhline(parts.estimate, color=GREY, linestyle="--", linewidth=1)
        axes.set_xlabel("Weight")
        axes.set_ylabel("Effect of the comparison")
        legend(axes)

    kinds = "; ".join(
        f"{row.kind}: weight {row.weight:.2f}, mean {row.estimate:.3g}"
        for row in parts.by_kind().itertuples()
    )
    return finish(
        draw,
        name="comparisons",
        caption="The comparisons that make up the two-way coefficient (dashed).",
        alt=f"Points of {len(frame)} comparisons by weight and effect. {kinds}.",
        data=frame,
    )


def _weights(weights: TwoWayWeights) -> Figure:
    frame = weights.to_frame()
    labels = [f"{row.cohort}, {row.time}" for row in frame.itertuples()]
    return bars(
        labels,
        frame["weight"].to_numpy(float),
        name="weights",
        caption="What each cohort and period counts in the two-way coefficient.",
        axis="Weight",
        data=frame,
    )


def _power(detectable: MinimumDetectableEffect) -> Figure:
    frame = detectable.to_frame()

    def draw(axes: Axes) -> None:
        axes.plot(frame["effect"], 100 * frame["power"], color=NAVY, linewidth=2)
        axes.axhline(100 * detectable.power, color=GREY, linestyle="--", linewidth=1)
        axes.set_xlabel("True effect (in the outcome's unit)")
        axes.set_ylabel("Chance to tell it apart (%)")

    return finish(
        draw,
        name="power",
        caption="The chance to tell an effect apart, by its true size.",
        alt=f"A rising curve; it reaches {detectable.power:.0%} at {detectable.effect:.3g}.",
        data=frame,
    )


def _left_out(left_out: LeaveOneOut) -> Figure:
    data, axis = left_out.to_frame(), "Effect without it (in the outcome's unit)"
    words = f"The average effect without each {left_out.by} in turn."
    return bars(left_out.left_out, left_out.estimates, name="left-out", caption=words, axis=axis,
                data=data)  # fmt: skip


def _scale(scale: ScaleTest) -> Figure:
    data = scale.to_frame()
    labels = [f"{row[1]:.3g} to {row[2]:.3g}" for row in data.itertuples()]
    words = "Shares of the treated by part of the range, if trends were parallel on every scale."
    return bars(labels, scale.implied, name="scale", caption=words, axis="Share", data=data)


def _kpi(kpi: KpiResult) -> Figure:
    frame = kpi.to_frame().dropna(subset=["value"])
    at = np.arange(len(frame))

    def draw(axes: Axes) -> None:
        axes.plot(at, frame["value"].to_numpy(float), "o-", color=NAVY, label="reported")
        axes.axhline(kpi.kpi.target, color=ORANGE, linestyle="--", label="target")
        axes.set_xticks(at, frame["period"].astype(str).tolist(), rotation=45, ha="right")
        axes.set_ylabel(kpi.kpi.label)
        legend(axes)

    first, last = frame.iloc[0], frame.iloc[-1]
    return finish(
        draw,
        name=kpi.kpi.id,
        caption=f"{kpi.kpi.label} by period, beside its target.",
        alt=f"From {first['value']:.4g} in {first['period']} to {last['value']:.4g} in "
        f"{last['period']}, against a target of {kpi.kpi.target:g}.",
        data=frame,
    )


def _simulated(simulation: JointSimulation) -> Figure:
    frame = simulation.to_frame().head(1)  # money and a ratio have no scale in common
    name = str(frame["figure"].iloc[0])
    return intervals(
        [name],
        frame["mean"].to_numpy(float),
        frame["low"].to_numpy(float),
        frame["high"].to_numpy(float),
        name="simulation",
        caption=f"The mean {name} of {simulation.draws:,} draws, with 95% of them.",
        axis=name.capitalize(),
        data=frame,
        zero=False,
    )


def _people(effects: RiskEffects | RateEffects) -> Figure:
    frame = effects.to_frame()
    first = frame.head(1)
    return intervals(
        first["measure"].tolist(),
        first["estimate"].to_numpy(float),
        first["conf_low"].to_numpy(float),
        first["conf_high"].to_numpy(float),
        name="difference",
        caption="The difference with its interval.",
        axis=str(first["measure"].iloc[0]).capitalize(),
        data=frame,
    )


def _bounds(bounds: OmittedVariableBounds) -> Figure:
    frame = bounds.to_frame()
    if frame.empty:
        frame = pd.DataFrame(
            [("no variable left out", 0.0, bounds.estimate, np.nan, np.nan)],
            columns=["benchmark", "times", "estimate", "conf_low", "conf_high"],
        )
    labels = [f"{row.times:g} times {row.benchmark}" for row in frame.itertuples()]
    return intervals(
        labels,
        frame["estimate"].to_numpy(float),
        frame["conf_low"].to_numpy(float),
        frame["conf_high"].to_numpy(float),
        name="left-out",
        caption="The effect were a variable left out as strong as a covariate, or several times.",
        axis="Effect (in the outcome's unit)",
        data=frame,
    )


def _sample(sample: MatchedSample | WeightedSample | EngineSample) -> Figure:
    named = {"std_diff_before": "before", "std_diff_after": "after"}
    frame = sample.balance().rename(columns=named)[["covariate", "before", "after"]]
    return love_plot(frame, name="balance")


def _ledger(ledger: Ledger | SampleLedger) -> Figure:
    frame = ledger.to_frame()
    return bars(
        [str(what) for what in frame["what"]],
        frame["rows_left"].to_numpy(float),
        name="ledger",
        caption="Rows that are left after each step.",
        axis="Rows",
        data=frame[["what", "rows_in", "rows_dropped", "rows_left"]].astype({"what": str}),
    )


def _panel(panel: Panel) -> Figure:
    def named(cohort: int) -> str:
        return "Never treated" if cohort == 0 else f"From {panel.periods.name(cohort)}"

    return group_paths(cohort_means(panel, named), OUTCOME, name="groups", time_name="period")


def _statement(statement: PaymentStatement) -> Figure:
    frame = statement.to_frame()
    return bars(
        [str(label) for label in frame["label"]],
        frame["amount"].astype(float).to_numpy(),
        name="payment",
        caption=f"What each clause and limit adds to the total, {statement.total:,} "
        f"{statement.currency}.",
        axis=f"Amount ({statement.currency})",
        data=frame[["clause", "label", "amount"]].astype({"amount": float}),
    )


def _account(account: Account) -> Figure:
    frame = account.to_frame()[["year", "due", "paid_before", "to_pay"]]
    money = frame.astype(dict.fromkeys(("due", "paid_before", "to_pay"), float))
    return bars(
        [str(year) for year in frame["year"]],
        money["to_pay"].to_numpy(float),
        name="account",
        caption=f"What is to pay of each payment year; the balance is {account.balance:,} "
        f"{account.currency}.",
        axis=f"To pay ({account.currency})",
        data=money,
    )


def _risk(risk: PaymentRisk) -> Figure:
    if not risk.curve:
        raise DataError("plot: several outcomes move this payment; there is no single curve.")
    return risk_curve(risk, name="risk", axis="True effect (in the outcome's unit)", scale=1.0)


def _league(league: League) -> Figure:
    frame = league.to_frame()
    return intervals(
        [f"contract {n}" for n in range(1, len(frame) + 1)],
        frame["rank"].to_numpy(float),
        frame["rank_low"].to_numpy(float),
        frame["rank_high"].to_numpy(float),
        name="ranks",
        caption="Mean rank of each contract, with the ranks that chance allows.",
        axis="Rank (1 is the largest effect)",
        data=frame,
        zero=False,
    )


def _value(value: SroiResult) -> Figure:
    return value_waterfall(waterfall(value), name="waterfall", currency=value.currency)


PLOTS: dict[type, Callable[[Any], Figure]] = {
    AttEstimate: _estimate,
    EffectSeries: _series,
    GroupTimeEffects: _cells,
    HonestDid: _honest,
    FewTreatedTest: _tested,
    ConformalTest: _tested,
    RandomisationTest: _tested,
    WildBootstrap: _tested,
    BaconDecomposition: _bacon,
    TwoWayWeights: _weights,
    MinimumDetectableEffect: _power,
    LeaveOneOut: _left_out,
    ScaleTest: _scale,
    KpiResult: _kpi,
    PerformanceResult: lambda result: _kpi(result.kpis[0]),
    JointSimulation: _simulated,
    SyntheticDid: lambda result: _series(result.series),
    RiskEffects: _people,
    RateEffects: _people,
    OmittedVariableBounds: _bounds,
    MatchedSample: _sample,
    WeightedSample: _sample,
    EngineSample: _sample,
    Ledger: _ledger,
    SampleLedger: _ledger,
    Panel: _panel,
    Account: _account,
    PaymentStatement: _statement,
    PaymentRisk: _risk,
    League: _league,
    SroiResult: _value,
}
