"""A data file is only read: it runs nothing, opens no other file, and is refused in a sentence when
it is a trap."""

import io
import zipfile

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.yaml_file import LONGEST_TEXT, read_yaml
from pbc_eval.errors import DataError, PbcError, SpecError
from pbc_eval.intake import workbook_file
from pbc_eval.panel.source import SUFFIXES, open_source, read_frame

pytestmark = pytest.mark.slow  # seconds, together


def database(file, *statements) -> str:
    with duckdb.connect(str(file)) as connection:
        for statement in statements:
            connection.execute(statement)
    return f"{file}::t"


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "elsewhere" / "secret.csv"
    file.parent.mkdir()
    file.write_text("a\nsecret\n")
    return file


def test_a_view_in_a_database_is_refused_and_what_it_reads_is_not_read(tmp_path, secret):
    place = database(tmp_path / "d.duckdb", f"CREATE VIEW t AS FROM read_csv('{secret}')")
    with pytest.raises(DataError, match=r"'t' is a view.*CREATE TABLE rows_of_t") as refused:
        open_source(place)
    assert "secret" not in str(refused.value)


def test_the_remedy_for_a_view_is_right(tmp_path):
    file = tmp_path / "d.duckdb"
    database(
        file,
        "CREATE TABLE raw AS SELECT 1 AS a",
        "CREATE VIEW t AS SELECT a + 1 AS a FROM raw",
        "CREATE TABLE rows_of_t AS FROM t",
    )
    assert read_frame(f"{file}::rows_of_t")["a"].tolist() == [2]


def test_a_database_cannot_reach_another_file(tmp_path, secret):
    source = open_source(database(tmp_path / "d.duckdb", "CREATE TABLE t AS SELECT 1 AS a"))
    engine = source.table.get_backend()
    for asked in (
        f"FROM read_csv('{secret}')",
        f"ATTACH '{tmp_path / 'other.duckdb'}'",
        f"COPY (SELECT 1) TO '{tmp_path / 'written.csv'}'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "INSERT INTO source.main.t VALUES (2)",
    ):
        with pytest.raises(Exception, match=r"(?i)disabled|locked|read-only|cannot"):
            engine.raw_sql(asked).fetchall()
    assert not (tmp_path / "written.csv").exists()
    assert read_frame(source)["a"].tolist() == [1]


@pytest.mark.parametrize("name", ["a*.csv", "a?.csv", "a[b].csv", "*.parquet", "a*.xlsx"])
def test_a_name_that_stands_for_other_files_is_refused(tmp_path, name):
    (tmp_path / "ab.csv").write_text("a\nneighbour\n")
    (tmp_path / name).write_text("a\nown\n")
    with pytest.raises(DataError, match=r"must not hold .*Rename it"):
        open_source(tmp_path / name)


def book(file, **more: bytes):
    """A workbook with a table; ``more`` are parts beside it or instead of its own."""
    stream = io.BytesIO()
    pd.DataFrame({"a": [1, 2]}).to_excel(stream, index=False)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *more}:
            new.writestr(name, more.get(name) or old.read(name))
    return file


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook_file, "MOST_UNPACKED", 2_000_000)
    file = book(tmp_path / "bomb.xlsx", **{"xl/media/a.bin": bytes(3_000_000)})
    assert file.stat().st_size < 20_000
    with pytest.raises(DataError, match=r"bomb\.xlsx: unpacks to 3 MB, more than the 2 MB"):
        open_source(file)


def test_a_workbook_that_defines_entities_is_refused(tmp_path):
    laughs = (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    )
    file = book(tmp_path / "laughs.xlsx", **{"xl/worksheets/sheet1.xml": laughs})
    with pytest.raises(DataError, match=r"defines entities .*save it again"):
        open_source(file)


def test_links_to_other_workbooks_are_not_followed(tmp_path, secret):
    links = b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    file = book(tmp_path / "linked.xlsx", **{"xl/externalLinks/externalLink1.xml": links})
    assert read_frame(file)["a"].tolist() == [1, 2]


def refusal(read, file) -> str:
    """In which words a file is refused; none where it is read."""
    try:
        read(file)
    except PbcError as refused:
        return str(refused)
    return ""


@settings(max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(SUFFIXES))
def test_whatever_a_file_holds_it_is_read_or_refused_in_words(tmp_path_factory, content, suffix):
    file = tmp_path_factory.mktemp("hostile") / f"data{suffix}"
    file.write_bytes(content)
    words = refusal(read_frame, f"{file}::t" if suffix == ".duckdb" else file)
    assert words == "" or words.startswith(f"data{suffix}")
    assert "\n" not in words


# --- evaluation files ---


def test_a_value_of_a_megabyte_is_refused_with_its_line(tmp_path):
    file = tmp_path / "evaluation.yaml"
    file.write_text(f"id: a\ntitle: {'x' * 1_000_000}\n")
    with pytest.raises(SpecError, match=r"line 2.*1,000,000 characters.*Shorten it"):
        read_yaml(file)
    file.write_text(f"id: a\ntitle: {'x' * LONGEST_TEXT}\n")
    assert len(read_yaml(file).data["title"]) == LONGEST_TEXT


def test_a_file_of_many_megabytes_is_refused_unread(tmp_path):
    file = tmp_path / "evaluation.yaml"
    file.write_text("id: a\n" + "# x\n" * 600_000)
    with pytest.raises(SpecError, match=r"has 2\.4 MB; an evaluation file has at most 2 MB"):
        read_yaml(file)


def test_a_file_that_multiplies_itself_is_refused(tmp_path):
    file = tmp_path / "evaluation.yaml"
    lines = [
        "a: &a [x, x]",
        *(f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    ]
    file.write_text("\n".join(lines))
    with pytest.raises(SpecError, match="an alias"):
        read_yaml(file)


@settings(max_examples=100)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_whatever_an_evaluation_file_holds_it_is_read_or_refused_in_words(
    tmp_path_factory, content
):
    file = tmp_path_factory.mktemp("hostile") / "evaluation.yaml"
    file.write_bytes(content)
    words = refusal(read_yaml, file)
    assert words == "" or str(file) in words
