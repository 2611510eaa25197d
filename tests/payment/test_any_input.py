"""Whatever types and shapes are passed to the public functions of money: an answer, or an error of
this package; never a foreign one."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.errors import PbcError
from pbc_eval.kpi.survey import weighted_share
from pbc_eval.parameters import discount_factors, reprice
from pbc_eval.portfolio.heterogeneity import heterogeneity
from pbc_eval.sroi import one_way, simulate

pytestmark = pytest.mark.slow  # seconds, together

ODD = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 5, 10**20, 0.5, float("nan"), float("inf"), -0.0, 1e308),
        *("", "5", "1,000", "3.5%", "abc", "2024-01-01", b"5", Decimal("2.5"), Decimal("NaN")),
        *(np.float16(3), np.float32(0.1), np.int8(4), np.uint64(7), np.bool_(True), np.nan),
        *(dt.date(2024, 1, 1), dt.datetime(2024, 1, 1), pd.Timestamp("2024-01-01"), pd.NaT, pd.NA),
        *([], [1], (1, 2), {}, {"a": 1}, {1, 2}, range(3), object(), 1 + 2j),
    ]
)  # fmt: skip
ARRAYS = st.sampled_from(
    [
        *(np.array([]), np.array(1.0), np.ones(3), np.ones((2, 2)), np.array(["1", "0"])),
        *(np.array([0, 1], dtype="int8"), np.array([True, False]), np.array([None, 1], object)),
        *(pd.Series([1.0, 0.0]), pd.Series(["a", "b"]), pd.Series([1, 0], dtype="Int64")),
        *(pd.Series([1, 0], dtype="category"), pd.DataFrame({"a": [1]}), [1, 0, 1], (0, 1)),
        *(pd.Series([1.0, None]), pd.Series(pd.date_range("2024", periods=2)), "10", 3, None),
    ]
)  # fmt: skip
ROW = {
    "id": "a", "stakeholder": "S", "outcome": "O", "proxy": "P", "proxy_source": "x",
    "quantity": 10, "proxy_value": 100.0,
}  # fmt: skip
CLAUSE = {
    "id": "c", "type": "tariff", "label": "L", "reference": "R", "source": "S", "outcome": "n",
    "measure": "count", "price": 5,
}  # fmt: skip
any_input = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def answers_or_refuses(ask):
    """Calls it; an error of the package is an answer, with words."""
    try:
        ask()
    except PbcError as refused:
        words = str(refused)
    else:
        return
    assert len(words) > 10


@any_input
@given(st.sampled_from(["count", "effect", "total_scale", "std_error", "by_person"]), ODD)
def test_a_measured_outcome_and_what_is_due_for_it(field, value):
    def ask():
        given_ = {"count": 3, "total_scale": 2} | {field: value}
        result = pbc.MeasuredOutcome(outcome="n", source="counted", **given_)
        pbc.payment_due({"currency": "GBP", "clauses": [CLAUSE]}, [result])

    answers_or_refuses(ask)


@any_input
@given(st.sampled_from(["price", "cap", "deadweight", "outcome", "measure", "years", "id"]), ODD)
def test_payment_terms(field, value):
    terms = {"currency": "GBP", "clauses": [CLAUSE | {field: value}]}
    answers_or_refuses(lambda: pbc.payment_terms_from(terms))


@any_input
@given(ODD)
def test_payment_terms_and_results_of_any_shape(value):
    result = pbc.MeasuredOutcome(outcome="n", source="counted", count=3)
    good = {"currency": "GBP", "clauses": [CLAUSE]}
    for ask in (
        lambda: pbc.payment_terms_from(value),
        lambda: pbc.payment_due(value, [result]),
        lambda: pbc.payment_due(good, value),
        lambda: pbc.payment_due(good, [value]),
        lambda: pbc.schedule_of(value),
        lambda: pbc.payment_risk(pbc.payment_terms_from(good), [result], seed=value),
    ):
        answers_or_refuses(ask)


@any_input
@given(st.sampled_from(["investment", "discount", "date", "results", "start_convention"]), ODD)
def test_a_social_return(field, value):
    asked = {"investment": 100} | {field: value}
    answers_or_refuses(lambda: pbc.social_return(pd.DataFrame([ROW]), **asked))


@any_input
@given(st.sampled_from([*ROW, "deadweight", "duration", "price_year", "start", "cashable"]), ODD)
def test_a_row_of_a_value_map(field, value):
    frame = pd.DataFrame([ROW | {field: None}]).astype(object)
    frame.at[0, field] = value if not isinstance(value, list | tuple | dict | set) else str(value)
    answers_or_refuses(lambda: pbc.social_return(frame, investment=100))


@any_input
@given(ODD)
def test_value_maps_of_any_shape(value):
    answers_or_refuses(lambda: pbc.social_return(value, investment=100))
    result = pbc.social_return(pd.DataFrame([ROW]), investment=100)
    answers_or_refuses(lambda: one_way(result, bounds={("a", "deadweight"): (0.0, value)}))
    answers_or_refuses(lambda: simulate(result, [], draws=value, seed=1))
    answers_or_refuses(lambda: discount_factors(value, 3))
    answers_or_refuses(lambda: discount_factors(0.03, value))
    answers_or_refuses(lambda: reprice(value, 2019, 2024))
    answers_or_refuses(lambda: pbc.value_at("uk_gdp_deflator", value))
    answers_or_refuses(lambda: pbc.value_at(value, dt.date(2024, 1, 1)))


@any_input
@given(ARRAYS, ARRAYS, ARRAYS)
def test_surveys_and_pools(first, second, third):
    answers_or_refuses(lambda: weighted_share(first, second, third))
    answers_or_refuses(lambda: heterogeneity(first, second))


@pytest.mark.parametrize("count", [5, 5.0, np.int64(5), np.float32(5), Decimal(5), np.uint8(5)])
def test_a_count_of_any_number_type_is_paid(count):
    result = pbc.MeasuredOutcome(outcome="n", source="counted", count=count)
    assert pbc.payment_due({"currency": "GBP", "clauses": [CLAUSE]}, [result]).total == 25
