"""att_gt, its averages and two_way against published and reference numbers."""

import numpy as np
import pandas as pd
import pytest
from did.data import GOLDEN, california, card_krueger, mpdta

from pbc_eval.did.group_time import att_gt
from pbc_eval.did.two_way import two_way

pytestmark = pytest.mark.slow  # seconds, together

DIGITS = 1e-12  # the files hold 15 digits of numbers below one
PRINTED = 1e-6  # printed with six decimals
KINDS = {"simple": "simple", "event": "dynamic", "cohort": "group", "calendar": "calendar"}


def reference(name: str) -> pd.DataFrame:
    table = pd.read_csv(GOLDEN / name)
    return table[table["scenario"].isin(["mpdta_nev_dr", "universal"])]


@pytest.mark.parametrize(
    ("base_period", "file"),
    [("varying", "mpdta_att_gt.csv"), ("universal", "mpdta_universal_base.csv")],
)
def test_every_cell_equals_the_reference(base_period, file):
    found = att_gt(mpdta(), base_period=base_period).to_frame()
    expected = reference(file)
    both = found.merge(expected, left_on=["cohort", "time"], right_on=["group", "t"])
    assert len(both) == len(found) == len(expected)
    np.testing.assert_allclose(both["estimate"], both["att"], atol=DIGITS)
    np.testing.assert_allclose(both["std_error"], both["se"], atol=DIGITS)


@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_average_equals_the_reference(kind, method):
    expected = reference("mpdta_aggregations.csv").query("type == @KINDS[@kind]")
    found = att_gt(mpdta(), method=method).aggregate(kind)
    assert found.estimate == pytest.approx(expected["overall_att"].iloc[0], abs=DIGITS)
    assert found.std_error == pytest.approx(expected["overall_se"].iloc[0], abs=DIGITS)
    if kind != "simple":
        frame = found.to_frame()
        assert list(found.index) == expected["egt"].astype(int).tolist()
        np.testing.assert_allclose(frame["estimate"], expected["att_egt"], atol=DIGITS)
        np.testing.assert_allclose(frame["std_error"], expected["se_egt"], atol=DIGITS)


@pytest.mark.parametrize(
    ("kind", "estimate", "std_error"),
    [
        ("simple", -0.039764, 0.012052),
        ("event", -0.077399, 0.019560),
        ("cohort", -0.030462, 0.012575),
        ("calendar", -0.044267, 0.015571),
    ],
)
def test_not_yet_treated_comparison_equals_the_reference(kind, estimate, std_error):
    found = att_gt(mpdta(), control_group="not_yet_treated").aggregate(kind)
    assert found.estimate == pytest.approx(estimate, abs=PRINTED)
    assert found.std_error == pytest.approx(std_error, abs=PRINTED)


def test_two_way_error_does_not_count_nested_unit_effects():
    found = two_way(mpdta())
    assert found.estimate == pytest.approx(-0.036549, abs=PRINTED)
    assert found.std_error == pytest.approx(0.013265, abs=PRINTED)
    assert "nested in clusters not counted" in found.method.inference


def test_card_krueger_all_stores():
    found = two_way(card_krueger("pairs"), effects="cohort")
    assert found.estimate == pytest.approx(2.75361, abs=1e-5)
    assert found.std_error == pytest.approx(1.30661, abs=1e-5)


def test_card_krueger_balanced_stores():
    panel = card_krueger("complete_units")
    found = two_way(panel)
    assert found.estimate == pytest.approx(2.75, abs=1e-10)
    change = panel.arrays().outcome @ [-1, 1]
    treated = panel.arrays().cohort == 1
    sides = [change[treated], change[~treated]]
    # HC0 by hand, then CRV1's factor; the circulated 1.34234 is the unequal-variance error.
    hc0 = np.sqrt(sum(side.var() / len(side) for side in sides))
    assert found.std_error == pytest.approx(hc0 * np.sqrt(384 / 383 * 767 / 765), rel=1e-10)
    unequal = np.sqrt(sum(side.var(ddof=1) / len(side) for side in sides))
    assert unequal == pytest.approx(1.34234, abs=1e-5)


def test_unit_effects_leave_out_stores_seen_once():
    found = two_way(card_krueger("pairs"))
    balanced = two_way(card_krueger("complete_units"))
    assert found.estimate == pytest.approx(balanced.estimate, abs=1e-10)
    assert found.std_error == pytest.approx(balanced.std_error, rel=1e-8)
    assert "26 units seen in one period only" in found.method.notes[0]


def test_one_treated_unit_has_no_clustered_error():
    """CRV1 with one treated cluster is far too small (Cameron and Miller 2015, section VI.D)."""
    found = two_way(california())
    assert found.std_error is None
    assert "one treated cluster" in found.reason
