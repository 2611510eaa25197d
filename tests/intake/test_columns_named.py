"""What a file is to hold is told at once, by check, to whoever makes it."""

import re

import pytest
from evaluations import DATA, change, copy_of
from typer.testing import CliRunner

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.starter import METHODS, write_starter
from pbc_eval.cli import app
from pbc_eval.intake.columns_named import columns_not_there

pytestmark = pytest.mark.slow  # whole evaluations are checked

OF_ROWS = [name for name in METHODS if name not in ("reported", "forecast")]


def told(folder) -> list[str]:
    """The columns that check names of an evaluation that cannot be run, whatever the width."""
    done = CliRunner().invoke(app, ["check", str(folder)], env={"COLUMNS": "2000"})
    assert done.exit_code == 1
    in_one_line = re.sub(r"[│\s]+", " ", done.stderr)
    return re.findall(r"'(\w+)' \([a-z_]+[\w.\[\]]*\)", in_one_line)


@pytest.mark.parametrize("method", OF_ROWS)
def test_a_file_made_of_the_columns_that_check_asks_for_lacks_none(method, tmp_path):
    home = write_starter(tmp_path / "of-mine", method).parent
    spec = load_evaluation(home)
    columns = told(home)
    file = home / (spec.data.file if spec.data else spec.claims.file)
    assert len(columns) >= 2
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    assert told(home) == columns
    file.write_text(",".join(columns) + "\n" + ",".join("1" for _ in columns), encoding="utf-8")
    assert columns_not_there(spec) == ()


def test_one_column_or_a_file_of_another_name_is_told_once(tmp_path):
    home = copy_of("hospital-readmissions", tmp_path)
    change(home / "evaluation.yaml", "  unit: hospital\n", "  unit: clinic\n")
    assert told(home) == []
    change(home / "evaluation.yaml", "  file: hospitals.csv", "  file: hospital.csv")
    assert columns_not_there(load_evaluation(home)) == ()


@pytest.mark.parametrize("home", sorted(path.parent for path in DATA.glob("*/evaluation.yaml")))
def test_no_example_lacks_a_column_that_it_names(home):
    assert columns_not_there(load_evaluation(home)) == ()
