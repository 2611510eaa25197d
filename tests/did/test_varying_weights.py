"""Weights that change within units: what counts is stated, and equals a slow obvious twin."""

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES, random_frame, with_gaps

from pbc_eval.did.group_time import att_gt
from pbc_eval.did.imputation import imputation
from pbc_eval.did.two_way import two_way
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # seconds, together


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(5)
    return random_frame(seed=4).assign(
        weight=lambda d: d["weight"] * rng.uniform(0.5, 1.5, len(d)),
        x=lambda d: (d["unit"] * 7 % 11) / 5,
    )


def read(frame, **roles) -> Panel:
    return Panel.from_data(frame, weight="weight", **ROLES, **roles)


def twin(frame, cohort, time, base, weigh) -> float:
    """One cell from rows: weighted changes of averages. ``weigh``: the weights at both ends."""
    wide = frame.pivot(index="unit", columns="time", values=["y", "weight"])
    groups = frame.groupby("unit")["cohort"].first()
    sides = []
    for label in (cohort, 0):
        y, w = wide["y"][groups == label], wide["weight"][groups == label]
        both = y[time].notna() & y[base].notna() & weigh(w, base).notna()
        now, then = weigh(w, time)[both], weigh(w, base)[both]
        sides.append(np.average(y[time][both], weights=now))
        sides[-1] -= np.average(y[base][both], weights=then)
    return sides[0] - sides[1]


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("rule", ["base_period", "varying"])
def test_cells_equal_the_twin(frame, rule, gaps):
    data = with_gaps(frame, seed=2) if gaps else frame
    cells = att_gt(read(data, fix_weights=rule, missing="pairs")).to_frame()
    long_base = cells[cells.event_time >= 0].groupby("cohort")["base"].first()
    for cell in cells.itertuples():
        fixed = long_base[cell.cohort]

        def weigh(w, at, fixed=fixed):
            return w[at if rule == "varying" else fixed]

        expected = twin(data, cell.cohort, cell.time, cell.base, weigh)
        assert cell.estimate == pytest.approx(expected, abs=1e-12)


def test_the_first_period_is_the_weight_that_was_asked_to_be_given_before(frame):
    fixed = frame.assign(weight=frame.groupby("unit")["weight"].transform("first"))
    for cluster in (None, "cluster"):
        ours = att_gt(read(frame, fix_weights="first_period", cluster=cluster)).aggregate()
        plain = att_gt(read(fixed, cluster=cluster)).aggregate()
        assert (ours.estimate, ours.std_error) == (plain.estimate, plain.std_error)


@pytest.mark.parametrize("rule", ["base_period", "varying"])
@pytest.mark.parametrize("cluster", [None, "cluster"])
@pytest.mark.parametrize("gaps", [False, True])
def test_weights_that_do_not_change_give_what_they_gave(rule, cluster, gaps):
    data = with_gaps(random_frame(seed=4), seed=3) if gaps else random_frame(seed=4)
    missing = "pairs" if gaps else "refuse"
    ours = att_gt(read(data, fix_weights=rule, cluster=cluster, missing=missing))
    plain = att_gt(read(data, cluster=cluster, missing=missing))
    # Where a unit is not seen in the base period it has no weight there, which leads feel.
    after = ours.to_frame()["event_time"] >= (0 if gaps and rule == "base_period" else -9)
    for column in ("estimate", "std_error", "n_treated", "n_comparison"):
        a, b = (effects.to_frame().loc[after, column] for effects in (ours, plain))
        np.testing.assert_allclose(a, b, rtol=1e-9)
    for kind in ("simple", "event", "cohort", "calendar"):
        a, b = ours.aggregate(kind).overall, plain.aggregate(kind).overall
        assert (a.estimate, a.std_error) == pytest.approx((b.estimate, b.std_error), rel=1e-9)


@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
def test_covariates_are_adjusted_for_at_the_weights_of_the_base_period(frame, method):
    fixed = frame.assign(weight=random_frame(seed=4)["weight"].to_numpy())
    ours = att_gt(read(fixed, fix_weights="base_period", covariates=["x"]), method=method)
    plain = att_gt(read(fixed, covariates=["x"]), method=method)
    a, b = ours.aggregate(), plain.aggregate()
    assert (a.estimate, a.std_error) == pytest.approx((b.estimate, b.std_error), rel=1e-6)


