"""Power of trials: R's closed forms, and sizes that are just enough."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.errors import DesignError

GOLDEN = Path(__file__).parents[1] / "golden" / "inference" / "power_R.json"
ROWS = json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_power_is_that_of_r():
    for row in ROWS["rct"]:
        assert pbc.trial_power(row["n"], standardised=row["d"]) == pytest.approx(row["power"])
    for row in ROWS["two_prop"]:
        made = pbc.trial_power(row["n"], shares=(row["p1"], row["p2"]))
        assert made == pytest.approx(row["power"], abs=1e-6)
    for row in ROWS["logrank"]:
        made = pbc.trial_power(row["n"], hazard_ratio=(row["hr"], row["pe"]))
        assert made == pytest.approx(row["power"], abs=1e-6)


@given(st.floats(0.05, 0.99), st.floats(0.02, 2), st.floats(0.1, 0.9), st.floats(0, 0.5))
@settings(max_examples=40, deadline=None)
def test_a_size_is_enough_and_one_person_fewer_is_not(power, d, drawn, alike):
    options = {"standardised": d, "drawn": drawn, "cluster_size": 10, "alike": alike}
    n = pbc.trial_size(power, **options)
    assert pbc.trial_power(n, **options) >= power
    assert n == 1 or pbc.trial_power(n - 1, **options) < power


def test_whole_clusters_count_as_fewer_people():
    assert pbc.trial_power(200, standardised=0.3, cluster_size=21, alike=0.05) == pytest.approx(
        pbc.trial_power(100, standardised=0.3)
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give one of standardised, shares and hazard_ratio, got 0"),
        ({"standardised": 0.5, "shares": (0.1, 0.2)}, "got 2"),
        ({"shares": (0.0, 0.2)}, "shares must lie between 0 and 1, got 0"),
        ({"standardised": 0.5, "drawn": 1}, "drawn must lie between 0 and 1, got 1"),
        ({"hazard_ratio": (-1, 0.5)}, "a hazard ratio is above zero, got -1"),
        ({"standardised": 0.5, "alike": 2}, "alike between 0 and 1"),
    ],
)
def test_what_is_no_trial_is_refused(options, message):
    with pytest.raises(DesignError, match=message):
        pbc.trial_power(100, **options)


def test_no_size_sees_an_effect_of_none():
    with pytest.raises(DesignError, match="no number of people sees an effect of none"):
        pbc.trial_size(standardised=0)
