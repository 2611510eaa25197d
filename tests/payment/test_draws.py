"""payments_of_draws: agrees with payment_due draw by draw, and says what was drawn wrongly."""

import dataclasses
import time
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment.conftest import make_clause, make_outcome, make_terms

from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment import payment_due, payments_of_draws

prices = st.decimals(0, 10_000, places=3)
RULES = st.sampled_from(
    ["point", "lower_bound", "zero_unless_significant", {"blend": {"headline": 0.8, "did": 0.2}}]
)
MEASURES = st.sampled_from(["effect", "relative_effect", "total"])
JOBS = make_outcome(
    effect=0.5,
    conf_low=0.1,
    conf_high=1.1,
    counterfactual=4.0,
    total_scale=730.0,
    alternatives=(("did", 0.4),),
)
FEES = make_outcome(outcome="fees", source="counted", count=40.0, total_scale=12.0)


@st.composite
def clauses(draw, number: int) -> dict:
    """A clause of any kind, with any limits that it may have."""
    kind = draw(st.sampled_from(["tariff", "threshold", "bands", "fixed_fee"]))
    fields = {"id": f"c{number}", "deduction": draw(st.booleans())}
    if draw(st.booleans()):
        fields |= {"floor": draw(st.integers(0, 50)), "cap": draw(st.integers(50, 4000))}
    if kind == "fixed_fee":
        return make_clause(kind, outcome="fees", amount=draw(prices), **fields)
    fields |= {"estimate_used": draw(RULES), "measure_decimals": draw(st.sampled_from([None, 2]))}
    if kind == "tariff":
        fields |= {"measure": draw(st.sampled_from(["effect", "total"])), "price": draw(prices)}
        fields |= {"max_units": draw(st.sampled_from([None, 1, 300]))}
        fields |= {"cap_per_person": draw(st.sampled_from([None, 2]))}
        return make_clause(kind, negative_allowed=draw(st.booleans()), **fields)
    ends = sorted(draw(st.sets(st.integers(0, 90), min_size=2, max_size=4)))
    steps = [Decimal(end) / 100 for end in ends]
    if kind == "threshold":
        one = draw(st.sampled_from([{"amount": 900}, {"price": "2.5", "paid_on": "total"}]))
        fields |= one | {"measure": draw(MEASURES)}
        return make_clause(kind, minimum=steps[1], **fields)
    mode = draw(st.sampled_from(["retroactive", "marginal"]))
    pays = st.sampled_from(["pay", "rate"])
    bands = [
        {"from": low, "to": high, draw(pays): draw(prices)}
        for low, high in zip(steps, [*steps[1:], None], strict=True)
    ]
    return make_clause(kind, mode=mode, measure=draw(MEASURES), bands=bands, **fields)


@st.composite
def contracts(draw):
    listed = [draw(clauses(number)) for number in range(draw(st.integers(1, 3)))]
    rounding = {
        "decimals": draw(st.sampled_from([0, 2])),
        "mode": draw(st.sampled_from(["half_up", "half_even", "down"])),
    }
    limits = draw(st.sampled_from([{}, {"cap": 1000}, {"cap": 800, "floor": 100}]))
    return make_terms(*listed, rounding=rounding, **limits)


def as_measured(outcome, effect):
    """The outcome had it come out at ``effect``, by hand."""
    by = effect - outcome.effect
    return dataclasses.replace(
        outcome,
        effect=effect,
        conf_low=outcome.conf_low + by,
        conf_high=outcome.conf_high + by,
        alternatives=tuple((name, value + by) for name, value in outcome.alternatives),
    )


@settings(max_examples=150, deadline=None)
@given(contracts(), st.lists(st.floats(-2, 3), min_size=1, max_size=5))
def test_each_draw_is_paid_as_payment_due_would_pay_it(terms, effects):
    drawn = payments_of_draws(terms, [JOBS, FEES], {"jobs": effects})
    penny = 10.0**-terms.rounding.decimals
    for number, effect in enumerate(effects):
        due = payment_due(terms, [as_measured(JOBS, effect), FEES])
        for line in due.lines:
            assert abs(drawn.lines[line.clause][number] - float(line.amount)) <= penny * 1.001
        assert abs(drawn.amounts[number] - float(due.total)) <= penny * len(due.lines) * 1.001