@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
@pytest.mark.parametrize("by", ["unit", "cluster"])
def test_covariates_at_own_weights_are_repeated_cross_sections_clustered_by_unit(frame, method, by):
    """Of complete panels: the estimator of repeated cross-sections is held to R's numbers."""
    data = frame.assign(z=frame["x"] + 0.1 * frame["time"] * (frame["unit"] % 3))
    clustered = "cluster" if by == "cluster" else None
    ours = att_gt(
        read(data, fix_weights="varying", covariates=["z"], cluster=clustered), method=method
    )
    roles = {**ROLES, "unit": None}
    rows = Panel.from_data(data, weight="weight", covariates=["z"], cluster=by, **roles)
    twin = att_gt(rows, method=method)
    for column in ("estimate", "std_error"):
        np.testing.assert_allclose(
            ours.to_frame()[column], twin.to_frame()[column], rtol=1e-9, equal_nan=True
        )
    assert np.isfinite(ours.to_frame()["std_error"]).any()


@pytest.mark.soak
@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
def test_a_covariate_that_tells_nothing_leaves_varying_weights_as_they_were(frame, method):
    """With gaps, too: a unit counts where it is seen in both periods, as without covariates."""
    gaps = with_gaps(frame, seed=2)
    roles = {"fix_weights": "varying", "missing": "pairs"}
    plain = att_gt(read(gaps, **roles)).to_frame()
    ours = att_gt(read(gaps.assign(k=1.0 + 1e-13), covariates=["k"], **roles), method=method)
    known = plain["estimate"].notna() & ours.to_frame()["estimate"].notna()
    assert known.sum() > 3
    for column in ("estimate", "n_treated", "n_comparison"):
        np.testing.assert_allclose(
            ours.to_frame().loc[known, column], plain.loc[known, column], rtol=1e-9
        )


def test_the_answer_does_not_depend_on_the_order_of_rows(frame):
    for rule in ("base_period", "first_period", "varying"):
        again = frame.sample(frac=1, random_state=1)
        ours, other = (att_gt(read(d, fix_weights=rule)).aggregate() for d in (frame, again))
        assert (ours.estimate, ours.std_error) == (other.estimate, other.std_error)


@pytest.mark.soak
def test_errors_of_varying_weights_cover():
    rng = np.random.default_rng(11)
    for rule in ("base_period", "varying"):
        inside = 0
        for _ in range(400):
            data = random_frame(int(rng.integers(1e9)), n=150)
            data["y"] -= 0.7 * ((data["cohort"] > 0) & (data["time"] >= data["cohort"]))
            data["weight"] *= rng.uniform(0.5, 1.5, len(data))
            estimate = att_gt(read(data, fix_weights=rule)).aggregate()
            inside += estimate.overall.conf_low < 0 < estimate.overall.conf_high
        assert 0.92 <= inside / 400 <= 0.98


def test_weights_that_change_are_refused_until_it_is_stated_which_count(frame):
    with pytest.raises(DataError, match=r"fix_weights='first_period', 'base_period' or 'varying'"):
        read(frame)
    for rule in ("first_period", "base_period", "varying"):
        att_gt(read(frame, fix_weights=rule))


def test_what_takes_one_weight_a_unit_says_so(frame):
    panel = read(frame, fix_weights="varying")
    for estimator in (imputation, two_way):
        with pytest.raises(DesignError, match=r"one weight a unit.*'first_period', or att_gt"):
            estimator(panel)
        estimator(read(frame, fix_weights="first_period"))


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"fix_weights": "baseline"}, r"fix_weights must be one of base_period"),
        ({"fix_weights": "varying", "weight": None}, r"fix_weights needs weight"),
        ({"fix_weights": "varying", "unit": None}, r"units followed over time"),
    ],
)
def test_weights_fixed_in_a_way_that_there_is_not_are_refused(frame, roles, message):
    with pytest.raises(DataError, match=message):
        Panel.from_data(frame, **{**ROLES, "weight": "weight", **roles})


def test_bad_weights_are_named_as_before(frame):
    for value, message in ((np.nan, "no weight"), (-1.0, "negative or infinite")):
        data = frame.copy()
        data.loc[7, "weight"] = value
        with pytest.raises(DataError, match=message):
            read(data, fix_weights="varying")
    assert isinstance(frame, pd.DataFrame)
