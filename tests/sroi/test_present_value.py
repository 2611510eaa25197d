"""social_return: golden cases, closed forms, invariance, and refusal."""

import datetime as dt
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sroi.conftest import golden, valued, wheels_to_meals

from pbc_eval.agreement.value_map import StakeholderInput, ValueMap
from pbc_eval.errors import ParameterError, ValueMapError
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi import social_return

EXACT = 1e-12  # sums of a few products: only rounding separates us from the hand calculation
AT_2026 = dt.date(2026, 6, 1)
CASE = golden("01_wheels_to_meals")
INVESTED = CASE["expected"]["inputs"]


def present_value(*rows, discount=0.035, **options) -> float:
    return social_return(rows, investment=1, discount=discount, **options).present_value


# --- golden ---


def test_wheels_to_meals_recalled():
    expected = CASE["expected"]
    result = social_return(wheels_to_meals(), investment=INVESTED, discount=CASE["discount_rate"])
    impacts = [entry.impact for entry in result.by_outcome]
    assert impacts == pytest.approx(list(expected["impact_by_outcome"].values()), abs=0.005)
    years = result.by_year.query("year >= 1")
    assert years["value"].tolist() == pytest.approx(expected["year_totals"], abs=0.006)
    assert years["present_value"].tolist() == pytest.approx(expected["pv_by_year"], abs=0.006)
    assert round(result.present_value, 2) == expected["total_pv"]
    assert round(result.net_present_value, 2) == expected["npv"]
    assert round(result.ratio, 2) == expected["ratio"]
    derived = CASE["derived_not_published"]
    assert result.ratio == pytest.approx(derived["ratio_exact"], rel=EXACT)
    assert result.net_ratio == pytest.approx(derived["net_ratio"], rel=EXACT)
    assert result.payback_months == pytest.approx(derived["payback_months_guide_rule"], rel=EXACT)


def test_wheels_to_meals_inputs_are_the_investment_recalled():
    inputs = tuple(
        StakeholderInput(stakeholder=i["stakeholder"], description=i["kind"], value=i["value"])
        for i in CASE["inputs"]
    )
    assert ValueMap(outcomes=tuple(wheels_to_meals()), inputs=inputs).total_inputs == INVESTED


@pytest.mark.parametrize(
    ("variant", "options"),
    [
        ("start_in_activity_period", {"start_convention": "in_activity", "discount": 0.035}),
        ("discount_0", {"discount": 0}),
        ("discount_5", {"discount": 0.05}),
    ],
)
def test_wheels_to_meals_under_other_conventions_derived(variant, options):
    expected = golden("01b_w2m_variants")[variant]
    result = social_return(wheels_to_meals(), investment=INVESTED, **options)
    assert result.present_value == pytest.approx(expected["total_pv"], rel=EXACT)
    assert result.ratio == pytest.approx(expected["ratio"], rel=EXACT)


EDGES = golden("09_edge_cases")


@pytest.mark.parametrize("case", EDGES["cases"], ids=lambda case: case["name"])
def test_edge_case_derived(case):
    cells = dict(zip(EDGES["columns"], case["row"], strict=True))
    cells["proxy_value"] = cells.pop("proxy")
    assert present_value(valued(**cells), discount=case["r"]) == pytest.approx(
        case["pv"], rel=EXACT
    )


@pytest.mark.parametrize(
    ("name", "value", "invested", "ratio", "display"),
    [
        ("02_niaa_chac_ypd", "pv_benefits", "pv_investment", 5.62, "6:1"),
        ("03_timebank_ireland", "total_present_value", "total_investment", 16.06, "16:1"),
        ("05_niaa_helping_hand", "total", "investment", 5.57, "6:1"),
    ],
)
def test_published_aggregate_ratio_read(name, value, invested, ratio, display):
    case = golden(name)
    row = valued(quantity=1, proxy_value=case[value])
    result = social_return([row], investment=case[invested], discount=0)
    assert round(result.ratio, 2) == ratio
    assert f"{result.ratio:.0f}:1" == display
    assert case["published_ratio"] in {ratio, display}


