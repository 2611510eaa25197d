"""The payment in results.json: its lines, and the account of a contract that pays for claims."""

from decimal import Decimal

from pbc_eval.payment.account import Account
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.results_file import (
    PaymentAccount,
    PaymentAdjustment,
    PaymentLine,
    PaymentResult,
    PaymentYearResult,
    PricedClaims,
)


def payment_result(payment: PaymentStatement, account: Account | None) -> PaymentResult:
    """The payment that is due with its lines, and the account where claims are paid for."""
    return PaymentResult(
        currency=payment.currency,
        total=str(payment.total),
        illustrative=payment.illustrative,
        expected=payment.expected,
        recorded_as_paid=_text(payment.recorded_as_paid),
        lines=tuple(
            PaymentLine(clause=line.clause, formula=line.formula, amount=str(line.amount))
            for line in payment.lines
        ),
        adjustments=tuple(
            PaymentAdjustment(name=entry.name, formula=entry.formula, amount=str(entry.amount))
            for entry in payment.adjustments
        ),
        account=None if account is None else _account(account),
    )


def _account(account: Account) -> PaymentAccount:
    return PaymentAccount(
        years=tuple(
            PaymentYearResult(
                year=year.year,
                start=year.start,
                end=year.end,
                claims=f"{year.claims:f}",
                due=f"{year.due:f}",
                paid_before=_text(year.paid_before),
                to_pay=f"{year.to_pay:f}",
                accrued=f"{year.accrued:f}",
                forecast=f"{year.forecast:f}",
                planned=_text(year.planned),
            )
            for year in account.years
        ),
        claims=tuple(
            PricedClaims(
                clause=line.clause,
                label=line.label,
                cohort=line.cohort,
                price=f"{line.price:f}",
                claims=f"{line.claims:f}",
                people=line.people,
                amount=f"{line.amount:f}",
                paid=_text(line.paid),
            )
            for line in account.lines
        ),
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
