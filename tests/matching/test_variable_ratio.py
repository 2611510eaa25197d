"""A variable ratio: counts seen in MatchIt 4.5.1, the budget, and refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matched_samples import match_by, match_people, people
from matching_golden import COVARIATES, LALONDE

from pbc_eval.errors import DesignError
from pbc_eval.matching.variable_ratio import matches_sought

PEOPLE = people(400, seed=2)


@pytest.mark.parametrize(
    ("ratio", "least", "most", "counts"),
    [  # MatchIt 4.5.1 on the LaLonde data: how many people got how many matches
        (2, 1, 4, {1: 123, 3: 1, 4: 61}),
        (2, 1, 3, {1: 92, 2: 1, 3: 92}),
        (2, 1, 5, {1: 138, 2: 1, 5: 46}),
        (3, 2, 6, {2: 138, 3: 35, 4: 12}),  # the comparison group runs out
    ],
)
def test_counts_are_those_of_matchit(ratio, least, most, counts):
    sample = match_by(
        LALONDE,
        treatment="treat",
        covariates=COVARIATES,
        unit="id",
        ratio=ratio,
        min_ratio=least,
        max_ratio=most,
    )
    number = sample.pairs.groupby("treated").size()
    assert number.value_counts().to_dict() == counts
    score = sample.scores[number.index]
    if ratio == 2:  # the least likely to be treated get the most
        assert score[number == most].max() <= score[number == least].min()


@given(
    st.lists(st.floats(-5, 5), min_size=1, max_size=40),
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_the_budget_is_spent_exactly_and_within_bounds(likely, least, more, most_more):
    ratio, most = least + more, least + more + most_more
    sought = matches_sought(np.array(likely), ratio, least, most)
    assert sought.sum() == ratio * len(likely)
    assert sought.min() >= least
    assert sought.max() <= most
    line = np.argsort(likely, kind="stable")
    assert (np.diff(sought[line]) <= 0).all() or len(set(likely)) < len(likely)


def test_of_equal_scores_the_earlier_row_seeks_fewer():
    assert matches_sought(np.zeros(4), 2, 1, 3).tolist() == [1, 1, 3, 3]


def test_weights_share_each_set_among_its_matches():
    sample = match_people(PEOPLE, ratio=2, min_ratio=1, max_ratio=4, caliper=0.5)
    frame = sample.to_frame()
    others = frame[frame["treated"] == 0]
    per_set = others.groupby("subclass")["weight"].sum()
    np.testing.assert_allclose(per_set, per_set.iloc[0])
    assert "1:2 on average (1 to 4, by the score)" in sample.settings.in_words
    assert pd.Series(sample.notes).str.contains("varying number of matches").any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"min_ratio": 1}, "given together"),
        ({"min_ratio": 3, "max_ratio": 4}, "1 <= min_ratio <= ratio <= max_ratio; got 3, 2, 4"),
        ({"min_ratio": 1.5, "max_ratio": 4}, "must be a whole number"),
        ({"min_ratio": 1, "max_ratio": 4, "replacement": True}, "without replacement"),
        ({"min_ratio": 1, "max_ratio": 4, "distance": "mahalanobis"}, "by the propensity score"),
        ({"min_ratio": 1, "max_ratio": 4, "method": "full", "ratio": 1}, "means nothing to"),
    ],
    ids=str,
)
def test_a_ratio_that_cannot_be_is_refused(changes, message):
    with pytest.raises(DesignError, match=message):
        match_people(PEOPLE, **({"ratio": 2} | changes))
