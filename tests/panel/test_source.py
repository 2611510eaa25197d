"""open_source and read_frame: every way in gives the same rows, and says what is wrong."""

import os
from concurrent.futures import ThreadPoolExecutor

import duckdb
import ibis
import numpy as np
import pandas as pd
import pytest
from did.data import GOLDEN, ROLES, random_frame

from pbc_eval.did.group_time import att_gt
from pbc_eval.errors import DataError
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.source import collect, open_source, read_frame

pytestmark = pytest.mark.slow  # seconds, together

WAYS = ["frame", "csv", "semicolons", "parquet", "xlsx", "sheet", "duckdb", "ibis", "memtable"]


def stored(frame: pd.DataFrame, way: str, folder):
    if way == "frame":
        return frame
    if way == "csv":
        frame.to_csv(folder / "d.csv", index=False)
        return folder / "d.csv"
    if way == "semicolons":
        frame.to_csv(folder / "d.csv", index=False, sep=";")
        return str(folder / "d.csv")
    if way == "parquet":
        frame.to_parquet(folder / "d.parquet", index=False)
        return folder / "d.parquet"
    if way in {"xlsx", "sheet"}:
        frame.to_excel(folder / "d.xlsx", index=False, sheet_name="rows")
        return f"{folder / 'd.xlsx'}::rows" if way == "sheet" else folder / "d.xlsx"
    if way == "memtable":
        return ibis.memtable(frame)
    with duckdb.connect(folder / "d.duckdb") as connection:
        connection.execute("CREATE TABLE rows AS SELECT * FROM frame")
    if way == "ibis":
        return ibis.duckdb.connect(folder / "d.duckdb").table("rows")
    return f"{folder / 'd.duckdb'}::rows"


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_gives_the_same_numbers(way, tmp_path):
    frame = random_frame(seed=1)
    frame["cohort"] = frame["cohort"].replace(0, np.nan)
    expected = att_gt(Panel.from_data(frame, **ROLES))
    data = stored(frame, way, tmp_path)
    found = att_gt(Panel.from_data(data, **ROLES))
    exact = 0 if way != "xlsx" and way != "sheet" else 1e-14  # Excel keeps 15 to 17 digits
    np.testing.assert_allclose(
        found.cells.estimate, expected.cells.estimate, rtol=exact, atol=exact
    )
    np.testing.assert_allclose(found.cells.joint, expected.cells.joint, rtol=exact, atol=exact)
    back = read_frame(data)
    pd.testing.assert_frame_equal(back, frame, check_dtype=False, rtol=1e-12, atol=0)


def test_the_callers_frame_is_not_changed_or_shared():
    frame = random_frame(seed=1)
    before = frame.copy(deep=True)
    panel = Panel.from_data(frame, **ROLES)
    att_gt(panel).aggregate("event")
    with pytest.raises(ValueError, match="read-only"):  # all estimators share it
        panel.arrays().outcome[:] = 0
    copy = read_frame(frame)
    copy["y"] = 0.0
    pd.testing.assert_frame_equal(frame, before)
    frame["y"] = 0.0
    assert att_gt(panel).aggregate().estimate != 0


def test_a_duckdb_file_and_an_ibis_session_are_left_as_they_were(tmp_path):
    table = stored(random_frame(seed=1), "ibis", tmp_path)
    panel = Panel.from_data(table, **ROLES)
    att_gt(panel)
    del panel
    names = table.get_backend().raw_sql("SELECT table_name FROM duckdb_tables()").fetchall()
    assert names == [("rows",)]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing.csv", r"nothing\.csv: there is no such file"),
        ("mpdat.csv", r"Did you mean 'mpdta\.csv'\?"),
        ("mpdta.json", r"data files end in \.csv.*got '\.json'"),
        ("mpdta", r"got 'no suffix'"),
        ("mpdta.csv::rows", r"only \.duckdb, \.xlsx and \.ods hold tables"),
    ],
)
def test_a_wrong_path_is_named(name, message):
    with pytest.raises(DataError, match=message):
        open_source(str(GOLDEN / name))


def test_missing_tables_and_sheets_are_named(tmp_path):
    frame = random_frame(seed=1)
    stored(frame, "duckdb", tmp_path)
    with pytest.raises(DataError, match=r"no table 'row'\. Did you mean 'rows'\?"):
        open_source(f"{tmp_path / 'd.duckdb'}::row")
    with pytest.raises(DataError, match=r"name a table after '::'\. Tables found: rows"):
        open_source(tmp_path / "d.duckdb")
    stored(frame, "xlsx", tmp_path)
    with pytest.raises(DataError, match=r"no sheet 'x'\. Sheets found: rows"):
        open_source(f"{tmp_path / 'd.xlsx'}::x")


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "bad.parquet").write_text("not parquet")
    with pytest.raises(DataError, match=r"bad\.parquet: cannot be read as \.parquet"):
        open_source(tmp_path / "bad.parquet")


def test_words_in_a_csv_column_are_named(tmp_path):
    frame = random_frame(seed=1)
    frame["y"] = frame["y"].astype(object)
    frame.loc[len(frame) - 1, "y"] = "unknown"
    frame.to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(DataError, match=r"'unknown' \(unit 59\)"):
        Panel.from_data(tmp_path / "d.csv", **ROLES)


def test_other_data_are_refused():
    with pytest.raises(DataError, match="a pandas frame, a path or an Ibis table; got dict"):
        open_source({"unit": [1]})
    twice = pd.DataFrame([[1, 2]], columns=["unit", "unit"])
    with pytest.raises(DataError, match=r"column 'unit' appears 2 times"):
        open_source(twice, ["unit"])


# --- one database, many sessions ---


def test_sessions_see_nothing_of_each_other():
    first, second = (open_source(pd.DataFrame({"a": [number]})) for number in (1, 2))
    held = first.held()
    assert [collect(source.table)["a"].tolist() for source in (first, second, held)] == [
        [1], [2], [1],
    ]  # fmt: skip
    with pytest.raises(duckdb.CatalogException):
        second.table.get_backend().raw_sql(f'FROM "{held.table.get_name()}"')


def test_frames_are_read_at_once_by_many_threads():
    def total(number):
        frame = pd.DataFrame({"a": np.full(1000, number)})
        return int(collect(open_source(frame).held().table)["a"].sum())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(total, range(40))) == [1000 * number for number in range(40)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_a_child_reads_frames_after_its_parent_has_and_the_parent_goes_on():
    def first_of(number):
        return int(collect(open_source(pd.DataFrame({"a": [number]})).table)["a"][0])

    assert first_of(1) == 1
    child = os.fork()
    if not child:
        os._exit(first_of(7))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert first_of(2) == 2
