"""Where data come from: the one file that knows a backend.

    frame · path · Ibis table ── open_source ▶ Source ── .table ▶ Ibis expressions (panel/)
                              └─ read_frame  ▶ pandas frame      (matching, small data)

Files and frames are read by DuckDB inside this process. A table on another engine stays there,
and only what is asked of it comes out.

    data.csv, data.tsv          any separator DuckDB can detect, ';' among them
    data.parquet, .dta, .sav, .rds  as their programs wrote them
    data.xlsx, data.ods         a sheet other than the first: data.xlsx::Sheet name
    data.duckdb::table          opened read-only
"""

import math
import os
import uuid
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import ibis
import pandas as pd
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.expr import datatypes as dt
from ibis.expr.types import Column, Table, Value
from pyarrow import parquet

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.errors import DataError
from pbc_eval.intake import text_file
from pbc_eval.intake.header_row import refuse_a_title, top_of_frame
from pbc_eval.intake.statistics_files import STATISTICS_SUFFIXES, statistics_frame
from pbc_eval.intake.workbook_file import sheet_frame
from pbc_eval.messages import written_numbers
from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.engine_copies import drop_copy, filled_copy
from pbc_eval.panel.frame_columns import (
    arrow_column,
    as_headed,
    check_columns,
    refuse_spans,
    told_apart,
)
from pbc_eval.panel.local_engine import NOTHING_FETCHED, TEXT_OPTIONS, OneDatabase
from pbc_eval.panel.parquet_file import readable_parquet
from pbc_eval.panel.pulls import Pulls

