"""Missing covariates on request: filled in beside an indicator, counted, and never paired on."""

import numpy as np
import pandas as pd
import pytest
from matched_samples import match_people, people, weight_by

from pbc_eval.errors import DataError

PEOPLE = people(200, seed=9).assign(
    age=lambda f: f["age"].where(f.index % 7 > 0),
    group=lambda f: f["group"].where(f.index % 11 > 0),
)
ASKED = {"treatment": "treated", "covariates": ["age", "income", "group"], "unit": "id"}


def test_it_is_the_match_on_columns_filled_by_hand():
    by_hand = PEOPLE.assign(
        lacks=PEOPLE["age"].isna().astype(float),
        age=PEOPLE["age"].fillna(PEOPLE["age"].mean()),
        group=PEOPLE["group"].fillna("missing"),
    )
    ours = match_people(PEOPLE, missing="indicator", caliper=0.3)
    theirs = match_people(by_hand, covariates=["age", "income", "group", "lacks"], caliper=0.3)
    pd.testing.assert_frame_equal(ours.pairs, theirs.pairs)
    assert {"age missing", "group=missing"} <= set(ours.balance()["covariate"])
    step = ours.ledger.to_frame().iloc[1]
    assert step["why"] == "filled in, with an indicator: age 29, group 19"
    assert step["rows_dropped"] == 0


def test_weights_balance_who_lacks_a_value_too():
    table = weight_by(PEOPLE, method="entropy", missing="indicator", **ASKED).balance()
    gaps = table.set_index("covariate")["std_diff_after"].abs()
    assert gaps[["age missing", "group=missing"]].max() < 1e-6


def test_the_callers_data_and_categories_are_left_as_they_are():
    frame = PEOPLE.assign(group=PEOPLE["group"].astype("category"))
    copy = frame.copy()
    sample = match_people(frame, missing="indicator")
    pd.testing.assert_frame_equal(frame, copy)
    assert "group=missing" in set(sample.balance()["covariate"])


@pytest.mark.parametrize(
    ("frame", "changes", "message"),
    [
        (PEOPLE, {"missing": "refuse"}, r"\(age 29, group 19\).* pass missing='indicator'"),
        (PEOPLE, {"exact": ["group"]}, r"missing values \(group 19\)"),
        (PEOPLE, {"within": {"age": 1}}, r"missing values \(age 29\)"),
        (PEOPLE.assign(age=np.nan), {}, "'age' has no value at all"),
        (PEOPLE.assign(**{"age missing": 1}), {}, "already have a column 'age missing'"),
    ],
    ids=str,
)
def test_what_cannot_be_filled_in_is_refused(frame, changes, message):
    with pytest.raises(DataError, match=message):
        match_people(frame, **({"missing": "indicator"} | changes))
