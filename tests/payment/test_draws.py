"""payments_of_draws: agrees with payment_due draw by draw, and says what was drawn wrongly."""

import dataclasses
import decimal
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment.contracts import FEES, JOBS, OTHERS, as_measured, contracts

from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment import payment_due, payments_of_draws
from pbc_eval.payment.expression import Fact, Significant
from pbc_eval.payment.over_draws import over_draws

pytestmark = pytest.mark.slow  # seconds, together


@settings(max_examples=150, deadline=None)
@given(contracts(), st.lists(st.floats(-2, 3), min_size=1, max_size=5))
def test_each_draw_is_paid_as_payment_due_would_pay_it(terms, effects):
    drawn = payments_of_draws(terms, [JOBS, *OTHERS], {"jobs": effects})
    penny = 10.0**-terms.rounding.decimals
    for number, effect in enumerate(effects):
        due = payment_due(terms, [as_measured(JOBS, effect), *OTHERS])
        for done, line in enumerate(due.workings, start=1):
            # a penny for the line itself and for each line that it may rest on
            near = penny * done * 1.001
            assert abs(drawn.lines[line.line][number] - float(line.amount)) <= near, line.line
        assert abs(drawn.amounts[number] - float(due.total)) <= near


def test_amounts_are_the_same_to_the_penny_away_from_halves(clause, terms):
    rules = terms(clause("tariff", price="1234.56", estimate_used="lower_bound", cap=600_000))
    effects = np.linspace(-1, 2, 301)
    drawn = payments_of_draws(rules, [JOBS], {"jobs": effects})
    due = [payment_due(rules, [as_measured(JOBS, effect)]).total for effect in effects]
    assert np.abs(drawn.amounts - np.array(due, dtype=float)).max() < 1e-6


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.floats(1e-9, 1e12), min_size=1, max_size=40),
    st.lists(st.integers(-9, 12), min_size=1, max_size=8),
    st.sampled_from([3, 6, 10]),
)
def test_draws_are_rounded_to_the_digits_to_which_decimals_are(anywhere, powers, digits):
    """At powers of ten, and one float beside them, too: there the number of digits changes."""
    tens = [10.0**power for power in powers]
    beside = [math.nextafter(ten, way) for ten in tens for way in (0.0, math.inf)]
    values = np.array([*anywhere, *tens, *beside])
    values = np.concatenate([values, -values, [0.0]])
    fact = Fact("jobs", "effect")
    done = over_draws(Significant(fact, digits), lambda _: values)
    to_digits = decimal.Context(prec=digits, rounding=decimal.ROUND_HALF_EVEN)
    for value, rounded in zip(values.tolist(), done.tolist(), strict=True):
        exact = float(to_digits.create_decimal(repr(value)))
        assert rounded == (value if value.is_integer() else pytest.approx(exact, rel=3e-16))


def test_float_noise_does_not_decide_a_tier(clause, terms):
    rules = terms(clause("threshold", measure="effect", minimum=0.1, amount=500))
    noisy = [0.3 - 0.2, 0.1, 0.1 - 1e-11, 1 - 0.9]
    drawn = payments_of_draws(rules, [JOBS], {"jobs": noisy})
    assert drawn.tiers["threshold"].tolist() == [1, 1, 0, 1]
    assert drawn.tier_names["threshold"] == ("below 0.1", "0.1 or more")


def test_float_noise_does_not_make_an_interval_exclude_zero(clause, terms):
    rules = terms(
        clause("tariff", measure="effect", price=100, estimate_used="zero_unless_significant")
    )
    for low in (0.5 - 0.1 - 0.4, 0.1 - (0.5 - 0.4), 0.4 + (0.1 - 0.5)):
        assert abs(low) < 1e-15
        measured = dataclasses.replace(JOBS, effect=0.4, conf_low=low, conf_high=1.0)
        assert payment_due(rules, [measured]).total == 0
        assert payments_of_draws(rules, [measured], {"jobs": [0.4]}).amounts.tolist() == [0]
    clear = dataclasses.replace(JOBS, effect=0.4, conf_low=1e-6, conf_high=1.0)
    assert payment_due(rules, [clear]).total == 40


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