__all__ = [
    "BaseBackend",
    "Column",
    "Data",
    "Source",
    "Table",
    "Value",
    "collect",
    "distinct_texts",
    "in_order",
    "keep",
    "number",
    "open_source",
    "read_frame",
    "with_values",
]

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
OTHER_BASE = r"^\s*[-+]?0[xXbB]"
SUFFIXES = (*TEXT_SUFFIXES, ".parquet", ".xlsx", ".ods", ".duckdb", *STATISTICS_SUFFIXES)
BOOKS = (".xlsx", ".ods")
_DATABASE = OneDatabase()


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An open table and the name a reader knows it by (a file's name, never its folder)."""

    table: Table
    name: str
    zoned: frozenset[str] = frozenset()  # columns of times that carry a time zone
    aliases: Mapping[str, str] = field(default_factory=dict)  # to the engine's name for a column
    notes: tuple[Sentence, ...] = ()  # what was left out or filled when it was read, for a ledger
    pulls: Pulls | None = None  # what may come out and what did, of data that stay in an engine

    @property
    def columns(self) -> tuple[str, ...]:
        names = {alias: name for name, alias in self.aliases.items()}
        return tuple(names.get(name, name) for name in self.table.columns)

    def column(self, name: str) -> Column:
        """A column by the name that a reader knows."""
        return self.table[self.aliases.get(name, name)]

    def select(self, names: Sequence[str]) -> pd.DataFrame:
        """Some columns in memory, under the names that a reader knows."""
        frame = collect(self.table.select(*(self.column(name) for name in names)))
        return frame.set_axis(list(names), axis=1)

    def held(self) -> "Source":
        """The same table read into its engine once, for a file that is asked more than once."""
        return replace(self, table=keep(self.table))


Data: TypeAlias = pd.DataFrame | str | os.PathLike[str] | Table | Source


def open_source(
    data: Data, columns: Sequence[str] | None = None, *, as_text: Sequence[str] = ()
) -> Source:
    """Open ``data`` for reading; with ``columns``, refuse data that lack any of them.

    ``as_text`` are columns of a text file that are not to be taken for numbers: whoever asks knows
    how numbers are written in them.

    A pandas frame is neither copied up front nor changed: only ``columns`` are handed over.
    Raises DataError for a missing file, table, sheet or column, an unknown suffix, or a frame
    whose columns cannot be told apart or typed.
    """
    if isinstance(data, Source):
        source = data
    elif isinstance(data, Table):
        engine = data.get_backend().name  # DuckDB is in this process
        pulls = None if engine == "duckdb" else Pulls(f"{engine} table")
        source = Source(data, "table", _without_place(data), pulls=pulls)
    elif isinstance(data, pd.DataFrame):
        check_columns("data frame", list(data.columns), columns or (), index=data.index.names)
        source = _from_frame(data, columns, "data frame")
    elif isinstance(data, str | os.PathLike):
        source = _open_path(os.fspath(data), columns, as_text)
    else:
        raise DataError(
            f"data must be a pandas frame, a path or an Ibis table; got {type(data).__name__}."
        )
    check_columns(source.name, source.columns, columns or ())
    return source


def read_frame(data: Data, as_text: Sequence[str] = ()) -> pd.DataFrame:
    """All rows and columns of ``data`` as a new pandas frame, in the order they are stored.

    A frame given is not shared: writing to the answer leaves it alone.
    Raises DataError as ``open_source`` does.
    """
    if isinstance(data, pd.DataFrame):
        return data.copy()
    source = open_source(data, as_text=as_text)
    return collect(source.table).set_axis(list(source.columns), axis=1)


def collect(table: Table) -> pd.DataFrame:
    """Compute a table and fetch it into memory."""
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame


def in_order(table: Table, order: Sequence[str]) -> pa.Table:
    """A table in memory, sorted. Engines differ in how they sort texts; here they go by letters."""
    if table.get_backend().name == "duckdb":
        return table.order_by(list(order)).to_pyarrow()
    return table.to_pyarrow().sort_by([(name, "ascending") for name in order])


def number(value: float) -> Value:
    """A constant that an engine reads as a double, to the last bit.

    Written plainly, DuckDB takes 0.1 for a decimal and converts it again in every row.
    """
    return ibis.literal(repr(float(value))).cast("float64")


def distinct_texts(table: Table, column: str) -> list[str]:
    """Every text of a column once, sorted; missing ones left out."""
    values = table.filter(table[column].notnull()).select(text=table[column]).distinct()
    return sorted(collect(values)["text"])


def with_values(table: Table, column: str, values: Mapping[str, float]) -> Table:
    """The table with a column of texts replaced by their numbers; not-a-number is missing."""
    if table.get_backend().name != "duckdb":  # where a session only reads, it takes no table along
        pairs = [(text, number(value)) for text, value in values.items() if not math.isnan(value)]
        return table.mutate(**{column: table[column].cases(*pairs, else_=None)})
    known = pd.DataFrame({"pbc_text": list(values), "pbc_value": list(values.values())})
    known["pbc_value"] = known["pbc_value"].astype(float)
    numbers = ibis.memtable(known)
    joined = table.left_join(numbers, table[column] == numbers.pbc_text)
    given = joined.pbc_value.isnan().ifelse(None, joined.pbc_value)
    return joined.mutate(**{column: given}).select(*table.columns)


def keep(table: Table) -> Table:
    """``table`` computed once and held by its engine until the answer is let go.

    Everything later reads the held copy, so the raw rows are scanned once.
    """
    backend = table.get_backend()
    if backend.name not in ("duckdb", "postgres"):
        return table.cache()
    name = f"pbc_eval_{uuid.uuid4().hex}"
    if backend.name == "duckdb":
        kept = backend.create_table(name, table, temp=True)
    else:
        kept = filled_copy(backend, name, table.schema(), ibis.to_sql(table, dialect="postgres"))
    # Dropped by hand, not through Table.cache(): its clean-up fails on DuckDB 2 and PostgreSQL.
    weakref.finalize(kept, drop_copy, backend, name).atexit = False
    return kept


def postgres_engine(**where: object) -> BaseBackend:
    """A session of PostgreSQL that can change nothing but copies of its own."""
    return ibis.postgres.connect(options="-c default_transaction_read_only=on", **where)


def spark_engine(session: object) -> BaseBackend:
    """The tables of a Spark session."""
    return ibis.pyspark.connect(session)


def _session() -> BaseBackend:
    """A session of the database of this process, in which nothing of another is seen."""
    made = _DATABASE.session(lambda: ibis.duckdb.connect(**NOTHING_FETCHED).con)
    return ibis.duckdb.from_connection(made)


def _open_path(text: str, columns: Sequence[str] | None, as_text: Sequence[str] = ()) -> Source:
    place, _, inside = text.partition("::")
    path = Path(place)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(
            f"{path.name}: data files end in {', '.join(SUFFIXES)}; got {suffix or 'no suffix'!r}."
            f"{did_you_mean(suffix, SUFFIXES)}"
        )
    if not path.is_file():
        near = [other.name for other in path.parent.glob("*") if other.suffix in SUFFIXES]
        raise DataError(f"{text}: there is no such file.{did_you_mean(path.name, sorted(near))}")
    text_file.refuse_a_pattern(path.name)
    if inside and suffix not in {".duckdb", *BOOKS}:
        raise DataError(f"{text}: only .duckdb, .xlsx and .ods hold tables; drop '::{inside}'.")
    try:
        if suffix == ".duckdb":
            table = _duckdb_table(path, inside)
            refuse_spans(path.name, table.schema())
            return Source(table, f"{path.name}::{inside}", _without_place(table))
        if suffix in STATISTICS_SUFFIXES:
            return _from_frame(statistics_frame(path), None, path.name)
        if suffix in BOOKS:
            frame = sheet_frame(path, inside)
            refuse_a_title(path.name, top_of_frame(frame), columns)
            check_columns(path.name, list(frame.columns), columns or ())
            return _from_frame(frame, columns, path.name)
        connection = _session()
        if suffix == ".parquet":
            table = readable_parquet(connection, path)
            aliases = as_headed(table.columns, parquet.read_schema(path).names)
            local, zoned = _in_their_zones(table, path)
            return Source(local, path.name, zoned, aliases)
        text_file.refuse_no_text(path)
        table = _text_table(connection, path, as_text)
        if not set(columns or ()) <= set(table.columns):
            refuse_a_title(path.name, text_file.top_of_text(path), columns)
        return Source(
            table, path.name, aliases=as_headed(table.columns, text_file.top_of_text(path)[0])
        )
    except DataError:
        raise
    except Exception as problem:
        # DuckDB's and pandas' reading errors share no base class below Exception.
        if suffix in TEXT_SUFFIXES and not text_file.is_utf8(path):
            raise DataError(
                f"{path.name}: is not UTF-8. Save it as 'CSV UTF-8', so that letters such as é are "
                "what was typed."
            ) from None
        first_line = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise DataError(f"{path.name}: cannot be read as {suffix}: {first_line}") from problem


def _text_table(connection: BaseBackend, path: Path, as_text: Sequence[str]) -> Table:
    """A text file as a table; the columns ``as_text`` as they are written, and those of which
    nobody can tell whether a point parts thousands or decimals.

    The whole file is read to settle the types: a word in the last row must not pass as a failed
    conversion in the middle of a computation.
    """
    options = (
        {**TEXT_OPTIONS, "new_line": "\\r\\n"}
        if text_file.has_breaks_in_cells(path)
        else TEXT_OPTIONS
    )
    table = connection.read_csv(path, **options)
    types = {name: "string" for name in as_text if name in table.columns}
    schema, asked = table.schema().items(), partial(_written_so, connection, path, options)
    if not text_file.is_parted_by_commas(path):
        floats = [name for name, kind in schema if kind.is_floating()]
        types |= asked(
            floats,
            some=written_numbers.MAY_BE_THOUSANDS,
            others=written_numbers.BELOW_A_THOUSAND,
        )
    if text_file.holds_other_bases(path):
        types |= asked(
            [name for name, kind in schema if kind.is_integer()], some=OTHER_BASE, others=".*"
        )
    return connection.read_csv(path, types=types, **options) if types else table


def _written_so(
    connection: BaseBackend,
    path: Path,
    options: Mapping[str, Any],
    columns: Sequence[str],
    *,
    some: str,
    others: str,
) -> dict[str, str]:
    """The columns, as text, of which some cell is written like ``some`` and all others like that or
    like ``others``: thousands or decimals ("1.250" beside "980"), or codes ("0x1f")."""
    if not columns:
        return {}
    text = connection.read_csv(path, types=dict.fromkeys(columns, "string"), **options)
    asked = {}
    for at, name in enumerate(columns):
        like, other = text[name].re_search(some), text[name].re_search(others)
        asked[f"some{at}"], asked[f"every{at}"] = like.any(), (like | other).all()
    answer = text.aggregate(**asked).to_pyarrow().to_pylist()[0]
    so = [name for at, name in enumerate(columns) if answer[f"some{at}"] and answer[f"every{at}"]]
    return dict.fromkeys(so, "string")


def _duckdb_table(path: Path, name: str) -> Table:
    """A table that the file itself holds. Nothing but the file is opened, whatever it asks for."""
    connection = ibis.duckdb.connect(**NOTHING_FETCHED)
    connection.attach(path, name="source", read_only=True)
    connection.raw_sql("SET enable_external_access = false")
    connection.raw_sql("SET lock_configuration = true")
    tables = dict(
        connection.raw_sql(
            "SELECT table_name, table_type FROM information_schema.tables "
            "WHERE table_catalog = 'source' AND table_schema = 'main' ORDER BY table_name"
        ).fetchall()
    )
    known = [table for table, kind in tables.items() if kind == "BASE TABLE"]
    if name in tables and name not in known:
        raise DataError(
            f"{path.name}: {name!r} is a view, which may read other files. Store its rows as a "
            f"table: CREATE TABLE rows_of_{name} AS FROM {name}."
        )
    if name not in known:
        asked = f"there is no table {name!r}" if name else "name a table after '::'"
        raise DataError(
            f"{path.name}: {asked}.{did_you_mean(name, known)} Tables found: {first_few(known)}."
        )
    return connection.table(name, database=("source", "main"))


def _from_frame(frame: pd.DataFrame, columns: Sequence[str] | None, name: str) -> Source:
    """Hand ``columns`` of a frame to DuckDB; NaN becomes a missing value."""
    wanted = list(columns) if columns is not None else list(frame.columns)
    aliases = told_apart([str(column) for column in wanted])
    arrays, zoned = {}, set()
    for column in wanted:
        label = str(column)
        arrays[aliases.get(label, label)], with_zone = arrow_column(frame[column])
        zoned |= {label} if with_zone else set()
    connection = _session()
    connection.con.register("frame", pa.table(arrays))  # not copied: the connection keeps it
    return Source(connection.table("frame"), name, frozenset(zoned), aliases)


@ibis.udf.scalar.builtin(
    name="timezone", signature=((dt.string, dt.Timestamp("UTC")), dt.Timestamp())
)
def _at_place(zone, moment):  # type: ignore[no-untyped-def]
    """The date and hour at a place, as the engine knows it."""


def _in_their_zones(table: Table, path: Path) -> tuple[Table, frozenset[str]]:
    """Times of a Parquet file with a zone, as the date and hour of their place."""
    zones = {
        field.name: field.type.tz
        for field in parquet.read_schema(path)
        if pa.types.is_timestamp(field.type) and field.type.tz is not None
    }
    zones = {name: zone for name, zone in zones.items() if name in table.columns}
    local = {
        name: table[name].cast("timestamp") if zone == "UTC" else _at_place(zone, table[name])
        for name, zone in zones.items()
    }
    return (table.mutate(**local) if local else table), frozenset(zones)


def _without_place(table: Table) -> frozenset[str]:
    """Columns of instants whose place the table does not keep."""
    return frozenset(
        name
        for name, kind in table.schema().items()
        if kind.is_timestamp() and kind.timezone is not None
    )
