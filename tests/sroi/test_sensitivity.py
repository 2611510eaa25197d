"""one_way, switching_values and benchmarks: golden, by construction, and in refusal."""

import datetime as dt

import pytest
from sroi.conftest import golden, valued, wheels_to_meals

from pbc_eval.errors import ValueMapError
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi import (
    benchmarks,
    one_way,
    place_among_reports,
    social_return,
    switching_values,
)
from pbc_eval.sroi.sensitivity import ratio_with, with_values

AT_2026 = dt.date(2026, 6, 1)
GUIDE = social_return(wheels_to_meals(), investment=42_375, discount=0.035)
JOBS = MeasuredOutcome(
    outcome="jobs", source="estimated", effect=0.1, conf_low=0.05, conf_high=0.15, total_scale=400.0
)


def entry(entries, outcome, assumption):
    found = [e for e in entries if (e.outcome, e.assumption) == (outcome, assumption)]
    assert len(found) == 1
    return found[0]


# --- one way ---


def test_all_deadweight_up_25_points_derived():
    moved = entry(one_way(GUIDE), "all outcomes", "deadweight")
    expected = golden("01b_w2m_variants")["all_deadweight_plus_25pp"]["ratio"]
    assert moved.ratio_high == pytest.approx(expected, rel=1e-12)


def test_widest_swing_comes_first_and_the_base_lies_between():
    entries = one_way(GUIDE)
    swings = [e.swing for e in entries]
    assert swings == sorted(swings, reverse=True)
    for e in entries:
        if e.outcome == "all outcomes":
            continue  # gains and harms move against one another
        low, high = sorted((e.ratio_low, e.ratio_high))
        assert low - 1e-9 <= GUIDE.ratio <= high + 1e-9, e


def test_bounds_replace_the_defaults():
    given = {("res-gp", "duration"): (1, 10), ("whole project", "discount"): (0.0, 0.05)}
    entries = one_way(GUIDE, bounds=given)
    discount = entry(entries, "whole project", "discount")
    variants = golden("01b_w2m_variants")
    assert discount.ratio_low == pytest.approx(variants["discount_0"]["ratio"], rel=1e-12)
    assert discount.ratio_high == pytest.approx(variants["discount_5"]["ratio"], rel=1e-12)
    duration = entry(entries, "res-gp", "duration")
    assert (duration.low, duration.high) == (1, 10)


def test_start_convention_is_part_of_the_tornado():
    start = entry(one_way(GUIDE), "whole project", "times the first outcome year is discounted")
    expected = golden("01b_w2m_variants")["start_in_activity_period"]["ratio"]
    assert start.ratio_low == pytest.approx(expected, rel=1e-12)


def test_an_estimated_quantity_varies_over_its_interval_and_its_deadweight_never():
    result = social_return(
        [valued(quantity_from="jobs")], investment=1e5, discount=0, results={"jobs": JOBS}
    )
    entries = one_way(result)
    quantity = entry(entries, "employment", "quantity")
    assert (quantity.low, quantity.high) == pytest.approx((20, 60))
    assert not [e for e in entries if (e.outcome, e.assumption) == ("employment", "deadweight")]
    assert entry(entries, "all outcomes", "deadweight").swing == 0
    with pytest.raises(ValueMapError, match="already net of"):
        one_way(result, bounds={("employment", "deadweight"): (0, 0.2)})


@pytest.mark.parametrize(
    ("key", "ends", "message"),
    [
        (("res-pg", "duration"), (1, 2), "mean 'res-gp'"),
        (("res-gp", "durations"), (1, 2), "mean 'duration'"),
        (("res-gp", "deadweight"), (0, 25), r"mean 0\.25"),
        (("res-gp", "deadweight"), (0.5, 0.2), "low 0.5 is above high 0.2"),
        (("res-gp", "duration"), (0.5, 2), "whole years"),
        (("whole project", "investment"), (0, 2), "above zero"),
    ],
)
def test_bounds_that_cannot_be_meant_are_refused(key, ends, message):
    with pytest.raises(ValueMapError, match=message):
        one_way(GUIDE, bounds={key: ends})


# --- switching values ---


def test_at_its_switching_value_every_assumption_gives_a_ratio_of_one():
    rows = [
        valued(deadweight=0.1, displacement=0.05, attribution=0.2, drop_off=0.3, duration=4),
        valued(id="harm", proxy_value=-300.0, duration=2),
    ]
    result = social_return(rows, investment=300_000, discount=0.035)
    checked = 0
    for e in switching_values(result):
        if e.value is None or e.outcome in {"all outcomes", "whole project"}:
            continue
        position = [row.id for row in rows].index(e.outcome)
        changed = with_values(result.assumptions, e.assumption, e.value, position)
        ratio = ratio_with(result, assumptions=changed)
        if e.assumption == "duration":
            nearer = e.value + (1 if e.value < e.base else -1)
            before = with_values(result.assumptions, "duration", nearer, position)
            assert (ratio - 1) * (ratio_with(result, assumptions=before) - 1) <= 0
        else:
            assert ratio == pytest.approx(1, abs=1e-9), e
        checked += 1
    assert checked >= 8


def test_investment_and_rate_switch_where_the_value_is_spent():
    entries = switching_values(GUIDE)
    assert entry(entries, "whole project", "investment").value == GUIDE.present_value
    scale = entry(entries, "all outcomes", "quantity, multiplied by").value
    assert scale == pytest.approx(1 / GUIDE.ratio)
    rate = entry(entries, "whole project", "discount").value
    assert ratio_with(GUIDE, rate=rate) == pytest.approx(1, abs=1e-9)


def test_no_switching_value_says_why():
    entries = switching_values(GUIDE)
    ae = entry(entries, "res-ae", "quantity")
    assert (ae.value, ae.reason) == (None, "the ratio is above 1 even at zero (1.91)")
    assert "no bearing" in entry(entries, "res-dn", "quantity").reason
    assert all((e.value is None) == bool(e.reason) for e in entries)


def test_an_estimated_outcome_has_no_switching_deadweight():
    result = social_return(
        [valued(quantity_from="jobs")], investment=1e5, discount=0, results={"jobs": JOBS}
    )
    dead = entry(switching_values(result), "employment", "deadweight")
    assert dead.value is None
    assert "already net of deadweight" in dead.reason


# --- benchmarks ---


@pytest.mark.parametrize(
    ("assumption", "value", "bracket", "percentile"),
    [
        ("deadweight", 0.20, (50, 50), 50),
        ("deadweight", 0.15, (25, 50), 37.5),
        ("deadweight", 0.9, (90, 100), None),
        ("drop_off", 0.10, (10, 25), None),  # two published quantiles are tied
        ("ratio", 16.06, (90, 100), 90 + 10 * (16.06 - 10.22) / (37.14 - 10.22)),
        ("ratio", 50, (100, 100), None),
        ("deadweight", 0.0, (None, None), None),
    ],
)
def test_a_value_is_placed_among_383_reports_read(assumption, value, bracket, percentile):
    place = place_among_reports(assumption, value, date=AT_2026)
    assert (place.at_least, place.at_most) == bracket
    assert place.percentile == (None if percentile is None else pytest.approx(percentile))
    assert place.sentence


def test_every_share_of_the_map_has_its_place():
    places = benchmarks(GUIDE, date=AT_2026)
    assert ("res-clubs", "attribution") in {(p.outcome, p.assumption) for p in places}
    assert places[-1].assumption == "ratio"
    assert places[-1].reports == 247
