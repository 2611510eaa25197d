"""Pre-trends, few clusters and placebos in space: golden, by hand, and when they cannot run."""

import numpy as np
import pandas as pd
import pytest
from did.data import GOLDEN, ROLES, california, mpdta, random_frame
from samples import panel_of_sample
from scipy import stats

from pbc_eval.checks.few_clusters import check_few_clusters
from pbc_eval.checks.placebo import check_placebo_in_space
from pbc_eval.checks.pretrends import check_pretrends
from pbc_eval.checks.small_cohort_leads import independent
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.small_sample import CohortParts, small_sample_test
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # seconds, together

# --- pre-trends ---


@pytest.mark.parametrize("base_period", ["varying", "universal"])
def test_pretrends_equal_the_reference(base_period):
    expected = pd.read_csv(GOLDEN / "mpdta_pretest.csv").iloc[0]
    found = check_pretrends(att_gt(mpdta(), base_period=base_period))
    # The two bases are linear maps of each other, so that W is the same.
    assert found.statistic == pytest.approx(expected["W"], abs=1e-10)
    assert stats.chi2.sf(found.statistic, 5) == pytest.approx(expected["Wpval"], abs=5e-6)
    assert "without allowance for few units p = 0.168" in found.sentence
    assert expected["Wpval"] < found.p_value < 0.20
    assert found.status == "pass"
    assert "does not show that trends would have stayed parallel" in found.sentence
    assert found.table["tested"].sum() == 5


def test_diverging_trends_fail():
    frame = random_frame(seed=1)
    frame["y"] += 2 * frame["time"] * (frame["cohort"] > 0)
    found = check_pretrends(att_gt(Panel.from_data(frame, **ROLES)))
    assert found.status == "fail"
    assert "moved apart before treatment" in found.sentence


def test_redundant_cells_are_dropped_not_inverted():
    frame = random_frame(seed=1)
    copied = frame[frame["time"] == 2].assign(time=4)  # interpolated: no change from 2 to 4
    frame = pd.concat([frame[frame["time"] != 3], copied])
    panel = Panel.from_data(frame, **ROLES)
    twice = att_gt(panel)
    found = check_pretrends(twice)
    tested = int(found.table["tested"].sum())
    assert tested < len(found.table)
    assert f"Joint test of {tested} effects" in found.sentence
    assert "redundant effects" in found.sentence


