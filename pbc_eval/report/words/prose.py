"""Sentences made from results: the headline, and what can and cannot be said.

Nobody types these. A causal verb is used only where the design supports one, a wide interval is
never written as "no effect", and an estimate never stands without its interval or the reason why
it has none.
"""

from dataclasses import dataclass
from typing import Literal

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedFinding
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.designs import Evidence, design_kind
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.message import Message
from pbc_eval.results import AttEstimate

Verdict = Literal["improved", "worsened", "uncertain", "no_interval"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What the top of the page says of one outcome."""

    figure: str  # "2.3 lower"
    unit: str  # "readmissions per 100 discharges"; empty for money
    sentence: str
    verdict: Verdict


def _sized(size: str, value: float) -> Message:
    """'2.3 readmissions per 100 lower'"""
    said = {"size": size}
    return Message("%(size)s higher", said) if value > 0 else Message("%(size)s lower", said)


def interval_words(estimate: AttEstimate, outcome: Outcome, currency: str) -> str:
    """'95% confidence interval: 1.9 to 2.7 lower', or why there is none."""
    low, high = estimate.conf_low, estimate.conf_high
    if low is None or high is None:
        return Message(
            "no confidence interval can be given: %(reason)s", {"reason": estimate.reason}
        )
    level = fmt.percent(estimate.level)
    if low > 0 or high < 0:
        near, far = sorted((abs(low), abs(high)))
        return Message(
            "%(level)s confidence interval: %(near)s to %(far)s",
            {
                "level": level,
                "near": fmt.amount(near, outcome, currency),
                "far": _sized(fmt.size(far, outcome, currency), estimate.estimate),
            },
        )
    return Message(
        "%(level)s confidence interval: from %(low)s to %(high)s",
        {
            "level": level,
            "low": _sized(fmt.size(low, outcome, currency), -1.0),
            "high": _sized(fmt.size(high, outcome, currency), 1.0),
        },
    )


def headline(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> Headline:
    """The headline of one outcome, in words that the design can carry."""
    outcome, estimate = finding.outcome, finding.headline
    currency = evaluation.spec.contract.currency
    if design_kind(evaluation.spec.design).reported_by_others:
        return _reported_headline(finding, evaluation)
    effect = estimate.estimate
    figure = _sized(fmt.size(effect, outcome, currency), effect)
    short = _sized(fmt.amount(abs(effect), outcome, currency), effect)
    unit = fmt.unit_of(outcome)
    interval = interval_words(estimate, outcome, currency)
    than = _than(finding, evaluation)
    said = {"label": outcome.label, "figure": figure, "than": than, "interval": interval}
    if estimate.conf_low is None:
        sentence = Message("%(label)s: an estimated %(figure)s %(than)s (%(interval)s).", said)
        return Headline(figure=short, unit=unit, sentence=sentence, verdict="no_interval")
    if not estimate.significant:
        sentence = Message(
            "%(label)s: we cannot tell whether the programme made a difference. The best estimate "
            "is %(figure)s %(than)s, but the data fit a range of values (%(interval)s).",
            said,
        )
        return Headline(figure=short, unit=unit, sentence=sentence, verdict="uncertain")
    better = effect * outcome.sign > 0
    sentence = Message("%(label)s: %(figure)s %(than)s (%(interval)s).", said)
    verdict: Verdict = "improved" if better else "worsened"
    return Headline(figure=short, unit=unit, sentence=sentence, verdict=verdict)


def can_say(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> tuple[str, ...]:
    """What the results allow, one sentence each."""
    spec, estimate, outcome = evaluation.spec, finding.headline, finding.outcome
    said = [headline(finding, evaluation).sentence]
    if design_kind(spec.design).reported_by_others:
        said.append(Message("This is what was reported: %(source)s.", {"source": finding.source}))
        return tuple(said)
    unit = spec.data.unit_name if spec.data else ("unit", "units")
    said.append(
        Message(
            "The estimate rests on %(treated)s %(treated_units)s in the programme and "
            "%(comparison)s %(comparison_units)s for comparison.",
            {
                "treated": fmt.count(estimate.n_treated),
                "treated_units": unit[estimate.n_treated != 1],
                "comparison": fmt.count(estimate.n_comparison),
                "comparison_units": unit[estimate.n_comparison != 1],
            },
        )
    )
    if estimate.counterfactual_mean is not None and estimate.counterfactual_mean > 0:
        said.append(_with_and_without(estimate, outcome, spec.contract.currency))
    return tuple(said)


def _with_and_without(estimate: AttEstimate, outcome: Outcome, currency: str) -> str:
    """Both levels and the difference, with a word on rounding where they seem to contradict it."""
    before = estimate.counterfactual_mean or 0.0
    after = before + estimate.estimate
    relative = fmt.percent(abs(estimate.estimate / before), 1)
    said = {
        "label": _lower_first(outcome.label),
        "before": fmt.level(before, outcome, currency),
        "after": fmt.level(after, outcome, currency),
        "relative": relative,
    }
    if fmt.differ_as_shown(after, before, estimate.estimate, outcome):
        return Message(
            "Without the programme %(label)s would have been an estimated %(before)s, and with it "
            "was %(after)s; the difference is %(relative)s of the first.",
            said,
        )
    return Message(
        "Without the programme %(label)s would have been an estimated %(before)s, and with it was "
        "%(after)s; the difference is %(relative)s of the first. Figures are rounded one by one; "
        "the difference was worked out before that.",
        said,
    )


def _not_a_failure(units: str) -> Message:
    return Message(
        "More %(units)s would need to be analysed to know more; this should not be taken to mean "
        "that the programme failed or had no effect.",
        {"units": units},
    )


def cannot_say(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> tuple[str, ...]:
    """What the results do not allow, one sentence each."""
    spec, estimate = evaluation.spec, finding.headline
    units = spec.data.unit_name[1] if spec.data else "people"
    said: list[str] = []
    if design_kind(spec.design).reported_by_others:
        said.append(
            Message("This page did not re-estimate the effect: no data on individuals were held.")
        )
        if estimate.std_error is None:
            said.append(
                Message(
                    "How far chance could explain the result cannot be said: the source gives no "
                    "standard error for it."
                )
            )
        return tuple(said)
    if estimate.std_error is None:
        said.append(
            Message(
                "How far chance could explain the result cannot be said: %(reason)s.",
                {"reason": estimate.reason},
            )
        )
    elif not estimate.significant:
        said.append(_not_a_failure(units))
    elif outcome_is_wide(estimate):
        said.append(
            Message(
                "The size of the effect is not known precisely: the upper end of the interval is "
                "%(times)s times its lower end.",
                {"times": _times(estimate)},
            )
        )
    for check in (c for c in finding.checks if c.status == "fail"):
        said.append(
            Message(
                "The design did not pass a check, and the effect must be read with that in mind. "
                "%(sentence)s",
                {"sentence": check.sentence},
            )
        )
    said.append(
        Message(
            "The results speak for those who took part, at that time and place; they do not show "
            "that the programme would do the same elsewhere."
        )
    )
    return tuple(said)


def outcome_is_wide(estimate: AttEstimate) -> bool:
    """Is the far end of an interval that excludes zero more than three times the near end?"""
    low, high = estimate.conf_low, estimate.conf_high
    if low is None or high is None or not estimate.significant:
        return False
    near, far = sorted((abs(low), abs(high)))
    return far > 3 * near


def refuse_over_claims(text: str, finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> None:
    """Stop the press when a sentence says more than the results do. Raises PublicationError."""
    plain = text.casefold()
    uncertain = finding.headline.significant is not True
    for phrase, is_wrong, why in (
        ("no effect on", uncertain, "an interval that includes zero does not show no effect"),
        ("had no impact", uncertain, "an interval that includes zero does not show no impact"),
        ("proves", True, "an estimate with a comparison group does not prove"),
        (
            "without the programme (",
            any(check.status == "fail" for check in finding.checks),
            "a check of the design failed",
        ),
    ):
        if is_wrong and phrase in plain:
            raise PublicationError(
                f"{finding.outcome.id}: the page says {phrase!r}, but {why}. Reword it."
            )


def strength_of_evidence(evaluation: ReleasedEvaluation) -> str:
    """Maryland Scientific Methods Scale, as used by the What Works Centre, with its reason."""
    evidence = Evidence(
        n_treated=tuple(finding.headline.n_treated for finding in evaluation.findings),
        a_check_failed=bool(evaluation.failed_checks),
    )
    return design_kind(evaluation.spec.design).strength(evidence)


def _reported_headline(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> Headline:
    """What others reported, with no more digits than they gave."""
    outcome, measured = finding.outcome, finding.measured
    effect = measured.effect or 0.0
    direction = outcome.sign * effect
    if measured.counterfactual:
        share = abs(effect / measured.counterfactual)
        figure = _sized(fmt.percent(share, outcome.decimals), direction)
    else:
        figure = _sized(fmt.size(effect, outcome, evaluation.spec.contract.currency), direction)
    tail = "" if measured.std_error else Message("; the source gives no confidence interval")
    status = Message(" (recalled, to be verified)") if finding.status == "RECALLED" else ""
    sentence = Message(
        "%(label)s: reported as %(figure)s than in the comparison group%(status)s%(tail)s.",
        {"label": outcome.label, "figure": figure, "status": status, "tail": tail},
    )
    return Headline(figure=figure, unit="", sentence=sentence, verdict="no_interval")


def _than(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> str:
    """What the figure is held against. With a failed check it is only the comparison group."""
    if not any(check.status == "fail" for check in finding.checks):
        return Message("than without the programme")
    return design_kind(evaluation.spec.design).than_if_a_check_failed


def _times(estimate: AttEstimate) -> str:
    near, far = sorted((abs(estimate.conf_low or 0), abs(estimate.conf_high or 0)))
    return "many" if near == 0 or far / near > 20 else fmt.number(far / near, 0)


def _lower_first(text: str) -> str:
    """'Earnings' to 'earnings', leaving abbreviations such as 'GP visits' alone."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
