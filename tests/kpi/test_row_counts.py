"""KPIs counted from rows are those that one would count by hand, and nothing is dropped unsaid."""

import datetime as dt
import re
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from engines import USER, WORD, postgres, spark
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.engine_address import PASSWORD_VARIABLE, USER_VARIABLE
from pbc_eval.agreement.performance import Performance
from pbc_eval.errors import DataError
from pbc_eval.kpi import measure_performance
from pbc_eval.panel.pulls import Pulls
from pbc_eval.panel.source import open_source

FIXED = HealthCheck.function_scoped_fixture  # which only makes a dictionary
COUNTS = {
    "visits": {},
    "timely": {"where": {"days": {"at_most": 2}}},
    "complaints": {"where": {"complaint": "Yes", "area": ["North", "South"]}},
    "hours": {"sum": "hours"},
    "wait": {"mean": "days"},
    "people": {"different": "person"},
    "open": {"where": {"closed": False}},
    "late": {"where": {"on": {"at_least": dt.date(2025, 6, 15)}, "days": {"above": 2, "below": 9}}},
}
KPIS = {
    "timely": ("proportion", {"met": "timely", "among": "visits", "target": 0.9}),
    "complaints": ("rate", {"events": "complaints", "exposure": "hours", "target": 0.1}),
    "wait": ("value", {"column": "wait", "target": 3}),
    "people": ("value", {"column": "people", "target": 3}),
    "open": ("proportion", {"met": "open", "among": "visits", "target": 0.5}),
    "late": ("proportion", {"met": "late", "among": "visits", "target": 0.5}),
}


def visits(n: int = 400, seed: int = 16) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2025-03-01") + pd.to_timedelta(rng.integers(0, 200, n), unit="D")
    return pd.DataFrame(
        {
            "on": days.date,
            "days": rng.integers(0, 10, n).astype(float),
            "complaint": rng.choice(["Yes", "No"], n, p=[0.2, 0.8]),
            "area": rng.choice(["North", "South", "West"], n),
            "hours": rng.gamma(2, 1.5, n),
            "person": rng.choice([f"p{k}" for k in range(40)], n),
            "closed": rng.random(n) < 0.6,
        }
    )


def block(kpi, rows=None, *, names=tuple(KPIS), **fields) -> Performance:
    kpis = [kpi(KPIS[name][0], id=name, **KPIS[name][1]) for name in names]
    used = {kpi[key] for kpi in kpis for key in ("met", "among", "events", "exposure", "column")
            if key in kpi}  # fmt: skip
    counts = {name: count for name, count in COUNTS.items() if name in used}
    stated = {"period": "on", "first": "2025-04", "last": "2025-07", "kpis": kpis}
    return Performance.model_validate(
        stated | {"rows": {"file": "visits.parquet", "counts": counts, **(rows or {})}} | fields
    )


def measured(performance, frame):
    return measure_performance(performance, lambda name: name, open_rows=lambda _: frame)


def by_hand(frame: pd.DataFrame) -> pd.DataFrame:
    """Row by row, the slow way."""
    months: dict[str, dict] = {}
    for row in frame.to_dict("records"):
        if row["on"] is None:
            continue
        month = months.setdefault(f"{row['on']:%Y-%m}", dict.fromkeys(COUNTS, 0.0))
        month.setdefault("who", set()).add(row["person"])
        month["visits"] += 1
        month["timely"] += row["days"] <= 2
        month["complaints"] += row["complaint"] == "Yes" and row["area"] != "West"
        month["hours"] += row["hours"]
        month["wait"] += row["days"]
        month["open"] += not row["closed"]
        month["late"] += row["on"] >= dt.date(2025, 6, 15) and 2 < row["days"] < 9
    for month in months.values():
        month["people"] = len(month.pop("who"))
        month["wait"] /= month["visits"]
    return pd.DataFrame(months).T


def as_by_hand(result, hand: pd.DataFrame) -> None:
    overall = {kpi.kpi.id: kpi.overall for kpi in result.kpis}
    inside = hand[(hand.index >= "2025-04") & (hand.index <= "2025-07")]
    for name, top, bottom in (
        ("timely", inside.timely, inside.visits),
        ("complaints", inside.complaints, inside.hours),
        ("wait", inside.wait * inside.visits, inside.visits),
        ("people", inside.people, inside.people > 0),
    ):
        assert overall[name] == pytest.approx(top.sum() / bottom.sum(), rel=1e-12), name
    ways = {
        "timely": hand.timely / hand.visits,
        "complaints": hand.complaints / hand.hours,
        "wait": hand.wait,
        "people": hand.people,
        "open": hand.open / hand.visits,
        "late": hand.late / hand.visits,
    }
    for kpi in result.kpis:
        for period in kpi.periods:
            expected = ways[kpi.kpi.id].get(period.period)
            if expected is None:
                assert period.value is None, (kpi.kpi.id, period)
            else:
                assert period.value == pytest.approx(expected, rel=1e-12), (kpi.kpi.id, period)
            if kpi.kpi.type == "value" and expected is not None:
                behind = hand.people if kpi.kpi.id == "people" else hand.visits
                assert period.rows == behind[period.period]


