"""A point that may part thousands or decimals is asked about: "1.250" is 1.25 to some, else 1250.

Where commas part cells, a program wrote the file and a point parts decimals.
"""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.errors import PbcError
from pbc_eval.intake.table_cells import number_in
from pbc_eval.intake.table_files import read_rows, read_table
from pbc_eval.intake.value_table import value_map_from_frame
from pbc_eval.messages.written_numbers import may_be_thousands

COLUMNS = (
    "stakeholder", "outcome", "indicator", "quantity", "proxy_value", "duration", "deadweight",
    "attribution", "displacement", "drop_off", "proxy", "proxy_source",
)  # fmt: skip


def table_of(path, values, mark):
    lines = [mark.join(("unit", "y")), *(mark.join((f"u{k}", v)) for k, v in enumerate(values))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def value_map(path, mark, worth="1.250"):
    cells = ["People", "Work", "In work", "40", worth, "1", "0", "0", "0", "0", "Wage", "A study"]
    path.write_text(f"{mark.join(COLUMNS)}\n{mark.join(cells)}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize(
    "values", [["1.250", "980", "12.500"], ["1.000", "2.000"], ["-1.250", " 7 "]]
)
def test_a_column_that_may_hold_thousands_stays_as_it_is_written(tmp_path, mark, values):
    frame, _ = read_rows(table_of(tmp_path / "a.csv", values, mark))
    assert [str(value).strip() for value in frame["y"]] == [value.strip() for value in values]
    with pytest.raises(PbcError, match=r"numbers: \"1,234.5\" reads .* numbers: \"1.234,5\""):
        pbc.match(
            frame.assign(treated=[1] + [0] * (len(frame) - 1)),
            treatment="treated",
            covariates=["y"],
        )


@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize(
    "values", [["0.250", "980"], ["1.25", "1.250"], ["1.250", "1400"], ["1.5"], ["1.250", "2.5e3"]]
)
def test_a_column_with_one_number_that_is_not_so_written_holds_decimals(tmp_path, mark, values):
    frame, _ = read_rows(table_of(tmp_path / "a.csv", values, mark))
    assert frame["y"].tolist() == [float(value) for value in values]


def test_between_commas_a_point_parts_decimals(tmp_path):
    frame, _ = read_rows(table_of(tmp_path / "a.csv", ["1.250", "980"], ","))
    assert frame["y"].tolist() == [1.25, 980]


@pytest.mark.parametrize(("notation", "worth"), [("1.234,5", 1250), ("1,234.5", 1.25)])
def test_what_is_stated_is_what_is_read(tmp_path, notation, worth):
    frame, _ = read_rows(table_of(tmp_path / "a.csv", ["1.250", "980"], ";"))
    assert pbc.read_numbers(frame, ["y"], notation).frame["y"].tolist() == [worth, 980]
    valued = pbc.read_value_map(value_map(tmp_path / "map.csv", ";"), numbers=notation)
    assert valued.outcomes[0].proxy_value == worth


def test_a_table_that_is_laid_out_asks_too(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("A title\nunit;y\na;1.250\nb;980\n", encoding="utf-8")
    assert read_table(file, header_row=2)["y"].tolist() == ["1.250", "980"]
    file.write_text("A title\nunit,y\na,1.250\nb,980\n", encoding="utf-8")
    assert read_table(file, header_row=2)["y"].tolist() == [1.25, 980]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_value_map_asks_too_and_reads_a_program_s(tmp_path, mark):
    with pytest.raises(PbcError, match=r"'1\.250'.* Write 1\.25 or 1250, whichever is meant"):
        pbc.read_value_map(value_map(tmp_path / "map.csv", mark))
    assert pbc.read_value_map(value_map(tmp_path / "map.csv", ",")).outcomes[0].proxy_value == 1.25
    remedied = value_map(tmp_path / "map.csv", mark, "1250")
    assert pbc.read_value_map(remedied).outcomes[0].proxy_value == 1250


def test_a_text_cell_of_a_workbook_or_a_frame_asks_too(tmp_path):
    cells = pd.read_csv(value_map(tmp_path / "map.csv", ","), dtype={"proxy_value": str})
    cells.to_excel(tmp_path / "map.xlsx", index=False)
    for read in (
        lambda: pbc.read_value_map(tmp_path / "map.xlsx"),
        lambda: value_map_from_frame(cells),
    ):
        with pytest.raises(PbcError, match=r"Write 1\.25 or 1250, whichever is meant"):
            read()
    assert value_map_from_frame(cells.assign(proxy_value=1250.0)).outcomes[0].proxy_value == 1250


@settings(max_examples=200)
@given(st.lists(st.integers(-999_999, 999_999), min_size=1, max_size=6))
def test_thousands_are_never_taken_for_decimals(numbers):
    """However a column of whole numbers with points between thousands looks, it is asked about, or
    nothing in it has a point."""
    written = [f"{number:,}".replace(",", ".") for number in numbers]
    assert may_be_thousands(written) == any("." in text for text in written)


@settings(max_examples=200)
@given(st.floats(-1e6, 1e6).map(lambda value: f"{value:.3f}"))
def test_a_cell_is_read_only_where_every_notation_reads_it_alike(text):
    value, problem = number_in(text, "proxy_value")
    if problem is None:
        assert value == float(text)
        assert not may_be_thousands([text])
    else:
        assert "whichever is meant" in problem.in_words
        assert number_in(text, "proxy_value", by_program=True) == (float(text), None)
