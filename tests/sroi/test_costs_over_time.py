"""Inputs by year, later starts, cost for each outcome, and what public funds are worth."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.agreement.uncertainty import Normal
from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.errors import ValueMapError
from pbc_eval.parameters.discounting import discount_factors
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.cost_per_outcome import cost_per_outcome
from pbc_eval.sroi.perspectives import named_ratios
from pbc_eval.sroi.present_value import social_return
from pbc_eval.sroi.sensitivity import ratio_with
from pbc_eval.sroi.simulate import simulate

pytestmark = pytest.mark.slow  # seconds, together


def row(**changes) -> ValuedOutcome:
    given_ = {"id": "a", "stakeholder": "All", "outcome": "Better", "proxy": "P"}
    given_ |= {"proxy_value": 100, "proxy_source": "Invented", "quantity": 10}
    return ValuedOutcome(**{**given_, **changes})


AMOUNTS = st.dictionaries(st.integers(1, 30), st.floats(1, 1e6), max_size=5)


@given(AMOUNTS, st.floats(0, 0.2), st.floats(1, 1e6))
def test_inputs_of_later_years_are_discounted_as_outcomes_are(
    later: dict[int, float], rate: float, now: float
) -> None:
    """A slow twin, at the stated rate and at another."""
    result = social_return([row()], investment=now, discount=rate, later_inputs=later)
    by_hand = now + sum(amount / (1 + rate) ** year for year, amount in later.items())
    assert result.investment == pytest.approx(by_hand, rel=1e-12)
    again = social_return([row()], investment=now, discount=0.05, later_inputs=later)
    assert ratio_with(result, rate=0.05) == pytest.approx(again.ratio, rel=1e-9)


def test_an_uncertain_rate_moves_the_later_inputs_too() -> None:
    result = social_return([row(duration=3)], investment=100, discount=0.03, later_inputs={5: 400})
    rate = Normal(input="discount", type="normal", std_dev=0.01, truncate=True, source="I")
    drawn = simulate(result, [rate], draws=2_000, seed=1)
    rates = drawn.inputs[0]
    expected = 100 + 400 * (1 + rates) ** -5.0
    assert drawn.investment[: len(rates)] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("later", [{0: 5.0}, {1.5: 5.0}, {1: -5.0}, {True: 5.0}])
def test_a_later_input_without_a_year_or_an_amount_is_refused(later) -> None:
    with pytest.raises(ValueMapError, match="later_inputs"):
        social_return([row()], investment=1, later_inputs=later)


@pytest.mark.parametrize("start", [1, 2, 3, 7])
def test_an_outcome_may_start_in_any_period(start: int) -> None:
    """Its value is that of one which starts at once, so many years later."""
    result = social_return([row(start=start, duration=2, drop_off=0.3)], investment=100)
    factors = discount_factors(0.035, start + 2)
    assert result.present_value == pytest.approx(
        1000 * factors[start] + 700 * factors[start + 1], rel=1e-12
    )


@given(st.floats(0.01, 100), st.floats(0.1, 0.9), st.floats(1, 1e4), st.floats(1, 1e7))
def test_the_interval_of_a_cost_is_that_of_the_effect_turned_over(
    effect: float, width: float, scale: float, spent: float
) -> None:
    measured = MeasuredOutcome(
        outcome="jobs", source="estimated", effect=effect, total_scale=scale,
        conf_low=effect * (1 - width), conf_high=effect * (1 + width),
    )  # fmt: skip
    cost = cost_per_outcome(measured, spent, unit="job", currency="GBP")
    assert cost is not None
    assert cost.cost == pytest.approx(spent / (effect * scale), rel=1e-12)
    assert cost.low == pytest.approx(cost.cost / (1 + width), rel=1e-9)
    assert cost.high == pytest.approx(cost.cost / (1 - width), rel=1e-9)


def test_an_effect_that_may_be_none_gives_no_upper_end() -> None:
    kept = {"outcome": "jobs", "source": "estimated", "total_scale": 10.0}
    unsure = MeasuredOutcome(**kept, effect=1.0, conf_low=-0.5, conf_high=2.5)
    cost = cost_per_outcome(unsure, 1000, unit="job", currency="GBP")
    assert cost is not None
    assert (cost.low, cost.high) == (40, None)
    assert "the effect may be none" in str(cost.sentence)
    none = cost_per_outcome(MeasuredOutcome(**kept, effect=-1.0), 10, unit="job", currency="GBP")
    assert none is not None
    assert none.cost is None
    counted = MeasuredOutcome(outcome="jobs", source="counted", count=3, total_scale=3)
    assert cost_per_outcome(counted, 10, unit="job", currency="GBP") is None


def test_public_funds_are_worth_the_gains_over_their_net_cost() -> None:
    rows = [row(id="f", perspective="fiscal"), row(id="s", outcome="Well", perspective="social")]
    result = social_return(rows, investment=5000)
    fiscal, social = (entry.present_value for entry in result.by_outcome)
    values = {ratio.name: ratio.value for ratio in named_ratios(result)}
    expected = social / (5000 - fiscal)
    assert math.isclose(values["Marginal value of public funds"], expected, rel_tol=1e-12)
    pays_for_itself = social_return(rows, investment=500)
    assert "Marginal value of public funds" not in {r.name for r in named_ratios(pays_for_itself)}


@given(st.integers(1, 90), st.floats(0, 0.9), st.floats(0, 0.1))
def test_months_count_the_part_of_the_last_year_that_they_reach(
    months: int, drop: float, rate: float
) -> None:
    """A slow twin: month by month, the value of its year and a twelfth of it."""
    result = social_return([row(months=months, drop_off=drop)], investment=10, discount=rate)
    by_hand = sum(
        1000 / 12 * (1 - drop) ** (month // 12) / (1 + rate) ** (month // 12 + 1)
        for month in range(months)
    )
    assert result.present_value == pytest.approx(by_hand, rel=1e-9)
    years = social_return(
        [row(duration=-(-months // 12), drop_off=drop)], investment=10, discount=rate
    )
    if months % 12 == 0:
        assert result.present_value == years.present_value


@pytest.mark.parametrize("figure", ["drop_off", "discount", "quantity"])
def test_months_are_simulated_as_they_are_valued(figure: str) -> None:
    """With next to no spread, draws are the value as stated."""
    made = row(months=30, drop_off=0.2)
    result = social_return([made], investment=100, discount=0.03)
    at = {"drop_off": 0.2, "discount": 0.03, "quantity": 10.0}[figure]
    named = {} if figure == "discount" else {"row": "a"}
    narrow = Normal(
        input=figure, type="normal", mean=at, std_dev=1e-9, truncate=True, source="I", **named
    )
    drawn = simulate(result, [narrow], draws=100, seed=1)
    assert drawn.present_value == pytest.approx(result.present_value, rel=1e-6)


def test_months_beside_a_duration_that_is_not_theirs_are_refused() -> None:
    with pytest.raises(ValueError, match="State one of months and duration"):
        row(months=30, duration=5)
    assert row(months=30).duration == 3
    assert row(months=30).last_year == 0.5
    assert ValuedOutcome.model_validate(row(months=30).model_dump()) == row(months=30)
