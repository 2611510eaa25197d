"""What an evaluator asks of a match beyond a difference in means has a public name."""

import numpy as np
import pytest
from matched_samples import people

import pbc_eval as pbc

ROLES = {"treatment": "treated", "covariates": ["age", "income"], "unit": "id"}
PEOPLE = people(300).assign(
    found_work=lambda frame: (frame["outcome"] > 0).astype(int),
    visits=lambda frame: (frame["outcome"].abs() * 2).round().astype(int),
)


@pytest.fixture(scope="module")
def sample():
    return pbc.match(PEOPLE, by=pbc.Nearest(caliper=0.2), **ROLES)


def test_risks_and_rates_of_a_match_are_those_of_its_people(sample):
    matched = PEOPLE.set_index("id").loc[sample.weights[sample.weights > 0].index]
    treated = matched["treated"] == 1
    risks = pbc.risk_effects(sample, "found_work")
    gap = matched["found_work"][treated].mean() - matched["found_work"][~treated].mean()
    assert risks.difference_points == pytest.approx(100 * gap)
    rates = pbc.rate_effects(sample, "visits")
    ratio = matched["visits"][treated].mean() / matched["visits"][~treated].mean()
    assert rates.rate_ratio.estimate == pytest.approx(ratio)


def test_hidden_bias_is_bounded_for_a_match(sample):
    bounds = pbc.rosenbaum_bounds(pbc.pair_differences(sample, "outcome"))
    assert bounds["n_pairs"].iloc[0] == len(sample.pairs)
    assert bounds["p_high"].is_monotonic_increasing
    assert pbc.e_value(2.0).estimate == pytest.approx(2 + np.sqrt(2))


def test_a_prognostic_score_is_compared_between_the_groups(sample):
    assert len(pbc.prognostic_balance(sample, "outcome"))
