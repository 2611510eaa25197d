"""Money and agreed numbers: read without loss, printed one way.

Amounts arrive from YAML as whole numbers, floats or text such as ``1,250.50`` and become Decimal
from their text, so that 0.1 pounds is ten pence exactly. A float goes through its shortest text
(``repr``), which is what the author typed.
"""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from pbc_eval.messages.number_formats import exact_money

_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_PERCENT = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*%")


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
    return number


def _decimal_from_text(text: str) -> Decimal:
    if _PLAIN.fullmatch(text) or _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if percent := _PERCENT.fullmatch(text):
        fraction = (Decimal(percent[1]) / 100).normalize()
        raise ValueError(
            f"must be a plain number, got {text!r}. Percentages are written as fractions. "
            f"Did you mean {fraction:f}?"
        )
    stripped = re.sub(r"^([-+]?)\s*(?:[£$€]|[A-Z]{3})\s*|\s*(?:[£$€]|[A-Z]{3})$", r"\1", text)
    if stripped != text and (_PLAIN.fullmatch(stripped) or _GROUPED.fullmatch(stripped)):
        raise ValueError(
            f"must be a plain number, got {text!r}. Write {stripped.replace(',', '')}: the "
            "currency is stated once, in 'currency'."
        )
    raise ValueError(
        f"must be a plain number such as 1250.50 or 1,250.50 (comma for thousands, point for "
        f"decimals), got {text!r}"
    )


def _refuse_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError(
            f"must not be negative, got {value}. Money owed by the provider is a clause with "
            "deduction: true"
        )
    return value


Number = Annotated[Decimal, BeforeValidator(exact_decimal)]
"""An agreed number (a threshold, a count), kept exactly as written."""

Money = Annotated[Decimal, BeforeValidator(exact_decimal), AfterValidator(_refuse_negative)]
"""An amount of money, zero or more, in the contract's currency, kept exactly as written."""


def money_text(amount: Decimal, currency: str) -> str:
    """'£1,200', '£1,200.50', '-£0.125', 'A$1,200': whole amounts without decimals."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{exact_money(abs(amount), currency)}"


def number_text(value: Decimal) -> str:
    """'1,234.5': thousands separated, no trailing zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
