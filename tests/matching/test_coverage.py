"""Intervals hold the truth about as often as promised: the short form of
benchmarks/coverage_matching.py, whose full table stands in docs/coverage-matching.md."""

import importlib.util
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SAMPLES = 80
LOWEST = 0.87  # 3.3 Monte Carlo errors below 95 %
FULL_LOWEST = 0.80  # full matching covers about 90 %, as the page says

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def benchmark():
    file = PROJECT / "benchmarks" / "coverage_matching.py"
    found = importlib.util.spec_from_file_location("coverage_matching", file)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table(benchmark):
    return benchmark.coverage(SAMPLES)


def test_there_are_at_least_eight_designs(table):
    assert table["design"].nunique() >= 8


def test_no_estimator_is_biased_but_the_one_that_ignores_how_people_were_drawn(table):
    ignorant = table["estimator"].str.contains("ignored")
    far = table["bias"].abs() / table["bias_error"]
    assert (far[~ignorant] < 4).all()
    assert (far[ignorant] > 6).all()


def test_intervals_hold_the_truth(table):
    honest = table[~table["estimator"].str.contains("ignored")]
    full = honest["estimator"].str.startswith("full matching")
    assert (honest.loc[~full, "coverage"] >= LOWEST).all()
    assert (honest.loc[full, "coverage"] >= FULL_LOWEST).all()
    assert (table.loc[table["estimator"].str.contains("ignored"), "coverage"] < 0.8).all()


def test_the_page_has_every_design_and_estimator(table):
    page = (PROJECT / "docs" / "coverage-matching.md").read_text(encoding="utf-8")
    for row in table.itertuples():
        assert f"| {row.design} | {row.estimator} | {row.truth:.3f} |" in page
