"""Parameters: the date selects the row, schedules compound, every row says where it is from."""

import datetime as dt
import json
from pathlib import Path

import pytest

from pbc_eval.errors import ParameterError
from pbc_eval.parameters import (
    annual_rates,
    discount_factors,
    parameter_names,
    reprice,
    schedule_at,
    schedule_names,
    table_at,
    value_at,
)
from pbc_eval.parameters.tables import all_parameters, read_parameters

AT_2026 = dt.date(2026, 6, 1)
BENCHMARKS = Path(__file__).parents[1] / "golden" / "sroi" / "08_benchmarks_383_reports.json"


def test_every_row_states_unit_source_status_and_date():
    for parameter in all_parameters().values():
        assert parameter.unit
        for row in parameter.rows:
            assert row.source
            assert row.status in {"READ", "RECALLED"}
            assert row.valid_from


def test_green_book_2026_rates_read():
    rates = annual_rates("uk_green_book_standard", 301, AT_2026)
    years = {1: 0.035, 30: 0.035, 31: 0.03, 75: 0.03, 76: 0.025, 126: 0.02, 201: 0.015, 301: 0.01}
    assert {year: rates[year - 1] for year in years} == years


@pytest.mark.parametrize(
    ("year", "growth"),
    [
        (0, 1),
        (30, 1.035**30),
        (31, 1.035**30 * 1.03),
        (75, 1.035**30 * 1.03**45),
        (76, 1.035**30 * 1.03**45 * 1.025),
    ],
)
def test_factors_compound_year_by_year(year, growth):
    factors = discount_factors("uk_green_book_standard", 80, AT_2026)
    assert factors[year] == pytest.approx(1 / growth, rel=1e-12)
    assert factors.shape == (81,)


@pytest.mark.parametrize("name", schedule_names())
def test_factors_never_rise(name):
    date = dt.date(2024, 12, 31) if name == "us_omb_a94" else AT_2026
    factors = discount_factors(name, 350, date)
    assert (factors[1:] < factors[:-1]).all()


def test_the_date_selects_the_row():
    assert schedule_at("uk_green_book_standard", dt.date(2020, 1, 1)).status == "RECALLED"
    assert schedule_at("uk_green_book_standard", AT_2026).status == "READ"
    assert schedule_at("us_omb_a94", dt.date(2023, 11, 8)).value[0].rate == 0.07
    assert schedule_at("us_omb_a94", dt.date(2023, 11, 9)).value[0].rate == 0.02


def test_a_recalled_figure_carries_its_caveat():
    grade = value_at("gmca_optimism_bias_grade_4", AT_2026)
    assert grade.value == 0.15
    assert grade.caveat is not None
    assert "RECALLED" in grade.caveat
    assert value_at("uk_wellby_central", AT_2026).caveat is None


@pytest.mark.parametrize(
    ("amount", "in_2024"), [(10_000, 12_329), (13_000, 16_028), (16_000, 19_727)]
)
def test_wellby_at_2024_prices_read(amount, in_2024):
    assert reprice(amount, 2019, 2024) == pytest.approx(in_2024, abs=0.5)
    assert reprice(reprice(amount, 2019, 2024), 2024, 2019) == pytest.approx(amount, rel=1e-12)


def test_benchmarks_are_those_of_the_source_read():
    for factor, said in json.loads(BENCHMARKS.read_text(encoding="utf-8"))["factors"].items():
        scale = 1 if factor == "ratio" else 100
        table = table_at(f"sroi_benchmark_{factor}", AT_2026).value
        expected = {k: v if k == "n" else v / scale for k, v in said.items()}
        assert table == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: value_at("uk_welby_central", AT_2026), "mean 'uk_wellby_central'"),
        (lambda: value_at("uk_qaly", dt.date(1999, 1, 1)), "first holds from 2022-03-30"),
        (lambda: value_at("uk_green_book_standard", AT_2026), "Use schedule_at"),
        (lambda: value_at("sroi_benchmark_ratio", AT_2026), "Use table_at"),
        (lambda: table_at("uk_qaly", AT_2026), "Use value_at"),
        (lambda: schedule_at("uk_qaly", AT_2026), "Known schedules: .*uk_green_book"),
        (lambda: schedule_at("us_omb_a94", AT_2026), "until 2025-03-31.*Contested"),
        (lambda: value_at("uk_qaly", "2026-06-01"), "needs the evaluation's date"),
        (lambda: discount_factors("uk_green_book_standard", 5), "Give the evaluation's date"),
        (lambda: discount_factors(3.5, 5), r"mean 0\.035"),
        (
            lambda: discount_factors(0.035, -1),
            "years must be a whole number from 0 to 10,000, got -1",
        ),
        (lambda: reprice(1, 2019, 2031), "latest held until 2024-12-31"),
    ],
)
def test_a_value_that_did_not_hold_is_refused(ask, message):
    with pytest.raises(ParameterError, match=message):
        ask()


ROW = "{valid_from: 2020-01-01, status: READ, source: x, value: 1}"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROW.replace("READ", "GUESSED"), "'READ' or 'RECALLED'"),
        (ROW.replace("value", "valeu"), "mean 'value'"),
        (ROW.replace(", value: 1", ""), "exactly one of value, bands and table"),
        (f"{ROW}, {ROW}", "rising order"),
        (
            ROW.replace("value: 1", "bands: [{from_year: 1, to_year: null, rate: 0.1}]"),
            "start at year 0",
        ),
    ],
)
def test_a_table_that_misstates_a_row_is_refused(tmp_path, rows, message):
    path = tmp_path / "rates.yaml"
    path.write_text(f"parameters: [{{name: a, title: a, unit: a, rows: [{rows}]}}]")
    with pytest.raises(ParameterError, match=message):
        read_parameters(path)


def test_names_are_listed_in_order():
    assert list(parameter_names()) == sorted(parameter_names())
