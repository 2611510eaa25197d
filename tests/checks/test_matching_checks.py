"""check_balance and check_overlap: the limits, the sentence and the table."""

import numpy as np
import pandas as pd
import pytest
from matched_samples import match_people, people

from pbc_eval import match
from pbc_eval.checks.balance import check_balance, light
from pbc_eval.checks.overlap import check_overlap
from pbc_eval.errors import DesignError

PEOPLE = people(400)
SAMPLE = match_people(PEOPLE, caliper=0.2)


@pytest.mark.parametrize(
    ("size", "colour"),
    [
        (0, "green"),
        (0.05, "green"),
        (-0.051, "amber"),
        (0.1, "amber"),
        (-0.101, "red"),
        (np.nan, "red"),
    ],
)
def test_the_lights_change_at_their_limits(size, colour):
    assert light(size) == colour


def test_the_worst_covariate_decides_and_is_named():
    table = SAMPLE.balance().set_index("covariate")["std_diff_after"].drop("score").abs()
    result = check_balance(SAMPLE)
    assert result.table["covariate"].iloc[0] == table.idxmax()
    assert abs(result.statistic) == table.max()
    assert table.idxmax() in result.sentence
    assert result.table["std_diff_after"].abs().is_monotonic_decreasing


@pytest.mark.parametrize(
    ("green", "amber", "status"),
    [(0.9, 0.95, "pass"), (0.001, 0.9, "review"), (0.001, 0.0011, "fail")],
)
def test_status_follows_the_limits(green, amber, status):
    assert check_balance(SAMPLE, green=green, amber=amber).status == status


def test_further_columns_are_held_to_the_same_limits():
    frame = PEOPLE.assign(other=50.0 * PEOPLE["treated"] + PEOPLE["age"])
    result = check_balance(match_people(frame), also=["other"])
    assert result.status == "fail"
    assert "(other)" in result.sentence


def test_a_covariate_that_does_not_vary_among_the_treated_has_no_scale():
    frame = PEOPLE.assign(flag=np.where(PEOPLE["treated"] == 1, 1.0, np.arange(400) % 2 + 0.0))
    result = check_balance(match_people(frame, exact=["group"]), also=["flag"])
    assert result.status == "fail"
    assert "flag does not vary in one group" in result.sentence


@pytest.mark.parametrize(("green", "amber"), [(0.2, 0.1), (0, 0.1), (5, 10)])
def test_limits_out_of_order_are_refused(green, amber):
    with pytest.raises(DesignError, match=r"0 < green <= amber < 1"):
        check_balance(SAMPLE, green=green, amber=amber)


def test_overlap_counts_who_is_outside_and_who_is_lost():
    score = SAMPLE.scores.to_numpy()
    treated = PEOPLE["treated"].to_numpy() == 1
    result = check_overlap(SAMPLE)
    row = result.table.set_index("group").loc["treated"]
    pool = score[~treated]
    assert (
        row["outside_range"]
        == ((score[treated] > pool.max()) | (score[treated] < pool.min())).sum()
    )
    assert row["unmatched"] == len(SAMPLE.unmatched.ids)
    assert row["matched"] + row["unmatched"] == row["units"] == treated.sum()
    assert result.statistic == max(row["share_unmatched"], row["share_outside"])


@pytest.mark.parametrize(
    ("low", "high", "status"), [(0.9, 1, "pass"), (0, 0.9, "review"), (0, 0, "fail")]
)
def test_overlap_status_follows_the_limits(low, high, status):
    sample = match_people(PEOPLE, caliper=0.05)
    assert len(sample.unmatched.ids) > 0
    result = check_overlap(sample, pass_up_to=low, review_up_to=high)
    assert result.status == status
    assert ("matched only" in result.sentence) == (status != "pass")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"pass_up_to": 5}, r"pass_up_to must be a fraction .* mean 0\.05\?"),
        ({"pass_up_to": 0.5}, r"must not be above review_up_to"),
    ],
)
def test_limits_that_are_not_shares_are_refused(limits, message):
    with pytest.raises(DesignError, match=message):
        check_overlap(SAMPLE, **limits)


def test_people_who_could_not_have_been_compared_are_noticed():
    rng = np.random.default_rng(1)
    treated = np.arange(400) < 100
    frame = pd.DataFrame({"t": treated * 1, "x": rng.normal(size=400) + 2.5 * treated})
    result = check_overlap(match(frame, treatment="t", covariates=["x"], caliper=0.2))
    assert result.status == "fail"
    assert result.table["outside_range"].iloc[0] > 0
