"""The line of one evaluation: failed checks stop it, waivers are named, nothing is half done."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from evaluations import evaluation_of

import pbc_eval as pbc
from pbc_eval.errors import DesignError, SpecError

pytestmark = pytest.mark.slow  # whole evaluations are run

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def copied(tmp_path):
    """A copy of an example with changes to its text: (name, {old: new}) to a folder."""

    def copy(name: str, changes: dict[str, str]) -> Path:
        folder = tmp_path / name
        shutil.copytree(DATA / name, folder)
        text = (folder / "evaluation.yaml").read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        (folder / "evaluation.yaml").write_text(text, encoding="utf-8")
        return folder

    return copy


def diverging(folder: Path) -> None:
    """Make the treated hospitals move away long before the service starts."""
    frame = pd.read_csv(folder / "hospitals.csv")
    treated = frame["service_start"] > 0
    frame.loc[treated, "readmissions_per_100"] += 0.8 * frame.loc[treated, "quarter"]
    frame.to_csv(folder / "hospitals.csv", index=False)


def test_a_failed_check_stops_the_line_and_names_the_remedy(copied):
    folder = copied("hospital-readmissions", {})
    diverging(folder)
    with pytest.raises(DesignError, match=r"pre_trends.*moved apart") as stopped:
        pbc.evaluate(pbc.load_evaluation(folder))
    assert "add a waiver under design.waivers with the reason" in str(stopped.value)


def test_a_waiver_lets_it_go_on_and_the_words_grow_careful(copied):
    waiver = (
        "  waivers:\n    - check: pre_trends\n      reason: Known and accepted for this test.\n"
    )
    folder = copied(
        "hospital-readmissions", {"  agreed_on: 2024-05-01\n": "  agreed_on: 2024-05-01\n" + waiver}
    )
    diverging(folder)
    evaluation = pbc.evaluate(pbc.load_evaluation(folder))
    assert [check.name for check in evaluation.failed_checks] == ["pre_trends"]
    from pbc_eval.report.words.prose import cannot_say, headline  # noqa: PLC0415 heavy

    said = headline(evaluation.primary, evaluation).sentence
    assert "than without the programme" not in said
    assert "comparison group" in said
    assert any(
        "did not pass a check" in text for text in cannot_say(evaluation.primary, evaluation)
    )


def test_a_waiver_of_a_check_that_was_not_run_is_refused(copied):
    waiver = "  waivers:\n    - check: balanse\n      reason: A name that no check has at all.\n"
    folder = copied(
        "hospital-readmissions", {"  agreed_on: 2024-05-01\n": "  agreed_on: 2024-05-01\n" + waiver}
    )
    with pytest.raises(SpecError, match="balanse, which is not among the checks"):
        pbc.evaluate(pbc.load_evaluation(folder))


def test_changing_a_file_changes_its_hash_and_nothing_else_in_the_inputs(copied):
    folder = copied("wheels-to-meals", {})
    before = pbc.evaluate(pbc.load_evaluation(folder)).inputs
    with (folder / "inputs.csv").open("a", encoding="utf-8") as stream:
        stream.write("Volunteers,a late entry,10\n")
    after = pbc.evaluate(pbc.load_evaluation(folder)).inputs
    assert set(before) == {
        "evaluation.yaml",
        "value_map.csv",
        "inputs.csv",
        "uncertainty.csv",
    }
    assert {name for name in before if before[name] != after[name]} == {"inputs.csv"}


def test_deadweight_on_an_estimated_quantity_is_refused(copied):
    folder = copied(
        "hospital-readmissions", {"      attribution: 0.25\n": "      deadweight: 0.25\n"}
    )
    with pytest.raises(SpecError, match="already net of what would have happened anyway"):
        pbc.load_evaluation(folder)


def test_the_same_evaluation_gives_the_same_numbers_whatever_the_order_of_rows(copied):
    folder = copied("hospital-readmissions", {})
    first = evaluation_of("hospital-readmissions")
    frame = pd.read_csv(folder / "hospitals.csv").sample(frac=1, random_state=3)
    frame.to_csv(folder / "hospitals.csv", index=False)
    again = pbc.evaluate(pbc.load_evaluation(folder))
    assert again.primary.headline == first.primary.headline
    assert again.payment == first.payment


def test_covariates_of_the_design_reach_the_estimator(copied):
    """Adjusting for a covariate moves the estimate, and the method says that it was done."""
    folder = copied(
        "hospital-readmissions",
        {"  control_group: never_treated\n": "  covariates: [size]\n  adjustment: reg\n"},
    )
    frame = pd.read_csv(folder / "hospitals.csv")
    rng = frame["hospital"].str[1:].astype(int)
    frame.assign(size=(rng * 7919) % 97).to_csv(folder / "hospitals.csv", index=False)
    plain = evaluation_of("hospital-readmissions").primary.headline
    adjusted = pbc.evaluate(pbc.load_evaluation(folder)).primary.headline
    assert adjusted.estimate != plain.estimate
    assert adjusted.estimate == pytest.approx(plain.estimate, abs=0.5)
    assert "size" in f"{adjusted.method}"


def test_dates_are_written_as_dates_and_evenly_spaced(copied):
    """Months given as text: names in words, positions one apart across the turn of the year."""
    folder = copied("hospital-readmissions", {"time_name: quarter": "time_name: month"})
    frame = pd.read_csv(folder / "hospitals.csv")
    months = pd.period_range("2024-05", periods=16, freq="M").astype(str)
    name = dict(zip(range(1, 17), months, strict=True))
    frame["quarter"] = frame["quarter"].map(name)
    frame["service_start"] = frame["service_start"].map(name).fillna("")
    frame.to_csv(folder / "hospitals.csv", index=False)
    finding = pbc.evaluate(pbc.load_evaluation(folder)).primary
    means = finding.table("means").frame
    assert list(dict.fromkeys(means["time"])) == list(months)
    assert list(dict.fromkeys(means["position"])) == list(
        range(means["position"].min(), means["position"].min() + 16)
    )
    assert "In the programme from month 2024-11" in set(finding.table("groups").frame["group"])
    assert set(finding.table("cells").frame["cohort"]) == {"2024-11", "2025-02", "2025-05"}
    plain = evaluation_of("hospital-readmissions").primary
    assert finding.headline.estimate == pytest.approx(plain.headline.estimate, rel=1e-12)


@pytest.mark.soak
def test_the_agreed_level_and_anticipation_hold_for_every_estimate(copied):
    agreed = "  agreed_on: 2024-05-01\n"
    folder = copied("hospital-readmissions", {agreed: agreed + "  level: 0.9\n"})
    finding = pbc.evaluate(pbc.load_evaluation(folder)).primary
    assert len(finding.alternatives) == 9
    assert {estimate.level for estimate in finding.alternatives} == {0.9}
    text = (folder / "evaluation.yaml").read_text(encoding="utf-8")
    text = text.replace("level: 0.9", "anticipation: 1")
    (folder / "evaluation.yaml").write_text(text, encoding="utf-8")
    early = pbc.evaluate(pbc.load_evaluation(folder)).primary
    # Estimators that take all periods before the start as untreated do not stand beside it.
    names = " ".join(early.measured_alternatives)
    assert "Two-way" not in names
    assert "Imputation" not in names
    assert "not yet treated" in names


def test_ways_that_the_data_do_not_allow_are_told_without_counts():
    table = evaluation_of("hospital-readmissions").primary.table("impossible")
    assert table.frame.to_dict("records") == [
        {
            "estimator": "Synthetic difference-in-differences",
            "why": "It takes units as they are: no published work says how sizes or survey weights "
            "enter it.",
        }
    ]


def test_the_page_says_why_the_two_way_coefficient_is_not_the_headline():
    finding = evaluation_of("hospital-readmissions").primary
    table = finding.table("two-way")
    parts, total = table.frame.iloc[:-1], table.frame.iloc[-1]
    assert parts["weight"].sum() == pytest.approx(1)
    assert (parts["weight"] * parts["estimate"]).sum() == pytest.approx(total["estimate"])
    cross_check = next(e for e in finding.alternatives if e.term.startswith("treated (two-way"))
    assert total["estimate"] == pytest.approx(cross_check.estimate)
    why, spread = table.notes
    assert "13% of its weight compares hospitals with others that are already" in why
    assert "of the 21 effects" in why
    assert "standard deviation of" in spread


def test_an_incomplete_panel_tells_the_weights_of_its_effects():
    evaluation = evaluation_of("training-grants")
    tables = [finding.table("two-way") for finding in evaluation.findings]
    incomplete = next(t for t in tables if "count negatively" in " ".join(t.frame["part"]))
    assert incomplete.frame["weight"].iloc[:2].sum() == pytest.approx(1)


def test_one_cohort_has_no_table_of_two_way_weights():
    finding = evaluation_of("tobacco-control").primary
    assert finding.table("two-way") is None


def test_a_synthetic_design_names_units_only_where_none_is_protected(copied):
    folder = copied("tobacco-control", {"    threshold: 0\n": "    threshold: 10\n"})
    finding = pbc.evaluate(pbc.load_evaluation(folder)).primary
    assert finding.table("weights").frame["unit"].str.fullmatch(r"State \d+").all()


def test_a_path_in_place_of_what_was_loaded_is_refused_with_what_to_write():
    with pytest.raises(SpecError, match=r"load_evaluation.*got str.*load_evaluation\('data/a'\)"):
        pbc.evaluate("data/a")