@pytest.mark.slow
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(60, 300), timed=st.booleans())
def test_every_count_is_that_of_the_rows_one_by_one_in_any_order(kpi, seed, n, timed):
    frame = visits(n, seed)
    shuffled = frame.sample(frac=1, random_state=seed % 1000)
    if timed:  # times of the day change nothing
        shuffled = shuffled.assign(on=pd.to_datetime(shuffled.on) + pd.Timedelta(hours=23))
    result = measured(block(kpi), open_source(shuffled))
    as_by_hand(result, by_hand(frame))


def test_a_file_of_rows_is_counted_where_it_lies(kpi, tmp_path):
    frame = visits()
    for suffix in ("parquet", "csv"):
        file = tmp_path / f"visits.{suffix}"
        frame.to_parquet(file) if suffix == "parquet" else frame.to_csv(file, index=False)
        result = measure_performance(block(kpi, {"file": file.name}), lambda name: tmp_path / name)
        as_by_hand(result, by_hand(frame))


@pytest.mark.parametrize(
    ("every", "first", "last", "written"),
    [
        ("quarter", "2025-Q2", "2025-Q3", lambda day: f"{day.year}-Q{(day.month + 2) // 3}"),
        ("year", "2025", "2025", lambda day: day.year),
        ("month", "2025-04", "2025-07", lambda day: f"{day:%b-%y}"),
    ],
)
def test_periods_written_as_text_or_years_count_as_their_days_do(kpi, every, first, last, written):
    frame = visits()
    stated = {"names": ["timely"], "every": every, "first": first, "last": last}
    by_day = measured(block(kpi, **stated), open_source(frame)).kpis[0].periods
    texts = frame.assign(on=frame["on"].map(written))
    assert measured(block(kpi, **stated), open_source(texts)).kpis[0].periods == by_day
    assert any(period.value is not None for period in by_day)


def test_rows_of_other_periods_and_rows_that_lack_a_value_are_told_with_how_many(kpi):
    frame = visits()
    frame.loc[frame.index[:7], "days"] = np.nan
    frame.loc[frame.index[7:10], "on"] = None
    source = open_source(frame)
    with pytest.raises(DataError) as refused:
        measured(block(kpi, names=["timely"]), source)
    inside = frame["on"].map(
        lambda day: day is not None and dt.date(2025, 4, 1) <= day < dt.date(2025, 8, 1)
    )
    lacking = int((frame["days"].isna() & inside).sum())
    assert f"'on' in 3, 'days' in {lacking}" in str(refused.value)
    assert "performance.rows.missing: not_counted" in str(refused.value)
    result = measured(block(kpi, {"missing": "not_counted"}, names=["timely"]), source)
    notes = [str(note) for note in result.notes]
    outside = int(frame["on"].notna().sum() - inside.sum())
    assert any(f"{outside} rows of other periods" in note for note in notes), notes
    assert any("3 rows without a period" in note for note in notes), notes
    assert any(f"{lacking} rows without days" in note for note in notes), notes
    kept = frame[frame["on"].notna()]
    hand = by_hand(kept)
    for period in result.kpis[0].periods:
        assert period.count == hand.timely[period.period]
        assert period.among == hand.visits[period.period]


REFUSED = [
    ({"timely": {"where": {"days": {"at_most": "2"}}}}, "timely", None, "at_most"),
    ({"timely": {"where": {"days": {}}}}, "timely", None, "states no bound"),
    ({"timely": {"where": {"days": {"at_least": 3, "below": 3}}}}, "timely", None, "no value lies"),
    ({"timely": {"sum": "days", "mean": "days"}}, "timely", None, "make each a count of its own"),
    ({"timley": {}}, "timely", None, "asks for 'timely'.*Did you mean 'timley'"),
    ({"timely": {"where": {"dais": {"at_most": 2}}}}, "timely", "data", "no column 'dais'|dais"),
    ({"timely": {"where": {"complaint": "yes"}}}, "timely", "data", "hold 'Yes', which differs by"),
    ({"timely": {"where": {"complaint": True}}}, "timely", "data", r"holds text \('No', 'Yes'\)"),
    ({"timely": {"where": {"days": "two"}}}, "timely", "data", "holds numbers"),
    ({"timely": {"sum": "area"}}, "timely", "data", "'area' holds text, which cannot be added up"),
]  # fmt: skip


