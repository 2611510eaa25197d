"""What must hold for every contract: monotone, never above a cap, adding up, order irrelevant."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from payment.conftest import make_clause, make_outcome, make_terms

from pbc_eval.payment import payment_due

effects = st.floats(-1e6, 1e6)
prices = st.decimals(0, 10_000, places=4)
quick = settings(max_examples=60, deadline=None)
BANDS = [
    {"from": 0, "to": 10, "rate": "3.335"},
    {"from": 10, "to": 50, "rate": "2.005"},
    {"from": 50, "to": None, "pay": "17.77"},
]


def statement(clauses, effect, **contract):
    return payment_due(
        make_terms(*clauses, **contract), [make_outcome(effect=effect, total_scale=7)]
    )


@quick
@given(effects, effects, prices)
def test_more_effect_never_pays_less(one, two, price):
    low, high = sorted((one, two))
    for rule in (
        make_clause("tariff", price=price, max_units=1000, cap=50_000),
        make_clause("threshold", minimum="0.5", price=price),
        make_clause("bands", mode="marginal", bands=BANDS),
    ):
        assert statement([rule], low).total <= statement([rule], high).total


@quick
@given(effects, st.lists(prices, min_size=1, max_size=5), st.integers(0, 10**6))
def test_lines_and_adjustments_sum_to_the_total_and_never_exceed_the_cap(effect, each, cap):
    rules = [make_clause("tariff", id=f"c{i}", price=price) for i, price in enumerate(each)]
    for mode in ("half_up", "half_even", "down"):
        found = statement(rules, effect, cap=cap, rounding={"mode": mode})
        assert Decimal(0) <= found.total <= cap
        assert found.total == sum(found.to_frame()["amount"])
        assert found.total.as_tuple().exponent == -2
        assert not found.adjustments or found.total == cap


@quick
@given(effects, st.permutations(range(4)))
def test_order_of_clauses_is_irrelevant(effect, order):
    rules = [
        make_clause("tariff", price="1.005"),
        make_clause("threshold", minimum=1, amount="99.99"),
        make_clause("bands", mode="marginal", bands=BANDS),
        make_clause("tariff", id="credit", price="0.333", deduction=True, cap=40),
    ]
    shuffled = [rules[i] for i in order]
    assert statement(rules, effect, cap=500).total == statement(shuffled, effect, cap=500).total


@quick
@given(st.decimals("0.001", 1000, places=3), st.integers(1, 50))
def test_a_measure_equal_to_its_threshold_meets_it_however_it_was_computed(minimum, parts):
    rule = make_clause("threshold", measure="effect", minimum=minimum, amount=1)
    effect = sum([float(minimum) / parts] * parts)
    assert statement([rule], effect).total == 1


@quick
@given(st.integers(0, 200))
def test_marginal_bands_price_each_unit_by_the_band_it_falls_in(count):
    rates = [(0, 10, "3.335"), (10, 50, "2.005"), (50, None, "0.5")]
    bands = [{"from": low, "to": high, "rate": rate} for low, high, rate in rates]
    rule = make_clause("bands", mode="marginal", measure="count", bands=bands)
    by_unit = sum(
        (
            next(Decimal(rate) for low, high, rate in rates if high is None or unit < high)
            for unit in range(count)
        ),
        Decimal(0),
    )
    found = payment_due(make_terms(rule), [make_outcome(source="counted", count=count)])
    assert found.lines[0].amount_before_cap == by_unit
