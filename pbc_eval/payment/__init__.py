"""Payment: agreed terms and measured outcomes in, an auditable statement out."""

from pbc_eval.payment.alternatives import payment_under_alternatives
from pbc_eval.payment.draws import DrawnPayments, payments_of_draws
from pbc_eval.payment.due import payment_due
from pbc_eval.payment.schedule import Schedule, schedule_of
from pbc_eval.payment.spreadsheet import SpreadsheetLine, spreadsheet_lines
from pbc_eval.payment.statement import LimitLine, PaymentStatement, StatementLine
from pbc_eval.payment.terms_in_words import terms_in_words

__all__ = [
    "DrawnPayments",
    "LimitLine",
    "PaymentStatement",
    "Schedule",
    "SpreadsheetLine",
    "StatementLine",
    "payment_due",
    "payment_under_alternatives",
    "payments_of_draws",
    "schedule_of",
    "spreadsheet_lines",
    "terms_in_words",
]
