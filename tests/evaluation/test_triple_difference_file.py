"""Triple differences from an evaluation file: numbers, the four groups, what is left out and says
so."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.checks import checks_for
from pbc_eval.checks.few_clusters import check_few_clusters_by_eligibility
from pbc_eval.checks.pretrends import check_pretrends
from pbc_eval.did.compare import specifications
from pbc_eval.did.leave_out import leave_one_out
from pbc_eval.errors import DataError, DesignError, SpecError
from pbc_eval.evaluation.by_eligibility import ELIGIBLE_ALONE
from pbc_eval.evaluation.outcome_panel import total_scale
from pbc_eval.evaluation.preflight import problems_of
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.panel.unit_effects import side_of
from pbc_eval.report.words import facts
from pbc_eval.report.words.design_words import planned_checks

pytestmark = pytest.mark.slow  # seconds, together

GOLDEN = Path(__file__).parents[1] / "golden" / "did"
TRIPLE = {"estimator": "triple_difference"}


def frame_of(seed=3, n=240, starts=(0, 3, 5), effect=2.0):
    """Poor households move apart from others everywhere, places move apart from each other, and
    the programme reaches the poor alone."""
    draw = np.random.default_rng(seed)
    units = pd.DataFrame({"unit": [f"u{i:03}" for i in range(n)]})
    units["cohort"] = draw.choice(starts, n)
    units["poor"] = np.where(draw.random(n) < 0.5, "Yes", "No")
    units["level"] = draw.normal(10, 1, n)
    frame = units.merge(pd.DataFrame({"time": range(1, 7)}), how="cross")
    poor = frame["poor"] == "Yes"
    on = poor & (frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])
    apart = 0.3 + 0.4 * poor + 0.2 * (frame["cohort"] > 0)
    frame["y"] = frame["level"] + apart * frame["time"] + effect * on
    frame["y"] += 0.5 * draw.normal(size=len(frame))
    return frame.drop(columns="level")


def spec_of(folder, frame, data=None, design=None, people=False, total=None):
    """An evaluation of ``frame``: what differs is in ``data`` and ``design``; None leaves out."""
    folder.mkdir(exist_ok=True)
    frame.to_csv(folder / "units.csv", index=False)
    roles = {"file": "units.csv", "unit": "unit", "time": "time", "cohort": "cohort"}
    outcome = {"id": "y", "label": "Meals", "unit": "meals", "column": "y"}
    outcome |= {"direction": "higher_is_better"} | ({"total": total} if total else {})
    text = {
        **{"id": "meals", "title": "Meals", "edition": "2026-1", "status": "provisional"},
        "contract": {
            **{"commissioner": "A", "provider": "B", "start": "2020-01-01"},
            **{"currency": "GBP", "summary": "A programme."},
        },
        "data": roles | {"eligible": "poor"} | (data or {}),
        "design": {
            "method": "difference_in_differences",
            "rationale": "Poor and other households would have moved apart alike.",
        }
        | (TRIPLE if design is None else design),
        "outcomes": [outcome],
        "publication": {
            **{"contact": "a@example.org", "licence": "CC0", "release_date": "2026-06-30"},
            **{"data_status": "synthetic", "data_notice": "Drawn at random."},
            "disclosure": {} if people else {"counts": "bodies"},
        },
    }
    (folder / "evaluation.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    return pbc.load_evaluation(folder)


def panel_of(frame, **roles):
    named = {"unit": "unit", "time": "time", "outcome": "y", "cohort": "cohort"}
    return pbc.Panel.from_data(frame, **(named | {"eligible": "poor"} | roles))


@pytest.fixture(scope="module")
def frame():
    return frame_of()


@pytest.fixture(scope="module")
def evaluated(frame, tmp_path_factory):
    total = {"of": "unit_periods", "unit": "meals"}
    folder = tmp_path_factory.mktemp("triple") / "meals"
    return pbc.evaluate(spec_of(folder, frame, people=True, total=total))


@pytest.fixture(scope="module")
def finding(evaluated):
    return evaluated.findings[0]


def table_of(finding, kind):
    return finding.table(kind).frame


# --- numbers ---


@pytest.mark.slow
def test_the_headline_and_every_cell_of_a_file_are_those_of_diffdiff(tmp_path):
    counties = pd.read_csv(GOLDEN / "mpdta.csv").rename(columns={"first.treat": "cohort"})
    one_in = counties["cohort"].map({0: 4, 2004: 2, 2006: 3, 2007: 5})  # as make_diffdiff.py has it
    counties["poor"] = (counties["countyreal"] // 2) % one_in != 0
    counties = counties.rename(columns={"countyreal": "unit", "year": "time", "lemp": "y"})
    (finding,) = pbc.evaluate(spec_of(tmp_path / "counties", counties)).findings
    theirs = json.loads((GOLDEN / "diffdiff.json").read_text())["triple, reg, varying"]
    ours = (finding.headline.estimate, finding.headline.std_error)
    assert ours == pytest.approx(theirs["simple"], rel=1e-9, abs=1e-12)
    cells = table_of(finding, "cells").set_index(["cohort", "time"])
    for cohort, time, estimate, error in theirs["cells"]:
        row = cells.loc[(cohort, time), ["estimate", "std_error"]]
        assert list(row) == pytest.approx([estimate, error], rel=1e-9, abs=1e-12)


@pytest.mark.slow
@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    seed=st.integers(0, 10_000),
    headline=st.sampled_from(["simple", "event", "cohort", "calendar"]),
    control_group=st.sampled_from(["never_treated", "not_yet_treated"]),
    anticipation=st.integers(0, 1),
)
@pytest.mark.soak
def test_the_headline_is_that_of_python_whatever_is_asked(
    tmp_path_factory, seed, headline, control_group, anticipation
):
    frame = frame_of(seed, n=160)
    asked = {"control_group": control_group, "anticipation": anticipation}
    waived = [
        {"check": check, "reason": "Drawn at random, and of interest for its number alone."}
        for check in ("pre_trends", "few_clusters")
    ]
    spec = spec_of(
        tmp_path_factory.mktemp("any") / "meals",
        frame,
        design=TRIPLE | asked | {"headline": headline, "waivers": waived},
    )
    (finding,) = pbc.evaluate(spec).findings
    effects = pbc.triple_difference(panel_of(frame), **asked)
    wanted = effects.aggregate(headline).overall
    assert finding.headline.estimate == pytest.approx(wanted.estimate, rel=1e-9, abs=1e-12)
    assert finding.headline.std_error == pytest.approx(wanted.std_error, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("written", [{"Yes": 1, "No": 0}, {"Yes": True, "No": False}])
def test_eligibility_reads_the_same_however_it_is_written(frame, written):
    plain, other = panel_of(frame), panel_of(frame.assign(poor=frame["poor"].map(written)))
    made = [pbc.triple_difference(panel).to_frame()["estimate"] for panel in (plain, other)]
    np.testing.assert_array_equal(*made)


def test_totals_and_levels_are_of_the_eligible_alone(frame, finding):
    reached = frame[(frame["poor"] == "Yes") & (frame["cohort"] > 0)]
    on = reached[reached["time"] >= reached["cohort"]]
    assert finding.measured.total_scale == len(on)
    assert finding.headline.n_treated == reached["unit"].nunique()
    without = on["y"].mean() - finding.headline.estimate
    assert finding.headline.counterfactual_mean == pytest.approx(without)


def test_a_weighted_total_weighs_the_eligible_alone(frame, tmp_path):
    weighted = frame.assign(w=frame["unit"].str[1:].astype(int) % 4 + 1.0)
    spec = spec_of(tmp_path / "meals", frame, total={"of": "units", "unit": "meals"})
    units = weighted.drop_duplicates("unit")
    reached = units[(units["poor"] == "Yes") & (units["cohort"] > 0)]
    scale = total_scale(panel_of(weighted, weight="w"), spec.outcomes[0])
    assert scale == pytest.approx(reached["w"].sum())


# --- the four groups ---


def test_groups_and_means_show_eligible_and_ineligible_apart(frame, finding):
    units = frame.drop_duplicates("unit").groupby(["poor", "cohort"]).size()
    shown = table_of(finding, "groups").set_index("group")["units"]
    for poor, who in (("Yes", "Eligible"), ("No", "Not eligible")):
        assert shown[f"{who}, no programme there"] == units[poor, 0]
        for start in (3, 5):
            assert shown[f"{who}, programme from period {start}"] == units[poor, start]
    means = table_of(finding, "means").set_index(["group", "time"])["mean"]
    by_hand = frame.groupby(["poor", "cohort", "time"])["y"].mean()
    row = means["Not eligible, programme from period 3", 4]
    assert row == pytest.approx(by_hand["No", 3, 4])
    assert len(means) == 6 * 6


def test_the_two_sides_are_the_panels_that_the_rows_give(frame):
    whole = panel_of(frame)
    for eligible, poor in ((True, "Yes"), (False, "No")):
        side = side_of(whole, eligible=eligible)
        rows = panel_of(frame[frame["poor"] == poor], eligible=None)
        assert (side.cohort_units, side.ledger.rows) == (rows.cohort_units, rows.ledger.rows)
        one, other = (pbc.att_gt(panel).to_frame() for panel in (side, rows))
        pd.testing.assert_frame_equal(one, other)


def test_the_ledger_counts_as_treated_whom_the_programme_reaches(frame):
    gone = frame[~((frame["time"] == 2) & frame["unit"].isin(frame["unit"].unique()[:40]))]
    panel = panel_of(gone, missing="complete_units")
    lost = frame.drop_duplicates("unit").head(40)
    treated = ((lost["poor"] == "Yes") & (lost["cohort"] > 0)).sum()
    why = next(str(step.why) for step in panel.ledger.steps if step.units_dropped)
    assert f"{treated} treated, {40 - treated} comparison" in why


def test_people_in_a_group_that_is_too_small_are_not_told_of_and_the_remedy_helps(tmp_path, frame):
    late = frame.query("cohort == 5 and poor == 'No'")["unit"].unique()[4:]
    few = frame[~frame["unit"].isin(late)]
    spec = spec_of(tmp_path / "meals", few, people=True)
    told = r"data\.eligible: .*Not eligible, programme from period 5: fewer than 10 people"
    with pytest.raises(DataError, match=told):
        pbc.evaluate(spec)
    assert re.search(told, "\n".join(problems_of(spec, InputFiles())))
    spec = spec_of(tmp_path / "meals", few[few["cohort"] != 5], people=True)
    assert problems_of(spec, InputFiles()) == ()


def test_a_start_with_one_kind_alone_is_refused_for_it_would_count_in_totals(tmp_path, frame):
    one = frame[~((frame["cohort"] == 5) & (frame["poor"] == "No"))]
    with pytest.raises(DataError, match="Eligible, programme from period 5: there are no units"):
        pbc.evaluate(spec_of(tmp_path / "meals", one))
    spec = spec_of(tmp_path / "meals", one[one["cohort"] != 5])
    assert problems_of(spec, InputFiles()) == ()


def test_effects_before_the_start_are_released_where_every_group_is_large(evaluated):
    (released,) = pbc.release(evaluated).findings
    rows = released.table("event").frame
    assert list(rows["event_time"]) == [-3, -2, -1, 0, 1, 2, 3]
    assert all(isinstance(value, float) for value in rows["estimate"])


# --- other ways, and checks ---


def test_no_way_that_ignores_eligibility_is_run_beside_it(evaluated, finding, frame):
    labels = list(table_of(finding, "estimates")["estimator"])
    assert ELIGIBLE_ALONE in labels
    assert "Units not yet treated as the comparison" in labels
    assert len(labels) == 6  # with three other averages
    alone = pbc.att_gt(panel_of(frame[frame["poor"] == "Yes"], eligible=None)).aggregate()
    shown = table_of(finding, "estimates").set_index("estimator").loc[ELIGIBLE_ALONE]
    assert shown["estimate"] == pytest.approx(alone.estimate)
    released = pbc.release(evaluated)
    agreement = facts.agreement_with_others(released.findings[0], released)
    assert agreement.ways == 4  # it does not assume what the headline does: no other way to it


def test_every_estimator_is_for_panels_with_eligibility_or_for_those_without(frame):
    with_it = {tried.estimator.name for tried in specifications(panel_of(frame))}
    without = {tried.estimator.name for tried in specifications(panel_of(frame, eligible=None))}
    assert with_it == {"triple_difference"}
    assert "triple_difference" not in without
    assert len(without) >= 6


def test_checks_look_at_the_triple_difference_or_say_that_they_are_left_out(finding, frame):
    checks = {check.name: check for check in finding.checks}
    for kind in checks_for("difference_in_differences"):
        if kind.of_two_groups:
            assert checks[kind.name].status == "not_applicable"
            assert str(checks[kind.name].sentence).startswith("Left out")
    leads = pbc.triple_difference(panel_of(frame)).to_frame().query("event_time < 0")
    tested = checks["pre_trends"].table
    np.testing.assert_allclose(tested["estimate"], leads["estimate"])
    # Places and kinds drift here, alike: the eligible alone would not pass.
    assert checks["pre_trends"].status == "pass"
    alone = check_pretrends(pbc.att_gt(side_of(panel_of(frame), eligible=True)))
    assert alone.status != "pass"


def test_leaving_one_group_or_period_out_is_of_the_triple_difference(finding, frame):
    (check,) = (check for check in finding.checks if check.name == "leave_out")
    effects = pbc.triple_difference(panel_of(frame))
    without = [
        pbc.triple_difference(panel_of(frame[frame["cohort"] != start]))
        .aggregate()
        .overall.estimate
        for start in sorted(set(frame["cohort"]) - {0})
    ]
    ranges = check.table.set_index("by")
    assert list(ranges.index) == ["cohort", "period", "unit"]
    np.testing.assert_allclose(ranges.loc["cohort", ["low", "high"]], [min(without), max(without)])
    periods = leave_one_out(panel_of(frame), effects, "period")
    np.testing.assert_allclose(ranges.loc["period", ["low", "high"]], [periods.low, periods.high])
    units = leave_one_out(panel_of(frame), effects, "unit")
    np.testing.assert_allclose(ranges.loc["unit", ["low", "high"]], [units.low, units.high])
    assert check.status == "pass"


@pytest.mark.parametrize("by", ["unit", "cluster"])
@pytest.mark.parametrize("kind", ["simple", "event", "cohort", "calendar"])
def test_without_a_unit_or_a_cluster_it_is_the_triple_difference_of_the_data_without_it(by, kind):
    frame = frame_of(seed=5, n=40, starts=(0, 4))
    roles = {}
    if by == "cluster":
        frame["cluster"] = frame["unit"].str[-1]
        roles = {"cluster": "cluster"}
    panel = panel_of(frame, **roles)
    made = leave_one_out(panel, pbc.triple_difference(panel), by, kind)
    again = [
        pbc.triple_difference(panel_of(frame[frame[by] != left], **roles))
        .aggregate(kind)
        .overall.estimate
        for left in sorted(frame[by].unique())
    ]
    assert list(made.estimates) == pytest.approx(again, rel=1e-9)


def test_with_several_comparison_groups_their_weights_are_held(frame):
    panel = panel_of(frame)
    effects = pbc.triple_difference(panel, control_group="not_yet_treated")
    made = leave_one_out(panel, effects, "unit")
    left = frame["unit"].unique()[7]
    again = pbc.triple_difference(
        panel_of(frame[frame["unit"] != left]), control_group="not_yet_treated"
    )
    again = again.aggregate().overall.estimate
    moved = made.estimates[list(made.left_out).index(left)]
    assert made.estimate == effects.aggregate().overall.estimate
    assert abs(moved - again) < 0.2 * abs(made.estimate - again)


def test_a_triple_difference_with_gaps_is_not_told_without_a_unit(frame):
    panel = panel_of(frame.drop(index=3), missing="pairs")
    with pytest.raises(DesignError, match="every unit in every period"):
        leave_one_out(panel, pbc.triple_difference(panel), "unit")


def test_the_smallest_of_four_groups_says_whether_units_are_few(frame, finding):
    sides = {
        side: frame.drop_duplicates("unit").query("poor == @poor")["cohort"].gt(0).value_counts()
        for side, poor in (("eligible", "Yes"), ("not eligible", "No"))
    }
    (check,) = (check for check in finding.checks if check.name == "few_clusters")
    counts = check.table.set_index("side")["clusters"]
    for side, by_hand in sides.items():
        assert counts[f"treated, {side}"] == by_hand[True]
        assert counts[f"comparison, {side}"] == by_hand[False]
    assert check.status == "pass"
    poor_never = frame.query("poor == 'No' and cohort == 0")["unit"].unique()[4:]
    few = panel_of(frame[~frame["unit"].isin(poor_never)])
    judged = check_few_clusters_by_eligibility(few)
    assert judged.status == "fail"


def test_the_assumption_stands_in_the_method_and_its_notes(evaluated, finding):
    assert "poor" in str(finding.headline.method.comparison_group)
    assert any("moved apart alike" in str(note) for note in finding.headline.method.notes)


def test_a_design_note_says_that_the_error_is_not_known_and_plans_no_check_of_two_groups(evaluated):
    note = pbc.design_note(evaluated.spec)
    (expected,) = note.expected
    assert expected.std_error is None
    assert "cannot be told beforehand for triple differences" in expected.rests_on
    names = [name for name, _ in note.before.groups]
    assert names[0] == "eligible, first treated in 3"
    assert names[-1] == "not eligible, where it never comes"
    assert sum(count for _, count in note.before.groups) == 240
    assert note.before.proposed is None
    planned = planned_checks(evaluated.spec)
    assert any("without any one group, period and unit?" in words for words in planned)
    assert not any("(scale)" in words for words in planned)


def test_what_it_would_tell_apart_is_refused_for_a_panel_with_a_remedy_that_works(frame):
    with pytest.raises(DesignError, match="panel of the eligible alone, without eligible="):
        pbc.minimum_detectable_effect(panel_of(frame))
    alone = panel_of(frame[frame["poor"] == "Yes"], eligible=None)
    assert pbc.minimum_detectable_effect(alone).effect > 0


# --- refused, with the remedy ---


@pytest.mark.parametrize(
    ("data", "design", "match", "remedy"),
    [
        ({"eligible": None}, TRIPLE, r"needs data\.eligible", {"data": {}}),
        ({}, {}, "leave data.eligible out", {"data": {"eligible": None}}),
        ({}, {"estimator": "imputation"}, "write design.estimator: triple", {"design": TRIPLE}),
        ({}, TRIPLE | {"inference": "cr2"}, "Write inference: analytic", {"design": TRIPLE}),
        (
            {},
            TRIPLE | {"subgroups": [{"column": "unit", "why": "Other labour markets."}]},
            "subgroups cannot be had with it. Leave them out",
            {"design": TRIPLE},
        ),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_and_the_remedy_loads(
    tmp_path, frame, data, design, match, remedy
):
    with pytest.raises(SpecError, match=f"(?i){match}"):
        spec_of(tmp_path / "meals", frame, data, design)
    spec_of(tmp_path / "meals", frame, **({"data": data, "design": design} | remedy))


def test_a_column_with_three_kinds_is_refused_and_two_of_them_can_be_compared(tmp_path, frame):
    kinds = frame.assign(poor=frame["unit"].str[1:].astype(int) % 3)
    with pytest.raises(DataError, match=r"holds 0, 1, 2\..*compare two at a time"):
        pbc.evaluate(spec_of(tmp_path / "meals", kinds))
    assert np.isfinite(
        pbc.triple_difference(panel_of(kinds[kinds["poor"] < 2])).aggregate().estimate
    )
