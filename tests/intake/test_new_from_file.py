"""A new evaluation begins with the file that a person has, as it stands."""

import random
from pathlib import Path

import pytest
from messy_files import panel_rows, workbook
from typer.testing import CliRunner

import pbc_eval as pbc
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.starter import METHODS, write_starter
from pbc_eval.cli import app
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.outcome_panel import read_panel
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.intake.inspection.new_folder import write_from_file

pytestmark = pytest.mark.slow  # seconds, together


@pytest.mark.parametrize("method", METHODS)
def test_the_starter_of_every_method_loads_and_asks_for_that_method_alone(tmp_path, method):
    spec = load_evaluation(write_starter(tmp_path / "my-own", method))
    assert (spec.id, spec.design.method) == ("my-own", method)
    assert (spec.data is not None) == spec.design.estimated
    assert (spec.value_map is not None) == (method == "forecast")


def test_an_unknown_method_is_refused_before_a_folder_is_made(tmp_path):
    with pytest.raises(SpecError, match=r"'matchin'.*mean 'matching'"):
        write_starter(tmp_path / "my-own", "matchin")
    assert not (tmp_path / "my-own").exists()


def test_a_panel_is_read_as_drafted_without_a_hand_on_it(tmp_path):
    rows = [["Table 3: absence"], [], *panel_rows(8, 6), [], ["Notes"], ["1. None."]]
    file = workbook(tmp_path / "absence.xlsx", rows, sheet="Monthly data")
    made = write_from_file(tmp_path / "absence", file)
    spec = load_evaluation(made)
    panel = read_panel(spec, spec.primary, InputFiles())
    assert (panel.n_units, panel.n_periods) == (8, 6)
    assert (made.parent / "absence.xlsx").read_bytes() == file.read_bytes()
    told = [str(step.why) for step in panel.ledger.steps]
    assert "rows below row 51 of absence.xlsx that are notes or totals, and no data: 2" in told
    assert (spec.primary.id, spec.primary.label) == ("rate-of-absence", "Rate of absence")
    assert spec.payment.clauses[0].outcome == "rate-of-absence"
    assert "crises" not in made.read_text("utf-8").replace("unit: crises per 100 people", "")
    columns = (made.parent / "columns.csv").read_text(encoding="utf-8")
    assert 'rate_of_absence,Rate of absence,"number' in columns


@pytest.mark.slow
def test_people_are_evaluated_as_drafted_without_a_hand_on_it(tmp_path):
    lines = ["Person ref,In service,Age,Sex,Prior offences,Reconvicted 12m"]
    draw = random.Random(7)
    for n in range(900):
        served, again = draw.choice(["Yes", "No", "No"]), draw.choice(["Yes", "No"])
        age, sex, prior = draw.randint(20, 60), draw.choice("MF"), draw.randint(0, 6)
        lines.append(f"P{n},{served},{age},{sex},{prior},{again}")
    file = tmp_path / "people.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    made = write_from_file(tmp_path / "resettled", file)
    found = evaluate(load_evaluation(made))
    assert found.primary.headline.n_treated > 100
    assert found.primary.outcome.column == "reconvicted_12m"


@pytest.mark.slow
def test_a_value_map_is_valued_as_drafted_without_a_hand_on_it(tmp_path):
    rows: list[list[object]] = [
        ["Our map"],
        [],
        [
            "Stakeholder",
            "Outcome",
            "How many",
            "Duration (yrs)",
            "Financial proxy",
            "Value of proxy (£)",
            "Source",
            "Deadweight %",
        ],
    ]
    rows += [["People", f"Change {n}", 10 * n, 2, "Cost", f"£{n},250.00", "HACT", "25%"]
             for n in (1, 2)]  # fmt: skip
    file = workbook(tmp_path / "map.xlsx", [*rows, [], ["TOTAL", None, 30]])
    found = evaluate(load_evaluation(write_from_file(tmp_path / "our-map", file)))
    assert found.sroi is not None
    by_hand = sum((1 - 0.25) * 10 * n * (1000 * n + 250) / 1.035**t for n in (1, 2) for t in (1, 2))
    assert float(found.sroi.present_value) == pytest.approx(by_hand)


def test_a_table_that_no_method_can_be_told_from_asks_for_one(tmp_path):
    file = tmp_path / "odd.csv"
    file.write_text("a,b\n1.5,2.5\n1.5,2.5\n3.5,1.5\n", encoding="utf-8")
    with pytest.raises(SpecError, match="State --method"):
        write_from_file(tmp_path / "odd", file)
    assert not (tmp_path / "odd").exists()


def test_the_command_looks_at_a_file_and_starts_from_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbook(Path("absence.xlsx"), panel_rows())
    said = CliRunner().invoke(app, ["inspect", "absence.xlsx"])
    assert said.exit_code == 0, said.output
    assert "rate_of_absence" in said.output
    block = CliRunner().invoke(app, ["inspect", "absence.xlsx", "--block"])
    assert block.output == pbc.inspect("absence.xlsx").block
    made = CliRunner().invoke(app, ["new", "absence", "--from", "absence.xlsx"])
    assert made.exit_code == 0, made.output
    assert load_evaluation(tmp_path / "absence" / "evaluation.yaml").data.unit == "area_code"
    twice = CliRunner().invoke(app, ["new", "absence", "--from", "absence.xlsx"])
    assert twice.exit_code == 1
    assert "is there already" in twice.output
