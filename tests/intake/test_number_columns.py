"""Columns of numbers as text: refused with what reads them, or read as stated and told."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval import Panel, match, read_numbers
from pbc_eval.errors import DataError
from pbc_eval.messages.written_numbers import NOTATIONS

pytestmark = pytest.mark.slow  # seconds, together

ROLES = {"unit": "id", "time": "t", "outcome": "y", "cohort": "g"}


def written(value: float, notation: str) -> str:
    return f"{value:,.1f}".translate({ord(","): notation[1], ord("."): notation[-2]})


@pytest.fixture(scope="module")
def frame():
    r = np.random.default_rng(0)
    rows = [
        (i, t, 2003 if i % 3 == 0 else 0, 20.0 + i % 7, round(2000 * float(r.normal()), 1), 1.5)
        for i in range(24)
        for t in range(2001, 2005)
    ]
    return pd.DataFrame(rows, columns=["id", "t", "g", "age", "y", "w"])


def as_text(frame, column, notation, dress="{}"):
    return frame.assign(**{column: [dress.format(written(v, notation)) for v in frame[column]]})


@pytest.mark.parametrize("column", ["y", "w", "age"])
@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(
    "dress",
    ["£{}", *(pytest.param(d, marks=pytest.mark.soak) for d in ("{}", "{}*", "{}[1]", "{}%"))],
)
def test_every_role_is_refused_undeclared_and_read_declared(frame, column, notation, dress):
    data = as_text(frame, column, notation, dress)
    roles = ROLES | {"weight": "w", "covariates": ["age"]}
    with pytest.raises(DataError, match=f"{column!r} holds numbers written as text"):
        Panel.from_data(data, **roles)
    read = Panel.from_data(data, **roles, numbers=notation)
    scale = 100 if "%" in dress else 1
    plain = Panel.from_data(frame.assign(**{column: frame[column] / scale}), **roles)
    np.testing.assert_allclose(read.arrays().outcome, plain.arrays().outcome)
    np.testing.assert_allclose(read.arrays().weight, plain.arrays().weight)
    told = [step.why for step in read.ledger.steps if step.what == "numbers as text"]
    assert [why for why in told if repr(column) in why and notation in why]
    assert read.ledger.rows == plain.ledger.rows


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_files_are_read_as_frames_are(frame, tmp_path, suffix):
    data = as_text(as_text(frame, "y", "1.234,5"), "age", "1.234,5")
    path = tmp_path / f"data.{suffix}"
    data.to_csv(path, index=False, sep=";") if suffix == "csv" else data.to_excel(path, index=False)
    read = Panel.from_data(path, **ROLES, covariates=["age"], numbers="1.234,5")
    plain = Panel.from_data(frame, **ROLES, covariates=["age"])
    np.testing.assert_allclose(read.arrays().outcome, plain.arrays().outcome)


def test_thousands_with_points_in_a_file_are_no_decimals(frame, tmp_path):
    whole = frame.assign(y=[1000 * (1 + i % 9) for i in range(len(frame))])
    data = whole.assign(y=[f"{v:,}".replace(",", ".") for v in whole.y])
    data.to_csv(tmp_path / "a.csv", index=False, sep=";")
    read = Panel.from_data(tmp_path / "a.csv", **ROLES, numbers="1.234,5")
    assert read.arrays().outcome.max() == 9000


def test_a_covariate_of_labels_that_look_like_numbers_can_be_named(frame):
    data = frame.assign(age=frame.age.astype(int).astype(str))
    with pytest.raises(DataError, match="name the column in categories"):
        Panel.from_data(data, **ROLES, covariates=["age"])
    labels = Panel.from_data(data, **ROLES, covariates=["age"], categories=["age"])
    assert labels.covariates[0].text


def test_all_columns_are_told_at_once(frame):
    data = as_text(as_text(frame, "y", "1,234.5"), "age", "1,234.5")
    with pytest.raises(DataError) as refused:
        Panel.from_data(data, **ROLES, covariates=["age"])
    assert "'y'" in str(refused.value)
    assert "'age'" in str(refused.value)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["12%", "0.3"], "percentages among plain numbers"),
        (["£5", "$6"], "several currencies"),
        (["5", "five"], "'five', which is no number written as"),
        (["1,234", "1.234,5x"], "'1.234,5x'"),
    ],
)
def test_what_no_notation_can_read_is_named(cells, message):
    data = pd.DataFrame({"x": cells * 3})
    with pytest.raises(DataError, match=message):
        read_numbers(data, ["x"], "1,234.5")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e7, 1e7).map(lambda v: round(v, 1)), min_size=2, max_size=8),
    st.sampled_from(NOTATIONS),
    st.sampled_from(["{}", "£{}", "{}*", "{} (p)", "\u00a0{}"]),
)
def test_the_notation_that_a_refusal_offers_reads_the_column(values, notation, dress):
    data = pd.DataFrame({"x": [dress.format(written(v, notation)) for v in values]})
    with pytest.raises(DataError) as refused:
        read_numbers(data, ["x"], None)
    offered = [way for way in NOTATIONS if f'numbers: "{way}"' in str(refused.value)]
    assert offered
    read = [read_numbers(data, ["x"], way).frame.x.tolist() for way in offered]
    assert any(np.allclose(numbers, values) for numbers in read)
    assert len({tuple(numbers) for numbers in read}) == len(read), "each offer reads differently"


def test_people_are_matched_on_numbers_only():
    r = np.random.default_rng(1)
    people = pd.DataFrame(
        {"d": [0, 1] * 30, "x": [f"£{1000 + int(v):,}" for v in r.integers(0, 9e3, 60)]}
    )
    with pytest.raises(DataError, match=r"'x' holds numbers written as text.*read_numbers"):
        match(people, treatment="d", covariates=["x"])
    read = read_numbers(people, ["x"], "1,234.5")
    assert "in £" in read.notes[0]
    assert match(read.frame, treatment="d", covariates=["x"]).matched.any()


def test_the_callers_frame_is_not_changed():
    data = pd.DataFrame({"x": ["1,5", "2,5"]})
    read_numbers(data, ["x"], "1.234,5")
    assert data.x.tolist() == ["1,5", "2,5"]


def test_yes_and_no_are_an_outcome_as_they_are_a_treatment(frame):
    yes = frame.assign(y=np.where(frame.y > 0, "Yes", "no"))
    numbers = frame.assign(y=(frame.y > 0).astype(float))
    read, plain = (Panel.from_data(data, **ROLES) for data in (yes, numbers))
    np.testing.assert_array_equal(read.arrays().outcome, plain.arrays().outcome)
    assert any("is yes or no, read as 1 and 0" in step.why for step in read.ledger.steps)
    people = pd.DataFrame({"d": [0, 1] * 30, "x": range(60), "y": ["Yes", "No", "no"] * 20})
    sample = match(people, treatment="d", covariates=["x"])
    as_numbers = people.assign(y=(people.y == "Yes").astype(float))
    assert sample.effect("y").estimate == (
        match(as_numbers, treatment="d", covariates=["x"]).effect("y").estimate
    )
