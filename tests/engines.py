"""Engines for tests: a PostgreSQL cluster on a Unix socket, and one local Spark session.

Both are started here and ended here, by the process that was started; nothing listens on a network.
"""

import glob
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

USER, WORD = "keeper", "s3cret-w0rd"
PROGRAMS = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))


@contextmanager
def postgres() -> Iterator[Path]:
    """The folder of the socket of a new cluster, whose user is USER with the password WORD."""
    if not PROGRAMS:
        pytest.skip("PostgreSQL is not installed")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed")
    programs = Path(PROGRAMS[-1]).parent
    folder = Path(tempfile.mkdtemp(prefix="pbc-pg-"))  # short: a socket's path has 107 letters
    who = {}
    if os.getuid() == 0:  # which PostgreSQL refuses to run as
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **who}
    word = folder / "word"
    word.write_text(WORD)
    word.chmod(0o644)
    made = ["-D", folder / "data", "-U", USER, "--pwfile", word, "-A", "scram-sha-256"]
    subprocess.run([programs / "initdb", *made, "--no-sync", "-E", "UTF8"], check=True, **quiet)
    options = ["-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen([programs / "postgres", "-D", folder / "data", *options], **quiet)
    try:
        for _ in range(300):
            if (
                subprocess.run(
                    [programs / "pg_isready", "-h", folder, "-q"], check=False, **quiet
                ).returncode
                == 0
            ):
                break
            time.sleep(0.1)
        yield folder
    finally:
        server.send_signal(2)  # "fast": whoever is connected is sent away
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def spark():
    """One local Spark session."""
    if shutil.which("java") is None:
        pytest.skip("Java is not installed")
    sql = pytest.importorskip("pyspark.sql")
    builder = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    for name, value in {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        # a panel of a thousand rows: compiling its plans would take all the time
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()
