"""What would have been paid under every other estimator that was run.

The agreed rule stands beside each alternative, so that a reader sees how much of the payment is
the programme and how much the choice of method.
"""

import dataclasses
from decimal import Decimal

import pandas as pd

from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment.due import Results, outcomes_by_id, payment_due
from pbc_eval.results import MeasuredOutcome
from pbc_eval.spec.payment_terms import Clause, PaymentTerms

AGREED = "as agreed"
HEADLINE_POINT = "headline point estimate"


def payment_under_alternatives(terms: PaymentTerms, results: Results) -> pd.DataFrame:
    """Total under the agreed rule, the headline's point estimate, and each alternative's.

    An alternative replaces the effect of every outcome that has it, at its point estimate; other
    outcomes keep the agreed rule. Alternatives carry no interval, so a clause that pays on a lower
    bound or on significance cannot be stated under them: the total is then None and ``reason``
    says why. The counterfactual of a relative effect stays the headline's.

    One row an estimator. Columns: estimator, total (Decimal or None), difference (from the total
    as agreed, Decimal or None), reason.

    Raises PaymentTermsError as ``payment_due`` does for the agreed rule.
    """
    known = outcomes_by_id(results)
    agreed = payment_due(terms, known).total
    rows: list[dict[str, object]] = [_row(AGREED, agreed, agreed, "")]
    used = {clause.outcome: None for clause in terms.clauses if clause.outcome is not None}
    everywhere = {key for key in used if known[key].effect is not None}
    names = [name for key in used for name, _ in known[key].alternatives]
    rows.append(_attempt(HEADLINE_POINT, _at_point(terms, everywhere), known, agreed))
    for name in dict.fromkeys(names):
        replaced = {key: _replaced(outcome, name) for key, outcome in known.items()}
        touched = {key for key, outcome in replaced.items() if outcome is not known[key]}
        unstated = [
            clause.id
            for clause in terms.clauses
            if clause.outcome in touched
            and clause.estimate_used in ("lower_bound", "zero_unless_significant")
        ]
        if unstated:
            reason = (
                f"{', '.join(unstated)} pays on an interval, and the alternative has a point "
                "estimate only"
            )
            rows.append(_row(name, None, agreed, reason))
        else:
            rows.append(_attempt(name, _at_point(terms, touched), replaced, agreed))
    return pd.DataFrame(rows, columns=["estimator", "total", "difference", "reason"], dtype=object)


def _replaced(outcome: MeasuredOutcome, name: str) -> MeasuredOutcome:
    """The outcome at the alternative's effect, or itself when it has no such alternative."""
    alternatives = dict(outcome.alternatives)
    if name not in alternatives:
        return outcome
    return dataclasses.replace(outcome, effect=alternatives[name])


def _at_point(terms: PaymentTerms, outcomes: set[str]) -> PaymentTerms:
    """The terms with every clause on ``outcomes`` paying on the point estimate."""

    def at_point(clause: Clause) -> Clause:
        if clause.outcome not in outcomes or clause.estimate_used == "point":
            return clause
        return clause.model_copy(update={"estimate_used": "point"})

    return terms.model_copy(update={"clauses": tuple(map(at_point, terms.clauses))})


def _attempt(
    name: str, terms: PaymentTerms, results: dict[str, MeasuredOutcome], agreed: Decimal
) -> dict[str, object]:
    try:
        return _row(name, payment_due(terms, results).total, agreed, "")
    except PaymentTermsError as error:
        return _row(name, None, agreed, str(error))


def _row(name: str, total: Decimal | None, agreed: Decimal, reason: str) -> dict[str, object]:
    difference = None if total is None else total - agreed
    return {"estimator": name, "total": total, "difference": difference, "reason": reason}
