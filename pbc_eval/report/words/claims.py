"""What sentences claim, held against what results support: the one gate against over-claims.

A sentence says as data what it claims (``messages.sentence.Claim``). The gate reads the claim and
the types of the values and never the words, so that a sentence that is reworded or translated is
held to the same. A sentence that holds an effect and states no claim is refused.
"""

from dataclasses import dataclass
from typing import get_args

from pbc_eval.disclosure import ReleasedEvaluation, ReleasedFinding, ReleasedPortfolio
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.messages.sentence import (
    Certainty,
    Claim,
    ClaimedEffect,
    ClaimKind,
    Part,
    Sentence,
    Value,
)
from pbc_eval.messages.values import Effect

KINDS: tuple[ClaimKind, ...] = get_args(ClaimKind)  # from the least to the most that is claimed
CERTAINTIES: tuple[Certainty, ...] = get_args(Certainty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """The most that results support, and the reason why it is not more."""

    of: str  # id of the outcome
    kind: ClaimKind
    certainty: Certainty
    effect: ClaimedEffect
    why_no_more: str


def support_of(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> Support:
    """What may be claimed of one outcome.

    A programme is named as the cause only by a design that was applied here and whose checks hold;
    a difference beyond chance only where the interval excludes zero. Nothing is ever proven, and
    no estimate shows that there is no effect.
    """
    estimate = finding.headline
    kind: ClaimKind = "causal"
    reasons = []
    if design_kind(evaluation.spec.design).reported_by_others:
        kind = "association"
        reasons.append("the result was reported by others and not estimated here")
    elif any(check.status == "fail" for check in finding.checks):
        kind = "association"
        reasons.append("a check of the design failed")
    certainty: Certainty = "beyond_chance"
    if design_kind(evaluation.spec.design).reported_by_others or estimate.conf_low is None:
        certainty = "estimated"
        reasons.append("there is no measure of chance")
    elif not estimate.significant:
        certainty = "open"
        reasons.append("the interval includes zero")
    return Support(
        of=finding.outcome.id,
        kind=kind,
        certainty=certainty,
        effect="higher" if effect_of(finding, evaluation) > 0 else "lower",
        why_no_more="; ".join(reasons) or "an estimate with a comparison group does not prove",
    )


def effect_of(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> float:
    """The effect as it is measured: positive is higher. Reported effects are improvements."""
    if design_kind(evaluation.spec.design).reported_by_others:
        return finding.outcome.sign * (finding.measured.effect or 0.0)
    return finding.headline.estimate


def refuse_over_claims(
    sentence: Sentence, finding: ReleasedFinding, evaluation: ReleasedEvaluation
) -> None:
    """Stop the press when a sentence says more than the results do. Raises PublicationError."""
    refuse_undeclared(sentence, finding.outcome.id)
    support = support_of(finding, evaluation)
    for claim in sentence.claims():
        problem = _problem(claim, support)
        if problem:
            raise PublicationError(
                f"{finding.outcome.id}: the page says {str(sentence)!r}, which claims {problem} "
                "Reword it, and state what it then claims."
            )


def refuse_over_claims_of(finding: ReleasedFinding, evaluation: ReleasedEvaluation) -> None:
    """Hold everything that checks, methods and the sample say of one outcome to the same."""
    method = finding.headline.method
    reason = finding.headline.reason
    sentences = [
        *(check.sentence for check in finding.checks),
        *(() if reason is None else (reason,)),
        method.comparison_group,
        method.inference,
        *method.notes,
        *finding.notes,
    ]
    for sentence in sentences:
        refuse_over_claims(sentence, finding, evaluation)


def refuse_portfolio_over_claims(sentence: Sentence, portfolio: ReleasedPortfolio) -> None:
    """The same for what is said of many contracts together. Raises PublicationError.

    A mean over contracts differs beyond chance only where its interval excludes zero, and names no
    cause; ranks are told only where some are certain; a share of contracts is no rate of success.
    """
    refuse_undeclared(sentence, "portfolio")
    pooled, league = portfolio.pooled, portfolio.league
    differs = pooled is not None and (pooled.conf_low > 0 or pooled.conf_high < 0)
    ranked = league is not None and bool(league.surely_above or league.surely_below)
    for claim in sentence.claims():
        beyond_chance = claim.certainty == "beyond_chance"
        problems = (
            (claim.certainty == "proven", "a proof, but an estimate does not prove."),
            (
                claim.effect == "none",
                "that there is no effect, but an interval that includes zero does not show it.",
            ),
            (claim.kind == "rate", "a rate, but contracts that cannot tell are not failures."),
            (claim.kind == "causal", "a cause, but no design compares these contracts."),
            (
                claim.kind == "ranking" and beyond_chance and not ranked,
                "an order, but ranks are uncertain.",
            ),
            (
                claim.kind == "association" and beyond_chance and not differs,
                "a difference, but the interval of the mean includes zero.",
            ),
        )
        problem = next((words for is_wrong, words in problems if is_wrong), "")
        if problem:
            raise PublicationError(
                f"portfolio: the page says {str(sentence)!r}, which claims {problem} Reword it, "
                "and state what it then claims."
            )


def refuse_undeclared(sentence: Sentence, owner: str) -> None:
    """Raise PublicationError for what is no Sentence, and for effects without a stated claim."""
    if not isinstance(sentence, Sentence):
        raise PublicationError(
            f"{owner}: the page says {sentence!r}, plain text of which nobody knows what it "
            "claims. Make it a Sentence with typed values."
        )
    if _tells_an_undeclared_effect(sentence):
        raise PublicationError(
            f"{owner}: the page says {str(sentence)!r}, which tells an effect and does not state "
            "its claim. State it where the sentence is made."
        )


def _problem(claim: Claim, support: Support) -> str:
    """What is claimed beyond the support, and why that is too much; empty where nothing is."""
    certain, kind = CERTAINTIES.index(claim.certainty), KINDS.index(claim.kind)
    problems = (
        (
            bool(claim.of) and claim.of != support.of,
            f"something of {claim.of!r}, which is another outcome.",
        ),
        (
            claim.effect == "none",
            "that there is no effect, but an interval that includes zero does not show no effect.",
        ),
        (
            claim.certainty == "proven",
            "a proof, but an estimate with a comparison group does not prove.",
        ),
        (
            certain > CERTAINTIES.index(support.certainty),
            f"an effect that is {claim.certainty.replace('_', ' ')}, but {support.why_no_more}.",
        ),
        (
            kind > KINDS.index(support.kind),
            f"what is {claim.kind}, but {support.why_no_more}.",
        ),
        (
            claim.effect is not None and claim.effect != support.effect,
            f"an effect that is {claim.effect}, but the estimate is {support.effect}.",
        ),
    )
    return next((words for is_wrong, words in problems if is_wrong), "")


def _tells_an_undeclared_effect(part: Part) -> bool:
    """Effects are covered by the claim of the sentence that they stand in, or one around it."""
    if isinstance(part, Sentence):
        if part.claim is not None:
            return False
        return any(_tells_an_undeclared_effect(inner) for inner in part.values.values())
    if isinstance(part, Effect):
        return True
    return isinstance(part, Value) and any(map(_tells_an_undeclared_effect, part.parts()))
