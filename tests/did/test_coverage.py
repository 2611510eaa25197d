"""Intervals hold the truth about as often as promised: the short form of benchmarks/coverage.py."""

import runpy
from pathlib import Path

import pytest
from samples import panel_of_sample

from pbc_eval.panel.panel import Panel

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "coverage.py"))
SAMPLES = 30
# With 30 samples coverage is known to .04: .82 is more than three errors below .95.
LEAST = 0.82


@pytest.mark.soak
@pytest.mark.parametrize("design", list(BENCHMARK["DESIGNS"]))
def test_intervals_cover_and_estimates_are_unbiased(design):
    roles = BENCHMARK["DESIGNS"][design].read
    held = roles.keys() <= {"cluster", "weight"}  # what samples in memory have
    read = panel_of_sample if held else Panel.from_data
    table = BENCHMARK["coverage"](design, SAMPLES, read=read)
    assert (table["bias"].abs() < 4 * table["bias_error"]).all()
    trusted = table[~((table["design"] == "12 clusters") & (table["estimator"] == "att_gt"))]
    assert (trusted["coverage"] > LEAST).all()
    assert trusted["error_ratio"].between(0.7, 1.4).all()
