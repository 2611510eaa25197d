"""What R saved is read as R meant it, or refused by name: never by the numbers alone."""

import bz2
import datetime as dt
import gzip
import lzma
import struct
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from r_files import (
    INTEGER,
    LIST,
    LOGICAL,
    NA_INTEGER,
    NA_REAL,
    REAL,
    TEXT,
    as_file,
    data_frame,
    pair,
    short_form,
    texts,
    vector,
)

import pbc_eval as pbc
from pbc_eval.errors import DataError
from pbc_eval.intake import r_file

rdata = pytest.importorskip("rdata")


def read(tmp_path, *columns, **settings):
    return pbc.read_table(as_file(tmp_path / "data.rds", data_frame(columns, **settings)))


def one(tmp_path, column):
    return read(tmp_path, ("x", column))["x"]


def known(column):
    return [None if pd.isna(value) else value for value in column]


def test_numbers_text_and_truth_come_as_they_are_with_what_is_missing(tmp_path):
    frame = read(
        tmp_path,
        ("real", vector(REAL, [1.5, NA_REAL, -2e9])),
        ("whole", vector(INTEGER, [1, NA_INTEGER, 3])),
        ("all", vector(INTEGER, [1, 2, 3])),
        ("text", texts("Ynys Môn", None, "NA")),
        ("truth", vector(LOGICAL, [1, NA_INTEGER, 0])),
    )
    assert list(frame.columns) == ["real", "whole", "all", "text", "truth"]
    assert known(frame["real"]) == [1.5, None, -2e9]
    assert known(frame["whole"]) == [1, None, 3]
    assert frame["all"].tolist() == [1, 2, 3]
    assert known(frame["text"])[::2] == ["Ynys Môn", "NA"]
    assert pd.isna(frame["text"][1])
    assert known(frame["truth"]) == [True, None, False]


def test_a_factor_is_its_labels_and_not_its_codes(tmp_path):
    column = vector(
        INTEGER, [2, NA_INTEGER, 1], levels=texts("10", "20"), class_=texts("ordered", "factor")
    )
    assert known(one(tmp_path, column)) == ["20", None, "10"]


def test_days_are_days_before_1970_too(tmp_path):
    column = vector(REAL, [19_000.0, NA_REAL, -0.5], class_=texts("Date"))
    days = [None if pd.isna(day) else day.date() for day in one(tmp_path, column)]
    assert days == [dt.date(2022, 1, 8), None, dt.date(1969, 12, 31)]


def test_instants_keep_the_day_of_their_place(tmp_path):
    summer = dt.datetime(2024, 6, 30, 23, 30, tzinfo=dt.UTC).timestamp()
    settings = {"class_": texts("POSIXct", "POSIXt"), "tzone": texts("Europe/London")}
    made = vector(REAL, [summer, NA_REAL, summer], **settings)
    column = one(tmp_path, made)
    assert column[0] == pd.Timestamp("2024-07-01 00:30")
    assert pd.isna(column[1])
    frame = r_file.r_frame(tmp_path / "data.rds")
    assert str(frame["x"].dt.tz) == "Europe/London"


@pytest.mark.parametrize("place", [{}, {"tzone": texts("")}, {"tzone": texts("Atlantis/Poseidon")}])
def test_instants_of_no_place_are_refused_with_what_to_write_in_r(tmp_path, place):
    column = vector(REAL, [0.0, 1.0, 2.0], class_=texts("POSIXct", "POSIXt"), **place)
    with pytest.raises(DataError, match=r"data\.rds: column 'x' .*time zone"):
        one(tmp_path, column)


def test_whole_numbers_of_64_bits_are_not_read_by_their_bits(tmp_path):
    bits = [struct.pack(">q", number) for number in (9_007_199_254_740_993, -(2**63), -7)]
    column = ("x", vector(REAL, bits, class_=texts("integer64")))
    column = r_file.r_frame(as_file(tmp_path / "data.rds", data_frame([column])))["x"]
    assert known(column) == [9_007_199_254_740_993, None, -7]


