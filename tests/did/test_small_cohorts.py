"""Intervals allow for small cohorts, and no average counts an unknown uncertainty as zero."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import panel_of_sample
from scipy import stats

from pbc_eval.checks.pretrends import check_pretrends
from pbc_eval.did.aggregate import BANDS
from pbc_eval.did.averages import KINDS, averages_of
from pbc_eval.did.cells import plan_cells
from pbc_eval.did.estimates import cells_from_moments, cells_from_pairs
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.imputation import imputation
from pbc_eval.did.lone_cohorts import LEAST_OTHERS, MOST_WEIGHT, lone_in
from pbc_eval.did.small_cohorts import QUARTILE, SMALL
from pbc_eval.panel.panel import Panel
from tests.did.data import ROLES

pytestmark = pytest.mark.slow  # seconds, together

SIZES = st.lists(st.integers(2, 30), min_size=2, max_size=4)


def frame_of(sizes, *, periods=6, seed=0, spread=1.0):
    """Cohort label to number of units; unit levels, noise, effect 1 from the start."""
    rng = np.random.default_rng(seed)
    cohort = np.repeat([*sizes], [*sizes.values()])
    n, time = len(cohort), np.arange(1, periods + 1)
    y = spread * rng.normal(size=(n, 1)) + rng.normal(size=(n, periods))
    y += (cohort[:, None] > 0) & (time >= cohort[:, None])
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), periods),
            "time": np.tile(time, n),
            "cohort": np.repeat(cohort, periods),
            "y": y.ravel(),
        }
    )


def sample_of(sizes, **options):
    """One of many samples."""
    return panel_of_sample(frame_of(sizes, **options), **ROLES)


def panel_of(sizes, *, cluster=None, **options):
    frame = frame_of(sizes, **options)
    if cluster:
        frame["cluster"] = frame["unit"] // cluster
        return Panel.from_data(frame, cluster="cluster", **ROLES)
    return Panel.from_data(frame, **ROLES)


def by_hand(frame, cohort, time, base):
    """Factor and degrees of freedom of one cell against the never treated, from its definition."""
    wide = frame.pivot_table(index=["unit", "cohort"], columns="time", values="y").reset_index()
    change = wide[time] - wide[base]
    parts = []
    for label in (cohort, 0):
        own = change[wide["cohort"] == label]
        n = len(own)
        parts.append((n, ((own - own.mean()) ** 2).sum() / n**2))
    total = sum(v * n / (n - 1) for n, v in parts)
    factor = np.sqrt(total / sum(v for _, v in parts))
    if all(n >= SMALL for n, _ in parts):
        return 1.0, np.inf
    plausible = [
        (n - 1, v * n / (n - 1) * ((n - 1) / stats.chi2.ppf(QUARTILE, n - 1) if n < SMALL else 1))
        for n, v in parts
    ]
    df = sum(u for _, u in plausible) ** 2 / sum(u**2 / df for df, u in plausible)
    return factor, df


@settings(max_examples=15)
@given(never=st.integers(2, 60), treated=st.integers(2, 40), seed=st.integers(0, 99))
def test_one_cohort_is_its_definition(never, treated, seed):
    frame = frame_of({0: never, 3: treated}, periods=4, seed=seed)
    cells = att_gt(Panel.from_data(frame, **ROLES), base_period="universal").to_frame()
    row = cells[cells["time"] == 4].iloc[0]
    factor, df = by_hand(frame, 3, 4, 2)
    assert row["conf_high"] - row["estimate"] == pytest.approx(
        stats.t.ppf(0.975, df) * factor * row["std_error"], rel=1e-9
    )
    assert row["p_value"] == pytest.approx(
        2 * stats.t.sf(abs(row["estimate"]) / (row["std_error"] * factor), df), rel=1e-7
    )


@pytest.mark.parametrize("cluster", [None, 2])
def test_moments_and_units_give_the_same_parts(cluster):
    panel = panel_of({0: 40, 3: 8, 4: 12}, cluster=cluster)
    plan = plan_cells(panel, control_group="not_yet_treated", base_period="varying", anticipation=0)
    clustered = cluster is not None
    one = cells_from_moments(plan, panel.moments()).small
    other = cells_from_pairs(plan, panel.arrays(), clustered=clustered).small
    assert one.cohort == other.cohort
    assert one.size.tolist() == other.size.tolist()
    assert one.others == other.others
    for a, b in zip(one.roots, other.roots, strict=True):
        assert a @ a.T == pytest.approx(b @ b.T, abs=1e-12)


@settings(max_examples=10)
@given(sizes=SIZES, kind=st.sampled_from(KINDS), seed=st.integers(0, 9))
def test_no_allowance_without_small_cohorts_and_never_a_narrower_interval(sizes, kind, seed):
    cohorts = dict(zip((0, 3, 4, 5), sizes, strict=False))
    result = att_gt(panel_of(cohorts, seed=seed)).aggregate(kind)
    normal = stats.norm.ppf(0.975)
    for effect in (result.overall, *result.effects):
        assert effect.critical >= normal - 1e-12
        if min(sizes) >= SMALL:
            assert effect.degrees_of_freedom == np.inf
            assert effect.small_sample_factor == 1


@pytest.mark.parametrize("kind", KINDS)
def test_units_of_measurement_and_order_of_rows_change_no_allowance(kind):
    frame = frame_of({0: 30, 3: 4, 5: 7})
    shuffled = frame.sample(frac=1, random_state=1).assign(y=lambda f: 1e6 * f["y"] + 1e9)
    one = att_gt(Panel.from_data(frame, **ROLES)).aggregate(kind)
    other = att_gt(Panel.from_data(shuffled, **ROLES)).aggregate(kind)
    for a, b in zip((one.overall, *one.effects), (other.overall, *other.effects), strict=True):
        assert b.degrees_of_freedom == pytest.approx(a.degrees_of_freedom, rel=1e-5)
        assert b.critical == pytest.approx(a.critical, rel=1e-3)


@pytest.mark.parametrize("estimator", [att_gt, imputation])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bands", BANDS)
def test_an_average_that_leans_on_an_effect_without_an_error_has_none(estimator, kind, bands):
    result = estimator(panel_of({0: 30, 3: 1, 4: 3})).aggregate(kind, bands=bands)
    overall = result.overall
    assert overall.std_error is None
    assert overall.conf_low is None
    assert "cohort of one unit" in overall.reason
    assert "% of its weight" in overall.reason
    names = {"event": [3], "calendar": [], "cohort": [4], "simple": []}[kind]  # without cohort 3
    known = [
        at
        for at, e in zip(result.index, result.effects, strict=True)
        if e.std_error and (kind != "event" or at >= 0)
    ]
    if kind == "event":  # cohort 3 is seen at every event time
        assert known == []
    else:
        assert known == [at for at in result.index if at in names]


def test_an_average_of_clusters_says_which_cohort_has_one():
    panel = panel_of({0: 40, 3: 4, 4: 16}, cluster=4)
    overall = att_gt(panel).aggregate().overall
    assert overall.std_error is None
    assert "cohort of one cluster" in overall.reason
    assert any("(3): its variation cannot be estimated" in n for n in overall.method.notes)


@pytest.mark.parametrize("kind", KINDS)
def test_one_unit_among_many_widens_the_interval_and_leaves_the_error_of_the_formula(kind):
    sizes = {0: 40, 3: 1, 4: 25}
    with_it = att_gt(panel_of(sizes)).aggregate(kind).overall
    if kind in ("cohort", "simple"):
        assert with_it.std_error is not None
        assert with_it.small_sample_factor > 1
        assert with_it.conf_high - with_it.conf_low > 2 * 1.96 * with_it.std_error
        assert any(
            "is taken to vary as the other treated units do" in n for n in with_it.method.notes
        )
    else:  # at the last event time, and in the first period, it is alone
        assert with_it.std_error is None


@settings(max_examples=20)
@given(others=st.integers(2, 60), seed=st.integers(0, 50))
def test_what_a_lone_unit_adds_is_its_definition(others, seed):
    cells = att_gt(panel_of({0: 40, 3: 1, 4: others}, periods=5, seed=seed)).cells
    after = cells.plan.event_time >= 0
    _, _, average = averages_of(cells, "simple", after, after)
    share = sum(average.weights[cells.plan.cohort == 1])
    lone = lone_in(cells, average)
    if share > MOST_WEIGHT or others < LEAST_OTHERS:
        assert lone is None
    else:
        expected = np.sqrt(1 + share**2 / ((1 - share) ** 2 / others))
        assert lone.factor == pytest.approx(expected, rel=1e-9)


def test_rows_seen_weigh_what_a_regression_averages_over():
    """On a panel with gaps, the mean of the imputed effects of the treated rows that are seen."""
    frame = frame_of({0: 30, 3: 22, 5: 25}, seed=5)
    rng = np.random.default_rng(1)
    frame = frame[(frame["time"] < 3) | (rng.random(len(frame)) > 0.3)]
    panel = Panel.from_data(frame, missing="pairs", **ROLES)
    result = imputation(panel)
    free = frame[(frame["cohort"] == 0) | (frame["time"] < frame["cohort"])]
    dummies = pd.get_dummies(free[["unit", "time"]].astype(str), dtype=float)
    beta = np.linalg.lstsq(dummies.to_numpy(), free["y"].to_numpy(), rcond=None)[0]
    known = dict(zip(dummies.columns, beta, strict=True))
    treated = frame[(frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])]
    effect = treated["y"] - [
        known[f"unit_{u}"] + known[f"time_{t}"]
        for u, t in zip(treated["unit"], treated["time"], strict=True)
    ]
    assert result.aggregate().estimate == pytest.approx(effect.mean(), abs=1e-9)
    assert result.aggregate(weights="units").estimate != pytest.approx(effect.mean(), abs=1e-4)


@pytest.mark.soak
@pytest.mark.parametrize(
    "sizes", [{0: 40, 4: 2, 5: 3, 6: 5}, {0: 100, 4: 10, 5: 12, 6: 15}, {0: 8, 4: 3, 5: 4, 6: 5}]
)
def test_intervals_and_bands_of_small_cohorts_hold_the_truth_as_often_as_they_say(sizes):
    """300 samples. Bounds: 95 % less three standard errors; above, the approximation is cautious:
    an average over cohorts of two, three and five held the truth in 299 of 300."""
    whole, band, cell = [], [], []
    for seed in range(300):
        effects = att_gt(sample_of(sizes, periods=7, seed=seed))
        overall = effects.aggregate().overall
        whole.append(overall.conf_low <= 1 <= overall.conf_high)
        series = effects.aggregate("event")
        band.append(
            all(
                e.std_error is None or e.conf_low <= (at >= 0) <= e.conf_high
                for at, e in zip(series.index, series.effects, strict=True)
            )
        )
        frame = effects.to_frame().dropna(subset="std_error")
        truth = frame["event_time"] >= 0
        cell.append(((frame["conf_low"] <= truth) & (truth <= frame["conf_high"])).mean())
    least = 0.95 - 3 * np.sqrt(0.95 * 0.05 / 300)
    assert least <= np.mean(whole) <= 0.998
    assert least <= np.mean(band) <= 0.998
    assert 0.93 <= np.mean(cell) <= 0.99


@pytest.mark.soak
def test_small_cohorts_without_trends_are_failed_no_more_often_than_promised():
    failed = [
        check_pretrends(att_gt(sample_of({0: 30, 5: 3, 6: 4, 7: 25}, periods=8, seed=s))).status
        == "fail"
        for s in range(300)
    ]
    assert np.mean(failed) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


@pytest.mark.soak
def test_intervals_with_one_unit_among_many_hold_the_truth_as_often_as_they_say():
    """300 samples; bounds: 95 % less three standard errors, and the cautious side."""
    held = []
    for seed in range(300):
        effect = att_gt(sample_of({0: 30, 3: 1, 4: 9, 5: 10}, periods=6, seed=seed)).aggregate()
        held.append(effect.overall.conf_low <= 1 <= effect.overall.conf_high)
    assert 0.95 - 3 * np.sqrt(0.95 * 0.05 / 300) <= np.mean(held) <= 0.995
