"""Matching, then difference-in-differences: by hand, by simulation, and refused where it must."""

import numpy as np
import pandas as pd
import pytest

import pbc_eval as pbc
from pbc_eval.agreement.matching_options import Full, Nearest
from pbc_eval.agreement.weighting_options import Entropy
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation.matched_changes import before_programme, match_then_did

pytestmark = pytest.mark.slow  # seconds, together

ROLES = {"unit": "unit", "time": "year", "outcome": "y", "cohort": "start"}


def panel(seed, units=300, *, years=4, effect=1.0, cohorts=(2003,)):
    """Trends that depend on x, which also moves units into the programme."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=units)
    treated = rng.random(units) < 1 / (1 + np.exp(1.2 - x))
    start = np.where(treated, rng.choice(cohorts, units), 0)
    year = 2000 + np.arange(1, years + 1)
    level = rng.normal(size=units)
    noise = 0.5 * rng.normal(size=(units, years))
    trend = 0.8 * x[:, None] * np.arange(years) + 0.3 * np.arange(years)
    after = (start[:, None] > 0) & (year >= start[:, None])
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), years),
            "year": np.tile(year, units),
            "start": np.repeat(start, years),
            "x": np.repeat(x, years),
            "y": (level[:, None] + trend + noise + effect * after).ravel(),
        }
    )
    return frame


FRAME = panel(1)
PAIRS = Nearest()


def test_two_periods_in_pairs_are_mean_differences_of_changes():
    frame = FRAME[FRAME["year"].isin([2002, 2003])]
    found = match_then_did(frame, covariates=["x"], by=PAIRS, **ROLES)
    before, _ = before_programme(frame, covariates=["x"], **ROLES)
    pairs = pbc.match(before, treatment="in_programme", covariates=["x"], unit="unit").pairs
    change = frame.pivot_table(index="unit", columns="year", values="y").diff(axis=1)[2003]
    gaps = change[pairs["treated"]].to_numpy() - change[pairs["comparison"]].to_numpy()
    cell = found.effects.to_frame().iloc[0]
    assert cell["estimate"] == pytest.approx(gaps.mean(), abs=1e-12)
    # clustered by pair: the spread of pair differences, without a small-sample factor
    assert cell["std_error"] == pytest.approx(gaps.std() / np.sqrt(len(gaps)), rel=0.02)
    notes = " ".join(found.effects.method.notes)
    assert "clustered by matched set" in notes
    assert "after nearest-neighbour matching 1:1" in found.effects.method.estimator


def test_weights_reach_the_comparison():
    frame = FRAME[FRAME["year"].isin([2002, 2003])]
    by = Entropy()
    found = match_then_did(frame, covariates=["x"], by=by, **ROLES)
    weights = found.sample.weights
    change = frame.pivot_table(index="unit", columns="year", values="y").diff(axis=1)[2003]
    treated = frame.groupby("unit")["start"].max() > 0
    by_hand = change[treated].mean() - np.average(
        change[~treated], weights=weights[change.index[~treated]]
    )
    assert found.effects.to_frame()["estimate"].iloc[0] == pytest.approx(by_hand, abs=1e-9)
    assert "taken as known" in " ".join(found.effects.method.notes)


def test_lags_are_outcomes_before_the_first_cohort():
    before, columns = before_programme(
        panel(2, cohorts=(2003, 2004)), covariates=["x"], lags=2, **ROLES
    )
    frame = panel(2, cohorts=(2003, 2004)).set_index(["unit", "year"])["y"].unstack()
    assert columns == ["x", "y, 1 before", "y, 2 before"]
    np.testing.assert_array_equal(before["y, 1 before"], frame[2002])
    np.testing.assert_array_equal(before["y, 2 before"], frame[2001])
    early, _ = before_programme(panel(2), lags=1, anticipation=1, **ROLES)
    np.testing.assert_array_equal(
        early["y, 1 before"], panel(2).set_index(["unit", "year"])["y"].unstack()[2001]
    )


def test_the_callers_data_and_several_cohorts_are_left_as_they_are():
    frame = panel(3, cohorts=(2003, 2004))
    copy = frame.copy()
    found = match_then_did(frame, covariates=["x"], adjust=True, **ROLES)
    pd.testing.assert_frame_equal(frame, copy)
    assert set(found.effects.to_frame()["cohort"]) == {2003, 2004}
    study = found.effects.aggregate("event")
    assert study.overall.n_treated <= found.sample.counts().loc["matched", "treated"]


@pytest.mark.soak
@pytest.mark.parametrize(
    "by",
    [PAIRS, Nearest(caliper=0.2), Full(), Entropy()],
    ids=["pairs", "caliper", "full", "entropy"],
)
def test_trends_that_depend_on_a_covariate_are_dealt_with(by):
    """Without matching the answer is wrong; with it, near the truth and covered."""
    plain, found, held = [], [], []
    for seed in range(40):
        frame = panel(1_000 + seed, units=400)
        effect = match_then_did(frame, covariates=["x"], by=by, adjust=True, **ROLES)
        overall = effect.effects.aggregate("simple", bands="pointwise").overall
        found.append((overall.estimate, overall.std_error))
        held.append(overall.conf_low <= 1.0 <= overall.conf_high)
        if seed < 10:
            naive = pbc.att_gt(pbc.Panel.from_data(frame, **ROLES))
            plain.append(naive.aggregate("simple", bands="pointwise").overall.estimate)
    estimates, errors = np.array(found).T
    assert np.mean(plain) > 1.5
    assert abs(estimates.mean() - 1) < 0.05
    assert np.mean(held) >= 0.9
    assert 0.8 < errors.mean() / estimates.std() < 1.35


@pytest.mark.parametrize(
    ("frame", "changes", "message"),
    [
        (FRAME, {"covariates": []}, "nothing to match on"),
        (FRAME, {"lags": 3}, "2 periods lie before the first cohort; lags=3"),
        (FRAME, {"lags": -1}, "lags must be a whole number >= 0"),
        (FRAME, {"covariates": ["z"]}, "no column 'z'"),
        (FRAME.assign(start=0), {}, "no unit ever entered"),
        (FRAME.assign(start=2003), {}, "every unit entered"),
        (FRAME.assign(match_weight=1), {}, "already have columns match_weight"),
        (FRAME[(FRAME["unit"] > 0) | (FRAME["year"] != 2002)], {}, "1 units have no row in period"),
        (pd.concat([FRAME, FRAME.head(2)]), {}, "several rows in period 2002: 0"),
    ],
    ids=str,
)
def test_what_cannot_be_matched_is_refused(frame, changes, message):
    asked = {"covariates": ["x"], **changes}
    with pytest.raises((DataError, DesignError), match=message):
        match_then_did(frame, **asked, **ROLES)


def test_dates_and_codes_are_placed_as_in_a_panel():
    dates = FRAME.assign(
        year=FRAME["year"].astype(str) + "-01",
        start=FRAME["start"].map({0: None, 2003: "2003-01-01"}),
    )
    plain = match_then_did(FRAME, covariates=["x"], by=PAIRS, **ROLES)
    again = match_then_did(dates, covariates=["x"], by=PAIRS, **ROLES)
    assert again.effects.aggregate().estimate == plain.effects.aggregate().estimate
    coded = FRAME.assign(start=FRAME["start"].replace(0, -1))
    with pytest.raises(DataError, match=r"never_treated_codes=\[-1\]"):
        match_then_did(coded, covariates=["x"], by=PAIRS, **ROLES)
    listed = match_then_did(coded, covariates=["x"], by=PAIRS, never_treated_codes=[-1], **ROLES)
    assert listed.effects.aggregate().estimate == plain.effects.aggregate().estimate
    inside = dates.assign(start=dates["start"].replace("2003-01-01", "2002-05-11"))
    with pytest.raises(DataError, match=r"inside a period"):
        match_then_did(inside, covariates=["x"], by=PAIRS, **ROLES)
