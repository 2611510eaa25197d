"""Price bases, optimism bias, income weights, looked-up values, who pays: closed forms, refusal."""

import datetime as dt
import re
from typing import get_args

import pytest
from pydantic import ValidationError
from sroi.conftest import valued

from pbc_eval.agreement.portfolio_claims import portfolio_claims
from pbc_eval.agreement.value_map import StakeholderInput, ValueMap
from pbc_eval.errors import ParameterError, ValueMapError
from pbc_eval.parameters import read_bank, reprice, value_at
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi import social_return
from pbc_eval.sroi.basis import ValueBasis, costs_with_optimism
from pbc_eval.sroi.perspectives import by_perspective, named_ratios, who_pays_who_saves
from pbc_eval.sroi.waterfall import waterfall

DAY = dt.date(2026, 11, 22)
BANK = """
parameters:
  - name: my_home
    title: A year in a settled home
    unit: GBP per person
    rows:
      - {valid_from: 2020-01-01, value: 4000, price_base: '2020', status: READ, source: My study}
      - {valid_from: 2024-01-01, value: 5000, price_base: '2024', status: RECALLED, source: My note}
"""


def present(*rows, basis=ValueBasis(), date=DAY, **options):  # noqa: B008 frozen
    return social_return(rows, investment=1, discount=0, date=date, basis=basis, **options)


# --- values looked up ---


def test_a_wellby_is_thirteen_thousand_in_2019_prices_read():
    row = valued(proxy_value=None, proxy_from="uk_wellby_central", quantity=2.0)
    result = present(row)
    assert result.present_value == 26_000
    assert result.outcomes[0].price_year == 2019
    moved = present(row, basis=ValueBasis(price_year=2024))
    assert moved.present_value == pytest.approx(26_000 * 100 / 81.1085)
    assert moved.outcomes[0].proxy_value == pytest.approx(reprice(13_000, 2019, 2024))
    assert any("Brought to 2024 prices" in caveat for caveat in moved.caveats)
    qaly = valued(proxy_value=None, proxy_from="uk_qaly", quantity=0.5)
    assert present(qaly).present_value == 35_000


def test_a_users_own_bank_is_dated_and_its_status_is_carried(tmp_path):
    file = tmp_path / "bank.yaml"
    file.write_text(BANK, encoding="utf-8")
    bank = read_bank(file)
    assert value_at("my_home", dt.date(2021, 6, 1), bank=bank).value == 4000
    row = valued(proxy_value=None, proxy_from="my_home", quantity=1.0)
    result = present(row, basis=ValueBasis(bank=bank))
    assert result.present_value == 5000
    assert any("RECALLED" in caveat and "My note" in caveat for caveat in result.caveats)
    earlier = present(row, basis=ValueBasis(bank=bank), date=dt.date(2021, 6, 1))
    assert earlier.present_value == 4000
    assert not any("RECALLED" in caveat for caveat in earlier.caveats)
    file.write_text(BANK.replace("my_home", "uk_qaly"), encoding="utf-8")
    with pytest.raises(ParameterError, match="'uk_qaly' is a shipped parameter"):
        read_bank(file)


LATER = """
parameters:
  - name: uk_gdp_deflator
    title: UK GDP deflator, calendar years
    unit: index, 2024 = 100
    rows:
      - {valid_from: 2025-01-01, valid_to: 2025-12-31, value: 104, status: RECALLED, source: Mine}
"""  # an invented value


