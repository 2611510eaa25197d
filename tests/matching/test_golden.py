"""match agrees with R's MatchIt 4.7.2 on the LaLonde data, person by person.

Tolerances: weights are ratios of small whole numbers (rounding only); the score and what follows
from it differ by R's stopping rule for glm, 1e-8 in the deviance.
"""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from matched_samples import expect_good_match
from matching_golden import (
    BALANCE,
    CALLS,
    COVARIATES,
    FIGURES,
    GOLDEN,
    LALONDE,
    NEAREST,
    OPTIMAL,
    PAIRS,
    PAIRS_AT_LEAST,
    SETS,
    SPACE,
    SPECS,
    TABLE,
    WEIGHTS,
    both_balances,
    both_pairs,
    largest_differences,
    sample_of,
    table,
    their_total,
    their_weights,
)

from pbc_eval import match
from pbc_eval.errors import DesignError
from pbc_eval.matching.effect import MatchedData, matched_effect

pytestmark = pytest.mark.slow  # seconds, together

EXACT = 1e-12
FITTED = 1e-6
TIED = {"maha", "robust_maha"}  # R exchanges a few people with identical covariates
SAME_PAIRS = NEAREST | {name: SPACE[name] for name in ("maha_replace", "cem_k2k")}
REUSED = {  # with replacement, and how docs/differences.md calls them
    "nn_replace": "nearest",
    "nn_replace_ratio2": "two nearest",
    "maha_replace": "nearest by Mahalanobis",
}
SAME_WEIGHTS = {name: call for name, call in (NEAREST | SPACE | SETS).items() if name not in TIED}


def test_every_golden_specification_is_tried():
    assert set(CALLS) == set(SPECS) == set(WEIGHTS["spec"]) == set(BALANCE["spec"])
    assert set(PAIRS["spec"]) == set(NEAREST | SPACE) | {"optimal", "optimal_maha"}


@pytest.mark.parametrize("name", SAME_PAIRS)
def test_pairs_are_the_same(name):
    # the order of a person's equally near matches is nobody's promise; all else is compared
    keys = ["focal", "match"] if name == "nn_replace_ratio2" else ["focal", "k", "match"]
    ours, theirs = both_pairs(name, keys)
    assert ours == theirs
    if name in NEAREST:
        expect_good_match(sample_of(name), LALONDE, treatment="treat")


@pytest.mark.parametrize("name", SAME_WEIGHTS)
def test_weights_and_scores_are_the_same(name):
    sample, theirs = sample_of(name), their_weights(name)
    np.testing.assert_allclose(sample.weights, theirs["weight"], atol=EXACT)
    if sample.score is not None:
        np.testing.assert_allclose(sample.scores, theirs["distance"], atol=2 * FITTED)


@pytest.mark.parametrize("name", SAME_PAIRS | SETS)
def test_subclasses_are_the_same(name):
    theirs = their_weights(name)
    both = pd.DataFrame({"ours": sample_of(name).subclass, "theirs": theirs["subclass"]})
    both = both.dropna(how="all")
    assert (both.groupby("ours")["theirs"].nunique() == 1).all()
    assert (both.groupby("theirs")["ours"].nunique() == 1).all()


