"""How numbers, amounts and dates are written, in any language: by the rules of Unicode's CLDR.

The one home of Babel's formats. Rounding is Python's, to the digits asked for, so that the same
number is written with the same digits in every language. Two conventions are ours: negatives carry
a true minus sign in front of everything, and a missing number is an en dash.
"""

import datetime as dt
import math
from decimal import Decimal
from functools import cache

from babel.core import Locale
from babel.dates import format_date, get_month_names
from babel.numbers import NumberPattern, format_currency, get_currency_symbol, parse_pattern

SOURCE = "en"
MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"
DATES_OF = {SOURCE: "en_GB"}  # day, month, year; currencies keep their shortest symbols


def number(value: float | None, decimals: int = 1, language: str = SOURCE) -> str:
    """1,234.5; the minus sign is a real one; missing is an en dash."""
    if value is None or math.isnan(value):
        return MISSING
    exact = Decimal(f"{abs(value):.{decimals}f}")
    return signed(_plain(decimals, language).apply(exact, language), value < 0 and bool(exact))


def significant(value: float | None, digits: int, language: str = SOURCE) -> str:
    """A number to so many significant digits, without zeros at its end and without exponents."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return signed("\N{INFINITY}", value < 0)
    decimals = -int(Decimal(f"{value:.{digits}g}").as_tuple().exponent)
    return number(float(f"{value:.{digits}g}"), max(decimals, 0), language)


def percent(value: float | None, decimals: int = 0, language: str = SOURCE) -> str:
    """A fraction as a percentage: 0.25 is 25%."""
    if value is None or math.isnan(value):
        return MISSING
    exact = Decimal(f"{abs(100 * value):.{decimals}f}")
    text = _percentage(decimals, language).apply(exact / 100, language)
    return signed(text, value < 0 and bool(exact))


def money(value: float | None, currency: str, decimals: int = 0, language: str = SOURCE) -> str:
    """£1,235, with the code in front where the language has no symbol."""
    if value is None or math.isnan(value):
        return MISSING
    exact = Decimal(f"{abs(value):.{decimals}f}")
    text = format_currency(
        exact, currency, _currency(decimals, currency, language), language, currency_digits=False
    )
    # Plain spaces: files and comparisons see the text that a reader sees.
    return signed(text.replace("\N{NO-BREAK SPACE}", " "), value < 0 and bool(exact))


def exact_money(amount: Decimal, currency: str, language: str = SOURCE) -> str:
    """An agreed amount with all its digits: £1,200, £1,200.50; whole amounts without decimals."""
    decimals = max(-int(amount.normalize().as_tuple().exponent), 0)
    size = abs(amount)
    text = format_currency(
        size,
        currency,
        _currency(max(decimals, 2) if decimals else 0, currency, language),
        language,
        currency_digits=False,
        decimal_quantization=False,
    )
    return signed(text.replace("\N{NO-BREAK SPACE}", " "), amount < 0)


def p_value(value: float | None, language: str = SOURCE) -> str:
    """Three decimals, and never zero: '< 0.001'."""
    if value is None or math.isnan(value):
        return MISSING
    if value < 0.001:
        return f"< {number(0.001, 3, language)}"
    return number(value, 3, language)


def read_long_date(text: str) -> dt.date:
    """The day that ``long_date`` writes in English. Raises ValueError for any other text."""
    day, month, year = text.split()
    months = {name: number for number, name in get_month_names("wide", locale="en_GB").items()}
    if month not in months:
        raise ValueError(f"{text!r} is no date such as 31 March 2026.")
    return dt.date(int(year), months[month], int(day))


def long_date(day: dt.date, language: str = SOURCE) -> str:
    """31 March 2026."""
    return format_date(day, "long", DATES_OF.get(language, language))


def signed(text: str, negative: bool) -> str:
    """A text of a size with the true minus sign of a negative one."""
    return MINUS + text if negative else text


@cache
def _plain(decimals: int, language: str) -> NumberPattern:
    return _with_decimals(Locale.parse(language).decimal_formats[None].pattern, decimals)


@cache
def _percentage(decimals: int, language: str) -> NumberPattern:
    return _with_decimals(Locale.parse(language).percent_formats[None].pattern, decimals)


@cache
def _currency(decimals: int, currency: str, language: str) -> NumberPattern:
    pattern = Locale.parse(language).currency_formats["standard"].pattern
    if get_currency_symbol(currency, language)[-1:].isalpha():  # CLDR's alphaNextToNumber
        pattern = pattern.replace("\N{CURRENCY SIGN}#", "\N{CURRENCY SIGN}\N{NO-BREAK SPACE}#")
    return _with_decimals(pattern, decimals)


def _with_decimals(pattern: str, decimals: int) -> NumberPattern:
    made = parse_pattern(pattern)
    made.frac_prec = (decimals, decimals)
    return made
