"""Sentences made from results: the headline, and what can and cannot be said.

Nobody types these. A causal verb is used only where the design supports one, a wide interval is
never written as "no effect", and an estimate never stands without its interval or the reason why
it has none. What each says of an effect it states as a claim, which the gate in ``claims`` holds
against the results.
"""

import re
from dataclasses import dataclass
from typing import Literal

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedFinding
from pbc_eval.evaluation.designs import Evidence, design_kind
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.sentence import EMPTY, Claim, Part, Sentence
from pbc_eval.messages.values import Effect, Name, Noun, Number, Share, Units, as_typed
from pbc_eval.report.words.claims import effect_of, support_of
from pbc_eval.report.words.facts import in_doubt
from pbc_eval.results import AttEstimate

Verdict = Literal["improved", "worsened", "uncertain", "no_interval"]
UNITS_OF = ("unit", "units")  # where no data say what a unit is


_SHARE_OF = re.compile(r"share of (?:the )?([^\W\d][\w\s-]*)")
LEAST_OF_A_HUNDRED = 1.5  # below it a thousand are told of, so that whole people are left


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What the top of the page says of one outcome."""

    figure: Sentence  # "2.3 lower"
    unit: str  # "readmissions per 100 discharges"; empty for money
    sentence: Sentence
    verdict: Verdict


def _sized(size: Effect, direction: float, claim: Claim | None = None) -> Sentence:
    """'2.3 readmissions per 100 lower'"""
    if direction > 0:
        return Sentence("{size} higher", claim, size=size)
    return Sentence("{size} lower", claim, size=size)


def interval_words(estimate: AttEstimate, outcome: Outcome, currency: str) -> Sentence:
    """'95% confidence interval: 1.9 to 2.7 lower', or why there is none."""
    low, high = estimate.conf_low, estimate.conf_high
    if low is None or high is None:
        return Sentence(
            "no confidence interval can be given: {reason}",
            reason=estimate.reason or estimate.no_interval or EMPTY,
        )
    level = Share(estimate.level)
    if low > 0 or high < 0:
        near, far = sorted((abs(low), abs(high)))
        return Sentence(
            "{level} confidence interval: {near} to {far}",
            level=level,
            near=fmt.effect_value(near, outcome, currency, with_unit=False),
            far=_sized(fmt.effect_value(far, outcome, currency), estimate.estimate),
        )
    return Sentence(
        "{level} confidence interval: from {low} to {high}",
        level=level,
        low=_sized(fmt.effect_value(low, outcome, currency), -1.0),
        high=_sized(fmt.effect_value(high, outcome, currency), 1.0),
    )


def headline(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> Headline:
    """The headline of one outcome, in words that the design can carry."""
    outcome, estimate = finding.outcome, finding.headline
    currency = evaluation.spec.contract.currency
    if design_kind(evaluation.spec.design).reported_by_others:
        return _reported_headline(finding, evaluation)
    effect, claim = estimate.estimate, _claim(finding, evaluation)
    label = Name(outcome.label)
    figure = _sized(fmt.effect_value(effect, outcome, currency), effect)
    short = _sized(fmt.effect_value(effect, outcome, currency, with_unit=False), effect, claim)
    than = _than(finding, evaluation)
    interval = interval_words(estimate, outcome, currency)
    verdict: Verdict
    if estimate.conf_low is None:
        verdict = "no_interval"
        sentence = Sentence(
            "{label}: an estimated {figure} {than} ({interval}).",
            claim,
            label=label,
            figure=figure,
            than=than,
            interval=interval,
        )
    elif not estimate.significant:
        verdict = "uncertain"
        sentence = Sentence(
            "{label}: we cannot tell whether the programme made a difference. The best estimate "
            "is {figure} {than}, but the data fit a range of values ({interval}).",
            claim,
            label=label,
            figure=figure,
            than=than,
            interval=interval,
        )
    else:
        verdict = "improved" if effect * outcome.sign > 0 else "worsened"
        sentence = Sentence(
            "{label}: {figure} {than} ({interval}).",
            claim,
            label=label,
            figure=figure,
            than=than,
            interval=interval,
        )
    return Headline(figure=short, unit=fmt.unit_of(outcome), sentence=sentence, verdict=verdict)


def _claim(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> Claim:
    """What the headline says: as much as the results support."""
    support = support_of(finding, evaluation)
    return Claim(
        kind=support.kind, certainty=support.certainty, effect=support.effect, of=support.of
    )


def can_say(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> tuple[Sentence, ...]:
    """What the results allow, one sentence each."""
    spec, estimate = evaluation.spec, finding.headline
    sentences = [headline(finding, evaluation).sentence]
    if design_kind(spec.design).reported_by_others:
        source = Name(finding.source)
        sentences.append(Sentence("This is what was reported: {source}.", source=source))
        return tuple(sentences)
    if (of_hundred := _out_of_a_hundred(finding, evaluation)) is not None:
        sentences.append(of_hundred)
    noun = Noun(*map(Name, spec.data.unit_name if spec.data else UNITS_OF))
    sentences.append(
        Sentence(
            "The estimate rests on {treated} in the programme and {comparison} for comparison.",
            treated=Units(estimate.n_treated, noun),
            comparison=Units(estimate.n_comparison, noun),
        )
    )
    if estimate.counterfactual_mean is not None and estimate.counterfactual_mean > 0:
        sentences.append(_with_and_without(finding, evaluation))
    return tuple(sentences)


def _out_of_a_hundred(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> Sentence | None:
    """'Out of every 100 pupils, that is about 2 fewer than without the programme.' None where the
    outcome is no share of somebody, or where it cannot be told which way it went."""
    outcome, estimate = finding.outcome, finding.headline
    whose = _SHARE_OF.fullmatch(outcome.unit)
    if whose is None or not fmt.in_points(outcome) or not estimate.significant:
        return None
    data, among = evaluation.spec.data, EMPTY
    if data is not None and data.weight is None and whose[1] != data.unit_name[1]:
        among = Sentence(" in the average {unit}", unit=Name(data.unit_name[0]))
    each = 100 if abs(100 * estimate.estimate) >= LEAST_OF_A_HUNDRED else 1000
    return Sentence(
        "Out of every {each} {who}{among}, that is about {many} {way} {than}.",
        _claim(finding, evaluation),
        each=Number(each),
        who=Name(whose[1]),
        among=among,
        many=Number(round(abs(each * estimate.estimate))),
        way=Sentence("more") if estimate.estimate > 0 else Sentence("fewer"),
        than=_than(finding, evaluation),
    )


def _with_and_without(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> Sentence:
    """Both levels and the difference, with a word on rounding where they seem to contradict it."""
    outcome, estimate = finding.outcome, finding.headline
    currency = evaluation.spec.contract.currency
    before = estimate.counterfactual_mean or 0.0
    after = before + estimate.estimate
    label = Name(_lower_first(outcome.label))
    without = fmt.level_value(before, outcome, currency)
    reached = fmt.level_value(after, outcome, currency)
    relative = Effect(abs(estimate.estimate / before), decimals=1, relative=True)
    rounding = EMPTY
    if not fmt.differ_as_shown(after, before, estimate.estimate, outcome):
        rounding = Sentence(
            " Figures are rounded one by one; the difference was worked out before that."
        )
    claim = _claim(finding, evaluation)
    if claim.kind != "causal":
        return Sentence(
            "The comparison would lead one to expect {without} for {label}, and it was {reached}; "
            "the difference is {relative} of the first.{rounding}",
            claim,
            label=label,
            without=without,
            reached=reached,
            relative=relative,
            rounding=rounding,
        )
    if claim.certainty == "open":
        return Sentence(
            "At the best estimate, which may be chance, {label} would have been {without} without "
            "the programme and was {reached} with it; the difference is {relative} of the first."
            "{rounding}",
            claim,
            label=label,
            without=without,
            reached=reached,
            relative=relative,
            rounding=rounding,
        )
    return Sentence(
        "Without the programme {label} would have been an estimated {without}, and with it was "
        "{reached}; the difference is {relative} of the first.{rounding}",
        claim,
        label=label,
        without=without,
        reached=reached,
        relative=relative,
        rounding=rounding,
    )


def cannot_say(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> tuple[Sentence, ...]:
    """What the results do not allow, one sentence each."""
    spec, estimate = evaluation.spec, finding.headline
    sentences: list[Sentence] = []
    if design_kind(spec.design).reported_by_others:
        sentences.append(
            Sentence("This page did not re-estimate the effect: no data on individuals were held.")
        )
        if estimate.std_error is None:
            sentences.append(
                Sentence(
                    "How far chance could explain the result cannot be said: the source gives no "
                    "standard error for it."
                )
            )
        return (*replications(evaluation), *sentences)
    if estimate.conf_low is None:
        sentences.append(
            Sentence(
                "How far chance could explain the result cannot be said: {reason}.",
                reason=estimate.reason or estimate.no_interval or EMPTY,
            )
        )
    elif not estimate.significant:
        units = spec.data.unit_name[1] if spec.data else "people"
        sentences.append(
            Sentence(
                "More {units} would need to be analysed to know more; this should not be taken to "
                "mean that the programme failed or had no effect.",
                units=Name(units),
            )
        )
    elif outcome_is_wide(estimate):
        sentences.append(
            Sentence(
                "The size of the effect is not known precisely: the upper end of the interval is "
                "{times} times its lower end.",
                times=_times(estimate),
            )
        )
    sentences += [
        Sentence(
            "The design did not pass a check, and the effect must be read with that in mind. "
            "{sentence}",
            sentence=check.sentence,
        )
        for check in finding.checks
        if check.status == "fail"
    ]
    sentences.append(
        Sentence(
            "The results speak for those who took part, at that time and place; they do not show "
            "that the programme would do the same elsewhere."
        )
    )
    return (*replications(evaluation), *sentences)


def replications(evaluation: ReleasedEvaluation) -> list[Sentence]:
    """What others found who looked at the same result again, as the file states it."""
    return [as_typed(text) for text in evaluation.spec.publication.replications]


def outcome_is_wide(estimate: AttEstimate) -> bool:
    """Is the far end of an interval that excludes zero more than three times the near end?"""
    low, high = estimate.conf_low, estimate.conf_high
    if low is None or high is None or not estimate.significant:
        return False
    near, far = sorted((abs(low), abs(high)))
    return far > 3 * near


def strength_of_evidence(evaluation: ReleasedEvaluation) -> Sentence:
    """Maryland Scientific Methods Scale, as used by the What Works Centre, with its reason."""
    evidence = Evidence(
        n_treated=tuple(finding.headline.n_treated for finding in evaluation.findings),
        a_check_failed=bool(evaluation.failed_checks),
        starts_at_random=evaluation.spec.design.needs_random_starts,
        by_eligibility=evaluation.spec.design.needs_eligible,
        in_doubt=any(in_doubt(finding, evaluation) for finding in evaluation.findings),
    )
    return design_kind(evaluation.spec.design).strength(evidence)


def _reported_headline(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> Headline:
    """What others reported, with no more digits than they gave."""
    outcome, measured = finding.outcome, finding.measured
    effect, direction = measured.effect or 0.0, effect_of(finding, evaluation)
    claim = _claim(finding, evaluation)
    beside: Sentence = EMPTY
    if measured.counterfactual:
        share = abs(effect / measured.counterfactual)
        size = Effect(share, decimals=outcome.decimals, relative=True)
        if fmt.in_points(outcome) and measured.unit == outcome.unit:
            beside = Sentence(" ({share} of the level there)", share=size)
            size = fmt.effect_value(effect, outcome, evaluation.spec.contract.currency)
    else:
        size = fmt.effect_value(effect, outcome, evaluation.spec.contract.currency)
    figure = _sized(size, direction, claim)
    sentence = Sentence(
        "{label}: reported as {figure} than in the comparison group{beside}{status}{tail}.",
        claim,
        label=Name(outcome.label),
        figure=figure,
        beside=beside,
        status=Sentence(" (recalled, to be verified)") if finding.status == "RECALLED" else EMPTY,
        tail=EMPTY if measured.std_error else Sentence("; the source gives no confidence interval"),
    )
    return Headline(figure=figure, unit="", sentence=sentence, verdict="no_interval")


def _than(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> Sentence:
    """What the figure is held against. With a failed check it is only the comparison group."""
    if not any(check.status == "fail" for check in finding.checks):
        return Sentence("than without the programme")
    return design_kind(evaluation.spec.design).than_if_a_check_failed


def _times(estimate: AttEstimate) -> Part:
    near, far = sorted((abs(estimate.conf_low or 0), abs(estimate.conf_high or 0)))
    return Sentence("many") if near == 0 or far / near > 20 else Number(far / near)


def _lower_first(text: str) -> str:
    """'Earnings' to 'earnings', leaving abbreviations such as 'GP visits' alone."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
