"""Intervals hold the truth about as often as promised: the short form of benchmarks/coverage.py."""

import runpy
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "coverage.py"


@pytest.mark.slow
def test_intervals_cover_and_estimates_are_unbiased():
    """80 samples: coverage is known to .024, so .88 is three errors below .95."""
    table = runpy.run_path(str(BENCHMARK))["coverage"](80)
    assert (table["bias"].abs() < 4 * table["bias_error"]).all()
    many = table["design"] != "12 clusters"
    assert (table.loc[many, "coverage"] > 0.88).all()
    assert table.loc[many, "error_ratio"].between(0.8, 1.25).all()
    few = table[~many].set_index("estimator")["coverage"]
    assert few["wild cluster bootstrap"] > few["att_gt"]
