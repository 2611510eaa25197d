"""The fast path agrees with loops over units: clusters, weights, gaps, missing rows, both pools."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES, random_frame, with_gaps
from did.twin import Twin

from pbc_eval.did.estimates import cells_from_pairs
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.two_way import two_way
from pbc_eval.panel import moments
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # each estimate is held against a slow twin

CLOSE = 1e-10
OPTIONS = list(product([False, True], repeat=4))  # not yet, universal, clustered, weighted


def fast(frame, *, not_yet, universal, clustered, weighted, anticipation=0, missing="refuse"):
    panel = Panel.from_data(
        frame,
        cluster="cluster" if clustered else None,
        weight="weight" if weighted else None,
        missing=missing,
        **ROLES,
    )
    return att_gt(
        panel,
        control_group="not_yet_treated" if not_yet else "never_treated",
        base_period="universal" if universal else "varying",
        anticipation=anticipation,
    )


def check(effects, twin):
    cells = effects.to_frame().dropna(subset="std_error")
    both = cells.merge(twin.frame(), on=["cohort", "time"])
    assert len(both) == len(cells) == len(twin.cells)
    np.testing.assert_allclose(both["estimate"], both["effect"], atol=CLOSE)
    np.testing.assert_allclose(both["std_error"], both["error"], atol=CLOSE)
    for kind in ("simple", "event", "cohort", "calendar"):
        found = effects.aggregate(kind, bands="pointwise")
        (estimate, error), series = twin.aggregate(kind)
        assert found.estimate == pytest.approx(estimate, abs=CLOSE)
        assert found.std_error == pytest.approx(error, abs=CLOSE)
        for at, effect in zip(found.index, found.effects, strict=True):
            if effect.std_error is not None and at in series:
                expected = pytest.approx(series[at], abs=CLOSE)
                # With a universal base an event time may mix in a reference cell of another
                # cohort, which the twin leaves out.
                if not effects.method.base_period.startswith("universal") or at >= 0:
                    assert (effect.estimate, effect.std_error) == expected


@pytest.mark.parametrize(("not_yet", "universal", "clustered", "weighted"), OPTIONS)
def test_complete_panels(not_yet, universal, clustered, weighted):
    frame = random_frame(seed=1)
    given = dict(not_yet=not_yet, universal=universal, clustered=clustered, weighted=weighted)
    check(fast(frame, **given), Twin(frame, **given))


@pytest.mark.parametrize(("not_yet", "universal", "clustered", "weighted"), OPTIONS)
def test_pairs(not_yet, universal, clustered, weighted):
    frame = with_gaps(random_frame(seed=2), seed=3)
    given = dict(not_yet=not_yet, universal=universal, clustered=clustered, weighted=weighted)
    check(fast(frame, missing="pairs", **given), Twin(frame, **given))


@pytest.mark.parametrize("not_yet", [False, True])
def test_anticipation(not_yet):
    frame = random_frame(seed=4)
    given = dict(not_yet=not_yet, universal=False, clustered=True, weighted=True, anticipation=1)
    check(fast(frame, **given), Twin(frame, **given))


def test_pairs_and_moments_are_the_same_on_complete_panels():
    panel = Panel.from_data(random_frame(seed=5), cluster="cluster", weight="weight", **ROLES)
    by_moments = att_gt(panel, control_group="not_yet_treated").cells
    by_units = cells_from_pairs(by_moments.plan, panel.arrays(), clustered=True)
    np.testing.assert_allclose(by_units.estimate, by_moments.estimate, atol=CLOSE)
    np.testing.assert_allclose(by_units.joint, by_moments.joint, atol=CLOSE)
    np.testing.assert_allclose(by_units.level, by_moments.level, atol=CLOSE)
    np.testing.assert_array_equal(by_units.n_comparison, by_moments.n_comparison)


@pytest.mark.parametrize("missing", ["refuse", "pairs"])
def test_blocks_of_units_do_not_change_the_answer(missing, monkeypatch):
    frame = random_frame(seed=2)
    if missing == "pairs":
        frame = with_gaps(frame, seed=3)
    given = dict(not_yet=True, universal=False, clustered=True, weighted=True, missing=missing)
    whole = fast(frame, **given).cells
    monkeypatch.setattr("pbc_eval.did.estimates.VALUES_A_BLOCK", 50)
    cut = fast(frame, **given).cells
    np.testing.assert_allclose(cut.joint, whole.joint, atol=CLOSE)
    np.testing.assert_allclose(cut.estimate, whole.estimate, atol=CLOSE)


@pytest.mark.parametrize(("clustered", "weighted"), list(product([False, True], repeat=2)))
def test_engine_and_memory_give_the_same_moments(clustered, weighted, monkeypatch):
    frame = random_frame(seed=6)
    frame["y"] += 1e6
    panel = Panel.from_data(
        frame,
        cluster="cluster" if clustered else None,
        weight="weight" if weighted else None,
        **ROLES,
    )
    monkeypatch.setattr(moments, "SUMS_A_QUERY", 7)
    sizes = dict(
        n_cohorts=len(panel.cohorts),
        n_periods=panel.n_periods,
        n_units=panel.n_units,
        weighted=weighted,
        clustered=clustered,
    )
    memory = moments.cohort_moments(panel.units, **sizes)
    engine = moments.cohort_moments(panel.units, pull_up_to=0, **sizes)
    for part in ("units", "weight", "level", "path", "gram"):
        np.testing.assert_allclose(
            getattr(engine, part), getattr(memory, part), rtol=1e-11, atol=1e-8, err_msg=part
        )
    if clustered:
        for part in ("cluster", "cohort", "units", "sums"):
            np.testing.assert_allclose(
                getattr(engine.clusters, part), getattr(memory.clusters, part), atol=1e-8
            )


def test_two_way_is_least_squares_on_dummies():
    frame = random_frame(seed=7, n=30)
    found = two_way(Panel.from_data(frame, weight="weight", cluster="cluster", **ROLES))
    treated = ((frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])).to_numpy(float)
    dummies = pd.get_dummies(frame[["unit", "time"]].astype(str), dtype=float).to_numpy()
    design = np.column_stack([treated, dummies])
    root = np.sqrt(frame["weight"].to_numpy())
    inverse = np.linalg.pinv((root[:, None] * design).T @ (root[:, None] * design))
    beta = inverse @ (design.T @ (frame["weight"] * frame["y"]).to_numpy())
    residual = frame["y"].to_numpy() - design @ beta
    scores = pd.DataFrame(design * (frame["weight"].to_numpy() * residual)[:, None])
    sums = scores.groupby(frame["cluster"].to_numpy()).sum().to_numpy()
    variance = (inverse @ sums.T @ sums @ inverse)[0, 0]
    g, n, k = len(sums), len(frame), 1 + frame["time"].nunique()
    assert found.estimate == pytest.approx(beta[0], abs=1e-9)
    assert found.std_error == pytest.approx(
        np.sqrt(variance * g / (g - 1) * (n - 1) / (n - k)), abs=1e-9
    )
