"""The same data on DuckDB, PostgreSQL and Spark give the same numbers, to a billionth."""

import datetime
from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest
from engines import USER, WORD, postgres, spark

import pbc_eval as pbc
from pbc_eval.agreement.engine_address import PASSWORD_VARIABLE, USER_VARIABLE
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.pulls import Pulls
from pbc_eval.panel.source import open_source
from pbc_eval.panel.warehouse import open_backend

pytestmark = pytest.mark.soak
CLOSE = {"rtol": 1e-9, "atol": 1e-12}
WAYS = {
    "plain, by moments": {},
    "weights and clusters": {"weight": "w", "cluster": "area"},
    "covariates, clusters and weights": {
        "covariates": ["size", "kind"],
        "cluster": "area",
        "weight": "w",
    },
    "repeated cross-sections": {"unit": None, "cluster": "area"},
    "dates": {"time": "day", "cohort": "start"},
    "yes and no as text": {"outcome": "better"},
    "gaps": {"table": "gaps", "missing": "pairs"},
    "starts read from treatment": {"switching": "last_until_end"},
    "rows after treatment left out": {"switching": "leave_out_after", "missing": "pairs"},
}
# Every way on PostgreSQL; three on Spark, a plan of which takes seconds.
SHOWN = [("postgres", way) for way in WAYS]
SHOWN += [("spark", "dates"), ("spark", "covariates, clusters and weights")]
SHOWN += [("spark", "starts read from treatment")]


