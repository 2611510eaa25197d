"""Copies that a session keeps of what it reads, made and dropped where else it may only read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SETTING = "default_transaction_read_only"


@contextmanager
def may_write(backend: Any) -> Iterator[None]:
    """For a session of PostgreSQL: the moment in which a temporary table is made or dropped, after
    which it reads only, if it did before. ``backend``: as Ibis gives it."""
    shown = backend.raw_sql(f"SHOW {_SETTING}")
    before = shown.fetchone()[0]
    shown.close()
    backend.raw_sql(f"SET {_SETTING} = off").close()
    try:
        yield
    finally:
        backend.raw_sql(f"SET {_SETTING} = {before}").close()


def filled_copy(backend: Any, name: str, schema: Any, query: str) -> Any:
    """A temporary table of PostgreSQL with what ``query`` gives, in the columns of ``schema``.

    It is filled when the session reads only again: whatever a view does, it can do no more.
    """
    with may_write(backend):
        made = backend.create_table(name, schema=schema, temp=True)
    backend.raw_sql(f'INSERT INTO "{name}" {query}').close()
    return made


def drop_copy(backend: Any, name: str) -> None:
    """Drop a temporary table of DuckDB or PostgreSQL."""
    if backend.name == "duckdb":
        backend.raw_sql(f'DROP TABLE IF EXISTS "{name}"')
        return
    if backend.con.closed:  # with its session the copy went
        return
    with may_write(backend):
        backend.raw_sql(f'DROP TABLE IF EXISTS "{name}"').close()
