"""Tables of engines that an evaluation names by address. Read only; rows come out when asked for.

data.backend, data.table ── open_backend ▶ Source ── Panel.from_data ▶ moments by group
"""

import os
import re
from collections.abc import Mapping
from importlib import import_module

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.engine_address import (
    PASSWORD_VARIABLE,
    USER_VARIABLE,
    EngineAddress,
    engine_address,
)
from pbc_eval.agreement.table_place import PULL_LIMIT
from pbc_eval.errors import DataError
from pbc_eval.panel.pulls import Pulls
from pbc_eval.panel.source import (
    BaseBackend,
    Source,
    Table,
    open_source,
    postgres_engine,
    spark_engine,
)

HIDDEN = "(hidden)"
PATIENCE = 30  # seconds to wait for an engine that does not answer, unless its address says more


def open_backend(
    address: str,
    table: str,
    *,
    pull_limit: float = PULL_LIMIT,
    environment: Mapping[str, str] = os.environ,
) -> Source:
    """A table on an engine, to be given to ``Panel.from_data``; nothing of it is read yet.

    ``address``: ``postgres://host/database``, ``spark://host:7077``, ``spark:local`` or
    ``duckdb:panel.duckdb``; ``table``: its name, with its schema if it has one. ``pull_limit``: the
    most megabytes of rows that may come out at once. Name and password are those of
    PBC_EVAL_BACKEND_USER and PBC_EVAL_BACKEND_PASSWORD.

    Raises DataError for an address that cannot be read, a driver that is not installed, an engine
    that is not reached, and a table that is not there; no message holds the password.
    """
    try:
        parts = engine_address(address)
    except ValueError as problem:
        raise DataError(f"backend {problem}.") from None
    place = f"{address}: {table}"
    if parts.engine == "duckdb":
        opened = open_source(f"{parts.place}::{table}")
        return _named(opened, Pulls(place, pull_limit))
    secret = environment.get(PASSWORD_VARIABLE, "")
    try:
        backend = _spark(parts) if parts.engine == "spark" else _postgres(parts, environment)
    except ImportError:
        wanted = {"spark": "pbc-eval[spark]", "postgres": "ibis-framework[postgres]"}[parts.engine]
        raise DataError(
            f"{address}: the driver of {parts.engine} is not installed: pip install '{wanted}'"
        ) from None
    except Exception as problem:  # drivers share no base class
        raise DataError(
            f"{address}: cannot be reached: {_first_line(problem, secret)}. Is the engine running, "
            f"and are {USER_VARIABLE} and {PASSWORD_VARIABLE} set to what it asks for?"
        ) from None
    return _named(Source(_table(backend, table, address, secret), table), Pulls(place, pull_limit))


def _named(source: Source, pulls: Pulls) -> Source:
    opened = open_source(source.table) if source.pulls is None else source
    return Source(
        source.table, source.name, source.zoned | opened.zoned, source.aliases, pulls=pulls
    )


def _postgres(parts: EngineAddress, environment: Mapping[str, str]) -> BaseBackend:
    given = {"user": environment.get(USER_VARIABLE), "password": environment.get(PASSWORD_VARIABLE)}
    return postgres_engine(
        host=parts.host,
        port=parts.port,
        database=parts.place,
        **{name: value for name, value in given.items() if value},
        **{"connect_timeout": PATIENCE, **dict(parts.options)},
    )


def _spark(parts: EngineAddress) -> BaseBackend:
    spark = import_module("pyspark.sql").SparkSession  # an extra, and slow to load
    session = spark.getActiveSession()
    if session is None:
        quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
        if parts.place.startswith("local"):  # nobody else may reach it
            quiet |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
            quiet |= {"spark.sql.shuffle.partitions": "8"}
        builder = spark.builder.master(parts.place).appName("pbc_eval")
        for name, value in quiet.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    return spark_engine(session)


def _table(backend: BaseBackend, name: str, address: str, secret: str) -> Table:
    schema, _, bare = name.rpartition(".")
    try:
        return backend.table(bare, database=schema or None)
    except Exception as problem:  # engines share no base class for a table that is not there
        try:
            known = sorted(backend.list_tables(database=schema or None))
        except Exception:
            known = []
        near = did_you_mean(bare, known) or f" Tables: {first_few(known) or 'none'}."
        why = "" if known and bare not in known else f" ({_first_line(problem, secret)})"
        raise DataError(
            f"{address}: there is no table {name!r} that may be read{why}.{near}"
        ) from None


def _first_line(problem: Exception, secret: str) -> str:
    lines = [line for line in re.split(r"[\r\n]+", str(problem).strip()) if line.strip()]
    line = lines[0].strip() if lines else type(problem).__name__
    return line.replace(secret, HIDDEN) if secret else line