def test_an_index_of_prices_is_continued_by_ones_own_years_and_by_no_others(tmp_path):
    file = tmp_path / "bank.yaml"
    file.write_text(LATER, encoding="utf-8")
    bank = read_bank(file)
    assert reprice(100, 2024, 2025, bank=bank) == pytest.approx(104)
    assert reprice(100, 2025, 2019, bank=bank) == pytest.approx(81.1085 / 1.04)
    assert reprice(100, 2019, 2024, bank=bank) == reprice(100, 2019, 2024)
    moved = present(
        valued(proxy_value=10.0, price_year=2024, quantity=1.0),
        basis=ValueBasis(price_year=2025, bank=bank),
    )
    assert moved.present_value == pytest.approx(10.4)
    assert any("(RECALLED, Mine)" in caveat for caveat in moved.caveats)
    with pytest.raises(ParameterError) as refused:
        reprice(100, 2019, 2025)
    assert "latest held until 2024-12-31" in str(refused.value)
    named = re.search(
        r"the parameter (\w+) in the unit '([^']+)' with a row for (\d+)", str(refused.value)
    )
    assert named.groups() == ("uk_gdp_deflator", "index, 2024 = 100", "2025")  # as LATER has it
    with pytest.raises(ParameterError, match="no value for 2026; the latest held until 2025-12-31"):
        reprice(100, 2019, 2026, bank=bank)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("2024 = 100", "2023 = 100"), "Bring them to that unit"),
        (("2025-01-01", "2024-01-01"), "of a year that is shipped, until 2024-12-31"),
        (("value: 104", "value: -1"), "one value above zero"),
        ((", valid_to: 2025-12-31", ""), "must say until when it holds: valid_to: 2025-12-31"),
        (("uk_gdp_deflator", "uk_wellby_central"), "is a shipped parameter"),
    ],
)
def test_no_shipped_figure_changes_its_meaning(tmp_path, change, message):
    file = tmp_path / "bank.yaml"
    file.write_text(LATER.replace(*change), encoding="utf-8")
    with pytest.raises(ParameterError, match=message):
        read_bank(file)


@pytest.mark.parametrize(
    ("row", "basis", "date", "error", "message"),
    [
        (
            {"proxy_value": None, "proxy_from": "uk_wellby_centrl"},
            {},
            DAY,
            ParameterError,
            "mean 'uk_wellby_central'",
        ),
        (
            {"proxy_value": None, "proxy_from": "uk_qaly"},
            {},
            None,
            ValueMapError,
            "Give the evaluation's date",
        ),
        (
            {"proxy_value": None, "proxy_from": "uk_wellby_low", "price_year": 2024},
            {},
            DAY,
            ValueMapError,
            "is at prices of 2019",
        ),
        ({"price_year": 1950}, {"price_year": 2024}, DAY, ParameterError, "no value at 1950"),
        ({}, {"optimism_bias": True}, DAY, ValueMapError, "there is no confidence_grade"),
        ({}, {"median_income": 1.0}, DAY, ValueMapError, "no row states the income"),
    ],
)
def test_what_cannot_be_looked_up_is_refused(row, basis, date, error, message):
    with pytest.raises(error, match=message):
        present(valued(**row), basis=ValueBasis(**basis), date=date)


def test_rows_at_prices_of_different_years_need_one_year():
    rows = valued(id="a", price_year=2019), valued(id="b", price_year=2024)
    with pytest.raises(ValueMapError, match="rows are at prices of 2019, 2024"):
        present(*rows)
    together = present(*rows, basis=ValueBasis(price_year=2024))
    assert together.present_value == pytest.approx(200_000 * (1 + 100 / 81.1085))


# --- optimism and weights ---


@pytest.mark.parametrize(
    ("grade", "share"), [(1, 0), (2, 0.05), (3, 0.1), (4, 0.15), (5, 0.25), (6, 0.4)]
)
def test_benefits_fall_and_costs_rise_by_their_confidence_grade_recalled(grade, share):
    basis = ValueBasis(optimism_bias=True)
    good = present(valued(confidence_grade=grade), basis=basis)
    assert good.present_value == pytest.approx(200_000 * (1 - share))
    harm = present(valued(confidence_grade=grade, proxy_value=-5000.0), basis=basis)
    assert harm.present_value == pytest.approx(-200_000 * (1 + share))
    cost = StakeholderInput(
        stakeholder="A", description="grant", value=1000, confidence_grade=grade
    )
    raised, caveats = costs_with_optimism([cost], DAY)
    assert raised[0].value == pytest.approx(1000 * (1 + share))
    assert any("optimism" in caveat for caveat in caveats)
    assert any("RECALLED" in caveat for caveat in good.caveats)


