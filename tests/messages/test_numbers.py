"""How numbers are written: thousands, signs, zero, shares, p-values, money."""

import math

import pytest

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.numbers import adds_up_as_shown, differ_as_shown

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234.56, 1, "1,234.6"),
        (-0.04, 1, "0.0"),
        (-2, 0, f"{MINUS}2"),
        (-1234567.891, 2, f"{MINUS}1,234,567.89"),
        (None, 1, "\N{EN DASH}"),
        (math.nan, 1, "\N{EN DASH}"),
    ],
)
def test_numbers(value, decimals, text):
    assert fmt.number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "currency", "decimals", "text"),
    [
        (1500, "GBP", 0, "£1,500"),
        (-0.4, "GBP", 0, "£0"),
        (-1500.5, "USD", 2, f"{MINUS}$1,500.50"),
        (10, "CHF", 0, "CHF 10"),
    ],
)
def test_money_puts_the_sign_before_the_symbol(value, currency, decimals, text):
    assert fmt.money(value, currency, decimals) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0004, "< 0.001"), (0.001, "0.001"), (0.0496, "0.050"), (1, "1.000")]
)
def test_a_p_value_is_never_zero(value, text):
    assert fmt.p_value(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(590, "590"), (0.1034644, "0.1035"), (2861.3299, "2,861.33"), (0, "0")]
)
def test_a_measure_shows_enough_digits_to_follow_the_payment(value, text):
    assert fmt.measure(value) == text


def test_shares_are_percentages():
    assert fmt.percent(0.25) == "25%"
    assert fmt.percent(-0.0839, 1) == f"{MINUS}8.4%"


@pytest.mark.parametrize("one", [19.71, 19.74, 19.75, 19.76, 20.0, 20.04])
@pytest.mark.parametrize("other", [21.86, 21.94, 21.95, 22.0])
def test_rounded_levels_that_contradict_their_difference_are_seen(one, other):
    outcome = Outcome(id="a", label="A", unit="u", direction="lower_is_better", decimals=1)
    shown = round(float(f"{one:.1f}") - float(f"{other:.1f}"), 1)
    agree = shown == float(f"{one - other:.1f}")
    assert differ_as_shown(one, other, one - other, outcome) == agree


def test_shares_are_compared_as_percentages():
    outcome = Outcome(
        id="a", label="A", unit="u", direction="lower_is_better", decimals=0,
        shown_as="percentage_points",
    )  # fmt: skip
    assert not differ_as_shown(0.256, 0.204, 0.052, outcome)  # 26 less 20, shown as 5
    assert differ_as_shown(0.25, 0.20, 0.05, outcome)


def test_parts_that_do_not_add_up_as_shown_are_seen():
    assert adds_up_as_shown([1.2, 2.3], 3.5, 1)
    assert not adds_up_as_shown([1.4, 2.4], 3.8, 0)
