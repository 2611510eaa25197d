"""nearest_effect: R's Matching to the printed digits, a slow obvious twin, closed forms."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matched_samples import people
from matching_golden import COVARIATES, GOLDEN, LALONDE

from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.abadie_imbens import Tolerant, nearest_effect

pytestmark = pytest.mark.slow  # seconds, together

SENSITIVITY = json.loads((GOLDEN / "weights_and_sensitivity.json").read_text())
ON_LALONDE = {
    name: figures
    for name, figures in SENSITIVITY["Matching_MatchIt_lalonde"].items()
    if name != "ps_ATT_cal025"  # a caliper that excludes nobody: the same as ps_ATT_M1
}
ON_BIRTHS = json.loads((GOLDEN / "abadie_imbens.json").read_text())
BIRTHS = pd.read_csv(GOLDEN / "cattaneo2.csv")
PEOPLE = people(300)
SMOKERS = pd.read_csv(GOLDEN / "nhefs.csv")
TOLERANCE_OF_R = 1e-5  # squared distances this close are a tie to Matching


def of_people(frame=PEOPLE, **changes):
    asked = {
        "treatment": "treated",
        "outcome": "outcome",
        "covariates": ["age", "income"],
    }
    return nearest_effect(frame, **(asked | changes))


@pytest.mark.parametrize("name", ON_LALONDE)
def test_the_programme_is_that_of_matching_in_r(name):
    distance, estimand, matches = name.split("_")[:3]
    words = {"ps": "propensity", "maha": "mahalanobis", "invvar": "inverse_variance"}
    ours = nearest_effect(
        LALONDE,
        treatment="treat",
        outcome="re78",
        covariates=COVARIATES,
        estimand=estimand,
        matches=int(matches[1:]),
        distance=Tolerant(words[distance], TOLERANCE_OF_R),
        adjust_for=COVARIATES if name.endswith("biasadj") else (),
        variance_matches=4 if name.endswith("var4") else None,
    )
    # their propensity score stops where R's glm stops
    assert ours.estimate == pytest.approx(ON_LALONDE[name]["est"], rel=1e-8)
    assert ours.std_error == pytest.approx(ON_LALONDE[name]["se_AI"], rel=1e-8)


@pytest.mark.parametrize(
    ("distance", "gain"),
    [("propensity", 3.480), (Tolerant("propensity", TOLERANCE_OF_R), 3.223)],
    ids=["nearest", "tied within R's tolerance"],
)
def test_what_giving_up_smoking_added_in_kilograms_by_the_nearest_and_within_a_tolerance(
    distance, gain
):
    ours = nearest_effect(
        SMOKERS,
        treatment="qsmk",
        outcome="wt82_71",
        covariates=["sex", "age", "race", "smokeintensity", "smokeyrs", "wt71"],
        distance=distance,
    )
    assert round(ours.estimate, 3) == gain


@pytest.mark.parametrize("name", ON_BIRTHS)
def test_births_are_those_of_matching_in_r(name):
    exact = ["mmarried_", "prenatal1_"] if "ematch" in name else []
    ours = nearest_effect(
        BIRTHS,
        treatment="mbsmoke_",
        outcome="bweight",
        covariates=["mmarried_", "mage", "fage", "medu", "prenatal1_"],
        estimand="ATT" if "ATET" in name else "ATE",
        distance=Tolerant("inverse_variance" if "W1" in name else "mahalanobis", TOLERANCE_OF_R),
        exact=exact,
        adjust_for=["mage", "fage", "medu"] if "biasadj" in name else (),
        variance_matches=int(name[-1]) or None,
    )
    assert ours.estimate == pytest.approx(ON_BIRTHS[name]["est"], rel=1e-12)
    assert ours.std_error == pytest.approx(ON_BIRTHS[name]["se"], rel=1e-12)


def slow_effect(x, treated, y, estimand, matches, variance_matches):
    """The estimator of the paper, person by person, on one covariate."""
    n = len(x)
    seeking = [i for i in range(n) if estimand == "ATE" or (treated[i] == (estimand == "ATT"))]

    z = x / x.std(ddof=1)

    def nearest(i, able, k):
        gaps = sorted((z[i] - z[j]) ** 2 for j in able)
        return [j for j in able if (z[i] - z[j]) ** 2 <= gaps[k - 1] + 1e-12]

    served, squares, effects = np.zeros(n), np.zeros(n), []
    for i in seeking:
        mates = nearest(i, [j for j in range(n) if treated[j] != treated[i]], matches)
        served[mates] += 1 / len(mates)
        squares[mates] += 1 / len(mates) ** 2
        effects.append((1 if treated[i] else -1) * (y[i] - np.mean(y[mates])))
    estimate = np.mean(effects)
    variance = np.sum((np.array(effects) - estimate) ** 2)
    for i in range(n):
        mates = nearest(
            i, [j for j in range(n) if treated[j] == treated[i] and j != i], variance_matches
        )
        own = np.var(y[[i, *mates]], ddof=1)
        again = served[i] ** 2 - squares[i] + (2 * served[i] if estimand == "ATE" else 0)
        variance += own * again
    return estimate, np.sqrt(variance) / len(seeking)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["ATT", "ATC", "ATE"]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from([0, 5]),
)
def test_effects_are_those_of_the_slow_twin(seed, estimand, matches, variance_matches, decimals):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=40).round(decimals) * 3
    treated = rng.permutation(np.arange(40) < 15)
    y = rng.normal(size=40) + x
    frame = pd.DataFrame({"treated": treated, "x": x, "outcome": y})
    ours = of_people(
        frame,
        covariates=["x"],
        estimand=estimand,
        matches=matches,
        variance_matches=variance_matches,
    )
    expected = slow_effect(x, treated, y, estimand, matches, variance_matches)
    assert (ours.estimate, ours.std_error) == pytest.approx(expected, rel=1e-8, abs=1e-9)


def test_adjusting_for_a_line_leaves_no_bias():
    line = PEOPLE.assign(outcome=4 * PEOPLE["age"] - PEOPLE["income"] + 3 * PEOPLE["treated"])
    for estimand in ("ATT", "ATC", "ATE"):
        adjusted = of_people(line, estimand=estimand, adjust_for=["age", "income"])
        assert adjusted.estimate == pytest.approx(3, abs=1e-9)
        assert of_people(line, estimand=estimand).estimate != pytest.approx(3, abs=1e-3)


def test_rows_and_units_of_measurement_do_not_matter():
    changed = PEOPLE.assign(age=1e5 + 1e3 * PEOPLE["age"]).sample(frac=1, random_state=5)
    asked = {"covariates": ["age", "income", "group"], "adjust_for": ["age"], "matches": 3}
    first, again = of_people(**asked), of_people(changed, **asked)
    assert again.estimate == pytest.approx(first.estimate, rel=1e-9)
    assert again.std_error == pytest.approx(first.std_error, rel=1e-9)


def test_the_counterfactual_mean_and_the_method_belong_to_the_effect():
    effect = of_people(exact=["group"], matches=2)
    treated_mean = PEOPLE.query("treated == 1")["outcome"].mean()
    assert effect.counterfactual_mean == pytest.approx(treated_mean - effect.estimate)
    assert "2 and ties, on the Mahalanobis distance, exact on group" in effect.method.estimator
    everybody = of_people(estimand="ATE", distance="propensity")
    assert "not for the treated alone" in everybody.method.notes[0]
    assert "score as known" in everybody.method.notes[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"matches": 0}, r"matches must be a whole number >= 1, got 0"),
        ({"variance_matches": 1.5}, r"variance_matches must be a whole number >= 1, got 1.5"),
        ({"distance": "maha"}, r"distance must be one of mahalanobis, inverse_variance"),
        ({"matches": 150, "exact": ["group"]}, r"fewer than matches=150\. Merge strata"),
        ({"level": 95}, r"level must lie between 0 and 1.*Did you mean 0.95\?"),
    ],
    ids=str,
)
def test_what_cannot_be_carried_out_is_refused(changes, message):
    with pytest.raises(DesignError, match=message):
        of_people(**changes)


def test_unknown_columns_are_refused():
    with pytest.raises(DataError, match=r"nearest_effect: the data have no column 'agee'"):
        of_people(adjust_for=["agee"])
    with pytest.raises(DataError, match=r"no column 'outcom'"):
        of_people(outcome="outcom")


@pytest.mark.soak
@pytest.mark.slow
def test_intervals_cover_the_effect_as_often_as_they_say():
    runs, hits = 300, 0
    for seed in range(runs):
        frame = people(300, seed=30_000 + seed)
        effect = of_people(frame, adjust_for=["age", "income"], matches=2)
        hits += effect.conf_low <= 2 <= effect.conf_high
    assert 0.912 <= hits / runs <= 0.99  # 95 % less three standard errors of 300 runs
