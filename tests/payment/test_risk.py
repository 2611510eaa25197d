"""Risk of a payment rule: closed forms and simulation agree, and say what they should."""

import dataclasses

import numpy as np
import pytest
from payment.conftest import make_clause, make_outcome, make_terms
from scipy.stats import norm

from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment import payments_of_draws
from pbc_eval.payment.closed_form import cutoffs, expected_amount, tier_probabilities
from pbc_eval.payment.risk import (
    MEASURED,
    NO_EFFECT,
    PROMISED,
    chance_in_words,
    payment_risk,
    sentences,
)
from pbc_eval.payment.sample_size import sample_size, tier_chance

pytestmark = pytest.mark.slow  # seconds, together

ERROR = 0.4
JOBS = make_outcome(
    effect=1.0,
    std_error=ERROR,
    conf_low=1.0 - 1.96 * ERROR,
    conf_high=1.0 + 1.96 * ERROR,
    counterfactual=8.0,
    total_scale=250.0,
    alternatives=(("did", 0.7),),
)
LUMPS = [
    {"from": "0.05", "to": "0.1", "pay": 100},
    {"from": "0.1", "to": "0.2", "pay": 300},
    {"from": "0.2", "to": None, "pay": 450},
]
FROM_ZERO = [{"from": 0, "to": "0.1", "pay": 50}, {"from": "0.1", "to": None, "pay": 80}]
RULES = [
    "point",
    "lower_bound",
    "zero_unless_significant",
    {"blend": {"headline": 0.8, "did": 0.2}},
]
SLIDE = {"start": {"at": 100, "pay": 10}, "end": {"at": 400, "pay": 900}}
TIERED = {
    "threshold": make_clause("threshold", measure="effect", minimum="0.6", amount=500),
    "bands": make_clause("bands", measure="relative_effect", mode="retroactive", bands=LUMPS),
    "marginal": make_clause("bands", measure="relative_effect", mode="marginal", bands=LUMPS),
    "from zero": make_clause(
        "bands", measure="relative_effect", mode="retroactive", bands=FROM_ZERO
    ),
    "slide": make_clause("slide", measure="total", **SLIDE),
    "decimals": make_clause(
        "threshold", measure="relative_effect", minimum="0.1", amount=9, measure_decimals=2
    ),
}
N = 400_000


def drawn(clause, true_effect):
    effects = np.random.default_rng(5).normal(true_effect, ERROR, N)
    return payments_of_draws(make_terms(clause), [JOBS], {"jobs": effects})


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("kind", TIERED)
@pytest.mark.parametrize("true_effect", [0.0, 0.8, -0.5])
def test_closed_form_of_tiers_and_simulation_agree_within_its_error(kind, rule, true_effect):
    clause = TIERED[kind] | {"estimate_used": rule}
    model = make_terms(clause).clauses[0]
    chances = tier_probabilities(model, JOBS, true_effect, ERROR)
    assert chances.sum() == pytest.approx(1)
    (tiers,) = drawn(clause, true_effect).tiers.values()
    shares = np.bincount(tiers, minlength=len(chances)) / N
    error = np.sqrt(chances * (1 - chances) / N)
    assert (np.abs(shares - chances) <= 4.5 * error + 1e-12).all()


@pytest.mark.parametrize("rule", ["point", "lower_bound"])
@pytest.mark.parametrize(
    "clause",
    [
        make_clause("tariff", price=13),
        make_clause("tariff", price=13, cap=2500),
        make_clause("tariff", price=13, max_units=150, cap_per_person=9, deduction=True),
        TIERED["threshold"],
        TIERED["bands"],
        TIERED["marginal"] | {"cap": 420},
    ],
)
def test_expected_amount_in_closed_form_and_by_simulation_agree(clause, rule):
    clause = clause | {"estimate_used": rule}
    terms = make_terms(clause)
    for true_effect in (0.0, 0.9):
        exact = expected_amount(terms.clauses[0], JOBS, true_effect, ERROR, terms)
        amounts = drawn(clause, true_effect).amounts
        assert abs(amounts.mean() - exact) <= 4.5 * amounts.std() / np.sqrt(N) + 0.005


