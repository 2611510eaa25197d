"""Notebooks are thin and clean: no results, no functions, no shell; and they run."""

import ast

import nbformat
import pytest
from evaluations import DATA, PROJECT

from pbc_eval.publish.notebook import execute

NOTEBOOKS = pytest.mark.parametrize(
    "path", sorted((PROJECT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name
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
    assert not any(place in text for place in ("/home/", "/root/", "/Users/", "/tmp/", ":\\\\"))


@pytest.mark.slow
@NOTEBOOKS
def test_each_runs_from_end_to_end(path, tmp_path):
    evaluation = DATA / "training-grants" / "evaluation.yaml"
    given = {"evaluation": str(evaluation), "run_dir": str(tmp_path / "edition")}
    done = execute(path, given, tmp_path)
    assert all(cell.execution_count for cell in done.cells if cell.cell_type == "code")
    assert (tmp_path / "edition" / "downloads" / "results.json").is_file()
