"""Regressions by cohort and period on panels with units missing in some periods."""

import numpy as np
import pytest
from did.data import ROLES, random_frame, with_gaps
from did.dummies import imputed as by_definition
from did.dummies import least_squares

from pbc_eval.did import incomplete
from pbc_eval.did.compare import compare_estimators
from pbc_eval.did.extended_two_way import extended_two_way
from pbc_eval.did.imputation import imputation
from pbc_eval.did.interaction_weighted import interaction_weighted
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # each estimate is held against a slow twin

CLOSE = 1e-9
ALL = (interaction_weighted, extended_two_way, imputation)


def incomplete_frame(seed, share=0.25, never=True, once=False):
    """Units seen in some periods; those seen once are kept when ``once``."""
    frame = with_gaps(random_frame(seed, n=80, never=never), seed, share)
    if not once:
        frame = frame[frame.groupby("unit")["y"].transform("size") > 1]
    return frame.reset_index(drop=True)


def read(frame, **roles):
    given = dict(weight="weight", cluster="cluster", missing="pairs") | ROLES | roles
    return Panel.from_data(frame, **given)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("estimator", [interaction_weighted, extended_two_way])
def test_saturated_regressions_are_least_squares_on_dummies(estimator, seed):
    frame = incomplete_frame(seed)
    found = estimator(read(frame))
    cells = found.to_frame()
    fitted = (~cells["estimate"].isna() & (cells["reason"] != "reference period")).to_numpy()
    regressors = np.array(
        [
            (frame["cohort"] == row.cohort) & (frame["time"] == row.time)
            for row in cells[fitted].itertuples()
        ]
    ).T
    beta, covariance = least_squares(frame, regressors * 1.0)
    np.testing.assert_allclose(cells.loc[fitted, "estimate"], beta, atol=CLOSE)
    np.testing.assert_allclose(found.covariance[np.ix_(fitted, fitted)], covariance, atol=CLOSE)


@pytest.mark.parametrize("seed", range(4))
def test_imputation_is_the_paper_s_sums_over_observations(seed):
    frame = incomplete_frame(seed)
    before = (frame["cohort"] == 0) | (frame["time"] < frame["cohort"])
    frame = frame[frame["unit"].isin(frame.loc[before, "unit"])].reset_index(drop=True)
    found = imputation(read(frame))
    cells, covariance = by_definition(frame)
    np.testing.assert_allclose(found.to_frame()["estimate"], cells["effect"], atol=CLOSE)
    np.testing.assert_allclose(found.covariance, covariance, atol=CLOSE)


@pytest.mark.parametrize("estimator", ALL)
def test_a_complete_panel_gives_the_same_from_units_as_from_moments(estimator, monkeypatch):
    for roles in ({}, dict(cluster=None), dict(weight=None)):
        panel = read(random_frame(5), **roles)
        one = estimator(panel)
        monkeypatch.setattr(Panel, "balanced", property(lambda self: False))
        two = estimator(panel)
        monkeypatch.undo()
        left, right = one.to_frame(), two.to_frame()
        columns = ["estimate", "std_error", "n_treated", "n_comparison"]
        np.testing.assert_allclose(
            left[columns].to_numpy(float), right[columns].to_numpy(float), atol=CLOSE
        )
        assert left["reason"].tolist() == right["reason"].tolist()
        for kind in ("simple", "event", "cohort", "calendar"):
            first, second = (e.aggregate(kind, bands="pointwise").overall for e in (one, two))
            assert first.std_error == pytest.approx(second.std_error, abs=CLOSE)
            assert first.method.inference == second.method.inference
        np.testing.assert_allclose(one.cells.level, two.cells.level, atol=CLOSE)
        if one.cells.before is not None:
            np.testing.assert_allclose(
                one.cells.before.covariance, two.cells.before.covariance, atol=CLOSE
            )


@pytest.mark.parametrize("estimator", [extended_two_way, imputation])
def test_without_never_treated_the_last_cohort_is_the_comparison(estimator):
    frame = incomplete_frame(6, never=False)
    found = estimator(read(frame)).to_frame()
    lost = found["time"] >= 6
    assert found.loc[lost, "estimate"].isna().all()
    early = frame[frame["time"] < 6].assign(cohort=frame["cohort"].replace(6, 0))
    again = estimator(read(early)).to_frame().set_index(["cohort", "time"])
    known = found[~lost].set_index(["cohort", "time"])
    np.testing.assert_allclose(known["estimate"], again["estimate"], atol=CLOSE)


@pytest.mark.parametrize("estimator", ALL)
def test_a_constant_effect_is_found_whatever_is_missing(estimator):
    frame = incomplete_frame(7, share=0.4, once=True)
    frame["y"] = frame["unit"] + 3 * np.sin(frame["time"])
    frame["y"] += 2.0 * ((frame["cohort"] > 0) & (frame["time"] >= frame["cohort"]))
    assert estimator(read(frame)).aggregate().estimate == pytest.approx(2, abs=1e-9)


@pytest.mark.parametrize("estimator", ALL)
def test_levels_periods_order_of_rows_and_block_size_do_not_matter(estimator, monkeypatch):
    frame = incomplete_frame(8, once=True)
    moved = frame.assign(y=frame["y"] + frame["unit"] ** 2 + np.sin(frame["time"]))
    one = estimator(read(frame)).cells
    monkeypatch.setattr(incomplete, "VALUES_A_BLOCK", 200)
    two = estimator(read(moved.sample(frac=1, random_state=1))).cells
    np.testing.assert_allclose(one.estimate, two.estimate, atol=1e-8)
    np.testing.assert_allclose(one.joint, two.joint, atol=1e-8)


def test_what_carries_no_information_is_counted_in_a_note():
    frame = incomplete_frame(9, share=0.6, once=True)
    seen = frame.groupby("unit")["y"].transform("size")
    single = frame.loc[seen == 1, "unit"].nunique()
    notes = extended_two_way(read(frame)).aggregate().overall.method.notes
    assert f"{single} units seen in one period only carry no information: left out" in notes
    before = (frame["cohort"] == 0) | (frame["time"] < frame["cohort"])
    never = frame["unit"].nunique() - frame.loc[before, "unit"].nunique()
    notes = imputation(read(frame)).aggregate().overall.method.notes
    assert f"{never} units never seen before treatment cannot be imputed: left out" in notes


def test_a_cohort_never_seen_before_treatment_is_refused_by_name():
    frame = incomplete_frame(10)
    frame = frame[(frame["cohort"] != 5) | (frame["time"] >= 5)]
    with pytest.raises(DesignError, match="determine the effect of cohort 5 in 6"):
        extended_two_way(read(frame))
    cells = imputation(read(frame)).to_frame()
    assert cells.loc[cells["cohort"] == 5, "estimate"].isna().all()
    assert cells.loc[cells["cohort"] != 5, "estimate"].notna().all()


def test_repeated_cross_sections_are_refused():
    frame = random_frame(11)
    panel = Panel.from_data(frame, unit=None, time="time", outcome="y", cohort="cohort")
    for estimator in ALL:
        with pytest.raises((DataError, DesignError), match="unit"):
            estimator(panel)


def test_every_estimator_stands_in_the_comparison_of_an_incomplete_panel():
    table = compare_estimators(read(incomplete_frame(12)))
    given = table[table["estimate"].notna()]["estimator"].str.cat(sep=" ").lower()
    for name in ("imputation", "extended", "interaction", "two-way fixed"):
        assert name in given
