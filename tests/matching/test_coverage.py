"""Intervals hold the truth about as often as promised: the short form of
benchmarks/coverage_matching.py, whose full table stands in docs/coverage-matching.md."""

import runpy
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SAMPLES = 60
LOWEST = 0.86  # 3.2 Monte Carlo errors below 95 %
SHORT = ("full matching", "subclasses")  # a few points short, as the page says
SHORT_LOWEST = 0.80


@pytest.mark.soak
def test_intervals_cover_and_estimates_are_unbiased():
    table = runpy.run_path(str(PROJECT / "benchmarks" / "coverage_matching.py"))["coverage"](
        SAMPLES
    )
    assert table["design"].nunique() >= 8
    ignorant = table["estimator"].str.contains("ignored")
    far = table["bias"].abs() / table["bias_error"]
    assert (far[~ignorant] < 4).all()
    short = table["estimator"].str.startswith(SHORT)
    assert (table.loc[~short & ~ignorant, "coverage"] >= LOWEST).all()
    assert (table.loc[short, "coverage"] >= SHORT_LOWEST).all()
    # without sampling weights it is another population's effect
    assert (far[ignorant] > 6).all()
    assert (table.loc[ignorant, "coverage"] < 0.8).all()
    page = (PROJECT / "docs" / "coverage-matching.md").read_text(encoding="utf-8")
    for row in table.itertuples():
        assert f"| {row.design} | {row.estimator} | {row.truth:.3f} |" in page