def test_a_slide_a_floor_and_an_index_have_no_closed_form_of_their_expectation(terms):
    for clause in (
        TIERED["slide"],
        TIERED["threshold"] | {"floor": 5},
        TIERED["threshold"]
        | {"indexed": {"rate": 0.02, "since": "2024-01-01", "until": "2025-01-01"}},
        make_clause("tariff", price=1, negative_allowed=True),
    ):
        agreed = terms(clause)
        assert expected_amount(agreed.clauses[0], JOBS, 0.5, ERROR, agreed) is None
    assert cutoffs(terms(make_clause("tariff", price=1)).clauses[0], JOBS) is None


def test_paying_for_nothing_is_the_tail_beyond_the_bound_by_hand(terms):
    risk = payment_risk(terms(TIERED["threshold"]), [JOBS], promised={"jobs": 0.9}, seed=1)
    nothing, promised = risk.scenario(NO_EFFECT), risk.scenario(PROMISED)
    assert dict(nothing.tiers)["threshold"][1] == pytest.approx(norm.sf(0.6 / ERROR))
    assert nothing.chance_of_more == pytest.approx(norm.sf(0.6 / ERROR), abs=0.002)
    assert promised.chance_of_less == pytest.approx(norm.cdf((0.6 - 0.9) / ERROR), abs=0.004)
    assert promised.expected == pytest.approx(500 * norm.sf((0.6 - 0.9) / ERROR), rel=0.01)
    assert (nothing.known, promised.known, risk.base) == (0, 500, 0)
    assert risk.closed_form == ("threshold",)


def test_fees_are_no_payment_for_results(clause, terms):
    rules = terms(clause("fixed_fee", times=3, amount=100), TIERED["threshold"])
    risk = payment_risk(rules, [JOBS], seed=1)
    assert risk.base == 300
    assert risk.scenario(NO_EFFECT).low == 300
    assert risk.scenario(NO_EFFECT).chance_of_more < 0.08
    assert [one.name for one in risk.scenarios] == [NO_EFFECT, MEASURED]


def test_a_tariff_on_the_estimate_pays_for_nothing_every_second_time(clause, terms):
    risk = payment_risk(terms(clause("tariff", price=10)), [JOBS], promised={"jobs": 1.0}, seed=1)
    assert risk.scenario(NO_EFFECT).chance_of_more == pytest.approx(0.5, abs=0.001)
    assert risk.scenario(NO_EFFECT).known == 0
    assert "in 50.0% of such evaluations" in sentences(risk)[0]
    safer = terms(clause("tariff", price=10, estimate_used="lower_bound"))
    assert payment_risk(safer, [JOBS], seed=1).scenario(NO_EFFECT).chance_of_more == pytest.approx(
        0.025, abs=0.001
    )


def test_more_true_effect_never_lowers_the_expected_payment(terms):
    bands = TIERED["bands"]
    risk = payment_risk(terms(bands, cap=400), [JOBS], promised={"jobs": 1.2}, seed=3)
    expected = [one.expected for one in risk.curve]
    assert expected == sorted(expected)
    effects = [dict(one.effects)["jobs"] for one in risk.curve]
    assert (effects[0], effects[-1]) == (0, pytest.approx(1.8))
    assert max(one.high for one in risk.curve) <= 400


def test_the_same_seed_gives_the_same_risk_and_the_table_holds_it(terms):
    one, two = (payment_risk(terms(TIERED["bands"]), [JOBS], seed=7, n_draws=999) for _ in "ab")
    assert one.to_frame().equals(two.to_frame())
    frame = one.to_frame()
    assert list(frame["part"].value_counts()) == [61, 2]
    assert frame["expected"].iloc[0] == one.scenario(NO_EFFECT).expected