def test_an_estimate_that_did_harm_is_not_made_smaller_by_optimism_bias():
    worse = MeasuredOutcome(outcome="jobs", source="estimated", effect=-0.1, total_scale=400.0)
    row = valued(quantity_from="jobs", confidence_grade=6)
    result = present(row, basis=ValueBasis(optimism_bias=True), results={"jobs": worse})
    assert result.present_value == pytest.approx(-200_000 * 1.4)


def test_income_weights_are_the_ratio_to_the_power_of_the_elasticity_read():
    rows = valued(id="poor", income=10_000.0), valued(id="other")
    result = present(*rows, basis=ValueBasis(median_income=20_000.0))
    assert result.present_value == pytest.approx(200_000 * (2**1.3 + 1))
    assert any("^1.3" in caveat for caveat in result.caveats)


def test_nothing_is_adjusted_unless_it_is_asked_for():
    row = valued(confidence_grade=6, income=5_000.0, price_year=2019)
    assert present(row).present_value == 200_000
    bare = "Nothing is taken off for what would have happened anyway: any row."
    assert present(row).caveats == (bare,)


# --- from several sides ---

SIDES = [
    valued(id="cash", agency="Council", perspective="fiscal", cashable=True),
    valued(id="beds", agency="Hospital", perspective="fiscal", cashable=False),
    valued(id="pay", perspective="economic", quantity=10.0),
    valued(id="joy", quantity=4.0),
]


def test_every_division_adds_up_to_the_present_value():
    result = social_return(SIDES, investment=100_000, discount=0.035)
    kinds = by_perspective(result)
    assert kinds["perspective"].tolist() == ["fiscal", "economic", "not stated"]
    assert kinds["present_value"].sum() == pytest.approx(result.present_value)
    assert kinds["ratio"].sum() == pytest.approx(result.ratio)
    sides = who_pays_who_saves(result, [("Council", 70_000.0), ("Fund", 30_000.0)])
    assert sides["agency"].tolist() == ["Council", "Fund", "Hospital", "Participants"]
    assert sides["pays"].sum() == 100_000
    assert sides["gains"].sum() == pytest.approx(result.present_value)
    assert sides["net"].sum() == pytest.approx(result.net_present_value)
    assert sides["cashable"].tolist()[1:] == [0, 0, 0]


def test_ratios_carry_their_names():
    result = social_return(SIDES, investment=100_000, discount=0)
    found = {ratio.name: ratio.value for ratio in named_ratios(result)}
    assert found["Social return ratio"] == result.ratio
    assert found["Net ratio"] == pytest.approx(result.ratio - 1)
    assert found["Fiscal return ratio"] == pytest.approx(4.0)
    assert found["Cashable fiscal ratio"] == pytest.approx(2.0)
    plain = social_return([valued()], investment=1, discount=0)
    assert [ratio.name for ratio in named_ratios(plain)] == ["Social return ratio", "Net ratio"]


def test_the_waterfall_ends_where_the_result_does():
    rows = [
        valued(deadweight=0.25, displacement=0.2, attribution=0.5, leakage=0.1, drop_off=0.5,
               duration=3),
        valued(id="harm", proxy_value=-50.0, confidence_grade=3),
    ]  # fmt: skip
    result = social_return(rows, investment=50_000, discount=0.1)
    steps = {step.name: step for step in waterfall(result)}
    assert steps["Gross value"].level == 600_000 - 2_000
    assert steps["Would have happened anyway"].change == pytest.approx(-150_000)
    assert steps["Displaced from elsewhere"].change == pytest.approx(-90_000)
    assert steps["Owed to others"].change == pytest.approx(-180_000)
    assert steps["Fades with time"].change == pytest.approx(162_000 * (1.75 / 3 - 1))
    assert steps["Present value"].level == result.present_value
    assert steps["Net present value"].level == result.net_present_value
    level = steps["Gross value"].level
    for step in waterfall(result)[1:]:
        if step.change is not None:
            level += step.change
            assert step.level == pytest.approx(level)


# --- nothing counted twice ---


