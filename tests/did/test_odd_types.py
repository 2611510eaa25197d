"""Whatever holds the values: the same numbers, or an error of the package, never a foreign one."""

import contextlib
import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES, random_frame
from hypothesis import given, settings
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.errors import DataError

pytestmark = pytest.mark.slow  # seconds, together

FUNCTIONS = {
    "att_gt": lambda panel: pbc.att_gt(panel).aggregate("event").overall.estimate,
    "not_yet": lambda panel: pbc.att_gt(panel, control_group="not_yet_treated").aggregate(),
    "imputation": lambda panel: pbc.imputation(panel).aggregate().estimate,
    "extended": lambda panel: pbc.extended_two_way(panel).aggregate().estimate,
    "interaction": lambda panel: pbc.interaction_weighted(panel).aggregate().estimate,
    "two_way": lambda panel: pbc.two_way(panel).estimate,
    "event_study": pbc.two_way_event_study,
    "bacon": lambda panel: pbc.bacon_decomposition(panel).estimate,
    "weights": pbc.two_way_weights,
    "synthetic": lambda panel: pbc.synthetic_did(panel, replications=5),
    "compare": pbc.compare_estimators,
    "wild": lambda panel: pbc.wild_cluster_bootstrap(panel, draws=99),
    "triple": pbc.triple_difference,
    "bootstrap": lambda panel: pbc.multiplier_bootstrap(panel, pbc.att_gt(panel), draws=99),
}


@pytest.fixture(scope="module")
def frame():
    return random_frame(seed=3, n=40).assign(
        x=lambda d: d["unit"] % 7 / 3,
        area=lambda d: np.where(d["unit"] % 3 > 0, "north", "missing"),
    )


def estimate(frame, **roles) -> float:
    return float(pbc.att_gt(pbc.Panel.from_data(frame, **{**ROLES, **roles})).aggregate().estimate)


SAME = {
    "half floats": lambda d: d.assign(y=d["y"].astype(np.float16)),
    "nullable numbers": lambda d: d.assign(
        y=d["y"].astype("Float64"), time=d["time"].astype("Int8")
    ),
    "years as decimals": lambda d: d.assign(
        time=[decimal.Decimal(int(t)) for t in d["time"]], y=[decimal.Decimal(v) for v in d["y"]]
    ),
    "identifiers beyond 64 bits": lambda d: d.assign(unit=[10**20 + int(u) for u in d["unit"]]),
    "unsigned identifiers": lambda d: d.assign(unit=d["unit"].astype("uint64") + 2**63),
    "identifiers of objects": lambda d: d.assign(unit=[f"u{u}" for u in d["unit"]]),
    "categories": lambda d: d.assign(unit=d["unit"].astype("category")),
    "ordered times": lambda d: d.assign(time=pd.Categorical(d["time"], ordered=True)),
    "sparse outcome": lambda d: d.assign(y=pd.arrays.SparseArray(d["y"])),
    "cohorts as text": lambda d: d.assign(cohort=d["cohort"].astype(str)),
    "an index of its own": lambda d: d.set_index(pd.MultiIndex.from_arrays([d.index, d.index])),
    "columns as objects": lambda d: d.set_axis(d.columns.astype(object), axis=1),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_the_same_values_held_otherwise_give_the_same_effect(frame, change):
    tolerance = 1e-2 if "half" in str(change) else 2e-3
    assert estimate(change(frame)) == pytest.approx(estimate(frame), abs=tolerance)


def test_a_cluster_cut_into_intervals_is_a_cluster(frame):
    codes = frame.assign(k=frame["unit"] // 10)
    cut = frame.assign(k=pd.cut(frame["unit"], [-1, 9, 19, 29, 39]))
    errors = [
        pbc.att_gt(pbc.Panel.from_data(data, cluster="k", **ROLES)).aggregate().std_error
        for data in (codes, cut)
    ]
    assert errors[0] == pytest.approx(errors[1])


def test_a_level_may_be_called_missing(frame):
    assert estimate(frame, covariates=["area"]) == pytest.approx(
        estimate(frame.replace({"area": {"missing": "away"}}), covariates=["area"])
    )


@pytest.mark.parametrize("names", [np.array(["x"]), pd.Index(["x"]), ("x",), "x", pd.Series(["x"])])
def test_names_of_covariates_come_in_any_collection(frame, names):
    assert estimate(frame, covariates=names) == estimate(frame, covariates=["x"])


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"covariates": np.ones(3)}, r"covariates must be names of columns, got ndarray of shape"),
        ({"covariates": pd.Series([1.5, 2.0])}, r"covariates must be names of columns, got Series"),
        ({"covariates": 3}, r"covariates must be names of columns, got 3"),
        ({"cluster": pd.Series([1, 2])}, r"cluster must be a column's name, got Series"),
        ({"weight": np.ones(4)}, r"weight must be a column's name, got ndarray"),
        ({"unit": 5}, r"unit must be a column's name, got 5"),
        ({"time": None}, r"time must be a column's name, got None"),
    ],
)
def test_values_in_place_of_a_name_are_refused(frame, roles, message):
    with pytest.raises(DataError, match=message):
        pbc.Panel.from_data(frame, **{**ROLES, **roles})


