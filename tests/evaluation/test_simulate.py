"""simulate_together: payment and value of one draw belong together; chances in closed form."""

import math

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from pbc_eval.agreement.payment_terms import payment_terms_from
from pbc_eval.agreement.uncertainty import Uncertain
from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.evaluation.joint_simulation import simulate_together
from pbc_eval.payment import payment_due
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi import social_return

pytestmark = pytest.mark.slow  # seconds, together

READ = TypeAdapter(Uncertain)
JOBS = MeasuredOutcome(
    outcome="jobs",
    source="estimated",
    effect=0.1,
    std_error=0.03,
    conf_low=0.1 - 1.96 * 0.03,
    conf_high=0.1 + 1.96 * 0.03,
    counterfactual=0.5,
    total_scale=400.0,
)
HEALTH = MeasuredOutcome(
    outcome="health", source="estimated", effect=1.0, std_error=0.4, total_scale=400.0
)
WORDS = {"label": "a clause", "reference": "1", "source": "test"}
TERMS = payment_terms_from(
    {
        "currency": "GBP",
        "clauses": [
            {"id": "fee", "type": "fixed_fee", "amount": 1000, "times": 3} | WORDS,
            {
                "id": "success",
                "type": "bands",
                "outcome": "jobs",
                "measure": "effect",
                "mode": "retroactive",
                "bands": [
                    {"from": 0.05, "to": 0.12, "pay": 20_000},
                    {"from": 0.12, "to": None, "pay": 60_000},
                ],
            }
            | WORDS,
        ],
    }
)
ROW = ValuedOutcome(
    id="work",
    stakeholder="People",
    outcome="In work",
    quantity_from="jobs",
    proxy="Earnings",
    proxy_value=3000.0,
    proxy_source="test",
    attribution=0.2,
    status="read",
)
PROXY = READ.validate_python(
    {"type": "normal", "row": "work", "input": "proxy_value", "std_dev": 300}
)
PAID = float(payment_due(TERMS, [JOBS]).total)
VALUE = social_return([ROW], investment=PAID + 10_000, discount=0, results={"jobs": JOBS})


def together(draws=2_000, **options):
    plain = {"terms": TERMS, "value": VALUE, "uncertain": [PROXY], "paid": PAID}
    return simulate_together({"jobs": JOBS}, seed=5, draws=draws, **plain | options)


def test_each_draw_is_paid_and_valued_as_the_public_functions_do():
    found = together(draws=300)
    names = found.returns.names
    for k in range(300):
        drawn = dict(zip(names, found.returns.inputs[:, k], strict=True))
        effect = drawn["estimate of jobs"] / JOBS.total_scale
        jobs = MeasuredOutcome(
            outcome="jobs",
            source="estimated",
            effect=effect,
            std_error=JOBS.std_error,
            conf_low=effect - 1.96 * 0.03,
            conf_high=effect + 1.96 * 0.03,
            counterfactual=0.5,
            total_scale=400.0,
        )
        paid = float(payment_due(TERMS, [jobs]).total)
        assert found.payments.amounts[k] == pytest.approx(paid, abs=0.005)
        row = ROW.model_copy(update={"proxy_value": drawn["work.proxy_value"]})
        by_hand = social_return([row], investment=paid + 10_000, discount=0, results={"jobs": jobs})
        assert found.returns.investment[k] == pytest.approx(paid + 10_000, abs=0.005)
        assert found.returns.ratio[k] == pytest.approx(by_hand.ratio, rel=1e-6)


def test_the_chance_of_each_step_is_that_of_the_normal():
    found = together(draws=200_000)
    chances = {entry.tier: entry.chance for entry in found.tier_chances}
    exact = stats.norm(0.1, 0.03)
    wanted = [exact.cdf(0.05), exact.cdf(0.12) - exact.cdf(0.05), exact.sf(0.12)]
    assert list(chances.values()) == pytest.approx(wanted, abs=0.004)
    assert sum(chances.values()) == pytest.approx(1)
    low, high = found.payment_interval(0.8)
    assert (low, high) == (23_000, 63_000)


def test_a_payment_that_is_not_invested_leaves_the_investment_alone():
    found = together(paid=None)
    assert found.payments is not None
    assert found.returns.investment == pytest.approx(np.full(2000, VALUE.investment))


def test_estimates_of_several_outcomes_are_independent_only_where_nothing_is_known():
    both = {"jobs": JOBS, "health": HEALTH}
    apart = simulate_together(both, seed=1, draws=2000, terms=TERMS)
    assert any("drawn independently" in note for note in apart.notes)
    matrix = np.array([[9e-4, 0.0], [0.0, 0.16]])
    known = simulate_together(
        both, seed=1, draws=2000, terms=TERMS, covariance=(["jobs", "health"], matrix)
    )
    assert known.notes == ()


def test_nothing_uncertain_is_not_simulated():
    certain = MeasuredOutcome(outcome="jobs", source="reported", effect=0.1, total_scale=400.0)
    given = {"jobs": certain}
    value = social_return([ROW], investment=1e4, discount=0, results=given)
    assert simulate_together(given, seed=1, terms=TERMS, value=value) is None
    assert simulate_together({}, seed=1) is None
    only_value = simulate_together(given, seed=1, draws=2000, value=value, uncertain=[PROXY])
    assert only_value.payments is None
    assert only_value.tier_chances == ()
    assert only_value.payment_interval() is None


def test_the_value_of_knowing_the_estimate_counts_the_payment_it_brings():
    """With the payment in it, net value bends with the effect: no straight line is used."""
    found = together(draws=20_000)
    at = found.returns.names.index("estimate of jobs")
    assert found.returns.straight == (True, False)
    assert together(paid=None).returns.straight[at] is not False
    by_name = {entry.name: entry.value for entry in found.information.inputs}
    net = found.returns.net_present_value
    assert 0 <= by_name["estimate of jobs"] <= found.information.perfect + 1e-9
    assert found.information.perfect == pytest.approx(
        np.maximum(net, 0).mean() - max(net.mean(), 0), rel=1e-9
    )
    assert math.isfinite(found.information.chance_of_regret)
