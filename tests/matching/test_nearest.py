"""nearest_pairs: against a slow obvious twin, worked by hand, and by invariance."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matched_samples import slow_pairs

from pbc_eval.matching.nearest import nearest_pairs
from pbc_eval.matching.rules import pair_rules

pytestmark = pytest.mark.slow  # seconds, together

INF = float("inf")


def as_dict(pairs) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for who, row in zip(pairs.focal.tolist(), pairs.other.tolist(), strict=True):
        found.setdefault(who, []).append(row)
    return found


def simple(score, focal, **changes):
    asked = {"strata": np.zeros(len(score), dtype=int), "order": "data"}
    return as_dict(
        nearest_pairs(np.array(score, float), np.array(focal, bool), **(asked | changes))
    )


@pytest.mark.parametrize(
    ("order", "caliper", "n_strata", "ratio", "replacement"),
    list(
        itertools.product(
            ["largest", "smallest", "closest", "data"],
            [INF, 0.15],
            [1, 3],
            [1, 2, 3],
            [False, True],
        )
    ),
)
@pytest.mark.parametrize("decimals", [1, 8])  # many exact ties, and none
def test_fast_and_slow_agree(order, caliper, n_strata, ratio, replacement, decimals):
    rng = np.random.default_rng([ratio, n_strata, decimals])
    for n in (2, 7, 40, 90):
        score = rng.normal(size=n).round(decimals)
        focal = rng.random(n) < 0.4
        strata = rng.integers(0, n_strata, n)
        asked = dict(order=order, ratio=ratio, replacement=replacement, caliper=caliper)
        fast = as_dict(nearest_pairs(score, focal, strata=strata, **asked))
        assert fast == slow_pairs(score, focal, strata, **asked)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(-5, 5), st.booleans(), st.integers(0, 2)), max_size=30),
    st.sampled_from(["largest", "smallest", "closest", "data"]),
    st.integers(1, 3),
    st.sampled_from([INF, 0.0, 1.0]),
)
def test_fast_and_slow_agree_on_anything(rows, order, ratio, caliper):
    score = np.array([row[0] for row in rows], dtype=float)
    focal = np.array([row[1] for row in rows], dtype=bool)
    strata = np.array([row[2] for row in rows], dtype=int)
    for replacement in (False, True):
        asked = dict(order=order, ratio=ratio, replacement=replacement, caliper=caliper)
        fast = as_dict(nearest_pairs(score, focal, strata=strata, **asked))
        assert fast == slow_pairs(score, focal, strata, **asked)


@pytest.mark.parametrize("order", ["largest", "smallest", "closest", "data"])
@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("decimals", [1, 8])
def test_fast_and_slow_agree_when_pairs_are_forbidden(order, replacement, ratio, decimals):
    rng = np.random.default_rng([ratio, decimals, 9])
    for n, caliper in ((8, INF), (60, INF), (90, 0.4)):
        score = rng.normal(size=n).round(decimals)
        focal = rng.random(n) < 0.4
        strata = rng.integers(0, 2, n)
        age, kind = rng.integers(20, 60, n).astype(float), rng.integers(0, 4, n)
        rules = pair_rules(age[:, None], np.array([6.0]), kind[:, None], focal)
        forbidden = (np.abs(age[:, None] - age) > 6) | (kind[:, None] == kind)
        asked = dict(order=order, ratio=ratio, replacement=replacement, caliper=caliper)
        fast = as_dict(nearest_pairs(score, focal, strata=strata, rules=rules, **asked))
        assert fast == slow_pairs(score, focal, strata, forbidden=forbidden, **asked)


# --- worked by hand ---


def test_the_left_one_wins_a_tie():
    assert simple([0, 1, 2], [False, True, False]) == {1: [0]}


def test_the_right_one_wins_when_strictly_nearer():
    assert simple([0, 1.1, 2], [False, True, False]) == {1: [2]}


def test_among_equal_scores_the_neighbour_in_row_order_wins():
    # rows 1 and 2 share the score of the treated row 3: the one next to it in line is row 2
    assert simple([5, 1, 1, 1], [False, False, False, True]) == {3: [2]}
    assert simple([1, 1, 1, 5], [True, False, False, False]) == {0: [1]}


def test_who_chooses_first_matters_and_is_what_was_asked():
    score, focal = [1.0, 2.0, 1.8], [True, True, False]
    assert simple(score, focal, order="largest") == {1: [2]}
    assert simple(score, focal, order="smallest") == {0: [2]}
    assert simple(score, focal, order="closest") == {1: [2]}


def test_everybody_gets_a_first_match_before_anybody_a_second():
    score, focal = [1.0, 1.1, 1.0, 1.05], [True, True, False, False]
    assert simple(score, focal, ratio=2) == {0: [2], 1: [3]}


def test_a_pair_exactly_at_the_caliper_is_made():
    assert simple([0, 1], [True, False], caliper=1.0) == {0: [1]}
    assert simple([0, 1], [True, False], caliper=0.999) == {}


def test_an_empty_pool_gives_no_pairs():
    assert simple([0, 1], [True, True]) == {}
    assert simple([], []) == {}


# --- invariance ---


def test_row_order_does_not_matter_without_ties():
    rng = np.random.default_rng(3)
    score, focal = rng.normal(size=300), rng.random(300) < 0.3
    strata = rng.integers(0, 2, 300)
    shuffled = rng.permutation(300)
    for order in ("largest", "smallest", "closest"):
        asked = dict(order=order, ratio=2, caliper=0.3)
        here = as_dict(nearest_pairs(score, focal, strata=strata, **asked))
        there = nearest_pairs(score[shuffled], focal[shuffled], strata=strata[shuffled], **asked)
        back = {
            int(shuffled[who]): [int(shuffled[row]) for row in rows]
            for who, rows in as_dict(there).items()
        }
        assert back == here


def test_a_random_order_is_fixed_by_its_seed():
    rng = np.random.default_rng(4)
    score, focal = rng.normal(size=60), np.arange(60) < 30
    runs = [simple(score, focal, order="random", rng=np.random.default_rng(s)) for s in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
