"""A title above the header is found in every table that a person brings, and named by its row."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.errors import DataError, ValueMapError
from pbc_eval.intake.header_row import TITLE_ROWS, header_further_down
from pbc_eval.intake.value_table import read_value_map
from pbc_eval.panel.source import collect, open_source

ROLES = ["school", "month", "started", "absent"]
ROWS = [["A", 1, 0, 0.5], ["B", 1, 2, 0.25]]
TITLES = st.lists(st.sampled_from(["", "Absence by month", "Source: schools"]), max_size=TITLE_ROWS)


@given(titles=TITLES, extra=st.lists(st.sampled_from(["note", "x"]), max_size=3, unique=True))
def test_a_header_below_any_titles_is_found_and_one_in_place_is_left_alone(titles, extra):
    lines = [*([title] for title in titles), [*ROLES, *extra], *ROWS]
    assert header_further_down(lines, ROLES) == (len(titles) or None)


@given(lines=st.lists(st.lists(st.text(max_size=5), max_size=4), max_size=15))
def test_rows_of_anything_are_no_header(lines):
    assert header_further_down(lines, ROLES) is None


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_text_below_a_title_is_read_whole_from_its_header(tmp_path, separator):
    file = tmp_path / "absence.csv"
    lines = [["Absence by month"], [""], ROLES, *ROWS]
    file.write_text("\n".join(separator.join(map(str, line)) for line in lines))
    read = collect(open_source(file, ROLES).table)
    assert read.to_numpy().tolist() == ROWS  # the engine finds the header: no row is lost


def test_words_below_a_title_whose_header_cannot_be_told_from_rows_are_refused(tmp_path):
    file = tmp_path / "absence.csv"
    words = [["Absence", "by", "month", "2024"], ROLES, ["A", "May", "never", "some"]]
    file.write_text("\n".join(",".join(line) for line in words))
    with pytest.raises(DataError, match=r"named in row 2, .* Delete the row above it"):
        open_source(file, ROLES)


def test_data_below_a_title_in_a_workbook_are_refused_with_the_row(tmp_path):
    file = tmp_path / "absence.xlsx"
    frame = pd.DataFrame([["Absence by month", None, None, None], ROLES, *ROWS])
    frame.to_excel(file, header=False, index=False)
    with pytest.raises(DataError, match=r"named in row 2, .* Delete the row above it"):
        open_source(file, ROLES)


def test_a_value_map_below_a_title_is_refused_with_the_same_words(tmp_path):
    file = tmp_path / "map.csv"
    file.write_text("Our value map,,,\nid,stakeholder,outcome,quantity\njobs,people,work,4\n")
    with pytest.raises(ValueMapError, match=r"named in row 2, .* Delete the row above it"):
        read_value_map(file)
