"""A report with very many groups is not kept waiting by one regression over all of them."""

import numpy as np
import pandas as pd
import pytest

from pbc_eval.did.estimator import EstimatorOptions
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.did.saturated_cells import MOST_EFFECTS
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

OPTIONS = EstimatorOptions(level=0.95, seed=1)


def panel_of(groups, periods):
    starts = np.repeat([0, *range(3, 3 + groups)], [5, *([1] * groups)])
    n = len(starts)
    frame = pd.DataFrame({
        "unit": np.repeat(np.arange(n), periods), "time": np.tile(np.arange(1, periods + 1), n),
        "start": np.repeat(starts, periods),
        "y": np.random.default_rng(0).normal(size=n * periods),
    })  # fmt: skip
    return Panel.from_data(frame, unit="unit", time="time", cohort="start", outcome="y")


@pytest.mark.parametrize("name", ["extended_two_way", "interaction_weighted"])
def test_too_many_effects_in_one_regression_are_left_out_with_what_to_use(name):
    panel = panel_of(50, 53)
    assert MOST_EFFECTS < 50 * 53
    with pytest.raises(DesignError, match=r"2,650 effects.*Use group_time or imputation") as error:
        ESTIMATORS[name].effects(panel, OPTIONS)
    assert "2,500 effects" in str(error.value.rule)
    assert ESTIMATORS["imputation"].effects(panel, OPTIONS)  # the remedy, tried


@pytest.mark.parametrize("name", ["extended_two_way", "interaction_weighted"])
def test_many_groups_that_can_be_are_estimated(name):
    assert ESTIMATORS[name].effects(panel_of(12, 16), OPTIONS)