@pytest.mark.parametrize(("counts", "name", "when", "message"), REFUSED)
def test_a_count_that_cannot_be_meant_is_refused_with_what_the_column_holds(
    kpi, counts, name, when, message
):
    fields = {"id": name, "target": 0.9, "met": name, "among": "visits"}
    stated = {
        "period": "on", "first": "2025-04", "last": "2025-07",
        "kpis": [kpi("proportion", **fields)],
        "rows": {"file": "visits.parquet", "counts": {"visits": {}, **counts}},
    }  # fmt: skip
    if when is None:
        with pytest.raises(ValueError, match=message):
            Performance.model_validate(stated)
        return
    with pytest.raises(DataError, match=message):
        measured(Performance.model_validate(stated), open_source(visits()))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([f"visit {n}" for n in range(400)], "must be a month|no day"),
        (list(np.linspace(0, 1, 400)), "must hold dates, or periods as text"),
        ([dt.date(1999, 1, 1)] * 400, "none of its 400 rows is of a period from 2025-04"),
        (pd.date_range("2025-04-01", periods=400, freq="h", tz="UTC"), None),
    ],
)
def test_a_column_that_holds_no_periods_is_refused(kpi, values, message):
    frame = visits().assign(on=values)
    if message is None:
        table = open_source(frame.assign(on=frame["on"].dt.tz_localize(None))).table
        instants = table.mutate(on=table["on"].cast("timestamp('UTC')"))  # without a place
        source = open_source(instants)
        with pytest.raises(DataError, match="instants in time"):
            measured(block(kpi, names=["timely"]), source)
        return
    with pytest.raises(DataError, match=message):
        measured(block(kpi, names=["timely"]), open_source(frame))


def test_file_and_rows_are_one_or_the_other(kpi):
    with pytest.raises(ValueError, match="Remove file or rows"):
        block(kpi, file="kpis.csv")
    with pytest.raises(ValueError, match="counts 'spare', which no KPI asks for"):
        block(kpi, {"counts": {"visits": {}, "timely": {}, "spare": {}}}, names=["timely"])
    with pytest.raises(ValueError, match="table is missing"):
        block(kpi, {"file": "", "backend": "postgres://host/base"}, names=["timely"])


@pytest.mark.soak
def test_engines_count_what_duckdb_counts_and_no_row_comes_out(kpi, tmp_path, monkeypatch):
    frame = visits(2_000)
    frame.to_parquet(tmp_path / "visits.parquet")
    monkeypatch.setenv(USER_VARIABLE, USER)
    monkeypatch.setenv(PASSWORD_VARIABLE, WORD)
    pulled = []
    monkeypatch.setattr(Pulls, "allow", lambda *given, **named: pulled.append(given))
    with postgres() as socket, spark() as session:
        known = {"user": USER, "password": WORD, "database": "postgres"}
        writer = ibis.postgres.connect(host=str(socket), **known)
        writer.create_table("visits", frame)
        writer.disconnect()
        session.read.parquet(str(tmp_path / "visits.parquet")).createOrReplaceTempView("visits")
        for address in (f"postgres:///postgres?host={socket}", "spark:local[1]"):
            place = {"file": "", "table": "visits", "backend": address}
            as_by_hand(measure_performance(block(kpi, place), Path), by_hand(frame))
    assert not pulled


def test_words_of_a_condition_are_found_whatever_the_language(kpi):
    frame = visits().assign(complaint="Cwyn – do")
    counts = {"visits": {}, "timely": {"where": {"complaint": "Cwyn – do"}}}
    result = measured(block(kpi, {"counts": counts}, names=["timely"]), open_source(frame))
    assert {period.value for period in result.kpis[0].periods if period.value is not None} == {1.0}
    assert not re.search("Traceback", str(result.notes))


def test_a_person_written_in_two_ways_is_counted_twice_and_that_is_told(kpi):
    """p1 and P1 were two people without a word."""
    frame = visits()
    performance = block(kpi, names=("people",))
    plain = measured(performance, open_source(frame))
    assert not [note for note in plain.notes if "capitals" in str(note)]
    frame["person"] = frame["person"].where(frame.index % 7 > 0, frame["person"].str.upper() + " ")
    notes = [str(note) for note in measured(performance, open_source(frame)).notes]
    (unlike,) = [note for note in notes if "capitals" in note]
    assert "some values of person differ from another in capitals or spaces alone" in unlike
    assert not any(name in unlike for name in set(frame["person"]) - {"p1", "P1 "})
