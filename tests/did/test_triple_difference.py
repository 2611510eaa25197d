"""Triple differences: closed forms, two panels apart, a saturated regression, size, refusals."""

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES, covariate_frame, random_frame, with_gaps

from pbc_eval.checks.pretrends import check_pretrends
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.triple_difference import triple_difference
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # each estimate is held against others

KINDS = ("simple", "event", "cohort", "calendar")


def triple_frame(seed, n=160, make=random_frame):
    """Eligible units move apart from ineligible ones everywhere, and are affected where treated."""
    rng = np.random.default_rng(seed + 900)
    frame = make(seed, n)
    times = frame["time"].nunique()
    frame["reached"] = np.repeat(rng.random(n) < 0.5, times)
    treated = (frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])
    frame["y"] += frame["reached"] * (0.6 * frame["time"] + 1.5 * treated)
    return frame


def read(frame, **options):
    return Panel.from_data(frame, eligible="reached", **(ROLES | options))


def side(frame, eligible, **options):
    return Panel.from_data(frame[frame["reached"] == eligible], **(ROLES | options))


@pytest.mark.parametrize("base_period", ["varying", "universal"])
@pytest.mark.parametrize("gaps", [False, True])
def test_it_is_the_difference_of_two_difference_in_differences(base_period, gaps):
    frame = triple_frame(1)
    options = {}
    if gaps:
        frame, options = with_gaps(frame, seed=2), {"missing": "pairs"}
    given = dict(base_period=base_period)
    triple = triple_difference(read(frame, weight="weight", **options), **given).to_frame()
    one, none = (
        att_gt(side(frame, who, weight="weight", **options), **given).to_frame()
        for who in (True, False)
    )
    np.testing.assert_allclose(triple["estimate"], one["estimate"] - none["estimate"], atol=1e-10)
    # Units are independent, so the two variances add up.
    error = np.sqrt(one["std_error"] ** 2 + none["std_error"] ** 2)
    np.testing.assert_allclose(triple["std_error"], error, atol=1e-10)
    known = triple["std_error"].notna()
    np.testing.assert_array_equal(triple["n_treated"][known], one["n_treated"][known])
    others = none["n_treated"] + one["n_comparison"] + none["n_comparison"]
    np.testing.assert_array_equal(triple["n_comparison"][known], others[known])


@pytest.mark.parametrize(
    "method", ["dr", *(pytest.param(m, marks=pytest.mark.soak) for m in ("reg", "ipw"))]
)
def test_with_covariates_it_is_three_comparisons_with_the_eligible_of_the_cohort(method):
    frame = triple_frame(2, n=400, make=covariate_frame)
    cells = triple_difference(read(frame, covariates=["z"]), method=method).to_frame()
    compared = {}
    for row in cells.itertuples():
        own = frame["cohort"].eq(row.cohort) & frame["reached"]
        others = (
            (frame["cohort"].eq(row.cohort) & ~frame["reached"], 1),
            (frame["cohort"].eq(0) & frame["reached"], 1),
            (frame["cohort"].eq(0) & ~frame["reached"], -1),
        )
        total = 0.0
        for at, (other, sign) in enumerate(others):
            if (row.cohort, at) not in compared:
                both = frame[own | other].assign(cohort=np.where(own[own | other], row.cohort, 0))
                found = att_gt(Panel.from_data(both, covariates=["z"], **ROLES), method=method)
                compared[row.cohort, at] = found.to_frame().set_index("time")["estimate"]
            total += sign * compared[row.cohort, at].loc[row.time]
        assert row.estimate == pytest.approx(total, abs=1e-9)


def test_two_periods_are_the_saturated_regression():
    frame = triple_frame(3).query("cohort in (0, 3) and time in (2, 3)")
    found = triple_difference(read(frame, cluster="cluster")).to_frame().iloc[0]
    g, q = frame["cohort"].eq(3).to_numpy(), frame["reached"].to_numpy()
    t = frame["time"].eq(3).to_numpy()
    x = np.column_stack([g**0, g, q, t, g & q, g & t, q & t, g & q & t]).astype(float)
    y = frame["y"].to_numpy()
    beta = np.linalg.solve(x.T @ x, x.T @ y)
    scores = pd.DataFrame(x * (y - x @ beta)[:, None]).groupby(frame["cluster"].to_numpy()).sum()
    bread = np.linalg.inv(x.T @ x)
    scores = scores.to_numpy()
    error = np.sqrt((bread @ (scores.T @ scores) @ bread)[-1, -1])
    assert found["estimate"] == pytest.approx(beta[-1], abs=1e-11)
    assert found["std_error"] == pytest.approx(error, abs=1e-11)


