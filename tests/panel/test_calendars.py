"""Times as they are written: read as what they are, or refused with a remedy that works."""

import datetime
import decimal

import duckdb
import numpy as np
import pandas as pd
import pytest

from pbc_eval.did.group_time import att_gt
from pbc_eval.errors import DataError
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.periods import read_periods

pytestmark = pytest.mark.slow  # seconds, together

ROLES = dict(unit="unit", time="time", outcome="y", cohort="cohort")


def of_times(times, start=None) -> pd.DataFrame:
    """Ten units, half of them treated from the third time on, by an effect of 3."""
    rows = [
        (unit, time, (times[2] if start is None else start) if unit < 5 else None,
         unit + 0.1 * at + 3 * (unit < 5 and at >= 2))
        for unit in range(10)
        for at, time in enumerate(times)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["unit", "time", "cohort", "y"])


READ = {
    "months by name": (["Nov-21", "Dec-21", "Jan-22", "Feb-22"], ["2021-11", "2022-02"]),
    "whole names": (["November 2021", "December 2021", "January 2022"], ["2021-11", "2022-01"]),
    "month first": (["11/2021", "12/2021", "01/2022"], ["2021-11", "2022-01"]),
    "month codes": (["2021M11", "2021M12", "2022M01"], ["2021-11", "2022-01"]),
    "financial years": (["2022-23", "2023-24", "2024-25"], ["2022-23", "2024-25"]),
    "with a slash": (["2009/10", "2010/11", "2011/12"], ["2009-10", "2011-12"]),
    "FY": (["FY22", "FY23", "FY24"], ["FY22", "FY24"]),
    "FY pairs": (["FY2022-23", "FY2023-24", "FY2024-25"], ["FY2022-23", "FY2024-25"]),
    "quarter first": (["Q3 2023", "Q4 2023", "Q1 2024"], ["2023Q3", "2024Q1"]),
    "quarter last": (["2023-Q3", "2023-Q4", "2024-Q1"], ["2023Q3", "2024Q1"]),
    "half years": (["H1 2023", "H2 2023", "H1 2024"], ["2023H1", "2024H1"]),
    "weeks": (["2020-W52", "2020-W53", "2021-W01"], ["2020-W52", "2021-W01"]),
    "week codes": ([202052, 202053, 202101], ["2020-W52", "2021-W01"]),
    "month codes in digits": ([202011, 202012, 202101], ["2020-11", "2021-01"]),
    "days by name": (["30 Jan 2020", "31 Jan 2020", "1 Feb 2020"], ["2020-01-30", "2020-02-01"]),
    "days first": (["13/01/2020", "14/01/2020", "15/01/2020"], ["2020-01-13", "2020-01-15"]),
    "months first": (["01/13/2020", "01/14/2020", "01/15/2020"], ["2020-01-13", "2020-01-15"]),
    "decimals": ([decimal.Decimal(2001), decimal.Decimal(2002), decimal.Decimal(2003)],
                 ["2001", "2003"]),
    "weekly periods": (pd.period_range("2020-01-06", periods=3, freq="W"),
                       ["2020-01-06", "2020-01-20"]),
}  # fmt: skip


# A text file holds no periods of pandas.
CASES = {
    f"{way}, {name}": (*case, way)
    for way in ("frame", "csv")
    for name, case in READ.items()
    if way == "frame" or not isinstance(case[0], pd.PeriodIndex)
}


@pytest.mark.parametrize(("times", "ends", "way"), CASES.values(), ids=CASES)
def test_times_are_read_as_what_they_are(times, ends, way, tmp_path):
    frame = of_times(list(times))
    if way == "csv":
        frame.to_csv(tmp_path / "d.csv", index=False)
        frame = tmp_path / "d.csv"
    panel = Panel.from_data(frame, **ROLES)
    assert [panel.periods.names[0], panel.periods.names[-1]] == ends
    assert panel.starts == (len(times), 2)
    assert att_gt(panel).aggregate().estimate == pytest.approx(3)
    assert np.diff(panel.periods.clock).tolist() == [1] * (len(times) - 1)


def test_years_and_months_that_look_alike_are_told_apart_by_the_column_or_refused():
    assert read_periods(["2011-12", "2012-13"], "t").names == ("2011-12", "2012-13")
    assert read_periods(["2011-11", "2011-12"], "t").labels == (201111, 201112)
    with pytest.raises(DataError, match=r"can be financial years or months.*2009/10.*2009M10"):
        read_periods(["2009-10", "2010-11"], "t")
    assert read_periods(["2009/10", "2010/11"], "t").labels == (2009, 2010)
    assert read_periods(["2009M10", "2010M11"], "t").labels == (200910, 201011)


