"""Numbers, amounts and dates in any language, with the digits that Python rounds to."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.messages import number_formats as formats

MINUS = "\N{MINUS SIGN}"
numbers = st.floats(-1e9, 1e9, allow_nan=False)


@given(numbers, st.integers(0, 6))
def test_english_digits_are_those_that_python_rounds_to(value, decimals):
    plain = f"{abs(value):,.{decimals}f}"
    is_zero = not plain.strip("0.,")
    assert formats.number(value, decimals) == (MINUS if value < 0 and not is_zero else "") + plain


@given(numbers, st.integers(0, 4))
def test_a_percentage_is_a_hundred_times_the_fraction(value, decimals):
    assert formats.percent(value, decimals) == f"{formats.number(100 * value, decimals)}%"


@pytest.mark.parametrize(
    ("currency", "language", "text"),
    [
        ("GBP", "en", "£1,234.50"), ("USD", "en", "$1,234.50"), ("EUR", "en", "€1,234.50"),
        ("AUD", "en", "A$1,234.50"), ("NZD", "en", "NZ$1,234.50"), ("INR", "en", "₹1,234.50"),
        ("CHF", "en", "CHF 1,234.50"), ("GBP", "cy", "£1,234.50"), ("USD", "cy", "US$1,234.50"),
        ("EUR", "de", "1.234,50 €"),
    ],
)  # fmt: skip
def test_currencies_are_written_as_the_language_writes_them(currency, language, text):
    assert formats.money(1234.5, currency, 2, language) == text
    assert formats.money(-1234.5, currency, 2, language) == MINUS + text
    assert formats.exact_money(Decimal("1234.5"), currency, language) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1200", "£1,200"), ("1200.50", "£1,200.50"), ("0.125", "£0.125"), ("-3", f"{MINUS}£3")],
)
def test_an_agreed_amount_keeps_all_its_digits(amount, text):
    assert formats.exact_money(Decimal(amount), "GBP") == text


def test_dates_are_written_in_full_and_read_again():
    day = dt.date(2026, 3, 31)
    assert formats.long_date(day) == "31 March 2026"
    assert formats.long_date(day, "cy") == "31 Mawrth 2026"
    assert formats.read_long_date("31 March 2026") == day
    with pytest.raises(ValueError, match="no date such as"):
        formats.read_long_date("31 Mawrth 2026")


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(12345.6, 3, "12,300"), (0.5, 3, "0.5"), (-1.2345e-5, 3, f"{MINUS}0.0000123"), (0, 3, "0"),
     (float("inf"), 3, "∞"), (None, 3, "–")],
)  # fmt: skip
def test_significant_digits_are_written_without_exponents(value, digits, text):
    assert formats.significant(value, digits) == text
