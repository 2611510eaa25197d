"""Effects: worked by hand, against statsmodels, honest about what they cannot say."""

import numpy as np
import pandas as pd
import pytest
from evaluations import DATA
from matched_samples import match_people, people
from scipy import stats

from pbc_eval.agreement.matching_options import Exact
from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.effect import experimental_difference
from pbc_eval.matching.match import match

PEOPLE = people(400)


def test_the_difference_of_a_one_to_one_match_is_the_mean_of_pair_differences():
    sample = match_people(PEOPLE, caliper=0.2)
    outcome = PEOPLE.set_index("id")["outcome"]
    pairs = sample.pairs
    gap = outcome[pairs["treated"]].to_numpy() - outcome[pairs["comparison"]].to_numpy()
    effect = sample.effect("outcome")
    n = len(gap)
    # clusters of two: the error of the mean pair difference, times (2n - 1) / (2n - 2)
    error = np.sqrt(gap.var() / n * n / (n - 1) * (2 * n - 1) / (2 * n - 2))
    assert effect.estimate == pytest.approx(gap.mean(), rel=1e-12)
    assert effect.std_error == pytest.approx(error, rel=1e-12)
    assert (effect.n_treated, effect.n_comparison) == (n, n)
    assert effect.degrees_of_freedom == n - 1
    treated_mean = outcome[pairs["treated"]].mean()
    assert effect.counterfactual_mean == pytest.approx(treated_mean - gap.mean())


@pytest.mark.parametrize("replacement", [False, True])
def test_regression_is_that_of_statsmodels(replacement):
    models = pytest.importorskip("statsmodels.api")
    sample = match_people(PEOPLE, ratio=2, caliper=0.3, replacement=replacement)
    kept = sample.matched
    design = np.column_stack(
        [PEOPLE["treated"], PEOPLE[["age", "income"]], sample.design.columns.score_values[:, 2:]]
    )[kept]
    fit = models.WLS(
        PEOPLE["outcome"][kept],
        models.add_constant(design),
        weights=sample.weights[kept].to_numpy(),
    )
    if replacement:
        fit = fit.fit(cov_type="HC3")
    else:
        sets = sample.subclass[kept].astype(int).to_numpy()
        fit = fit.fit(cov_type="cluster", cov_kwds={"groups": sets})
    effect = sample.effect("outcome", "regression")
    assert effect.estimate == pytest.approx(fit.params.iloc[1], rel=1e-9)
    assert effect.std_error == pytest.approx(fit.bse.iloc[1], rel=1e-9)


def test_an_outcome_may_be_a_series_by_unit():
    sample = match_people(PEOPLE)
    shuffled = PEOPLE.set_index("id")["outcome"].sample(frac=1, random_state=2)
    assert sample.effect(shuffled).estimate == sample.effect("outcome").estimate


def test_the_method_says_how_it_was_done():
    sample = match_people(PEOPLE, caliper=0.2, exact=["group"], order="random", seed=3)
    method = sample.effect("outcome").method
    assert method.estimator == (
        "weighted difference in means after nearest-neighbour matching 1:1 on the propensity score "
        "(logit), without replacement, caliper 0.2 standard deviations of the score, in random "
        "order, exact on group"
    )
    assert "with treated = 0" in method.comparison_group
    assert method.clustering == "matched set"
    assert method.seed == 3
    assert match_people(PEOPLE, replacement=True).effect("outcome").method.seed is None


def test_an_effect_for_the_comparison_group_says_so():
    effect = match_people(PEOPLE, estimand="ATC").effect("outcome")
    assert "not for the treated" in effect.method.notes[0]


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ("outcom", r"no column 'outcom'\. Did you mean 'outcome'\?"),
        ("group", r"outcome 'group' must be numbers"),
        (PEOPLE.set_index("id")["outcome"].iloc[:300], r"missing for \d+ of \d+ matched units"),
        (pd.Series([1.0, 2.0], index=["a", "a"]), r"names some units more than once"),
        (PEOPLE.set_index("id")["outcome"] * np.inf, r"infinite values"),
    ],
    ids=["unknown", "text", "missing", "repeated", "infinite"],
)
def test_an_outcome_that_cannot_be_used_is_refused(outcome, message):
    with pytest.raises(DataError, match=message):
        match_people(PEOPLE).effect(outcome)


def test_a_small_sample_cannot_carry_a_regression():
    sample = match_people(people(40, seed=3), caliper=0.01)
    with pytest.raises(DesignError, match=r"cannot carry a regression|does not vary"):
        sample.effect("outcome", "g_computation")


