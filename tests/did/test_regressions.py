"""Event study, Sun-Abraham, Wooldridge, imputation and Bacon: reference numbers, dummies, closed
forms and refusals."""

import numpy as np
import pandas as pd
import pytest
from did.data import GOLDEN, ROLES, mpdta, random_frame, with_gaps
from did.dummies import imputed, least_squares

from pbc_eval.did.bacon import bacon_decomposition
from pbc_eval.did.extended_two_way import extended_two_way
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.imputation import imputation
from pbc_eval.did.interaction_weighted import interaction_weighted
from pbc_eval.did.two_way import two_way
from pbc_eval.did.two_way_event_study import two_way_event_study
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # each estimate is held against a slow twin

CLOSE = 1e-9
CELLS = (interaction_weighted, extended_two_way, imputation)


def weighted(frame):
    return Panel.from_data(frame, weight="weight", cluster="cluster", **ROLES)


# --- reference numbers ---


def test_bacon_weights_of_the_maths_reforms_equal_the_reference():
    roles = dict(unit="state", time="class", outcome="incearn_ln", cohort="reformyr_math")
    panel = Panel.from_data(GOLDEN / "math_reform.csv", **roles)
    found = bacon_decomposition(panel)
    kinds = found.by_kind().set_index("kind")
    expected = {
        "earlier_vs_later": (0.06353, 0.02868),
        "later_vs_earlier": (0.05265, 0.03375),
        "treated_vs_untreated": (0.88382, -0.00129),
    }
    for kind, numbers in expected.items():
        assert tuple(kinds.loc[kind]) == pytest.approx(numbers, abs=1e-5)
    assert found.estimate == pytest.approx(two_way(panel).estimate, abs=1e-12)


def test_medicaid_event_study_equals_the_reference():
    states = pd.read_csv(GOLDEN / "ehec_medicaid.csv").query("year < 2016 and yexp2 != 2015")
    states["first"] = np.where(states["yexp2"] == 2014, 2014, 0)
    panel = Panel.from_data(states, unit="stfips", time="year", outcome="dins", cohort="first")
    found = two_way_event_study(panel).to_frame().set_index("event_time")
    expected = {0: (0.046447, 0.009152), 1: (0.069206, 0.01035)}
    for e, numbers in expected.items():
        assert tuple(found.loc[e, ["estimate", "std_error"]]) == pytest.approx(numbers, abs=1e-6)


# --- dummies ---


def test_event_study_is_least_squares_on_dummies():
    frame = random_frame(seed=1, n=40)
    found = two_way_event_study(weighted(frame))
    since = (frame["time"] - frame["cohort"]).where(frame["cohort"] > 0)
    beta, covariance = least_squares(frame, np.array([since == e for e in found.index]).T * 1.0)
    np.testing.assert_allclose([one.estimate for one in found.effects], beta, atol=CLOSE)
    np.testing.assert_allclose(found.covariance, covariance, atol=CLOSE)
    after = np.array(found.index) >= 0
    assert found.overall.estimate == pytest.approx(beta[after].mean(), abs=CLOSE)
    error = np.sqrt(covariance[np.ix_(after, after)].sum()) / after.sum()
    assert found.overall.std_error == pytest.approx(error, abs=CLOSE)


def test_event_study_of_an_incomplete_panel_is_least_squares_on_dummies():
    frame = with_gaps(random_frame(seed=1, n=60), seed=3, share=0.3)
    frame = frame[frame.groupby("unit")["y"].transform("size") > 1].reset_index(drop=True)
    roles = dict(weight="weight", cluster="cluster", missing="pairs")
    found = two_way_event_study(Panel.from_data(frame, **roles, **ROLES))
    since = (frame["time"] - frame["cohort"]).where(frame["cohort"] > 0)
    beta, covariance = least_squares(frame, np.array([since == e for e in found.index]).T * 1.0)
    np.testing.assert_allclose([one.estimate for one in found.effects], beta, atol=CLOSE)
    np.testing.assert_allclose(found.covariance, covariance, atol=CLOSE)
    alone = with_gaps(random_frame(seed=1, n=60), seed=3, share=0.6)
    noted = two_way_event_study(Panel.from_data(alone, **roles, **ROLES)).overall.method.notes
    assert any("units seen in one period only carry no information" in note for note in noted)


