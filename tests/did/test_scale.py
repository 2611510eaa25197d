"""Trends that are parallel on one scale alone: against the package of the authors (didFF 0.1.0)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pbc_eval as pbc
from pbc_eval.checks.scale import check_scale
from pbc_eval.errors import DesignError

pytestmark = pytest.mark.slow  # seconds, together

GOLDEN = Path(__file__).parents[1] / "golden" / "inference"


def golden_panel(name, **changes):
    frame = pd.read_csv(GOLDEN / f"data_79_didff_{name}.csv").assign(**changes)
    return pbc.Panel.from_data(frame, unit="id", time="t", outcome="y", cohort="g")


@pytest.mark.parametrize("name", ["pt", "rej"])
def test_implied_shares_and_p_value_are_those_of_didff(name):
    rows = json.loads((GOLDEN / "79_didff.json").read_text(encoding="utf-8"))["rows"]
    known = {row["statistic"]: row["estimate"] for row in rows}
    found = pbc.scale_test(golden_panel(name))
    assert list(found.implied) == pytest.approx(
        [known[f"{name}_density_{at}"] for at in range(1, 9)], abs=1e-9
    )
    assert found.p_value == pytest.approx(known[f"{name}_pvalue"], abs=1e-3)


def test_the_check_speaks_where_the_scale_decides_and_passes_where_it_does_not():
    passed, doubted = (check_scale(pbc.scale_test(golden_panel(n))) for n in ("pt", "rej"))
    assert (passed.status, doubted.status) == ("pass", "review")
    assert "percent" not in passed.sentence or passed.table is not None
    assert list(doubted.table.columns) == ["from", "to", "implied", "std_error"]


def test_per_cent_by_levels_and_by_logs_are_those_of_two_estimates():
    panel = golden_panel("pt")
    found = pbc.scale_test(panel)
    levels = pbc.att_gt(panel).aggregate("simple").overall
    frame = pd.read_csv(GOLDEN / "data_79_didff_pt.csv")
    logs = pbc.att_gt(
        pbc.Panel.from_data(
            frame.assign(y=np.log(frame["y"])), unit="id", time="t", outcome="y", cohort="g"
        )
    ).aggregate("simple")
    assert found.by_levels == pytest.approx(levels.estimate / levels.counterfactual_mean, rel=1e-9)
    assert found.by_logs == pytest.approx(np.exp(logs.estimate) - 1, rel=1e-9)
    below = pd.read_csv(GOLDEN / "data_79_didff_pt.csv").assign(y=lambda f: f["y"] - 5)
    panel = pbc.Panel.from_data(below, unit="id", time="t", outcome="y", cohort="g")
    assert pbc.scale_test(panel).by_logs is None


def test_units_of_measure_and_order_do_not_matter():
    frame = pd.read_csv(GOLDEN / "data_79_didff_rej.csv")
    moved = frame.assign(y=100 * frame["y"]).sample(frac=1, random_state=1)
    panel = pbc.Panel.from_data(moved, unit="id", time="t", outcome="y", cohort="g")
    one, other = pbc.scale_test(golden_panel("rej")), pbc.scale_test(panel)
    assert list(one.implied) == pytest.approx(list(other.implied), abs=1e-12)
    assert one.by_logs == pytest.approx(other.by_logs, rel=1e-9)


def test_what_cannot_be_tested_is_refused():
    with pytest.raises(DesignError, match="bins must be a whole number >= 2, got 1"):
        pbc.scale_test(golden_panel("pt"), bins=1)
    with pytest.raises(DesignError, match="untreated outcomes are 1 throughout"):
        pbc.scale_test(golden_panel("pt", y=1.0))
