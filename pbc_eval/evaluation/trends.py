"""What checks of a difference-in-differences look at beside the effects, and what the payment would
be by the intervals that they come to."""

from dataclasses import replace

import numpy as np

from pbc_eval.agreement.design import DifferenceInDifferences
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks import Examined
from pbc_eval.checks.few_cluster_inference import OPINIONS, bootstrapped
from pbc_eval.did.estimator import Estimator, EstimatorOptions
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.honest_did import diverging
from pbc_eval.errors import DesignError
from pbc_eval.evaluation.measured_outcome import with_interval
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, EffectSeries, MeasuredOutcome

AS_BEFORE = "Trends diverging as much as before the start"
TWICE = "Trends diverging twice as much as before the start"
BOOTSTRAP = "Interval of the wild cluster bootstrap"
LARGE_SAMPLE = "Interval of the estimator's own formula"
OPINION = {way: f"Interval of {words}" for way, words in OPINIONS.items()} | {
    "wild_bootstrap": BOOTSTRAP
}
CARRIED = 2  # one in so many of the treated carry an effect before the start that is used


def evidence_on_trends(
    panel: Panel,
    effects: GroupTimeEffects,
    design: DifferenceInDifferences,
    options: EstimatorOptions,
    headline: AttEstimate,
) -> Examined:
    """``effects`` with leads, an event study against one reference where there are some, intervals
    for trends that diverge, and a bootstrap where clusters are few."""
    estimator = ESTIMATORS[design.estimator]
    leads = estimator if estimator.from_base else ESTIMATORS["group_time"]
    study = _event_study(panel, options, leads)
    average = None if study is None else _average(effects, design, study)
    honest, untold = None, None
    if study is not None:
        own = leads is estimator and (average is not None or design.headline == "event")
        try:
            honest = diverging(study, average, design.level, same_average=own)
        except DesignError as refused:
            if refused.rule is None:
                raise
            untold = refused.rule
    plain = not design.covariates and design.headline == "simple" and not design.anticipation
    plain = plain and not (estimator.needs_eligible or estimator.needs_random_starts)
    return Examined(
        headline=headline,
        panel=panel,
        effects=effects,
        anticipation=design.anticipation,
        event_study=study,
        average=average,
        diverging=honest,
        why_not_diverging=untold,
        bootstrap=bootstrapped(panel, design.level, options.seed) if plain else None,
        inference=design.inference,
        starts_at_random=design.starts_at_random is not None,
    )


def _event_study(panel: Panel, options: EstimatorOptions, leads: Estimator) -> EffectSeries | None:
    assert leads.effects is not None
    study = leads.effects(panel, replace(options, base_period="universal")).aggregate(
        "event", bands="pointwise"
    )
    return _with_carried_leads(study, -1 - options.anticipation)


def _with_carried_leads(study: EffectSeries, reference: int) -> EffectSeries | None:
    """The study with those effects before the start, in an unbroken run back from the reference,
    that at least half of the treated carry: what is only of a few units would measure their noise.
    None where none is left, or nothing after the start has an error."""
    place = {e: at for at, e in enumerate(study.index)}
    most = max(effect.n_treated for effect in study.effects)
    kept = [at for at, e in enumerate(study.index) if e >= reference]
    back = reference - 1
    while back in place:
        effect = study.effects[place[back]]
        if not effect.std_error or CARRIED * effect.n_treated < most:
            break
        kept.append(place[back])
        back -= 1
    after = [at for at in kept if study.index[at] >= 0 and study.effects[at].std_error]
    if back == reference - 1 or not after:
        return None
    kept.sort()
    return replace(
        study,
        index=tuple(study.index[at] for at in kept),
        effects=tuple(study.effects[at] for at in kept),
        covariance=study.covariance[np.ix_(kept, kept)],
    )


def _average(
    effects: GroupTimeEffects, design: DifferenceInDifferences, study: EffectSeries
) -> dict[int, float] | None:
    """The weights of event times in the headline; None where it is not an average of them, or the
    plain one, or rests on times of which the study has no error. Times whose effect has no error
    are left out."""
    several = len({*effects.cohorts} - {0}) > 1
    if design.headline != "simple" and (several or design.headline == "event"):
        return None
    cells = effects.cells
    counted = (cells.plan.event_time >= 0) & ~np.isnan(cells.estimate) & ~np.isnan(cells.std_error)
    times = cells.plan.event_time[counted]
    share = cells.shares[cells.plan.cohort[counted]]
    if not len(times) or share.sum() <= 0:
        return None
    seen = {e for e, effect in zip(study.index, study.effects, strict=True) if effect.std_error}
    if not {*times.tolist()} <= seen:
        return None
    return {int(e): float(share[times == e].sum() / share.sum()) for e in np.unique(times)}


def measured_in_doubt(
    outcome: Outcome, measured: MeasuredOutcome, examined: Examined
) -> dict[str, MeasuredOutcome]:
    """The agreed estimate with each interval that a check came to, where it has one itself."""
    if measured.conf_low is None:
        return {}
    ends: dict[str, tuple[float, float]] = {}
    if examined.diverging is not None:
        relative = examined.diverging.relative
        by_size = dict(zip(relative.m, relative.intervals, strict=True))
        ends = {AS_BEFORE: by_size[1.0], TWICE: by_size[2.0]}
    own = examined.analytic
    if own is not None and own.conf_low is not None and own.conf_high is not None:
        ends[LARGE_SAMPLE] = (own.conf_low, own.conf_high)
    if examined.bootstrap is not None and examined.inference != "wild_bootstrap":
        ends[BOOTSTRAP] = (examined.bootstrap.conf_low, examined.bootstrap.conf_high)
    if (opinion := examined.opinion) is not None:
        low, high = opinion.estimate.conf_low, opinion.estimate.conf_high
        if low is not None and high is not None:
            ends[OPINION[opinion.inference]] = (low, high)
    return {
        name: with_interval(outcome, measured, *pair)
        for name, pair in ends.items()
        if np.isfinite(pair).all() and pair[0] <= examined_estimate(examined) <= pair[1]
    }


def examined_estimate(examined: Examined) -> float:
    """The headline, which an interval must hold to stand for it."""
    return np.nan if examined.headline is None else examined.headline.estimate
