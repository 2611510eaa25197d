"""Files of every kind that were cut, changed or blown up are refused in a sentence, at once."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pbc_eval.errors import DataError
from pbc_eval.intake.table_files import read_rows

SOUND = pd.DataFrame({"id": range(40), "area": ["North", "South"] * 20, "y": np.arange(40.0)})
KINDS = (".parquet", ".dta", ".xlsx", ".ods", ".csv")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The bytes of one table, by the kind of its file."""
    folder = tmp_path_factory.mktemp("sound")
    SOUND.to_parquet(folder / "a.parquet")
    SOUND.to_stata(folder / "a.dta", write_index=False)
    SOUND.to_excel(folder / "a.xlsx", index=False)
    SOUND.to_excel(folder / "a.ods", index=False, engine="odf")
    SOUND.to_csv(folder / "a.csv", index=False)
    return {kind: (folder / f"a{kind}").read_bytes() for kind in KINDS}


def read_or_refused(folder, kind, content) -> bool:
    file = folder / f"data{kind}"
    file.write_bytes(content)
    words = ""
    try:
        read_rows(file)
    except DataError as refused:
        words = str(refused)
    assert not words or words.startswith("data")
    assert "\0" not in words
    return not words


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
    st.floats(0.05, 1),
)
def test_a_file_with_some_bytes_changed_or_its_end_gone_is_read_or_refused(
    sound, tmp_path_factory, kind, changes, kept
):
    """Before: the engine's own error, from the middle of a computation, for parquet; and an error
    of ours for a reader's error without words."""
    content = bytearray(sound[kind])
    for place, value in changes:
        content[int(place * (len(content) - 1))] = value
    read_or_refused(tmp_path_factory.mktemp("d"), kind, bytes(content[: int(kept * len(content))]))


def test_a_parquet_file_with_a_damaged_page_is_refused_when_it_is_opened(sound, tmp_path):
    content = bytearray(sound[".parquet"])
    content[20:60] = bytes(40)
    assert not read_or_refused(tmp_path, ".parquet", bytes(content))
    assert read_or_refused(tmp_path, ".parquet", sound[".parquet"])


def test_a_small_parquet_file_of_very_many_rows_is_refused_before_they_are_read(tmp_path):
    """Before: 7 MB took all memory, after a minute."""
    rows = pa.table({"id": pa.array(np.zeros(1_000_000, dtype="int64"))})
    with parquet.ParquetWriter(tmp_path / "data.parquet", rows.schema, compression="zstd") as file:
        for _ in range(30):
            file.write_table(rows)
    assert (tmp_path / "data.parquet").stat().st_size < 200_000
    with pytest.raises(DataError, match=r"data\.parquet: says that it has 30,000,000 rows"):
        read_rows(tmp_path / "data.parquet")


def test_a_file_with_quotes_in_its_name_is_read(sound, tmp_path):
    file = tmp_path / 'it\'s "data".parquet'
    file.write_bytes(sound[".parquet"])
    assert len(read_rows(file)[0]) == len(SOUND)