@pytest.mark.parametrize("estimator", [interaction_weighted, extended_two_way])
def test_saturated_regressions_are_least_squares_on_dummies(estimator):
    frame = random_frame(seed=2, n=40)
    found = estimator(weighted(frame))
    cells = found.to_frame()
    fitted = ~cells["std_error"].isna().to_numpy()
    regressors = np.array(
        [
            (frame["cohort"] == row.cohort) & (frame["time"] == row.time)
            for row in cells[fitted].itertuples()
        ]
    ).T
    beta, covariance = least_squares(frame, regressors * 1.0)
    np.testing.assert_allclose(cells.loc[fitted, "estimate"], beta, atol=CLOSE)
    at = np.ix_(fitted, fitted)
    np.testing.assert_allclose(found.covariance[at], covariance, atol=CLOSE)


def test_imputation_is_the_paper_s_sums_over_observations():
    frame = random_frame(seed=3, n=40)
    found = imputation(weighted(frame))
    cells, covariance = imputed(frame)
    np.testing.assert_allclose(found.to_frame()["estimate"], cells["effect"], atol=CLOSE)
    np.testing.assert_allclose(found.covariance, covariance, atol=CLOSE)


@pytest.mark.parametrize("estimator", [extended_two_way, imputation])
def test_without_never_treated_the_last_cohort_is_the_comparison(estimator):
    frame = random_frame(seed=4, n=40, never=False)
    found = estimator(weighted(frame)).to_frame()
    lost = found["time"] >= 6
    assert found.loc[lost, "estimate"].isna().all()
    assert found.loc[lost, "reason"].str.contains("comparison").all()
    early = frame[frame["time"] < 6].assign(cohort=frame["cohort"].replace(6, 0))
    cells, _ = imputed(early)
    np.testing.assert_allclose(found.loc[~lost, "estimate"], cells["effect"], atol=CLOSE)


# --- closed forms ---


def test_sun_abraham_is_att_gt_with_a_universal_base_times_a_factor():
    panel = weighted(random_frame(seed=5))
    one, two = interaction_weighted(panel), att_gt(panel, base_period="universal")
    np.testing.assert_allclose(one.cells.estimate, two.cells.estimate, atol=1e-11)
    ratio = (one.to_frame()["std_error"] / two.to_frame()["std_error"]).dropna()
    assert ratio.max() == pytest.approx(ratio.min(), rel=1e-9)
    np.testing.assert_allclose(
        [effect.estimate for effect in one.aggregate("event").effects],
        [effect.estimate for effect in two.aggregate("event").effects],
        atol=1e-11,
    )


def test_wooldridge_and_imputation_agree_but_for_the_factor():
    panel = mpdta()
    one, two = extended_two_way(panel).to_frame(), imputation(panel).to_frame()
    np.testing.assert_allclose(one["estimate"], two["estimate"], atol=1e-12)
    factor = np.sqrt(500 / 499 * 2499 / (2500 - 12))
    np.testing.assert_allclose(one["std_error"], factor * two["std_error"], rtol=1e-10)


@pytest.mark.parametrize("estimator", CELLS)
def test_two_groups_and_two_periods_are_the_difference_in_differences(estimator):
    frame = random_frame(seed=6).query("time in (2, 3) and cohort in (0, 3)")
    panel = Panel.from_data(frame, **ROLES)
    found = estimator(panel).aggregate()
    plain = att_gt(panel, control_group="not_yet_treated").aggregate()
    assert found.estimate == pytest.approx(plain.estimate, abs=1e-12)
    assert found.estimate == pytest.approx(two_way(panel).estimate, abs=1e-12)
    assert found.estimate == pytest.approx(bacon_decomposition(panel).estimate, abs=1e-12)


def test_one_cohort_s_imputation_uses_the_mean_of_all_periods_before():
    frame = random_frame(seed=7).query("cohort in (0, 5)")
    found = imputation(Panel.from_data(frame, **ROLES)).to_frame()
    mean = frame.pivot_table(index="cohort", columns="time", values="y")
    gap = mean.loc[5] - mean.loc[0]
    for row in found.itertuples():
        assert row.estimate == pytest.approx(gap[row.time] - gap[[1, 2, 3]].mean(), abs=1e-11)


