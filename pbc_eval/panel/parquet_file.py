"""A parquet file as a table of the engine, read once from end to end before anything rests on it.

Its pages are unpacked when they are asked for: a file that was cut or changed in the middle would
fail in the midst of a computation, in the engine's words. Rows that are all the same take hardly
any room: 800 million in 7 MB, and many GB once they are read.
"""

from pathlib import Path
from typing import Any

from pbc_eval.errors import DataError
from pbc_eval.panel.frame_columns import refuse_spans

MOST_ROWS_A_BYTE = 10  # data have fewer than one; a column of one value and its lengths, 0.1
FEW = 1_000_000  # rows that are read however small their file is


def readable_parquet(connection: Any, path: Path) -> Any:
    """The table of a file of which every page can be unpacked, in a session of DuckDB. Raises
    DataError for spans of time and for far more rows than the file has room for, and what the
    engine raises where a page cannot be unpacked."""
    engine, place = connection.con, [str(path)]
    asked = engine.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", place)
    rows, size = int(asked.fetchone()[0]), path.stat().st_size
    if rows > max(FEW, MOST_ROWS_A_BYTE * size):
        raise DataError(
            f"{path.name}: says that it has {rows:,} rows, in {size:,} bytes: they are all the "
            "same, and no data. Write the rows that there are."
        )
    table = connection.read_parquet(path)
    refuse_spans(path.name, table.schema())
    engine.execute("SELECT bit_xor(hash(t)) FROM read_parquet(?) t", place).fetchall()
    return table