def test_labelled_values_are_their_labels_and_declared_missing_ones_missing(tmp_path):
    labels = vector(REAL, [0.0, 1.0], names=texts("no", "yes"))
    classes = texts("haven_labelled_spss", "haven_labelled", "vctrs_vctr", "double")
    column = vector(
        REAL, [1.0, 0.0, 9.0], labels=labels, na_values=vector(REAL, [9.0]), class_=classes
    )
    assert known(one(tmp_path, column)) == ["yes", "no", None]
    column = vector(
        REAL, [1.0, 0.0, 99.0], labels=labels, na_range=vector(REAL, [90.0, 99.0]), class_=classes
    )
    assert known(one(tmp_path, column)) == ["yes", "no", None]


def test_names_of_rows_that_are_text_are_kept(tmp_path):
    column = ("x", vector(REAL, [1.0, 2.0, 3.0]))
    frame = read(tmp_path, column, row_names=texts("Ohio", "Iowa", "Utah"))
    assert frame["rownames"].tolist() == ["Ohio", "Iowa", "Utah"]
    frame = read(tmp_path, column, row_names=vector(INTEGER, [2, 5, 9]))
    assert list(frame.columns) == ["x"]


def test_a_tibble_is_a_data_frame(tmp_path):
    column = ("x", vector(REAL, [1.0, 2.0, 3.0]))
    classes = ("grouped_df", "tbl_df", "tbl", "data.frame")
    assert read(tmp_path, column, classes=classes)["x"].tolist() == [1.0, 2.0, 3.0]


def test_all_columns_that_cannot_be_read_are_named_at_once(tmp_path):
    with pytest.raises(DataError) as refused:
        read(
            tmp_path,
            ("good", vector(REAL, [1.0, 2.0, 3.0])),
            ("wait", vector(REAL, [1.0, 2.0, 3.0], class_=texts("difftime"), units=texts("weeks"))),
            ("parts", vector(LIST, [texts("a"), texts("b"), texts("c")])),
            ("square", vector(REAL, [1.0] * 9, dim=vector(INTEGER, [3, 3]))),
        )
    message = str(refused.value)
    assert message.startswith("data.rds: ")
    for words in ("'wait' is of R's class difftime", "'parts' is a list", "'square' is a matrix"):
        assert words in message
    assert "good" not in message


def test_what_r_writes_in_short_is_written_out(tmp_path):
    """1:3 is kept as its length, start and step; as.character(x) as x, until it is looked at."""
    options = vector(INTEGER, [0])
    numbers = vector(INTEGER, [100_000, NA_INTEGER, -7])
    frame = read(
        tmp_path,
        ("n", short_form("compact_intseq", vector(REAL, [3.0, 1.0, 1.0]))),
        ("t", short_form("deferred_string", pair(numbers, options))),
    )
    assert frame["n"].tolist() == [1, 2, 3]
    assert known(frame["t"]) == ["100000", None, "-7"]


def test_a_sequence_that_is_longer_than_any_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"data\.rds: .*1,000,000,000,000 long"):
        read(tmp_path, ("n", short_form("compact_intseq", vector(REAL, [1e12, 1.0, 1.0]))))


def test_two_columns_of_one_name_are_refused(tmp_path):
    column = vector(REAL, [1.0, 2.0, 3.0])
    with pytest.raises(DataError, match=r"two columns of one name \(x\)"):
        read(tmp_path, ("x", column), ("x", column))


@pytest.mark.parametrize(
    ("content", "words"),
    [(vector(REAL, [1.0]), "no data frame"), (vector(LIST, [], class_=texts("lm")), "lm")],
)
def test_what_is_no_data_frame_is_refused(tmp_path, content, words):
    with pytest.raises(DataError, match=rf"data\.rds: .*{words}"):
        pbc.read_table(as_file(tmp_path / "data.rds", content))


def test_a_workspace_is_told_apart(tmp_path):
    file = tmp_path / "data.rds"
    file.write_bytes(gzip.compress(b"RDX3\nX\n"))
    with pytest.raises(DataError, match=r"workspace.*saveRDS"):
        pbc.read_table(file)


