"""Survey shares: textbook special cases, a jackknife twin, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pbc_eval.errors import DataError
from pbc_eval.kpi.survey import weighted_share


def test_a_plain_sample_has_the_textbook_error():
    answers = np.array([1] * 30 + [0] * 20, float)
    found = weighted_share(answers)
    assert found.share == 0.6
    assert found.std_error == pytest.approx(np.sqrt(0.6 * 0.4 / 49))
    assert (found.n, found.effective_n, found.degrees_of_freedom) == (50, 50, 49)


def test_strata_with_population_weights_have_the_stratified_error():
    """Two strata of 800 and 200 people, 40 asked in each."""
    answers = np.array([1] * 30 + [0] * 10 + [1] * 10 + [0] * 30, float)
    strata = pd.Series(["a"] * 40 + ["b"] * 40)
    weights = np.array([20.0] * 40 + [5.0] * 40)
    found = weighted_share(answers, weights, strata)
    assert found.share == pytest.approx(0.8 * 0.75 + 0.2 * 0.25)
    by_hand = 0.8**2 * 0.75 * 0.25 / 39 + 0.2**2 * 0.25 * 0.75 / 39
    assert found.std_error == pytest.approx(np.sqrt(by_hand))
    assert found.effective_n == pytest.approx(1000**2 / (40 * 400 + 40 * 25))


def test_clusters_are_the_unit_of_sampling_as_a_jackknife_twin_says():
    rng = np.random.default_rng(4)
    clusters = np.repeat(np.arange(60), rng.integers(3, 9, 60))
    chance = rng.uniform(0.3, 0.9, 60)[clusters]
    answers = (rng.uniform(size=len(clusters)) < chance).astype(float)
    weights = rng.uniform(0.5, 2, 60)[clusters]
    found = weighted_share(answers, weights, clusters=pd.Series(clusters))
    left_out = [
        weighted_share(answers[clusters != c], weights[clusters != c]).share for c in range(60)
    ]
    jackknife = np.sqrt(59 / 60 * np.sum((np.array(left_out) - found.share) ** 2))
    assert found.std_error == pytest.approx(jackknife, rel=0.03)
    assert found.std_error > weighted_share(answers, weights).std_error


def test_one_cluster_in_a_stratum_has_no_error_and_says_why():
    found = weighted_share(
        np.array([1.0, 0, 1, 1]), strata=pd.Series(list("aaab")), clusters=pd.Series(list("wxyz"))
    )
    assert found.std_error is None
    assert found.interval() is None
    assert "one sampled cluster only" in found.reason


def test_an_interval_stays_within_0_and_1_and_has_a_width_where_all_answer_alike():
    low, high = weighted_share(np.array([1.0, 1, 1, 1, 0])).interval()
    assert 0 < low < 0.8 < high < 1
    low, high = weighted_share(np.ones(40)).interval()
    assert high == 1
    assert low == pytest.approx(0.025 ** (1 / 40))  # Clopper and Pearson, n of n


def test_without_a_design_the_interval_is_clopper_and_pearsons_for_so_many_people():
    answers = np.repeat([1.0, 0.0], [12, 28])
    low, high = weighted_share(answers).interval()
    # n - 1 in the variance leaves 39 of 40 effective people: just outside the exact interval of 40
    exact = stats.binomtest(12, 40).proportion_ci(0.95, "exact")
    assert exact.low - 0.005 < low < exact.low
    assert exact.high < high < exact.high + 0.005


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.03, 0.5, 0.97])
def test_intervals_of_clustered_surveys_hold_the_truth(share):
    r = np.random.default_rng(3)
    held, runs = 0, 400
    for _ in range(runs):
        centre = r.beta(20 * share, 20 * (1 - share), size=25)
        answers = (r.random((25, 12)) < centre[:, None]).astype(float).ravel()
        found = weighted_share(answers, clusters=pd.Series(np.repeat(np.arange(25), 12)))
        low, high = found.interval()
        held += low <= share <= high
    assert held / runs >= 0.92


@pytest.mark.parametrize(
    ("answers", "weights", "message"),
    [
        ([1, 2], None, "must be 1 or 0"),
        ([], None, "must be 1 or 0"),
        ([1, 0], [1, 0], "above zero"),
        ([1, 0], [1, np.nan], "above zero"),
    ],
)
def test_answers_and_weights_that_are_none_are_refused(answers, weights, message):
    weights = None if weights is None else np.array(weights, float)
    with pytest.raises(DataError, match=message):
        weighted_share(np.array(answers, float), weights)
