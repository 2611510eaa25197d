"""A cell far from its table neither fills the memory nor passes in silence."""

import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.styles import Font

from pbc_eval.errors import DataError, ValueMapError
from pbc_eval.intake.value_table import read_value_map
from pbc_eval.intake.workbook_file import readable_workbook
from pbc_eval.panel.source import read_frame

TABLE = pd.DataFrame({"id": range(40), "y": [i / 3 for i in range(40)]})


@pytest.fixture
def book(tmp_path):
    def write(cell, value):
        path = tmp_path / "b.xlsx"
        TABLE.to_excel(path, index=False, sheet_name="Data")
        made = load_workbook(path)
        made["Data"][cell] = value
        made["Data"][cell].font = Font(bold=True)
        made.save(path)
        return path

    return write


@pytest.mark.parametrize("cell", ["XFD1048576", "XFD40000"])
def test_a_far_cell_that_holds_something_is_named(book, cell):
    with pytest.raises(DataError, match=rf"cell {cell} holds 7, far from the other 82 .* at B41"):
        read_frame(book(cell, 7))


def test_a_far_cell_that_holds_nothing_is_left_out(book):
    path = book("XFD1048576", None)
    pd.testing.assert_frame_equal(read_frame(path), TABLE)


def test_a_plain_workbook_is_read_as_it_is(tmp_path):
    path = tmp_path / "b.xlsx"
    TABLE.to_excel(path, index=False)
    assert readable_workbook(path) == path


def test_a_value_map_with_a_far_cell_is_refused(book):
    with pytest.raises(ValueMapError, match="cell XFD1048576 holds 'x'"):
        read_value_map(book("XFD1048576", "x"))
