"""Plain facts that several sections and the index share: badges, dates, conventions in words."""

import pandas as pd

from pbc_eval.checks import checks_for
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedFinding
from pbc_eval.evaluation.agreement_of_methods import AgreementOfMethods, agreement_of_methods
from pbc_eval.evaluation.by_eligibility import ELIGIBLE_ALONE
from pbc_eval.evaluation.comparison_groups import NOT_MATCHED
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.messages.number_formats import long_date
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import Name, Number
from pbc_eval.payment.alternatives import AGREED
from pbc_eval.results import CheckResult

DATA_BADGES = {
    "real": Sentence("Real data"),
    "reported": Sentence("Results as reported by others"),
    "recalled": Sentence("Recalled figures, to be verified"),
    "synthetic": Sentence("Synthetic data: no real people or places"),
}
STATUS_WORDS = {
    "draft": Sentence("Draft"),
    "provisional": Sentence("Provisional"),
    "final": Sentence("Final"),
}
CHECK_WORDS = {
    "pass": (Sentence("no warning sign"), "\N{HEAVY CHECK MARK}"),
    "review": (Sentence("look at this"), "!"),
    "fail": (Sentence("does not hold"), "\N{MULTIPLICATION SIGN}"),
    "not_applicable": (Sentence("could not be tested"), "\N{EN DASH}"),
}
VERDICTS = {
    "improved": (Sentence("Improved"), "\N{HEAVY CHECK MARK}"),
    "worsened": (Sentence("Worsened"), "\N{MULTIPLICATION SIGN}"),
    "uncertain": (Sentence("Not certain"), "?"),
    "no_interval": (Sentence("Without a measure of chance"), "?"),
}
AS_REPORTED = Sentence("As reported by others")
WITH_DOUBTS = {
    "improved": (Sentence("Improved, with doubts"), "!"),
    "worsened": (Sentence("Worsened, with doubts"), "!"),
}


def verdict_words(
    verdict: str, finding: ReleasedFinding, released: ReleasedEvaluation
) -> tuple[Sentence, str]:
    """Words and mark of a verdict. The tick is earned by the checks and by the agreement of
    methods, not by an interval that leaves out zero alone."""
    if design_kind(released.spec.design).reported_by_others:
        return AS_REPORTED, VERDICTS[verdict][1]
    if verdict in WITH_DOUBTS and in_doubt(finding, released):
        return WITH_DOUBTS[verdict]
    return VERDICTS[verdict]


def in_doubt(finding: ReleasedFinding, released: ReleasedEvaluation) -> bool:
    """Does a check speak against it or ask to be looked at, or do too few other ways agree?"""
    agreement = agreement_with_others(finding, released)
    disagree = agreement is not None and not agreement.holds
    return disagree or bool(unanswered(finding, released))


def unanswered(finding: ReleasedFinding, released: ReleasedEvaluation) -> tuple[CheckResult, ...]:
    """Checks that failed or are for review, but for those that another, which passed, answers."""
    rows = {row.name: row for row in checks_for(released.spec.design.method)}
    passed = {check.name for check in finding.checks if check.status == "pass"}
    answered = {rows[name].answers for name in passed if name in rows}
    return tuple(
        check
        for check in finding.checks
        if check.status == "fail" or (check.status == "review" and check.name not in answered)
    )


def agreement_with_others(
    finding: ReleasedFinding, released: ReleasedEvaluation
) -> AgreementOfMethods | None:
    """How far the other estimates of the outcome agree; None without any. What was not matched at
    all is no other way, nor is a difference without the third that was agreed; a randomised
    benchmark stands for itself."""
    table = finding.table("estimates")
    if table is None or len(table.frame) != len(finding.alternatives):
        return None
    names = [str(name) for name in table.frame["estimator"]]
    others = [
        (name, estimate)
        for name, estimate in zip(names, finding.alternatives, strict=True)
        if name not in (NOT_MATCHED, ELIGIBLE_ALONE, names[0]) and estimate != finding.benchmark
    ]
    if not others:
        return None
    payments: dict[str, float] = {}
    agreed = None
    paid = released.table("payment-alternatives")
    clauses = released.spec.payment.due_clauses if released.spec.payment else ()
    if paid is not None and any(finding.outcome.id in clause.outcomes for clause in clauses):
        totals = zip(paid.frame["estimator"], paid.frame["total"], strict=True)
        known = {str(name): float(total) for name, total in totals if not pd.isna(total)}
        agreed = known.pop(AGREED, None)
        payments = known
    return agreement_of_methods(finding.headline, others, payments, agreed)


def is_illustrative(evaluation: ReleasedEvaluation) -> bool:
    """Was any amount on the page made up to show how it would be applied?"""
    value_map = evaluation.spec.value_map
    return bool(
        (evaluation.payment and evaluation.payment.illustrative)
        or (value_map and value_map.status == "illustrative")
        or evaluation.spec.contract.status == "illustrative"
    )


def disclosure_sentence(released: ReleasedEvaluation) -> Sentence:
    """The rule, why it is what it is, and what it hid."""
    rule = released.rule
    reason = Sentence(" {reason}", reason=Name(rule.reason)) if rule.reason else EMPTY
    if rule.threshold <= 1:
        return Sentence("No number was held back as too small.{reason}", reason=reason)
    data, hidden = released.spec.data, released.n_suppressed
    if rule.counts == "bodies":
        return Sentence(
            "Numbers of {units} are shown, however small: they are bodies whose identity is "
            "public. Counts of fewer than {threshold} people in measures of performance and in the "
            "value map are not published.{reason} {held_back}",
            units=Name(data.unit_name[1]) if data else Sentence("units"),
            threshold=Number(rule.threshold),
            reason=reason,
            held_back=_held_back(hidden),
        )
    return Sentence(
        "Counts of fewer than {threshold} {units}, what is known about them, and figures from "
        "which either could be worked out are not published.{reason} {held_back}",
        threshold=Number(rule.threshold),
        units=Name(data.unit_name[1]) if data else Sentence("people"),
        reason=reason,
        held_back=_held_back(hidden),
    )


def _held_back(cells: int) -> Sentence:
    if not cells:
        return Sentence("No cell had to be held back.")
    if cells == 1:
        return Sentence("One cell is held back.")
    return Sentence("{n} cells are held back.", n=Number(cells))


def method_facts(evaluation: ReleasedEvaluation) -> list[tuple[str, str]]:
    """How the headline was estimated, as term and text."""
    spec, primary = evaluation.spec, evaluation.primary
    if primary is None:
        return []
    method = primary.headline.method
    facts = [(Sentence("Estimator"), method.estimator)]
    kind = design_kind(spec.design)
    if kind.plain_words is not None:
        facts.insert(0, (Sentence("In plain words"), kind.plain_words(spec)))
    if not kind.reported_by_others:
        facts += [
            (Sentence("Compared with"), method.comparison_group),
            (Sentence("Base period"), method.base_period),
            (Sentence("Clustering"), method.clustering),
            (Sentence("Standard errors"), method.inference),
        ]
        if drawn := getattr(spec.design, "starts_at_random", None):
            facts.append((Sentence("Starts as good as random"), drawn))
        agreed = getattr(spec.design, "agreed_on", None)
        facts.append((Sentence("Design fixed on"), long_date(agreed) if agreed else "Not recorded"))
    return [(term, text) for term, text in facts if text and text != "not applicable"]