def test_wsipp_perspectives_sum_to_the_ratio_read():
    case = golden("06_wsipp_work_experience")
    rows = [
        valued(id=name, stakeholder=name, quantity=1, proxy_value=benefit)
        for name, benefit in case["benefits"].items()
    ]
    result = social_return(rows, investment=-case["net_program_cost"], discount=0, currency="USD")
    assert round(result.ratio, 2) == case["bc_ratio"]
    assert result.present_value == case["total_benefits"]
    assert result.net_present_value == pytest.approx(case["benefits_minus_costs"], abs=1)
    by = result.by_stakeholder()
    assert by["present_value"].tolist() == list(case["benefits"].values())
    assert by["ratio"].sum() == pytest.approx(result.ratio, rel=EXACT)


# --- closed forms ---


@pytest.mark.parametrize("years", [1, 5, 30, 200])
def test_a_level_outcome_is_an_annuity(years):
    annuity = (1 - 1.035**-years) / 0.035
    assert present_value(valued(duration=years)) == pytest.approx(200e3 * annuity, rel=EXACT)


@pytest.mark.parametrize(
    ("years", "growth"),
    [(31, 1.035**30 * 1.03), (76, 1.035**30 * 1.03**45 * 1.025)],
)
def test_a_step_in_the_schedule_compounds_on_what_came_before(years, growth):
    options = {"discount": "uk_green_book_standard", "date": AT_2026}
    last = present_value(valued(duration=years), **options) - present_value(
        valued(duration=years - 1), **options
    )
    assert last == pytest.approx(200e3 / growth, rel=1e-9)


def test_drop_off_begins_in_the_second_year():
    row = valued(drop_off=0.5, duration=3)
    assert present_value(row, discount=0) == pytest.approx(200e3 * 1.75, rel=EXACT)


def test_every_share_is_taken_off_once():
    cuts = {"deadweight": 0.1, "displacement": 0.2, "attribution": 0.3, "leakage": 0.4}
    kept = 0.9 * 0.8 * 0.7 * 0.6
    assert present_value(valued(**cuts), discount=0) == pytest.approx(200e3 * kept, rel=EXACT)


def test_an_outcome_that_starts_after_the_activity_comes_one_year_later():
    first, second = present_value(valued()), present_value(valued(start=2))
    assert first == pytest.approx(200e3 / 1.035, rel=EXACT)
    assert second == pytest.approx(200e3 / 1.035**2, rel=EXACT)
    inside = present_value(valued(), start_convention="in_activity")
    assert inside == pytest.approx(200e3, rel=EXACT)


# --- invariance ---

shares = st.floats(0, 1)
quick = settings(max_examples=50, deadline=None)


@quick
@given(shares, shares, shares, st.floats(0.01, 100))
def test_value_is_linear_in_the_proxy_and_never_exceeds_gross(dead, displaced, drop, scale):
    cuts = {"deadweight": dead, "displacement": displaced, "drop_off": drop, "duration": 7}
    one = present_value(valued(**cuts))
    scaled = present_value(valued(proxy_value=5_000 * scale, **cuts))
    assert scaled == pytest.approx(scale * one, rel=1e-9, abs=1e-9)
    assert 0 <= one <= 200e3 * 7


@quick
@given(st.permutations(range(8)))
def test_order_of_rows_is_irrelevant(order):
    rows = wheels_to_meals()
    shuffled = social_return([rows[i] for i in order], investment=1, discount=0.035)
    assert shuffled.present_value == pytest.approx(81_741.933_581_898, rel=1e-12)


@quick
@given(shares, st.integers(1, 60), st.sampled_from([1, 2]), st.floats(0, 0.2))
def test_array_value_equals_the_guides_sum_written_out(drop, duration, start, rate):
    by_hand = sum(200e3 * (1 - drop) ** k / (1 + rate) ** (start + k) for k in range(duration))
    row = valued(drop_off=drop, duration=duration, start=start)
    assert present_value(row, discount=rate) == pytest.approx(by_hand, rel=1e-10)