@pytest.mark.parametrize("name", NEAREST | SPACE | SETS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_balance_is_the_same_before_and_after(name, when):
    ours, theirs = both_balances(name, when)
    # MatchIt's specifications by covariates alone show no score, ours never do
    assert len(theirs) == len(sample_of(name).balance())
    for figure, their_figure in FIGURES.items():
        np.testing.assert_allclose(
            ours[f"{figure}_{when}"],
            theirs[their_figure],
            rtol=FITTED,
            atol=FITTED,
            err_msg=f"{figure} {when}",
        )


@pytest.mark.parametrize("name", sorted(TIED))
def test_where_distances_tie_only_people_of_equal_covariates_are_exchanged(name):
    ours, theirs = both_pairs(name)
    assert len(theirs - ours) <= 3
    found = [{mate for _, mate in pairs} for pairs in (ours, theirs)]
    kinds = LALONDE.set_index("id")[COVARIATES]
    first, second = (kinds.loc[sorted(mates)].value_counts() for mates in found)
    pd.testing.assert_series_equal(first.sort_index(), second.sort_index())
    assert sample_of(name).assignment.total_distance == pytest.approx(their_total(name), rel=1e-9)


@pytest.mark.parametrize("name", PAIRS_AT_LEAST)
def test_most_pairs_are_the_same_on_every_processor(name):
    ours, theirs = both_pairs(name)
    assert PAIRS_AT_LEAST[name] <= len(ours & theirs) < len(theirs)


@pytest.mark.parametrize("name", ["mahvars_cal", "optimal_maha"])
def test_where_pairs_differ_the_same_people_are_matched(name):
    weights, balance = largest_differences(name)
    assert weights < EXACT
    assert balance < FITTED


@pytest.mark.parametrize("name", OPTIMAL)
def test_the_total_distance_is_never_above_theirs(name):
    ours = sample_of(name).assignment.total_distance
    assert ours <= their_total(name) + 1e-9
    best = {"optimal": 39.692799, "full": 2.14162, "full_ate": 2.14162}
    if name in best:
        assert ours <= best[name] + 5e-6
    theirs = {row["_row"]: (row["Treated"], row["Control"]) for row in CALLS[name]["nn"]}
    assert tuple(sample_of(name).counts().loc["matched"]) == theirs["Matched"]


def test_the_table_in_the_documents_is_up_to_date():
    assert TABLE.read_text(encoding="utf-8") == table()


@pytest.mark.parametrize("name", SAME_WEIGHTS)
def test_the_table_would_show_a_difference(name):
    weights, balance = largest_differences(name)
    assert weights < EXACT
    assert balance < FITTED


@pytest.mark.parametrize("name", SAME_WEIGHTS)
def test_sizes_and_effective_sizes_are_the_same(name):
    theirs = {row["_row"]: (row["Treated"], row["Control"]) for row in CALLS[name]["nn"]}
    ours = sample_of(name).counts()
    pairs = {
        "all": "All",
        "matched": "Matched",
        "effective": "Matched (ESS)",
        "unmatched": "Unmatched",
        "discarded": "Discarded",
    }
    for mine, their_row in pairs.items():
        assert tuple(ours.loc[mine]) == pytest.approx(theirs[their_row], rel=EXACT)


@pytest.mark.parametrize(
    ("method", "theirs"),
    [("difference", "unadj"), ("regression", "adj"), ("g_computation", "gcomp")],
)
@pytest.mark.parametrize("name", SAME_PAIRS | SETS)
def test_effects_and_their_errors_are_the_same(name, method, theirs):
    if (name, method) == ("nn_atc", "g_computation"):
        # a covariate is constant in one matched group: R drops its slope, we refuse to guess
        with pytest.raises(DesignError, match=r"method='regression'"):
            sample_of(name).effect("re78", method)
        return
    golden = CALLS[name]["effect"][theirs]
    sample = sample_of(name)
    if name == "exact":  # matched on three covariates, adjusted for all seven
        ours = seven_covariates(sample).effect("re78", method)
    else:
        ours = sample.effect("re78", method)
    assert ours.estimate == pytest.approx(golden["est"], rel=1e-8)
    error = ours.std_error
    if sample.counts_reuse(method, None):  # the error of these means is Abadie and Imbens's: R's is
        error = error_of_the_regression(sample)  # that of the regression, which others are given
    assert error == pytest.approx(golden["se"], rel=1e-8)


def error_of_the_regression(sample):
    """HC3 of the weighted regression on treatment alone, by the code behind adjusted effects."""
    rows = sample.matched
    data = MatchedData(
        outcome=sample.design.frame["re78"].to_numpy(dtype=float)[rows],
        treated=sample.design.treated[rows],
        weights=sample.weights.to_numpy()[rows],
        clusters=None,
        covariates=np.empty((rows.sum(), 0)),
        focal=sample.focal[rows],
    )
    return matched_effect(data, "difference").std_error


@pytest.mark.parametrize("name", REUSED)
def test_where_people_serve_again_errors_differ_from_r_by_what_the_documents_say(name):
    """Only the plain difference does: its error counts how often people serve."""
    sample = sample_of(name)
    assert {n for n in SAME_PAIRS | SETS if sample_of(n).counts_reuse("difference", None)} == set(
        REUSED
    )
    ours, theirs = sample.effect("re78").std_error, CALLS[name]["effect"]["unadj"]["se"]
    assert "how often people serve" in sample.effect("re78").method.inference
    assert "HC3" in sample.effect("re78", "regression").method.inference
    page = (TABLE.parent / "differences.md").read_text(encoding="utf-8")
    assert f"{REUSED[name]} {ours:,.2f} (R {theirs:,.2f})" in page


def seven_covariates(sample):
    wide = match(LALONDE, treatment="treat", covariates=COVARIATES, unit="id")
    design = dataclasses.replace(sample.design, columns=wide.design.columns)
    return dataclasses.replace(sample, design=design)


def test_the_propensity_model_has_the_coefficients_of_glm():
    theirs = json.loads((GOLDEN / "ps_coef.json").read_text())
    fit = sample_of("nn_largest").fit
    assert fit.intercept == pytest.approx(theirs.pop("(Intercept)"), rel=1e-7)
    ours = dict(zip((n.replace("race=", "race") for n in fit.names), fit.coefficients, strict=True))
    assert ours == pytest.approx(theirs, rel=1e-7)
