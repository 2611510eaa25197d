"""A design note tells of no few before the start, and beside the report of no few who were lost."""

import json

import numpy as np
import pytest
from attacker import invented
from attacker.public import publish, read_public
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from pbc_eval.agreement.disclosure import DisclosureRule, Reviewed
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release, release_note
from pbc_eval.disclosure.editions import refuse_differencing
from pbc_eval.disclosure.planned_groups import told_by_plan_and_report
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.note import before_treatment
from pbc_eval.evaluation.note.design_note import design_note

RULE = DisclosureRule()


def folder_of(tmp_path, frame, **changes):
    return invented.panel_evaluation(tmp_path / "panel", frame, payment=None, **changes)


def noted(folder, out):
    return read_public(publish(release_note(design_note(load_evaluation(folder))), out))


def with_manifest(folder, edition):
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"evaluation": "groups", "edition": edition, "outputs_sha256": {}}
    (folder / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def lacking(units):
    frame = invented.panel({4: 31, 5: 30, 6: 28}, never=40)
    frame.loc[frame["unit"].isin(units) & (frame["t"] == 2), "y"] = np.nan
    return frame


@pytest.mark.slow
def test_few_rows_without_an_outcome_are_not_told_by_the_note(tmp_path):
    """Before: "Rows without it 2", of two people, whom the report's ledger holds back."""
    public = noted(folder_of(tmp_path, lacking([50, 51])), tmp_path / "note")
    levels = public.tables["levels-before"]
    assert levels[["missing", "missing_units"]].to_numpy().tolist() == [["[c]", "[c]"]]
    many = noted(folder_of(tmp_path / "b", lacking([*range(40, 60)])), tmp_path / "many")
    assert many.tables["levels-before"]["missing"].tolist() == ["20"]


@pytest.mark.slow
@pytest.mark.parametrize(("start", "lost"), [(4, 2), (6, 1), (0, 3), (5, 9)])
def test_note_and_report_do_not_tell_together_how_many_were_lost(tmp_path, start, lost):
    frame = invented.panel({4: 31, 5: 30, 6: 28}, never=40)
    gone = sorted(frame.loc[frame["start"] == start, "unit"].unique())[:lost]
    frame.loc[frame["unit"].isin(gone) & (frame["t"] == 2), "y"] = np.nan
    folder = folder_of(tmp_path, frame, edition="2026-1")
    reports = tmp_path / "reports" / "groups"
    note = with_manifest(reports / "note", "note")
    planned = noted(folder, note).tables["groups-before"]["units"].astype(int).tolist()
    report = reports / "2026-1"
    found = read_public(publish(release(evaluate(load_evaluation(folder))), report))
    with_manifest(report, "2026-1")
    units = found.tables["days-groups"]["units"].astype(int).tolist()
    order = {0: 0, 4: 1, 5: 2, 6: 3}  # the report has those who never start first
    assert [planned[-1], *planned[:-1]][order[start]] - units[order[start]] == lost  # the attack
    with pytest.raises(DisclosureError, match=r"days-groups@note: .* fewer than 10 more or fewer"):
        refuse_differencing(report, reports, RULE)
    with pytest.raises(DisclosureError, match=r"Edition note: .*\n.*days-groups@2026-1"):
        refuse_differencing(note, reports, RULE)
    answered = Reviewed(output="days-groups@note", by="A", date="2026-01-01", reason="Known.")
    refuse_differencing(report, reports, DisclosureRule(reviewed=(answered,)))
    refuse_differencing(report, reports, DisclosureRule(counts="bodies"))


@given(
    st.lists(st.tuples(st.integers(10, 90), st.integers(0, 25)), min_size=2, max_size=5),
    st.sampled_from(["2024-04", "April 2024", "2024 Q2", "7"]),
)
def test_whatever_periods_are_called_few_between_note_and_report_are_found(
    tmp_path_factory, groups, first
):
    folder = tmp_path_factory.mktemp("both")
    names = [f"{first}{k}" if k else first for k in range(len(groups))]
    for kind, rows in {
        "note/downloads/groups-before.csv": [
            (f"First treated in {name}", n) for name, (n, _) in zip(names, groups, strict=True)
        ],
        "report/downloads/y-groups.csv": [
            (f"In the programme from financial year {name}", n - min(lost, n))
            for name, (n, lost) in zip(names, groups, strict=True)
        ],
    }.items():
        (folder / kind).parent.mkdir(parents=True)
        lines = ["group,units", *(f"{label},{n}" for label, n in rows)]
        (folder / kind).write_text("\n".join(lines), encoding="utf-8", newline="\n")
    told = [*told_by_plan_and_report(folder / "report", folder / "note", 10)]
    lost = [min(gone, n) for n, gone in groups]
    few = [n for n in lost if 0 < n < 10]
    assert len(told) == (len(few) or (0 < sum(lost) < 10))


@pytest.mark.parametrize("few", [3, 0])
def test_few_with_a_rare_outcome_before_the_start_are_in_no_level_and_no_error(tmp_path, few):
    """Before: a level of 0.0112 times 89 people and 3 periods is 3; the error is of as many."""
    frame = invented.panel({4: 31, 5: 30, 6: 28}, never=40)
    rng = np.random.default_rng(3)
    common = (rng.random(len(frame)) < 0.4).astype(float)
    frame["y"] = np.where(frame["t"] < 4, 0.0, common) if few else common
    for unit in range(45, 45 + few):
        frame.loc[(frame["unit"] == unit) & (frame["t"] == 1), "y"] = 1.0
    public = noted(folder_of(tmp_path, frame), tmp_path / "note")
    levels = public.tables["levels-before"][["programme", "comparison"]].to_numpy().ravel()
    (expected,) = public.results["expected"]
    assert (expected["std_error"] is None) is bool(few)
    assert (set(levels) == {"held back"}) is bool(few)


def test_a_stated_error_is_told_whatever_the_data_hold(tmp_path):
    frame = invented.panel({4: 31, 5: 30}, never=40)
    frame["y"] = np.where((frame["unit"] == 45) & (frame["t"] == 1), 1.0, 0.0)
    planning = {
        "question": "Does it help?",
        "expected": [{"outcome": "days", "std_error": 0.2, "source": "A pilot"}],
    }
    public = noted(folder_of(tmp_path, frame, planning=planning), tmp_path / "note")
    assert public.results["expected"][0]["std_error"] == 0.2


def degrees_that_fit(multiple: float, digits: int) -> list[int]:
    """The attack: the smallest effect over its error is a sum of two points of t."""
    return [
        df for df in range(2, 400)
        if f"{student.ppf(0.975, df) + student.ppf(0.8, df):.{digits}g}" == f"{multiple:.{digits}g}"
    ]  # fmt: skip


def test_the_smallest_effect_over_its_error_does_not_tell_a_group_that_is_held_back(tmp_path):
    frame = invented.panel({4: 3, 5: 30, 6: 28}, never=40)
    spec = load_evaluation(folder_of(tmp_path, frame))
    note = design_note(spec)
    multiple = note.expected[0].smallest / note.expected[0].std_error
    assert len(degrees_that_fit(multiple, 10)) <= 1
    released = release_note(note)
    assert "[c]" in set(released.table("groups-before").frame["units"])
    told = released.expected[0].smallest
    assert told == float(f"{told:.2g}")
    half = 0.5 * 10 ** np.floor(np.log10(told)) / 10  # what two digits leave open
    ends = [(told + sign * half) / released.expected[0].std_error for sign in (-1, 1)]
    points = {df: student.ppf(0.975, df) + student.ppf(0.8, df) for df in range(2, 400)}
    assert sum(ends[0] <= point <= ends[1] for point in points.values()) > 9


def test_a_programme_of_few_people_has_no_error_that_tells_how_many(tmp_path):
    released = release_note(
        design_note(load_evaluation(folder_of(tmp_path, invented.panel({4: 4}, never=40))))
    )
    assert released.expected[0].std_error is None
    assert released.expected[0].smallest is None
    assert "held back" in released.expected[0].rests_on


def test_numbers_apart_are_of_units_not_of_rows():
    y = np.array([[0.0, 1.0, 1.0], [0.0, 0.0, np.nan], [1.0, 1.0, 1.0]])
    assert before_treatment._apart(y) == (2, 2)
    assert before_treatment._apart(np.zeros((3, 2))) == ()
    assert before_treatment._apart(np.array([[0.0, 5.0], [7.0, 0.0]])) == (2,)
