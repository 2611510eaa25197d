"""What a number on a page is of, and by which rule, stands beside it."""

from types import SimpleNamespace

import pandas as pd
import pytest

import pbc_eval as pbc
from pbc_eval.agreement.uncertainty import Normal
from pbc_eval.messages import numbers as fmt
from pbc_eval.sroi import one_way, simulate, value_of_information

ROW = {
    "id": "a", "stakeholder": "S", "outcome": "Greener space", "indicator": "m2", "proxy": "P",
    "proxy_source": "x", "quantity": 10, "proxy_value": 100.0, "deadweight": 0.1, "duration": 1,
}  # fmt: skip


def outcome(unit, shown_as="number"):
    return SimpleNamespace(unit=unit, shown_as=shown_as, decimals=1)


@pytest.mark.parametrize("unit", ["%", "per cent", "percent", "% of pupils", "Per cent of people"])
def test_a_difference_of_data_in_per_cent_is_in_points_and_a_level_is_not(unit):
    assert fmt.size(2.14, outcome(unit), "GBP") == "2.1 percentage points"
    assert fmt.level(13.6, outcome(unit), "GBP") == "13.6%"


@pytest.mark.parametrize("unit", ["percentage points", "per cent points", "readmissions per 100"])
def test_what_is_not_in_per_cent_keeps_its_unit(unit):
    assert fmt.size(2.14, outcome(unit), "GBP") == f"2.1 {unit}"


def test_shares_are_shown_in_points():
    assert fmt.size(0.021, outcome("share", "percentage_points"), "GBP") == "2.1 percentage points"


def test_a_sensitivity_row_that_is_held_back_says_so():
    moves = one_way(pbc.social_return(pd.DataFrame([ROW]), investment=100))
    rows = {(move.outcome, move.assumption): move for move in moves}
    assert rows["a", "deadweight"].low == 0
    assert rows["a", "deadweight"].held == "within 0 to 1"
    assert rows["all outcomes", "deadweight"].held == "within 0 to 1"
    assert rows["a", "duration"].held == "at 1 year or more"
    free = one_way(pbc.social_return(pd.DataFrame([ROW | {"deadweight": 0.5}]), investment=100))
    held = {move.assumption: move.held for move in free if move.outcome == "a"}
    assert held["deadweight"] == ""
    assert held["proxy_value"] == ""


def test_shares_of_variance_are_given_of_the_net_present_value_and_of_the_ratio():
    result = pbc.social_return(pd.DataFrame([ROW]), investment=100)
    spread = {"type": "normal", "source": "S"}
    uncertain = [
        Normal(row="a", input="quantity", mean=10, std_dev=1, **spread),
        Normal(input="investment", mean=100, std_dev=20, truncate=True, **spread),
    ]
    found = value_of_information(simulate(result, uncertain, draws=20_000, seed=1))
    shares = {entry.name: entry for entry in found.inputs}
    quantity = next(entry for name, entry in shares.items() if "quantity" in name)
    invested = next(entry for name, entry in shares.items() if "investment" in name)
    # the investment divides the ratio, and is only taken off the net present value
    assert invested.share_of_ratio_variance > invested.share_of_variance
    assert quantity.share_of_ratio_variance < quantity.share_of_variance
    assert sum(entry.share_of_variance for entry in found.inputs) == pytest.approx(1, abs=0.02)
