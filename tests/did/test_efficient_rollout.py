"""The efficient estimator for starts at random: its twin, closed forms, what it is indifferent to,
and what it refuses."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from did.data import ROLES, mpdta, random_frame
from did.rollout_twin import RolloutTwin

import pbc_eval as pbc
from pbc_eval.did.leave_out import leave_one_out
from pbc_eval.did.rollout_lots import rollout_lots
from pbc_eval.did.stated_inference import inferences_of, with_inference
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # seconds, together

KINDS = ("simple", "event", "cohort", "calendar")
CLOSE = dict(rel=1e-10, abs=1e-12)


def read(frame, **roles):
    return Panel.from_data(frame, **(ROLES | roles))


def overall(panel, kind="simple", **options):
    return pbc.efficient_rollout(panel, **options).aggregate(kind, bands="pointwise").overall


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [None, 0.0, 1.0, 0.4])
@pytest.mark.parametrize("never", [True, False])
def test_averages_are_those_of_the_formulas(kind, share, never):
    frame = random_frame(11, n=90, never=never)
    estimate, error, _ = RolloutTwin(frame).estimate(
        weights := RolloutTwin(frame).weights(kind), share
    )
    made = overall(read(frame), kind, taken_off=share)
    assert (made.estimate, made.std_error) == pytest.approx((estimate, error), **CLOSE)
    twin = RolloutTwin(frame).estimate(weights, share, adjusted=True)
    made = overall(read(frame), kind, taken_off=share, variance="adjusted")
    assert (made.estimate, made.std_error) == pytest.approx(twin[:2], **CLOSE)
    assert made.std_error < error


def test_every_effect_and_event_time_has_a_share_of_its_own():
    frame = random_frame(5, n=90)
    twin, effects = RolloutTwin(frame), pbc.efficient_rollout(read(frame))
    times = twin.times
    table = effects.to_frame()
    for row in table.itertuples():
        cell = (times.index(row.cohort), times.index(row.time))
        expected = twin.estimate({cell: 1.0})[:2]
        assert (row.estimate, row.std_error) == pytest.approx(expected, **CLOSE)
    series = effects.aggregate("event")
    sizes = {start: len(paths) for start, paths in twin.groups.items()}
    for event, effect in zip(series.index, series.effects, strict=True):
        cells = [
            (times.index(row.cohort), times.index(row.time))
            for row in table.itertuples()
            if row.event_time == event
        ]
        total = sum(sizes[g] for g, _ in cells)
        expected = twin.estimate({(g, t): sizes[g] / total for g, t in cells})[:2]
        assert (effect.estimate, effect.std_error) == pytest.approx(expected, **CLOSE)
    errors = [effect.std_error for effect in series.effects]
    assert np.sqrt(np.diag(series.covariance)) == pytest.approx(errors)


def test_two_cohorts_in_two_periods_are_a_regression_with_an_interaction():
    """Lin's (2013) regression has a slope before in each group; the share is theirs, weighted."""
    draw = np.random.default_rng(3)
    n, treated = 120, np.arange(120) < 50
    before = draw.normal(5, 2, n)
    after = 0.6 * before + 1.5 * treated + (1 + treated) * draw.normal(0, 1, n)
    frame = pd.DataFrame(
        {
            "unit": np.tile(np.arange(n), 2),
            "time": np.repeat([1, 2], n),
            "cohort": np.tile(np.where(treated, 2, 0), 2),
            "y": np.concatenate([before, after]),
        }
    )
    slopes, spread = {}, {}
    for side in (True, False):
        fit = sm.OLS(after[treated == side], sm.add_constant(before[treated == side])).fit()
        slopes[side], spread[side] = fit.params[1], before[treated == side].var(ddof=1)
    # Var(apart) = s1/n1 + s0/n0, Cov = b1 s1/n1 + b0 s0/n0
    share = {side: spread[side] / (treated == side).sum() for side in slopes}
    taken = sum(slopes[s] * share[s] for s in share) / sum(share.values())
    expected = (after - taken * before)[treated].mean() - (after - taken * before)[~treated].mean()
    assert overall(read(frame)).estimate == pytest.approx(expected, **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
def test_all_taken_off_is_the_difference_in_differences_and_nothing_the_difference_in_means(kind):
    panel = mpdta()
    asked = {"control_group": "not_yet_treated", "base_period": "universal"}
    changes = pbc.att_gt(panel, **asked).aggregate(kind).overall.estimate
    assert overall(panel, kind, taken_off=1.0).estimate == pytest.approx(changes, **CLOSE)
    cells = pbc.efficient_rollout(panel, taken_off=0.0).to_frame()
    means = pd.read_csv("tests/golden/did/mpdta.csv").groupby(["first.treat", "year"])["lemp"]
    row = cells[(cells["cohort"] == 2007) & (cells["time"] == 2007)].iloc[0]
    assert row["estimate"] == pytest.approx(means.mean()[2007, 2007] - means.mean()[0, 2007])


@pytest.mark.parametrize("kind", KINDS)
def test_the_efficient_share_has_the_least_error_of_all_shares(kind):
    panel = read(random_frame(8, n=90))
    least = overall(panel, kind).std_error
    shares = (-1.0, 0.0, 0.2, 0.5, 0.8, 1.0, 2.0)
    assert all(overall(panel, kind, taken_off=s).std_error >= least for s in shares)


def test_order_scale_and_what_all_units_gain_in_a_period_change_nothing():
    frame = random_frame(2, n=90)
    given = overall(read(frame))
    shuffled = overall(read(frame.sample(frac=1, random_state=1)))
    assert (shuffled.estimate, shuffled.std_error) == (given.estimate, given.std_error)
    moved = frame.assign(y=1e6 + 3 * frame["y"] + 7.0 * frame["time"] ** 2)
    moved = overall(read(moved))
    assert moved.estimate == pytest.approx(3 * given.estimate, rel=1e-7)
    assert moved.std_error == pytest.approx(3 * given.std_error, rel=1e-7)


def test_levels_of_units_matter_but_where_all_is_taken_off():
    frame = random_frame(2, n=90)
    level = frame["unit"].map(dict(enumerate(np.random.default_rng(1).normal(0, 3, 90))))
    raised = read(frame.assign(y=frame["y"] + level))
    same, other = (overall(raised, taken_off=share) for share in (1.0, 0.0))
    given = overall(read(frame), taken_off=1.0)
    assert (same.estimate, same.std_error) == pytest.approx(
        (given.estimate, given.std_error), **CLOSE
    )
    assert abs(other.estimate - overall(read(frame), taken_off=0.0).estimate) > 0.01


def test_a_constant_before_the_start_leaves_the_difference_of_changes():
    frame = random_frame(6, n=60, times=(1, 2, 3)).query("cohort in (0, 3)")
    frame.loc[frame["time"] < 3, "y"] = 0.1
    assert overall(read(frame)).estimate == overall(read(frame), taken_off=1.0).estimate


def test_errors_by_clusters_are_those_of_cluster_means_where_clusters_are_alike():
    frame = random_frame(9, n=40)
    twice = pd.concat([frame, frame.assign(unit=frame["unit"] + 1000)])
    twice["cluster"] = twice["unit"] % 1000
    by_cluster, alone = overall(read(twice, cluster="cluster")), overall(read(frame))
    assert by_cluster.estimate == pytest.approx(alone.estimate, **CLOSE)
    assert by_cluster.std_error == pytest.approx(alone.std_error, **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [None, 1.0])
def test_lots_dealt_anew_start_from_the_same_estimate_and_error(kind, share):
    panel = read(random_frame(4, n=60))
    effects = pbc.efficient_rollout(panel, taken_off=share)
    made = effects.aggregate(kind, bands="pointwise").overall
    lots = rollout_lots(panel, effects, kind, draws=199)
    assert lots.estimate == pytest.approx(made.estimate, **CLOSE)
    assert lots.statistic == pytest.approx(made.estimate / made.std_error, **CLOSE)


def test_every_order_counted_is_the_exact_test():
    """Six units, two started: fifteen ways, whose studentised values are worked out one by one."""
    y = np.random.default_rng(5).normal(size=(6, 2))
    y[:2, 1] += 2

    def frame_of(treated):
        return pd.DataFrame(
            {
                "unit": np.repeat(np.arange(6), 2),
                "time": np.tile([1, 2], 6),
                "cohort": np.repeat([2 if i in treated else 0 for i in range(6)], 2),
                "y": y.ravel(),
            }
        )

    def studentised(treated):
        made = overall(read(frame_of(treated)))
        return abs(made.estimate / made.std_error)

    own = studentised((0, 1))
    exact = np.mean([studentised(pair) >= own * (1 - 1e-9) for pair in combinations(range(6), 2)])
    panel = read(frame_of((0, 1)))
    lots = rollout_lots(panel, pbc.efficient_rollout(panel), draws=9_999)
    assert lots.possible == 15
    assert lots.p_value == pytest.approx(exact, abs=0.02)


def test_the_interval_of_lots_holds_what_they_do_not_reject():
    frame = random_frame(4, n=60)
    panel = read(frame)
    lots = rollout_lots(panel, pbc.efficient_rollout(panel), draws=499, level=0.9)
    on = (frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])
    for effect, kept in (
        (lots.conf_low + 0.02, True),
        (lots.conf_high - 0.02, True),
        (lots.conf_low - 0.02, False),
        (lots.conf_high + 0.02, False),
    ):
        again = read(frame.assign(y=frame["y"] - effect * on))
        p_value = rollout_lots(again, pbc.efficient_rollout(again), draws=499).p_value
        assert (p_value > 0.1) == kept


