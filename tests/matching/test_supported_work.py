"""The National Supported Work participants against the CPS: does matching work on real data?

185 participants and 15,992 people of the Current Population Survey (Dehejia & Wahba 1999), from
the package causaldata; earnings are in dollars of the year. The trial's own answer is $1,794.
"""

import pandas as pd
import pytest
from matched_samples import expect_good_match

from pbc_eval import match
from pbc_eval.checks.balance import check_balance
from pbc_eval.checks.overlap import check_overlap

causaldata = pytest.importorskip("causaldata")
COVARIATES = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    trial = causaldata.nsw_mixtape.load_pandas().data
    survey = causaldata.cps_mixtape.load_pandas().data
    frame = pd.concat([trial[trial["treat"] == 1], survey], ignore_index=True)
    frame = frame.drop(columns="data_id").astype(float)  # age is int8: its square would overflow
    return frame.assign(
        id=[f"n{i}" for i in range(len(frame))],
        u74=(frame["re74"] == 0) * 1.0,
        u75=(frame["re75"] == 0) * 1.0,
        age2=frame["age"] ** 2,
        educ2=frame["educ"] ** 2,
    )


def match_supported_work(frame, extra=(), **changes):
    covariates = [*COVARIATES, *extra]
    return match(frame, treatment="treat", covariates=covariates, unit="id", caliper=0.2, **changes)


@pytest.mark.parametrize("exact", [(), ("black",), ("black", "u74")])
def test_a_caliper_and_exact_strata_hold_on_real_data(people, exact):
    sample = match_supported_work(people, exact=exact)
    expect_good_match(sample, people, treatment="treat")
    assert len(sample.pairs) > 150


def test_eight_covariates_leave_the_unemployed_unbalanced_and_the_check_says_so(people):
    sample = match_supported_work(people)
    result = check_balance(sample, also=["u74", "u75"])
    assert result.status == "fail"
    assert "(u74)" in result.sentence


def test_a_richer_score_with_exact_strata_is_balanced(people):
    sample = match_supported_work(
        people,
        extra=["u74", "u75", "age2", "educ2"],
        exact=["black", "nodegree"],
        link="linear_logit",
        ratio=2,
        replacement=True,
    )
    expect_good_match(sample, people, treatment="treat")
    assert sample.counts().loc["matched"].tolist() == [183, 201]
    assert check_balance(sample).status == "pass"
    assert check_overlap(sample).status == "pass"
    effect = sample.effect("re78")
    assert effect.estimate == pytest.approx(1746.2, abs=0.1)
    assert effect.conf_low < 1794 < effect.conf_high
