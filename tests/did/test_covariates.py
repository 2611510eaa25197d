"""Adjustment for covariates: reference numbers, the slow twin, closed forms and refusals."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from did.covariate_twin import CovariateTwin
from did.data import GOLDEN, ROLES, covariate_frame, random_frame, with_gaps
from did.twin import Twin

from pbc_eval.did.group_time import att_gt
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # each estimate is held against a slow twin

CLOSE = 1e-10
METHODS = ("dr", "reg", "ipw")
MPDTA = dict(unit="countyreal", time="year", outcome="lemp", cohort="first.treat")
NAMES = {"simple": "simple", "event": "dynamic", "cohort": "group", "calendar": "calendar"}


def read(frame, covariates, **changes):
    return Panel.from_data(frame, covariates=covariates, **(ROLES | changes))


@pytest.fixture(scope="module")
def mpdta_with_lpop():
    return Panel.from_data(GOLDEN / "mpdta.csv", covariates=["lpop"], **MPDTA)


# --- reference numbers ---


def test_regression_equals_the_reference_to_its_last_digit(mpdta_with_lpop):
    effects = att_gt(mpdta_with_lpop, method="reg")
    cells = pd.read_csv(GOLDEN / "mpdta_att_gt.csv").query("scenario == 'mpdta_nev_reg_cov'")
    both = effects.to_frame().merge(cells, left_on=["cohort", "time"], right_on=["group", "t"])
    assert len(both) == 12
    np.testing.assert_allclose(both["estimate"], both["att"], atol=1e-12)
    np.testing.assert_allclose(both["std_error"], both["se"], atol=1e-12)
    averages = pd.read_csv(GOLDEN / "mpdta_aggregations.csv")
    averages = averages.query("scenario == 'mpdta_nev_reg_cov'")
    for kind, name in NAMES.items():
        expected = averages[averages["type"] == name]
        found = effects.aggregate(kind)
        assert found.estimate == pytest.approx(expected["overall_att"].iloc[0], abs=1e-12)
        assert found.std_error == pytest.approx(expected["overall_se"].iloc[0], abs=1e-12)
        if kind != "simple":
            frame = found.to_frame()
            np.testing.assert_allclose(frame["estimate"], expected["att_egt"], atol=1e-12)
            np.testing.assert_allclose(frame["std_error"], expected["se_egt"], atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "estimate", "std_error"),
    [
        ("simple", -0.041752, 0.011503),
        ("event", -0.080354, 0.018958),
        ("cohort", -0.03282, 0.011898),
        ("calendar", -0.044177, 0.015038),
    ],
)
def test_doubly_robust_equals_the_reference(mpdta_with_lpop, kind, estimate, std_error):
    found = att_gt(mpdta_with_lpop, method="dr").aggregate(kind)
    assert found.estimate == pytest.approx(estimate, abs=1e-6)
    assert found.std_error == pytest.approx(std_error, abs=1e-6)


# --- the twin ---

OPTIONS = [
    *product(METHODS, [False], [False], [False]),
    ("dr", True, True, True),
    ("reg", True, False, True),
    ("ipw", False, True, True),
]


def agree(frame, method, covariates, *, not_yet, universal, clustered, missing="refuse"):
    panel = read(
        frame,
        covariates,
        missing=missing,
        cluster="cluster" if clustered else None,
        weight="weight" if clustered else None,
    )
    effects = att_gt(
        panel,
        method=method,
        control_group="not_yet_treated" if not_yet else "never_treated",
        base_period="universal" if universal else "varying",
    )
    twin = CovariateTwin(
        frame,
        method=method,
        covariates=covariates,
        not_yet=not_yet,
        universal=universal,
        clustered=clustered,
        weighted=clustered,
    )
    cells = effects.to_frame().dropna(subset="std_error")
    both = cells.merge(twin.frame(), on=["cohort", "time"])
    assert len(both) == len(cells) == len(twin.cells)
    np.testing.assert_allclose(both["estimate"], both["effect"], atol=CLOSE)
    np.testing.assert_allclose(both["std_error"], both["error"], atol=CLOSE)
    for kind in NAMES:
        found = effects.aggregate(kind, bands="pointwise")
        expected = pytest.approx(twin.aggregate(kind)[0], abs=CLOSE)
        assert (found.estimate, found.std_error) == expected


@pytest.mark.parametrize(("method", "not_yet", "universal", "clustered"), OPTIONS)
@pytest.mark.parametrize("covariates", [["z"], ["z", "v"]], ids=["fixed", "varying"])
def test_complete_panels(covariates, method, not_yet, universal, clustered):
    given = dict(not_yet=not_yet, universal=universal, clustered=clustered)
    agree(covariate_frame(1), method, covariates, **given)


@pytest.mark.parametrize("method", METHODS)
def test_units_and_covariates_missing_in_some_periods(method):
    frame = with_gaps(covariate_frame(2, n=160), seed=3)
    frame.loc[frame.sample(frac=0.05, random_state=4).index, "v"] = np.nan
    given = dict(not_yet=True, universal=False, clustered=True, missing="pairs")
    agree(frame, method, ["z", "v"], **given)


def test_anticipation_moves_the_base_of_the_covariates():
    frame = covariate_frame(3)
    effects = att_gt(read(frame, ["v"]), anticipation=1).to_frame().dropna(subset="std_error")
    twin = CovariateTwin(frame, method="dr", covariates=["v"], anticipation=1).frame()
    both = effects.merge(twin, on=["cohort", "time"])
    assert len(both) == len(effects) > 0
    np.testing.assert_allclose(both["estimate"], both["effect"], atol=CLOSE)
    np.testing.assert_allclose(both["std_error"], both["error"], atol=CLOSE)


def test_blocks_of_units_do_not_change_the_answer(monkeypatch):
    panel = read(covariate_frame(4), ["z", "v"], cluster="cluster", weight="weight")
    whole = att_gt(panel).cells
    monkeypatch.setattr("pbc_eval.did.adjusted.VALUES_A_BLOCK", 100)
    cut = att_gt(panel).cells
    np.testing.assert_allclose(cut.joint, whole.joint, atol=CLOSE)


# --- closed forms ---


@pytest.mark.parametrize("method", METHODS)
def test_indicators_of_groups_give_the_effect_within_groups_averaged_over_the_treated(method):
    frame = covariate_frame(5, n=400).query("cohort in (0, 3) and time in (2, 3)")
    found = att_gt(read(frame, ["s"]), method=method).to_frame()
    wide = frame.pivot(index="unit", columns="time", values="y")
    change = (wide[3] - wide[2]).rename("change").to_frame()
    change["s"] = frame.groupby("unit")["s"].first()
    change["treated"] = frame.groupby("unit")["cohort"].first() > 0
    means = change.groupby(["s", "treated"])["change"].mean().unstack()
    share = change.loc[change["treated"], "s"].value_counts(normalize=True)
    assert found["estimate"].iloc[0] == pytest.approx(((means[True] - means[False]) * share).sum())


@pytest.mark.parametrize("method", METHODS)
def test_text_and_its_indicators_by_hand_are_the_same(method):
    frame = covariate_frame(6)
    by_hand = frame.assign(
        middle=(frame["s"] == "middle") * 1, small=frame["s"].eq("small").astype(float)
    )
    text = att_gt(read(frame, ["s", "z"]), method=method)
    category = att_gt(read(frame.astype({"s": "category"}), ["s", "z"]), method=method)
    hand = att_gt(read(by_hand, ["middle", "small", "z"]), method=method)
    np.testing.assert_allclose(text.cells.joint, hand.cells.joint, atol=CLOSE)
    np.testing.assert_allclose(category.cells.joint, hand.cells.joint, atol=CLOSE)
    assert any("s: large" in note for note in text.method.notes)


def test_a_category_written_in_numbers_is_a_category():
    frame = covariate_frame(6)
    frame["code"] = frame["s"].map({"large": 1, "middle": 2, "small": 9}).astype("category")
    coded, text = att_gt(read(frame, ["code"])).cells, att_gt(read(frame, ["s"])).cells
    np.testing.assert_allclose(coded.estimate, text.estimate, atol=CLOSE)


def test_a_covariate_unrelated_to_anything_changes_little_and_is_named():
    frame = random_frame(seed=7, n=300)
    frame["noise"] = np.random.default_rng(7).normal(size=300).repeat(5)
    found = att_gt(read(frame, "noise"))
    without = Twin(frame).frame()["effect"]
    assert np.abs(found.to_frame()["estimate"].to_numpy() - without.to_numpy()).max() < 0.2
    assert "covariates noise" in found.method.estimator
    assert any("constant within units: noise" in note for note in found.method.notes)


# --- invariance ---


@pytest.mark.parametrize("method", METHODS)
def test_scale_and_origin_of_covariates_and_order_of_rows_do_not_matter(method):
    frame = covariate_frame(8)
    moved = frame.assign(z=1e4 - 250 * frame["z"], v=frame["v"] * 1e-6 + 3)
    one = att_gt(read(frame, ["z", "v"]), method=method).cells
    two = att_gt(read(moved.sample(frac=1, random_state=1), ["z", "v"]), method=method).cells
    np.testing.assert_allclose(one.estimate, two.estimate, atol=1e-8)
    np.testing.assert_allclose(one.joint, two.joint, atol=1e-8)


def test_a_large_level_of_the_outcome_does_not_matter():
    frame = covariate_frame(9)
    frame["y"] = np.round(frame["y"] * 2**17) / 2**17
    one, two = (att_gt(read(f, ["z"])).cells for f in (frame, frame.assign(y=frame["y"] + 1e9)))
    np.testing.assert_allclose(one.estimate, two.estimate, atol=1e-9)


# --- cells that cannot be had, and refusals ---


def test_trimmed_comparison_units_are_told_in_the_row_of_the_cell():
    rng = np.random.default_rng(10)
    frame = random_frame(seed=10, n=400)
    treated = frame["cohort"].to_numpy()[::5] > 0
    z = np.where(treated, 2.0, -2.0) + 1.4 * rng.normal(size=400)
    z[np.flatnonzero(~treated)[:2]] = 9.0
    frame["z"] = np.repeat(z, 5)
    effects = att_gt(read(frame, ["z"]))
    cells = effects.to_frame()
    without = cells["n_trimmed"] > 0
    assert without.any()
    assert cells.loc[without, ["estimate", "std_error"]].notna().all(axis=None)
    assert (cells["n_comparison"] > 0).all()
    assert any("at or above 0.995" in note for note in effects.aggregate().overall.method.notes)


def test_separation_is_the_reason_of_its_cells_and_an_error_when_it_is_everywhere():
    frame = covariate_frame(11)
    frame["only"] = (frame["cohort"] == 3) * 10.0 + frame["z"]
    cells = att_gt(read(frame, ["only"]), method="ipw").to_frame()
    lost = cells["cohort"] == 3
    assert cells.loc[lost, "reason"].str.contains("covariates separate the cohort").all()
    assert cells.loc[lost, "estimate"].isna().all()
    assert cells.loc[~lost, "std_error"].notna().all()
    frame["ever"] = (frame["cohort"] > 0) * 10.0 + frame["z"]
    with pytest.raises(DesignError, match=r"no effect can be adjusted for ever: covariates sep"):
        att_gt(read(frame, ["ever"]))


@pytest.mark.parametrize("method", METHODS)
def test_collinear_covariates_are_named(method):
    frame = covariate_frame(12)
    frame["twice"] = 2 * frame["z"] + 1
    with pytest.raises(DesignError, match=r"collinear among .*: twice\. Leave a covariate out"):
        att_gt(read(frame, ["z", "twice"]), method=method)


class TestMissing:
    def frame(self):
        frame = covariate_frame(13, n=60)
        frame.loc[frame["unit"].isin([3, 7]) & (frame["time"] == 2), "v"] = np.nan
        return frame

    def test_refused_by_default_with_counts_and_options(self):
        with pytest.raises(DataError) as refusal:
            read(self.frame(), ["z", "v"])
        for part in ("'v' is missing for 2 of 60 units (3, 7)", "in 2 rows", "'complete_units'"):
            assert part in str(refusal.value)

    def test_complete_units_drops_units_and_says_so(self):
        panel = read(self.frame(), ["z", "v"], missing="complete_units")
        step = panel.ledger.steps[-1]
        assert (step.what, step.units_dropped, step.rows_dropped) == ("covariate v missing", 2, 10)
        whole = read(self.frame().query("unit not in (3, 7)"), ["z", "v"])
        np.testing.assert_array_equal(att_gt(panel).cells.joint, att_gt(whole).cells.joint)

    def test_pairs_leaves_units_out_of_the_cells_that_need_the_value(self):
        frame = self.frame()
        panel = read(frame, ["v"], missing="pairs")
        assert any("'v' is missing for 2 units (3, 7)" in note for note in panel.ledger.notes)
        cells = att_gt(panel).to_frame()
        sizes = cells["n_treated"] + cells["n_comparison"]
        members = frame.groupby("unit")["cohort"].first().value_counts()
        everyone = members[0] + cells["cohort"].map(members)
        assert ((sizes == everyone) | (cells["base"] == 2)).all()
        assert (sizes < everyone).any()


@pytest.mark.parametrize(
    ("change", "covariates", "message"),
    [
        ({"z": np.inf}, ["z"], r"'z' is infinite for 20 units \(0, 1, 2, 3, 4 "),
        ({"z": pd.Timestamp("2020-01-01")}, ["z"], "must hold numbers or text"),
        ({}, ["y"], "column 'y' is the outcome and cannot be a covariate too"),
        ({}, ["z", "z"], "covariate 'z' is named twice"),
        ({}, ["zz"], "there is no column 'zz'"),
    ],
)
def test_covariates_that_cannot_be_used_are_refused(change, covariates, message):
    with pytest.raises(DataError, match=message):
        read(covariate_frame(14, n=20).assign(**change), covariates)


def test_text_with_too_many_levels_looks_like_a_name():
    frame = covariate_frame(15)
    frame["name"] = "unit " + frame["unit"].astype(str)
    with pytest.raises(DataError, match="text with 120 levels, more than 100; it looks like a na"):
        att_gt(read(frame, ["name"]))


def test_the_data_given_are_not_changed():
    frame = covariate_frame(16)
    copy = frame.copy()
    att_gt(read(frame, ["z", "v", "s"]))
    pd.testing.assert_frame_equal(frame, copy)
