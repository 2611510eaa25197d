"""with_outcomes: the same units with other outcomes are what a panel read anew would be."""

import numpy as np
import pandas as pd
import pytest

import pbc_eval as pbc
from pbc_eval.errors import DataError
from pbc_eval.panel.parts import with_outcomes

ROLES = {"unit": "id", "time": "t", "outcome": "y", "cohort": "g", "cluster": "k", "weight": "w"}
UNITS, PERIODS = 30, 4


def frame(seed):
    draw = np.random.default_rng(seed)
    units = pd.DataFrame(
        {
            "id": [f"unit {number:02}" for number in draw.permutation(UNITS)],
            "g": np.repeat([0, 3, 4], UNITS // 3),
            "k": [f"place {number}" for number in draw.integers(0, 9, UNITS)],
            "w": draw.uniform(1, 5, UNITS),
        }
    )
    long = units.merge(pd.DataFrame({"t": range(1, PERIODS + 1)}), how="cross")
    return long.assign(y=draw.standard_normal(len(long))).sample(frac=1, random_state=seed)


def test_other_outcomes_of_the_same_units_give_what_a_panel_read_anew_gives():
    data = frame(1)
    others = data.assign(y=data["y"] ** 3)
    wide = others.pivot(index="id", columns="t", values="y").sort_index()
    first = pbc.Panel.from_data(data, **ROLES)
    before = first.arrays().outcome.copy()
    moved = pbc.att_gt(with_outcomes(first, wide.to_numpy())).to_frame()
    anew = pbc.att_gt(pbc.Panel.from_data(others, **ROLES)).to_frame()
    pd.testing.assert_frame_equal(moved, anew, check_exact=True)
    assert np.array_equal(first.arrays().outcome, before)


def test_other_outcomes_are_for_units_that_are_seen_in_every_period():
    panel = pbc.Panel.from_data(frame(2).iloc[1:], **ROLES, missing="pairs")
    with pytest.raises(DataError, match="read the panel with missing='complete_units'"):
        with_outcomes(panel, np.zeros((UNITS, PERIODS)))
