"""One door out: only disclosure makes shown tables, and pages are handed nothing else."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from source import tree_of

pytestmark = pytest.mark.slow  # seconds, together

ROOT = Path(__file__).parents[1] / "pbc_eval"
NEVER_SHOWN = {"Evaluation", "Finding", "OutputTable", "DesignNote", "Portfolio"}
MAKERS = {"ReleasedTable", "release_table", "release_tables", "release_open_table"}
SHOWING = sorted(path for room in ("report", "publish") for path in (ROOT / room).rglob("*.py"))
OUTSIDE = sorted(
    path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] != "disclosure"
)


def named(path: Path) -> set[str]:
    """Every name that a module imports, also for the type checker alone."""
    return {
        alias.name
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def called(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            made = node.func
            names.add(made.id if isinstance(made, ast.Name) else getattr(made, "attr", ""))
    return names


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_pages_and_the_press_know_no_result_before_its_release():
    known = {short(path): named(path) & NEVER_SHOWN for path in SHOWING}
    assert {name: results for name, results in known.items() if results} == {}


def test_nothing_outside_disclosure_makes_a_table_that_may_be_shown():
    made = {short(path): called(path) & MAKERS for path in OUTSIDE}
    assert {name: makers for name, makers in made.items() if makers} == {}


def test_the_search_would_find_a_maker_and_an_unreleased_result(tmp_path):
    file = tmp_path / "page.py"
    file.write_text(
        "from pbc_eval.evaluation.record import Evaluation\n"
        "import pbc_eval.disclosure as d\nx = d.ReleasedTable()\ny = release_table(1, 2)\n"
    )
    assert named(file) & NEVER_SHOWN == {"Evaluation"}
    assert called(file) & MAKERS == {"ReleasedTable", "release_table"}


@pytest.mark.soak
@pytest.mark.slow
def test_the_type_checker_refuses_an_evaluation_that_was_not_released(tmp_path):
    file = tmp_path / "unreleased.py"
    file.write_text(
        "from pbc_eval.evaluation.note.design_note import DesignNote\n"
        "from pbc_eval.evaluation.portfolio.record import Portfolio\n"
        "from pbc_eval.evaluation.record import Evaluation\n"
        "from pbc_eval.disclosure import ReleasedEvaluation\n"
        "from pbc_eval.report.page import page_of\n"
        "def show(a: Evaluation, b: DesignNote, c: Portfolio, d: ReleasedEvaluation) -> None:\n"
        "    page_of(a)\n    page_of(b)\n    page_of(c)\n    page_of(d)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(ROOT.parent / "pyproject.toml"), file],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT.parent,
    )
    wrong = [line for line in done.stdout.splitlines() if "[arg-type]" in line]
    assert [line.split(":")[1] for line in wrong] == ["7", "8", "9"], done.stdout