def test_it_is_off_where_those_who_start_stood_higher_and_differences_are_not():
    """Starts that hang on levels: parallel trends hold, starts at random do not."""
    off = []
    for seed in range(20):
        frame = random_frame(seed, n=90)
        frame["y"] += 6.0 * (frame["cohort"] > 0) + np.random.default_rng(seed).normal(
            0, 2, len(frame)
        )
        panel = read(frame)
        changes = pbc.att_gt(panel, control_group="not_yet_treated").aggregate().overall
        off.append((overall(panel).estimate - 0.7, changes.estimate - 0.7))
    efficient, differences = np.mean(off, axis=0)
    assert efficient > 1.0
    assert abs(differences) < 0.4


def test_lots_can_be_the_inference_that_counts_and_borrowed_ways_cannot():
    panel = read(random_frame(4, n=60))
    effects = pbc.efficient_rollout(panel)
    assert inferences_of(panel, effects) == ("analytic", "randomisation")
    stated = with_inference(panel, effects, inference="randomisation", seed=1)
    assert stated.conf_low < stated.estimate < stated.conf_high
    with pytest.raises(DesignError, match="With these data there can be analytic or random"):
        with_inference(panel, effects, inference="cr2")


def test_without_a_cohort_the_average_is_the_efficient_one_of_the_rest():
    frame = random_frame(7, n=90)
    panel = read(frame)
    effects = pbc.efficient_rollout(panel)
    made = leave_one_out(panel, effects, "cohort")
    assert made.estimate == overall(panel).estimate
    twin = RolloutTwin(frame)
    rest = {cell: w for cell, w in twin.weights("simple").items() if cell[0] != 2}
    total = sum(rest.values())
    expected = twin.estimate({cell: w / total for cell, w in rest.items()})[0]
    assert made.estimates[0] == pytest.approx(expected, **CLOSE)


