"""Addresses of engines that hold the data: where a table is, and never who may read it.

    duckdb:panel.duckdb                          a file beside evaluation.yaml, opened read-only
    postgres://host:5432/database                ?sslmode=verify-full, or ?host=/folder/of/socket
    spark:local[4]   spark://host:7077           a session of this machine; a cluster

Name and password come from the environment (``USER_VARIABLE``, ``PASSWORD_VARIABLE``), so that no
file, manifest, log or page can hold them.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from pbc_eval._validate import did_you_mean, first_few

USER_VARIABLE = "PBC_EVAL_BACKEND_USER"
PASSWORD_VARIABLE = "PBC_EVAL_BACKEND_PASSWORD"  # noqa: S105 - the name of a variable, not what it holds
ENGINES = ("duckdb", "postgres", "postgresql", "spark")
# What an address of PostgreSQL may say after "?": how to get there, and nothing that lets one in.
POSTGRES_OPTIONS = ("host", "port", "sslmode", "sslrootcert", "connect_timeout")
_SECRET = re.compile(r"pass|pwd|secret|token|key|user|cred|auth", re.IGNORECASE)
_LOCAL_SPARK = re.compile(r"local(\[(\d{1,3}|\*)\])?")


class EngineAddress(NamedTuple):
    """An address taken apart. ``place`` is a file, a database or a Spark master."""

    engine: str  # duckdb, postgres or spark
    place: str
    host: str = ""
    port: int | None = None
    options: tuple[tuple[str, str], ...] = ()


def engine_address(text: str) -> EngineAddress:
    """The parts of an address. Raises ValueError with the rule and the remedy; a message never
    repeats an address that may hold a password."""
    scheme, colon, rest = text.partition(":")
    if "@" in text or any(_SECRET.search(name) for name, _ in _asked(text)):
        raise ValueError(
            "holds a user's name or a password, which never stand in a file. Put them into the "
            f"environment as {USER_VARIABLE} and {PASSWORD_VARIABLE}, and leave in the address "
            "what says where the data are: postgres://host/database"
        )
    if not colon or scheme not in ENGINES:
        raise ValueError(
            f"must begin with the name of an engine ({', '.join(ENGINES)}), such as "
            f"postgres://host/database, got {text!r}.{did_you_mean(scheme, ENGINES)}"
        )
    if scheme == "duckdb":
        return _duckdb(text, rest)
    return _spark(text, rest) if scheme == "spark" else _postgres(text)


def _asked(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text.partition("?")[2], keep_blank_values=True)


def _duckdb(text: str, rest: str) -> EngineAddress:
    if not rest.lower().endswith(".duckdb") or "::" in rest or rest.startswith("//"):
        raise ValueError(
            f"must name a .duckdb file beside evaluation.yaml, as duckdb:panel.duckdb; got {text!r}"
        )
    return EngineAddress("duckdb", rest)


def _spark(text: str, rest: str) -> EngineAddress:
    if _LOCAL_SPARK.fullmatch(rest):
        return EngineAddress("spark", rest)
    parts = urlsplit(text)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.path.strip("/") or parts.query:
        raise ValueError(f"must be spark:local, spark:local[4] or spark://host:7077, got {text!r}")
    return EngineAddress("spark", f"spark://{host}:{port or 7077}", host, port or 7077)


def _postgres(text: str) -> EngineAddress:
    parts = urlsplit(text)
    options = dict(_asked(text))
    if unknown := [name for name in options if name not in POSTGRES_OPTIONS]:
        raise ValueError(
            f"asks for {first_few(unknown)}, which an address may not hold; it may hold "
            f"{', '.join(POSTGRES_OPTIONS)}"
        )
    try:
        port = int(options.pop("port", "") or parts.port or 5432)
    except ValueError:
        raise ValueError(f"has a port that is no number, got {text!r}") from None
    host = options.pop("host", "") or parts.hostname or ""
    database = unquote(parts.path.lstrip("/"))
    if not host or not database or "/" in database:
        raise ValueError(f"must be postgres://host/database, got {text!r}")
    return EngineAddress("postgres", database, host, port, tuple(sorted(options.items())))


def names_an_engine(place: str) -> bool:
    """Is this input of a manifest a table in an engine, and no file?"""
    return place.partition(":")[0] in ENGINES and ": " in place
