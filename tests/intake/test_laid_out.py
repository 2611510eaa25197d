"""A table is read where its layout says that it stands, and what is not there is refused."""

import csv
import datetime as dt
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

import pbc_eval as pbc
from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.errors import DataError, SpecError
from pbc_eval.intake.table_files import numbered_rows, open_table

pytestmark = pytest.mark.slow  # seconds, together

TABLE = pd.DataFrame(
    {"area": ["A", "A", "B", "B"], "year": [2020, 2021, 2020, 2021], "rate": [1.5, 2.0, 3.0, 2.5]}
)
HEADINGS = {"area": "Area of\nresidence", "year": "Year", "rate": "Rate (%)"}
ROWS = [["A table of rates"], [], list(HEADINGS.values()), *TABLE.to_numpy().tolist(),
        [], ["Notes"], ["1. None."]]  # fmt: skip
SHORT = {"area": "Area of residence", "rate": "Rate (%)", "year": "Year"}


def file_of(folder: Path, suffix: str, rows: list[list[object]] = ROWS) -> Path:
    file = folder / f"rates{suffix}"
    if suffix == ".csv":
        with file.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows)
        return file
    if suffix == ".ods":
        return open_document(file, rows)
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file


def open_document(file: Path, rows: list[list[object]]) -> Path:
    """A spreadsheet of LibreOffice's kind, as little of it as there may be."""

    def cell(value: object) -> str:
        if isinstance(value, (int, float)):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        text = f"<text:p>{value or ''}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("mimetype", kind)
        parts.writestr(
            "content.xml",
            f'<office:document-content{names} office:version="1.3"><office:body>'
            f'<office:spreadsheet><table:table table:name="Data">{lines}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        parts.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
            f'><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
    return file


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".ods"])
def test_a_table_is_read_where_the_layout_says(tmp_path, suffix):
    file = file_of(tmp_path, suffix)
    frame = pbc.read_table(file, header_row=3, last_row=7, columns=SHORT)
    pd.testing.assert_frame_equal(frame, TABLE, check_dtype=False)


def test_what_is_no_data_is_told_in_the_ledger(tmp_path):
    rows = [*ROWS[:3], ["A", 2019, 1.0], [], *ROWS[3:]]
    rows[0] = ["", "a title"]
    layout = TableLayout(header_row=3, last_row=9, columns=SHORT)
    source = open_table(file_of(tmp_path, ".xlsx", rows), layout)
    assert [str(note) for note in source.notes] == [
        "the headings of rates.xlsx stand in row 3; what stands above is no data",
        "rows below row 9 of rates.xlsx that are notes or totals, and no data: 2",
        "empty rows left out: 1",
    ]


def test_an_empty_cell_takes_the_value_above_where_that_is_said(tmp_path):
    rows = [list(HEADINGS.values()), ["A", 2020, 1.5], ["", 2021, 2.0], ["B", 2020, 3.0]]
    file = file_of(tmp_path, ".csv", rows)
    assert pbc.read_table(file, columns=SHORT)["area"].isna().sum() == 1
    filled = open_table(file, TableLayout(columns=SHORT, fill_down=("area",)))
    assert "empty cells of 'area' that take the value above them: 1" in map(str, filled.notes)
    frame = pbc.read_table(file, columns=SHORT, fill_down=["area"])
    assert frame["area"].tolist() == ["A", "A", "B"]


@pytest.mark.parametrize(
    ("example", "first"), [("31/12/2024", "2024-02-01"), ("12/31/2024", "2024-01-02")]
)
def test_dates_that_nothing_tells_apart_are_read_as_stated(tmp_path, example, first):
    file = tmp_path / "days.csv"
    file.write_text("day,y\n01/02/2024,1\n03/04/2024,2\n", encoding="utf-8")
    layout = TableLayout.model_validate({"dates": example})
    source = open_table(file, layout)
    assert str(source.table.day.to_pyarrow()[0]) == first
    assert f"'day' holds dates written like {example}" in map(str, source.notes)


def test_a_date_that_there_is_not_is_refused_by_name(tmp_path):
    file = tmp_path / "days.csv"
    file.write_text("day,y\n01/13/2024,1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"day: '01/13/2024' is no date written like 31/12/2024"):
        open_table(file, TableLayout.model_validate({"dates": "31/12/2024"}))


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"header_row": 2}, "header_row names an empty row"),
        ({"header_row": 99}, "header_row is 99, but the table ends at row 10"),
        ({"header_row": 3, "last_row": 50}, "last_row is 50, but the table ends at row 10"),
        ({"header_row": 3, "columns": {"rate": "Rte (%)"}}, r"no heading 'Rte.*mean 'Rate \(%\)'"),
        ({"header_row": 3, "columns": {"Year": "Rate (%)"}}, "is the heading of another column"),
        ({"sheet": "Dta"}, "no sheet 'Dta'.*Sheets found: Sheet"),
        ({"encoding": "cp1252"}, "encoding is for text files"),
        ({"header_row": 3, "fill_down": ["aera"]}, "no column 'aera'"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(tmp_path, layout, message):
    with pytest.raises(DataError, match=message):
        pbc.read_table(file_of(tmp_path, ".xlsx"), **layout)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"header_row": 5, "last_row": 3}, "must lie below header_row 5"),
        ({"columns": {"a": "X", "b": "X"}}, "two names"),
        ({"separator": "::"}, "separator"),
        ({"header_row": 0}, "header_row"),
    ],
)
def test_a_layout_that_contradicts_itself_is_refused(tmp_path, layout, message):
    with pytest.raises(SpecError, match=message):
        pbc.read_table(file_of(tmp_path, ".xlsx"), **layout)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_an_encoding_is_read_as_stated_and_never_guessed(tmp_path, encoding):
    file = tmp_path / "areas.csv"
    file.write_bytes("area,y\nYnys Môn,1\nCafé,2\n".encode(encoding))
    if encoding == "cp1252":
        with pytest.raises(DataError, match=r"is not UTF-8\. State its encoding"):
            pbc.read_table(file, separator=",")
    frame = pbc.read_table(file, encoding=encoding)
    assert frame["area"].tolist() == ["Ynys Môn", "Café"]


