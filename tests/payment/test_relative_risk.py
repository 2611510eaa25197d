"""A relative effect divides by what is estimated with it: its chances carry the covariance."""

import numpy as np
import pytest

from pbc_eval import MeasuredOutcome, payment_due, payment_risk, payment_terms_from
from pbc_eval.messages.numbers import short_chance
from pbc_eval.payment.closed_form import tier_probabilities
from pbc_eval.payment.draws import payments_of_draws
from pbc_eval.payment.risk import sentences

pytestmark = pytest.mark.slow  # seconds, together

CLAUSE = {
    "id": "t", "type": "threshold", "label": "L", "reference": "R", "source": "S",
    "outcome": "n", "measure": "relative_effect", "minimum": 0.1, "amount": 100,
}  # fmt: skip


def outcome(slope, **more):
    fields = {"effect": 2.0, "std_error": 1.0, "conf_low": 0.04, "conf_high": 3.96}
    return MeasuredOutcome(
        outcome="n", source="estimated", counterfactual=12.0, counterfactual_slope=slope,
        **fields | more,
    )  # fmt: skip


def terms(**more):
    return payment_terms_from({"currency": "GBP", "clauses": [CLAUSE | more]})


@pytest.mark.parametrize("slope", [-1.0, 1.0])
@pytest.mark.parametrize("truth", [0.0, 1.2, 2.0])
@pytest.mark.parametrize("rule", ["point", "lower_bound", "zero_unless_significant"])
def test_chances_of_a_relative_effect_carry_the_covariance(slope, truth, rule):
    """Simulated from two group means: the treated level is known, the other is estimated."""
    r = np.random.default_rng(7)
    given = outcome(slope)
    treated = 12.0 - slope * 2.0  # the level with the programme, as observed
    effects = truth + r.normal(size=400_000)
    level = treated + slope * effects  # of the comparison, in the same draws
    counts = effects - 1.96 if rule == "lower_bound" else effects
    if rule == "zero_unless_significant":
        counts = np.where(np.abs(effects) > 1.96, effects, 0.0)
    paid = counts / level >= 0.1
    terms_ = terms(estimate_used=rule)
    exact = tier_probabilities(terms_.clauses[0], given, truth, 1.0)
    assert exact[1] == pytest.approx(paid.mean(), abs=0.004)
    drawn = payments_of_draws(terms_, [given], {"n": effects[:50_000]})
    assert (drawn.amounts > 0).mean() == pytest.approx(exact[1], abs=0.01)


def test_a_level_that_is_known_has_no_covariance():
    known = tier_probabilities(terms().clauses[0], outcome(0.0), 2.0, 1.0)
    assert known[1] == pytest.approx(0.788145, abs=1e-6)  # P(Z > 1.2 - 2)


def test_what_is_due_does_not_move():
    due = {slope: payment_due(terms(), [outcome(slope)]).total for slope in (-1.0, 0.0, 1.0)}
    assert len(set(due.values())) == 1


def test_words_and_table_tell_one_number():
    risk = payment_risk(terms(), [outcome(-1.0)], promised={"n": 3.0}, seed=1)
    chance = risk.scenario("no effect").chance_of_more
    assert short_chance(chance).lstrip("<> ") in sentences(risk)[0]
