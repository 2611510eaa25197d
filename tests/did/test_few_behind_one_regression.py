"""Regressions of one coefficient allow for few clusters, as averages of cohorts do."""

import numpy as np
import pandas as pd
import pytest

import pbc_eval as pbc

pytestmark = pytest.mark.slow  # seconds, together

KEYS = {"unit": "id", "time": "t", "outcome": "y", "cohort": "g"}


def panel(treated: int, seed: int, *, gap: bool = False) -> pbc.Panel:
    """Random walks without any effect: ``treated`` units from 2003 on, forty never."""
    walks = np.random.default_rng(seed).normal(size=(treated + 40, 6)).cumsum(axis=1)
    rows = [
        (u, 2000 + t, 2003 if u < treated else 0, y)
        for u, walk in enumerate(walks)
        for t, y in enumerate(walk)
        if not (gap and u == treated and t == 5)
    ]
    frame = pd.DataFrame(rows, columns=["id", "t", "g", "y"])
    return pbc.Panel.from_data(frame, **KEYS, missing="pairs")


@pytest.mark.parametrize("gap", [False, True])
def test_few_treated_widen_the_interval_and_say_so(gap):
    few, many = (pbc.two_way(panel(n, 3, gap=gap)) for n in (3, 30))
    assert few.small_sample_factor > 1
    assert few.degrees_of_freedom < 5
    assert "few clusters carry much of the error" in str(few.method.notes[-1])
    assert many.small_sample_factor == 1
    assert many.degrees_of_freedom == 69
    assert not any("few clusters" in str(note) for note in many.method.notes)
    study = pbc.two_way_event_study(panel(3, 3, gap=gap))
    assert all(e.small_sample_factor > 1 for e in (*study.effects, study.overall))


@pytest.mark.parametrize("gap", [False, True])
def test_an_event_time_of_one_cluster_has_no_error(gap):
    study = pbc.two_way_event_study(panel(1, 3, gap=gap))
    for e in (*study.effects, study.overall):
        assert e.std_error is None
        assert "one treated cluster" in str(e.reason)


@pytest.mark.soak
@pytest.mark.parametrize("treated", [2, 3])
def test_intervals_of_few_treated_hold_the_truth(treated):
    """A nominal 95 % interval held it in 69 and 79 %."""
    held = np.array(
        [
            [e.conf_low < 0 < e.conf_high for e in (pbc.two_way(p), s.overall, s.effects[-1])]
            for p in (panel(treated, seed) for seed in range(60))
            for s in (pbc.two_way_event_study(p),)
        ]
    ).mean(axis=0)
    assert (held > 0.86).all(), held