def test_without_a_unit_the_share_taken_off_is_held():
    frame = random_frame(7, n=60)
    effects = pbc.efficient_rollout(panel := read(frame))
    made = leave_one_out(panel, effects, "unit")
    twin = RolloutTwin(frame)
    weights = twin.weights("simple")
    share = twin.estimate(weights)[2]
    never = frame.loc[frame["cohort"] == 0, "unit"].iloc[0]
    rest = RolloutTwin(frame[frame["unit"] != never])
    again = rest.estimate(weights, share)[0]
    moved = made.estimates[list(made.left_out).index(str(never))]
    # The comparison's shares are held, too, which moves little.
    assert abs(moved - again) < 0.1 * abs(made.estimate - again)
    with pytest.raises(DesignError, match="another average or comparison"):
        leave_one_out(read(frame.assign(y=frame["y"] ** 2)), effects, "unit")


def test_a_start_of_one_unit_serves_as_no_comparison():
    frame = random_frame(3, n=60)
    alone = frame[frame["cohort"] == 6]["unit"].iloc[0]
    frame = frame[(frame["cohort"] != 6) | (frame["unit"] == alone)]
    cells = pbc.efficient_rollout(read(frame)).to_frame()
    units = frame.groupby("cohort")["unit"].nunique()
    first = cells[cells["time"] == 3].iloc[0]
    assert first["n_comparison"] == units[0] + units[5]
    assert cells[cells["cohort"] == 6]["reason"].iloc[0] != ""


