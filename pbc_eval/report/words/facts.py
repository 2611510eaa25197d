"""Plain facts that several sections and the index share: badges, dates, conventions in words."""

import datetime as dt

from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.messages.message import Message

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DATA_BADGES = {
    "real": Message("Real data"),
    "reported": Message("Results as reported by others"),
    "recalled": Message("Recalled figures, to be verified"),
    "synthetic": Message("Synthetic data: no real people or places"),
}
STATUS_WORDS = {
    "draft": Message("Draft"),
    "provisional": Message("Provisional"),
    "final": Message("Final"),
}
CHECK_WORDS = {
    "pass": (Message("no warning sign"), "\N{HEAVY CHECK MARK}"),
    "review": (Message("look at this"), "!"),
    "fail": (Message("does not hold"), "\N{MULTIPLICATION SIGN}"),
    "not_applicable": (Message("could not be tested"), "\N{EN DASH}"),
}
VERDICTS = {
    "improved": (Message("Improved"), "\N{HEAVY CHECK MARK}"),
    "worsened": (Message("Worsened"), "\N{MULTIPLICATION SIGN}"),
    "uncertain": (Message("Not certain"), "?"),
    "no_interval": (Message("Without a measure of chance"), "?"),
}
AS_REPORTED = Message("As reported by others")


def long_date(day: dt.date) -> str:
    """31 March 2026, the same in every locale."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def is_illustrative(evaluation: ReleasedEvaluation) -> bool:
    """Was any amount on the page made up to show how it would be applied?"""
    value_map = evaluation.spec.value_map
    return bool(
        (evaluation.payment and evaluation.payment.illustrative)
        or (value_map and value_map.status == "illustrative")
        or evaluation.spec.contract.status == "illustrative"
    )


def disclosure_sentence(released: ReleasedEvaluation) -> str:
    """The rule, why it is what it is, and what it hid."""
    rule = released.rule
    if rule.threshold <= 1:
        return f"No number was held back as too small. {rule.reason}".strip()
    data = released.spec.data
    units = data.unit_name[1] if data else "people"
    hidden = released.n_suppressed
    found = f"{hidden} cells are held back." if hidden else "No cell had to be held back."
    reason = f" {rule.reason}" if rule.reason else ""
    return (
        f"Counts of fewer than {rule.threshold} {units}, what is known about them, and figures "
        f"from which either could be worked out are not published.{reason} {found}"
    )


def method_facts(evaluation: ReleasedEvaluation) -> list[tuple[str, str]]:
    """How the headline was estimated, as term and text."""
    spec, primary = evaluation.spec, evaluation.primary
    if primary is None:
        return []
    method = primary.headline.method
    facts = [(Message("Estimator"), method.estimator)]
    kind = design_kind(spec.design)
    if kind.plain_words is not None:
        facts.insert(0, (Message("In plain words"), kind.plain_words(spec)))
    if not kind.reported_by_others:
        facts += [
            (Message("Compared with"), method.comparison_group),
            (Message("Base period"), method.base_period),
            (Message("Clustering"), method.clustering),
            (Message("Standard errors"), method.inference),
        ]
        agreed = getattr(spec.design, "agreed_on", None)
        facts.append((Message("Design fixed on"), long_date(agreed) if agreed else "Not recorded"))
    return [(term, text) for term, text in facts if text and text != "not applicable"]