def random_walks(rng, sizes, n_periods):
    """Units with unrelated shocks each period and no trend: pre-trends are truly nil."""
    frames = []
    for cohort, n in sizes.items():
        wide = rng.standard_normal((n, n_periods)) + 3 * rng.standard_normal((n, 1))
        frames.append(
            pd.DataFrame(
                {
                    "unit": np.repeat([f"{cohort}-{i}" for i in range(n)], n_periods),
                    "time": np.tile(np.arange(1, n_periods + 1), n),
                    "cohort": cohort,
                    "y": wide.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def test_cohorts_too_small_for_a_joint_test_are_tested_apart_and_named():
    frame = random_walks(np.random.default_rng(3), {0: 16, 7: 22, 8: 3, 9: 2}, 10)
    found = check_pretrends(att_gt(Panel.from_data(frame, **ROLES)))
    assert set(found.table.loc[found.table["tested"], "cohort"]) == {7, 8, 9}
    assert "tested apart (8 (3), 9 (2))" in found.sentence
    only_small = frame[frame["cohort"].isin([0, 8, 9])]
    none = check_pretrends(att_gt(Panel.from_data(only_small, **ROLES)))
    assert none.statistic is None
    assert none.p_value is not None
    assert "Joint test" not in none.sentence


@pytest.mark.parametrize("sizes", [{0: 30, 7: 25, 8: 3}, {0: 30, 8: 3}, {0: 9, 7: 3, 8: 4}])
def test_a_lead_far_from_zero_in_a_small_cohort_is_never_passed_over(sizes):
    frame = random_walks(np.random.default_rng(4), sizes, 10)
    frame.loc[(frame["cohort"] == 8) & (frame["time"] == 4), "y"] += 2_000
    result = check_pretrends(att_gt(Panel.from_data(frame, **ROLES)))
    assert result.status == "fail"
    assert "8 in 4" in result.sentence or "8 in 5" in result.sentence


@pytest.mark.soak
def test_true_parallel_trends_are_rejected_about_as_often_as_promised():
    """60 units, 11 effects before treatment, 120 samples: 5 % asked for, chi-squared gives 25 %
    and more. Bound: 5 % plus three standard errors."""
    rng = np.random.default_rng(11)
    p_small, p_chi2 = [], []
    for _ in range(120):
        frame = random_walks(rng, {0: 20, 7: 24, 8: 16}, 9)
        found = check_pretrends(
            att_gt(panel_of_sample(frame.sort_values(["unit", "time"]), **ROLES))
        )
        p_small.append(found.p_value)
        p_chi2.append(stats.chi2.sf(found.statistic, int(found.table["tested"].sum())))
    assert np.mean(np.array(p_small) < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)
    assert np.mean(np.array(p_chi2) < 0.05) > 0.15


def test_one_cohort_alone_is_hotellings_test():
    """With a single part the test is exact: T2 (n - k) / (k (n - 1)) of F(k, n - k)."""
    rng = np.random.default_rng(5)
    n, k = 30, 4
    values = rng.standard_normal((n, k)) @ rng.standard_normal((k, k)) + 0.3
    mean = values.mean(axis=0)
    parts = CohortParts(
        at=np.arange(k), covariance=np.cov(values.T, bias=True)[None] / n, size=np.array([n])
    )
    found = small_sample_test(mean, parts, list(range(k)), least_df=5)
    t2 = n * mean @ np.linalg.solve(np.cov(values.T), mean)
    assert found.statistic == pytest.approx(t2 * (n - k) / (k * (n - 1)), rel=1e-10)
    assert found.df_denominator == pytest.approx(n - k, rel=1e-10)
    assert small_sample_test(mean, parts, list(range(k)), least_df=27) is None


@pytest.mark.parametrize("cluster", [None, "unit"])
def test_pairs_and_moments_give_the_same_pretrend_test(cluster):
    frame = random_walks(np.random.default_rng(7), {0: 20, 5: 15, 6: 15}, 8)
    balanced = check_pretrends(att_gt(Panel.from_data(frame, **ROLES, cluster=cluster)))
    extra = pd.DataFrame({"unit": ["late"], "time": [8], "cohort": [0], "y": [1.0]})
    ragged = Panel.from_data(pd.concat([frame, extra]), **ROLES, cluster=cluster, missing="pairs")
    again = check_pretrends(att_gt(ragged))
    assert again.statistic == pytest.approx(balanced.statistic, rel=1e-9)
    assert again.p_value == pytest.approx(balanced.p_value, rel=0.02)  # one more unit is counted


def test_independent_keeps_a_basis():
    root = np.random.default_rng(0).normal(size=(4, 6))
    root[2] = root[0] - 2 * root[1]
    assert independent(root @ root.T) == [0, 1, 3]
    assert independent(1e-12 * root @ root.T) == [0, 1, 3]
    assert independent(np.zeros((2, 2))) == []


def test_without_a_period_before_treatment_pretrends_are_for_review():
    found = check_pretrends(
        att_gt(
            Panel.from_data(
                pd.read_csv(GOLDEN / "mpdta.csv").query(
                    "year in (2005, 2006) and `first.treat` != 2007"
                ),
                unit="countyreal",
                time="year",
                outcome="lemp",
                cohort="first.treat",
            )
        )
    )
    assert found.status == "review"
    assert "no period before treatment" in found.sentence


# --- few clusters ---


@pytest.mark.parametrize(
    ("treated", "compared", "status"),
    [(4, 100, "fail"), (100, 4, "fail"), (9, 100, "review"), (20, 20, "review"), (25, 25, "pass")],
)
@pytest.mark.parametrize("clustered", [False, True])
def test_few_clusters_counts_both_sides(treated, compared, status, clustered):
    n = treated + compared
    frame = pd.DataFrame({"unit": np.arange(n), "cohort": 2 * (np.arange(n) < treated)})
    frame["cluster"] = frame["unit"]
    if clustered:  # two units a cluster
        frame = pd.concat([frame, frame.assign(unit=frame["unit"] + n)])
    frame = frame.merge(pd.DataFrame({"time": [1, 2]}), how="cross").assign(y=1.0)
    panel = Panel.from_data(frame, cluster="cluster" if clustered else None, **ROLES)
    found = check_few_clusters(panel)
    assert found.status == status
    small = [treated] if treated < 20 else []
    assert found.table["clusters"].tolist() == [treated, compared, n, *small]


def test_clusters_with_both_kinds_count_on_both_sides():
    frame = random_frame(seed=1)
    frame["cluster"] = frame["unit"] % 6
    found = check_few_clusters(Panel.from_data(frame, cluster="cluster", **ROLES))
    assert found.table["clusters"].tolist() == [6, 6, 6, 6, 6, 6]


def test_few_clusters_looks_at_the_cohorts_that_carry_an_effect():
    sizes = {0: 100, 3: 30, 4: 2, 5: 1}
    cohort = np.repeat([*sizes], [*sizes.values()])
    frame = pd.DataFrame({"unit": np.arange(len(cohort)), "cohort": cohort})
    frame = frame.merge(pd.DataFrame({"time": range(1, 7)}), how="cross").assign(y=1.0)
    result = check_few_clusters(Panel.from_data(frame, **ROLES))
    assert result.status == "review"
    assert "enough on both sides" in result.sentence
    assert "4 (2), 5 (1)" in result.sentence
    assert "single one have no interval" in result.sentence


# --- placebos in space ---


def test_placebos_are_the_simple_effect_of_each_unit_in_turn():
    found = check_placebo_in_space(california())
    real = att_gt(california()).aggregate().estimate
    table = found.table.set_index("unit")
    assert table.loc["California", "effect"] == pytest.approx(real, abs=1e-10)
    states = pd.read_csv(GOLDEN / "california_prop99.csv", sep=";")
    states = states[states["State"] != "California"]
    for state in ("Nevada", "Utah"):
        states["cohort"] = np.where(states["State"] == state, 1989, 0)
        panel = Panel.from_data(
            states, unit="State", time="Year", outcome="PacksPerCapita", cohort="cohort"
        )
        by_hand = att_gt(panel).aggregate().estimate
        assert table.loc[state, "effect"] == pytest.approx(by_hand, abs=1e-10)
    assert found.p_value == pytest.approx(table.loc["California", "rank"] / 39)
    assert found.status == "pass"
    assert "among 39 units, each treated in turn, by how many times further" in found.sentence


def test_placebos_are_ranked_by_how_much_further_apart_they_are_after_than_before():
    panel = california()
    table = check_placebo_in_space(panel).table.set_index("unit")
    arrays = panel.arrays()
    base = panel.starts[1] - 1
    change = arrays.outcome - arrays.outcome[:, [base]]
    pool = arrays.cohort == 0
    for at, unit in enumerate(arrays.unit):
        others = pool & (np.arange(len(pool)) != at)
        gap = change[at] - change[others].mean(axis=0)
        before, after = np.delete(gap[: base + 1], base), gap[base + 1 :]
        ratio = np.sqrt((after**2).mean() / (before**2).mean())
        assert table.loc[unit, "ratio"] == pytest.approx(ratio, rel=1e-9)
    ranks = (-table["ratio"]).rank(method="max").astype(int)
    assert (table["rank"] == ranks).all()


def test_a_rank_is_no_verdict_on_the_comparison():
    frame = random_frame(seed=1).query("cohort == 0")
    sizes = frame[frame["time"] >= 3].groupby("unit")["y"].mean()
    middling = (sizes - sizes.median()).abs().idxmin()
    frame = frame.assign(cohort=np.where(frame["unit"] == middling, 3, 0))
    found = check_placebo_in_space(Panel.from_data(frame, **ROLES))
    assert found.p_value > 0.1
    assert found.status == "pass"
    assert "not whether the comparison is right" in found.sentence


def test_placebos_use_what_is_observed():
    frame = random_frame(seed=3).query("cohort == 0")
    frame = frame.assign(cohort=np.where(frame["unit"] == frame["unit"].min(), 3, 0))
    gaps = frame[~((frame["unit"] == frame["unit"].max()) & (frame["time"] == 2))]
    panel = Panel.from_data(gaps, missing="pairs", **ROLES)
    found = check_placebo_in_space(panel)
    assert len(found.table) == frame["unit"].nunique() - 1
    real = found.table.loc[found.table["treated"], "effect"].iloc[0]
    cells = att_gt(panel).to_frame().query("event_time >= 0")
    assert real == pytest.approx(cells["estimate"].mean(), abs=1e-10)


def test_placebos_need_one_treated_unit():
    found = check_placebo_in_space(mpdta())
    assert found.status == "not_applicable"
    assert "191 and 309" in found.sentence
    with pytest.raises(DesignError, match="anticipation must be a whole number"):
        check_placebo_in_space(california(), anticipation=1.5)
