"""What must hold for every contract: monotone, never above a cap, adding up, order irrelevant."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment.conftest import make_clause, make_outcome, make_terms
from payment.contracts import JOBS, OTHERS, as_measured, contracts

from pbc_eval.payment import payment_due

pytestmark = pytest.mark.slow  # seconds, together

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


BANDED = [
    {"from": "0.1", "to": "0.4", "pay": 100},
    {"from": "0.4", "to": None, "pay": 250},
]
RISING = (  # every kind whose amount can only rise with the effect
    {"type": "tariff", "price": 40, "max_units": 900},
    {"type": "tariff", "price": 40, "negative_allowed": True},
    {"type": "threshold", "minimum": "0.3", "price": 7, "measure": "effect", "paid_on": "total"},
    {"type": "bands", "mode": "retroactive", "measure": "effect", "bands": BANDED},
    {"type": "bands", "mode": "marginal", "measure": "effect", "bands": BANDED},
    {"type": "slide", "start": {"at": 5, "pay": 10}, "end": {"at": 500, "pay": 900}},
    {"type": "gainshare", "value": 3, "hurdle": 50, "share": 0.3, "loss_share": 0.1},
    {"type": "scorecard", "amount": 500, "minimum_score": 0.5},
    {"type": "triggers", "early_minimum": "0.3", "pooled_minimum": "0.1", "amount": 90},
    {"type": "clawback", "of": ["fee"], "minimum": "0.4", "proportional": True},
    {"type": "release", "withheld": "held", "minimum": "0.4"},
)
METRICS = [
    {"outcome": "jobs", "measure": "total", "target": 200, "weight": 0.6, "most": "1.5"},
    {"outcome": "care", "measure": "effect", "target": "0.4", "weight": 0.4},
]


def one_clause(fields: dict) -> list[dict]:
    """The clause, with what it rests on in front."""
    clause = make_clause(
        **{"kind": fields["type"]} | {k: v for k, v in fields.items() if k != "type"}
    )
    if fields["type"] in ("scorecard", "triggers"):
        clause.pop("outcome")
        clause.pop("measure")
        extra = {"cohorts": ["jobs", "care"], "measure": "effect"}
        clause |= {"metrics": METRICS} if fields["type"] == "scorecard" else extra
    fee = make_clause("fixed_fee", id="fee", times=2, amount="123.45")
    held = make_clause("withhold", id="held", of=["fee"], share=0.5)
    held.pop("outcome")
    held.pop("measure")
    return [fee, held, clause]


@pytest.mark.parametrize("fields", RISING, ids=lambda fields: fields["type"])
@quick
@given(one=st.floats(-3, 3), two=st.floats(-3, 3), cap=st.integers(1, 300))
def test_each_rising_clause_never_pays_less_for_more_nor_above_its_cap(fields, one, two, cap):
    low, high = sorted((one, two))
    rules = one_clause(fields)
    if fields["type"] != "clawback":
        rules[-1]["cap"] = cap
    care = make_outcome(outcome="care", effect=0.3, total_scale=50)
    terms = make_terms(*rules)
    paid = [
        payment_due(terms, [make_outcome(effect=effect, total_scale=1000), care]).lines[-1].amount
        for effect in (low, high)
    ]
    assert paid[0] <= paid[1]
    assert paid[1] <= cap


@settings(max_examples=80, deadline=None)
@given(contracts(), st.floats(-2, 3), st.randoms())
def test_any_contract_adds_up_whatever_the_order_of_its_clauses(terms, effect, random):
    results = [as_measured(JOBS, effect), *OTHERS]
    found = payment_due(terms, results)
    frame = found.to_frame()
    assert found.total == sum(frame["amount"]) == frame["running_total"].iloc[-1]
    assert found.total == sum(working.amount for working in found.workings)
    if terms.cap is not None:
        before = sum(earlier.paid for earlier in terms.earlier_years)
        assert found.total + before <= terms.cap
    shuffled = list(terms.clauses)
    random.shuffle(shuffled)
    again = payment_due(terms.model_copy(update={"clauses": tuple(shuffled)}), results)
    assert again.total == found.total
    assert {line.clause: line.amount for line in again.lines} == {
        line.clause: line.amount for line in found.lines
    }
