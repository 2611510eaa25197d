"""Small files that would take the memory or the hour of whoever reads them are refused at once."""

import io
import os
import zipfile

import ibis
import pandas as pd
import pytest

from pbc_eval.agreement.contained_file import contained_file
from pbc_eval.agreement.outcomes import DataRoles
from pbc_eval.agreement.table_layout import checked_layout
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import DataError, SpecError
from pbc_eval.intake.open_document import LONGEST_IN_FILE, MOST_ROWS
from pbc_eval.intake.table_files import read_rows
from pbc_eval.intake.workbook_file import readable_workbook
from pbc_eval.panel.source import open_source


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


CELL = b'<table:table-cell office:value="1"%b><text:p>1</text:p></table:table-cell>'
LONG = CELL.replace(b">1<", b">" + b"A" * 300_000 + b"<") % b""
FAR = b"<table:table-row table:number-rows-repeated='%d'>%b</table:table-row>"
WIDE = CELL % b' table:number-columns-repeated="2000000000"'


def open_document(file, rows: bytes):
    """A workbook of an office suite, with more rows below its table."""
    book = io.BytesIO()
    pd.DataFrame({"a": [1, 2]}).to_excel(book, index=False, engine="odf")
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b"</table:table>", rows + b"</table:table>", 1))
    return file


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (FAR % (2_000_000_000, CELL % b""), "has 2,000,000,003 rows and 1 columns"),
        (FAR % (1, WIDE), "has 4 rows and 2,000,000,000 columns"),
        (FAR % (1_000_000, (CELL % b"") * 40), "rows and 40 columns"),
        (FAR % (2_000_000, b"") + FAR % (1, CELL % b""), "has 2,000,004 rows"),
        (FAR % (1, LONG), "a text of more than 200,000 bytes"),
    ],
)  # fmt: skip
def test_rows_and_cells_said_to_be_repeated_without_end_are_refused(tmp_path, rows, words):
    file = open_document(tmp_path / "data.ods", rows)
    assert file.stat().st_size < 40_000
    with pytest.raises(DataError, match=words):
        read_rows(file)


def test_empty_rows_and_cells_at_the_end_are_no_table(tmp_path):
    """As office suites write what lies below and beside a table."""
    cell = b'<table:table-cell table:number-columns-repeated="16000"/>'
    file = open_document(tmp_path / "data.ods", FAR % (1_048_000, cell))
    assert len(read_rows(file)[0]) == 2


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused_as_empty(tmp_path, content):
    file = tmp_path / "data.csv"
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"data\.csv: is empty"):
        open_source(file)


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


@pytest.mark.parametrize(
    "encoding", ["punycode", "undefined", "idna", "unicode_escape", "raw_unicode_escape", "zlib"]
)
def test_an_encoding_that_files_are_not_written_in_is_refused(tmp_path, encoding):
    """Some read one text as another, some fail in their own way."""
    file = tmp_path / "data.csv"
    file.write_text("id,area\n1,No\\u0072th\n", encoding="utf-8")
    with pytest.raises(DataError, match=f"encoding '{encoding}' is not known. Use utf-8"):
        read_rows(file, layout=checked_layout({"encoding": encoding}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("columns", {"a\0": "id"}),
        ("columns", {"id": "a\u202eb"}),
        ("labels", {"sex=M\u202e": "Men"}),
        ("labels", {"sex=M": "Men\u2066"}),
    ],
)
def test_names_and_texts_of_a_mapping_are_looked_at_like_other_texts(key, value):
    with pytest.raises(ValueError, match=r"holds the unseen character U\+\w+ after"):
        DataRoles(file="data.csv", unit="id", **{key: value})
