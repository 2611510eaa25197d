"""Weights of the effects in a two-way coefficient."""

import numpy as np
import pandas as pd
import pytest

from pbc_eval.did.bacon import bacon_decomposition
from pbc_eval.did.two_way import two_way
from pbc_eval.did.two_way_weights import two_way_weights
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel
from tests.did.data import ROLES, mpdta, random_frame, with_gaps

pytestmark = pytest.mark.slow  # seconds, together


def by_dummies(frame):
    """The same by its definition: regress treatment on a dummy for every unit and period."""
    frame = frame[frame.groupby("unit")["y"].transform("size") > 1]
    treated = ((frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])).to_numpy(float)
    dummies = pd.get_dummies(frame[["unit", "time"]].astype(str), dtype=float).to_numpy()
    w = frame["weight"].to_numpy()
    root = np.sqrt(w)[:, None]
    beta = np.linalg.lstsq(root * dummies, root[:, 0] * treated, rcond=None)[0]
    part = w * (treated - dummies @ beta) * treated
    cells = frame.assign(weight=part / part.sum(), share=w * treated / (w * treated).sum())
    return cells[treated > 0].groupby(["cohort", "time"])[["weight", "share"]].sum()


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("never", [True, False])
def test_weights_equal_a_regression_on_dummies(gaps, never):
    frame = random_frame(3, never=never)
    if gaps:
        frame = with_gaps(frame, 3)
    panel = Panel.from_data(frame, weight="weight", missing="pairs", **ROLES)
    found = two_way_weights(panel).to_frame().set_index(["cohort", "time"])
    expected = by_dummies(frame)
    pd.testing.assert_frame_equal(found, expected, atol=1e-10, check_index_type=False)


def test_weights_and_shares_add_up_to_one():
    cells = two_way_weights(mpdta()).to_frame()
    assert cells["weight"].sum() == pytest.approx(1, abs=1e-12)
    assert cells["share"].sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_effects_times_their_weights_are_what_effects_add_to_the_coefficient(seed):
    frame = random_frame(seed)
    rng = np.random.default_rng(seed)
    found = two_way_weights(Panel.from_data(frame, **ROLES))
    effect = {(c.cohort, c.time): rng.normal(0, 5) for c in found.cells}
    added = [effect.get(key, 0.0) for key in zip(frame["cohort"], frame["time"], strict=True)]
    after = two_way(Panel.from_data(frame.assign(y=frame["y"] + added), **ROLES)).estimate
    moved = sum(cell.weight * effect[cell.cohort, cell.time] for cell in found.cells)
    assert after - found.coefficient == pytest.approx(moved, abs=1e-9)


def test_one_cohort_counts_every_effect_evenly():
    frame = random_frame(4).query("cohort in (0, 3)")
    found = two_way_weights(Panel.from_data(frame, **ROLES))
    cells = found.to_frame()
    np.testing.assert_allclose(cells["weight"], cells["share"], atol=1e-12)
    assert found.n_negative == 0
    assert found.negative_sum == 0
    assert found.least_spread is None


def test_early_cohorts_count_negatively_late_on_when_nobody_is_left_untreated():
    frame = random_frame(5, n=90, times=(1, 2, 3, 4, 5, 6, 7), never=False)
    found = two_way_weights(Panel.from_data(frame, **ROLES))
    negative = found.to_frame().query("weight < 0")
    assert found.n_negative == len(negative) > 0
    assert found.negative_sum == pytest.approx(negative["weight"].sum())
    assert set(negative["cohort"]) == {3}
    forbidden = bacon_decomposition(Panel.from_data(frame, **ROLES)).by_kind()
    assert "later_vs_earlier" in set(forbidden["kind"])


def test_the_least_spread_is_attained_by_effects_that_average_to_zero():
    """Corollary 1 of the source: effects in proportion to weight over share less one."""
    found = two_way_weights(mpdta())
    cells = found.to_frame()
    tilt = (cells["weight"] / cells["share"] - 1).to_numpy()
    share = cells["share"].to_numpy()
    effects = found.coefficient * tilt / (share * tilt**2).sum()
    assert share @ effects == pytest.approx(0, abs=1e-12)
    assert cells["weight"] @ effects == pytest.approx(found.coefficient, abs=1e-12)
    assert np.sqrt(share @ effects**2) == pytest.approx(found.least_spread, rel=1e-10)


def test_a_panel_without_a_coefficient_is_refused():
    alone = random_frame(2).query("cohort == 5")
    with pytest.raises(DesignError, match="no two-way coefficient"):
        two_way_weights(Panel.from_data(alone, **ROLES))
    with pytest.raises(DesignError, match="no two-way coefficient"):
        two_way_weights(Panel.from_data(with_gaps(alone, 1), missing="pairs", **ROLES))
