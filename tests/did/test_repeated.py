"""Repeated cross-sections: the panel seen without its units, closed forms, ledger and refusals."""

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES, random_frame, with_gaps

from pbc_eval.checks.few_clusters import check_few_clusters
from pbc_eval.checks.placebo import check_placebo_in_space
from pbc_eval.checks.pretrends import check_pretrends
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.two_way import two_way
from pbc_eval.errors import DataError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # each estimate is held against a slow twin

CROSS = ROLES | {"unit": None}
KINDS = ("simple", "event", "cohort", "calendar")


@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize("weight", [None, "weight"])
def test_clustered_by_unit_a_complete_panel_gives_the_panel_s_answers(control_group, weight):
    frame = random_frame(seed=1)
    panel = att_gt(Panel.from_data(frame, weight=weight, **ROLES), control_group=control_group)
    cross = att_gt(
        Panel.from_data(frame, weight=weight, cluster="unit", **CROSS), control_group=control_group
    )
    np.testing.assert_allclose(cross.cells.estimate, panel.cells.estimate, atol=1e-11)
    np.testing.assert_allclose(cross.cells.joint, panel.cells.joint, atol=1e-11)
    for kind in KINDS:
        one, two = panel.aggregate(kind), cross.aggregate(kind)
        assert two.estimate == pytest.approx(one.estimate, abs=1e-11)
        assert two.std_error == pytest.approx(one.std_error, abs=1e-11)
    assert check_pretrends(cross).p_value == pytest.approx(check_pretrends(panel).p_value)


def test_independent_rows_are_four_means_and_their_variances():
    frame = with_gaps(random_frame(seed=2, n=200), seed=1)
    cells = att_gt(Panel.from_data(frame, **CROSS)).to_frame()
    groups = frame.groupby(["cohort", "time"])["y"]
    mean, error = groups.mean(), groups.var(ddof=0) / groups.size()
    for row in cells.itertuples():
        ends = [(row.cohort, row.time), (row.cohort, row.base), (0, row.time), (0, row.base)]
        signs = np.array([1, -1, -1, 1])
        assert row.estimate == pytest.approx(signs @ [mean[end] for end in ends], abs=1e-11)
        assert row.std_error == pytest.approx(np.sqrt(sum(error[end] for end in ends)), abs=1e-11)
        assert row.n_treated == groups.size()[ends[0]] + groups.size()[ends[1]]


@pytest.mark.parametrize("clustered", [False, True])
def test_averages_are_sums_of_influences_row_by_row(clustered):
    frame = with_gaps(random_frame(seed=3), seed=2).reset_index(drop=True)
    panel = Panel.from_data(
        frame, weight="weight", cluster="cluster" if clustered else None, **CROSS
    )
    found = att_gt(panel, control_group="not_yet_treated").aggregate("simple")
    w = frame["weight"]
    share = {g: w[frame["cohort"] == g].sum() / w.sum() for g in (3, 5, 6)}
    times = sorted(frame["time"].unique())
    cells = []
    for g in share:
        base = max(t for t in times if t < g)
        for t in (t for t in times if t >= g):
            effect, influence = 0.0, pd.Series(0.0, frame.index)
            for time, sign in ((t, 1), (base, -1)):
                here = frame["time"] == time
                control = here & ((frame["cohort"] == 0) | (frame["cohort"] > max(t, base)))
                for side, towards in ((here & (frame["cohort"] == g), 1), (control, -1)):
                    mean = np.average(frame.loc[side, "y"], weights=w[side])
                    effect += sign * towards * mean
                    influence += sign * towards * side * w * (frame["y"] - mean) / w[side].sum()
            cells.append((g, effect, influence))
    total = sum(share[g] for g, _, _ in cells)
    average = sum(share[g] * effect for g, effect, _ in cells) / total
    influence = sum(share[g] * own for g, _, own in cells) / total
    for g, effect, _ in cells:
        indicator = w * ((frame["cohort"] == g) - share[g]) / w.sum()
        influence = influence + indicator * (effect - average) / total
    if clustered:
        influence = influence.groupby(frame["cluster"]).sum()
    assert found.estimate == pytest.approx(average, abs=1e-11)
    assert found.std_error == pytest.approx(np.sqrt((influence**2).sum()), abs=1e-11)


def test_a_large_level_does_not_matter():
    frame = random_frame(seed=4)
    frame["y"] = np.round(frame["y"] * 2**17) / 2**17
    one, two = (
        att_gt(Panel.from_data(f, **CROSS)).cells for f in (frame, frame.assign(y=frame["y"] + 1e9))
    )
    np.testing.assert_allclose(one.joint, two.joint, atol=1e-6)
    np.testing.assert_allclose(one.estimate, two.estimate, atol=1e-6)


def test_the_ledger_says_what_was_left_out():
    frame = random_frame(seed=5).reset_index(drop=True)
    frame.loc[frame.index[:3], "y"] = np.nan
    frame.loc[frame["unit"] == 50, "cohort"] = 1
    with pytest.raises(DataError, match=r"3 of 300 rows have no 'y'\. Choose: complete the data"):
        Panel.from_data(frame, **CROSS)
    panel = Panel.from_data(frame, missing="complete_units", **CROSS)
    dropped = {step.what: step.rows_dropped for step in panel.ledger.steps}
    assert dropped == {"read": 0, "outcome missing": 3, "treated in the first period": 5}
    assert panel.ledger.rows == panel.n_units == 292
    assert "a unit here is one row" in panel.ledger.notes[-1]


def test_a_cohort_never_seen_before_treatment_has_a_reason():
    frame = random_frame(seed=6).query("not (cohort == 3 and time < 3)")
    cells = att_gt(Panel.from_data(frame, **CROSS)).to_frame()
    lost = cells[cells["cohort"] == 3]
    assert set(lost["reason"]) == {"no treated unit observed in both periods"}
    assert lost["estimate"].isna().all()


def test_what_needs_units_says_so():
    panel = Panel.from_data(random_frame(seed=7), **CROSS)
    assert "repeated cross-sections" in check_placebo_in_space(panel).sentence
    assert check_few_clusters(panel).table["clusters"].iloc[2] == 300
    assert att_gt(panel).method.clustering == "none: rows are independent"
    for refused in (panel.arrays, panel.moments, lambda: two_way(panel)):
        with pytest.raises(DataError, match="no unit is followed over time"):
            refused()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"y": np.inf}, {}, "in 300 rows 'y' is infinite"),
        ({"weight": -1.0}, {"weight": "weight"}, "weight 'weight' is negative or infinite"),
        ({"weight": np.nan}, {"weight": "weight"}, r"there is no weight \('weight'\)"),
        ({"cluster": None}, {"cluster": "cluster"}, "there is no cluster"),
        ({"weight": np.inf}, {"covariates": ["weight"]}, "300 rows covariate 'weight' is infinite"),
        ({"y": "many"}, {}, "300 rows hold words: 'many'"),
    ],
)
def test_contradictions_are_refused(change, options, message):
    with pytest.raises(DataError, match=message):
        Panel.from_data(random_frame(seed=8).assign(**change), **options, **CROSS)