def test_amounts_are_the_same_to_the_penny_away_from_halves(clause, terms):
    rules = terms(clause("tariff", price="1234.56", estimate_used="lower_bound", cap=600_000))
    effects = np.linspace(-1, 2, 301)
    drawn = payments_of_draws(rules, [JOBS], {"jobs": effects})
    due = [payment_due(rules, [as_measured(JOBS, effect)]).total for effect in effects]
    assert np.abs(drawn.amounts - np.array(due, dtype=float)).max() < 1e-6


def test_float_noise_does_not_decide_a_tier(clause, terms):
    rules = terms(clause("threshold", measure="effect", minimum=0.1, amount=500))
    noisy = [0.3 - 0.2, 0.1, 0.1 - 1e-11, 1 - 0.9]
    drawn = payments_of_draws(rules, [JOBS], {"jobs": noisy})
    assert drawn.tiers["threshold"].tolist() == [1, 1, 0, 1]
    assert drawn.tier_names["threshold"] == ("below 0.1", "0.1 or more")


def test_tiers_count_the_bands_reached(clause, terms):
    bands = [{"from": 1, "to": 2, "pay": 5}, {"from": 2, "to": None, "pay": 9}]
    rules = terms(clause("bands", mode="retroactive", measure="effect", bands=bands))
    drawn = payments_of_draws(rules, [JOBS], {"jobs": [0.5, 1.0, 1.9, 7.0]})
    assert drawn.tiers["bands"].tolist() == [0, 1, 1, 2]
    assert drawn.tier_names["bands"] == ("below 1", "1 to below 2", "2 or more")
    assert drawn.amounts.tolist() == [0, 5, 5, 9]


def test_counts_are_drawn_as_counts_and_what_is_not_drawn_stays(clause, terms):
    rules = terms(
        clause("fixed_fee", outcome="fees", amount=10),
        clause("tariff", measure="effect", price=100),
    )
    drawn = payments_of_draws(rules, [JOBS, FEES], {"fees": [1.0, 2.0]})
    assert drawn.amounts.tolist() == [60, 70]
    assert drawn.lines["tariff"].tolist() == [50, 50]


@pytest.mark.parametrize(
    ("draws", "message"),
    [
        ({"jobz": [1.0]}, "not among the results.*Did you mean 'jobs'"),
        ({"jobs": [1.0, float("nan")]}, "one finite number a draw"),
        ({"jobs": [[1.0]]}, r"got shape \(1, 1\)"),
        ({"jobs": []}, "one finite number a draw"),
        ({"jobs": [1.0, 2.0], "fees": [1.0]}, "as many for each outcome, got jobs 2, fees 1"),
        ({"none": [1.0]}, "has no effect to draw"),
    ],
)
def test_draws_that_cannot_be_priced_are_refused(clause, terms, outcome, draws, message):
    rules = terms(clause("tariff", measure="effect", price=1))
    results = [JOBS, FEES, outcome(outcome="none", count=3.0)]
    with pytest.raises(PaymentTermsError, match=message):
        payments_of_draws(rules, results, draws)


def test_a_million_draws_take_well_under_a_second(clause, terms):
    bands = [{"from": f, "to": t, "pay": 9} for f, t in ((0.05, 0.08), (0.08, 0.12), (0.12, None))]
    rules = terms(
        clause("tariff", price=450, estimate_used="lower_bound", cap=200_000),
        clause("bands", measure="relative_effect", mode="retroactive", bands=bands),
        clause("fixed_fee", times=12, amount=1500),
        cap=400_000,
    )
    draws = {"jobs": np.random.default_rng(1).normal(0.5, 0.3, 1_000_000)}
    started = time.process_time()
    payments_of_draws(rules, [JOBS], draws)
    assert time.process_time() - started < 1.0
