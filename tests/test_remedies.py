"""A remedy that is offered is right: put in place of what was refused, it is accepted."""

import datetime as dt
import re
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.agreement.performance import ValueKpi
from pbc_eval.errors import PbcError
from pbc_eval.messages.written_numbers import NOTATIONS

pytestmark = pytest.mark.slow  # seconds, together

ROW = {
    "id": "a", "stakeholder": "S", "outcome": "O", "proxy": "P", "proxy_source": "x",
    "quantity": 10, "proxy_value": 100.0,
}  # fmt: skip
CLAUSE = {
    "id": "c", "type": "tariff", "label": "L", "reference": "R", "source": "S", "outcome": "n",
    "measure": "count", "price": 5,
}  # fmt: skip
OFFERED = re.compile(r"Did you mean '?(.+?)'?(?: without quotes)?\?")


def offered(ask, value):
    """What is offered in place of ``value``; None where it is accepted or nothing is offered."""
    try:
        ask(value)
    except PbcError as refused:
        words = str(refused)
    else:
        return None
    found = OFFERED.search(words)
    return found[1] if found else None


def value_map(column):
    def ask(value):
        frame = pd.DataFrame([ROW | {column: value}]).astype(object)
        return pbc.social_return(frame, investment=100, discount=0.0)

    return ask


def clause(key):
    return lambda value: pbc.payment_terms_from(
        {"currency": "GBP", "clauses": [CLAUSE | {key: value}]}
    )


def rate(value):
    return pbc.social_return(
        pd.DataFrame([ROW]), investment=100, discount=value, date=dt.date(2026, 1, 1)
    )


def kpi_target(value):
    base = {"id": "k", "label": "L", "reference": "R", "source": "S", "better": "higher"}
    try:
        return ValueKpi(type="value", column="c", share=True, target=value, **base)
    except ValueError as wrong:
        raise PbcError(str(wrong)) from None


ASKED = {
    "a value": (value_map("proxy_value"), float),
    "a quantity": (value_map("quantity"), float),
    "deadweight": (value_map("deadweight"), float),
    "attribution": (value_map("attribution"), float),
    "a price": (clause("price"), str),
    "a cap": (clause("cap"), str),
    "deadweight of a clause": (clause("deadweight"), float),
    "a rate": (rate, float),
    "a kind of clause": (clause("type"), str),
    "a measure": (clause("measure"), str),
    "an estimate": (clause("estimate_used"), str),
    "a target": (kpi_target, float),
}
numbers = st.decimals(0, 10**6, places=2, allow_nan=False)


@pytest.mark.parametrize("what", ASKED)
@given(
    value=numbers,
    notation=st.sampled_from(NOTATIONS),
    dress=st.sampled_from(["{}", "£{}", "{}%", "{}*", "{} [2]", "\u00a0{}", "{} GBP"]),
)
@example(value=Decimal(100), notation="1,234.5", dress="{}")
@example(value=Decimal(100), notation="1,234.5", dress="{}%")
def test_a_number_that_is_offered_is_accepted_and_is_the_one_that_was_written(
    what, value, notation, dress
):
    ask, kind = ASKED[what]
    text = f"{value:,.2f}".translate({ord(","): notation[1], ord("."): notation[-2]})
    remedy = offered(ask, dress.format(text))
    if remedy is None:
        return
    ask(kind(remedy))
    if re.fullmatch(r"[\d.]+", remedy):
        parts = {float(value), float(value) / 100, float(value) / 10_000}
        assert any(abs(float(remedy) - part) < 1e-9 for part in parts), "another number"


@pytest.mark.parametrize(
    ("what", "wrong", "right"),
    [
        ("a value", "94,0", "94"),
        ("deadweight", "0,25", "0.25"),
        ("deadweight", "25%", "0.25"),
        ("deadweight", 25, "0.25"),
        ("attribution", "1,5%", "0.015"),
        ("a price", "£1,000", "1000"),
        ("a price", "1.250,50", "1250.5"),
        ("deadweight of a clause", "25%", "0.25"),
        ("a rate", "3.5%", "0.035"),
        ("a rate", "0.035", "0.035"),
        ("a rate", 3.5, "0.035"),
        ("a rate", 1, "0.01"),
        ("a rate", "uk_green_book_standart", "uk_green_book_standard"),
        ("a kind of clause", "tarif", "tariff"),
        ("a measure", "cuont", "count"),
        ("an estimate", "pont", "point"),
        ("a target", 85, "0.85"),
    ],
)
def test_what_is_offered_is_accepted(what, wrong, right):
    ask, kind = ASKED[what]
    assert offered(ask, wrong) == right
    ask(kind(right) if not right.startswith("uk_") else right)


@pytest.mark.parametrize(
    ("wrong", "change"),
    [
        (0, {"duration": 1, "start": 1}),
        (0.5, {"duration": 1, "proxy_value": 50.0}),
        (1.5, {"duration": 2, "drop_off": 0.5}),
        (2.5, {"duration": 3}),
    ],
)
def test_what_to_write_for_parts_of_years_is_accepted_and_worth_as_much(wrong, change):
    ask = value_map("duration")
    with pytest.raises(PbcError, match=rf"Write {change['duration']}"):
        ask(wrong)
    instead = pbc.social_return(pd.DataFrame([ROW | change]), investment=100, discount=0.0)
    if wrong < 2:
        assert instead.present_value == pytest.approx(1000 * (wrong or 1))


def test_money_that_is_owed_is_written_as_the_message_says():
    with pytest.raises(PbcError, match="write 5 and add deduction: true"):
        clause("price")(-5)
    terms = pbc.payment_terms_from(
        {"currency": "GBP", "clauses": [CLAUSE | {"price": 5, "deduction": True}]}
    )
    result = pbc.MeasuredOutcome(outcome="n", source="counted", count=2)
    assert pbc.payment_due(terms, [result]).total == -10
