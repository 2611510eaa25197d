"""measure_performance: values, ratings, missing months named, dirty data refused."""

import math

import pytest

from pbc_eval.agreement.performance import Performance
from pbc_eval.errors import DataError
from pbc_eval.kpi.periods import period_of, periods_between

pytestmark = pytest.mark.slow  # seconds, together

TWICE = ["2025-04", "2025-04", "2025-06", "2025-07"]
EARLY = ["2025-03", "2025-05", "2025-06", "2025-07"]
SERIAL = [45748, 45778, 45809, 45839]
LOCAL = ["01/04/2025", "x", "y", "z"]
DAYS = ["2025-04-30", "2025-05-31", "2025-06-30", "2025-07-31"]
COUNTS = {"met": [95, 86, 84, 70], "all": [100, 100, 100, 100]}


def test_a_proportion_is_measured_rated_and_pooled_by_its_counts(kpi, measure):
    found = measure(kpi("proportion"), COUNTS)
    assert [one.value for one in found.periods] == [0.95, 0.86, 0.84, 0.70]
    assert [one.rating for one in found.periods] == [
        "Good", "Approaching target", "Requires improvement", "Inadequate",
    ]  # fmt: skip
    assert found.overall == 335 / 400
    assert found.rating == "Requires improvement"
    assert found.latest.value == 0.70
    assert found.missed == 3


def test_bounds_belong_to_the_better_word(kpi, measure):
    at = {"met": [90, 86, 77, 76], "all": [100] * 4}
    words = [one.rating for one in measure(kpi("proportion", inadequate=0.85), at).periods]
    assert words == ["Good", "Approaching target", "Requires improvement", "Inadequate"]


def test_a_value_on_a_bound_has_the_better_word(kpi, measure):
    """0.95 and 0.85 of a target of 0.8, whatever the last bit of 0.76 / 0.8 says."""
    at = {"met": [80, 76, 68, 67], "all": [100] * 4}
    words = [one.rating for one in measure(kpi("proportion", target=0.8), at).periods]
    assert words == ["Good", "Approaching target", "Requires improvement", "Inadequate"]


def test_where_lower_is_better_the_way_is_turned(kpi, measure):
    errors = kpi("proportion", better="lower", target=0.05)
    at = {"met": [5, 0, 52, 6], "all": [100, 100, 1000, 100]}
    words = [one.rating for one in measure(errors, at).periods]
    assert words == ["Good", "Good", "Approaching target", "Inadequate"]


def test_a_rate_is_per_so_many(kpi, measure):
    complaints = kpi("rate", better="lower", target=3, per=1000)
    found = measure(complaints, {"met": [2, 3, 6, 0], "all": [1000, 1500, 1500, 500]})
    assert [one.value for one in found.periods] == [2, 2, 4, 0]
    assert found.overall == pytest.approx(11 / 4.5)
    assert found.chart.kind == "u"


@pytest.mark.parametrize("gap", ["month left out", "cells left empty"])
def test_missing_months_are_named_and_nothing_is_put_in_their_place(kpi, measure, gap):
    if gap == "month left out":
        columns = {"met": [95, 84, 70], "all": [100, 100, 100]}
        found = measure(kpi("proportion"), columns, months=["2025-04", "2025-06", "2025-07"])
    else:
        columns = {"met": [95, None, 84, 70], "all": [100, None, 100, 100]}
        found = measure(kpi("proportion"), columns)
    assert found.missing == ("2025-05",)
    assert found.periods[1].value is None
    assert found.periods[1].rating is None
    assert found.overall == 249 / 300
    assert found.to_frame()["rating"].tolist()[1] == "not reported"
    assert found.missed == 2


@pytest.mark.parametrize(
    ("feeds", "count"), [("latest", 0.70), ("overall", 0.8375), ("missed_periods", 3)]
)
def test_a_kpi_feeds_a_payment_as_agreed(kpi, measure, feeds, count):
    outcome = measure(kpi("proportion", feeds=feeds), COUNTS).measured()
    assert (outcome.outcome, outcome.source, outcome.count) == ("timely", "counted", count)
    assert measure(kpi("proportion"), COUNTS).measured() is None


def test_a_survey_is_weighted_and_carries_its_interval(kpi, measure):
    survey = {
        "month": ["2025-04"] * 4 + ["2025-06"] * 3,
        "happy": [1, 1, 0, 1, 1, None, 0],
        "w": [1, 1, 2, 1, 3, 1, 1],
    }
    found = measure(kpi("survey", weight="w"), survey=survey, file=None)
    assert [one.value for one in found.periods] == [0.6, None, 0.75, None]
    assert found.periods[0].count == 4
    assert found.periods[2].count == 2  # one did not answer
    assert found.periods[0].conf_low < 0.6 < found.periods[0].conf_high
    assert found.overall == pytest.approx(6 / 9)
    assert found.missing == ("2025-05", "2025-07")


