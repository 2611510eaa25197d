"""The National Supported Work participants against the CPS: does matching work on real data?

185 participants and 15,992 people of the Current Population Survey (Dehejia & Wahba 1999), from
data/supported-work (see SOURCE.md); earnings are in dollars. The trial's own answer is $1,794.
"""

from pathlib import Path

import pandas as pd
import pytest
from matched_samples import expect_good_match, match_by

from pbc_eval.checks.balance import check_balance
from pbc_eval.checks.overlap import check_overlap

pytestmark = pytest.mark.slow  # seconds, together

PEOPLE = Path(__file__).parents[2] / "data" / "supported-work" / "people.csv"
COVARIATES = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    frame = pd.read_csv(PEOPLE).rename(
        columns={
            "person": "id",
            "none74": "u74",
            "none75": "u75",
            "age_squared": "age2",
            "educ_squared": "educ2",
        }
    )
    return frame.astype({name: float for name in frame.columns if name != "id"})


def match_supported_work(frame, extra=(), **changes):
    covariates = [*COVARIATES, *extra]
    return match_by(
        frame, treatment="treat", covariates=covariates, unit="id", caliper=0.2, **changes
    )


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
    assert effect.estimate == pytest.approx(1736.9, abs=0.1)
    # ties broken by the order of the rows once gave 1746.2
    assert effect.over_ties.low < 1736.9 < 1746.2 < effect.over_ties.high
    assert effect.conf_low < 1794 < effect.conf_high
