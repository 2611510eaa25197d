"""Rounded counts, and shares that do not undo the rounding."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure import SUPPRESSED, release_table
from pbc_eval.disclosure.rounding import to_base
from pbc_eval.evaluation.record import OutputTable


@pytest.mark.parametrize(
    ("value", "base", "told"),
    [(12, 5, 10), (12.5, 5, 15), (13, 5, 15), (14, 3, 15), (13, 3, 12), (45, 10, 50), (7, 1, 7)],
)
def test_counts_go_to_the_nearest_multiple_halves_up(value, base, told):
    assert to_base(value, base) == told


@given(st.integers(0, 10_000), st.sampled_from([3, 5, 10]))
def test_rounding_is_within_half_a_base_and_always_the_same(value, base):
    told = to_base(value, base)
    assert told % base == 0
    assert abs(told - value) <= base / 2
    assert to_base(told, base) == told


def shares(**changes) -> OutputTable:
    frame = pd.DataFrame({"area": list("abc"), "met": [113, 58, 4], "among": [151, 77, 12]})
    frame["value"] = frame["met"] / frame["among"]
    frame["part"] = frame["met"] / 175
    settings = {
        "name": "t", "caption": "T", "frame": frame, "headers": {}, "adds_up": "not",
        "kinds": {"area": "text", "met": "count", "among": "count", "value": "share",
                  "part": "share"},
        "governed_by": {"met": ("value", "part"), "among": ("value", "part")},
        "ratios": {"value": ("met", "among"), "part": ("met",)},
    }  # fmt: skip
    return OutputTable(**{**settings, **changes})


def test_a_share_is_of_rounded_counts():
    told = release_table(shares(), DisclosureRule(rounding=5))
    frame = told.frame
    assert list(frame["met"]) == [115, 60, SUPPRESSED]
    assert list(frame["among"]) == [150, 75, 10]
    assert frame["value"][0] == pytest.approx(115 / 150)
    assert frame["part"][1] == pytest.approx(60 / 175)
    assert frame["value"][2] == SUPPRESSED
    assert "rounded to the nearest 5" in told.notes[-1]


def test_without_a_base_counts_stay_as_they_are():
    told = release_table(shares(), DisclosureRule())
    assert list(told.frame["met"]) == [113, 58, SUPPRESSED]
    assert told.notes == ()
