"""Notebooks are thin and clean: no results, no functions, no shell; and they run."""

import ast
import json
import re
from typing import get_args

import nbformat
import pytest
from evaluations import DATA, PROJECT

from pbc_eval.publish.notebook import execute
from pbc_eval.publish.report_kinds import KINDS
from pbc_eval.report.page import ReportKind

NOTEBOOKS = pytest.mark.parametrize(
    "path", sorted((PROJECT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name
)
# One in every run; the others, and whole editions, in the soak.
RUN = pytest.mark.parametrize(
    "path",
    [
        path if path.stem == "impact_report" else pytest.param(path, marks=pytest.mark.soak)
        for path in sorted((PROJECT / "notebooks").glob("*.ipynb"))
    ],
    ids=lambda path: path.name,
)
MOST_LINES = 10  # of a cell; what is longer belongs in the package


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@NOTEBOOKS
def test_no_results_are_kept(path):
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None
        assert set(cell.metadata) <= {"tags"}


@NOTEBOOKS
def test_cells_hold_no_functions_no_classes_no_arithmetic_and_no_shell(path):
    for cell in code_cells(path):
        assert not any(
            line.lstrip().startswith(("!", "%", "?")) for line in cell.source.splitlines()
        )
        assert len(cell.source.splitlines()) <= MOST_LINES
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(
                node,
                ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.BinOp,
            ), ast.unparse(node)


@NOTEBOOKS
def test_each_begins_with_a_title_and_declares_its_parameters_once(path):
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].source.startswith("# ")
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in cells) == 1


@NOTEBOOKS
def test_no_path_of_a_machine_is_in_a_notebook(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|Users|tmp)/|[A-Z]:\\\\", text)


MADE_FROM = {
    "impact_report": "training-grants/evaluation.yaml",
    "sroi_report": "wheels-to-meals/evaluation.yaml",
    "design_note": "hospital-readmissions/evaluation.yaml",
    "portfolio": "work-support-2026/portfolio.yaml",
}


def test_every_kind_of_report_has_its_notebook_and_every_notebook_its_kind():
    assert {path.stem for path in (PROJECT / "notebooks").glob("*.ipynb")} == set(KINDS)
    assert {*get_args(ReportKind)} == set(KINDS) == set(MADE_FROM)
    assert all(kind.notebook.is_file() for kind in KINDS.values())


@NOTEBOOKS
def test_a_notebook_shows_the_page_as_a_whole_and_writes_its_files(path):
    """No list of sections in a notebook: what the page has is shown, and written."""
    *_, shown = code_cells(path)
    text = "\n".join(cell.source for cell in code_cells(path))
    assert shown.source == "page"
    assert text.count("page_of(released") == text.count("write(page, released, run_dir)") == 1
    assert not re.search(r"section|table|figure", text)


@pytest.mark.slow
@RUN
def test_each_runs_from_end_to_end(path, tmp_path):
    kind = KINDS[path.stem]
    given = {
        kind.parameter: str(DATA / MADE_FROM[path.stem]),
        "run_dir": str(tmp_path / "edition"),
    }
    if kind.parameter == "portfolio":
        given["reports"] = str(tmp_path)
    done = execute(path, given, tmp_path)
    assert all(cell.execution_count for cell in done.cells if cell.cell_type == "code")
    results = tmp_path / "edition" / "downloads" / "results.json"
    assert json.loads(results.read_text(encoding="utf-8"))["summary"]["report"] == path.stem