@pytest.mark.parametrize(
    ("columns", "fields", "message"),
    [
        (
            {"met": [95, 86, 84, "not yet"], "all": [100] * 4},
            {},
            "holds 'not yet', which is no number",
        ),
        ({"met": ["1,095", 86, 84, 1], "all": [2000] * 4}, {}, r"1,234\.5. reads .1,095. as 1095"),
        ({"met": [101, 86, 84, 1], "all": [100] * 4}, {}, "2025-04 has 101 met among 100"),
        ({"met": [-1, 86, 84, 1], "all": [100] * 4}, {}, "counts are zero or more"),
        ({"met": [math.inf, 86, 84, 1], "all": [math.inf, 99, 99, 99]}, {}, "met holds inf, which"),
        ({"met": ["1e400", 86, 84, 1], "all": ["1e400", 99, 99, 99]}, {}, "met holds (1e400|inf)"),
        (
            {"met": [9, 86, 84, 1], "all": [1e308, 99, 99, 99]},
            {},
            "all holds 1e.308, which is more",
        ),
        ({"met": [5, 86, 84, 1], "all": [0, 100, 100, 100]}, {}, "among more than zero"),
        ({"met": [5, 86, 84, None], "all": [100] * 4}, {}, "2025-07 has met or all but not both"),
        ({"mett": [5, 6, 7, 8], "all": [100] * 4}, {}, "no column 'met'.*'mett'"),
        ({"met": [None] * 4, "all": [None] * 4}, {}, "no period is reported"),
        (COUNTS, {"months": TWICE}, "2025-04 is there twice"),
        (COUNTS, {"months": EARLY}, "2025-03 is not between"),
        (COUNTS, {"months": SERIAL}, "serial date for 2025-04-01.*Write 2025-04"),
        (COUNTS, {"months": LOCAL}, "order of day and month cannot be told"),
    ],
)
def test_what_cannot_be_a_kpi_is_refused_with_its_place(kpi, measure, columns, fields, message):
    with pytest.raises(DataError, match=message):
        measure(kpi("proportion"), columns, **fields)


def test_a_percentage_for_a_fraction_is_refused_with_the_fraction(kpi, measure):
    share = kpi("value", share=True)
    with pytest.raises(DataError, match=r"2025-05 must be a fraction.*got 25. Did you mean 0.25"):
        measure(share, {"met": [0.3, 25, 0.2, 0.1]})
    with pytest.raises(DataError, match=r"Write all of them one way: '25%' is 0\.25"):
        measure(share, {"met": [0.3, "25%", 0.2, 0.1]})


def test_days_of_a_month_stand_for_it(kpi, measure):
    found = measure(kpi("proportion"), COUNTS, months=DAYS)
    assert [one.period for one in found.periods] == ["2025-04", "2025-05", "2025-06", "2025-07"]


def test_answers_of_a_survey_are_coded(kpi, measure):
    with pytest.raises(DataError, match="happy must be 1 or 0, got 5"):
        measure(kpi("survey"), survey={"month": ["2025-04"] * 2, "happy": [5, 1]}, file=None)


def test_periods_cross_the_year():
    assert periods_between("2025-11", "2026-02", "month") == (
        "2025-11", "2025-12", "2026-01", "2026-02",
    )  # fmt: skip
    assert periods_between("2025-Q4", "2026-Q1", "quarter") == ("2025-Q4", "2026-Q1")
    assert periods_between("2024", "2026", "year") == ("2024", "2025", "2026")


@pytest.mark.parametrize(
    ("fields", "change", "message"),
    [
        ({"target": 95}, {}, "target must be a fraction.*got 95. Did you mean 0.95"),
        ({"inadequate": 0.99}, {}, "not above approaching"),
        ({}, {"first": "2025-Q2"}, "first must be a month such as 2025-04"),
        ({}, {"last": "2025-01"}, "is before first"),
        ({}, {"last": "April"}, "must be a month 2025-04"),
        ({}, {"file": None}, "file is needed"),
        ({}, {"other": {"timly": "x"}}, "which is no KPI"),
    ],
)
def test_a_block_that_contradicts_itself_is_refused(kpi, block, fields, change, message):
    with pytest.raises(ValueError, match=message):
        block(kpi("proportion", **fields), **change)


def test_a_kpi_that_cannot_be_rated_is_other_with_its_reason(kpi, measure):
    found = measure(kpi("proportion"), COUNTS, other={"timely": "The system was down."})
    assert (found.rating, found.reason) == ("Other", "The system was down.")


def test_two_kpis_of_one_id_are_refused(kpi, block):
    with pytest.raises(ValueError, match="must be unique, got timely"):
        block(kpi("proportion"), kpi("value"))


def test_the_block_names_its_files(kpi):
    block = Performance.model_validate(
        {
            "file": "kpis.csv",
            "first": "2025",
            "last": "2026",
            "every": "year",
            "kpis": [kpi("survey"), kpi("value", id="b")],
        }
    )
    assert block.files == ["kpis.csv", "survey.csv"]


@pytest.mark.parametrize(
    ("text", "every", "period"),
    [
        ("Apr-25", "month", "2025-04"),
        ("April 2025", "month", "2025-04"),
        ("2025M04", "month", "2025-04"),
        ("Q2 2025", "quarter", "2025-Q2"),
        ("2025Q2", "quarter", "2025-Q2"),
        ("1 May 2025", "quarter", "2025-Q2"),
        ("2025-04-01T00:00:00+02:00", "month", "2025-04"),
    ],
)
def test_periods_are_read_as_what_they_are(text, every, period):
    assert period_of(text, every, "f") == period


@pytest.mark.parametrize(
    ("text", "every", "message"),
    [
        ("01/02/2025", "month", "order of day and month"),
        ("2025-26", "year", "must be a year"),
        ("Apr-25", "quarter", "must be a quarter"),
        ("21915", "month", "it may also be Stata's .* 2020-01-01"),
    ],
)
def test_periods_that_could_be_several_are_refused(text, every, message):
    with pytest.raises(DataError, match=message):
        period_of(text, every, "f")
