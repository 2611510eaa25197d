"""The same panel on three engines: seconds, CPU and what comes out.

    python benchmarks/engines.py duckdb 1000000
    PBC_EVAL_BACKEND_USER=... PBC_EVAL_BACKEND_PASSWORD=... \
        python benchmarks/engines.py postgres 1000000 "postgres:///base?host=/folder"
    python benchmarks/engines.py spark 1000000

Tables are made by the engine itself: units over ten periods, three cohorts, an outcome with noise.
CPU seconds are those of this process and its children; PostgreSQL's own are not among them.
"""

import os
import resource
import sys
import tempfile
import time
from dataclasses import replace

import duckdb

import pbc_eval as pbc
from pbc_eval.agreement.engine_address import PASSWORD_VARIABLE, USER_VARIABLE, engine_address
from pbc_eval.panel.pulls import Pulls
from pbc_eval.panel.source import Source, open_source

PERIODS = 10
ROWS = """
SELECT u AS unit, t AS year, (u % 3) * CASE WHEN u % 3 = 0 THEN 0 ELSE 1 END
         + CASE WHEN u % 3 = 0 THEN 0 ELSE 2004 END AS first,
       sin(u * 12.9898 + t * 78.233) + u % 7
         + CASE WHEN u % 3 > 0 AND t >= 2004 + u % 3 THEN 1.0 ELSE 0.0 END AS y
FROM {units} CROSS JOIN {periods}
"""


def cpu() -> float:
    """CPU seconds of this process and those of its children that ended."""
    parts = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(part) for part in parts]
    return sum(each.ru_utime + each.ru_stime for each in used)


def parquet(units: int) -> str:
    """A Parquet file of the rows, in a temporary folder."""
    file = os.path.join(tempfile.mkdtemp(), "panel.parquet")
    rows = ROWS.format(units=f"range({units}) a(u)", periods="range(2001, 2011) b(t)")
    duckdb.execute(f"COPY ({rows}) TO '{file}'")
    return file


def of_duckdb(units: int) -> Source:
    return replace(open_source(parquet(units)), pulls=Pulls("DuckDB"))


def of_postgres(units: int, address: str) -> Source:
    """The rows in a table, made by a session that may write."""
    import psycopg

    where = engine_address(address)
    rows = ROWS.format(
        units=f"generate_series(0, {units - 1}) a(u)", periods="generate_series(2001, 2010) b(t)"
    )
    login = {"user": os.environ[USER_VARIABLE], "password": os.environ[PASSWORD_VARIABLE]}
    with psycopg.connect(host=where.host, port=where.port, dbname=where.place, **login) as session:
        session.execute("DROP TABLE IF EXISTS bench_panel")
        session.execute(f"CREATE TABLE bench_panel AS {rows}")
    return pbc.open_backend(address, "bench_panel")


def of_spark(units: int) -> Source:
    """The file, read by a session on two threads."""
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
    session.read.parquet(parquet(units)).createOrReplaceTempView("bench_panel")
    return pbc.open_backend("spark:local[2]", "bench_panel")


def main(engine: str, rows: int, address: str = "") -> None:
    units = rows // PERIODS
    if engine == "postgres":
        source = of_postgres(units, address)
    else:
        source = {"duckdb": of_duckdb, "spark": of_spark}[engine](units)
    began, used = time.perf_counter(), cpu()
    panel = pbc.Panel.from_data(source, unit="unit", time="year", outcome="y", cohort="first")
    average = pbc.att_gt(panel).aggregate("simple").overall
    seconds, own = time.perf_counter() - began, cpu() - used
    assert panel.pulls is not None
    print(
        f"{engine}: {rows:,} rows, {seconds:.1f} s ({rows / seconds / 1e6:.2f} million rows a "
        f"second), {own:.1f} CPU s of this process, {len(panel.pulls.of('y'))} pulls of rows, "
        f"effect {average.estimate!r} ({average.std_error!r})"
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
