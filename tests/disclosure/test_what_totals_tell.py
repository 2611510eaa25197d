"""Few who lack a value, or have no row in a table of parts, are not told by what is told of all."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from attacker import invented
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student

import pbc_eval as pbc
from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.checks.small_cohort_leads import Leads, leads_in_words
from pbc_eval.disclosure.release_evaluation import release
from pbc_eval.disclosure.review import NOT_ROUNDED, _groups_apart_by_few, _of_estimates
from pbc_eval.disclosure.sentences import released_sentence
from pbc_eval.disclosure.tables import release_table
from pbc_eval.errors import DataError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.parts_of_sample import _refuse_what_totals_tell
from pbc_eval.evaluation.record import OutputTable
from pbc_eval.results import AttEstimate

RULE = DisclosureRule()
ROUNDED = DisclosureRule(rounding=5)


def ledger(units: int, periods: int, lacking: int) -> OutputTable:
    """130 units over ``periods``; ``units`` of them lack the outcome in ``lacking`` periods each,
    and are left out whole."""
    read, gone = 130 * periods, units * lacking
    left = (130 - units) * periods
    frame = pd.DataFrame({
        "what": ["Read", "Outcome missing", "Incomplete units"],
        "rows_in": [read, read, read - gone],
        "rows_dropped": [0, gone, read - gone - left],
        "rows_left": [read, read - gone, left],
        "units_dropped": [0, 0, units],
    })  # fmt: skip
    counts = list(frame.columns[1:])
    return OutputTable(
        name="y-ledger", caption="Rows", frame=frame, headers={}, adds_up="in_steps",
        kinds={"what": "text", **dict.fromkeys(counts, "count")},
        governed_by={"rows_dropped": (), "units_dropped": ()},
    )  # fmt: skip


def units_that_were_lost(table: pd.DataFrame, periods: int) -> float:
    """The attack: all rows read less those that were kept, over the periods of each unit."""
    told = pd.to_numeric(table.replace("[c]", np.nan).stack(), errors="coerce").unstack()
    by_ends = told["rows_in"].iloc[0] - told["rows_left"].iloc[-1]
    by_steps = told["rows_dropped"].sum(skipna=False)
    return float(np.nanmax([by_ends, by_steps, -1])) / periods


def test_two_units_are_not_told_by_their_sixteen_rows():
    are_not_told(2, 8, 8)


@pytest.mark.soak
@settings(max_examples=8, deadline=None)
@given(st.integers(1, 9), st.integers(2, 12), st.data())
def test_few_units_are_not_told_by_their_rows(units, periods, data):
    are_not_told(units, periods, data.draw(st.integers(1, periods)))


def are_not_told(units: int, periods: int, lacking: int) -> None:
    before = ledger(units, periods, lacking)
    assert units_that_were_lost(before.frame.drop(columns="what"), periods) == units
    after = release_table(before, RULE).frame.drop(columns=["what", "units_dropped"])
    assert units_that_were_lost(after, periods) < 0
    assert after["rows_left"].iloc[-1] == (130 - units) * periods  # what was analysed is told


def test_rows_of_many_units_are_told():
    after = release_table(ledger(25, 8, 8), RULE)
    assert after.n_suppressed == 0


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    """Of 74 who start in three waves, three in the first."""
    frame = invented.panel({4: 3, 5: 30, 6: 41}, never=60, periods=6)
    spec = load_evaluation(invented.panel_evaluation(tmp_path_factory.mktemp("waves"), frame))
    panel = pbc.Panel.from_data(frame, unit="unit", time="t", outcome="y", cohort="start")
    return spec, panel, frame.groupby("unit")["start"].first()


@pytest.mark.parametrize(
    ("key", "make", "why"),
    [
        ("subgroups", lambda u, s: "east" if u in (1, 2, 3) else "nw"[u % 2], "no group that has"),
        ("subgroups", lambda u, s: "early" if s in (4, 5) or u < 30 else "late", "whole starts"),
        ("dose", lambda u, s: "much" if s == 6 else "little", "whole starts"),
        ("subgroups", lambda u, s: "nw"[u % 2], ""),
        ("subgroups", lambda u, s: "east" if u < 20 else "nw"[u % 2], ""),
    ],
)
def test_a_part_of_few_is_not_the_whole_less_the_other_parts(waves, key, make, why):
    spec, panel, start = waves
    groups = pd.Series({unit: make(unit, first) for unit, first in start.items()})
    treated = groups[start > 0].value_counts()
    comparison = groups[start == 0]
    if "no group" in why:  # the attacks: what the rows of the table leave of the totals
        assert (start == 0).sum() - comparison.isin(treated.index).sum() == 3
    elif why:
        assert treated.min() - 30 == 3 or (start > 0).sum() - treated.max() - 30 == 3
    if why:
        with pytest.raises(DataError, match=rf"design\.{key}: part: .*{why}"):
            _refuse_what_totals_tell(spec, panel, key, "part", groups)
    else:
        _refuse_what_totals_tell(spec, panel, key, "part", groups)


@pytest.mark.soak
def test_such_parts_stop_the_evaluation_of_a_file(tmp_path):
    frame = invented.panel({4: 30, 6: 41}, never=60)
    frame["region"] = ["east" if u in (1, 2, 3) else "nw"[u % 2] for u in frame["unit"]]
    folder = invented.panel_evaluation(tmp_path / "panel", frame)
    spec = load_evaluation(folder)
    asked = {"subgroups": ({"column": "region", "why": "Roads."},)}
    design = type(spec.design).model_validate({**spec.design.model_dump(), **asked})
    with pytest.raises(DataError, match=r"design\.subgroups: region"):
        evaluate(spec.model_copy(update={"design": design}))
    near = {"spillover": {"distance": "km", "rings": [5], "start": "begun"}}
    frame["km"] = np.where(frame["unit"] < 15, 2.0, 50.0)
    frame["begun"] = np.where(frame["unit"] < 3, np.nan, 4.0)  # three whose start is not known
    invented.panel_evaluation(folder, frame)
    design = type(spec.design).model_validate({**spec.design.model_dump(), **near})
    with pytest.raises(DataError, match=r"design\.spillover\.start: 'begun' is empty for fewer"):
        evaluate(load_evaluation(folder).model_copy(update={"design": design}))
    frame.loc[frame["unit"].isin([61, 62]), "y"] = np.nan  # and a ledger from end to end
    invented.panel_evaluation(folder, frame)
    (finding,) = release(evaluate(load_evaluation(folder))).findings
    rows = finding.table("ledger").frame
    assert units_that_were_lost(rows.drop(columns=["what", "why", "units_dropped"]), 8) < 0


def outcome_with(name: str, units: list[int]):
    frame = pd.DataFrame({"group": list("abc")[: len(units)], "units": units})
    table = OutputTable(
        name=f"{name}-groups", caption="G", frame=frame, headers={}, group_by="group",
        kinds={"group": "text", "units": "count"}, governed_by={"units": ()},
    )  # fmt: skip
    return SimpleNamespace(outcome=SimpleNamespace(id=name), table=lambda kind: table)


def test_a_group_with_few_more_in_another_outcome_is_looked_at_though_totals_differ_by_many():
    first = outcome_with("x", [60, 30, 41])
    assert [*_groups_apart_by_few([first, outcome_with("y", [40, 28, 41])], RULE)] == ["x and y"]
    assert not [*_groups_apart_by_few([first, outcome_with("y", [40, 20, 41])], RULE)]


def test_where_counts_are_rounded_the_errors_that_undo_it_are_for_review():
    """The attack: the interval over its error is a point of the t distribution, and its degrees of
    freedom are the number of clusters less one."""
    estimate = AttEstimate(
        term="y", estimate=-2.06, std_error=0.176, n_treated=71, n_comparison=37,
        method=SimpleNamespace(), degrees_of_freedom=107.0,
    )  # fmt: skip
    point = (estimate.conf_high - estimate.estimate) / estimate.std_error
    fits = [n for n in range(105, 111) if abs(_t_point(n - 1) - point) < 1e-9]
    assert fits == [108]
    finding = SimpleNamespace(outcome=SimpleNamespace(id="y"), headline=estimate, alternatives=())
    assert _of_estimates(finding, ROUNDED).reason == NOT_ROUNDED
    assert _of_estimates(finding, ROUNDED).status == "review"
    assert _of_estimates(finding, RULE).status == "pass"


def _t_point(degrees: int) -> float:
    return float(student.ppf(0.975, degrees))


def degrees_that_fit(p_of_t: float, p_of_normal: float, effects: int) -> list[int]:
    """The attack: from the p-value with the error known follows the statistic, and from the other,
    by t, the degrees of freedom; both times the number of effects, to three decimals."""
    statistic = norm.isf(p_of_normal / effects / 2)
    return [d for d in range(1, 10) if round(effects * 2 * student.sf(statistic, d), 3) == p_of_t]


def test_of_a_small_group_two_p_values_do_not_tell_how_many_it_has():
    leads = Leads(times=2, pooled=0.776, largest=(4, "3"), single=0.7764, unguarded=0.548)
    for units, rule in ((3, RULE), (12, RULE), (3, DisclosureRule(threshold=0, reason="public"))):
        words = str(released_sentence(leads_in_words(leads, [(4, units)]), rule))
        told = re.search(
            r"4 in 3, p = (0\.\d+)(?: \(p = (0\.\d+) if its error were known\))?", words
        )
        single, unguarded = told.groups()
        assert float(single) == 0.776
        if unguarded:
            assert degrees_that_fit(0.776, float(unguarded), 2) == [2]
        assert bool(unguarded) is (units >= rule.threshold)
