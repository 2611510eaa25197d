"""Two-way regressions on panels with gaps, held against a dummy for every unit and period."""

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES, random_frame, with_gaps
from did.dummies import least_squares

from pbc_eval.did.two_way import residual_treatment, two_way
from pbc_eval.did.two_way_event_study import two_way_event_study
from pbc_eval.did.two_way_weights import two_way_weights
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # each is held against a dummy for every unit

CLOSE = 1e-9
ESTIMATES = (two_way, two_way_event_study, two_way_weights)


def gaps(seed, share=0.3, n=80):
    """Units seen in some periods, some of them once; weights and clusters."""
    frame = with_gaps(random_frame(seed, n=n), seed, share)
    return frame.reset_index(drop=True)


def read(frame, **roles):
    given = dict(weight="weight", cluster="cluster", missing="pairs") | ROLES | roles
    return Panel.from_data(frame, **given)


def twice(frame):
    return frame[frame.groupby("unit")["y"].transform("size") > 1].reset_index(drop=True)


def treated(frame):
    return ((frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])).to_numpy(float)


@pytest.mark.parametrize("seed", range(3))
def test_the_coefficient_is_least_squares_on_dummies(seed):
    frame = gaps(seed)
    found = two_way(read(frame))
    rows = twice(frame)
    beta, covariance = least_squares(rows, treated(rows)[:, None])
    assert found.estimate == pytest.approx(beta[0], abs=CLOSE)
    assert found.std_error == pytest.approx(covariance[0, 0] ** 0.5, abs=CLOSE)
    on = treated(rows) > 0
    mean = np.average(rows.loc[on, "y"], weights=rows.loc[on, "weight"])
    assert found.counterfactual_mean == pytest.approx(mean - beta[0], abs=1e-8)


def test_effects_of_cohorts_use_units_seen_once_and_count_in_k():
    frame = gaps(4, share=0.5)
    assert len(twice(frame)) < len(frame)
    found = two_way(read(frame), effects="cohort")
    dummies = pd.get_dummies(frame[["cohort", "time"]].astype(str), dtype=float).to_numpy()
    x, w = np.column_stack([treated(frame), dummies]), frame["weight"].to_numpy()
    inverse = np.linalg.pinv(x.T @ (w[:, None] * x))
    beta = inverse @ (x.T @ (w * frame["y"]))
    scores = pd.DataFrame(x * (w * (frame["y"].to_numpy() - x @ beta))[:, None])
    sums = scores.groupby(frame["cluster"].to_numpy()).sum().to_numpy()
    g, n, k = len(sums), len(frame), np.linalg.matrix_rank(x)
    variance = (inverse @ sums.T @ sums @ inverse)[0, 0] * g / (g - 1) * (n - 1) / (n - k)
    assert found.estimate == pytest.approx(beta[0], abs=CLOSE)
    assert found.std_error == pytest.approx(variance**0.5, abs=CLOSE)


@pytest.mark.parametrize("seed", range(3))
def test_the_event_study_is_least_squares_on_dummies(seed):
    frame = gaps(seed + 10)
    found = two_way_event_study(read(frame))
    rows = twice(frame)
    since = np.where(rows["cohort"] > 0, rows["time"] - rows["cohort"], -np.inf)
    beta, covariance = least_squares(rows, (since[:, None] == np.array(found.index)) * 1.0)
    np.testing.assert_allclose([e.estimate for e in found.effects], beta, atol=CLOSE)
    np.testing.assert_allclose(found.covariance, covariance, atol=CLOSE)


def test_the_residual_of_treatment_is_what_dummies_leave_of_it():
    frame = gaps(20)
    left, seen = residual_treatment(read(frame))
    rows = twice(frame)
    dummies = pd.get_dummies(rows[["unit", "time"]].astype(str), dtype=float).to_numpy()
    w, d = rows["weight"].to_numpy(), treated(rows)
    solved = np.linalg.pinv(dummies.T @ (w[:, None] * dummies)) @ (dummies.T @ (w * d))
    rows = rows.assign(sum=w * (d - dummies @ solved))
    by_cell = rows.groupby(["cohort", "time"])[["sum", "weight"]].sum()
    wanted = (by_cell["sum"] / by_cell["weight"]).to_numpy()
    cells = seen > 0
    assert cells.sum() == len(by_cell)
    np.testing.assert_allclose(np.sort(left[cells]), np.sort(wanted), atol=CLOSE)
    assert seen.sum() == pytest.approx(w.sum())


def test_halves_that_are_never_seen_together_are_estimated_side_by_side():
    """Periods of the one half say nothing of the other's: a period has no effect of its own."""
    frame = random_frame(5, n=60)
    early = frame["unit"].rank(method="dense") % 2 == 0
    middle = sorted(frame["time"].unique())[frame["time"].nunique() // 2]
    frame = frame[early == (frame["time"] < middle)].reset_index(drop=True)
    rows = twice(frame)
    beta, _ = least_squares(rows, treated(rows)[:, None])
    assert two_way(read(frame)).estimate == pytest.approx(beta[0], abs=1e-8)


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_outcomes_far_from_zero_move_nothing(estimate):
    frame = gaps(6)
    one, two = (estimate(read(f)) for f in (frame, frame.assign(y=frame["y"] + 1e6)))
    if estimate is two_way_weights:
        assert one.coefficient == pytest.approx(two.coefficient, abs=1e-6)
    else:
        overall = [getattr(e, "overall", e) for e in (one, two)]
        assert overall[0].estimate == pytest.approx(overall[1].estimate, abs=1e-6)
        assert overall[0].std_error == pytest.approx(overall[1].std_error, abs=1e-6)


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_a_panel_in_which_nobody_is_seen_twice_is_refused_in_its_own_words(estimate):
    """It ended in an error of the regression package."""
    frame = gaps(7).groupby("unit", as_index=False).first()
    with pytest.raises(DesignError, match="data frame: "):
        estimate(read(frame, cluster=None))


@pytest.mark.parametrize("effects", ["unit", "cohort"])
def test_treatment_that_the_effects_absorb_is_refused(effects):
    frame = gaps(8)
    alike = frame["cohort"] == frame.loc[frame["cohort"] > 0, "cohort"].min()
    with pytest.raises(DesignError, match="does not vary beyond"):
        two_way(read(frame[alike].reset_index(drop=True)), effects=effects)
