"""Small files that would take the memory or the hour of whoever reads them are refused at once."""

import io
import os
import zipfile

import ibis
import pandas as pd
import pytest

from pbc_eval.agreement.contained_file import contained_file
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import DataError, SpecError
from pbc_eval.intake.table_files import read_rows
from pbc_eval.intake.workbook_file import LONGEST_IN_FILE, MOST_ROWS, readable_workbook


def told(file) -> str:
    with pytest.raises(DataError) as refused:
        read_rows(file)
    words = str(refused.value)
    assert len(words) < 300
    assert "\0" not in words
    return words


def test_a_file_of_null_bytes_is_no_table_with_one_long_name(tmp_path):
    file = tmp_path / "data.csv"
    file.write_bytes(bytes(1_000_000))
    assert "line 1 holds the byte 0" in told(file)
    file.write_bytes(b"id,area\n1,No\0rth\n")
    assert "line 2 holds the byte 0" in told(file)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_of_very_many_columns_is_refused(tmp_path, mark):
    file = tmp_path / "data.csv"
    file.write_text(mark.join(f"c{k}" for k in range(20_000)) + "\n")
    assert "has 20,000 columns, of which a table may have 5,000" in told(file)


def workbook(file, sheet: bytes):
    """A workbook whose one sheet is ``sheet``."""
    book = io.BytesIO()
    pd.DataFrame({"a": [1]}).to_excel(book, index=False)
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            is_sheet = name == "xl/worksheets/sheet1.xml"
            new.writestr(name, old.read(name).replace(b"</sheetData>", sheet + b"</sheetData>")
                         if is_sheet else old.read(name))  # fmt: skip
    return file


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (b"<row/>" * (MOST_ROWS + 1), "more than the 1,048,576 rows"),
        (b'<row><c t="inlineStr"><is><t>' + b"A" * (LONGEST_IN_FILE + 1) + b"</t></is></c></row>",
         "a text of more than 200,000 bytes"),
    ],
)  # fmt: skip
def test_a_sheet_of_endless_rows_or_text_is_refused_before_it_is_read(tmp_path, sheet, words):
    file = workbook(tmp_path / "data.xlsx", sheet)
    assert file.stat().st_size < 40_000
    with pytest.raises(DataError, match=words):
        readable_workbook(file)


def test_spans_of_time_in_a_database_are_refused_by_the_name_of_the_column(tmp_path):
    connection = ibis.duckdb.connect(tmp_path / "data.duckdb")
    connection.raw_sql("CREATE TABLE t AS SELECT 1 AS id, INTERVAL 1 DAY AS stay")
    connection.disconnect()
    assert "column 'stay' holds spans of time" in told(f"{tmp_path}/data.duckdb::t")


@pytest.mark.skipif(os.name != "posix", reason="links and devices as on Unix")
def test_links_in_circles_and_devices_are_refused_in_a_sentence(tmp_path):
    (tmp_path / "data.csv").symlink_to(tmp_path / "data.csv")
    with pytest.raises(SpecError, match=r"'data\.csv' is a link that leads back to itself"):
        contained_file("x", tmp_path, "data.csv")
    (tmp_path / "evaluation.yaml").symlink_to("/dev/zero")
    with pytest.raises(SpecError, match="is no file with text"):
        read_yaml(tmp_path / "evaluation.yaml")
