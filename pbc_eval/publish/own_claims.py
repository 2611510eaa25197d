"""Do an evaluator's own words claim more than the results support? Words nobody typed as data can
only be searched: for proof, for "no effect", for cause and for significance.

The search is of English and errs on the strict side: a sentence that denies, asks or hedges is let
through, any other that uses such words must be backed by the outcome it names, or by the headline.
Generated sentences need no search, they state their claims (``report/words/claims.py``).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pbc_eval.results_file import OutcomeResult

Claimed = Literal["proof", "no effect", "a cause", "significance"]

_DOER = (
    r"\b(?:programmes?|programs?|services?|contracts?|schemes?|projects?|interventions?|pilots?|"
    r"grants?|training|support|bond|it|we|they)\b"
)
_DID = (
    r"(?:reduc|increas|improv|lower|rais|prevent|sav|cut|halv|doubl|boost|cur|fix)"
    r"(?:e|es|ed|ing|s|t)?\b|(?:work|succeed)(?:s|ed)\b"
)
_WORDS: tuple[tuple[Claimed, str], ...] = (
    (
        "proof",
        r"\bprov(?:e|es|ed|en|ing)\b|\bproof\b|\bconclusive(?:ly)?\b|\bundoubtedly\b|"
        r"\bguarantee[sd]?\b|\bdefinitively\b|\bwithout (?:a )?doubt\b|\bbeyond doubt\b",
    ),
    (
        "no effect",
        r"\bno (?:effect|impact|difference|benefit|influence)\b|\bineffective\b|"
        r"\b(?:did|does|do) not (?:work|help)\b|\bnothing changed\b",
    ),
    (
        "a cause",
        r"\bcaus(?:e|es|ed|ing)\b|\bled to\b|\bresult(?:s|ed) in\b|\bas a result of\b|"
        r"\bbecause of\b|\bthanks to\b|\battribut(?:able|ed) to\b|\bbrought about\b|"
        rf"{_DOER}(?:\W+\w+){{0,2}}?\W+(?:{_DID})",
    ),
    (
        "significance",
        r"\bsignifican(?:t|tly|ce)\b|\bbeyond chance\b|\bnot (?:by|due to) chance\b",
    ),
)
_CLAIMS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _WORDS)
_HEDGED = re.compile(
    r"\b(?:not|never|cannot|no|whether|would|could|may|might|if|expected|aims?|aimed|intended|"
    r"hoped?|designed|planned|promised|nor)\b|n't\b|\?",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:cannot|not (?:mean|show|say|claim|imply|follow|evidence|the same)|never|whether|if|would"
    r"|could|may|might)\b|n't (?:mean|show|say|claim|imply)|\?",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?;\n]+[.!?;]?")


@dataclass(frozen=True, slots=True)
class Supported:
    """What the results of one outcome let anybody say: its name, whether its design may name a
    cause, whether its interval leaves out zero, and the reason where it does not."""

    outcome: str
    label: str
    causal: bool
    beyond_chance: bool
    why_no_more: str


def supported_by(outcome: OutcomeResult, *, reported_by_others: bool) -> Supported:
    """What one published outcome supports."""
    failed = [name for name, status in (outcome.checks or {}).items() if status == "fail"]
    low, high = outcome.conf_low, outcome.conf_high
    beyond = low is not None and high is not None and (low > 0 or high < 0)
    reasons = []
    if reported_by_others:
        reasons.append("the result was reported by others and not estimated here")
    if failed:
        reasons.append(f"the check {failed[0]} failed")
    if low is None or high is None:
        reasons.append("there is no measure of chance")
    elif not beyond:
        reasons.append("the interval includes zero")
    return Supported(
        outcome=outcome.id,
        label=outcome.label,
        causal=not reported_by_others and not failed,
        beyond_chance=beyond and not reported_by_others,
        why_no_more="; ".join(reasons) or "an estimate does not prove",
    )


def over_claims(text: str, results: Sequence[Supported]) -> Iterator[str]:
    """Each sentence that claims too much, with the words that do and why they are too many.

    ``results`` are of the outcomes, that of the headline first; a sentence that names an outcome
    by its label is held to that one.
    """
    for match in _SENTENCE.finditer(text):
        sentence = " ".join(match.group(0).split())
        named = [r for r in results if r.label.casefold() in sentence.casefold()]
        backing = named or list(results[:1])
        for kind, pattern in _CLAIMS:
            words = pattern.search(sentence)
            if words is None or _is_denied(kind, sentence, words):
                continue
            if problem := _problem(kind, backing):
                yield f"{sentence!r} claims {kind} ({words.group(0)!r}), but {problem}"
                break


def _is_denied(kind: Claimed, sentence: str, words: re.Match[str]) -> bool:
    """Is it said that this is not so, or asked, or only hoped?"""
    if kind == "no effect":
        rest = sentence[: words.start()] + " " + sentence[words.end() :]
        return _DENIED.search(rest) is not None
    return _HEDGED.search(sentence[: words.end()]) is not None or sentence.endswith("?")


def _problem(kind: Claimed, backing: Sequence[Supported]) -> str:
    if kind == "proof":
        return "an estimate with a comparison group does not prove."
    if kind == "no effect":
        return "an interval that includes zero does not show that there is none."
    if not backing:
        return "nothing was measured here that could support it."
    for result in backing:
        if kind == "a cause" and not (result.causal and result.beyond_chance):
            return f"of {result.outcome}: {result.why_no_more}."
        if kind == "significance" and not result.beyond_chance:
            return f"of {result.outcome}: {result.why_no_more}."
    return ""