def people(n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(16)
    first = rng.choice([0, 2003, 2005], n)
    unit = np.repeat(np.arange(n), 6)
    year = np.tile(np.arange(2001, 2007), n)
    begun = first[unit]
    y = rng.normal(size=6 * n) + 0.01 * unit + 1.5 * ((begun > 0) & (year >= begun))
    return pd.DataFrame(
        {
            # as text, in letters that a language's own order would sort otherwise
            "unit": [f"{'aBÉz'[u % 4]}{u:03d}" for u in unit],
            "year": year,
            "first": begun,
            "day": [datetime.date(y, 1, 1) for y in year],
            "start": [datetime.date(y, 1, 1) if y else None for y in begun],
            "area": unit % 17,
            "on": (begun > 0) & (year >= begun) & ((unit % 7 > 0) | (year < 2006)),
            "w": 1.0 + unit % 5 / 3,
            "size": (unit * 37 % 11) / 7,
            "kind": [("north", "South", "école")[u % 3] for u in unit],
            "y": y,
            "better": np.where(y > np.median(y), "Yes", "no"),
        }
    ).sample(frac=1, random_state=3)


@pytest.fixture(scope="module")
def tables():
    frame = people()
    once = frame[frame["year"] == 2006].assign(on=lambda rows: rows["on"].astype(int))
    return {"panel": frame, "gaps": frame.iloc[np.arange(len(frame)) % 7 > 0], "people": once}


@pytest.fixture(scope="module")
def engines(tables, tmp_path_factory):
    """Of each engine, what opens a table."""
    folder = tmp_path_factory.mktemp("parquet")

    with postgres() as socket, spark() as session, pytest.MonkeyPatch.context() as patch:
        patch.setenv(USER_VARIABLE, USER)
        patch.setenv(PASSWORD_VARIABLE, WORD)
        writer = ibis.postgres.connect(
            host=str(socket), user=USER, password=WORD, database="postgres"
        )
        for name, frame in tables.items():
            writer.create_table(name, frame)
            file = folder / f"{name}.parquet"
            frame.to_parquet(file)
            session.read.parquet(str(file)).createOrReplaceTempView(name)
        writer.disconnect()
        address = f"postgres:///postgres?host={socket}"
        yield {
            "postgres": lambda table, **more: open_backend(address, table, **more),
            "spark": lambda table, **more: open_backend("spark:local[1]", table, **more),
            "address": address,
        }


def numbers(data, *, table: str = "panel", switching="", **way) -> dict[str, np.ndarray]:
    if switching:
        data = pbc.starts_of_treatment(
            data, unit="unit", time="year", treatment="on", switching=switching
        )
        way |= {"cohort": "first_treated"}
    roles = {"unit": "unit", "time": "year", "outcome": "y", "cohort": "first"} | way
    panel = Panel.from_data(data, **roles)
    effects = pbc.att_gt(panel)
    average = effects.aggregate("simple").overall
    event = effects.aggregate("event").to_frame()
    return {
        "effects": effects.cells.estimate,
        "errors": effects.cells.std_error,
        "average": np.array([average.estimate, average.std_error]),
        "path": event[["estimate", "std_error"]].to_numpy(float),
        "units": np.array(panel.cohort_units),
        "clusters": np.array(panel.clusters_by_cohort() if roles["unit"] else [0]),
    }


@pytest.mark.parametrize(("engine", "way"), SHOWN)
def test_an_engine_gives_what_duckdb_gives(engine, way, engines, tables):
    asked = WAYS[way]
    table = asked.get("table", "panel")
    here = numbers(tables[table], **asked)
    there = numbers(engines[engine](table), **asked)
    for name, wanted in here.items():
        np.testing.assert_allclose(there[name], wanted, **CLOSE, err_msg=name)


CELLS = pbc.Coarsened(cutpoints={"size": "q3"})
MATCHES = [
    ("postgres", CELLS, "g_computation"),
    ("postgres", pbc.InversePropensity(), "augmented"),
    ("spark", CELLS, "difference"),
]


@pytest.mark.parametrize(("engine", "by", "method"), MATCHES, ids=lambda part: str(part)[:12])
def test_people_matched_in_an_engine_are_those_matched_in_memory(
    engine, by, method, engines, tables
):
    roles = {"treatment": "on", "covariates": ["size", "kind"], "unit": "unit", "by": by}
    roles |= {"sampling_weights": "w"}
    build = pbc.match if by is CELLS else pbc.weight
    here = build(tables["people"], **roles)
    source = engines[engine]("people", pull_limit=1e-9)
    there = pbc.match_in_engine(source, **roles)
    figures = [f"{name}_{when}" for name in ("mean_treated", "std_diff", "variance_ratio")
               for when in ("before", "after")]  # fmt: skip
    np.testing.assert_allclose(there.balance()[figures], here.balance()[figures], **CLOSE)
    wanted, effect = here.effect("y", method), there.effect("y", method)
    for name in ("estimate", "std_error", "counterfactual_mean"):
        np.testing.assert_allclose(getattr(effect, name), getattr(wanted, name), **CLOSE)
    assert source.pulls.of("y") == source.pulls.of("people") == ()
    in_duckdb = replace(open_source(tables["people"]), pulls=Pulls("DuckDB"))
    pbc.match_in_engine(in_duckdb, **roles).effect("y", method)
    assert source.pulls.snapshot == in_duckdb.pulls.snapshot


@pytest.mark.parametrize("engine", ["postgres"])
def test_without_covariates_no_row_leaves_the_engine(engine, engines):
    panel = Panel.from_data(
        engines[engine]("panel", pull_limit=1e-9),
        unit="unit",
        time="year",
        outcome="y",
        cohort="first",
    )
    assert pbc.two_way_event_study(panel).overall.std_error > 0
    assert pbc.extended_two_way(panel).aggregate("simple").overall.std_error > 0
    assert pbc.att_gt(panel).aggregate("event").overall.std_error > 0
    assert pbc.two_way(panel).std_error > 0
    assert pbc.imputation(panel).aggregate("simple").overall.std_error > 0
    assert pbc.interaction_weighted(panel).aggregate("event").overall.std_error > 0
    assert panel.pulls.of("y") == ()
    with pytest.raises(DesignError, match=r"150 rows x 10 columns.*pull_limit is 1e-09 MB"):
        panel.arrays()


def test_a_snapshot_is_the_same_whichever_engine_it_is_of(engines, tables):
    def snapshot(source) -> str:
        roles = {"unit": "unit", "time": "year", "outcome": "y", "cohort": "first"}
        panel = Panel.from_data(source, covariates=["size", "kind"], **roles)
        pbc.att_gt(panel)
        pbc.att_gt(panel.without_covariates())
        return panel.pulls.snapshot

    here = replace(open_source(tables["panel"]), pulls=Pulls("DuckDB"))
    assert snapshot(engines["postgres"]("panel")) == snapshot(here)


def test_a_session_of_postgres_can_write_nothing_but_its_own_copies(engines):
    backend = engines["postgres"]("panel").table.get_backend()
    for statement in ("CREATE TABLE mine (n int)", "DELETE FROM panel", "DROP TABLE panel"):
        with pytest.raises(Exception, match="read-only transaction"):
            backend.raw_sql(statement)
    Panel.from_data(
        engines["postgres"]("panel"), unit="unit", time="year", outcome="y", cohort="first"
    )
    with pytest.raises(Exception, match="read-only transaction"):
        backend.raw_sql("DELETE FROM panel")


def test_a_table_that_is_not_there_is_named_with_the_nearest(engines):
    with pytest.raises(DataError, match=r"no table 'panle'.*Did you mean 'panel'"):
        engines["postgres"]("panle")


def test_a_wrong_password_is_in_no_message(engines):
    given = {USER_VARIABLE: USER, PASSWORD_VARIABLE: "not-the-w0rd"}
    with pytest.raises(DataError, match="cannot be reached") as refused:
        open_backend(engines["address"], "panel", environment=given)
    assert "not-the-w0rd" not in str(refused.value)
    assert refused.value.__cause__ is None
