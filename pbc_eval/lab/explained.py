"""What a result says and rests on: what was estimated, against whom, what that assumes, and what
would overturn it. One row a kind of result; estimates add what they carry of their own method.

Whoever adds a kind of result adds its row: ``add_explanation``.
"""

from collections.abc import Callable
from typing import Any

from pbc_eval._display import Displayed
from pbc_eval.did.bacon import BaconDecomposition
from pbc_eval.did.conformal import ConformalTest
from pbc_eval.did.few_treated import FewTreatedTest
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.honest_did import HonestDid
from pbc_eval.did.leave_out import LeaveOneOut
from pbc_eval.did.randomisation import RandomisationTest
from pbc_eval.did.scale import ScaleTest
from pbc_eval.did.synthetic import SyntheticDid
from pbc_eval.did.two_way_weights import TwoWayWeights
from pbc_eval.did.wild import WildBootstrap
from pbc_eval.errors import DataError
from pbc_eval.evaluation.detectable import MinimumDetectableEffect
from pbc_eval.evaluation.joint_simulation import JointSimulation
from pbc_eval.kpi.record import KpiResult, PerformanceResult
from pbc_eval.lab.explained_tests import of_tested
from pbc_eval.lab.explained_wholes import of_performance, of_simulation
from pbc_eval.lab.explanation import (
    ALIKE,
    BOTH_AT_ONCE,
    DIVERGING,
    HIDDEN,
    IN_FEW,
    NO_ANTICIPATION,
    NO_SPILL,
    OVERLAP,
    TRENDS,
    Explanation,
)
from pbc_eval.matching.binary import RiskEffects
from pbc_eval.matching.counts import RateEffects
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.ledger import SampleLedger
from pbc_eval.matching.omitted_variables import OmittedVariableBounds
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Number, Share, Size, as_typed
from pbc_eval.panel.ledger import Ledger
from pbc_eval.panel.panel import Panel
from pbc_eval.payment.account import Account
from pbc_eval.payment.risk import PaymentRisk
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.portfolio.ranks import League
from pbc_eval.results import AttEstimate, EffectSeries
from pbc_eval.sroi.present_value import SroiResult


def explain(result: Displayed) -> Explanation:
    """A result in words. Raises DataError for what nobody wrote a row for."""
    for kind in type(result).__mro__:
        if kind in EXPLANATIONS:
            return EXPLANATIONS[kind](result)
    raise DataError(f"explain: nothing is known of a {type(result).__name__}; add_explanation(...)")


def add_explanation(kind: type, explain_it: Callable[[Any], Explanation]) -> None:
    """One more kind of result that can be explained."""
    EXPLANATIONS[kind] = explain_it


def _of_estimate(estimate: AttEstimate) -> Explanation:
    method = estimate.method
    over_time = method.base_period != "not applicable"
    what = [
        Sentence("The average effect on the treated, in the outcome's own unit."),
        Sentence("By {estimator}.", estimator=Name(method.estimator)),
    ]
    if method.inference:
        what.append(Sentence("Its error: {inference}.", inference=method.inference))
    if estimate.reason:
        what.append(Sentence("It has no error: {reason}", reason=estimate.reason))
    if estimate.no_interval:
        what.append(Sentence("It has no interval: {reason}", reason=estimate.no_interval))
    against = [Sentence("{group}.", group=method.comparison_group)]
    if over_time:
        base = Name(method.base_period)
        against.append(Sentence("Changes are counted from: {base}.", base=base))
    overturned = [DIVERGING, BOTH_AT_ONCE, IN_FEW] if over_time else [HIDDEN, IN_FEW]
    if estimate.significant is False:
        overturned.append(
            Sentence("Chance: its interval includes zero, so that no direction is certain.")
        )
    return Explanation(
        of=estimate.summary(),
        what=(*what, *method.notes),
        against=tuple(against),
        assumes=(TRENDS, NO_ANTICIPATION, NO_SPILL) if over_time else (ALIKE, OVERLAP, NO_SPILL),
        overturned_by=tuple(overturned),
    )


_AVERAGES = {
    "simple": Sentence("All treated units and periods count alike."),
    "event": Sentence("An effect for each period since the start."),
    "cohort": Sentence("An effect for each group that started together."),
    "calendar": Sentence("An effect for each period of the calendar."),
}


def _of_series(series: EffectSeries) -> Explanation:
    overall = _of_estimate(series.overall)
    bands = (
        Sentence("Its bands hold for all points at once.")
        if series.bands == "simultaneous"
        else Sentence("Its intervals hold for each point alone, not for all at once.")
    )
    return Explanation(
        of=series.summary(),
        what=(_AVERAGES[series.kind], bands, *overall.what),
        against=overall.against,
        assumes=overall.assumes,
        overturned_by=overall.overturned_by,
    )


