"""Returns on investors' money: published ones reproduced, doubtful ones refused."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payment.conftest import make_clause, make_outcome, make_terms

from pbc_eval.agreement.payment_terms import payment_terms_from
from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment.cash_flow import (
    Flow,
    cash_flow_table,
    internal_rate_of_return,
    investor_returns,
)
from pbc_eval.payment.risk import payment_risk

pytestmark = pytest.mark.slow  # seconds, together

START = dt.date(2024, 1, 1)


def flows(*amounts, days=365):
    return [Flow(START + dt.timedelta(days=days * k), a) for k, a in enumerate(amounts)]


def test_rikers_returns_are_as_published_read(golden):
    rikers = golden("rikers")
    paid = {tier["min_reduction"]: tier["city_payment"] for tier in rikers["tiers"]}
    for reduction, irr in rikers["published_irr"].items():
        found = internal_rate_of_return(flows(-rikers["loan"], 0, 0, 0, paid[float(reduction)]))
        assert found == pytest.approx(irr, abs=6e-4)


@given(st.floats(-0.9, 3), st.lists(st.floats(1, 100), min_size=1, max_size=6))
def test_the_rate_makes_the_flows_worth_nothing(rate, returned):
    price = sum(amount / (1 + rate) ** year for year, amount in enumerate(returned, start=1))
    assert internal_rate_of_return(flows(-price, *returned)) == pytest.approx(rate, abs=1e-7)


def test_days_count_as_in_spreadsheets():
    """The example in the documentation of XIRR: 37.34 %."""
    days = ["2008-01-01", "2008-03-01", "2008-10-30", "2009-02-15", "2009-04-01"]
    amounts = [-10_000, 2_750, 4_250, 3_250, 2_750]
    listed = [Flow(dt.date.fromisoformat(d), a) for d, a in zip(days, amounts, strict=True)]
    assert internal_rate_of_return(listed) == pytest.approx(0.373362535, abs=1e-8)


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (flows(-100, -5), "nothing comes back"),
        (flows(100, 5), "nothing is put in"),
        (flows(-100, 90, days=0), "on one day"),
        (flows(-100, 230, -132), "10.0% and 20.0% would each do.*Give the multiple"),
        (flows(-100, 150, -100), "at no yearly rate"),
    ],
)
def test_flows_without_one_return_are_refused_with_the_reason(listed, message):
    with pytest.raises(PaymentTermsError, match=message):
        internal_rate_of_return(listed)


INVESTMENT = {
    "flows": [{"on": "2024-01-01", "amount": 300}, {"on": "2025-01-01", "amount": 100}],
    "paid_on": "2026-01-01",
    "first_to_provider": 50,
    "passed_on": 0.9,
}


def test_investors_get_what_is_left_after_the_providers_part():
    terms = make_terms(
        make_clause("threshold", measure="effect", minimum=1, amount=600), investment=INVESTMENT
    )
    result = make_outcome(effect=1.5, std_error=0.2)
    risk = payment_risk(terms, [result], promised={"jobs": 2.0}, seed=1)
    table = investor_returns(terms.investment, risk).set_index(["scenario", "case"])
    sure = table.loc[("the promised effect", "5 in 100 pay less")]
    assert sure["received"] == pytest.approx(0.9 * 550)
    assert sure["multiple"] == pytest.approx(0.9 * 550 / 400)
    rate = sure["irr"]
    assert 300 * (1 + rate) ** (731 / 365) + 100 * (1 + rate) == pytest.approx(495)
    lost = table.loc[("no effect", "mean payment")]
    assert math.isnan(lost["irr"])
    assert "nothing comes back" in lost["reason"]

    account = cash_flow_table(terms.investment, 600)
    assert account["amount"].tolist() == [-300, -100, 495]
    assert account["balance"].tolist() == [-300, -400, 95]


def test_money_lent_after_it_is_paid_is_refused():
    late = INVESTMENT | {"paid_on": "2024-06-01"}
    clause = make_clause("fixed_fee", times=1, amount=1)
    with pytest.raises(PaymentTermsError, match="not before the payment on 2024-06-01"):
        payment_terms_from({"currency": "GBP", "clauses": [clause], "investment": late})