def test_fixed_shares_drop_their_part_of_the_error():
    panel = mpdta()
    for estimator in CELLS:
        fixed, estimated = (
            estimator(panel, shares=shares).aggregate("simple") for shares in ("fixed", "estimated")
        )
        assert fixed.estimate == estimated.estimate
        assert fixed.std_error < estimated.std_error
        assert "shares taken as fixed" in " ".join(fixed.overall.method.notes)
        series = estimator(panel, shares="fixed")
        cells = series.to_frame().query("event_time == 0")
        weight = cells["n_treated"].to_numpy() / cells["n_treated"].sum()
        at = cells.index.to_numpy()
        error = np.sqrt(weight @ series.covariance[np.ix_(at, at)] @ weight)
        event = series.aggregate("event")
        assert event.effects[event.index.index(0)].std_error == pytest.approx(error, abs=1e-12)


def test_effects_that_are_the_same_everywhere_are_found_by_all():
    frame = random_frame(seed=8)
    frame["y"] = frame["unit"] + 3 * np.sin(frame["time"])
    frame["y"] += 2.0 * ((frame["cohort"] > 0) & (frame["time"] >= frame["cohort"]))
    panel = Panel.from_data(frame, **ROLES)
    for estimator in CELLS:
        assert estimator(panel).aggregate().estimate == pytest.approx(2, abs=1e-10)
    assert two_way_event_study(panel).overall.estimate == pytest.approx(2, abs=1e-10)
    estimates = bacon_decomposition(panel).to_frame()["estimate"]
    np.testing.assert_allclose(estimates, 2, atol=1e-10)


def test_growing_effects_show_in_the_forbidden_comparisons():
    frame = random_frame(seed=9, n=200)
    frame["y"] = np.where(
        frame["cohort"] > 0, np.maximum(frame["time"] - frame["cohort"] + 1, 0), 0
    )
    kinds = bacon_decomposition(Panel.from_data(frame, **ROLES)).by_kind().set_index("kind")
    later = kinds.loc["later_vs_earlier", "estimate"]
    assert later < kinds.loc["earlier_vs_later", "estimate"]
    assert kinds["weight"].sum() == pytest.approx(1)


def test_bacon_adds_up_with_weights_and_without_never_treated():
    for never in (True, False):
        frame = random_frame(seed=10, never=never)
        panel = Panel.from_data(frame, weight="weight", **ROLES)
        assert bacon_decomposition(panel).estimate == pytest.approx(
            two_way(panel).estimate, abs=1e-12
        )


# --- invariance and refusals ---


@pytest.mark.parametrize("estimator", CELLS)
def test_levels_periods_and_the_order_of_rows_do_not_matter(estimator):
    frame = random_frame(seed=11)
    moved = frame.assign(y=frame["y"] + frame["unit"] ** 2 + np.sin(frame["time"]))
    one = estimator(weighted(frame)).cells
    two = estimator(weighted(moved.sample(frac=1, random_state=1))).cells
    np.testing.assert_allclose(one.estimate, two.estimate, atol=1e-9)
    np.testing.assert_allclose(one.joint, two.joint, atol=1e-9)


def test_the_decomposition_of_an_incomplete_panel_is_refused_with_the_ways_out():
    panel = Panel.from_data(with_gaps(random_frame(1), 1), missing="pairs", **ROLES)
    with pytest.raises(DesignError, match="missing='complete_units', or use att_gt"):
        bacon_decomposition(panel)


def test_other_refusals():
    late = Panel.from_data(random_frame(1, never=False), **ROLES)
    with pytest.raises(DesignError, match="compares with never-treated units, and there are none"):
        interaction_weighted(late)
    with pytest.raises(DesignError, match="the other regressors determine event time"):
        two_way_event_study(late)
    with pytest.raises(DesignError, match="no cohort is observed at event time -9"):
        two_way_event_study(mpdta(), reference=-9)
    alone = random_frame(2).query("cohort == 5")
    for estimator in (extended_two_way, imputation):
        with pytest.raises(DesignError, match="every unit is first treated in 5"):
            estimator(Panel.from_data(alone, **ROLES))
    with pytest.raises(DesignError, match="no two cohorts can be compared"):
        bacon_decomposition(Panel.from_data(alone, **ROLES))
    with pytest.raises(DesignError, match="shares must be one of estimated, fixed"):
        imputation(mpdta(), shares="known")