def test_columns_that_differ_in_case_are_told_apart(frame, tmp_path):
    both = frame.assign(Y=frame["y"] * 2, UNIT=frame["unit"] // 2)
    both.to_csv(tmp_path / "both.csv", index=False)
    both.to_parquet(tmp_path / "both.parquet")
    for data in (both, tmp_path / "both.csv", tmp_path / "both.parquet"):
        assert estimate(data, outcome="Y") == pytest.approx(2 * estimate(data))
        panel = pbc.Panel.from_data(data, cluster="UNIT", **ROLES)
        assert panel.cluster_counts()[0] == 20


TIMES = {
    "intervals": lambda t: pd.cut(t, [0, 1, 2, 3, 5, 6]),
    "durations": lambda t: pd.to_timedelta(t, unit="D"),
    "hours": lambda t: [datetime.time(int(hour)) for hour in t],
    "complex numbers": lambda t: t.astype(complex),
    "lists": lambda t: [[int(value)] for value in t],
    "yes and no": lambda t: t > 2,
    "nothing": lambda t: [None] * len(t),
    "empty text": lambda t: [""] * len(t),
    "fractions": lambda t: t + 0.5,
}


@pytest.mark.parametrize("role", ["time", "cohort", "y", "unit", "x", "weight"])
@pytest.mark.parametrize("change", TIMES.values(), ids=TIMES)
def test_what_cannot_play_a_part_is_refused_by_the_package_or_read(frame, role, change):
    odd = frame.assign(**{role: change(frame["time"])})
    with contextlib.suppress(pbc.PbcError):
        estimate(odd, covariates=["x"], weight="weight")


@pytest.mark.slow
@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    function=st.sampled_from(list(FUNCTIONS.values())),
    seed=st.integers(0, 50),
    units=st.sampled_from([4, 6, 20]),
    kind=st.sampled_from(["float64", "float32", "float16", "int8", "Float64", "object", "bool"]),
    gaps=st.sampled_from([0.0, 0.3, 0.8]),
    never=st.booleans(),
    roles=st.sampled_from(
        [{}, {"cluster": "cluster"}, {"weight": "weight"}, {"covariates": ["x"]}]
    ),
)
def test_every_function_gives_a_result_or_an_error_of_the_package(
    function, seed, units, kind, gaps, never, roles
):
    data = random_frame(seed, n=units, never=never).assign(x=lambda d: d["time"] % 2)
    if gaps:
        data = data.sample(frac=1 - gaps, random_state=seed)
    data["y"] = data["y"].round().astype(kind) if kind != "Float64" else data["y"].astype(kind)
    with contextlib.suppress(pbc.PbcError):
        function(pbc.Panel.from_data(data, missing="pairs", **ROLES, **roles))
