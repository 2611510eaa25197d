"""Columns of every type, ids of every kind, arguments of every shape: an answer, or the package's
own error that says what is wrong; never somebody else's."""

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matched_samples import people

import pbc_eval as pbc
from pbc_eval.errors import PbcError
from pbc_eval.matching.effect import experimental_difference

pytestmark = pytest.mark.slow  # seconds, together

PEOPLE = people(60, seed=3)
N = len(PEOPLE)
AGE, GROUP = PEOPLE["age"], PEOPLE["group"]
ROLES = {"treatment": "treated", "covariates": ["age", "income"], "unit": "id"}
COLUMNS = {
    "half precision": AGE.astype("float16"),
    "single precision": AGE.astype("float32"),
    "nullable floats": AGE.astype("Float64"),
    "small integers": (10 * AGE).round().astype("int8"),
    "nullable integers": (10 * AGE.abs()).round().astype("UInt8"),
    "booleans": AGE > 0,
    "nullable booleans": (AGE > 0).astype("boolean"),
    "booleans as objects": (AGE > 0).astype(object),
    "complex": AGE + 0j,
    "decimals": AGE.map(lambda value: decimal.Decimal(f"{value:.2f}")),
    "times": pd.Timestamp("2020-01-01") + pd.to_timedelta(AGE, unit="D"),
    "zoned times": pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(AGE, unit="D"),
    "durations": pd.to_timedelta(AGE, unit="D"),
    "periods": pd.Series(pd.period_range("2020-01", periods=N, freq="M")),
    "dates": [dt.date(2020, 1, 1 + k % 28) for k in range(N)],
    "categories": GROUP.astype("category"),
    "ordered categories": pd.Categorical(GROUP, ordered=True),
    "bins": pd.cut(AGE, 4),
    "quantiles": pd.qcut(AGE, 4),
    "intervals": pd.Series(pd.arrays.IntervalArray(pd.cut(AGE, 4))),
    "strings": GROUP.astype("string"),
    "numbers as text": AGE.round(1).astype(str),
    "numbers and text": [1 if k % 2 else "a" for k in range(N)],
    "a level missing": GROUP.where(GROUP != "north", "missing"),
    "nothing": [None] * N,
    "lists": [[1]] * N,
    "mappings": [{}] * N,
    "tuples": [(k % 3, 1) for k in range(N)],
    "bytes": [b"a" if k % 2 else b"b" for k in range(N)],
    "infinite": AGE.where(PEOPLE.index != 3, np.inf),
    "gaps": AGE.where(PEOPLE.index != 3),
    "gaps in text": GROUP.where(PEOPLE.index != 3),
    "gaps in categories": GROUP.where(PEOPLE.index != 3).astype("category"),
    "gaps beside a level missing": pd.Categorical(
        GROUP.where(GROUP != "north", "missing").where(PEOPLE.index != 3)
    ),
    "gaps in bins": pd.cut(AGE.where(PEOPLE.index != 3), 3),
    "sparse": pd.arrays.SparseArray((AGE > 0).astype(float)),
    "very large": AGE + 1e300,
    "very small": 1e-300 * AGE,
    "constant": np.ones(N),
    "beyond 64 bits": [10**30 + k for k in range(N)],
    "of both signs beyond 64 bits": [(-1) ** k * 10**20 * k for k in range(N)],
    "parts in Arrow": pd.Series(
        pd.arrays.ArrowExtensionArray(pa.array([{"a": float(v)} for v in AGE]))
    ),
    "dictionary in Arrow": pd.Series(
        pd.arrays.ArrowExtensionArray(pa.array(GROUP.tolist()).dictionary_encode())
    ),
    "longer than doubles": AGE.astype(np.longdouble),
    "times of numpy": pd.Series([np.datetime64("2020-01-01")] * N, dtype=object),
    "categories of numbers": pd.Categorical((2 * AGE).round().astype(int)),
    "categories of tuples": pd.Categorical([(k % 3, 1) for k in range(N)]),
    "as many categories as people": pd.Categorical(list(range(N))),
}
IDS = {
    "longer than doubles": np.arange(N).astype(np.longdouble),
    "dictionary in Arrow": pd.Series(
        pd.arrays.ArrowExtensionArray(pa.array([f"p{k}" for k in range(N)]).dictionary_encode())
    ),
    "beyond 64 bits": [10**25 + k for k in range(N)],
    "below zero": -np.arange(N),
    "floats": np.arange(N) + 0.5,
    "half precision": np.arange(N, dtype="float16"),
    "categories": PEOPLE["id"].astype("category"),
    "strings": PEOPLE["id"].astype("string"),
    "of two kinds": [k if k % 2 else str(k) for k in range(N)],
    "intervals": pd.interval_range(0, N),
    "bytes": [str(k).encode() for k in range(N)],
    "times": pd.date_range("2020-01-01", periods=N, tz="Asia/Tokyo"),
    "decimals": [decimal.Decimal(k) / 3 for k in range(N)],
    "tuples": [(k % 7, k) for k in range(N)],
    "lists": [[k] for k in range(N)],
    "truth and numbers": [True, False, *range(2, N)],
}
SAMPLES = {
    "nearest": lambda frame, **asked: pbc.match(frame, **ROLES | asked),
    "distances": lambda frame, **asked: pbc.match(
        frame, by=pbc.Nearest(distance="mahalanobis"), **ROLES | asked
    ),
    "full": lambda frame, **asked: pbc.match(frame, method="full", **ROLES | asked),
    "coarsened": lambda frame, **asked: pbc.match(frame, method="coarsened", **ROLES | asked),
    "ipw": lambda frame, **asked: pbc.weight(frame, **ROLES | asked),
    "entropy": lambda frame, **asked: pbc.weight(frame, method="entropy", **ROLES | asked),
}