@pytest.mark.parametrize("packed", [None, gzip.compress, bz2.compress, lzma.compress])
def test_however_it_is_packed_it_is_bounded(tmp_path, monkeypatch, packed):
    columns = [("x", vector(REAL, [1.0, 2.0, 3.0]))]
    file = as_file(tmp_path / "data.rds", data_frame(columns), packed)
    assert pbc.read_table(file)["x"].tolist() == [1.0, 2.0, 3.0]
    monkeypatch.setattr(r_file, "MOST_UNPACKED", 50)
    with pytest.raises(DataError, match=r"once it is unpacked.*write_parquet"):
        pbc.read_table(file)


@pytest.mark.parametrize("packed", [gzip.compress, bz2.compress, lzma.compress])
def test_a_damaged_file_is_refused_by_name(tmp_path, packed):
    file = as_file(tmp_path / "data.rds", data_frame([("x", vector(REAL, [1.0] * 900))]), packed)
    whole = file.read_bytes()
    for cut in range(0, len(whole) - 1, max(len(whole) // 12, 1)):
        file.write_bytes(whole[:cut])
        with pytest.raises(DataError, match=r"data\.rds"):
            pbc.read_table(file)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_bytes_that_were_changed_are_read_or_refused_in_a_sentence(tmp_path_factory, data):
    """No other error comes out, whatever stands where; lengths of thousand millions included."""
    frame = data_frame(
        [
            ("x", vector(REAL, [1.0, NA_REAL, 3.0])),
            ("f", vector(INTEGER, [1, 2, 1], levels=texts("a", "b"), class_=texts("factor"))),
            ("t", texts("a", None, "c")),
        ]
    )
    file = as_file(tmp_path_factory.mktemp("r") / "data.rds", frame, None)
    whole = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    file.write_bytes(bytes(whole))
    refused = None
    try:
        pbc.read_table(file)
    except DataError as problem:
        refused = str(problem)
    assert refused is None or "data.rds" in refused


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
            st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"))),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_cells_come_out_as_r_put_them_in(tmp_path_factory, rows):
    numbers = [NA_REAL if number is None else number for number, _ in rows]
    content = data_frame(
        [("n", vector(REAL, numbers)), ("t", vector(TEXT, [text for _, text in rows]))],
        row_names=vector(INTEGER, [NA_INTEGER, -len(rows)]),
    )
    frame = r_file.r_frame(as_file(tmp_path_factory.mktemp("r") / "data.rds", content))
    assert known(frame["n"]) == [number for number, _ in rows]
    assert known(frame["t"]) == [text for _, text in rows]
    assert frame["n"].dtype == np.float64


def written_by_r(name):
    """Data frames that R wrote, in each of its formats; they come with rdata (MIT)."""
    files = sorted(Path(str(rdata.TESTDATA_PATH)).rglob(f"test_{name}__*.rds"))
    assert len(files) == 6
    return files


def test_what_r_wrote_is_read_in_each_of_its_formats():
    for file in written_by_r("dataframe_rownames"):
        frame = pbc.read_table(file)
        assert frame["rownames"].tolist() == ["Madrid", "Frankfurt", "Herzberg am Harz"]
        assert frame["class"].tolist() == ["a", "b", "b"]
        assert frame["value"].tolist() == [1, 2, 3]
    for file in written_by_r("dataframe_float_with_na_nan"):
        floats = r_file.r_frame(file)["float"].tolist()
        assert [str(number) for number in floats] == [
            "1.1",
            "2.2",
            "3.3",
            "nan",
            "nan",
            "inf",
            "-inf",
        ]
    for file in written_by_r("dataframe_dtypes_with_na"):
        with pytest.raises(DataError, match=r"column 'complex' holds complex numbers; take Re"):
            pbc.read_table(file)


def test_without_rdata_the_extra_is_named(tmp_path, monkeypatch):
    file = as_file(tmp_path / "data.rds", data_frame([("x", vector(REAL, [1.0, 2.0, 3.0]))]))
    monkeypatch.setitem(sys.modules, "rdata", None)
    with pytest.raises(DataError, match=r"read by rdata.*pip install 'pbc-eval\[r\]'"):
        pbc.read_table(file)
