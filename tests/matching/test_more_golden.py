"""Thirty-odd further specifications on three data sets, as R's MatchIt answers them."""

import numpy as np
import pandas as pd
import pytest
from matched_samples import match_by
from matching_more import FORMULA, GOLDEN, SPECS, read

pytestmark = pytest.mark.slow  # seconds, together

ROWS = pd.read_csv(GOLDEN / "more_rows.csv")
BALANCE = pd.read_csv(GOLDEN / "more_balance.csv")
FIGURES = ["mean_treated", "mean_comparison", "std_diff", "variance_ratio", "ecdf_mean", "ecdf_max"]
NEAR = 2e-6  # R stops its fits at a relative change of the deviance of 1e-8
NEAR_PROBIT = 6e-6


@pytest.mark.parametrize("name", SPECS)
def test_weights_scores_and_balance_are_those_of_matchit(name):
    asked = SPECS[name]
    treatment, terms = FORMULA[asked.data]
    frame = read(asked.data)
    call = {"treatment": treatment, "covariates": terms.split(" + "), "unit": "id"} | asked.ours
    sample = match_by(frame, **call)
    rows = ROWS[ROWS["spec"] == name]
    near = NEAR_PROBIT if "probit" in name else NEAR
    if sample.score is not None and len(rows):
        np.testing.assert_allclose(sample.score, rows["distance"], atol=near)
    if asked.alike == "weights" and len(rows):
        np.testing.assert_allclose(sample.assignment.weights, rows["weight"], atol=1e-9)
    ours = sample.balance()
    variable = ours["covariate"].str.replace("race=", "race").replace("score", "distance")
    compared = 0
    for when, their_name in (("before", "all"), ("after", "matched")):
        chosen = (BALANCE["spec"] == name) & (BALANCE["sample"] == their_name)
        theirs = BALANCE[chosen].set_index("variable").drop(columns=["spec", "sample"])
        if theirs.empty or (when == "after" and asked.alike == "scores"):
            continue
        shown = variable.isin(theirs.index).to_numpy()
        mine = ours.loc[shown, [f"{figure}_{when}" for figure in FIGURES]].to_numpy(dtype=float)
        wanted = theirs.loc[variable[shown]].to_numpy(dtype=float)
        np.testing.assert_allclose(mine, wanted, rtol=near, atol=near)
        compared += int(shown.sum())
    assert compared >= 3


def test_every_specification_is_there():
    assert set(BALANCE["spec"]) == set(SPECS)
    assert len(SPECS) >= 30