def answers(call) -> bool:
    """Is there an answer, or is it the package's own error?"""
    try:
        call()
    except PbcError:
        return False
    return True


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("missing", ["refuse", "complete_cases", "indicator"])
def test_a_covariate_of_any_type(kind, missing):
    frame = PEOPLE.assign(x=COLUMNS[kind])
    for make in SAMPLES.values():
        answers(lambda make=make: make(frame, covariates=["age", "x"], missing=missing))
    answers(
        lambda: pbc.nearest_effect(
            frame.set_index("id"),
            treatment="treated",
            covariates=["age", "x"],
            outcome="outcome",
            adjust_for=["x"],
            missing=missing,
        )
    )


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_of_any_type_in_any_other_role(kind):
    frame = PEOPLE.assign(x=COLUMNS[kind])
    for by in (
        pbc.Nearest(exact=("x",)),
        pbc.Nearest(antiexact=("x",)),
        pbc.Nearest(within={"x": 1.0}),
        pbc.Nearest(score="x"),
        pbc.Cardinality(tolerance=0.3),
    ):
        answers(lambda by=by: pbc.match(frame, by=by, **ROLES))
    answers(lambda: pbc.match(frame, sampling_weights="x", **ROLES))
    answers(lambda: pbc.match(frame, **ROLES | {"treatment": "x"}))
    answers(lambda: experimental_difference(frame, treatment="treated", outcome="x"))
    for sample in (SAMPLES["nearest"](frame), SAMPLES["ipw"](frame)):
        for call in (
            lambda sample=sample: sample.effect("x"),
            lambda sample=sample: sample.effect("outcome", cluster="x"),
            lambda sample=sample: sample.balance(also=["x"], squares=True, interactions=True),
            lambda sample=sample: pbc.risk_effects(sample, "x"),
            lambda sample=sample: pbc.rate_effects(sample, "x"),
            lambda sample=sample: pbc.rate_effects(sample, "treated", "x"),
            lambda sample=sample: pbc.restricted_mean_effect(sample, "x", "treated"),
            lambda sample=sample: pbc.prognostic_balance(sample, "x"),
            lambda sample=sample: sample.to_frame(),
        ):
            answers(call)