def test_several_comparison_cohorts_are_combined_with_least_variance():
    frame = triple_frame(4, n=300)
    never = triple_difference(read(frame)).to_frame()
    combined = triple_difference(read(frame), control_group="not_yet_treated").to_frame()
    both = never.merge(combined, on=["cohort", "time"])
    assert (both["std_error_y"] <= both["std_error_x"] + 1e-12).all()
    assert (both["std_error_y"] < both["std_error_x"] - 1e-6).any()
    # The cell (3, 3), by hand: one triple difference for each of 0, 5 and 6.
    here = frame[frame["time"].isin([2, 3])].pivot(index="unit", columns="time", values="y")
    change = (here[3] - here[2]).to_frame("change")
    change[["cohort", "reached"]] = frame.groupby("unit")[["cohort", "reached"]].first()
    groups = change.groupby(["cohort", "reached"])["change"]
    mean, variance = groups.mean(), groups.var(ddof=0) / groups.size()
    cohorts = (0, 5, 6)
    own = mean[3, True] - mean[3, False]
    triples = np.array([own - mean[c, True] + mean[c, False] for c in cohorts])
    spread = np.diag([variance[c, True] + variance[c, False] for c in cohorts])
    inverse = np.linalg.inv(spread + variance[3, True] + variance[3, False])
    weights = inverse.sum(axis=1) / inverse.sum()
    found = combined.query("cohort == 3 and time == 3").iloc[0]
    assert found["estimate"] == pytest.approx(weights @ triples, abs=1e-11)
    assert found["std_error"] == pytest.approx(inverse.sum() ** -0.5, abs=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_panel_read_as_cross_sections_give_the_same(kind):
    frame = triple_frame(5)
    panel = triple_difference(read(frame)).aggregate(kind)
    cross = triple_difference(read(frame, unit=None, cluster="unit")).aggregate(kind)
    assert cross.estimate == pytest.approx(panel.estimate, abs=1e-10)
    assert cross.std_error == pytest.approx(panel.std_error, abs=1e-10)


@pytest.mark.soak
def test_it_covers_what_two_differences_miss():
    effect, covered, plain = 1.5, [], []
    for seed in range(60):
        frame = triple_frame(seed, n=200)
        found = triple_difference(read(frame)).aggregate("simple")
        covered.append(found.conf_low <= effect <= found.conf_high)
        naive = frame.assign(cohort=frame["cohort"] * frame["reached"])
        plain.append(att_gt(Panel.from_data(naive, **ROLES)).aggregate("simple").estimate)
    assert 0.87 <= np.mean(covered) <= 1
    assert abs(np.mean(plain) - effect) > 0.5


def test_averages_count_the_eligible_and_the_pretrend_test_applies():
    frame = triple_frame(6)
    effects = triple_difference(read(frame))
    eligible = frame[frame["reached"]].drop_duplicates("unit")
    assert effects.aggregate().overall.n_treated == (eligible["cohort"] > 0).sum()
    units = frame["unit"].nunique()
    assert effects.aggregate("event").overall.n_comparison == units - (eligible["cohort"] > 0).sum()
    assert check_pretrends(effects).status in {"pass", "review", "fail"}
    assert "units not reached of the same cohorts" in effects.method.comparison_group
    assert effects.method.estimator.startswith("triple differences")


class TestRefusals:
    def test_without_the_column(self):
        with pytest.raises(DataError, match="read the panel with eligible="):
            triple_difference(Panel.from_data(random_frame(1), **ROLES))

    def test_words_for_a_flag(self):
        frame = triple_frame(7).assign(reached="maybe")
        with pytest.raises(
            DataError, match="must hold true and false, yes and no, or 1 and 0; it holds maybe"
        ):
            read(frame)

    def test_a_flag_that_changes(self):
        frame = triple_frame(7)
        frame.loc[frame.index[0], "reached"] = ~frame.loc[frame.index[0], "reached"]
        with pytest.raises(DataError, match=r"eligible 'reached' changes within 1 units \(0\)"):
            read(frame)

    def test_ineligible_units_coded_as_never_treated(self):
        frame = triple_frame(7)
        frame["cohort"] *= frame["reached"]
        with pytest.raises(DesignError, match="give the ineligible theirs instead of 0"):
            triple_difference(read(frame))

    def test_a_cohort_of_one_kind_has_a_reason(self):
        frame = triple_frame(8)
        frame = frame[~((frame["cohort"] == 5) & ~frame["reached"])]
        cells = triple_difference(read(frame)).to_frame()
        lost = cells[cells["cohort"] == 5]
        assert set(lost["reason"]) == {"no ineligible unit in the cohort"}
        assert cells.loc[cells["cohort"] != 5, "std_error"].notna().all()


def test_a_summary_calls_nobody_treated_who_was_not_eligible():
    frame = triple_frame(1)
    started = frame.loc[frame["cohort"] > 0, "unit"].nunique()
    assert f"({started} in groups that start, eligible or not)" in read(frame).summary()
    assert f"({started} treated)" in Panel.from_data(frame, **ROLES).summary()
