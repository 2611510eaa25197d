"""Data in an engine: who may read them is in no file, and what comes out is asked for and told."""

import json
import logging

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.agreement.base import as_agreed
from pbc_eval.agreement.engine_address import (
    PASSWORD_VARIABLE,
    USER_VARIABLE,
    engine_address,
    names_an_engine,
)
from pbc_eval.agreement.outcomes import DataRoles
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation.registration import _decisive
from pbc_eval.panel import warehouse
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.warehouse import open_backend

pytestmark = pytest.mark.slow  # seconds, together

WORDS = st.text("abcdefgXYZ0189_-.~!", min_size=6, max_size=12)
ROLES = {"unit": "unit", "time": "year", "outcome": "y", "cohort": "first"}


@given(
    user=WORDS,
    word=WORDS,
    scheme=st.sampled_from(["postgres", "postgresql", "spark", "mysql", "duckdb"]),
    how=st.sampled_from(
        [
            "{s}://{u}:{w}@host/base",
            "{s}://{w}@host/base",
            "{s}://host/base?password={w}",
            "{s}://host/base?sslmode=require&PASSWORD={w}",
            "{s}://host/base?user={w}&password={u}",
            "{s}:{u}:{w}@host",
        ]
    ),
)
def test_an_address_with_a_password_is_refused_without_repeating_it(user, word, scheme, how):
    address = how.format(s=scheme, u=user, w=word)
    with pytest.raises(ValueError, match=PASSWORD_VARIABLE) as refused:
        engine_address(address)
    assert word not in str(refused.value)
    with pytest.raises(ValueError, match=USER_VARIABLE) as refused:
        DataRoles(backend=address, table="panel", unit="u")
    assert word not in str(refused.value)
    with pytest.raises(ValueError, match="file is") as refused:
        DataRoles(file=f"postgres://{user}:{word}@host/base", unit="u")
    assert word not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("duckdb:panel.duckdb", ("duckdb", "panel.duckdb", "", None, ())),
        ("postgres://host/base", ("postgres", "base", "host", 5432, ())),
        (
            "postgresql://host:6000/base?sslmode=verify-full",
            ("postgres", "base", "host", 6000, (("sslmode", "verify-full"),)),
        ),
        ("postgres:///base?host=/run/pg", ("postgres", "base", "/run/pg", 5432, ())),
        ("spark:local[4]", ("spark", "local[4]", "", None, ())),
        ("spark://host", ("spark", "spark://host:7077", "host", 7077, ())),
    ],
)
def test_an_address_is_taken_apart(address, parts):
    assert engine_address(address) == parts
    assert names_an_engine(f"{address}: panel")
    assert not names_an_engine("panel.csv")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://host/base", "must begin with the name of an engine"),
        ("panel.duckdb", "must begin with the name of an engine"),
        ("postgre://host/base", "Did you mean 'postgres'"),
        ("postgres://host", "must be postgres://host/database"),
        ("postgres://host/base?options=-c%20x", "asks for options"),
        ("postgres://host:port/base", "port that is no number"),
        ("spark://", "must be spark:local"),
        ("duckdb:panel.csv", "must name a .duckdb file"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_what_can(address, told):
    with pytest.raises(ValueError, match=told):
        engine_address(address)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({}, "file is missing"),
        ({"table": "panel"}, "Add backend"),
        ({"backend": "spark:local"}, "table is missing"),
        ({"backend": "spark:local", "table": "t", "file": "a.csv"}, "both given"),
        ({"backend": "spark:local", "table": "t", "header_row": 3}, "are for files"),
    ],
)
def test_the_data_are_in_one_place(stated, told):
    with pytest.raises(ValueError, match=told):
        DataRoles(unit="u", **stated)


