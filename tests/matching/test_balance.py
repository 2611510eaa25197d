"""Balance beyond the means: squares, products, and the prognostic score."""

import numpy as np
import pandas as pd
import pytest
from matched_samples import match_people, people, weight_by

from pbc_eval.errors import DesignError
from pbc_eval.matching.balance_table import MANY
from pbc_eval.matching.prognosis import prognostic_balance

PEOPLE = people(300, seed=7)
ASKED = {"treatment": "treated", "covariates": ["age", "income", "group"], "unit": "id"}
SAMPLES = [match_people(PEOPLE), weight_by(PEOPLE, method="ipw", **ASKED)]


@pytest.mark.parametrize("sample", SAMPLES, ids=["matched", "weighted"])
def test_squares_and_products_are_columns_like_any_other(sample):
    by_hand = PEOPLE.assign(
        age_squared=PEOPLE["age"] ** 2,
        both=PEOPLE["age"] * PEOPLE["income"],
        south=PEOPLE["age"] * (PEOPLE["group"] == "south"),
    )
    again = (
        match_people(by_hand) if sample is SAMPLES[0] else weight_by(by_hand, method="ipw", **ASKED)
    )
    expected = again.balance(also=["age_squared", "both", "south"]).set_index("covariate")
    found = sample.balance(squares=True, interactions=True).set_index("covariate")
    for ours, theirs in (
        ("age squared", "age_squared"),
        ("age x income", "both"),
        ("age x group=south", "south"),
    ):
        pd.testing.assert_series_equal(found.loc[ours], expected.loc[theirs], check_names=False)
    assert not found.index.str.contains("group=north x group").any()
    assert list(sample.balance(squares=True)["covariate"])[-2:] == ["age squared", "income squared"]


def test_the_prognostic_score_is_the_prediction_of_the_comparison_group():
    others = PEOPLE[PEOPLE["treated"] == 0]

    def regressors(frame):
        return np.column_stack(
            [
                np.ones(len(frame)),
                frame[["age", "income"]],
                frame["group"] == "south",
                frame["group"] == "west",
            ]
        ).astype(float)

    line = np.linalg.lstsq(regressors(others), others["outcome"], rcond=None)[0]
    by_hand = PEOPLE.assign(score=regressors(PEOPLE) @ line)
    expected = match_people(by_hand).balance(also=["score"]).iloc[-1].drop("covariate")
    found = prognostic_balance(SAMPLES[0], "outcome").iloc[0]
    assert found["covariate"] == "prognostic score"
    np.testing.assert_allclose(
        found.drop("covariate").astype(float), expected.astype(float), atol=1e-9
    )
    assert abs(found["std_diff_after"]) < abs(found["std_diff_before"])


def test_too_few_for_a_prognosis():
    few = pd.concat([PEOPLE[PEOPLE["treated"] == 1], PEOPLE[PEOPLE["treated"] == 0].head(4)])
    with pytest.raises(DesignError, match="4 comparison units cannot carry a regression"):
        prognostic_balance(match_people(few, method="coarsened", cutpoints=2), "outcome")


def test_two_columns_at_a_time_give_what_one_does(monkeypatch):
    alone = SAMPLES[0].balance(squares=True)
    monkeypatch.setattr("pbc_eval.matching.balance_table.MANY", 1)
    pd.testing.assert_frame_equal(SAMPLES[0].balance(squares=True), alone)
    assert len(PEOPLE) < MANY
