"""Sampling weights: repeated rows are the twin, constants change nothing, bad ones are refused."""

import numpy as np
import pandas as pd
import pytest
from matched_samples import match_by, match_people, people, weight_by

from pbc_eval import match, weight
from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.binary import risk_effects
from pbc_eval.matching.propensity import fit_propensity
from pbc_eval.matching.weighted_effect import weighted_effect

pytestmark = pytest.mark.slow  # seconds, together

PEOPLE = people(300, seed=4).assign(
    count=lambda frame: np.random.default_rng(1).integers(1, 4, len(frame)),
    up=lambda frame: (frame["outcome"] > 1).astype(int),
)
ASKED = {"treatment": "treated", "covariates": ["age", "income", "group"], "unit": "id"}
SETS = {
    "exact": {"method": "exact", "covariates": ["group"]},
    "coarsened": {"method": "coarsened", "cutpoints": {"age": [0.0], "income": [0.0]}},
}


def repeated(frame):
    """Each row as many times as its weight says, with ids of their own."""
    rows = frame.loc[frame.index.repeat(frame["count"])].reset_index(drop=True)
    return rows.assign(id=rows.index)


def one_of_each(frame, weights):
    """Weights of repeated rows added up by the person they repeat."""
    return weights.groupby(np.repeat(frame["id"].to_numpy(), frame["count"])).sum()[frame["id"]]


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_a_weighted_score_is_that_of_repeated_rows(link):
    columns = PEOPLE[["age", "income"]].to_numpy()
    treated, count = PEOPLE["treated"].to_numpy() == 1, PEOPLE["count"].to_numpy(dtype=float)
    ours = fit_propensity(columns, treated, ("age", "income"), link, count)
    again = np.repeat(np.arange(len(PEOPLE)), PEOPLE["count"])
    twin = fit_propensity(columns[again], treated[again], ("age", "income"), link)
    np.testing.assert_allclose(ours.coefficients, twin.coefficients, rtol=1e-10)


@pytest.mark.parametrize("effect", ["difference", "augmented"])
@pytest.mark.parametrize("estimand", ["ATT", "ATC", "ATE"])
@pytest.mark.parametrize("method", ["ipw", "entropy", "cbps", "overlap"])
def test_weighting_by_counts_is_weighting_of_repeated_rows(method, estimand, effect):
    asked = ASKED | {"method": method}
    if method != "overlap":
        asked["estimand"] = estimand
    ours = weight_by(PEOPLE, sampling_weights="count", **asked)
    twin = weight_by(repeated(PEOPLE), **asked)
    np.testing.assert_allclose(ours.weights, one_of_each(PEOPLE, twin.weights), rtol=1e-6)
    first, second = (sample.effect("outcome", effect) for sample in (ours, twin))
    assert first.estimate == pytest.approx(second.estimate, abs=1e-8)
    assert first.std_error > 1.1 * second.std_error  # a person repeated is not two people
    means = ["mean_treated_before", "mean_comparison_after", "std_diff_after"]
    np.testing.assert_allclose(ours.balance()[means], twin.balance()[means], atol=5e-3)
    assert "with sampling weights (count)" in first.method.estimator


def test_the_error_under_sampling_weights_is_that_of_many_samples():
    """Weighted entropy balancing: the mean estimated error against the spread of estimates."""
    found = []
    for seed in range(150):
        frame = people(250, seed=seed)
        rng = np.random.default_rng(seed)
        frame["w"] = np.exp(0.5 * rng.normal(size=len(frame)) + 0.3 * frame["age"])
        sample = weight_by(frame, method="entropy", sampling_weights="w", **ASKED)
        effect = sample.effect("outcome", "augmented")
        found.append((effect.estimate, effect.std_error))
    estimates, errors = np.array(found).T
    assert abs(estimates.mean() - 2) < 3 * estimates.std() / np.sqrt(len(found))
    assert 0.8 < errors.mean() / estimates.std() < 1.2


@pytest.mark.parametrize("estimand", ["ATT", "ATC", "ATE"])
@pytest.mark.parametrize("name", SETS)
def test_cells_by_counts_are_cells_of_repeated_rows(name, estimand):
    asked = ASKED | SETS[name] | {"estimand": estimand}
    ours = match_by(PEOPLE, sampling_weights="count", **asked)
    twin = match_by(repeated(PEOPLE), **asked)
    assert ours.effect("outcome").estimate == pytest.approx(twin.effect("outcome").estimate)
    both = risk_effects(ours, "up"), risk_effects(twin, "up")
    assert both[0].treated_share == pytest.approx(both[1].treated_share)
    assert both[0].comparison_share == pytest.approx(both[1].comparison_share)


@pytest.mark.parametrize("method", ["subclass", "full", "coarsened"])
def test_both_groups_weigh_alike_within_every_set(method):
    sample = match_people(PEOPLE, method=method, sampling_weights="count")
    frame = sample.to_frame()
    mass = frame.groupby(["subclass", "treated"])["weight"].sum().unstack()
    ratio = mass[1] / mass[0]
    np.testing.assert_allclose(ratio, ratio.iloc[0], rtol=1e-10)