def test_statistics_files_are_read_with_their_labels(tmp_path):
    frame = TABLE.assign(arm=pd.Categorical(["no", "no", "yes", "yes"]))
    frame.to_stata(tmp_path / "rates.dta", write_index=False)
    read = pbc.read_table(tmp_path / "rates.dta", columns={"value": "rate"})
    assert read["value"].tolist() == TABLE["rate"].tolist()
    assert read["arm"].tolist() == ["no", "no", "yes", "yes"]
    pyreadstat = pytest.importorskip("pyreadstat")
    pyreadstat.write_sav(
        TABLE.assign(arm=[0, 0, 1, 1]),
        str(tmp_path / "rates.sav"),
        variable_value_labels={"arm": {0: "no", 1: "yes"}},
    )
    read = pbc.read_table(tmp_path / "rates.sav")
    assert read["rate"].tolist() == TABLE["rate"].tolist()
    assert read["arm"].tolist() == ["no", "no", "yes", "yes"]


@pytest.mark.parametrize("name", ["rates.dta", "rates.sav", "rates.ods"])
def test_a_file_that_is_not_what_its_name_says_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_bytes(b"no such thing")
    with pytest.raises(DataError, match=name):
        pbc.read_table(tmp_path / name)


@settings(max_examples=60, deadline=None)
@given(
    above=st.integers(0, 5),
    below=st.integers(0, 3),
    days=st.lists(st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1)), min_size=2, max_size=6),
    values=st.lists(
        st.one_of(st.none(), st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6, width=32)),
        min_size=2,
        max_size=6,
    ),
    words=st.lists(st.sampled_from(["a", "b c", "é", "12a", None]), min_size=2, max_size=6),
)
def test_cells_come_out_as_they_were_put_in(tmp_path_factory, above, below, days, values, words):
    n = min(len(days), len(values), len(words))
    rows: list[list[object]] = [[f"title {k}"] for k in range(above)]
    rows += [
        ["day", "value", "word"],
        *map(list, zip(days[:n], values[:n], words[:n], strict=True)),
    ]
    rows += [[f"note {k}"] for k in range(below)]
    file = file_of(tmp_path_factory.mktemp("cells"), ".xlsx", rows)
    frame = pbc.read_table(file, header_row=above + 1, last_row=above + 1 + n)
    assert [stamp.date() for stamp in frame["day"]] == days[:n]
    read = [None if pd.isna(value) else float(value) for value in frame["value"]]
    assert read == [None if value is None else pytest.approx(float(value)) for value in values[:n]]
    assert [None if pd.isna(word) else word for word in frame["word"]] == words[:n]


def test_headings_with_breaks_as_excel_saves_them_are_read(tmp_path):
    file = tmp_path / "rates.csv"
    file.write_bytes(b'"Area of\nresidence",Year,Rate\r\nA,2020,1.5\r\nB,2021,2.5\r\n')
    frame = pbc.read_table(file, columns={"area": "Area of residence"})
    assert frame["area"].tolist() == ["A", "B"]
    assert frame["Rate"].tolist() == [1.5, 2.5]


def test_of_very_many_headings_that_are_not_there_the_first_are_told(tmp_path):
    """Before: a message of 108 kB."""
    (tmp_path / "data.csv").write_text("id,y\n1,2\n", encoding="utf-8")
    columns = {f"c{k}": f"d{k}" for k in range(2_000)}
    with pytest.raises(DataError, match="and 1,980 more") as refused:
        pbc.read_table(tmp_path / "data.csv", columns=columns)
    assert len(str(refused.value)) < 3_000


def test_a_row_that_ends_early_lacks_its_last_cells_whatever_the_separator(tmp_path):
    file = tmp_path / "rows.csv"
    for mark in (",", ";", "|"):
        lines = ["A title", "area;rate;note", "A;1.5;x", "B;2", "C"]
        file.write_text("\n".join(lines).replace(";", mark), encoding="utf-8")
        read = pbc.read_table(file, header_row=2, separator=mark)
        assert read["rate"].tolist()[:2] == [1.5, 2.0]
        assert read.isna().sum().to_dict() == {"area": 0, "rate": 1, "note": 2}


def test_headings_that_repeat_hurt_where_they_are_named_only(tmp_path):
    file = tmp_path / "rows.csv"
    lines = ["A title", "area,on,%,%", "A,31/12/2024,1,2", ",01/02/2024,3,4"]
    file.write_text("\n".join(lines), encoding="utf-8")
    layout = TableLayout(header_row=2, dates="31/12/2024", fill_down=("area",))
    read = numbered_rows(file, layout).frame
    assert read["on"].tolist() == ["2024-12-31", "2024-02-01"]
    assert read["area"].tolist() == ["A", "A"]
    with pytest.raises(DataError, match="'%' heads more than one column"):
        pbc.read_table(file, header_row=2, fill_down=["%"])
