"""A cell of a megabyte ends in one sentence, whichever way the data are read."""

import pandas as pd
import pytest
from evaluations import change, copy_of
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import pbc_eval as pbc
from pbc_eval.agreement.sizes import LONGEST_NAME
from pbc_eval.cli import app
from pbc_eval.errors import DataError
from pbc_eval.evaluation.data_place import data_frame
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.intake.long_cells import refuse_long_cells, refuse_long_cells_of
from pbc_eval.panel.source import open_source


@pytest.mark.soak
def test_check_says_which_column_of_a_panel_has_a_megabyte_and_goes_on_once_it_is_shortened(
    tmp_path,
):
    home = copy_of("insurance-expansion", tmp_path)
    file = home / "states.csv"
    was = file.read_text(encoding="utf-8")
    name = was.splitlines()[1].split(",")[0]
    file.write_text(was.replace(f"\n{name},", f"\n{'x' * 1_000_000},"), encoding="utf-8")
    told = CliRunner().invoke(app, ["check", str(home)])
    words = " ".join(told.output.split())
    assert told.exit_code == 1
    assert "has up to 1,000,000 characters" in words
    assert len(words) < 1_000
    file.write_text(was.replace(f"\n{name},", f"\n{'x' * LONGEST_NAME},"), encoding="utf-8")
    assert CliRunner().invoke(app, ["check", str(home)]).exit_code == 0  # the remedy, tried


def test_a_column_of_people_that_is_named_is_bounded_and_one_that_is_not_may_hold_a_story(tmp_path):
    home = copy_of("supported-work", tmp_path)
    file = home / "people.csv"
    frame = pd.read_csv(file).head(40)
    frame["story"] = "y" * 1_000
    frame.to_csv(file, index=False)
    spec = pbc.load_evaluation(home / "evaluation.yaml")
    assert "story" in data_frame(spec, InputFiles())[0]
    change(home / "evaluation.yaml", f"unit: {spec.data.unit}\n", "unit: story\n")
    spec = pbc.load_evaluation(home / "evaluation.yaml")
    with pytest.raises(DataError, match=r"column 'story' has up to 1,000 characters \(40 rows"):
        data_frame(spec, InputFiles())


@settings(max_examples=6)
@given(st.lists(st.integers(0, 2 * LONGEST_NAME) | st.none(), min_size=1, max_size=4))
def test_a_table_and_rows_in_memory_are_held_to_the_same(sizes):
    frame = pd.DataFrame({"a": [None if n is None else "é" * n for n in sizes], "b": 1})
    too_many = sum(n is not None and n > LONGEST_NAME for n in sizes)
    for refuse in (
        lambda: refuse_long_cells(open_source(frame.astype({"a": "str"})), ["a", "b", "c"]),
        lambda: refuse_long_cells_of("data frame", frame, ["a", "b", "c"]),
    ):
        if too_many:
            with pytest.raises(DataError, match=rf"'a' has up to .* \({too_many} row"):
                refuse()
        else:
            refuse()
