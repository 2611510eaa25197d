"""A cap for each person holds for each where people are given, and says when it cannot."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval import MeasuredOutcome, payment_due, payment_terms_from
from pbc_eval.errors import DataError, PaymentTermsError
from pbc_eval.payment.spreadsheet import spreadsheet_lines
from pbc_eval.payment.terms_in_words import terms_in_words

pytestmark = pytest.mark.slow  # seconds, together

COMMON = {"label": "L", "reference": "R", "source": "S", "type": "tariff", "measure": "count"}


def tariff(name="n", price=10, **more):
    return COMMON | {"id": name, "outcome": name, "price": price} | more


def counted(name, people, **more):
    return MeasuredOutcome(
        outcome=name, source="counted", count=sum(people.values()), by_person=people, **more
    )


def due(clauses, results, limits=()):
    return payment_due({"currency": "GBP", "clauses": clauses, "limits": limits}, results)


def test_one_person_with_everything_is_paid_for_once():
    people = {"a": 30} | {str(i): 0 for i in range(9)}
    statement = due([tariff(cap_per_person=25)], [counted("n", people, total_scale=10)])
    assert statement.total == Decimal("25.00")
    assert "for each of 10 persons" in statement.lines[0].formula


def test_where_only_the_sum_is_known_the_words_say_average():
    result = MeasuredOutcome(outcome="n", source="counted", count=30, total_scale=10)
    statement = due([tariff(cap_per_person=25)], [result])
    assert statement.total == 250
    assert "an average" in statement.lines[0].formula
    terms = payment_terms_from({"currency": "GBP", "clauses": [tariff(cap_per_person=25)]})
    assert "on average over persons" in terms_in_words(terms)[0]


PRICES = {"attitude": 700, "entry": 900, "job": 2600, "level-4": 2000, "kept": 1000}
people = st.dictionaries(
    st.sampled_from("abcdef"),
    st.fixed_dictionaries({name: st.integers(0, 3) for name in PRICES}),
    min_size=1,
)


@given(people, st.integers(0, 6000), st.sampled_from([0.0, 0.25]))
def test_one_cap_over_several_clauses_holds_for_each_person(people, cap, deadweight):
    results = [counted(name, {p: own[name] for p, own in people.items()}) for name in PRICES]
    clauses = [tariff(name, price, deadweight=deadweight or None) for name, price in PRICES.items()]
    limit = {"id": "cap", "label": "Cap", "reference": "R", "of": list(PRICES)}
    statement = due(clauses, results, [limit | {"cap_per_person": cap}])
    right = sum(
        min(sum(PRICES[name] * own[name] for name in PRICES) * (1 - Decimal(str(deadweight))), cap)
        for own in people.values()
    )
    assert statement.total == right
    assert sum(line.amount for line in spreadsheet_lines(statement)) == right


@given(people, st.integers(0, 60))
def test_a_tariffs_own_cap_holds_for_each_person(people, cap):
    own = {person: row["job"] for person, row in people.items()}
    statement = due([tariff(cap_per_person=cap)], [counted("n", own, total_scale=len(own))])
    assert statement.total == sum(min(10 * units, cap) for units in own.values())


def test_a_cap_for_each_person_asks_for_people():
    limit = {"id": "cap", "label": "Cap", "reference": "R", "of": ["n"], "cap_per_person": 5}
    result = MeasuredOutcome(outcome="n", source="counted", count=3)
    with pytest.raises(PaymentTermsError, match="cap: cap_per_person needs the count of 'n' for"):
        due([tariff()], [result], [limit])
    with pytest.raises(PaymentTermsError, match="max_units of n is of the sum"):
        due([tariff(max_units=3)], [counted("n", {"a": 3})], [limit])


def test_counts_by_person_add_up_to_the_count():
    with pytest.raises(DataError, match="add up to 3, but count is 4"):
        MeasuredOutcome(outcome="n", source="counted", count=4, by_person={"a": 1, "b": 2})


@given(st.integers(10**11, 10**15 - 1), st.integers(1, 999))
def test_counts_and_money_are_exact_beyond_twelve_digits(count, pence):
    price = Decimal(pence) / 100
    result = MeasuredOutcome(outcome="n", source="counted", count=count)
    assert due([tariff(price=str(price))], [result]).total == count * price
    reached = COMMON | {"id": "t", "type": "threshold", "outcome": "n", "amount": 1}
    assert due([reached | {"minimum": count}], [result]).total == 1
    assert due([reached | {"minimum": count + 1}], [result]).total == 0


@pytest.mark.parametrize("bad", ["5", True, [5], "1,000"])
def test_a_count_is_a_number(bad):
    with pytest.raises(DataError, match="n: count must be a number"):
        MeasuredOutcome(outcome="n", source="counted", count=bad)


def test_a_bare_count_that_is_paid_is_flagged_and_one_with_deadweight_is_not():
    bare = due([tariff()], [counted("n", {"a": 3})])
    assert "Nothing is taken off for what would have happened anyway in L" in bare.sentence
    assert "happened anyway" not in due([tariff(deadweight=0.1)], [counted("n", {"a": 3})]).sentence