def people(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    first = rng.choice([0, 2002, 2003], n)
    unit, year = np.repeat(np.arange(n), 4), np.tile(np.arange(2001, 2005), n)
    return pd.DataFrame(
        {"unit": unit, "year": year, "first": first[unit], "y": rng.normal(size=4 * n)}
    ).assign(size=unit % 5 * 1.0)


def engine_of(frame: pd.DataFrame, folder, **more):
    file = folder / f"{len(list(folder.iterdir()))}.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute("CREATE TABLE panel AS FROM frame")
    return open_backend(f"duckdb:{file}", "panel", **more)


def test_effects_by_sums_are_those_of_rows_and_take_no_row_out(tmp_path):
    frame = people()
    here = pbc.att_gt(Panel.from_data(frame, **ROLES)).aggregate("event")
    panel = Panel.from_data(engine_of(frame, tmp_path, pull_limit=1e-9), **ROLES)
    there = pbc.att_gt(panel).aggregate("event")
    np.testing.assert_allclose(
        there.to_frame()[["estimate", "std_error"]].to_numpy(float),
        here.to_frame()[["estimate", "std_error"]].to_numpy(float),
        rtol=1e-9,
    )
    assert panel.pulls.of("y") == ()
    assert len(panel.to_frame()) == len(panel.ledger.to_frame()) + 1  # where the data are


def test_rows_are_announced_before_they_are_taken_and_told_in_the_ledger(tmp_path, caplog):
    panel = Panel.from_data(engine_of(people(), tmp_path), covariates=["size"], **ROLES)
    with caplog.at_level(logging.INFO, "pbc_eval.engine"):
        pbc.att_gt(panel)
    assert "taking 60 rows x 1 columns, 0.0 MB out of the engine" in caplog.text
    told = " ".join(map(str, panel.to_frame()["why"]))
    assert "the adjustment for covariates: 60 rows of 1 numbers each" in told
    assert panel.to_frame()["rows_dropped"].sum() == 0


def test_more_than_the_limit_is_refused_with_its_size_and_the_way_out(tmp_path):
    panel = Panel.from_data(
        engine_of(people(), tmp_path, pull_limit=1e-4), covariates=["size"], **ROLES
    )
    with pytest.raises(DesignError, match=r"60 rows x 1 columns.*pull_limit is 0.0001 MB"):
        pbc.att_gt(panel)
    assert pbc.att_gt(panel.without_covariates()).aggregate("simple").overall.std_error > 0


def snapshot(frame, folder, **more):
    panel = Panel.from_data(engine_of(frame, folder), **ROLES, **more)
    pbc.att_gt(panel)
    return panel.pulls.snapshot


def test_a_snapshot_knows_any_changed_value_and_no_order_of_rows(tmp_path):
    frame = people()
    before = snapshot(frame, tmp_path)
    assert snapshot(frame.sample(frac=1, random_state=1), tmp_path) == before
    for column, value in (("y", 1e-3), ("y", 5.0)):
        changed = frame.copy()
        changed.loc[changed.index[17], column] += value
        assert snapshot(changed, tmp_path) != before
    swapped = frame.copy()  # the same values in every group and period, of other units
    same = (swapped["first"] == 0) & (swapped["year"] == 2003)
    swapped.loc[same, "y"] = swapped.loc[same, "y"].to_numpy()[::-1]
    assert snapshot(swapped, tmp_path) != before


def test_a_driver_that_fails_tells_no_password(monkeypatch):
    pytest.importorskip("psycopg")
    monkeypatch.setenv(USER_VARIABLE, "keeper")
    monkeypatch.setenv(PASSWORD_VARIABLE, "s3cret-w0rd")
    with pytest.raises(DataError, match="cannot be reached") as refused:
        open_backend("postgres:///base?host=/nowhere/at/all", "panel")
    assert "s3cret" not in str(refused.value)
    assert PASSWORD_VARIABLE in str(refused.value)


def test_where_data_are_is_no_part_of_what_was_agreed():
    a = DataRoles(file="panel.csv", unit="u", time="t", cohort="c")
    b = DataRoles(backend="spark:local", table="panel", unit="u", time="t", cohort="c")
    assert json.dumps(_decisive(as_agreed(a))) == json.dumps(_decisive(as_agreed(b)))


@settings(max_examples=100, deadline=None)
@given(
    word=st.from_regex(r"[a-z]{4}[0-9]{3}[a-z]{3}", fullmatch=True),
    how=st.sampled_from(
        [
            "postgres://alice:{w}/base",  # '@host' forgotten
            "postgres:alice:{w}",
            "postgres://alice:{w}%40host/base",
            "postgres://host/base;password={w}",
            "postgres://host/base#password={w}",
            "postgres://host/base#{w}",
            "postgres://host/base password={w}",
            "postgres://[alice:{w}/base",
            "postgres://host/base?sslmode={w}",
            "postgres://host/base?connect_timeout={w}",
            "PGPASSWORD={w} postgres://host/base",
            "mysql://alice:{w}/base",
            "{w}://host/base",
            "spark://host:{w}",
            "spark:{w}",
            "spark://alice:{w}/",
            "postgres://host\n/{w}",
        ]
    ),
)
def test_no_part_of_an_address_that_cannot_be_used_is_repeated(word, how):
    """Whatever is no host, port or database may be a password that stands in the wrong place."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - any of them
        engine_address(how.format(w=word))
    assert word not in str(refused.value)
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - any of them
        DataRoles(backend=how.format(w=word), table="panel", unit="u")
    assert word not in str(refused.value)


def test_an_engine_that_does_not_answer_is_not_waited_for_without_end(monkeypatch):
    asked = {}
    monkeypatch.setattr(warehouse, "postgres_engine", lambda **given: asked.update(given))
    for address, seconds in [("", warehouse.PATIENCE), ("?connect_timeout=5", "5")]:
        with pytest.raises(Exception, match=r"."):
            warehouse.open_backend(f"postgres://host/base{address}", "t", environment={})
        assert asked["connect_timeout"] == seconds
    with pytest.raises(ValueError, match=r"connect_timeout=30 \(seconds, up to 999\)"):
        engine_address("postgres://host/base?connect_timeout=100000")
