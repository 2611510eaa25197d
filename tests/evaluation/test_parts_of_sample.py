"""Doses, treatment that is switched off, neighbours, subgroups: from file to page and ledger."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from typer.testing import CliRunner

import pbc_eval as pbc
from pbc_eval.checks.check_kind import Examined, Parted
from pbc_eval.checks.parts import check_subgroups
from pbc_eval.cli import app
from pbc_eval.did.by_group import GroupEffects
from pbc_eval.errors import DataError, DesignError, PbcError, SpecError
from pbc_eval.panel.parts import with_outcomes
from pbc_eval.panel.treatment import starts_of_treatment

pytestmark = pytest.mark.slow  # seconds, together


def frame_of(seed=2, n=120, last=6, late=4):
    """Units over periods, a third treated from ``late``: hours, distance and region are theirs."""
    draw = np.random.default_rng(seed)
    units = pd.DataFrame({"unit": [f"u{i:03}" for i in range(n)]})
    units["treated"] = np.arange(n) < n // 3
    units["hours"] = np.where(units["treated"], draw.choice([5.0, 15.0, 30.0], n), 0.0)
    units["km"] = np.where(
        units["treated"], 0.0, draw.choice([2.0, 8.0, 50.0], n, p=[0.2, 0.2, 0.6])
    )
    units["region"] = np.where(np.arange(n) % 2, "north", "south")
    units["level"] = draw.normal(size=n)
    frame = units.merge(pd.DataFrame({"time": range(1, last + 1)}), how="cross")
    frame["on"] = (frame["treated"] & (frame["time"] >= late)).astype(int)
    frame["hours_now"] = frame["hours"] * frame["on"]
    frame["cohort"] = np.where(frame["treated"], late, 0)
    near = (frame["km"] == 2.0) & (frame["time"] >= late)
    moved = 0.3 * frame["time"] + 0.1 * frame["hours_now"] + 1.5 * near
    frame["y"] = frame["level"] + moved + 0.5 * draw.normal(size=len(frame))
    return frame.drop(columns="level")


def panel_of(frame, **roles):
    named = {"unit": "unit", "time": "time", "outcome": "y", "cohort": "cohort"} | roles
    return pbc.Panel.from_data(frame, **named)


# --- starts read from a column that says who is treated when ---


def test_starts_read_from_treatment_are_those_that_a_cohort_column_says():
    frame = frame_of()
    made = starts_of_treatment(frame, unit="unit", time="time", treatment="on")
    by_treatment = pbc.att_gt(panel_of(made, cohort="first_treated")).to_frame()
    by_cohort = pbc.att_gt(panel_of(frame)).to_frame()
    pd.testing.assert_frame_equal(by_treatment, by_cohort)


@settings(max_examples=4, deadline=None)
@given(
    st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=2, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_first_treated_period_is_found_whatever_the_order_of_rows(paths, random):
    rows = [
        {"unit": f"u{i}", "time": f"2020Q{t + 1}", "on": int(on), "y": float(t)}
        for i, path in enumerate(paths)
        for t, on in enumerate(path)
    ]
    random.shuffle(rows)
    frame = pd.DataFrame(rows)
    off = [path for path in paths if any(a and not b for a, b in pairwise(path))]
    options = dict(unit="unit", time="time", treatment="on")
    if off:
        with pytest.raises(DataError, match=rf"switched off again for {len(off)} of"):
            starts_of_treatment(frame, **options)
    source = starts_of_treatment(frame, **options, switching="last_until_end")
    got = source.select(["unit", "first_treated"]).drop_duplicates().set_index("unit")
    for i, path in enumerate(paths):
        first = next((f"2020Q{t + 1}" for t, on in enumerate(path) if on), None)
        value = got.loc[f"u{i}", "first_treated"]
        assert (None if pd.isna(value) else value) == first
    kept = starts_of_treatment(frame, **options, switching="leave_out_after")
    left = len(kept.select(["unit"]))
    gone = sum(
        4 - next((t for t in range(1, 4) if any(path[:t]) and not path[t]), 4) for path in paths
    )
    assert left == len(rows) - gone


def switched():
    frame = frame_of()
    off = frame["unit"].isin(["u003", "u007"]) & (frame["time"] == 6)
    return frame.assign(on=frame["on"].where(~off, 0))


def test_switching_off_is_refused_with_its_units_and_both_remedies_work_on_that_input():
    options = dict(unit="unit", time="time", treatment="on")
    with pytest.raises(DataError, match=r"2 of 40 treated units \('?u003'?, '?u007'?; u003 in 6\)"):
        starts_of_treatment(switched(), **options)
    kept = starts_of_treatment(switched(), **options, switching="last_until_end")
    panel = panel_of(kept, cohort="first_treated")
    assert panel.cohort_units == (80, 40)
    assert "from their start to the end" in str(panel.ledger)
    left_out = starts_of_treatment(switched(), **options, switching="leave_out_after")
    panel = panel_of(left_out, cohort="first_treated", missing="pairs")
    ledger = panel.to_frame()
    step = ledger[ledger["what"] == "treatment switched off"].iloc[0]
    assert (ledger["rows_in"].iloc[0], step["rows_dropped"], step["rows_in"]) == (720, 2, 720)
    assert ledger["rows_left"].iloc[-1] == panel.ledger.rows == 718
    pbc.att_gt(panel)


def test_a_dose_is_refused_where_on_or_off_was_expected_and_its_remedy_works():
    options = dict(unit="unit", time="time", treatment="hours_now")
    with pytest.raises(DataError, match=r"3 values above 0, from 5 to 30.*bins: \[") as refused:
        starts_of_treatment(frame_of(), **options)
    assert "design.dose" in str(refused.value)
    panel = panel_of(starts_of_treatment(frame_of(), **options, dose=True), cohort="first_treated")
    assert panel.cohort_units == (80, 40)


def test_a_treatment_column_named_as_cohort_is_told_what_it_is():
    with pytest.raises(DataError, match=r"data\.treatment"):
        panel_of(frame_of().assign(cohort=lambda f: f["on"]), never_treated_codes=[0])


@pytest.mark.parametrize(("value", "problem"), [(None, "empty"), (-1.0, "negative")])
def test_a_treatment_that_is_missing_or_negative_is_refused_with_its_unit(value, problem):
    frame = frame_of().astype({"on": float})
    frame.loc[frame["unit"] == "u050", "on"] = value
    with pytest.raises(DataError, match=rf"(?s){problem}.*u050"):
        starts_of_treatment(frame, unit="unit", time="time", treatment="on")


# --- effects by dose ---


def test_each_bin_is_the_estimate_of_its_units_against_all_comparison_units():
    frame = frame_of()
    doses = pbc.dose_by_unit(frame, unit="unit", dose="hours_now")
    bins = pd.cut(doses, [0, 10, 20, np.inf], labels=["low", "middle", "high"])
    table = pbc.effects_by_group(panel_of(frame), bins)
    assert list(table["group"]) == ["low", "middle", "high"]
    for label, (low, high) in {"low": (0, 10), "middle": (10, 20), "high": (20, 99)}.items():
        mine = frame[~frame["treated"] | ((frame["hours"] > low) & (frame["hours"] <= high))]
        alone = pbc.att_gt(panel_of(mine)).aggregate("simple").overall
        row = table[table["group"] == label].iloc[0]
        assert row["estimate"] == pytest.approx(alone.estimate, abs=1e-12)
        assert row["std_error"] == pytest.approx(alone.std_error, abs=1e-12)
    assert table["estimate"].is_monotonic_increasing
    assert table.attrs["p_equal"] is None  # they share their comparison


def test_doses_that_change_are_refused_until_it_is_stated_which_counts():
    frame = frame_of()
    frame.loc[(frame["unit"] == "u001") & (frame["time"] == 6), "hours_now"] = 99.0
    with pytest.raises(DataError, match=r"1 units.*u001"):
        pbc.dose_by_unit(frame, unit="unit", dose="hours_now")
    largest = pbc.dose_by_unit(frame, unit="unit", dose="hours_now", of="largest")
    assert largest["u001"] == 99.0
    mean = pbc.dose_by_unit(frame, unit="unit", dose="hours_now", of="mean")
    own = frame.loc[(frame["unit"] == "u001") & (frame["hours_now"] > 0), "hours_now"].mean()
    assert mean["u001"] == pytest.approx(own)


# --- subgroups ---


def test_subgroups_are_compared_with_their_own_and_tested_for_being_the_same():
    frame = frame_of()
    regions = frame.drop_duplicates("unit").set_index("unit")["region"]
    table = pbc.effects_by_group(panel_of(frame), regions, compared="own_group")
    for _, row in table.iterrows():
        mine = frame[frame["region"] == row["group"]]
        alone = pbc.att_gt(panel_of(mine)).aggregate("simple").overall
        assert row["estimate"] == pytest.approx(alone.estimate, abs=1e-12)
    a, b = table["estimate"]
    left = table[["n_treated", "n_comparison"]].min(axis=1) - 1
    variance = table["std_error"] ** 2 * (left + 1) / left
    freedom = variance.sum() ** 2 / (variance**2 / left).sum()  # Welch's, of two groups
    twin = 2 * student.sf(abs(a - b) / np.sqrt(variance.sum()), freedom)
    assert table.attrs["p_equal"] == pytest.approx(twin, abs=1e-12)


def test_estimates_that_share_a_cluster_are_not_tested_for_being_the_same():
    frame = frame_of().assign(area=lambda f: f["unit"].str[-2:].astype(int) // 4)
    regions = frame.drop_duplicates("unit").set_index("unit")["region"]
    table = pbc.effects_by_group(panel_of(frame, cluster="area"), regions, compared="own_group")
    assert table.attrs["p_equal"] is None


def test_of_several_subgroups_the_smallest_p_value_is_held_against_their_number():
    frame = frame_of()
    regions = frame.drop_duplicates("unit").set_index("unit")["region"]
    table = pbc.effects_by_group(panel_of(frame), regions, compared="own_group")
    for p_values, wanted in (([0.03], 0.03), ([0.03, 0.4, None], 0.06), ([0.7, 0.8], 1.0)):
        parts = tuple(
            Parted(by="subgroup", label="x", effects=GroupEffects(table=table, p_equal=p))
            for p in p_values
        )
        assert check_subgroups(parts, Examined()).p_value == pytest.approx(wanted)


@pytest.mark.soak
def test_the_test_of_one_effect_in_all_groups_holds_its_size():
    rejected, same = 0, panel_of(frame_of())
    regions = frame_of().drop_duplicates("unit").set_index("unit")["region"]
    for seed in range(2000, 2300):
        frame = frame_of(seed)
        outcome = (frame["y"] - 0.1 * frame["hours_now"]).to_numpy().reshape(same.n_units, -1)
        sample = with_outcomes(same, outcome)
        table = pbc.effects_by_group(sample, regions, compared="own_group")
        rejected += table.attrs["p_equal"] < 0.05
    assert 0.02 < rejected / 300 < 0.09


# --- in an evaluation file ---


def spec_of(folder, frame, data, design, people=False):
    """An evaluation of ``frame``: what differs is in ``data`` and ``design``."""
    folder.mkdir(exist_ok=True)
    frame.to_csv(folder / "units.csv", index=False)
    counts = {} if people else {"counts": "bodies"}
    text = {
        "id": "parts",
        "title": "Parts of a sample",
        "edition": "2026-1",
        "status": "provisional",
        "contract": {
            "commissioner": "A",
            "provider": "B",
            "start": "2020-01-01",
            "currency": "GBP",
            "summary": "A programme.",
        },
        "data": {"file": "units.csv", "unit": "unit", "time": "time"} | data,
        "design": {
            "method": "difference_in_differences",
            "rationale": "They moved alike.",
        }
        | design,
        "outcomes": [
            {
                "id": "y",
                "label": "Y",
                "unit": "points",
                "direction": "higher_is_better",
                "column": "y",
            }
        ],
        "publication": {
            "contact": "a@example.org",
            "licence": "CC0",
            "release_date": "2026-06-30",
            "data_status": "synthetic",
            "data_notice": "Drawn at random.",
            "disclosure": counts,
        },
    }
    (folder / "evaluation.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    return pbc.load_evaluation(folder)


def test_doses_rings_and_subgroups_of_a_file_are_checks_with_their_tables(tmp_path):
    design = {
        "dose": {"column": "hours", "bins": [10, 20], "unit": "hours"},
        "spillover": {"distance": "km", "rings": [5, 10], "unit": "km"},
        "subgroups": [{"column": "region", "declared": True, "why": "Other labour markets."}],
    }
    evaluation = pbc.evaluate(spec_of(tmp_path / "parts", frame_of(), {"treatment": "on"}, design))
    (finding,) = evaluation.findings
    checks = {check.name: check for check in finding.checks}
    assert checks["dose"].status == "pass"
    assert checks["dose"].table["group"].iloc[0] == "up to 10 hours"
    assert checks["spillover"].status == "review"  # the nearest ring moved by 1.5
    assert "Beyond chance moved: up to 5 km" in str(checks["spillover"].sentence)
    assert str(checks["subgroups"].sentence).startswith(
        "Fixed before outcomes were seen, by region"
    )
    units = frame_of().drop_duplicates("unit")
    near = {ring: int((units["km"] == km).sum()) for ring, km in ((0, 2.0), (1, 8.0))}
    ledger = finding.table("ledger").frame
    dropped = ledger[ledger["what"].map(str) == "Near a treated unit"]["units_dropped"]
    assert list(dropped) == [near[0], near[1]]
    assert finding.headline.n_comparison == 80 - sum(near.values())
    (released,) = pbc.release(evaluation).findings
    for name in ("dose", "spillover", "subgroups"):
        assert len(released.table(name).frame)


def test_rings_of_starts_at_several_times_ask_when_the_nearest_starts(tmp_path):
    frame = frame_of()
    frame.loc[frame["unit"].isin([f"u{i:03}" for i in range(15)]), "cohort"] = 5
    late = {"check": "pre_trends", "reason": "The start of some was moved, to have two of them."}
    design = {"spillover": {"distance": "km", "rings": [5]}, "waivers": [late]}
    spec = spec_of(tmp_path / "parts", frame, {"cohort": "cohort"}, design)
    with pytest.raises(DesignError, match=r"start at different times \(4, 5\).*spillover\.start"):
        pbc.evaluate(spec)
    frame["nearest_start"] = np.where(frame["km"] == 2.0, 4, 0)
    design["spillover"]["start"] = "nearest_start"
    spec = spec_of(tmp_path / "parts", frame, {"cohort": "cohort"}, design)
    (finding,) = pbc.evaluate(spec).findings
    (ring,) = next(c.table for c in finding.checks if c.name == "spillover").itertuples()
    assert ring.estimate == pytest.approx(1.5, abs=0.4)


def test_a_neighbour_column_says_who_is_near_by_itself(tmp_path):
    frame = frame_of().assign(beside=lambda f: (f["km"] == 2.0).astype(int))
    design = {"spillover": {"neighbour": "beside"}}
    spec = spec_of(tmp_path / "parts", frame, {"cohort": "cohort"}, design)
    (finding,) = pbc.evaluate(spec).findings
    near = int(frame.drop_duplicates("unit")["beside"].sum())
    assert finding.headline.n_comparison == 80 - near


def test_parts_of_few_people_are_refused_with_the_remedy(tmp_path):
    frame = frame_of()
    frame.loc[frame["unit"].isin(["u000", "u002"]), "region"] = "isle"
    design = {"subgroups": [{"column": "region", "why": "Other labour markets."}]}
    spec = spec_of(tmp_path / "parts", frame, {"cohort": "cohort"}, design, people=True)
    with pytest.raises(DataError, match=r"subgroups: region: isle would tell of fewer than 10"):
        pbc.evaluate(spec)


BROKEN = {
    "two ways to say when": ({"cohort": "cohort", "treatment": "on"}, {}, "both say when"),
    "switching without treatment": (
        {"cohort": "cohort", "switching": "last_until_end"},
        {},
        "name that column in place of cohort",
    ),
    "no ring": ({"cohort": "cohort"}, {"spillover": {"distance": "km"}}, "rings are needed"),
    "two ways to be near": (
        {"cohort": "cohort"},
        {"spillover": {"distance": "km", "neighbour": "beside", "rings": [5]}},
        "one of the two",
    ),
    "bins in disorder": (
        {"cohort": "cohort"},
        {"dose": {"column": "hours", "bins": [20, 10]}},
        "must be above 0 and rise",
    ),
    "nothing says when": ({}, {}, "needs data.cohort"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_files_that_contradict_themselves_are_refused(tmp_path, name):
    data, design, problem = BROKEN[name]
    with pytest.raises(SpecError, match=problem):
        spec_of(tmp_path / "parts", frame_of(), data, design)


def test_a_dose_that_treated_units_lack_and_a_distance_that_others_lack_are_refused(tmp_path):
    frame = frame_of()
    frame.loc[frame["unit"] == "u004", "hours"] = 0.0
    dose = {"dose": {"column": "hours", "bins": [10]}}
    with pytest.raises(DataError, match=r"1 treated units \(u004\)"):
        pbc.evaluate(spec_of(tmp_path / "a", frame, {"cohort": "cohort"}, dose))
    frame.loc[frame["unit"] == "u100", "km"] = np.nan
    spill = {"spillover": {"distance": "km", "rings": [5]}}
    with pytest.raises(DataError, match=r"1 comparison units \(u100\)"):
        pbc.evaluate(spec_of(tmp_path / "b", frame, {"cohort": "cohort"}, spill))


def test_the_design_note_reads_starts_from_treatment_too(tmp_path):
    spec = spec_of(tmp_path / "parts", frame_of(), {"treatment": "on"}, {})
    assert pbc.design_note(spec) is not None


def test_every_message_is_one_of_ours(tmp_path):
    """Whatever a treatment column holds, the answer is a panel or a message, never a foreign
    error."""
    draw = np.random.default_rng(5)
    for odd in (["yes", "no"], [True, False], [0, 2], ["a", "b"], [None, 1], [0, 1e300]):
        frame = frame_of(n=12)
        frame["on"] = [odd[i] for i in draw.integers(0, 2, len(frame))]
        try:
            starts_of_treatment(
                frame, unit="unit", time="time", treatment="on", switching="last_until_end"
            )
        except PbcError:
            continue


def test_check_of_a_design_proposes_the_inference_for_its_counts_before_outcomes(tmp_path):
    few = frame_of()
    few = few[(few["cohort"] == 0) | few["unit"].isin(["u000", "u001", "u002"])]
    note = pbc.design_note(spec_of(tmp_path / "few", few, {"cohort": "cohort"}, {}))
    assert note.before.proposed.inference == "randomisation"
    assert "3 treated and 80 comparison units" in str(note.before.proposed.reason)
    whole = pbc.design_note(spec_of(tmp_path / "many", frame_of(), {"cohort": "cohort"}, {}))
    assert whole.before.proposed.inference == "analytic"
    by_panel = pbc.propose_inference(panel_of(few))
    assert by_panel == note.before.proposed  # as the panel itself proposes, once it is read
    done = CliRunner().invoke(app, ["check", "--design", str(tmp_path / "few")])
    assert "Proposed is design.inference: randomisation (stated: analytic)" in done.output


def test_negative_controls_of_a_file_are_estimated_like_the_headline(tmp_path):
    draw = np.random.default_rng(4)
    frame = frame_of().assign(rain=lambda f: draw.normal(size=len(f)))
    frame["moved"] = frame["rain"] + 2.0 * frame["on"]
    control = {"column": "rain", "label": "Rainfall", "why": "Nobody moves it."}
    design = {"negative_controls": [control]}
    data = {"cohort": "cohort"}
    (finding,) = pbc.evaluate(spec_of(tmp_path / "a", frame, data, design)).findings
    check = next(c for c in finding.checks if c.name == "negative_controls")
    alone = pbc.att_gt(panel_of(frame, outcome="rain")).aggregate("simple").overall
    assert check.table["estimate"].iloc[0] == pytest.approx(alone.estimate, abs=1e-12)
    assert check.status == "pass"
    design = {"negative_controls": [control | {"column": "moved"}]}
    (finding,) = pbc.evaluate(spec_of(tmp_path / "b", frame, data, design)).findings
    check = next(c for c in finding.checks if c.name == "negative_controls")
    assert check.status == "review"