def test_one_change_is_not_valued_by_two_proxies():
    rows = [
        valued(id="a", outcome="In work", proxy="Earnings"),
        valued(id="b", outcome="in  Work ", proxy="Wellbeing of work"),
    ]
    with pytest.raises(
        ValueMapError, match=r"a and b value the same outcome.*two proxies \('Earnings'"
    ):
        social_return(rows, investment=1)
    with pytest.raises(ValueError, match="which counts it twice"):
        ValueMap(outcomes=tuple(rows))
    apart = rows[1].model_copy(update={"distinct_because": "wellbeing net of income"})
    result = social_return([rows[0], apart], investment=1)
    assert any("wellbeing net of income" in caveat for caveat in result.caveats)
    other = rows[1].model_copy(update={"stakeholder": "Families"})
    social_return([rows[0], other], investment=1)


def test_a_portfolio_cannot_claim_more_than_the_whole_change():
    def contract(*shares):
        return [
            valued(id=f"r{k}", claimed_as="homes-2025", attribution=share)
            for k, share in enumerate(shares)
        ]

    found = portfolio_claims({"north": contract(0.5), "south": contract(0.7), "x": [valued()]})
    assert [claim.contract for claim in found["homes-2025"]] == ["north", "south"]
    assert sum(claim.share for claim in found["homes-2025"]) == pytest.approx(0.8)
    with pytest.raises(ValueMapError, match=r"130% of the change is claimed .*north/r0 0\.62"):
        portfolio_claims({"north": contract(0.5), "south": contract(0.2)})
    portfolio_claims({"north": contract(0.5), "south": contract(0.5)})


# Mott MacDonald (2002), table 2: upper, lower; of capital cost, of outsourcing of operating cost
BOUNDS = {
    "standard_buildings": (0.24, 0.02),
    "non_standard_buildings": (0.51, 0.04),
    "standard_civil_engineering": (0.44, 0.03),
    "non_standard_civil_engineering": (0.66, 0.06),
    "equipment_development": (2.0, 0.1),
    "outsourcing": (0.41, 0.0),
}


def cost_of(kind, mitigated=0.0):
    return StakeholderInput(
        stakeholder="A",
        description="a school",
        value=1000,
        optimism_bias=kind,
        optimism_mitigated=mitigated,
    )


def test_the_types_of_project_are_those_whose_bounds_were_read():
    known = set(get_args(get_args(StakeholderInput.model_fields["optimism_bias"].annotation)[0]))
    assert known == set(BOUNDS)


@pytest.mark.parametrize("kind", BOUNDS)
def test_costs_rise_by_the_type_of_project_from_its_upper_bound_down_to_its_lower(kind):
    upper, lower = BOUNDS[kind]
    (whole,), caveats = costs_with_optimism([cost_of(kind)], DAY, by_grade=False)
    assert whole.value == pytest.approx(1000 * (1 + upper))
    assert any("Mott MacDonald" in caveat and "READ" in caveat for caveat in caveats)
    half, _ = costs_with_optimism([cost_of(kind, 0.5)], DAY, by_grade=False)
    assert half[0].value == pytest.approx(1000 * (1 + upper / 2))
    if lower:
        with pytest.raises(ValueMapError, match="Write at most") as refused:
            costs_with_optimism([cost_of(kind, 1.0)], DAY)
        most = float(re.search(r"at most ([\d.]+)\.", str(refused.value))[1])
        (least,), _ = costs_with_optimism([cost_of(kind, most)], DAY)  # the remedy, tried
        assert 1 + lower <= least.value / 1000 < 1 + lower + upper / 100


def test_an_input_that_names_its_type_needs_no_grade_and_others_stay_as_they_are():
    plain = StakeholderInput(stakeholder="B", description="rent", value=500)
    (raised, same), _ = costs_with_optimism(
        [cost_of("standard_buildings"), plain], DAY, by_grade=False
    )
    assert (raised.value, same.value) == (pytest.approx(1240), 500)
    with pytest.raises(ValueMapError, match="no confidence_grade"):
        costs_with_optimism([cost_of("standard_buildings"), plain], DAY)
    with pytest.raises(ValidationError, match="no optimism_bias is named"):
        StakeholderInput(stakeholder="B", description="rent", value=5, optimism_mitigated=0.5)
