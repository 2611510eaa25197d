"""A report with very many groups is not kept waiting by one regression over all of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pbc_eval.did import saturated_average, saturated_cells
from pbc_eval.did.cohort_regression import regress
from pbc_eval.did.estimator import EstimatorOptions
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.did.extended_two_way import extended_two_way
from pbc_eval.did.interaction_weighted import interaction_weighted
from pbc_eval.did.regression_cells import indicators
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # seconds, together

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
def test_too_many_effects_in_one_regression_are_left_out_with_what_to_use(name, monkeypatch):
    monkeypatch.setattr(saturated_cells, "MOST_EFFECTS", 300)
    panel = panel_of(20, 23)
    with pytest.raises(DesignError, match=r"460 effects.*Use group_time or imputation") as error:
        ESTIMATORS[name].effects(panel, OPTIONS)
    assert "300 effects" in str(error.value.rule)
    assert ESTIMATORS["imputation"].effects(panel, OPTIONS)  # the remedy, tried


@pytest.mark.parametrize("name", ["extended_two_way", "interaction_weighted"])
def test_many_groups_that_can_be_are_estimated(name):
    assert ESTIMATORS[name].effects(panel_of(30, 33), OPTIONS)


def test_inference_that_goes_through_each_effect_says_how_many_are_too_many(monkeypatch):
    monkeypatch.setattr(saturated_average, "MOST_EFFECTS", 100)
    with pytest.raises(DesignError, match=r"here 440, and the most is 100"):
        saturated_average.saturated_average(panel_of(20, 23), "interaction_weighted", "wild")


def dense(moments, plan, cells, owner):
    x, names = indicators(plan, cells, moments.path.shape[1])
    return regress(moments, x, names, owner)


@settings(max_examples=4)
@given(data=st.data())
def test_cell_by_cell_gives_what_the_regression_on_all_indicators_gives(data):
    """Effects, covariance, parts of small cohorts and what is refused: the two are one."""
    periods = data.draw(st.integers(3, 6))
    sizes = data.draw(st.lists(st.integers(0, 4), min_size=periods, max_size=periods))
    starts = np.repeat([0, *range(2, periods + 1)], sizes)
    seed, clusters = data.draw(st.integers(0, 2**32 - 1)), data.draw(st.booleans())
    random, n = np.random.default_rng(seed), len(starts)
    frame = pd.DataFrame({
        "unit": np.repeat(np.arange(n), periods), "time": np.tile(np.arange(1, periods + 1), n),
        "start": np.repeat(starts, periods), "y": random.normal(size=n * periods),
        "w": np.repeat(random.choice([0.5, 1.0, 3.0], n), periods),
        "k": np.repeat(random.integers(0, 5, n), periods),
    })  # fmt: skip
    roles = {"weight": "w", **({"cluster": "k"} if clusters else {})}
    try:
        panel = Panel.from_data(
            frame, unit="unit", time="time", cohort="start", outcome="y", **roles
        )
    except (DesignError, DataError):
        assume(False)
    for estimator in (extended_two_way, interaction_weighted):
        by_cell = outcome_of(estimator, panel)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(saturated_cells, "saturated_regression", dense)
            by_indicators = outcome_of(estimator, panel)
        if isinstance(by_indicators, str):
            assert by_cell == by_indicators
            continue
        one, other = by_cell.cells, by_indicators.cells
        close(one.estimate, other.estimate)
        close(one.joint, other.joint)
        close(one.before.covariance, other.before.covariance)
        assert one.small.cohort == other.small.cohort
        for root, same in zip(one.small.roots, other.small.roots, strict=True):
            close(root @ root.T, same @ same.T)
        assert by_cell.method == by_indicators.method


def outcome_of(estimator, panel):
    try:
        return estimator(panel)
    except DesignError as error:
        return str(error)


def close(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_what_others_leave_too_little_of_is_refused_by_name_as_before(monkeypatch):
    """A cohort beside which all others weigh nothing: its cells follow from the periods."""
    starts = np.repeat([0, 3], [1, 3])
    frame = pd.DataFrame({
        "unit": np.repeat(np.arange(4), 4), "time": np.tile(np.arange(1, 5), 4),
        "start": np.repeat(starts, 4), "y": np.arange(16.0) ** 0.5,
        "w": np.repeat([1e-11, 1.0, 1.0, 1.0], 4),
    })  # fmt: skip
    panel = Panel.from_data(
        frame, unit="unit", time="time", cohort="start", outcome="y", weight="w"
    )
    with pytest.raises(DesignError, match="determine cell 1, 2, cell 1, 3"):
        extended_two_way(panel)