@pytest.mark.parametrize("way", ["frame", "csv"])
def test_the_order_of_day_and_month_is_not_guessed(way, tmp_path):
    frame = of_times(["01/02/2020", "01/03/2020", "01/04/2020"])
    frame.to_csv(tmp_path / "d.csv", index=False)
    data = frame if way == "frame" else tmp_path / "d.csv"
    with pytest.raises(DataError, match=r"'01/02/2020' can be 2020-02-01 or 2020-01-02"):
        Panel.from_data(data, **ROLES)


def test_a_slashed_start_follows_the_order_of_the_times_or_is_refused():
    times = ["13/01/2020", "14/01/2020", "15/01/2020"]
    assert Panel.from_data(of_times(times, "15/01/2020"), **ROLES).starts == (3, 2)
    months = ["2020-01", "2020-02", "2020-03"]
    with pytest.raises(DataError, match=r"'01/03/2020' can be 2020-03-01 or 2020-01-03"):
        Panel.from_data(of_times(months, "01/03/2020"), **ROLES)


CODED = {
    "quarters, or days": (
        [20103, 20104, 20111, 20112], ["2010Q3", "1955-01-14", "2015-01-15", "1899-12-30"]
    ),
    "Stata days": ([21915, 21946, 21975], ["2020-01-01", "origin='1960-01-01'"]),
    "Excel days": ([43831, 43862, 43891], ["Excel's number for the day 2020-01-01"]),
    "days since 1970": ([18262, 18293, 18322], ["2020-01-01", "origin='1970-01-01'"]),
    "Unix seconds": ([1577836800, 1580515200, 1583020800], ["unit='s'", "2020-01-01"]),
    "Unix milliseconds": ([1577836800000, 1580515200000], ["unit='ms', origin='1970-01-01'"]),
    "Stata %tc": ([1893456000000, 1896134400000], ["unit='ms', origin='1960-01-01'"]),
    "year and day": ([2020001, 2020032, 2020061], ["format='%Y%j'", "2020-01-01"]),
    "day, month, year": ([1022020, 1032020, 1042020], ["%d%m%Y", "%m%d%Y"]),
    "yymm": ([2311, 2312, 2401], ["yymm", "2023-11"]),
    "yyq": ([203, 204, 211], ["yyq", "2020Q3"]),
}  # fmt: skip


@pytest.mark.parametrize(("times", "named"), CODED.values(), ids=CODED)
@pytest.mark.parametrize("way", ["frame", "duckdb"])
def test_codes_are_refused_with_every_reading_named(times, named, way, tmp_path):
    data = of_times(times, times[-1])
    if way == "duckdb":
        with duckdb.connect(tmp_path / "d.duckdb") as connection:
            connection.register("frame", data)
            connection.execute(
                "CREATE TABLE d AS SELECT * REPLACE (time::hugeint AS time) FROM frame"
            )
        data = f"{tmp_path / 'd.duckdb'}::d"
    with pytest.raises(DataError) as refused:
        Panel.from_data(data, **ROLES)
    assert all(words in str(refused.value) for words in named), str(refused.value)


@pytest.mark.parametrize(("times", "named"), CODED.values(), ids=CODED)
def test_every_remedy_offered_is_accepted(times, named):
    """The expressions in the message, tried on the very input."""
    from pbc_eval.panel.coded_times import possible_readings  # noqa: PLC0415

    readings = possible_readings(times)
    assert readings
    for reading in readings:
        column = pd.Series(times)
        again = eval(reading.remedy, {"pd": pd, "column": column, "dict": dict})
        periods = read_periods(list(again), "t")
        assert len(periods) == len(times)
        assert periods.labels == tuple(sorted(periods.labels))
        assert reading.example.split()[0] in {str(again.iloc[0])[:10], *periods.names} or (
            reading.example.startswith(periods.names[0])
        )


@pytest.mark.parametrize("times", [[720, 721, 722], [240, 241, 242]])
def test_stata_months_keep_their_spacing_and_are_named(times):
    panel = Panel.from_data(of_times(times), **ROLES)
    assert "Stata's count from 1960" in " ".join(map(str, panel.ledger.notes))
    assert panel.periods.clock == tuple(times)


def test_no_whole_number_of_five_digits_or_more_is_a_plain_period():
    for times in ([12345, 12399], [100000, 100001], [7_000_000, 7_000_001]):
        with pytest.raises(DataError):
            read_periods(times, "t")


