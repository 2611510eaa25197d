"""No unit vanishes without a line: by reason, by arm; and codes that changed are pointed out."""

import numpy as np
import pytest
from did.data import ROLES, random_frame, with_gaps
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.checks.few_clusters import check_few_clusters
from pbc_eval.checks.identifiers import check_identifiers
from pbc_eval.did.group_time import att_gt
from pbc_eval.errors import DataError
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.unit_effects import with_effects_only

pytestmark = pytest.mark.slow  # seconds, together


def read(frame, **roles) -> Panel:
    return Panel.from_data(frame, **{**ROLES, "missing": "pairs", **roles})


def test_each_reason_has_its_line_by_arm():
    frame = random_frame(seed=3)
    first = frame.groupby("unit")["cohort"].first()
    treated = first.index[first == 5]
    never = first.index[first == 0]
    gone = (
        ((frame.unit == treated[0]) & (frame.time < 5))  # seen once treated only
        | ((frame.unit == treated[1]) & (frame.time >= 5))  # before only
        | ((frame.unit == never[0]) & (frame.time > 1))  # once
        | ((frame.unit == never[1]) & (frame.time != 3))  # once
    )
    panel = with_effects_only(read(frame[~gone]), at_base=False)
    lines = {str(step.what): step for step in panel.ledger.steps}
    assert "0 treated, 2 comparison" in str(lines["seen in one period only"].why)
    assert "1 treated, 0 comparison" in str(lines["not seen before treatment"].why)
    assert "1 treated, 0 comparison" in str(lines["not seen once treated"].why)
    assert lines["not seen before treatment"].units == (str(treated[0]),)
    assert panel.n_units == len(first) - 4
    assert panel.ledger.rows == frame[~gone & ~frame.unit.isin(
        [treated[0], treated[1], never[0], never[1]]
    )].shape[0]  # fmt: skip


def test_complete_panels_and_cross_sections_are_left_alone():
    panel = read(random_frame(seed=3))
    assert with_effects_only(panel) is panel
    rows = read(random_frame(seed=3), unit=None, missing="refuse")
    assert with_effects_only(rows) is rows


def test_units_in_no_effect_move_no_effect():
    """What leaves had no part in any cell from treatment on: only shares and counts move."""
    frame = with_gaps(random_frame(seed=8), seed=4, share=0.5)
    panel = read(frame)
    before, after = att_gt(panel).to_frame(), att_gt(with_effects_only(panel)).to_frame()
    treated = before.event_time >= 0
    np.testing.assert_allclose(before.estimate[treated], after.estimate[treated], rtol=1e-12)
    np.testing.assert_allclose(before.std_error[treated], after.std_error[treated], rtol=1e-12)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.1, 0.5))
def test_counts_agree_everywhere(seed, share):
    frame = with_gaps(random_frame(seed, n=40), seed, share)
    panel = with_effects_only(read(frame))
    if not panel.cohort_units[0] or not sum(panel.cohort_units[1:]):
        return
    checked = check_few_clusters(panel).table.set_index("side")["clusters"]
    assert checked["treated"] == sum(panel.cohort_units[1:])
    assert checked["comparison"] == panel.cohort_units[0]
    assert panel.ledger.units == panel.n_units == checked["all"]
    dropped = sum(step.units_dropped for step in panel.ledger.steps)
    assert dropped + panel.n_units == frame["unit"].nunique()
    cells = att_gt(panel).to_frame()
    if cells.estimate[cells.event_time >= 0].isna().any():
        return  # a cell that nobody is seen in both periods of
    overall = att_gt(panel).aggregate().overall
    assert overall.n_comparison == panel.cohort_units[0]
    assert overall.n_treated == sum(panel.cohort_units[1:])


# --- identifiers that stop where others begin ---


def recoded(units=2, at=5):
    frame = random_frame(seed=6)
    mine = frame["unit"].isin(range(units)) & (frame["time"] >= at)
    return frame.assign(
        unit=frame["unit"].astype(str).where(~mine, "new " + frame.unit.astype(str))
    )


@pytest.mark.parametrize("missing", ["pairs", "complete_units"])
def test_identifiers_that_stop_where_others_begin_are_pointed_out(missing):
    result = check_identifiers(read(recoded(), missing=missing))
    assert result.status == "review"
    assert "0, 1 last seen in 3, new 0, new 1 first seen in 5" in str(result.sentence)
    assert result.table["stopped"].tolist() == result.table["begun"].tolist() == [2]


def test_the_refusal_of_gaps_names_them_too():
    with pytest.raises(DataError, match=r"Identifiers stop where others begin \(0, 1 last seen"):
        read(recoded(), missing="refuse")


def test_units_that_come_and_go_are_no_changed_codes():
    assert check_identifiers(read(random_frame(seed=6))) is None
    assert check_identifiers(read(with_gaps(random_frame(seed=6), seed=1, share=0.1))) is None
    assert check_identifiers(read(recoded(units=25))) is None  # a rotating panel