def _of_cells(effects: GroupTimeEffects) -> Explanation:
    method = effects.method
    return Explanation(
        of=effects.summary(),
        what=(
            Sentence("The effect on each group that started together, in each period."),
            Sentence("By {estimator}.", estimator=Name(method.estimator)),
            Sentence("Average them with .aggregate: simple, event, cohort or calendar."),
            *method.notes,
        ),
        against=(Sentence("{group}.", group=method.comparison_group),),
        assumes=(TRENDS, NO_ANTICIPATION, NO_SPILL),
        overturned_by=(DIVERGING, BOTH_AT_ONCE, IN_FEW),
    )


def _of_honest(bounds: HonestDid) -> Explanation:
    widest = Sentence("It leaves out zero up to m = {m}.", m=Size(bounds.breakdown))
    return Explanation(
        of=bounds.summary(),
        what=(Sentence("Intervals that let trends diverge, by m, and still hold."), widest),
        against=(Sentence("What trends did before the start is the measure of what they may do."),),
        assumes=(Sentence("Trends diverged after the start by no more than m allows."),),
        overturned_by=(Sentence("A reason why they should have diverged by more: an event."),),
    )


def _of_bacon(parts: BaconDecomposition) -> Explanation:
    shown = parts.by_kind()
    against = tuple(
        Sentence("{kind}: {weight} of the weight.", kind=Name(str(kind)), weight=Share(weight))
        for kind, weight in zip(shown["kind"], shown["weight"], strict=True)
    )
    return Explanation(
        of=parts.summary(),
        what=(Sentence("The two-way coefficient taken apart into comparisons of two groups."),),
        against=against,
        assumes=(TRENDS, Sentence("Effects that are the same for everybody and do not grow.")),
        overturned_by=(
            Sentence("Weight on comparisons with those treated already: use att_gt instead."),
        ),
    )


def _of_weights(weights: TwoWayWeights) -> Explanation:
    n = Number(weights.n_negative)
    return Explanation(
        of=weights.summary(),
        what=(Sentence("How much each effect counts in the two-way coefficient."),),
        against=(Sentence("What each would count in an average over all treated cells."),),
        assumes=(Sentence("The coefficient is an average only where no weight is negative."),),
        overturned_by=(Sentence("{n} weights are negative here.", n=n),),
    )


def _of_power(detectable: MinimumDetectableEffect) -> Explanation:
    return Explanation(
        of=f"{detectable.effect:.4g} can be told apart with a power of {detectable.power:.0%}",
        what=(Sentence("The smallest effect that an interval would tell apart from none."),),
        against=(as_typed(detectable.rests_on.capitalize()),),
        assumes=(Sentence("Outcomes vary after the start as they did before."),),
        overturned_by=(Sentence("More variation, fewer units or another design than planned."),),
    )


def _of_left_out(left_out: LeaveOneOut) -> Explanation:
    return Explanation(
        of=left_out.summary(),
        what=(Sentence("The average effect again, each time without one of those it rests on."),),
        against=(Sentence("The effect with all of them."),),
        assumes=(Sentence("The others stand for the one that is left out."),),
        overturned_by=(Sentence("One of them alone turns the sign, or carries most of it."),),
    )


def _of_scale(scale: ScaleTest) -> Explanation:
    return Explanation(
        of=scale.summary(),
        what=(Sentence("Whether trends can be parallel on every scale: levels, logs, any other."),),
        against=(Sentence("Shares of outcomes that the treated would have had: none below zero."),),
        assumes=(Sentence("The whole distribution of outcomes would have moved alike."),),
        overturned_by=(Sentence("A share below zero by more than chance: the scale matters."),),
    )


def _of_kpi(kpi: KpiResult) -> Explanation:
    return Explanation(
        of=f"{kpi.kpi.label}: {kpi.rating}",
        what=(Sentence("How the service was run, by period; not what it achieved."),),
        against=(Sentence("Its target, and the limits of what chance alone does."),),
        assumes=(Sentence("What was reported is complete and counted alike in each period."),),
        overturned_by=(
            Sentence("{n} periods were not reported.", n=Number(len(kpi.missing))),
            Sentence("A change of the definition or of who is counted."),
        ),
    )


def _of_people(effects: RiskEffects | RateEffects) -> Explanation:
    return Explanation(
        of=effects.per_hundred,
        what=(Sentence("A comparison, told as a difference and as ratios."),),
        against=(Sentence("Comparable people outside the programme, weighted to be alike."),),
        assumes=(ALIKE, OVERLAP, NO_SPILL),
        overturned_by=(HIDDEN, Sentence("A ratio alone: it is large where hardly anybody is hit.")),
    )


def _of_bounds(bounds: OmittedVariableBounds) -> Explanation:
    value = Share(bounds.robustness_value, 1)
    return Explanation(
        of=f"Robustness value {bounds.robustness_value:.1%}",
        what=(Sentence("How strong a variable left out would have to be to explain this away."),),
        against=(Sentence("How strong the covariates that are there turned out to be."),),
        assumes=(Sentence("A linear regression of the outcome on treatment and covariates."),),
        overturned_by=(
            Sentence("A variable that explains {value} of what is left of both.", value=value),
        ),
    )


