"""Does a synthetic comparison fit, and is its effect unusual among placebos?"""

import numpy as np
import pandas as pd
import pytest
from did.data import GOLDEN, ROLES, california, random_frame

from pbc_eval.checks.synthetic import check_synthetic_fit, check_synthetic_placebo
from pbc_eval.did.synthetic import synthetic_did
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # every comparison unit gets a synthetic comparison


@pytest.fixture(scope="module")
def cigarettes():
    return synthetic_did(california(), replications=20)


def test_the_fit_is_the_root_mean_square_before_treatment_over_the_usual_change(cigarettes):
    found = check_synthetic_fit(cigarettes)
    before = cigarettes.path().query("time < 1989")["difference"]
    change = np.diff(california().arrays().outcome[california().arrays().cohort == 0][:, :19])
    expected = np.sqrt((before**2).mean()) / change.std(ddof=1)
    assert found.statistic == pytest.approx(expected)
    assert found.status == "pass"
    assert found.table["cohort"].tolist() == [1989]


def test_a_treated_unit_that_moves_alone_fails():
    frame = random_frame(seed=1, n=30, times=range(1, 9))
    frame["cohort"] = np.where(frame["unit"] == 0, 6, 0)
    frame.loc[frame["unit"] == 0, "y"] += np.tile([0.0, 20.0], 4)
    found = check_synthetic_fit(synthetic_did(Panel.from_data(frame, **ROLES), replications=10))
    assert found.status == "fail"
    assert found.statistic > 2


def test_the_rank_is_by_each_unit_s_own_synthetic_comparison(cigarettes):
    panel = california()
    found = check_synthetic_placebo(panel, cigarettes)
    assert found.table["unit"].nunique() == 39
    assert found.table.loc[found.table["treated"], "effect"].item() == pytest.approx(
        cigarettes.effect.estimate
    )
    treated = found.table.loc[found.table["treated"], "ratio"].item()
    assert found.p_value == pytest.approx((found.table["ratio"] >= treated).sum() / 39)
    assert found.p_value == pytest.approx(1 / 39)  # by size it was 2 of 39
    assert found.status == "pass"
    # One placebo by hand: Utah treated, California gone.
    states = pd.read_csv(GOLDEN / "california_prop99.csv", sep=";")
    frame = states[states["State"] != "California"].assign(cohort=0)
    frame.loc[frame["State"] == "Utah", "cohort"] = 1989
    alone = synthetic_did(
        Panel.from_data(
            frame, unit="State", time="Year", outcome="PacksPerCapita", cohort="cohort"
        ),
        replications=2,
    )
    utah = found.table.set_index("unit").loc["Utah", "effect"]
    assert utah == pytest.approx(alone.effect.estimate, abs=1e-8)


def test_several_treated_units_are_not_ranked():
    frame = random_frame(seed=2, n=30, times=range(1, 9))
    frame["cohort"] = np.where(frame["unit"] < 3, 6, 0)
    panel = Panel.from_data(frame, **ROLES)
    found = check_synthetic_placebo(panel, synthetic_did(panel, replications=5))
    assert found.status == "not_applicable"
    assert "there are 3 and 27" in found.sentence