def test_a_matched_sample_carries_them_into_balance_and_effect():
    sample = match_people(PEOPLE, sampling_weights="count")
    frame = PEOPLE.assign(w=sample.assignment.weights * PEOPLE["count"])
    inside, outside = frame[frame["treated"] == 1], frame[frame["treated"] == 0]
    by_hand = np.average(inside["outcome"], weights=inside["w"]) - np.average(
        outside["outcome"], weights=outside["w"]
    )
    assert sample.effect("outcome").estimate == pytest.approx(by_hand)
    row = sample.balance().set_index("covariate").loc["age"]
    assert row["mean_treated_before"] == pytest.approx(
        np.average(inside["age"], weights=inside["count"])
    )
    assert row["mean_comparison_after"] == pytest.approx(
        np.average(outside["age"], weights=outside["w"])
    )


CHOICES = [
    {},
    {"distance": "mahalanobis"},
    {"method": "full"},
    {"method": "subclass"},
    {"caliper": 0.2, "ratio": 2},
]


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_same_weight_for_everybody_changes_nothing(choice):
    plain = match_people(PEOPLE, **choice)
    constant = match_people(PEOPLE.assign(w=7.5), sampling_weights="w", **choice)
    np.testing.assert_allclose(constant.weights, 7.5 * plain.weights, atol=1e-9)
    first, second = plain.effect("outcome"), constant.effect("outcome")
    assert second.estimate == pytest.approx(first.estimate)
    assert second.std_error == pytest.approx(first.std_error)
    shown = plain.balance().drop(columns=["covariate", "binary"])
    pd.testing.assert_frame_equal(
        constant.balance()[shown.columns].astype(float), shown.astype(float), atol=1e-8
    )


def test_people_who_stand_for_nobody_are_left_out_and_entered():
    frame = PEOPLE.assign(w=PEOPLE["count"].where(PEOPLE.index % 5 > 0, 0))
    sample = match_people(frame, sampling_weights="w")
    assert "w is 0" in sample.ledger.to_frame()["why"].str.cat()
    twin = match_people(frame[frame["w"] > 0], sampling_weights="w")
    assert sample.effect("outcome").estimate == twin.effect("outcome").estimate


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (lambda n: [-1.0] + [1.0] * (n - 1), r"'w' has 1 others \(-1\)"),
        (lambda n: [0.0] * n, "every one in column 'w' is 0"),
        (lambda n: [np.inf] + [1.0] * (n - 1), "must be finite numbers"),
        (lambda n: ["1,204"] * n, r"values such as '1,204'"),
        (lambda n: [True] * n, "holds bool values"),
        (lambda n: [None] + [1.0] * (n - 1), r"missing values \(w 1\)"),
    ],
)
@pytest.mark.parametrize("run", [match, weight])
def test_weights_that_cannot_be_are_refused(run, column, message):
    frame = PEOPLE.assign(w=column(len(PEOPLE)))
    with pytest.raises(DataError, match=message):
        run(frame, sampling_weights="w", **ASKED)


def test_the_treatment_is_no_sampling_weight():
    with pytest.raises(DesignError, match="also among sampling_weights"):
        match_people(PEOPLE, sampling_weights="treated")
    with pytest.raises(DataError, match=r"no column 'counts'.* Did you mean 'count'"):
        match_people(PEOPLE, sampling_weights="counts")


@pytest.mark.parametrize("effect", ["difference", "augmented"])
@pytest.mark.parametrize(
    "asked",
    [
        {"method": "ipw"},
        {"method": "ipw", "estimand": "ATE"},
        {"method": "entropy"},
        {"method": "cbps", "estimand": "ATE"},
        {"method": "overlap"},
    ],
    ids=str,
)
def test_an_influence_is_what_a_little_more_of_a_person_does(asked, effect):
    """The derivative of the estimate by the logarithm of one person's sampling weight."""

    def sample_with(frame):
        return weight_by(frame, sampling_weights="count", **(ASKED | asked))

    frame = PEOPLE.assign(count=PEOPLE["count"].astype(float))
    sample = sample_with(frame)
    treated = frame["treated"].to_numpy() == 1
    found = weighted_effect(
        sample.weighting,
        treated,
        frame["outcome"].to_numpy(),
        sample.design.columns.score_values,
        effect,
        sampling=sample.design.sampling,
    )
    influence = found.influence[:, 0] - found.influence[:, 1]
    for person in (3, 50, 111, 200):
        ends = []
        for step in (1e-4, -1e-4):
            moved = frame.copy()
            moved.loc[person, "count"] *= np.exp(step)
            ends.append(sample_with(moved).effect("outcome", effect).estimate)
        slope = (ends[0] - ends[1]) / 2e-4
        assert influence[person] == pytest.approx(slope, rel=1e-4, abs=1e-7)
