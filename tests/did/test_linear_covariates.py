"""Covariates in regressions with unit and period effects, against dense regressions on dummies, and
where they matter: trends that differ by what units are."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from did.data import mpdta
from evaluations import change, copy_of

import pbc_eval as pbc
from pbc_eval.errors import DesignError

pytestmark = pytest.mark.slow  # seconds, together


def frame_of(seed, *, n=60, periods=5, gaps=0, effect=1.0):
    """Units whose trends differ by ``size``, and outcomes that move with ``rain``."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"u": np.repeat(np.arange(n), periods), "t": list(range(1, periods + 1)) * n}
    )
    size = draw.normal(size=n)
    start = np.where(size + draw.normal(size=n) > 0.3, draw.choice([3, 4], n), 0)
    frame["size"], frame["g"] = np.repeat(size, periods), np.repeat(start, periods)
    frame["rain"] = draw.normal(size=len(frame))
    frame["w"] = np.repeat(draw.uniform(0.5, 2, n), periods)
    frame["k"] = frame["u"] // 3
    frame["y"] = (
        draw.normal(size=len(frame)) * 0.3
        + np.repeat(draw.normal(size=n), periods)
        + 0.8 * frame["size"] * frame["t"]
        + 1.5 * frame["rain"]
        + effect * ((frame["g"] > 0) & (frame["t"] >= frame["g"]))
    )
    lost = draw.choice(len(frame), gaps, replace=False)
    return frame.drop(index=lost).reset_index(drop=True)


def panel_of(frame, **roles):
    asked = {"covariates": ["size", "rain"], "missing": "pairs"} | roles
    return pbc.Panel.from_data(frame, unit="u", time="t", outcome="y", cohort="g", **asked)


def dummies(frame):
    parts = [
        pd.get_dummies(frame["u"], prefix="u", dtype=float),
        pd.get_dummies(frame["t"], prefix="t", drop_first=True, dtype=float),
        frame[["rain"]],
        pd.get_dummies(frame["t"], prefix="size", drop_first=True, dtype=float).mul(
            frame["size"], axis=0
        ),
    ]
    return pd.concat(parts, axis=1)


def cells_of(frame):
    on = (frame["g"] > 0) & (frame["t"] >= frame["g"])
    names = frame["g"].astype(str) + " " + frame["t"].astype(str)
    return pd.get_dummies(names.where(on), dtype=float)


CASES = [(0, {}), (0, {"weight": "w", "cluster": "k"}), (25, {}), (25, {"cluster": "k"})]


def fitted(frame, x, roles):
    weight = frame["w"] if "weight" in roles else np.ones(len(frame))
    clusters = frame["k"] if "cluster" in roles else frame["u"]
    model = sm.WLS(frame["y"], x, weights=weight)
    return model.fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
    ), len(np.unique(clusters))


@pytest.mark.parametrize(("gaps", "roles"), CASES)
def test_two_way_is_the_regression_on_dummies(gaps, roles):
    frame = frame_of(1, gaps=gaps)
    on = ((frame["g"] > 0) & (frame["t"] >= frame["g"])).astype(float).rename("on")
    twin, clusters = fitted(frame, pd.concat([on, dummies(frame)], axis=1), roles)
    made = pbc.two_way(panel_of(frame, **roles), adjusted=True)
    n, k = len(frame), 1 + 5 + 1 + 4
    factor = clusters / (clusters - 1) * (n - 1) / (n - k)
    assert made.estimate == pytest.approx(twin.params["on"], rel=1e-7)
    assert made.std_error == pytest.approx(twin.bse["on"] * factor**0.5, rel=1e-6)
    assert any("adjusted linearly for size, rain" in note for note in made.method.notes)


@pytest.mark.parametrize(("gaps", "roles"), CASES)
def test_extended_two_way_is_the_regression_on_dummies(gaps, roles):
    frame = frame_of(2, gaps=gaps)
    cells = cells_of(frame)
    twin, clusters = fitted(frame, pd.concat([cells, dummies(frame)], axis=1), roles)
    made = pbc.extended_two_way(panel_of(frame, **roles), adjusted=True).to_frame()
    n, k = len(frame), len(cells.columns) + 5 + 1 + 4
    factor = clusters / (clusters - 1) * (n - 1) / (n - k)
    assert list(made["estimate"]) == pytest.approx(list(twin.params[cells.columns]), rel=1e-6)
    errors = twin.bse[cells.columns] * factor**0.5
    assert list(made["std_error"]) == pytest.approx(list(errors), rel=1e-6)


