"""Rosenbaum bounds and E-values: published figures, closed forms, refusals."""

import json

import numpy as np
import pytest
from matched_samples import match_people, people
from matching_golden import GOLDEN
from scipy.stats import wilcoxon

from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.e_values import e_value
from pbc_eval.matching.sensitivity import pair_differences, rosenbaum_bounds

# blood lead of 33 children of lead workers and of their matched controls, micrograms a decilitre:
# Morton et al. (1982), American Journal of Epidemiology 115, as printed in Rosenbaum (2002)
EXPOSED = [38, 23, 41, 18, 37, 36, 23, 62, 31, 34, 24, 14, 21, 17, 16, 20, 15, 10, 45, 39, 22, 35]
EXPOSED += [49, 48, 44, 35, 43, 39, 34, 13, 73, 25, 27]
CONTROLS = [16, 18, 18, 24, 19, 11, 10, 15, 16, 18, 18, 13, 19, 10, 16, 16, 24, 13, 9, 14, 21, 19]
CONTROLS += [7, 18, 19, 12, 11, 22, 25, 16, 13, 11, 13]
LEAD = np.subtract(EXPOSED, CONTROLS)
GOLDEN_BOUNDS = json.loads((GOLDEN / "weights_and_sensitivity.json").read_text())["rosenbaum_lead"]


def test_the_bounds_on_the_lead_data_are_the_published_ones():
    golden = GOLDEN_BOUNDS["bounds"]
    ours = rosenbaum_bounds(LEAD, gammas=[row["Gamma"] for row in golden])
    for mine, theirs in zip(ours.itertuples(), golden, strict=True):
        assert mine.p_low == pytest.approx(theirs["Lower bound"], abs=0.00005)
        assert mine.p_high == pytest.approx(theirs["Upper bound"], abs=0.00005)


def test_without_hidden_bias_the_bounds_are_the_signed_rank_test():
    differences = np.random.default_rng(1).normal(0.3, size=60)
    row = rosenbaum_bounds(differences, gammas=[1.0]).iloc[0]
    expected = wilcoxon(differences, alternative="greater", method="asymptotic").pvalue
    assert row["p_low"] == row["p_high"] == pytest.approx(expected, rel=1e-12)


def test_bounds_widen_with_gamma_and_leave_out_pairs_that_do_not_differ():
    differences = np.r_[np.random.default_rng(2).normal(1, 1, 50), 0, 0]
    bounds = rosenbaum_bounds(differences)
    assert bounds["p_high"].is_monotonic_increasing
    assert bounds["p_low"].is_monotonic_decreasing
    assert (bounds["n_without"] == 2).all()
    assert (bounds["n_pairs"] == 50).all()
    turned = rosenbaum_bounds(-differences)
    np.testing.assert_allclose(turned["p_low"], 1 - bounds["p_high"], atol=1e-12)


@pytest.mark.parametrize("estimand", ["ATT", "ATC"])
def test_pair_differences_average_to_the_effect(estimand):
    sample = match_people(people(200), estimand=estimand)
    differences = pair_differences(sample, "outcome")
    assert differences.mean() == pytest.approx(sample.effect("outcome").estimate)


@pytest.mark.parametrize("changes", [{"ratio": 2}, {"replacement": True}, {"method": "full"}])
def test_pair_differences_need_pairs(changes):
    sample = match_people(people(200), **changes)
    with pytest.raises(DesignError, match=r"need 1:1 matching without replacement"):
        pair_differences(sample, "outcome")


@pytest.mark.parametrize(
    ("differences", "gammas", "error", "message"),
    [
        ([1.0, np.nan], [1], DataError, r"must be finite numbers, one a pair; found 1 of 2"),
        ([], [1], DataError, r"must be finite numbers"),
        ([0.0, 0.0], [1], DataError, r"no pair differs"),
        ([1.0], [0.5], DesignError, r"must be at least 1, got 0.5"),
        ([1.0], ["2"], DesignError, r"must be at least 1, got '2'"),
    ],
)
def test_what_cannot_be_bounded_is_refused(differences, gammas, error, message):
    with pytest.raises(error, match=message):
        rosenbaum_bounds(differences, gammas=gammas)


@pytest.mark.parametrize(
    ("ratio", "low", "expected"),
    [(10.729780, 8.017457, (20.9473, 15.5183)), (3.9, 1.8, (7.2630, 3.0))],
)
def test_e_values_are_the_published_ones(ratio, low, expected):
    assert e_value(ratio, conf_low=low) == pytest.approx(expected, abs=0.00005)
    below = e_value(1 / ratio, conf_high=1 / low)
    assert below == pytest.approx(expected, abs=0.00005)


def test_an_interval_with_no_effect_in_it_has_the_e_value_one():
    assert e_value(1.2, conf_low=0.9, conf_high=1.5).interval == 1.0
    assert e_value(0.8, conf_low=0.5, conf_high=1.1).interval == 1.0
    assert e_value(1.0) == (1.0, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), r"estimate is a ratio and must be a finite number above 0, got 0"),
        ((2.0, -1.0), r"conf_low is a ratio and must be a finite number above 0"),
        ((2.0, 2.5), r"must lie within its interval"),
        ((2.0, 1.0, 1.5), r"must lie within its interval"),
    ],
)
def test_ratios_that_are_none_are_refused(arguments, message):
    with pytest.raises(DesignError, match=message):
        e_value(*arguments)
