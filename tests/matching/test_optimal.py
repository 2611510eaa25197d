"""Optimal and full matching: the exact optimum, by other means, on small data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matched_samples import expect_good_match, match_people, people
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp

from pbc_eval.errors import DesignError
from pbc_eval.matching.full import full_sets
from pbc_eval.matching.optimal import optimal_pairs

pytestmark = pytest.mark.slow  # seconds, together

PEOPLE = people(200, seed=3)
small_data = settings(deadline=None, max_examples=150)
a_line = st.tuples(
    st.integers(0, 10_000), st.integers(1, 14), st.integers(1, 14), st.sampled_from([0, 1, 6])
)


def on_a_line(case):
    seed, n_focal, n_other, decimals = case
    rng = np.random.default_rng(seed)
    focal = rng.permutation(np.arange(n_focal + n_other) < n_focal)
    return rng.normal(size=len(focal)).round(decimals), focal


def cheapest_cover(cost):
    """The least total of an edge cover, as a programme in whole numbers over every pair."""
    n, m = cost.shape
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    found = milp(
        cost.ravel(),
        integrality=np.ones(n * m),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.vstack([rows, columns]), lb=1),
    )
    return found.fun


@small_data
@given(a_line, st.integers(1, 3))
def test_optimal_pairs_have_the_least_total_of_any(case, ratio):
    score, focal = on_a_line(case)
    pairs = optimal_pairs(score, None, focal, strata=np.zeros(len(score), int), ratio=ratio)
    cost = np.abs(np.repeat(score[focal], ratio)[:, None] - score[~focal])
    at, mate = linear_sum_assignment(cost)
    assert len(pairs.other) == len(at) == len(set(pairs.other.tolist()))
    assert pairs.distance.sum() == pytest.approx(cost[at, mate].sum(), abs=1e-9)
    assert np.bincount(pairs.focal, minlength=1).max() <= ratio


@small_data
@given(a_line, st.sampled_from([0.05, 0.4, 1.0]))
def test_a_caliper_leaves_as_many_pairs_as_there_can_be(case, caliper):
    score, focal = on_a_line(case)
    pairs = optimal_pairs(score, None, focal, strata=np.zeros(len(score), int), caliper=caliper)
    gaps = np.abs(score[focal][:, None] - score[~focal])
    cost = np.where(gaps <= caliper, gaps, 1000.0)
    at, mate = linear_sum_assignment(cost)
    chosen = cost[at, mate]
    assert len(pairs.other) == int((chosen < 1000).sum())
    assert pairs.distance.sum() == pytest.approx(chosen[chosen < 1000].sum(), abs=1e-9)


@small_data
@given(a_line)
def test_full_matching_has_the_least_total_of_any(case):
    score, focal = on_a_line(case)
    sets = full_sets(score, None, focal, strata=np.zeros(len(score), int))
    cost = np.abs(score[focal][:, None] - score[~focal])
    assert (sets.label >= 0).all()
    assert sets.distance == pytest.approx(cheapest_cover(cost), abs=1e-9)
    for label in np.unique(sets.label):
        inside = focal[sets.label == label]
        assert min(inside.sum(), (~inside).sum()) == 1


@small_data
@given(a_line, st.sampled_from([0.3, 1.0, 8.0]))
def test_full_matching_within_a_caliper_covers_whom_it_can(case, caliper):
    score, focal = on_a_line(case)
    sets = full_sets(score, None, focal, strata=np.zeros(len(score), int), caliper=caliper)
    gaps = np.abs(score[focal][:, None] - score[~focal])
    able = gaps <= caliper
    np.testing.assert_array_equal(sets.label[focal] >= 0, able.any(axis=1))
    np.testing.assert_array_equal(sets.label[~focal] >= 0, able.any(axis=0))
    if able.any():
        cost = np.where(able, gaps, 1000.0)[np.ix_(able.any(axis=1), able.any(axis=0))]
        assert sets.distance == pytest.approx(cheapest_cover(cost), abs=1e-7)


def test_the_line_and_the_table_agree_on_people():
    line = match_people(PEOPLE, method="optimal", ratio=2)
    wide = match_people(PEOPLE, method="optimal", ratio=2, caliper=5)
    assert line.assignment.total_distance == pytest.approx(wide.assignment.total_distance)
    full, full_wide = (
        match_people(PEOPLE, method="full", **asked) for asked in ({}, {"caliper": 5})
    )
    assert full.assignment.total_distance == pytest.approx(full_wide.assignment.total_distance)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ratio": 2, "exact": ["group"]},
        {"caliper": 0.1},
        {"estimand": "ATC"},
        {"within": {"age": 0.5}},
        {"antiexact": ["group"], "discard": "both"},
    ],
    ids=str,
)
def test_optimal_samples_are_good_and_no_dearer_than_greedy_ones(changes):
    sample = match_people(PEOPLE, method="optimal", **changes)
    expect_good_match(sample, PEOPLE)
    greedy = match_people(PEOPLE, **changes)
    assert len(sample.pairs) >= len(greedy.pairs)
    if len(sample.pairs) == len(greedy.pairs):
        assert sample.pairs["distance"].sum() <= greedy.pairs["distance"].sum() + 1e-9


@pytest.mark.parametrize("method", ["optimal", "full"])
def test_the_order_of_rows_changes_no_total_and_no_name_matters(method):
    asked = {"method": method, "exact": ["group"]}
    first = match_people(PEOPLE, **asked)
    shuffled = PEOPLE.sample(frac=1, random_state=8).assign(id=lambda f: "z" + f["id"])
    again = match_people(shuffled, **asked)
    assert again.assignment.total_distance == pytest.approx(first.assignment.total_distance)
    weights = again.weights.rename(lambda unit: unit[1:])[first.weights.index]
    np.testing.assert_allclose(weights, first.weights, atol=1e-12)


def test_full_matching_uses_everybody_and_finds_the_effect():
    sample = match_people(people(1000, seed=6), method="full", estimand="ATE")
    assert (sample.weights > 0).all()
    effect = sample.effect("outcome", "g_computation")
    assert effect.conf_low < 2 < effect.conf_high
    assert "everybody matched (ATE)" in " ".join(effect.method.notes)


def test_full_matching_in_a_space_is_no_dearer_than_nearest_neighbours_both_ways():
    sample = match_people(PEOPLE, method="full", distance="mahalanobis")
    assert (sample.weights > 0).all()
    sizes = sample.design.frame.assign(set=sample.subclass.to_numpy()).groupby("set")["treated"]
    assert (sizes.sum().eq(1) | (sizes.count() - sizes.sum()).eq(1)).all()


def test_what_is_too_large_for_a_table_is_refused(monkeypatch):
    monkeypatch.setattr("pbc_eval.matching.optimal.LARGEST", 1000)
    with pytest.raises(DesignError, match=r"too large for an optimum .* method='nearest'"):
        match_people(PEOPLE, method="optimal", caliper=0.2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"replacement": True}, r"replacement=True means nothing to method='optimal'"),
        ({"order": "closest"}, r"order='closest' means nothing to method='optimal'"),
        ({"estimand": "ATE"}, r"estimand must be one of ATT, ATC"),
        ({"method": "full", "ratio": 2}, r"ratio=2 means nothing to method='full'"),
    ],
    ids=str,
)
def test_options_that_would_be_ignored_are_refused(changes, message):
    with pytest.raises(DesignError, match=message):
        match_people(PEOPLE, **({"method": "optimal"} | changes))
