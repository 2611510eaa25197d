"""What follows from payment terms: what each clause would pay, and what investors get back."""

from dataclasses import dataclass

import pandas as pd

from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.evaluation.payment_left_out import LeftOutPayment
from pbc_eval.payment.cash_flow import cash_flow_table, investor_returns
from pbc_eval.payment.due import Results
from pbc_eval.payment.ladder import Ladder, ladders
from pbc_eval.payment.risk import PaymentRisk
from pbc_eval.payment.statement import PaymentStatement

MOST_LADDERS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PaymentAnalysis:
    """Beside the statement: ladders of the clauses that pay by steps, and the investors' side.

    ``returns`` has one row a scenario and case, ``cash_flow`` one a date; both are None where
    nobody invests or nothing has a standard error.
    """

    ladders: tuple[Ladder, ...]
    returns: pd.DataFrame | None
    cash_flow: pd.DataFrame | None
    left_out: tuple[LeftOutPayment, ...] = ()  # by outcome, where its effect was found again


def analyse_payment(
    terms: PaymentTerms | None,
    payment: PaymentStatement | None,
    risk: PaymentRisk | None,
    results: Results,
    left_out: tuple[LeftOutPayment, ...] = (),
) -> PaymentAnalysis | None:
    """The analysis of a payment that is due; None where nothing is paid."""
    if terms is None or payment is None:
        return None
    invested = terms.investment if risk is not None else None
    return PaymentAnalysis(
        ladders=ladders(terms, results)[:MOST_LADDERS],
        returns=investor_returns(invested, risk) if invested and risk else None,
        cash_flow=cash_flow_table(invested, float(payment.total)) if invested else None,
        left_out=left_out,
    )
