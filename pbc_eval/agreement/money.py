"""Money and agreed numbers: read without loss, printed one way.

Amounts arrive from YAML as whole numbers, floats or text such as ``1,250.50`` and become Decimal
from their text, so that 0.1 pounds is ten pence exactly. A float goes through its shortest text
(``repr``), which is what the author typed.
"""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from pbc_eval.messages import written_numbers
from pbc_eval.messages.number_formats import exact_money

MOST_DIGITS = 20  # of an amount or a count: more than there is money
_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?")
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")


def exact_decimal(value: Any) -> Decimal:
    """The number as it was written, as a Decimal.

    Raises ValueError, saying what to write instead, for currency signs, percentages, decimal
    commas, missing and infinite numbers, and for anything that is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise ValueError(f"must be a number, got {value!r}")
    if isinstance(value, str):
        return _decimal_from_text(value.strip())
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not number.is_finite():
        raise ValueError(f"must be a finite number, got {value!r}")
    if number.adjusted() >= MOST_DIGITS:
        raise ValueError(f"must have at most {MOST_DIGITS} digits before the point, got {value!r}")
    return number


def _decimal_from_text(text: str) -> Decimal:
    if _PLAIN.fullmatch(text) or _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", ""))
    parts = written_numbers.taken_apart(text)
    rule = "must be a plain number"
    if parts is None:
        rule += " such as 1250.50 or 1,250.50 (comma for thousands, point for decimals)"
        raise ValueError(f"{rule}, got {text!r}")
    why = " Percentages are written as fractions." if parts.percent else ""
    why += " The currency is stated once, in 'currency'." if parts.currency else ""
    raise ValueError(f"{rule}, got {text!r}.{why}{_remedy(text)}")


def _remedy(text: str) -> str:
    """What to write instead: as the file writes numbers, if it is a number so written."""
    value = written_numbers.value_in(text, "1,234.5")
    if value is None:
        return written_numbers.instead(text)
    return f" Did you mean {written_numbers.shortest(value)}?"


def _exact_amount(value: Any) -> Decimal:
    """An amount of money as it was written; a percentage is none, and no figure is offered."""
    if isinstance(value, str) and value.strip().endswith("%"):
        raise ValueError(
            f"must be an amount of money, got {value!r}. A percentage of something is a share, "
            "which has a key of its own"
        )
    return exact_decimal(value)


def _refuse_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError(
            f"must not be negative, got {value}. For money that the provider owes, write "
            f"{abs(value)} and add deduction: true to the clause"
        )
    return value


Number = Annotated[Decimal, BeforeValidator(exact_decimal)]
"""An agreed number (a threshold, a count), kept exactly as written."""

Money = Annotated[Decimal, BeforeValidator(_exact_amount), AfterValidator(_refuse_negative)]
"""An amount of money, zero or more, in the contract's currency, kept exactly as written."""


def money_text(amount: Decimal, currency: str) -> str:
    """'£1,200', '£1,200.50', '-£0.125', 'A$1,200': whole amounts without decimals."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{exact_money(abs(amount), currency)}"


def number_text(value: Decimal) -> str:
    """'1,234.5': thousands separated, no trailing zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
