"""A formula reads the same three ways: exactly, over draws and in a spreadsheet."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment.worksheet import FUNCTIONS

from pbc_eval.payment.expression import (
    Fact,
    Rounded,
    Significant,
    Term,
    exact,
    in_spreadsheet,
    leaves,
    minus,
)
from pbc_eval.payment.over_draws import over_draws

X = Fact("jobs", "x")


def three_ways(expression, value: float) -> tuple[Decimal, float, float]:
    known = Decimal(repr(value))
    formula = in_spreadsheet(expression, lambda leaf: "x", lambda leaf: known)
    sheet = eval(formula.replace("<>", "!="), {"__builtins__": {}}, FUNCTIONS | {"x": value})
    drawn = over_draws(expression, lambda leaf: np.array([value]))
    return exact(expression, lambda leaf: known), float(drawn[0]), sheet


@settings(max_examples=200)
@given(st.floats(-1e15, 1e15).filter(lambda x: x == 0 or abs(x) > 1e-9))
def test_twelve_significant_digits_are_the_same_number_everywhere(value):
    decimal, drawn, sheet = three_ways(Significant(X), value)
    assert drawn == float(decimal)
    assert sheet == pytest.approx(float(decimal), rel=1e-11)  # a tie may go the other way


@pytest.mark.parametrize("mode", ["half_up", "half_even", "down"])
@pytest.mark.parametrize("decimals", [0, 2])
@pytest.mark.parametrize(
    "value", [0.125, -0.125, 0.5, 1.5, 2.5, -2.5, 1.005, 2.675, 1234567.895, 0.0, -0.001, 0.29]
)
def test_halves_are_rounded_by_the_contracts_rule_everywhere(value, decimals, mode):
    decimal, drawn, sheet = three_ways(Rounded(X, decimals, mode), value)
    assert drawn == float(decimal) == sheet
    assert not np.signbit(drawn) or drawn < 0


def test_leaves_are_listed_once_in_order_without_constants():
    price = Term("price", Decimal(3))
    assert leaves(minus(minus(X, price), X)) == (X, price)