@pytest.mark.parametrize(("gaps", "roles"), CASES)
def test_imputation_is_what_untreated_rows_foretell(gaps, roles):
    frame = frame_of(3, gaps=gaps)
    x, cells = dummies(frame).to_numpy(), cells_of(frame)
    on = cells.to_numpy().sum(axis=1) > 0
    weight = frame["w"].to_numpy() if "weight" in roles else np.ones(len(frame))
    clusters = (frame["k"] if "cluster" in roles else frame["u"]).to_numpy()
    root = np.sqrt(weight[~on])[:, None]
    solve = np.linalg.pinv(x[~on] * root) * root.T  # coefficients as functions of outcomes
    y = frame["y"].to_numpy()
    rest = y - x @ (solve @ y[~on])
    effects, errors = [], []
    for name in cells:
        mine = cells[name].to_numpy() * weight
        mine = mine / mine.sum()
        effects.append(mine @ rest)
        v = mine.copy()
        v[~on] -= mine @ x @ solve
        left = rest.copy()
        for other in cells:
            there = cells[other].to_numpy() > 0
            left[there] -= np.average(rest[there], weights=weight[there])
        errors.append(np.sqrt((np.bincount(clusters, v * left) ** 2).sum()))
    made = pbc.imputation(panel_of(frame, **roles), adjusted=True).to_frame()
    assert list(made["estimate"]) == pytest.approx(effects, rel=1e-6)
    assert list(made["std_error"]) == pytest.approx(errors, rel=1e-6)


def test_synthetic_did_is_that_of_outcomes_less_what_covariates_explain():
    frame = frame_of(4, n=40)
    frame["g"] = np.where(frame["g"] > 0, 4, 0)
    on = (frame["g"] > 0) & (frame["t"] >= 4)
    twin = sm.OLS(frame.loc[~on, "y"], dummies(frame)[~on]).fit()
    slopes = [c for c in twin.params.index if c == "rain" or c.startswith("size")]
    less = frame.assign(y=frame["y"] - dummies(frame)[slopes] @ twin.params[slopes])
    made = pbc.synthetic_did(panel_of(frame), inference="jackknife", adjusted=True)
    known = pbc.synthetic_did(panel_of(less, covariates=()), inference="jackknife")
    assert made.effect.estimate == pytest.approx(known.effect.estimate, rel=1e-4)
    assert made.effect.std_error == pytest.approx(known.effect.std_error, rel=1e-3)


ESTIMATORS = {
    "two_way": pbc.two_way,
    "extended_two_way": lambda panel, **how: pbc.extended_two_way(panel, **how).aggregate().overall,
    "imputation": lambda panel, **how: pbc.imputation(panel, **how).aggregate().overall,
    "synthetic_did": lambda panel, **how: pbc.synthetic_did(panel, replications=2, **how).effect,
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_trends_that_differ_by_a_characteristic_mislead_until_it_is_adjusted_for(name):
    frame = frame_of(5, n=100)
    plain, adjusted = (
        ESTIMATORS[name](panel_of(frame), adjusted=which).estimate for which in (False, True)
    )
    assert adjusted == pytest.approx(1.0, abs=0.2)
    assert name == "synthetic_did" or abs(plain - 1) > 0.5


@pytest.mark.parametrize("name", ESTIMATORS)
def test_order_units_and_the_level_of_covariates_do_not_matter(name):
    frame = frame_of(6, n=40)
    moved = frame.assign(size=100 * frame["size"] + 7, rain=frame["rain"] - 3)
    one = ESTIMATORS[name](panel_of(frame), adjusted=True)
    other = ESTIMATORS[name](panel_of(moved.sample(frac=1, random_state=1)), adjusted=True)
    assert other.estimate == pytest.approx(one.estimate, rel=1e-4 if "syn" in name else 1e-7)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_nothing_to_adjust_for_is_refused_and_callers_of_before_get_what_they_got(name):
    panel = panel_of(frame_of(7), covariates=()) if name == "synthetic_did" else mpdta()
    with pytest.raises(DesignError, match="there is nothing to adjust for"):
        ESTIMATORS[name](panel, adjusted=True)
    frame = frame_of(7)
    with_them, without = panel_of(frame), panel_of(frame, covariates=())
    one, other = ESTIMATORS[name](with_them), ESTIMATORS[name](without)
    assert (one.estimate, one.std_error) == (other.estimate, other.std_error)
    assert any("not adjusted for" in note for note in one.method.notes)


@pytest.mark.slow  # a whole evaluation is run
@pytest.mark.soak
def test_a_file_has_its_covariates_in_the_headline_of_imputation(tmp_path):
    file = copy_of("hospital-readmissions", tmp_path) / "evaluation.yaml"
    change(
        file,
        "method: difference_in_differences\n",
        "method: difference_in_differences\n  estimator: imputation\n  covariates: [discharges]\n",
    )
    made = pbc.evaluate(pbc.load_evaluation(file)).primary
    labels = list(made.table("estimates").frame["estimator"])
    assert any("adjusted linearly" in note for note in made.headline.method.notes)
    assert "Imputation (Borusyak, Jaravel and Spiess), not adjusted" in labels
    assert "Two-way fixed effects (a cross-check), adjusted" in labels
