"""Plain facts that several sections and the index share: badges, dates, conventions in words."""

import datetime as dt

from pbc_eval.agreement.adjustment import Algorithm
from pbc_eval.agreement.design import Matching
from pbc_eval.disclosure import ReleasedEvaluation
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

PLAIN_WORDS: dict[Algorithm, str] = {
    "nearest": "Each person in the programme was compared with the most similar people who were "
    "not in it.",
    "optimal": "People were paired so that the differences within all pairs together are as small "
    "as they can be.",
    "full": "Everybody was put into groups of similar people, each with at least one person in the "
    "programme and one who was not, as close together as they can be.",
    "subclass": "People were sorted into groups by their chance of being in the programme, and "
    "compared within each group.",
    "coarsened": "People were compared only with those in the same broad band of every "
    "characteristic.",
    "exact": "People were compared only with those who agree in every characteristic.",
    "cardinality": "The largest sample was chosen in which the two groups are, on average, alike "
    "in every characteristic.",
    "ipw": "People who were not in the programme count the more, the likelier they were to have "
    "been in it.",
    "overlap": "People count the more, the better they could have been in either group; the effect "
    "is for such people.",
    "entropy": "People who were not in the programme were weighted so that the averages of every "
    "characteristic are those of the programme group.",
    "cbps": "Weights by the chance of being in the programme were chosen so that the averages of "
    "every characteristic agree.",
}


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
    if isinstance(spec.design, Matching):
        facts.insert(0, (Message("In plain words"), PLAIN_WORDS[spec.design.algorithm]))
    if spec.design.method != "reported":
        facts += [
            (Message("Compared with"), method.comparison_group),
            (Message("Base period"), method.base_period),
            (Message("Clustering"), method.clustering),
            (Message("Standard errors"), method.inference),
        ]
        agreed = getattr(spec.design, "agreed_on", None)
        facts.append((Message("Design fixed on"), long_date(agreed) if agreed else "Not recorded"))
    return [(term, text) for term, text in facts if text and text != "not applicable"]