def _of_sample(sample: MatchedSample | WeightedSample | EngineSample) -> Explanation:
    return Explanation(
        of=sample.summary(),
        what=(
            Sentence("People of the programme beside people who are alike; no outcome was used."),
            *sample.notes,
        ),
        against=(Sentence("Everybody in the data who was not in the programme."),),
        assumes=(ALIKE, OVERLAP),
        overturned_by=(
            Sentence("Differences that are left: see .balance() and .plot()."),
            HIDDEN,
            Sentence("Those of the programme who found nobody alike: the effect is not theirs."),
        ),
    )


def _of_ledger(ledger: Ledger | SampleLedger) -> Explanation:
    return Explanation(
        of=ledger.summary(),
        what=(Sentence("Every row that was left out, by step, with the reason."),),
        against=(Sentence("What was submitted."),),
        assumes=(
            Sentence("Whoever is missing does not differ in what the programme did to them."),
        ),
        overturned_by=(Sentence("More of one group missing than of the other (attrition)."),),
    )


def _of_panel(panel: Panel) -> Explanation:
    return Explanation(
        of=panel.summary(),
        what=(Sentence("Units over periods, with when each began; nothing is estimated yet."),),
        against=(Sentence("Units that never began, or had not begun yet."),),
        assumes=(Sentence("Each unit stands once in each period, and its start is right."),),
        overturned_by=(Sentence("Starts that are wrong, units that change what they are."),),
    )


def _of_statement(statement: PaymentStatement) -> Explanation:
    return Explanation(
        of=statement.summary(),
        what=(statement.sentence,),
        against=(Sentence("What the contract's clauses say, each by its own formula."),),
        assumes=(Sentence("The results and verified counts that went in; the rule as agreed."),),
        overturned_by=(
            Sentence("Another estimate: see what the rule pays under the alternatives."),
            Sentence("A count that verification corrects."),
        ),
    )


def _of_account(account: Account) -> Explanation:
    return Explanation(
        of=account.summary(),
        what=(
            Sentence("What each payment year came to, what was paid, what is still to come."),
            *account.sentences,
        ),
        against=(Sentence("The prices that were agreed on the day of each claim."),),
        assumes=(Sentence("Each claim happened, once, on its day, as it was verified."),),
        overturned_by=(
            Sentence("A claim that is withdrawn or corrected; a price that was varied since."),
        ),
    )


def _of_risk(risk: PaymentRisk) -> Explanation:
    return Explanation(
        of=risk.summary(),
        what=(Sentence("What the rule pays by chance, for each true effect."),),
        against=(Sentence("What it would pay if the true effect were known."),),
        assumes=(Sentence("Errors of the estimates as they are stated, drawn again and again."),),
        overturned_by=(
            Sentence(
                "{n} outcomes without an error are taken as they stand.",
                n=Number(len(risk.held_fixed)),
            ),
        ),
    )


def _of_league(league: League) -> Explanation:
    return Explanation(
        of=league.summary(),
        what=(Sentence("Effects drawn towards their mean, and how uncertain their ranks are."),),
        against=(Sentence("The mean of all contracts."),),
        assumes=(Sentence("Contracts are of one kind, so that one tells about another."),),
        overturned_by=(Sentence("Ranks whose intervals overlap: they are no order."),),
    )


def _of_value(value: SroiResult) -> Explanation:
    return Explanation(
        of=value.summary(),
        what=(value.sentence, *map(as_typed, value.caveats)),
        against=(Sentence("What would have happened anyway, taken off row by row or estimated."),),
        assumes=(Sentence("Every quantity, worth, share and duration of the value map."),),
        overturned_by=(
            Sentence("A few of its assumptions: see the tornado and the switching values."),
            Sentence("Outcomes counted twice, or harms left out."),
        ),
    )


EXPLANATIONS: dict[type, Callable[[Any], Explanation]] = {
    AttEstimate: _of_estimate,
    EffectSeries: _of_series,
    GroupTimeEffects: _of_cells,
    HonestDid: _of_honest,
    FewTreatedTest: of_tested,
    ConformalTest: of_tested,
    RandomisationTest: of_tested,
    WildBootstrap: of_tested,
    BaconDecomposition: _of_bacon,
    TwoWayWeights: _of_weights,
    MinimumDetectableEffect: _of_power,
    LeaveOneOut: _of_left_out,
    ScaleTest: _of_scale,
    KpiResult: _of_kpi,
    PerformanceResult: of_performance,
    JointSimulation: of_simulation,
    SyntheticDid: lambda result: _of_estimate(result.effect),
    RiskEffects: _of_people,
    RateEffects: _of_people,
    OmittedVariableBounds: _of_bounds,
    MatchedSample: _of_sample,
    WeightedSample: _of_sample,
    EngineSample: _of_sample,
    Ledger: _of_ledger,
    SampleLedger: _of_ledger,
    Panel: _of_panel,
    Account: _of_account,
    PaymentStatement: _of_statement,
    PaymentRisk: _of_risk,
    League: _of_league,
    SroiResult: _of_value,
}
