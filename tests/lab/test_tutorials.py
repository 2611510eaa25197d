"""Tutorials: thin, clean, and each runs from end to end on the examples of the package."""

import re

import nbformat
import pytest
from evaluations import PROJECT
from nbclient import NotebookClient

import pbc_eval as pbc
from pbc_eval.errors import DataError

EVERY = sorted((PROJECT / "notebooks" / "tutorials").glob("*.ipynb"))
TUTORIALS = pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem[:2])


def test_there_are_eight_in_order():
    assert [path.stem[:2] for path in EVERY] == [f"0{n}" for n in range(1, 9)]


@TUTORIALS
def test_no_outputs_no_paths_of_a_machine_and_every_cell_introduced(path):
    made = nbformat.read(path, as_version=4)
    nbformat.validate(made)
    assert made.cells[0].source.startswith(f"# {path.stem[:2]} ")
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert not re.search(r"/(home|root|Users|tmp|work)/", path.read_text(encoding="utf-8"))
    assert all(not line.startswith(("!", "%")) for c in code for line in c.source.splitlines())


@TUTORIALS
def test_every_public_name_in_its_words_and_cells_is_there(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    names = set(re.findall(r"pbc\.(\w+)", text))
    assert names
    assert names <= set(pbc.__all__)


@TUTORIALS
@pytest.mark.soak
def test_each_runs_in_under_a_minute(path, tmp_path):
    made = nbformat.read(path, as_version=4)
    NotebookClient(
        made, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert all(cell.execution_count for cell in made.cells if cell.cell_type == "code")


def test_an_example_is_found_by_its_name_and_a_wrong_one_is_told():
    assert (pbc.example("supported-work") / "evaluation.yaml").is_file()
    with pytest.raises(DataError, match="Did you mean 'supported-work'"):
        pbc.example("suported-work")
