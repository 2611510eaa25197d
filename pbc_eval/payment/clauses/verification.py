"""Claims checked in a sample: the share found wrong, or the most it may be."""

from pbc_eval.agreement.payment_clauses import Verification
from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment.expression import Expression, Fact, Over, Significant
from pbc_eval.payment.measure import UPPER_ERROR
from pbc_eval.results import MeasuredOutcome


def error_share(outcome: str, rule: Verification) -> Expression:
    """The share of all claims that is taken to be wrong."""
    if rule.rule == "upper_bound":
        return Significant(Fact(outcome, f"{UPPER_ERROR}{rule.level!r}"))
    return Significant(Over(Fact(outcome, "claims_wrong"), Fact(outcome, "claims_checked")))


def check_sample(clause: str, outcome: MeasuredOutcome) -> None:
    """Refuse a sample that is not there, is empty, or has more errors than claims."""
    checked, wrong = outcome.claims_checked, outcome.claims_wrong
    if checked is None or wrong is None:
        raise PaymentTermsError(
            f"{clause}: claims of {outcome.outcome!r} are verified by a sample, which needs "
            "claims_checked and claims_wrong. Supply both, or remove verification."
        )
    if not 0 <= wrong <= checked or checked < 1 or checked > (outcome.count or 0):
        raise PaymentTermsError(
            f"{clause}: {wrong} wrong of {checked} claims checked cannot be, with "
            f"{outcome.count} claims of {outcome.outcome!r}. Wrong claims are among those "
            "checked, and those among all claims."
        )