@pytest.mark.parametrize("kind", IDS)
def test_ids_of_any_kind(kind):
    frame = PEOPLE.assign(x=IDS[kind])
    taken = [answers(lambda make=make: make(frame, unit="x")) for make in SAMPLES.values()]
    assert all(taken) or kind in ("lists", "truth and numbers")
    unhashed = ("half precision", "lists", "longer than doubles", "dictionary in Arrow")
    if kind not in unhashed:  # pandas knows no index of them
        by_index = frame.set_index("x")
        answers(
            lambda: pbc.match(by_index, treatment="treated", covariates=["age"]).effect("outcome")
        )


@pytest.mark.parametrize(
    "names",
    [
        np.array(["age", "income"]),
        pd.Series(["age", "income"]),
        PEOPLE.columns[2:4],
        ("age", "income"),
        (name for name in ["age", "income"]),
    ],
    ids=["array", "series", "index", "tuple", "generator"],
)
def test_names_in_any_list_are_those_names(names):
    sample = pbc.match(PEOPLE, **ROLES | {"covariates": names})
    assert sample.design.covariates == ("age", "income")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"covariates": {"age", "income"}}, "must be a list of column names, got set"),
        ({"covariates": {"age": 1}}, "must be a list of column names, got dict"),
        ({"covariates": PEOPLE[["age"]]}, "must be a list of column names, got DataFrame"),
        ({"covariates": np.array([["age", "income"]])}, "column names, got ndarray"),
        ({"covariates": None}, "must be a list of column names, got NoneType"),
        ({"covariates": np.array([])}, "covariates is empty"),
        ({"covariates": [["age"]]}, "must name columns, got list among them"),
        ({"covariates": [1]}, "have no column 1"),
        ({"treatment": PEOPLE["treated"]}, "named by its label, got Series"),
        ({"treatment": PEOPLE["treated"].to_numpy()}, "named by its label, got ndarray"),
        ({"unit": PEOPLE["id"]}, "named by its label, got Series"),
        ({"seed": "a"}, "seed must be a whole number"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"ratio": "2"}, "ratio"),
        ({"caliper": float("nan")}, "caliper"),
        ({"missing": ["refuse"]}, "missing must be one of"),
        ({"estimand": ["ATT"]}, "estimand must be one of"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_name(asked, said):
    with pytest.raises(PbcError, match=said):
        pbc.match(PEOPLE, **ROLES | asked)


@pytest.mark.parametrize("data", [[1, 2], PEOPLE.to_dict(), PEOPLE.to_numpy(), PEOPLE["age"], None])
def test_only_a_frame_is_a_frame(data):
    for make in (pbc.match, pbc.weight):
        with pytest.raises(PbcError, match="must be a pandas DataFrame"):
            make(data, **ROLES)


@pytest.mark.parametrize(
    "outcome", [[1, 2], PEOPLE["outcome"].to_numpy(), PEOPLE, None, 3, PEOPLE["outcome"]]
)
def test_an_outcome_without_ids_is_refused(outcome):
    for make in ("nearest", "ipw"):
        with pytest.raises(PbcError, match="effect: "):
            SAMPLES[make](PEOPLE).effect(outcome)


@pytest.mark.parametrize("level", ["a", None, 95, True])
def test_a_level_is_a_number_between_nought_and_one(level):
    with pytest.raises(PbcError, match="level must"):
        SAMPLES["ipw"](PEOPLE).effect("outcome", level=level)


def test_rows_and_columns_of_several_levels_are_taken():
    by_both = pbc.match(
        PEOPLE.set_index(["group", "id"]), treatment="treated", covariates=["age", "income"]
    )
    by_id = pbc.match(PEOPLE, **ROLES)
    assert by_both.effect("outcome").estimate == pytest.approx(by_id.effect("outcome").estimate)
    wide = pd.concat({"a": PEOPLE}, axis=1)
    asked = {"treatment": ("a", "treated"), "covariates": [("a", "age")], "unit": ("a", "id")}
    assert pbc.match(wide, **asked).effect(("a", "outcome")).estimate == pytest.approx(
        pbc.match(PEOPLE, **ROLES | {"covariates": ["age"]}).effect("outcome").estimate
    )


def test_columns_that_differ_in_case_are_two_columns():
    both = PEOPLE.assign(Age=PEOPLE["income"])
    sample = pbc.match(both, **ROLES | {"covariates": ["age", "Age"]})
    assert list(sample.balance()["covariate"]) == ["score", "age", "Age"]
    same = pbc.match(PEOPLE, **ROLES)
    assert (sample.weights == same.weights).all()


def test_a_level_called_missing_is_not_mixed_with_what_is_missing():
    group = GROUP.where(GROUP != "north", "missing").where(PEOPLE.index > 4)
    sample = pbc.match(
        PEOPLE.assign(group=group), **ROLES | {"covariates": ["group"]}, missing="indicator"
    )
    shown = [name for name in sample.balance()["covariate"] if "missing" in name]
    assert shown == ["group=missing", "group=missing (blank)"]


def test_decimals_are_matched_on_as_the_numbers_that_they_are():
    exact = PEOPLE.assign(age=AGE.map(lambda value: decimal.Decimal(repr(float(value)))))
    one, other = (pbc.match(data, **ROLES).pairs for data in (PEOPLE, exact))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("exact", [(), ("group",)])
def test_one_level_in_two_ways_is_no_two_levels(exact):
    data = PEOPLE.assign(group=GROUP.where(PEOPLE.index != 3, GROUP.map(lambda g: f"{g} ".upper())))
    covariates = ["age"] if exact else ["age", "group"]
    with pytest.raises(PbcError, match="writes one label in several ways"):
        pbc.match(
            data, treatment="treated", covariates=covariates, unit="id", by=pbc.Nearest(exact=exact)
        )


@pytest.mark.parametrize("other", [" P3", "P3 ", "\tP3"])
@pytest.mark.parametrize("dtype", [object, "string"])
def test_a_person_with_spaces_around_is_no_other_person(other, dtype):
    names = "P" + pd.Series(range(N)).astype(str)
    twice = names.where(names != "P7", other).astype(dtype)
    with pytest.raises(PbcError, match="in two ways that differ in spaces only"):
        pbc.match(PEOPLE.assign(id=twice), **ROLES)
    alone = names.where(names != "P3", other).astype(dtype)  # nobody else is called so
    pbc.match(PEOPLE.assign(id=alone), **ROLES)
    pbc.match(PEOPLE.assign(id=names.where(names != "P7", "p3").astype(dtype)), **ROLES)


@pytest.mark.parametrize("data", [None, [], {}, "x", 3, AGE, PEOPLE.to_numpy()])
def test_what_is_no_frame_is_refused_by_every_function_of_frames(data):
    keys = {"treatment": "treated", "outcome": "income"}
    for call in (
        lambda: pbc.match(data, **ROLES),
        lambda: pbc.weight(data, **ROLES),
        lambda: pbc.nearest_effect(data, **keys, covariates=["age"]),
        lambda: pbc.randomised_effect(data, **keys),
        lambda: pbc.match_then_did(data, unit="id", time="t", outcome="y", cohort="g"),
        lambda: pbc.read_numbers(data, ["age"]),
        lambda: pbc.starts_of_treatment(data, unit="id", time="t", treatment="d"),
    ):
        with pytest.raises(PbcError):
            call()


def test_frames_without_rows_and_columns_twice_are_refused():
    keys = {"treatment": "treated", "outcome": "income"}
    with pytest.raises(PbcError):
        pbc.randomised_effect(PEOPLE.iloc[:0], **keys)
    twice = pd.concat([PEOPLE, PEOPLE[["income"]]], axis=1)
    with pytest.raises(PbcError, match="2 columns 'income'"):
        pbc.match(twice, treatment="treated", covariates=["age"], unit="id").effect("income")


@pytest.mark.parametrize("clusters", ["abc", 5, b"x"])
def test_labels_of_clusters_that_are_none_are_refused(clusters):
    with pytest.raises(PbcError, match="a label for each of 60 rows"):
        pbc.clustered_covariance(np.ones((N, 1)), np.arange(N) - 29.5, clusters)