def test_outcomes_without_an_error_are_held_fixed_and_named(clause, terms, outcome):
    other = outcome(outcome="care", effect=2.0)
    rules = terms(TIERED["threshold"], clause("tariff", outcome="care", measure="effect", price=50))
    risk = payment_risk(rules, [JOBS, other], seed=1)
    assert risk.held_fixed == ("care",)
    assert risk.base == 100
    with pytest.raises(PaymentTermsError, match="no outcome that is paid for has a standard error"):
        payment_risk(rules, [dataclasses.replace(JOBS, std_error=None), other], seed=1)
    with pytest.raises(PaymentTermsError, match="Did you mean 'jobs'"):
        payment_risk(rules, [JOBS, other], promised={"jobz": 1.0}, seed=1)


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0, "fewer than 0.1%"),
        (0.004, "0.4%"),
        (0.024, "2.4%"),
        (0.997, "99.7%"),
        (0.9999, "more than 99.9%"),
        (1.0, "more than 99.9%"),
    ],
)
def test_chances_are_said_so_that_rounding_never_makes_them_certain(chance, words):
    assert chance_in_words(chance) == words


# --- sample size ---


def test_sample_size_of_a_point_threshold_is_the_textbook_one(terms):
    clause = terms(TIERED["threshold"]).clauses[0]
    found = sample_size(clause, JOBS, units=800, promised=0.9)
    assert found.for_no_effect == pytest.approx(800 * (norm.ppf(0.95) * ERROR / 0.6) ** 2)
    assert found.for_success == pytest.approx(800 * (norm.ppf(0.8) * ERROR / (0.9 - 0.6)) ** 2)
    assert found.needed == int(np.ceil(max(found.for_no_effect, found.for_success)))


def test_sample_size_at_the_lower_bound_lets_the_interval_narrow_with_it(terms):
    """Paid when estimate - 1.96 s >= b: s = b / (z - 1.96) for no effect, and
    s = (promised - b) / (1.96 + z) for success, by hand."""
    clause = terms(TIERED["threshold"] | {"estimate_used": "lower_bound"}).clauses[0]
    found = sample_size(clause, JOBS, units=800, promised=1.5, false_payment=0.01)
    for_nothing = 0.6 / (norm.ppf(0.99) - 1.96)
    for_success = (1.5 - 0.6) / (1.96 + norm.ppf(0.8))
    assert found.for_no_effect == pytest.approx(800 * (ERROR / for_nothing) ** 2)
    assert found.for_success == pytest.approx(800 * (ERROR / for_success) ** 2)


@pytest.mark.parametrize("rule", RULES[:3])
def test_with_so_many_units_the_errors_are_as_chosen(terms, rule):
    clause = terms(TIERED["threshold"] | {"estimate_used": rule}).clauses[0]
    found = sample_size(clause, JOBS, units=800, promised=1.5, false_payment=0.01)
    paid = tier_chance(clause, JOBS, 0.0, 1, found.for_no_effect / 800)
    assert paid <= 0.01 + 1e-9
    missed = 1 - tier_chance(clause, JOBS, 1.5, 1, found.for_success / 800)
    assert missed == pytest.approx(0.2, abs=1e-6)


def test_a_size_that_cannot_be_had_is_refused_with_the_reason(clause, terms):
    threshold = terms(TIERED["threshold"]).clauses[0]
    with pytest.raises(PaymentTermsError, match="misses the promise in more than 20%"):
        sample_size(threshold, JOBS, units=800, promised=0.6)
    with pytest.raises(PaymentTermsError, match=r"false_payment must be a fraction.*mean 0.05"):
        sample_size(threshold, JOBS, units=800, promised=0.9, false_payment=5)
    with pytest.raises(PaymentTermsError, match="needs tiers on one estimated outcome"):
        sample_size(terms(clause("tariff", price=1)).clauses[0], JOBS, units=800, promised=0.9)
    zero = terms(TIERED["from zero"]).clauses[0]
    with pytest.raises(PaymentTermsError, match="pays for no effect at all in more than 5%"):
        sample_size(zero, JOBS, units=800, promised=0.9)
