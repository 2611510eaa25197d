"""A measure beside its bounds is written with the digits that a reader needs, and no fewer."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.payment.clauses.words import beside

NUMBERS = st.decimals("-1000", "1000", places=11)


def read(text):
    return Decimal(text.replace(",", ""))


@given(NUMBERS, st.lists(NUMBERS, min_size=1, max_size=3))
def test_what_is_written_lies_where_the_measure_lies(value, bounds):
    shown = read(beside(value, *bounds))
    assert [shown.compare(bound) for bound in bounds] == [value.compare(b) for b in bounds]


def test_four_digits_are_enough_until_a_bound_is_nearer():
    assert beside(Decimal("0.0838709677419"), Decimal("0.1")) == "0.08387"
    assert beside(Decimal("0.0999996"), Decimal("0.1")) == "0.0999996"
    assert beside(Decimal("0.1000004"), Decimal("0.1")) == "0.1000004"
    assert beside(Decimal("142"), Decimal("0.1")) == "142"
