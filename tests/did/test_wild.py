"""The wild cluster bootstrap against refitting on dummies, and what it must promise."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES, mpdta, random_frame, with_gaps
from did.dummies import least_squares

from pbc_eval.did.extended_two_way import extended_two_way
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.interaction_weighted import interaction_weighted
from pbc_eval.did.wild import wild_cluster_bootstrap
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # replications

FEW = dict(cluster="cluster", weight="weight")


def few(seed=1, clusters=6, n=36):
    """Clusters that are treated as a whole and share shocks."""
    rng = np.random.default_rng(seed)
    frame = random_frame(seed, n)
    frame["cluster"] = frame["unit"] % clusters
    frame["cohort"] = frame["cluster"].map(lambda c: [0, 3, 5][c % 3])
    shock = rng.normal(size=(clusters, 7))
    frame["y"] += shock[frame["cluster"], frame["time"]]
    return frame


@pytest.mark.parametrize(
    ("regression", "estimator"),
    [("interaction_weighted", interaction_weighted), ("extended_two_way", extended_two_way)],
)
def test_every_sign_pattern_equals_a_refit_on_dummies(regression, estimator):
    frame = few(n=18)
    panel = Panel.from_data(frame, **FEW, **ROLES)
    found = wild_cluster_bootstrap(panel, regression=regression)
    cells = estimator(panel).to_frame().dropna(subset="std_error")
    x = np.array(
        [(frame["cohort"] == c.cohort) & (frame["time"] == c.time) for c in cells.itertuples()]
    ).T.astype(float)
    shares = frame.groupby("cohort")["weight"].sum()
    a = (cells["cohort"].map(shares) * (cells["event_time"] >= 0)).to_numpy(float)
    a = a / a.sum()

    def statistic(outcome):
        beta, covariance = least_squares(frame.assign(y=outcome), x)
        return a @ beta, np.sqrt(a @ covariance @ a)

    estimate, error = statistic(frame["y"].to_numpy())
    assert (found.estimate, found.std_error) == pytest.approx((estimate, error), abs=1e-9)
    # The restricted fit by hand: one regressor is replaced so that the average is nought.
    keep = int(np.argmax(a))
    others = [j for j in range(len(a)) if j != keep]
    reduced = x[:, others] - np.outer(x[:, keep], a[others] / a[keep])
    dummies = pd.get_dummies(frame[["unit", "time"]].astype(str), dtype=float)
    design = np.column_stack([reduced, dummies])
    root = np.sqrt(frame["weight"].to_numpy())
    beta = np.linalg.pinv(root[:, None] * design) @ (root * frame["y"].to_numpy())
    rest = frame["y"].to_numpy() - design @ beta
    drawn = []
    for signs in product([1.0, -1.0], repeat=6):
        outcome = np.array(signs)[frame["cluster"]] * rest
        value, spread = statistic(outcome)
        drawn.append(abs(value / spread))
    p_value = np.mean(np.array(drawn) >= abs(estimate / error) * (1 - 1e-9))
    assert found.exhaustive
    assert found.draws == 64
    assert found.p_value == pytest.approx(p_value, abs=1e-12)


def test_the_estimate_is_that_of_att_gt():
    found = wild_cluster_bootstrap(mpdta(), draws=199)
    assert found.estimate == pytest.approx(att_gt(mpdta()).aggregate().estimate, abs=1e-12)
    assert found.clusters == 500


def test_with_many_clusters_it_comes_close_to_the_normal():
    panel = Panel.from_data(random_frame(seed=3, n=400), **ROLES)
    found = wild_cluster_bootstrap(panel, draws=1999)
    normal = interaction_weighted(panel, shares="fixed").aggregate(bands="pointwise").overall
    assert found.std_error == pytest.approx(normal.std_error, rel=1e-9)
    assert (found.conf_low, found.conf_high) == pytest.approx(
        (normal.conf_low, normal.conf_high), abs=0.25 * normal.std_error
    )


def test_the_interval_holds_the_values_that_are_not_rejected():
    frame = few(4, clusters=12, n=48)
    panel = Panel.from_data(frame, **FEW, **ROLES)
    found = wild_cluster_bootstrap(panel, draws=999)
    assert found.conf_low < found.estimate < found.conf_high
    after = (frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])
    for end, outwards in ((found.conf_low, -1), (found.conf_high, 1)):
        for nudge, rejected in ((1e-6, True), (-1e-6, False)):
            moved = frame.assign(y=frame["y"] - (end + outwards * nudge) * after)
            again = wild_cluster_bootstrap(Panel.from_data(moved, **FEW, **ROLES), draws=999)
            assert (again.p_value <= 0.05) == rejected


def test_two_treated_clusters_show_how_little_is_known():
    frame = few(5, clusters=5, n=40)
    frame["cohort"] = frame["cluster"].map({0: 3, 1: 3}).fillna(0)
    found = wild_cluster_bootstrap(Panel.from_data(frame, **FEW, **ROLES))
    assert found.draws == 32
    assert found.conf_low == -np.inf or found.conf_high - found.conf_low > 4 * found.std_error


def test_seed_scale_and_order():
    frame = few(6, clusters=14, n=56)
    one, again, other, scaled = (
        wild_cluster_bootstrap(
            Panel.from_data(data, **FEW, **ROLES), weights="webb", draws=499, seed=seed
        )
        for data, seed in (
            (frame, 1),
            (frame.sample(frac=1, random_state=1), 1),
            (frame, 2),
            (frame.assign(y=1000 * frame["y"]), 1),
        )
    )
    assert (one.p_value, one.conf_low) == (again.p_value, pytest.approx(again.conf_low, rel=1e-6))
    assert other.conf_low != one.conf_low
    assert scaled.conf_high == pytest.approx(1000 * one.conf_high, rel=1e-6)
    assert "499 draws of webb weights over 14 clusters (seed 1)" in one.sentence


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": 10}, "draws must be a whole number >= 99, got 10"),
        ({"weights": "normal"}, "weights must be one of rademacher, webb"),
        ({"regression": "two_way"}, "regression must be one of"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(DesignError, match=message):
        wild_cluster_bootstrap(mpdta(), **options)


def test_designs_it_is_not_for_are_refused():
    with pytest.raises(DesignError, match="missing='complete_units'"):
        wild_cluster_bootstrap(
            Panel.from_data(with_gaps(random_frame(1), 1), missing="pairs", **ROLES)
        )
    with pytest.raises(DesignError, match="for 2 to 1,000 clusters, there are 1,001; att_gt's"):
        wild_cluster_bootstrap(Panel.from_data(random_frame(1, n=1001, times=(2, 3)), **ROLES))
    frame = random_frame(1).assign(cluster=1)
    with pytest.raises(DesignError, match="there are 1; name a cluster with more"):
        wild_cluster_bootstrap(Panel.from_data(frame, cluster="cluster", **ROLES))
