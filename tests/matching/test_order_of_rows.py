"""No answer depends on the order of the rows: whatever the algorithm, whatever ties there are."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matched_samples import match_by, people, slow_pairs, weight_by

from pbc_eval.matching.abadie_imbens import Tolerant, nearest_effect
from pbc_eval.matching.design import identity_order
from pbc_eval.matching.score_line import lay_out
from pbc_eval.matching.support import caliper_limit, grid_step, rounded

pytestmark = pytest.mark.slow  # seconds, together

COARSE = people(90, seed=4, rounded=0)  # covariates to whole numbers: almost every score ties
ROLES = {"treatment": "treated", "covariates": ["age", "income", "group"], "unit": "id"}
WAYS = {
    "nearest": {},
    "nearest, closest first": {"order": "closest"},
    "nearest, farthest first": {"order": "farthest"},
    "nearest, random": {"order": "random", "seed": 3},
    "nearest, by ids": {"order": "data"},
    "two each, with replacement": {"ratio": 2, "replacement": True},
    "by distances": {"distance": "mahalanobis"},
    "by distances, with replacement": {"distance": "mahalanobis", "replacement": True},
    "by ranks": {"distance": "robust_mahalanobis"},
    "a varying number each": {"ratio": 2, "min_ratio": 1, "max_ratio": 3},
    "within limits": {"within": {"age": 1}, "antiexact": ["group"]},
    "optimal": {"method": "optimal"},
    "optimal under a caliper": {"method": "optimal", "caliper": 0.3},
    "optimal by distances": {"method": "optimal", "distance": "mahalanobis"},
    "full": {"method": "full"},
    "full under a caliper": {"method": "full", "caliper": 0.3},
    "full by distances": {"method": "full", "distance": "mahalanobis"},
    "subclasses": {"method": "subclass", "subclasses": 4},
    "coarsened": {"method": "coarsened", "cutpoints": 3},
    "coarsened, one to one": {"method": "coarsened", "cutpoints": 3, "one_to_one": True},
    "cardinality": {"method": "cardinality", "tolerance": 0.2},
    "cardinality, paired": {"method": "cardinality", "tolerance": 0.2, "paired": True},
}


def shuffled(frame, seed):
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("by", ["difference", "regression"])
def test_people_in_another_order_get_the_same_answer_to_the_last_bit(way, by):
    first = match_by(COARSE, **ROLES, **WAYS[way])
    weights, effect = first.weights, first.effect("outcome", method=by)
    for seed in range(3):
        again = match_by(shuffled(COARSE, seed), **ROLES, **WAYS[way])
        pd.testing.assert_series_equal(again.weights, weights, check_exact=True)
        pd.testing.assert_frame_equal(
            again.balance(), first.balance(), check_exact=True, check_like=False
        )
        assert again.effect("outcome", method=by) == effect


@pytest.mark.parametrize("method", ["ipw", "overlap", "entropy", "cbps"])
def test_weights_in_another_order_are_the_same(method):
    first = weight_by(COARSE, **ROLES, method=method)
    again = weight_by(shuffled(COARSE, 1), **ROLES, method=method)
    pd.testing.assert_series_equal(again.weights, first.weights, check_exact=True)
    assert again.effect("outcome") == first.effect("outcome")


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(12, 60),
    kind=st.sampled_from(["text", "number", "date", "of two kinds", "category", "tuple"]),
    way=st.sampled_from(["nearest", "two each, with replacement", "by distances", "full"]),
)
def test_it_holds_for_people_and_ids_of_any_kind(seed, n, kind, way):
    frame = people(n, seed=seed, rounded=0)
    if not 3 <= frame["treated"].sum() <= n - 3:
        return
    number = np.random.default_rng(seed).permutation(n)
    ids = {
        "text": [f"p{k}" for k in number],
        "number": number,
        "date": pd.Timestamp("2020-01-01") + pd.to_timedelta(number, unit="D"),
        "of two kinds": [int(k) if k % 2 else f"p{k}" for k in number],
        "category": pd.Categorical([f"p{k}" for k in number], [f"p{k}" for k in number]),
        "tuple": [(int(k % 2), int(k)) for k in number],
    }[kind]
    roles = ROLES | {"covariates": ["age", "income"]}
    frame = frame.assign(id=pd.Series(list(ids), dtype=object) if kind == "tuple" else ids)
    try:
        first = match_by(frame, **roles, **WAYS[way])
    except Exception as problem:
        with pytest.raises(type(problem)):
            match_by(shuffled(frame, seed), **roles, **WAYS[way])
        return
    again = match_by(shuffled(frame, seed), **roles, **WAYS[way])
    assert dict(zip(map(str, again.weights.index), again.weights, strict=True)) == dict(
        zip(map(str, first.weights.index), first.weights, strict=True)
    )


def test_rows_come_back_in_the_order_they_had():
    frame = shuffled(COARSE, 5)
    sample = match_by(frame, **ROLES)
    kept = sample.to_frame()["id"].tolist()
    assert kept == [unit for unit in frame["id"] if unit in set(kept)]
    assert sample.weights.index.tolist() == sorted(frame["id"])


def test_how_far_the_estimate_moves_over_ties_is_said():
    effect = match_by(COARSE, **ROLES).effect("outcome")
    spread = effect.over_ties
    assert spread.low <= effect.estimate <= spread.high
    assert spread.high > spread.low
    assert spread.ways == 20
    assert any("equally near" in note and "20 other ways" in note for note in effect.method.notes)
    # each of many other orders of the ids gives an estimate of that kind
    estimates = []
    for seed in range(40):
        renamed = COARSE.assign(id=np.random.default_rng(seed).permutation(len(COARSE)))
        estimates.append(match_by(renamed, **ROLES).effect("outcome").estimate)
    inside = [spread.low - 0.1 <= estimate <= spread.high + 0.1 for estimate in estimates]
    assert np.mean(inside) > 0.8
    assert np.ptp(estimates) > (spread.high - spread.low) / 3


def test_where_no_tie_decides_nothing_is_said():
    effect = match_by(people(90, seed=4), **ROLES).effect("outcome")
    assert effect.over_ties is None
    assert not any("equally near" in note for note in effect.method.notes)


def test_an_order_that_was_asked_for_is_no_tie():
    """Who chooses first by their ids, or at random, was asked for: it is not varied."""
    fine = people(90, seed=4)
    for order in ({"order": "data"}, {"order": "random", "seed": 1}):
        assert match_by(fine, **ROLES, **order).effect("outcome").over_ties is None


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.sampled_from([1e-8, 0.01, 1.0, 1e6]),
    noise=st.floats(1e-17, 1e-14),
)
def test_noise_in_the_last_digits_makes_no_difference_between_scores(seed, scale, noise):
    """Scores that two machines compute are the same on the grid, but for one in ten thousand."""
    rng = np.random.default_rng(seed)
    score = scale * rng.normal(size=200)
    other = score * (1 + noise * rng.uniform(-1, 1, 200))
    step = grid_step(score)
    assert grid_step(other) == step
    assert (rounded(score) != rounded(other)).sum() <= 1
    # distances on the grid are exact: those that are equal are equal to the bit
    on_grid = rounded(score)
    assert (np.diff(np.sort(on_grid)) % step == 0).all()
    assert np.abs(on_grid - score).max() <= step / 2 + 1e-300


def test_pairs_exactly_at_the_caliper_are_within():
    score = np.array([0.1, 0.2, 0.3, 0.7, 0.9, 1.2, 1.5])
    grid = rounded(score)
    for near, far, width in ((0, 1, 0.1), (1, 2, 0.1), (3, 4, 0.2), (4, 5, 0.3), (5, 6, 0.3)):
        assert abs(grid[far] - grid[near]) <= caliper_limit(width, grid)
        assert abs(grid[far] - grid[near]) > caliper_limit(width - 1e-7, grid)


def test_the_farthest_pair_is_made_first():
    """By hand, as MatchIt's manual has it: the pair that is the farthest is made first; whoever
    finds their candidate taken looks again, and the pairs are put in order again."""
    rng = np.random.default_rng(8)
    n = 40
    frame = pd.DataFrame({"id": range(n), "treated": (np.arange(n) < 12).astype(int)})
    frame["x"] = rng.normal(size=n)
    sample = match_by(
        frame, treatment="treated", covariates=["x"], unit="id", order="farthest", score="x"
    )
    score = rounded(frame["x"].to_numpy())
    free, pairs = set(range(12, n)), {}

    def look(person):
        return min(free, key=lambda other: abs(score[person] - score[other]))

    nearest = {person: look(person) for person in range(12)}
    while nearest:
        chosen = max(nearest, key=lambda person: abs(score[person] - score[nearest[person]]))
        if nearest[chosen] not in free:
            nearest[chosen] = look(chosen)
            continue
        pairs[chosen] = nearest.pop(chosen)
        free.remove(pairs[chosen])
    assert dict(zip(sample.pairs["treated"], sample.pairs["comparison"], strict=True)) == pairs
    assert pairs != {
        seeker: mates[0]
        for seeker, mates in slow_pairs(
            score,
            frame["treated"].to_numpy() == 1,
            np.zeros(n),
            order="largest",
            ratio=1,
            replacement=False,
            caliper=np.inf,
        ).items()
    }


def test_ids_are_put_in_one_order_whatever_they_are():
    for ids in (
        ["b", "a", "c"],
        [3, 1, 2],
        [10**30, 5, 10**25],
        [2, "b", 1, "a"],
        [(1, "b"), (0, "z"), (1, "a")],
    ):
        there = pd.Index(ids, tupleize_cols=False)
        back = there[::-1]
        assert list(there[identity_order(there)]) == list(back[identity_order(back)])


def test_nearest_is_nearest_unless_a_tolerance_is_asked_for():
    frame = pd.DataFrame(
        {
            "treated": [1, 1, 0, 0, 0, 0],
            "x": [0.0, 1.0, 0.001, 0.002, 1.001, 3.0],
            "y": [1.0, 1.0, 0.0, 5.0, 0.0, 9.0],
        }
    )
    asked = {"treatment": "treated", "outcome": "y", "covariates": ["x"], "variance_matches": None}
    assert nearest_effect(frame, **asked).estimate == pytest.approx(1.0)
    near = nearest_effect(frame, **asked, distance=Tolerant("mahalanobis", 1e-5))
    assert near.estimate == pytest.approx(1.0 - 5.0 / 4)


def test_the_line_of_scores_is_laid_out_by_score_and_then_by_row():
    rail = lay_out(np.zeros(4), np.array([True, False, False, True]), np.zeros(4, dtype=int))
    assert rail.row[rail.row >= 0].tolist() == [1, 2]
