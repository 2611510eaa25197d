"""Matching by several covariates: a slow obvious twin, definitions of the distances, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matched_samples import match_people, people
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from pbc_eval.errors import DesignError
from pbc_eval.matching.distance import pooled_covariance, space_of
from pbc_eval.matching.nearest_in_space import nearest_in_space

pytestmark = pytest.mark.slow  # seconds, together

PEOPLE = people(300)
DISTANCES = ["mahalanobis", "robust_mahalanobis", "scaled_euclidean"]


def slow_pairs(space, focal, strata, score, *, order, ratio, replacement, caliper):
    """{focal row: [matched rows]}, one comparison of everybody with everybody at a time."""
    gaps = np.round(cdist(space.points, space.points), 9)
    found = {int(i): [] for i in np.flatnonzero(focal)}
    taken = set()

    def best(i):
        able = [
            j
            for j in range(len(focal))
            if not focal[j]
            and strata[j] == strata[i]
            and j not in found[i]
            and (replacement or j not in taken)
            and not abs(score[i] - score[j]) > caliper
        ]
        if not able:
            return None
        nearest = min(gaps[i, j] for j in able)
        tied = [j for j in able if gaps[i, j] == nearest]
        left = [j for j in tied if space.line[j] < space.line[i]]
        row = min(left or tied, key=lambda j: space.line[j] if left else -space.line[j])
        return nearest, row

    for round_number in range(ratio):
        turn = [i for i in found if len(found[i]) == round_number]
        if order == "largest":
            turn.sort(key=lambda i: -score[i])
        if order != "closest" or replacement:
            for i in turn:
                if chosen := best(i):
                    found[i].append(chosen[1])
                    taken.add(chosen[1])
            continue
        while offers := [(*chosen, i) for i in turn if (chosen := best(i))]:
            _, row, i = min(offers, key=lambda offer: offer[0])
            found[i].append(row)
            taken.add(row)
            turn.remove(i)
    return {i: rows for i, rows in found.items() if rows}


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(4, 90),
    decimals=st.sampled_from([0, 8]),
    order=st.sampled_from(["data", "largest"]),
    ratio=st.integers(1, 3),
    replacement=st.booleans(),
    caliper=st.sampled_from([np.inf, 0.5]),
    groups=st.integers(1, 3),
)
def test_pairs_are_those_of_the_slow_twin(
    seed, n, decimals, order, ratio, replacement, caliper, groups
):
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(n, 3)).round(decimals)
    focal = rng.random(n) < rng.choice([0.2, 0.6])
    focal[:2] = True, False
    strata, score = rng.integers(0, groups, n), rng.normal(size=n)
    space = space_of(columns, focal, "scaled_euclidean")
    asked = {"order": order, "ratio": ratio, "replacement": replacement, "caliper": caliper}
    ours = nearest_in_space(space, focal, strata=strata, score=score, **asked)
    found = {}
    for i, j in zip(ours.focal.tolist(), ours.other.tolist(), strict=True):
        found.setdefault(i, []).append(j)
    assert found == slow_pairs(space, focal, strata, score, **asked)


@pytest.mark.parametrize("seed", range(8))
def test_the_closest_pair_goes_first(seed):
    rng = np.random.default_rng(seed)
    columns, focal = rng.normal(size=(70, 2)), rng.random(70) < 0.4
    space = space_of(columns, focal, "mahalanobis")
    strata, score = np.zeros(70, dtype=int), np.full(70, np.nan)
    asked = {"order": "closest", "ratio": 1, "replacement": False, "caliper": np.inf}
    ours = nearest_in_space(space, focal, strata=strata, score=score, **asked)
    expected = slow_pairs(space, focal, strata, score, **asked)
    assert dict(zip(ours.focal, ours.other, strict=True)) == {i: j for i, (j,) in expected.items()}


def test_many_people_thin_the_trees_and_still_get_the_nearest():
    rng = np.random.default_rng(1)
    columns, focal = rng.normal(size=(1500, 2)).round(1), rng.random(1500) < 0.45
    space = space_of(columns, focal, "mahalanobis")
    strata, score = rng.integers(0, 2, 1500), rng.normal(size=1500)
    ours = nearest_in_space(space, focal, strata=strata, score=score, caliper=0.8)
    gaps, free = np.round(cdist(space.points, space.points), 9), ~focal
    mates = dict(zip(ours.focal.tolist(), ours.other.tolist(), strict=True))
    for i in np.flatnonzero(focal).tolist():
        able = free & (strata == strata[i]) & ~(np.abs(score - score[i]) > 0.8)
        assert (i in mates) == able.any()
        if i in mates:
            assert able[mates[i]]
            assert gaps[i, mates[i]] == gaps[i, able].min()
            free[mates[i]] = False


# --- the distances, from their definitions ---


def test_mahalanobis_is_that_of_the_pooled_covariance():
    columns = np.random.default_rng(2).normal(size=(50, 3)) @ np.array(
        [[1, 0.5, 0], [0, 2, 1], [0, 0, 3]]
    )
    treated = np.arange(50) < 20
    pooled = (19 * np.cov(columns[:20].T) + 29 * np.cov(columns[20:].T)) / 48
    np.testing.assert_allclose(pooled_covariance(columns, treated), pooled, rtol=1e-12)
    expected = cdist(columns, columns, "mahalanobis", VI=np.linalg.inv(pooled))
    points = space_of(columns, treated, "mahalanobis").points
    np.testing.assert_allclose(cdist(points, points), expected, atol=1e-10)
    euclid = space_of(columns, treated, "scaled_euclidean").points
    expected = cdist(columns, columns, "seuclidean", V=np.diag(pooled))
    np.testing.assert_allclose(cdist(euclid, euclid), expected, atol=1e-10)


def test_robust_mahalanobis_is_that_of_ranks_with_untied_variances():
    columns = np.random.default_rng(3).normal(size=(40, 2)).round(0)
    ranks = np.column_stack([rankdata(column) for column in columns.T])
    covariance = np.cov(ranks.T)
    factor = np.sqrt(np.var(np.arange(1, 41), ddof=1) / np.diag(covariance))
    inverse = np.linalg.inv(covariance * np.outer(factor, factor))
    expected = cdist(ranks, ranks, "mahalanobis", VI=inverse)
    points = space_of(columns, np.arange(40) < 9, "robust_mahalanobis").points
    np.testing.assert_allclose(cdist(points, points), expected, atol=1e-10)


@pytest.mark.parametrize("distance", DISTANCES)
def test_units_of_measurement_do_not_matter(distance):
    here = match_people(PEOPLE, distance=distance)
    rescaled = PEOPLE.assign(age=1e6 + 1e3 * PEOPLE["age"], income=1e-6 * PEOPLE["income"])
    there = match_people(rescaled, distance=distance)
    assert here.pairs[["treated", "comparison"]].equals(there.pairs[["treated", "comparison"]])
    shuffled = PEOPLE.sample(frac=1, random_state=3)
    asked = {"distance": distance, "order": "closest"}
    one, two = match_people(PEOPLE, **asked), match_people(shuffled, **asked)
    assert set(one.pairs["comparison"]) == set(two.pairs["comparison"])


def test_mahalanobis_does_not_mind_correlated_or_repeated_columns():
    mixed = PEOPLE.assign(mix=PEOPLE["age"] + 2 * PEOPLE["income"])
    here = match_people(PEOPLE, covariates=["age", "income"], distance="mahalanobis")
    there = match_people(mixed, covariates=["age", "mix"], distance="mahalanobis")
    again = match_people(mixed, covariates=["age", "income", "mix"], distance="mahalanobis")
    for other in (there, again):
        assert other.pairs["comparison"].equals(here.pairs["comparison"])


def test_a_caliper_on_the_score_holds_in_a_space():
    sample = match_people(PEOPLE, distance="mahalanobis", distance_on=["age"], caliper=0.1)
    gap = (
        sample.scores[sample.pairs["treated"]].to_numpy()
        - sample.scores[sample.pairs["comparison"]].to_numpy()
    )
    assert np.abs(gap).max() <= sample.caliper_width
    assert "1:1 on the Mahalanobis distance" in sample.effect("outcome").method.estimator


def test_without_a_caliper_no_score_is_fitted():
    sample = match_people(PEOPLE, distance="mahalanobis")
    assert sample.fit is None
    assert "score" not in set(sample.balance()["covariate"])
    assert "score" not in sample.to_frame()
    with pytest.raises(DesignError, match=r"fitted no propensity score"):
        _ = sample.scores


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"distance": "euclid"}, r"distance must be one of propensity, mahalanobis"),
        ({"distance_on": ["age"]}, r"needs a distance by covariates, got distance='propensity'"),
        ({"distance": "mahalanobis", "distance_on": []}, r"distance_on must name columns"),
        ({"distance": "mahalanobis", "distance_on": ["treated"]}, r"the treatment not among them"),
    ],
    ids=str,
)
def test_distances_that_cannot_be_had_are_refused(changes, message):
    with pytest.raises(DesignError, match=message):
        match_people(PEOPLE, **changes)
