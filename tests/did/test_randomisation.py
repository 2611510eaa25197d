"""Starts dealt out at random: exact by enumeration, of the right size, indifferent to order."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from did.data import mpdta
from samples import panel_of_sample
from scipy import stats

import pbc_eval as pbc
from pbc_eval.errors import DesignError

pytestmark = pytest.mark.slow  # seconds, together


def panel_of(
    seed: int, n: int = 8, treated: int = 2, effect: float = 0.0, read=pbc.Panel.from_data, **roles
):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({"u": np.repeat(np.arange(n), 4), "t": list(range(1, 5)) * n})
    frame["g"] = np.where(frame["u"] < treated, 3, 0)
    frame["y"] = draw.normal(size=len(frame)) + np.repeat(draw.normal(size=n), 4)
    frame.loc[(frame["g"] > 0) & (frame["t"] >= 3), "y"] += effect
    frame["school"] = frame["u"] // 2
    return read(frame, unit="u", time="t", outcome="y", cohort="g", **roles), frame


def test_the_estimate_is_that_of_group_time_effects():
    found = pbc.randomisation_test(mpdta(), draws=99)
    simple = pbc.att_gt(mpdta()).aggregate("simple")
    assert found.estimate == pytest.approx(simple.estimate, abs=1e-12)
    assert found.statistic == pytest.approx(simple.estimate / simple.std_error, rel=0.03)


def test_the_p_value_is_that_of_every_way_to_choose_the_treated():
    panel, frame = panel_of(3, effect=2.0)
    wide = frame.pivot_table(index="u", columns="t", values="y")
    change = (wide[[3, 4]].mean(axis=1) - wide[2]).to_numpy()

    def statistic(chosen):
        inside = np.isin(np.arange(8), chosen)
        one, other = change[inside], change[~inside]
        spread = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
        return abs((one.mean() - other.mean()) / spread)

    every = [statistic(chosen) for chosen in combinations(range(8), 2)]
    exact = np.mean(np.array(every) >= statistic((0, 1)) * (1 - 1e-10))
    found = pbc.randomisation_test(panel, draws=9_999)
    assert found.p_value == pytest.approx(exact, abs=0.015)
    assert found.possible == len(every)
    assert found.treated == 2


def test_neither_names_nor_order_of_units_nor_unit_and_period_effects_matter():
    panel, frame = panel_of(5, effect=1.0)
    moved = frame.assign(y=3 * frame["y"] + frame["u"] ** 2 + frame["t"] * 7).sample(
        frac=1, random_state=1
    )
    again = pbc.Panel.from_data(moved, unit="u", time="t", outcome="y", cohort="g")
    one, other = pbc.randomisation_test(panel), pbc.randomisation_test(again)
    assert one.p_value == other.p_value
    assert other.estimate == pytest.approx(3 * one.estimate)


def test_clusters_are_dealt_out_whole():
    panel, _ = panel_of(6, n=12, treated=4, cluster="school")
    found = pbc.randomisation_test(panel, draws=199)
    assert (found.units, found.treated, found.possible) == (6, 2, 15)
    torn, _ = panel_of(6, n=12, treated=3, cluster="school")
    with pytest.raises(DesignError, match="several cohorts"):
        pbc.randomisation_test(torn)


@pytest.mark.soak
def test_three_treated_of_fourteen_are_blamed_as_often_as_promised():
    samples = (panel_of(s, n=14, treated=3, read=panel_of_sample)[0] for s in range(600))
    p = [pbc.randomisation_test(sample, draws=199).p_value for sample in samples]
    assert stats.binomtest(int((np.array(p) <= 0.1).sum()), 600, 0.1).pvalue > 0.001


def test_what_cannot_be_dealt_out_is_refused():
    panel, frame = panel_of(7)
    everyone = frame.assign(g=3)
    with pytest.raises(DesignError, match="never treated; there are none"):
        pbc.randomisation_test(
            pbc.Panel.from_data(everyone, unit="u", time="t", outcome="y", cohort="g")
        )
    with pytest.raises(DesignError, match="at least 99"):
        pbc.randomisation_test(panel, draws=10)
