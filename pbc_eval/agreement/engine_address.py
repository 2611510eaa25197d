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
_SECRET = re.compile(r"pass|pwd|secret|token|key|user|cred|auth", re.IGNORECASE)
_KEY_VALUE = re.compile(r"(pass|pwd|secret|token|user|cred|auth)\w*\s*[=:]", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+", re.IGNORECASE)  # a name, or an address of IPv6
_DATABASE = re.compile(r"[\w$.-]+( [\w$.-]+)*")
_ANY = re.compile(r"[^\0\r\n]+")
# What an address of PostgreSQL may say after "?": how to get there, and nothing that lets one in.
_OPTIONS = {
    "host": _ANY,
    "port": re.compile(r"\d{1,5}"),
    "sslmode": re.compile(r"disable|allow|prefer|require|verify-ca|verify-full"),
    "sslrootcert": _ANY,
    "connect_timeout": re.compile(r"\d{1,3}"),
}
POSTGRES_OPTIONS = tuple(_OPTIONS)
_LOCAL_SPARK = re.compile(r"local(\[(\d{1,3}|\*)\])?")


class EngineAddress(NamedTuple):
    """An address taken apart. ``place`` is a file, a database or a Spark master."""

    engine: str  # duckdb, postgres or spark
    place: str
    host: str = ""
    port: int | None = None
    options: tuple[tuple[str, str], ...] = ()


def engine_address(text: str) -> EngineAddress:
    """The parts of an address. Raises ValueError with the rule and the remedy; a message repeats a
    file's name, and nothing else of an address: any part of it may be a password."""
    scheme, colon, rest = text.partition(":")
    if _may_hold_a_secret(text):
        raise ValueError(
            "holds a user's name or a password, which never stand in a file. Put them into the "
            f"environment as {USER_VARIABLE} and {PASSWORD_VARIABLE}, and leave in the address "
            "what says where the data are: postgres://host/database"
        )
    if not text.isprintable():
        raise ValueError("holds a line's end or another unseen sign. Write it in one line")
    if not colon or scheme not in ENGINES:
        raise ValueError(
            f"must begin with the name of an engine ({', '.join(ENGINES)}), such as "
            f"postgres://host/database.{_instead_of(scheme if colon else '')}"
        )
    if scheme == "duckdb":
        return _duckdb(text, rest)
    return _spark(text, rest) if scheme == "spark" else _postgres(text)


def _may_hold_a_secret(text: str) -> bool:
    """Is there a name with its password, as such, written with %40, or as key=value?"""
    plain = unquote(text)
    named = (name for name, _ in _asked(text))
    return "@" in plain or bool(_KEY_VALUE.search(plain)) or any(map(_SECRET.search, named))


def _instead_of(scheme: str) -> str:
    """What an unknown engine is called, where it is a name and no more."""
    known = did_you_mean(scheme, ENGINES)
    return f" Not known: {scheme}.{known}" if re.fullmatch(r"[a-z+]{1,12}", scheme) else known


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
    if not host or not _HOST.fullmatch(host) or parts.path.strip("/") or parts.query:
        raise ValueError("must be spark:local, spark:local[4] or spark://host:7077")
    return EngineAddress("spark", f"spark://{host}:{port or 7077}", host, port or 7077)


def _postgres(text: str) -> EngineAddress:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError("must be postgres://host/database; an address in [] is of IPv6") from None
    options = dict(_asked(text))
    if unknown := [name for name in options if name not in POSTGRES_OPTIONS]:
        raise ValueError(
            f"asks for {first_few(unknown)}, which an address may not hold; it may hold "
            f"{', '.join(POSTGRES_OPTIONS)}"
        )
    if unfit := [name for name, value in options.items() if not _OPTIONS[name].fullmatch(value)]:
        raise ValueError(
            f"has a value after {first_few(unfit)}= that is none: sslmode=verify-full, "
            "connect_timeout=30 (seconds, up to 999), port=5432, and the names of a host or a file"
        )
    try:
        port = int(options.pop("port", "") or parts.port or 5432)
    except ValueError:
        raise ValueError(
            "has a port that is no number from 0 to 65535; a name and a password never stand there"
        ) from None
    host = options.pop("host", "") or parts.hostname or ""
    database = unquote(parts.path.lstrip("/"))
    fits = _HOST.fullmatch(host) or host.startswith("/")
    if not fits or not _DATABASE.fullmatch(database) or parts.fragment:
        raise ValueError(
            "must be postgres://host/database, of letters, digits, '.', '-' and '_' alone"
        )
    return EngineAddress("postgres", database, host, port, tuple(sorted(options.items())))


def names_an_engine(place: str) -> bool:
    """Is this input of a manifest a table in an engine, and no file?"""
    return place.partition(":")[0] in ENGINES and ": " in place
