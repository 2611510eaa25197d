"""Omitted-variable bounds and E-values on every scale, against R and closed forms."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.e_values import e_value
from pbc_eval.matching.omitted_variables import omitted_variable_bounds, robustness_value

pytestmark = pytest.mark.slow  # seconds, together

R = Path(__file__).parents[1] / "golden" / "inference"
EXACT = 1e-6
COVARIATES = ("age", "education", "black", "hispanic", "married", "re74", "re75")


def training() -> pd.DataFrame:
    return pd.read_csv(R / "data_22_sensemakr.csv")


def test_bounds_equal_r_s_sensemakr():
    rows = json.loads((R / "22_sensemakr.json").read_text())["rows"]
    expected = {row["statistic"]: row["estimate"] for row in rows}
    found = omitted_variable_bounds(
        training(), outcome="re78", treatment="treat", covariates=COVARIATES,
        benchmarks=["re74"], times=1,
    )  # fmt: skip
    bound = found.to_frame().iloc[0]
    ours = {
        "beta_treat": found.estimate,
        "t_treat": found.statistic,
        "partial_r2_yd": found.partial_r2,
        "rv_q": found.robustness_value,
        "rv_q_alpha": found.robustness_value_interval,
        "benchmark_re74_partial_r2_Y": bound["r2_treatment"],  # named the other way round there
        "benchmark_re74_partial_r2_D": bound["r2_outcome"],
    }
    assert ours == pytest.approx(expected, rel=EXACT)
    assert found.std_error == pytest.approx(rows[0]["se"], rel=EXACT)


@given(st.floats(2.1, 60), st.floats(20, 5000), st.floats(0.2, 1))
@settings(max_examples=60, deadline=None)
def test_a_variable_of_the_robustness_value_brings_the_estimate_down(t, df, q):
    """The bias of a variable that explains this much of both is the share q of the estimate."""
    value = robustness_value(t, df, q)
    bias = np.sqrt(df * value * value / (1 - value))
    assert bias == pytest.approx(q * t, rel=1e-9)
    if (interval := robustness_value(t, df, 1.0, 0.95)) > 0:
        moved = t - np.sqrt(df * interval**2 / (1 - interval))
        spread = np.sqrt(df / (df - 1))
        away = stats.t.ppf(0.975, df - 1) / np.sqrt(df - 1)
        if t / np.sqrt(df) < 1 / away:  # beyond, all of the outcome would not be enough
            assert moved / spread == pytest.approx(stats.t.ppf(0.975, df - 1), rel=1e-6)


def test_a_variable_as_strong_as_one_that_was_left_out_is_that_one():
    """Ground truth: leave a covariate out that is uncorrelated with the others; the bound for a
    variable like its twin comes to the effect with it."""
    draw = np.random.default_rng(0)
    n = 200_000
    hidden, twin = draw.normal(size=n), draw.normal(size=n)
    treat = 0.4 * hidden + 0.4 * twin + draw.normal(size=n)
    y = 1.0 * treat + 0.8 * hidden + 0.8 * twin + draw.normal(size=n)
    data = pd.DataFrame({"d": treat, "y": y, "twin": twin})
    found = omitted_variable_bounds(
        data, outcome="y", treatment="d", covariates=["twin"], benchmarks=["twin"], times=1
    )
    assert found.to_frame()["estimate"].iloc[0] == pytest.approx(1.0, abs=0.05)


def test_numbers_of_a_regression_give_what_its_data_give():
    of_data = omitted_variable_bounds(
        training(), outcome="re78", treatment="treat", covariates=COVARIATES
    )
    of_numbers = omitted_variable_bounds(
        estimate=of_data.estimate,
        std_error=of_data.std_error,
        degrees_of_freedom=of_data.degrees_of_freedom,
    )
    assert of_numbers.robustness_value == of_data.robustness_value
    assert of_numbers.to_frame().empty


def test_what_cannot_be_bounded_is_refused():
    data = training()
    base = {"outcome": "re78", "treatment": "treat", "covariates": COVARIATES}
    with pytest.raises(DesignError, match=r"got 're47'\. Did you mean 're7"):
        omitted_variable_bounds(data, benchmarks=["re47"], **base)
    with pytest.raises(DataError, match="no column 'tret'"):
        omitted_variable_bounds(data, **base | {"treatment": "tret"})
    with pytest.raises(DesignError, match="Choose fewer times"):
        omitted_variable_bounds(data, benchmarks=["re74"], times=40, **base)
    twice = data.assign(twice=2 * data["age"])
    with pytest.raises(DesignError, match="'twice' is determined"):
        omitted_variable_bounds(twice, **base | {"covariates": (*COVARIATES, "twice")})


# --- E-values: inputs beside R's EValue 4.1.3 that give the stored outputs ---

E_VALUES = [
    ("moderate", (2.5, 1.8, 3.2), {}),
    ("strong", (4.0, 2.5, 6.0), {}),
    ("borderline", (1.3, 1.0, 1.6), {}),
    ("rr_protective", (0.6, 0.4, 0.9), {}),
    ("rr_nonnull", (2.5, 1.8, 3.2), {"null": 1.5}),
    ("md", (0.3,), {"scale": "mean_difference", "std_error": 0.1}),
    ("ols", (0.5,), {"scale": "mean_difference", "std_error": 0.1, "sd": 2.0}),
]
STORED = {
    "moderate": (4.43649167310371, 3.0),
    "strong": (7.46410161513775, 4.43649167310371),
    "borderline": (1.92449979983984, 1.0),
    "rr_protective": (2.72075922005613, 1.46247529557426),
    "rr_nonnull": (2.72075922005613, 1.68989794855664),
    "md": (1.95611018598555, 1.43070378037213),
    "ols": (1.82177532158364, 1.56160741296469),
}


@pytest.mark.parametrize(("name", "numbers", "how"), E_VALUES, ids=[row[0] for row in E_VALUES])
def test_e_values_equal_r_s(name, numbers, how):
    assert e_value(*numbers, **how) == pytest.approx(STORED[name], rel=EXACT)


def test_odds_and_hazard_ratios_of_rare_outcomes_are_risk_ratios_and_of_common_ones_milder():
    for scale, ratio, common in (
        ("odds_ratio", 2.0, 2.17958042710328),
        ("hazard_ratio", 1.5, 1.97854138688807),
    ):
        assert e_value(ratio, scale=scale).estimate == pytest.approx(common, rel=EXACT)
        assert e_value(ratio, scale=scale, rare=True) == e_value(ratio)


@given(st.integers(5, 400), st.integers(5, 400), st.integers(5, 400), st.integers(5, 400))
@settings(max_examples=60, deadline=None)
def test_risk_differences_are_explained_away_by_the_bias_of_their_e_value(a, b, c, d):
    found = e_value([a, b, c, d], scale="risk_difference")
    p1, p0 = a / (a + b), c / (c + d)
    if min(p1, p0) > 0:
        ratio = max(p1, p0) / min(p1, p0)
        assert found.estimate == pytest.approx(e_value(ratio).estimate, rel=1e-6)
    assert 1 <= found.interval <= found.estimate
    assert e_value([c, d, a, b], scale="risk_difference") == pytest.approx(found, rel=1e-6)


def test_e_values_of_what_is_no_effect_are_refused():
    with pytest.raises(DesignError, match="risk_ratio, odds_ratio"):
        e_value(2, scale="relative_risk")
    with pytest.raises(DesignError, match="four counts"):
        e_value(0.2, scale="risk_difference")
    with pytest.raises(DesignError, match="above 0"):
        e_value(-0.5, scale="odds_ratio")
    with pytest.raises(DesignError, match="within its interval"):
        e_value(2, 2.5, 3)
