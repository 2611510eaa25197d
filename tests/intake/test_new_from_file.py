"""A new evaluation begins with the file that a person has, as it stands."""

import random
from pathlib import Path

import pytest
from evaluations import change
from messy_files import panel_rows, workbook
from typer.testing import CliRunner

import pbc_eval as pbc
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.next_steps import next_steps
from pbc_eval.agreement.portfolio import load_portfolio
from pbc_eval.agreement.starter import METHODS, write_starter
from pbc_eval.cli import app
from pbc_eval.errors import DataError, SpecError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.outcome_panel import read_panel
from pbc_eval.evaluation.portfolio.assemble import portfolio_of
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.intake.inspection.new_folder import write_from_file
from pbc_eval.intake.words_as_missing import words_read_as_missing

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


def _claims(folder):
    rows = [["Claims register"], [], ["Claim no", "Participant", "Outcome claimed", "Status"]]
    rows += [[n, f"P{n}", ["Starts work", "13 WEEKS"][n % 2], "Verified"] for n in range(40)]
    return workbook(folder / "register.xlsx", rows, sheet="Claims")


def test_claims_are_paid_as_drafted_though_a_register_writes_labels_and_capitals(tmp_path):
    made = write_from_file(tmp_path / "job-claims", _claims(tmp_path))
    spec = load_evaluation(made)
    assert (spec.design.method, spec.claims.file) == ("counted", "register.xlsx")
    assert evaluate(spec).payment.total == 20 * 1200 + 20 * 1800


def test_a_claim_for_what_no_card_names_is_told_once_with_the_lines_there_are(tmp_path):
    made = write_from_file(tmp_path / "job-claims", _claims(tmp_path))
    change(made, "label: 13 weeks", "label: A quarter in work")
    with pytest.raises(DataError) as refused:
        evaluate(load_evaluation(made))
    said = str(refused.value)
    assert said.count("13 WEEKS") == 1
    assert "It is in 20 rows. Lines: starts-work, thirteen-weeks;" in said


def _contracts(folder, agreed="£100,000.00"):
    heads = ["Contract", "Effect", "Standard error", "Promised", "Agreed (£)", "Paid", "Source"]
    rows = [[f"Area {n}", 2.5, 0.5, 3, agreed, 40 + n, "Return"] for n in range(12)]
    return workbook(folder / "all.xlsx", [["Contracts"], [], heads, *rows], sheet="Contracts")


@pytest.mark.parametrize("method", ["", "portfolio"])
def test_a_table_of_contracts_makes_a_portfolio_that_shows_its_rows_and_no_others(tmp_path, method):
    """--portfolio left the file aside without a word, and passed two rows of the starter."""
    made = write_from_file(tmp_path / "all-of-2026", _contracts(tmp_path), method)
    spec = load_portfolio(made)
    rows = portfolio_of(spec, tmp_path / "reports").contracts
    assert [row.label for row in rows] == [f"Area {n}" for n in range(12)]
    assert not (made.parent / "results.csv").exists()


def test_money_that_two_notations_read_is_told_once_a_column_with_the_key(tmp_path):
    made = write_from_file(tmp_path / "all-of-2026", _contracts(tmp_path, "£100,000"))
    with pytest.raises(SpecError) as refused:
        portfolio_of(load_portfolio(made), tmp_path / "reports")
    said = str(refused.value)
    assert said.count("\n") == 0
    assert "numbers: \"1,234.5\" reads '£100,000' as 100000" in said
    change(made, "file: all.xlsx", 'file: all.xlsx\nnumbers: "1,234.5"')
    rows = portfolio_of(load_portfolio(made), tmp_path / "reports").contracts
    assert rows[0].agreed == 100_000


@pytest.mark.parametrize(
    ("heads", "asks"),
    [
        (["Stakeholder", "Description", "Value"], "stands beside a value map"),
        (["Row", "Input", "Type", "Low", "High"], "value_map.uncertainty_file"),
    ],
)
def test_a_table_that_stands_beside_a_value_map_begins_no_evaluation(tmp_path, heads, asks):
    rows = [heads, *[[f"a{n}", f"b{n}", n, 1, 2][: len(heads)] for n in range(5)]]
    with pytest.raises(SpecError, match=asks):
        write_from_file(tmp_path / "mine", workbook(tmp_path / "beside.xlsx", rows))
    assert not (tmp_path / "mine").exists()


def test_a_file_for_published_results_and_one_that_lists_no_contracts_are_refused(tmp_path):
    file = workbook(tmp_path / "absence.xlsx", panel_rows())
    with pytest.raises(SpecError, match=r"reported reads no file.*Leave --from out"):
        write_from_file(tmp_path / "a", file, "reported")
    with pytest.raises(SpecError, match="is no table of contracts"):
        write_from_file(tmp_path / "a", file, "portfolio")
    assert not (tmp_path / "a").exists()


def test_an_identifier_in_merged_cells_is_filled_down_and_said(tmp_path):
    rows = panel_rows(8, 6)
    body = [
        [cell if column > 1 or at % 6 == 0 else None for column, cell in enumerate(row)]
        for at, row in enumerate(rows[1:])
    ]
    file = workbook(tmp_path / "merged.xlsx", [rows[0], *body])
    seen = pbc.inspect(file)
    assert (seen.shape, seen.layout.fill_down) == ("panel", ("area_code",))
    assert any("fill_down" in finding for finding in seen.findings)
    spec = load_evaluation(write_from_file(tmp_path / "merged", file))
    panel = read_panel(spec, spec.primary, InputFiles())
    assert (panel.n_units, panel.n_periods) == (8, 6)


