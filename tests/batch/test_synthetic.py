"""Made-up contracts: the same for the same number, of every kind, and labelled wherever shown."""

import pytest
from evaluations import files_under
from typer.testing import CliRunner

import pbc_eval as pbc
from pbc_eval import cli
from pbc_eval.batch.synthetic import KINDS, MOST, write_synthetic
from pbc_eval.errors import SpecError
from pbc_eval.report import page_of


def test_the_same_number_gives_the_same_files_and_more_contracts_leave_the_first_as_they_are(
    tmp_path,
):
    write_synthetic(tmp_path / "a", 5)
    write_synthetic(tmp_path / "b", 9)
    first, second = files_under(tmp_path / "a"), files_under(tmp_path / "b")
    assert first == {name: second[name] for name in first}
    assert len({name.split("/")[0] for name in second}) == 9


def test_every_kind_is_read_and_says_that_it_is_synthetic(tmp_path):
    for file in write_synthetic(tmp_path / "a", len(KINDS)):
        spec = pbc.load_evaluation(file)
        assert spec.title.startswith("Synthetic contract")
        assert spec.publication.data_status == "synthetic"
        assert spec.contract.status == "synthetic"
        assert "invented" in spec.contract.commissioner
        assert "Synthetic" in (file.parent / "SOURCE.md").read_text(encoding="utf-8")


@pytest.mark.soak
def test_every_kind_is_worked_out_and_its_page_says_that_nothing_is_real(tmp_path):
    for file in write_synthetic(tmp_path / "a", 3 * len(KINDS)):
        page = page_of(pbc.release(pbc.evaluate(pbc.load_evaluation(file))))
        assert "Synthetic" in page._repr_html_()


def test_the_command_makes_them_and_says_what_to_call_next(tmp_path):
    done = CliRunner().invoke(cli.app, ["new", "--synthetic", "2", str(tmp_path / "many")])
    assert done.exit_code == 0
    assert "2 synthetic contracts" in done.output
    assert len(list((tmp_path / "many").glob("*/evaluation.yaml"))) == 2


@pytest.mark.parametrize("number", [-1, 0, MOST + 1])
def test_a_number_that_cannot_be_is_refused(tmp_path, number):
    with pytest.raises(SpecError, match="must be a number from 1 to 20,000"):
        write_synthetic(tmp_path / "a", number)


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    with pytest.raises(SpecError, match="is there already"):
        write_synthetic(tmp_path, 1)


def test_without_a_folder_nothing_is_made():
    done = CliRunner().invoke(cli.app, ["new", "--synthetic", "3"])
    assert done.exit_code == 1
    assert "name a folder" in done.output