def test_a_frame_a_sequence_and_a_value_map_give_one_answer_and_are_not_changed():
    rows = wheels_to_meals()
    frame = pd.DataFrame([row.model_dump() for row in rows])
    before = frame.copy(deep=True)
    ratios = {
        social_return(form, investment=INVESTED, discount=0.035).ratio
        for form in (rows, ValueMap(outcomes=tuple(rows)), frame)
    }
    assert len(ratios) == 1
    pd.testing.assert_frame_equal(frame, before)


# --- estimated quantities, words, records ---


def test_an_estimated_quantity_is_effect_times_scale():
    jobs = MeasuredOutcome(outcome="jobs", source="estimated", effect=0.1, total_scale=400.0)
    row = valued(quantity_from="jobs")
    assert present_value(row, discount=0, results={"jobs": jobs}) == pytest.approx(200e3, rel=EXACT)


def test_the_ratio_is_stated_with_its_name_and_conventions():
    result = social_return(wheels_to_meals(), investment=INVESTED, discount=0.035)
    assert result.sentence == (
        "Social return per £1 invested = present value / investment = £81,741.93 / £42,375 = 1.93 "
        "(discounted at 3.5% a year; the first outcome year is discounted once)."
    )
    assert "recalled" in result.caveats[0]
    assert pickle.loads(pickle.dumps(result)).ratio == result.ratio
    assert np.allclose(result.to_frame()["present_value"].sum(), result.present_value)


def test_recalled_schedule_and_leakage_are_never_silent():
    result = social_return(
        [valued(leakage=0.2)],
        investment=1,
        discount="uk_green_book_standard",
        date=dt.date(2020, 1, 1),
    )
    assert "Leakage" in result.caveats[0]
    assert "RECALLED" in result.caveats[-1]


def test_harm_alone_is_never_paid_back():
    result = social_return([valued(proxy_value=-5.0)], investment=100, discount=0)
    assert result.ratio == -2
    assert result.payback_months is None


# --- refusal ---


@pytest.mark.parametrize(
    ("rows", "options", "error", "message"),
    [
        ([], {}, ValueMapError, "has no outcomes"),
        ([valued(), valued()], {}, ValueMapError, "ids must be unique, got employment"),
        ([valued()], {"investment": 0}, ValueMapError, "must be above zero"),
        ([valued()], {"investment": float("nan")}, ValueMapError, "finite"),
        ([valued()], {"start_convention": "after_activty"}, ValueMapError, "mean 'after_activity'"),
        ([valued()], {"discount": 3.5}, ParameterError, r"mean 0\.035\?"),
        (
            [valued()],
            {"discount": "uk_green_book_standard"},
            ParameterError,
            "Give the evaluation's date",
        ),
        (
            [valued()],
            {"discount": "uk_green_book_standrd", "date": AT_2026},
            ParameterError,
            "mean 'uk_green_book_standard'",
        ),
        ([valued(quantity_from="jobs")], {}, ValueMapError, "'jobs', which is not among"),
    ],
)
def test_a_return_that_cannot_be_stated_is_refused(rows, options, error, message):
    with pytest.raises(error, match=message):
        social_return(rows, **{"investment": 1, "discount": 0.035} | options)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source": "counted", "count": 3.0}, "was counted, not estimated"),
        ({"source": "estimated", "effect": 0.1}, "total_scale above zero"),
        ({"source": "estimated", "effect": float("nan"), "total_scale": 1.0}, "finite effect"),
    ],
)
def test_a_quantity_that_cannot_be_had_is_refused(fields, message):
    jobs = MeasuredOutcome(outcome="jobs", **fields)
    with pytest.raises(ValueMapError, match=message):
        present_value(valued(quantity_from="jobs"), results={"jobs": jobs})
