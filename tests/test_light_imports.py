"""What a person waits for is loaded when it is needed: held by what is loaded, never by a clock."""

import json
import subprocess
import sys

import pytest
from evaluations import DATA as DATA_FOLDER

pytestmark = pytest.mark.slow  # seconds, together

SOLVERS = {"scipy.optimize", "scipy.stats", "scipy.spatial"}
HEAVY = {"linearmodels", "statsmodels", "matplotlib", "openpyxl", "papermill", "nbconvert"}
DATA = {"numpy", "pandas", "ibis", "duckdb", "pyarrow", "scipy", "pydantic"}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh process has loaded after ``code``."""
    ending = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code + ending], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import pbc_eval",
        "import pbc_eval.cli",
        "from typer.testing import CliRunner\nfrom pbc_eval import cli\n"
        "assert 'verify' in CliRunner().invoke(cli.app, ['--help']).output",
        "from typer.testing import CliRunner\nfrom pbc_eval import cli\n"
        "assert CliRunner().invoke(cli.app, ['--version']).exit_code == 0",
    ],
    ids=["package", "command", "help", "version"],
)
def test_neither_the_package_nor_its_help_loads_a_data_tool(code):
    assert not loaded_by(code) & (DATA | HEAVY)


def test_an_estimator_loads_no_solver_and_no_other_tool_before_it_is_called():
    names = ["att_gt", "imputation", "two_way_event_study", "Panel", "match", "weight"]
    modules = loaded_by("import pbc_eval\n" + "\n".join(f"pbc_eval.{name}" for name in names))
    assert "numpy" in modules
    assert not modules & (SOLVERS | HEAVY)


def test_a_first_estimate_loads_no_tool_that_it_does_not_use():
    modules = loaded_by(
        "import pandas as pd, pbc_eval as pbc\n"
        "rows = [(u, t, 0.1 * u + t + (u > 4 and t > 2), 3 if u > 4 else None)"
        " for u in range(10) for t in range(1, 6)]\n"
        "frame = pd.DataFrame(rows, columns=['who', 'time', 'y', 'start'])\n"
        "panel = pbc.Panel.from_data(frame, unit='who', time='time', outcome='y', cohort='start')\n"
        "assert abs(pbc.att_gt(panel).aggregate('cohort').overall.estimate - 1) < 1e-9"
    )
    assert not modules & (SOLVERS | HEAVY)


def test_a_check_that_refuses_a_file_loads_no_solver_no_figure_and_no_workbook_tool(tmp_path):
    """What is wrong with a file is told before anything heavy is loaded."""
    refused(tmp_path, "wheels-to-meals", SOLVERS | HEAVY)


def test_a_check_that_refuses_a_file_without_a_value_map_loads_no_data_tool(tmp_path):
    refused(tmp_path, "training-grants", (DATA | SOLVERS | HEAVY) - {"pydantic"})


def refused(folder, example, not_loaded):
    text = (DATA_FOLDER / example / "evaluation.yaml").read_text(encoding="utf-8")
    (folder / "evaluation.yaml").write_text(text.replace("title:", "titel:"), encoding="utf-8")
    modules = loaded_by(
        "from typer.testing import CliRunner\nfrom pbc_eval import cli\n"
        f"shown = CliRunner().invoke(cli.app, ['check', {str(folder)!r}])\n"
        "assert shown.exit_code != 0 and 'titel' in shown.output, shown.output"
    )
    assert not modules & not_loaded
