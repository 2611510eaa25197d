"""Commands that ask, say what comes next, and end with one sentence."""

import shutil

import pytest
from evaluations import DATA, change, copy_of
from typer.testing import CliRunner

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.next_steps import next_steps
from pbc_eval.agreement.starter import METHODS, write_starter
from pbc_eval.cli import app, start

pytestmark = pytest.mark.slow  # seconds, together

runner = CliRunner()


def answering(monkeypatch, tmp_path, *lines):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(start, "is_a_person", lambda: True)
    return runner.invoke(app, ["new"], input="".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize(
    ("number", "holds"),
    [
        ("0", "cohort:"),
        *((str(METHODS.index(name) + 1), name) for name in ("reported", "forecast")),
    ],
)
def test_new_asks_for_what_it_needs(monkeypatch, tmp_path, number, holds):
    done = answering(monkeypatch, tmp_path, "winter-shelter", number, "")
    assert done.exit_code == 0, done.output
    made = (tmp_path / "data" / "winter-shelter" / "evaluation.yaml").read_text("utf-8")
    assert holds in made


def test_new_asks_for_a_file_or_a_portfolio(monkeypatch, tmp_path):
    shutil.copyfile(DATA / "tobacco-control" / "cigarettes.csv", tmp_path / "sold.csv")
    done = answering(monkeypatch, tmp_path, "sold", "0", "sold.csv")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "data" / "sold" / "columns.csv").is_file()
    done = answering(monkeypatch, tmp_path, "of-a-year", str(len(METHODS) + 1))
    assert (tmp_path / "data" / "of-a-year" / "portfolio.yaml").is_file(), done.output


def test_new_without_a_folder_and_without_a_person_says_what_to_type(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = runner.invoke(app, ["new"])
    assert done.exit_code == 1
    assert "pbc-eval new data/shelter" in done.output
    assert not list(tmp_path.iterdir())
    done = answering(monkeypatch, tmp_path, "x", "99", "")
    assert f"must be a number from 0 to {len(METHODS) + 1}, got 99" in done.output


def test_what_comes_next_is_told_in_order_with_its_key(tmp_path):
    home = copy_of("training-grants", tmp_path)
    before = next_steps(load_evaluation(home))
    assert [step.partition(":")[0] for step in before] == ["protocol", "sign_off"]
    change(home / "evaluation.yaml", "status: provisional", "status: draft")
    text = (home / "evaluation.yaml").read_text("utf-8")
    title = next(line for line in text.splitlines() if line.startswith("title:"))
    change(home / "evaluation.yaml", title, 'title: "What the reader sees at the top of the page"')
    after = [step.partition(":")[0] for step in next_steps(load_evaluation(home))]
    assert after == ["title", "outcomes[1].direction", "protocol", "status", "sign_off"]


@pytest.mark.parametrize("home", sorted(path.parent for path in DATA.glob("*/evaluation.yaml")))
def test_no_example_is_told_that_it_says_what_a_starter_says(home):
    """Contracts that name a schedule as the starter does, or call a payment alike, were told."""
    assert not [step for step in next_steps(load_evaluation(home)) if "starter" in step]


PLACEHOLDERS = (
    *("title", "contract.summary", "contract.clauses[1].text", "contract.clauses[1].reference"),
    *("publication.contact", "publication.limitations[1]"),
)


@pytest.mark.parametrize("method", METHODS)
def test_each_text_that_a_starter_asks_for_is_told_until_it_is_written(method, tmp_path):
    home = write_starter(tmp_path / "of-mine", method).parent
    for needed in ("data.csv", "people.csv", "value_map.csv", "claims.csv"):
        (home / needed).touch()
    told = [step.partition(":")[0] for step in next_steps(load_evaluation(home))]
    assert set(PLACEHOLDERS) <= set(told)
    assert ("design.rationale" in told) == (method not in ("forecast", "counted"))
    change(home / "evaluation.yaml", "The words of the clause, quoted or summarised.", "Mine.")
    left = [step.partition(":")[0] for step in next_steps(load_evaluation(home))]
    assert {"contract.clauses[1].text", "contract.clauses[1].reference"}.isdisjoint(left)


@pytest.mark.parametrize("method", METHODS)
def test_a_starter_s_days_are_told_while_it_is_a_draft(method, tmp_path):
    """A new evaluation was late on its first day, and valued on a day that nobody chose."""
    home = write_starter(tmp_path / "of-mine", method).parent
    for needed in ("data.csv", "people.csv", "value_map.csv", "claims.csv"):
        (home / needed).touch()

    def days() -> list[str]:
        steps = next_steps(load_evaluation(home))
        return [step for step in steps if "Write the days of this contract" in step]

    (step,) = days()
    assert "contract.start (2025-04-01)" in step
    assert "publication.release_date (2026-06-30)" in step
    assert ("value_map.valued_on (2025-04-01)" in step) == (method == "forecast")
    for day in ("2025-04-01", "2025-03-01", "2026-06-30"):
        file = home / "evaluation.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace(day, "2024-05-06"), "utf-8")
    assert not days()


def test_ctrl_c_ends_with_one_sentence(monkeypatch, tmp_path):
    def pressed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("pbc_eval.agreement.starter.write_starter", pressed)
    done = runner.invoke(app, ["new", str(tmp_path / "x")])
    assert done.exit_code == 130
    assert done.stderr == "Stopped. What was published before is as it was.\n"
