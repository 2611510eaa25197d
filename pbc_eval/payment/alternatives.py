"""What would have been paid under every other estimator that was run.

The agreed rule stays as it is, lower bounds and significance included; only the results change.
So a reader sees how much of the payment is the programme and how much the choice of method.
"""

from collections.abc import Mapping
from decimal import Decimal

import pandas as pd

from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment.due import Results, outcomes_by_id, payment_due
from pbc_eval.results import MeasuredOutcome

AGREED = "As agreed"
COLUMNS = ("estimator", "total", "difference", "reason")


def payment_under_alternatives(
    terms: PaymentTerms, results: Results, alternatives: Mapping[str, Results]
) -> pd.DataFrame:
    """Total under the agreed estimate, then under each named alternative.

    An alternative holds the outcomes that it estimates, each with its own interval; outcomes that
    it leaves out keep the agreed result. Where a clause cannot be applied to an alternative (it
    has no interval, say), the total is None and ``reason`` says why.

    One row an estimator. Columns: estimator, total (Decimal or None), difference (from the total
    as agreed, Decimal or None), reason.

    Raises PaymentTermsError as ``payment_due`` does for the agreed results.
    """
    known = outcomes_by_id(results)
    agreed = payment_due(terms, known).total
    rows = [_row(AGREED, agreed, agreed, "")]
    for name, replaced in alternatives.items():
        total: Decimal | None = None
        reason = ""
        try:
            total = payment_due(terms, {**known, **outcomes_by_id(replaced)}).total
        except PaymentTermsError as error:
            reason = _why_not(error, outcomes_by_id(replaced))
        rows.append(_row(name, total, agreed, reason))
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def _why_not(error: PaymentTermsError, replaced: Mapping[str, MeasuredOutcome]) -> str:
    """In a reader's words where the estimate has no interval; the remedies of the error are for
    those who write the terms."""
    if any(measured.conf_low is None for measured in replaced.values()):
        return "This estimate has no interval, and the rule asks for one."
    return str(error)


def _row(name: str, total: Decimal | None, agreed: Decimal, reason: str) -> dict[str, object]:
    difference = None if total is None else total - agreed
    return {"estimator": name, "total": total, "difference": difference, "reason": reason}
