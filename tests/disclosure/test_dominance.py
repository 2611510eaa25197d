"""Totals that tell about their largest contributors, worked by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pbc_eval.agreement.disclosure import DisclosureRule, Dominance
from pbc_eval.disclosure import SUPPRESSED, release_table
from pbc_eval.disclosure.dominance import protection_needed
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import OutputTable

NK = Dominance(n=2, k=0.85, p=None)
P = Dominance(k=None, p=0.1)


@pytest.mark.parametrize(
    ("contributions", "rule", "needed"),
    [
        ([50, 40, 10], NK, 90 / 0.85 - 100),  # 90% of the total from two
        ([45, 40, 15], NK, 0),  # exactly 85%: not more than the share
        ([50, 40, 4], P, 0.1 * 50 - 4),  # the second may be wrong by 4 of 50: 8%
        ([50, 40, 5], P, 0),
        ([100], P, 10),
        ([100], Dominance(n=1, k=0.5, p=None), 100),
        ([-50, -40, -4], P, 1),  # losses tell as much as gains
        ([], P, 0),
        ([0.0, 0.0], NK, 0),
        ([50, 40, 4], None, 0),
    ],
)
def test_how_far_a_total_must_stay_open(contributions, rule, needed):
    assert protection_needed(contributions, rule) == pytest.approx(needed)


def money(contributions, **changes) -> OutputTable:
    frame = pd.DataFrame({"area": list("abcd")[: len(contributions)]})
    frame["spent"] = [float(np.sum(parts)) for parts in contributions]
    settings = {
        "name": "spending", "caption": "S", "frame": frame, "headers": {},
        "kinds": {"area": "text", "spent": "money"},
        "contributions": {"spent": tuple(tuple(parts) for parts in contributions)},
    }  # fmt: skip
    return OutputTable(**{**settings, **changes})


EVEN = [20.0] * 10
ONE_BIG = [300.0, 10.0, 10.0]


def test_a_dominated_total_goes_with_the_least_that_hides_it():
    table = money([EVEN, ONE_BIG, [30.0] * 9, [2.0] * 30])
    told = release_table(table, DisclosureRule()).frame["spent"]
    # by (2, 85%) 320 must stay open by 310 / 0.85 - 320 = 44.7: 60 next to it will do
    assert list(told) == [200.0, SUPPRESSED, 270.0, SUPPRESSED]


def test_an_average_that_one_dominates_goes_by_itself():
    told = release_table(money([EVEN, ONE_BIG], adds_up="not"), DisclosureRule()).frame["spent"]
    assert list(told) == [200.0, SUPPRESSED]


def test_dominance_can_be_switched_off_and_is_where_nothing_is_protected():
    table = money([EVEN, ONE_BIG])
    off = DisclosureRule(dominance=None, reason="The accounts are public.")
    public = DisclosureRule(threshold=0, reason="The accounts are public.")
    for rule in (off, public):
        assert SUPPRESSED not in list(release_table(table, rule).frame["spent"])


def test_contributions_of_other_rows_are_refused():
    table = money([EVEN, ONE_BIG])
    wrong = replace(table, contributions={"spent": (tuple(EVEN),)})
    assert release_table(table, DisclosureRule()).n_suppressed == 2
    with pytest.raises(DisclosureError, match=r"'spent' are given for 1 rows of 2\. Give those"):
        release_table(wrong, DisclosureRule())