@pytest.mark.parametrize(
    ("roles", "change", "words"),
    [
        ({"weight": "weight"}, None, "counts every unit alike"),
        ({"cluster": "cluster"}, None, "units of several"),
        ({"missing": "pairs"}, "gap", "needs every unit in every period"),
    ],
)
def test_what_lots_over_units_are_not_is_refused(roles, change, words):
    frame = random_frame(3)
    frame = frame.drop(index=3) if change == "gap" else frame
    with pytest.raises(DesignError, match=words):
        pbc.efficient_rollout(read(frame, **roles))
    remedied = {k: v for k, v in roles.items() if k not in ("weight", "cluster", "missing")}
    if change == "gap":
        remedied["missing"] = "complete_units"
    assert overall(read(frame, **remedied)).std_error > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"variance": "robust"}, "variance"),
        ({"taken_off": "all"}, "taken_off must be a number"),
        ({"taken_off": float("nan")}, "taken_off must be a number"),
        ({"level": 95}, "level"),
    ],
)
def test_options_are_checked(options, words):
    with pytest.raises(DesignError, match=words):
        pbc.efficient_rollout(mpdta(), **options)


def test_the_adjusted_error_is_refused_for_few_units_and_for_clusters():
    frame = random_frame(3, n=60)
    few = frame[frame["cohort"] != 6]
    kept = frame[frame["cohort"] == 6]["unit"].unique()[:3]
    few = pd.concat([few, frame[frame["unit"].isin(kept)]])
    with pytest.raises(DesignError, match="neyman"):
        pbc.efficient_rollout(read(few), variance="adjusted")
    whole = frame.assign(cluster=frame["unit"] // 1)
    with pytest.raises(DesignError, match="neyman"):
        pbc.efficient_rollout(read(whole, cluster="cluster"), variance="adjusted")


def test_it_stands_among_the_estimators_only_where_starts_are_said_to_be_random():
    panel = mpdta()
    assert not pbc.compare_estimators(panel)["estimator"].str.contains("random").any()
    with_it = pbc.compare_estimators(panel, random_starts=True)
    row = with_it[with_it["estimator"].str.contains("random")].iloc[0]
    assert row["estimate"] == overall(panel).estimate
    assert pbc.multiplier_bootstrap is not None
    with pytest.raises(DesignError, match="not estimated by att_gt"):
        pbc.multiplier_bootstrap(panel, pbc.efficient_rollout(panel))
