"""Starts that are lots stand as lots do before, and starts that are not do not."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES, random_frame
from samples import panel_of_sample
from scipy import stats

from pbc_eval.checks import Examined
from pbc_eval.checks.random_starts import CHECK, check_random_starts
from pbc_eval.did.starts_alike import starts_alike
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # seconds, together


def read(frame, **roles):
    return Panel.from_data(frame, **(ROLES | roles))


def frame_of(seed, sizes=(30, 20, 20), effect=0.0, early=0.0):
    """Cohorts 0, 3 and 4 of these sizes; ``early``: how much higher those who start at 3 stand."""
    draw = np.random.default_rng(seed)
    cohort = np.repeat([0, 3, 4], sizes)
    units = pd.DataFrame({"unit": np.arange(len(cohort)), "cohort": cohort})
    units["level"] = draw.normal(0, 1, len(units)) + early * (cohort == 3)
    frame = units.merge(pd.DataFrame({"time": range(1, 6)}), how="cross")
    on = (frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])
    frame["y"] = frame["level"] + effect * on + 0.5 * draw.normal(size=len(frame))
    return frame


def test_the_test_of_one_start_is_every_lot_that_could_have_been_drawn():
    frame = frame_of(1, sizes=(5, 3, 0))
    before = frame[frame["time"] == 2].set_index("unit")["y"].to_numpy()

    def apart(first):
        return before[list(first)].mean() - np.delete(before, list(first)).mean()

    every = np.array([apart(first) for first in combinations(range(8), 3)])
    own = apart((5, 6, 7))
    alike = starts_alike(read(frame), draws=9_999)
    assert alike.difference[0] == pytest.approx(own)
    assert alike.spread[0] == pytest.approx(every.std(), rel=0.02)
    assert alike.p_value == pytest.approx(np.mean(np.abs(every) >= abs(own) - 1e-9), abs=0.02)


def test_effects_of_earlier_starts_are_no_difference_before_later_ones():
    with_effect, without = (starts_alike(read(frame_of(3, effect=e))) for e in (5.0, 0.0))
    assert list(with_effect.difference) == pytest.approx(list(without.difference), abs=1e-12)
    assert with_effect.p_value == without.p_value


@pytest.mark.soak
def test_the_p_value_is_uniform_where_lots_decided():
    samples = (panel_of_sample(frame_of(s), **ROLES) for s in range(120))
    p_values = [starts_alike(sample, draws=199).p_value for sample in samples]
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_those_who_stood_higher_before_are_told():
    alike = starts_alike(read(frame_of(2, early=2.0)))
    made = check_random_starts(alike)
    assert made.status == "fail"
    assert "all but one of a thousand" in str(made.sentence)
    assert list(made.table["cohort"]) == [3, 4]


def test_whole_clusters_are_dealt_out():
    frame = frame_of(4)
    frame["cluster"] = frame["unit"] // 5
    by_cluster, alone = starts_alike(read(frame, cluster="cluster")), starts_alike(read(frame))
    assert list(by_cluster.difference) == pytest.approx(list(alone.difference))
    assert by_cluster.units[0] == (4, 10)


def test_what_cannot_be_tested_is_for_review_and_says_why():
    panel = read(random_frame(1).drop(index=2), missing="pairs")
    with pytest.raises(DesignError, match="complete_units"):
        starts_alike(panel)
    made = CHECK.run(Examined(panel=panel, starts_at_random=True))
    assert made.status == "review"
    assert "every unit in every period" in str(made.sentence)
    assert CHECK.run(Examined(panel=panel)) is None