def test_gaps_in_an_identifier_that_is_not_merged_are_filled_by_nobody(tmp_path):
    rows = panel_rows(8, 6)
    for at in (3, 9, 20):
        rows[at][0] = None
    seen = pbc.inspect(workbook(tmp_path / "gaps.xlsx", rows))
    assert seen.layout.fill_down == ()


def test_rows_that_three_columns_name_are_refused_with_the_three(tmp_path):
    rows = [["Council", "Year", "Eligible", "Rate"]]
    rows += [
        [f"C{c}", 2015 + y, e, 10.5 + c + y]
        for c in range(9)
        for y in range(5)
        for e in ("Yes", "No")
    ]
    file = workbook(tmp_path / "triple.xlsx", rows)
    with pytest.raises(SpecError, match="'council' has several rows in one 'year', one for each"):
        write_from_file(tmp_path / "triple", file)
    joined = [[*rows[0], "Unit"], *[[*row, f"{row[0]}, {row[2]}"] for row in rows[1:]]]
    assert pbc.inspect(workbook(tmp_path / "joined.xlsx", joined)).roles["unit"] == "unit"


def test_a_trial_is_drafted_with_its_lots_and_the_weight_of_a_synthetic_one_is_left_out(tmp_path):
    lines = ["Ref,Offered place,Age,Score after"]
    lines += [f"P{n},{'Yes' if n % 2 else 'No'},{20 + n % 9},{n % 11}" for n in range(60)]
    file = tmp_path / "trial.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    spec = load_evaluation(write_from_file(tmp_path / "trial", file, "randomised"))
    assert (spec.design.treatment, spec.design.covariates) == ("offered_place", ("age",))
    rows = [[*row, "Population" if at == 0 else 100 + at] for at, row in enumerate(panel_rows())]
    book = workbook(tmp_path / "sized.xlsx", rows)
    method = "synthetic_difference_in_differences"
    assert load_evaluation(write_from_file(tmp_path / "syn", book, method)).data.weight is None


def test_per_cent_and_answers_are_shown_in_points_and_other_units_are_asked_for(tmp_path):
    """A share of 0.12 stood on the page as 0.1 percentage points, a hundredth of what it is."""
    people = "Ref,In service,Age,In work after\n" + "\n".join(
        f"P{n},{'Yes' if n % 2 else 'No'},{20 + n},{'Yes' if n % 3 else 'No'}" for n in range(30)
    )
    people += "\n"
    file = tmp_path / "people.csv"
    file.write_text(people, encoding="utf-8")
    shares = load_evaluation(write_from_file(tmp_path / "shares", file)).primary
    assert (shares.unit, shares.shown_as) == ("percentage points", "percentage_points")
    file.write_text(people.replace("Yes\n", "7\n").replace("No\n", "3\n"), encoding="utf-8")
    spec = load_evaluation(write_from_file(tmp_path / "hours", file))
    steps = "\n".join(next_steps(spec))
    assert "outcomes[1].unit: is not said" in steps
    assert "payment.clauses[1]: still pays what the starter's example pays" in steps
    assert "outcomes[1].direction: less of 'In work after' counts as better" in steps
    panel = write_from_file(tmp_path / "areas", workbook(tmp_path / "a.xlsx", panel_rows()))
    assert "data.unit_name: is [unit, units]" in "\n".join(next_steps(load_evaluation(panel)))


def test_none_that_may_be_an_answer_is_told_where_it_is_read_as_missing(tmp_path):
    lines = ["Ref,In service,Qualification,In work after"]
    lines += [
        f"P{n},{['No', 'Yes'][n % 2]},{['None', 'Degree', ''][n % 3]},{['No', 'Yes'][n % 5 > 0]}"
        for n in range(60)
    ]
    file = tmp_path / "people.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    spec = load_evaluation(write_from_file(tmp_path / "people", file))
    told = words_read_as_missing(spec)
    assert len(told) == 1
    assert "20 cells of 'qualification' say None" in told[0]
    copied = spec.path("people.csv")
    copied.write_text("\n".join(lines).replace("None", "No qualification"), encoding="utf-8")
    assert words_read_as_missing(spec) == ()


def test_where_the_design_does_not_hold_none_that_is_read_as_missing_is_told_too(tmp_path):
    """300 people without qualifications were left out, and balance failed; the refusal did not say
    why."""
    draw = random.Random(3)
    lines = ["Ref,In service,Qualification,Age,In work after"]
    for n in range(160):
        served = draw.random() < 0.5
        age = draw.randint(30, 60) if served else draw.randint(18, 40)
        answer, worked = draw.choice(["None", "Degree", "A level"]), draw.choice(["Yes", "No"])
        lines.append(f"P{n},{'Yes' if served else 'No'},{answer},{age},{worked}")
    file = tmp_path / "people.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    home = write_from_file(tmp_path / "people", file).parent
    checked = CliRunner().invoke(app, ["check", str(home)])
    assert checked.exit_code == 1
    screen = " ".join(checked.output.replace("│", " ").split())
    assert "does not hold" in screen
    assert "cells of 'qualification' say None, which is read as missing" in screen
