"""match agrees with R's MatchIt 4.7.2 on the LaLonde data, person by person.

Tolerances: weights are ratios of small whole numbers (rounding only); the score and what follows
from it differ by R's stopping rule for glm, 1e-8 in the deviance.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matched_samples import expect_good_match

from pbc_eval import match
from pbc_eval.errors import DesignError

GOLDEN = Path(__file__).parents[1] / "golden" / "matching"
COVARIATES = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
SPECS = {
    "nn_largest": {},
    "nn_smallest": {"order": "smallest"},
    "nn_data": {"order": "data"},
    "nn_closest": {"order": "closest"},
    "nn_probit": {"link": "probit"},
    "nn_ratio2": {"ratio": 2},
    "nn_replace": {"replacement": True},
    "nn_replace_ratio2": {"replacement": True, "ratio": 2},
    "nn_cal2": {"caliper": 0.2},
    "nn_cal1": {"caliper": 0.1},
    "nn_exact": {"exact": ["married", "race"]},
    "nn_cal_cov": {"caliper": 0.2, "within": {"age": 2}},
    "nn_antiexact": {"antiexact": ["nodegree"]},
    "nn_discard_both": {"discard": "both"},
    "nn_atc": {"estimand": "ATC"},
}
EXACT = 1e-12
FITTED = 1e-6
FIGURES = {
    "mean_treated": "Means.Treated",
    "mean_comparison": "Means.Control",
    "std_diff": "Std.Mean.Diff",
    "variance_ratio": "Var.Ratio",
    "ecdf_mean": "eCDF.Mean",
    "ecdf_max": "eCDF.Max",
}


def read(name) -> pd.DataFrame:
    return pd.read_csv(GOLDEN / f"matchit_{name}.csv")


LALONDE = pd.read_csv(GOLDEN / "lalonde.csv")
PAIRS, WEIGHTS, BALANCE = read("pairs"), read("weights"), read("balance")
CALLS = json.loads((GOLDEN / "matchit_specs.json").read_text())["specs"]
SAMPLES = {
    name: match(LALONDE, treatment="treat", covariates=COVARIATES, unit="id", **changes)
    for name, changes in SPECS.items()
}
each_spec = pytest.mark.parametrize("name", SPECS)


def test_every_golden_specification_is_tried():
    assert set(CALLS) == set(SPECS) == set(PAIRS["spec"]) == set(WEIGHTS["spec"])


@each_spec
def test_pairs_are_the_same(name):
    theirs = PAIRS[PAIRS["spec"] == name].dropna(subset="match")
    ours = SAMPLES[name].pairs
    if name == "nn_atc":
        ours = ours.rename(columns={"comparison": "focal", "treated": "match"})
    else:
        ours = ours.rename(columns={"treated": "focal", "comparison": "match"})
    # the order of a person's equally near matches is nobody's promise; all else is compared
    keys = ["focal", "match"] if name == "nn_replace_ratio2" else ["focal", "k", "match"]
    pd.testing.assert_frame_equal(
        ours[keys].sort_values(keys, ignore_index=True),
        theirs[keys].sort_values(keys, ignore_index=True),
        check_dtype=False,
    )
    expect_good_match(SAMPLES[name], LALONDE, treatment="treat")


@each_spec
def test_weights_scores_and_subclasses_are_the_same(name):
    theirs = WEIGHTS[WEIGHTS["spec"] == name].set_index("id").loc[LALONDE["id"]]
    sample = SAMPLES[name]
    np.testing.assert_allclose(sample.weights, theirs["weight"], atol=EXACT)
    np.testing.assert_allclose(sample.scores, theirs["distance"], atol=2 * FITTED)
    both = pd.DataFrame({"ours": sample.subclass, "theirs": theirs["subclass"]}).dropna(how="all")
    assert (both.groupby("ours")["theirs"].nunique() == 1).all()
    assert (both.groupby("theirs")["ours"].nunique() == 1).all()


@each_spec
def test_balance_is_the_same_before_and_after(name):
    ours = SAMPLES[name].balance()
    variable = ours["covariate"].str.replace("race=", "race").replace("score", "distance")
    for when, their_name in (("before", "all"), ("after", "matched")):
        chosen = (BALANCE["spec"] == name) & (BALANCE["sample"] == their_name)
        theirs = BALANCE[chosen].set_index("variable").loc[variable]
        for figure, their_figure in FIGURES.items():
            np.testing.assert_allclose(
                ours[f"{figure}_{when}"],
                theirs[their_figure],
                rtol=FITTED,
                atol=FITTED,
                err_msg=f"{figure} {when}",
            )


@each_spec
def test_sizes_and_effective_sizes_are_the_same(name):
    theirs = {row["_row"]: (row["Treated"], row["Control"]) for row in CALLS[name]["nn"]}
    ours = SAMPLES[name].counts()
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
@each_spec
def test_effects_and_their_errors_are_the_same(name, method, theirs):
    if (name, method) == ("nn_atc", "g_computation"):
        # a covariate is constant in one matched group: R drops its slope, we refuse to guess
        with pytest.raises(DesignError, match=r"method='regression'"):
            SAMPLES[name].effect("re78", method)
        return
    golden = CALLS[name]["effect"][theirs]
    ours = SAMPLES[name].effect("re78", method)
    assert ours.estimate == pytest.approx(golden["est"], rel=1e-8)
    assert ours.std_error == pytest.approx(golden["se"], rel=1e-8)


def test_the_propensity_model_has_the_coefficients_of_glm():
    theirs = json.loads((GOLDEN / "ps_coef.json").read_text())
    fit = SAMPLES["nn_largest"].fit
    assert fit.intercept == pytest.approx(theirs.pop("(Intercept)"), rel=1e-7)
    ours = dict(zip((n.replace("race=", "race") for n in fit.names), fit.coefficients, strict=True))
    assert ours == pytest.approx(theirs, rel=1e-7)