# --- numbers of engines ---


@pytest.mark.parametrize("kind", ["HUGEINT", "DECIMAL(4,0)", "DECIMAL(10,2)", "UBIGINT", "FLOAT"])
def test_years_of_every_numeric_type_are_years(kind, tmp_path):
    with duckdb.connect(tmp_path / "d.duckdb") as connection:
        connection.register("frame", of_times([2001, 2002, 2003]))
        connection.execute(
            f"CREATE TABLE d AS SELECT * REPLACE (time::{kind} AS time, cohort::{kind} AS cohort) "
            "FROM frame"
        )
    panel = Panel.from_data(f"{tmp_path / 'd.duckdb'}::d", **ROLES)
    assert panel.periods.labels == (2001, 2002, 2003)
    assert att_gt(panel).aggregate().estimate == pytest.approx(3)


# --- time zones ---

MONTHS = [pd.Timestamp(2020, month, 1) for month in (1, 2, 3, 4, 5)]


def zoned(zone) -> pd.DataFrame:
    frame = of_times(MONTHS)
    return frame.assign(
        time=pd.to_datetime(frame["time"]).dt.tz_localize(zone),
        cohort=pd.to_datetime(frame["cohort"]).dt.tz_localize(zone),
    )


def stored(frame, way, folder):
    if way == "objects":
        return frame.assign(
            time=[stamp.to_pydatetime() for stamp in frame["time"]],
            cohort=[None if pd.isna(s) else s.to_pydatetime() for s in frame["cohort"]],
        ).astype({"time": object, "cohort": object})
    if way == "csv":
        frame.assign(
            time=[stamp.isoformat() for stamp in frame["time"]],
            cohort=[None if pd.isna(s) else s.isoformat() for s in frame["cohort"]],
        ).to_csv(folder / "d.csv", index=False)
        return folder / "d.csv"
    if way == "parquet":
        frame.to_parquet(folder / "d.parquet")
        return folder / "d.parquet"
    return frame


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata"])
@pytest.mark.parametrize("way", ["frame", "objects", "csv", "parquet"])
def test_times_with_a_zone_keep_their_local_date(zone, way, tmp_path):
    panel = Panel.from_data(stored(zoned(zone), way, tmp_path), **ROLES)
    assert panel.periods.labels == (202001, 202002, 202003, 202004, 202005)
    assert panel.starts == (5, 2)
    assert att_gt(panel).aggregate().estimate == pytest.approx(3)


@pytest.mark.parametrize("way", ["frame", "csv", "parquet"])
def test_a_zone_on_one_side_only_is_refused(way, tmp_path):
    plain = of_times(MONTHS)
    for column in ("time", "cohort"):
        mixed = zoned("Europe/Berlin").assign(**{column: pd.to_datetime(plain[column])})
        with pytest.raises(DataError, match=r"time zone.*local dates without a zone"):
            Panel.from_data(stored(mixed, way, tmp_path), **ROLES)


def test_instants_without_their_place_are_refused(tmp_path):
    with duckdb.connect(tmp_path / "d.duckdb") as connection:
        frame = of_times(MONTHS)  # noqa: F841  the engine reads it by its name
        connection.execute(
            "CREATE TABLE d AS SELECT unit, y, (time::timestamp AT TIME ZONE 'Europe/Berlin') AS "
            "time, (cohort::timestamp AT TIME ZONE 'Europe/Berlin') AS cohort FROM frame"
        )
        connection.execute(
            "CREATE TABLE local AS SELECT unit, y, (time AT TIME ZONE 'Europe/Berlin')::date AS "
            "time, (cohort AT TIME ZONE 'Europe/Berlin')::date AS cohort FROM d"
        )
    with pytest.raises(DataError, match=r"instants in time.*AT TIME ZONE"):
        Panel.from_data(f"{tmp_path / 'd.duckdb'}::d", **ROLES)
    panel = Panel.from_data(f"{tmp_path / 'd.duckdb'}::local", **ROLES)  # the remedy
    assert panel.periods.labels == (202001, 202002, 202003, 202004, 202005)


def test_python_dates_and_mixed_zones():
    dates = [datetime.date(2020, month, 1) for month in (1, 2, 3)]
    assert Panel.from_data(of_times(dates), **ROLES).periods.labels == (202001, 202002, 202003)
    mixed = of_times(dates).astype({"time": object})
    aware = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)  # noqa: UP017
    mixed.loc[0, "time"] = aware
    with pytest.raises(DataError, match=r"time zone"):
        Panel.from_data(mixed, **ROLES)