def test_one_pair_has_an_estimate_and_no_error():
    frame = pd.DataFrame(
        {"t": [1, 0, 0, 0], "x": [1.0, 1.0, 2.0, 0.0], "y": [5.0, 3.0, 0, 0]}, index=list("abcd")
    )
    sample = match_small(frame)
    effect = sample.effect("y")
    assert effect.estimate == pytest.approx(2.0)
    assert effect.std_error is None
    assert effect.reason == "fewer than two matched sets"


def match_small(frame):
    return match_people(frame, treatment="t", covariates=["x"], unit=None)


def test_separate_slopes_that_are_not_identified_are_refused():
    frame = people(300).assign(flag=0.0)
    frame.loc[frame["treated"] == 1, "flag"] = 1.0 * (np.arange((frame["treated"] == 1).sum()) == 0)
    frame.loc[frame.index[frame["treated"] == 0][:3], "flag"] = 1.0
    sample = match_people(frame, covariates=["age", "flag"], caliper=0.02, exact=["group"])
    if frame.set_index("id")["flag"][sample.pairs["comparison"]].nunique() > 1:
        pytest.fail("the sample no longer shows what it was made to show")
    with pytest.raises(DesignError, match=r"does not vary or follows .* method='regression'"):
        sample.effect("outcome", "g_computation")


# --- the benchmark of a trial ---


def test_the_supported_work_trial():
    trial = pd.read_csv(DATA / "supported-work" / "experiment.csv")
    effect = experimental_difference(trial, treatment="treat", outcome="re78")
    assert effect.estimate == pytest.approx(1794.34, abs=0.005)  # Dehejia & Wahba (1999)
    assert effect.std_error == pytest.approx(670.997, abs=0.001)  # HC2 of the regression
    assert (effect.n_treated, effect.n_comparison) == (185, 260)


def test_welch_is_that_of_scipy():
    frame = people(60)
    effect = experimental_difference(frame, treatment="treated", outcome="outcome")
    arms = [frame["outcome"][frame["treated"] == arm] for arm in (1, 0)]
    theirs = stats.ttest_ind(*arms, equal_var=False)
    assert effect.p_value == pytest.approx(theirs.pvalue, rel=1e-10)
    assert effect.conf_low == pytest.approx(theirs.confidence_interval().low, rel=1e-10)


@pytest.mark.parametrize(
    ("treated", "message"),
    [([1, 0, 0, 0], r"two people in each arm, found 1 treated and 3"), ([1, 1, 1, 1], r"found 4")],
)
def test_a_trial_needs_two_people_in_each_arm(treated, message):
    frame = pd.DataFrame({"t": treated, "y": [1.0, 2.0, 3.0, 4.0]})
    with pytest.raises(DesignError, match=message):
        experimental_difference(frame, treatment="t", outcome="y")


@pytest.mark.soak
@pytest.mark.slow
def test_intervals_cover_the_effect_as_often_as_they_say():
    runs = 300
    hits = {"difference": 0, "regression": 0}
    for seed in range(runs):
        sample = match_people(people(300, seed=10_000 + seed, share=0.2), caliper=0.2)
        for method in hits:
            effect = sample.effect("outcome", method)
            hits[method] += effect.conf_low <= 2 <= effect.conf_high
    # 300 runs: a 95 % interval covers in 95 % +- 3.8 % (three standard errors); matching leaves a
    # little bias in the plain difference, and an estimated score makes intervals conservative
    assert 0.90 <= hits["difference"] / runs <= 1
    assert 0.912 <= hits["regression"] / runs <= 0.99


def test_an_error_of_sets_that_are_fitted_wholly_is_not_known():
    """With a slope for each stratum in each arm nothing is left between strata: the sum of what
    its people add is rounding, which is no error of 1e-16."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"id": range(300), "treated": (np.arange(300) < 90).astype(int)})
    frame["sex"], frame["child"] = rng.integers(0, 2, (2, 300))
    frame["outcome"] = rng.integers(0, 2, 300).astype(float)
    sample = match(
        frame, treatment="treated", covariates=["sex"], unit="id", by=Exact(), estimand="ATT"
    )
    effect = sample.effect("outcome", "g_computation")
    assert effect.std_error is None
    assert "fitted wholly" in str(effect.reason)
    assert effect.conf_low is None
    assert effect.p_value is None
    plain = sample.effect("outcome", "difference")
    assert effect.estimate == pytest.approx(plain.estimate)
