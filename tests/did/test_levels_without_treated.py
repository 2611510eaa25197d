"""A level where nobody is treated, or that is held only elsewhere, takes no effect away."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.errors import DesignError
from pbc_eval.messages.values import Units

pytestmark = pytest.mark.slow  # seconds, together

DATA = pd.read_csv(Path(__file__).parents[1] / "golden" / "did" / "level_without_treated.csv")
ROLES = {"unit": "id", "time": "t", "outcome": "y", "cohort": "g"}


def panel(frame, covariates=("x", "z")):
    return pbc.Panel.from_data(frame, covariates=list(covariates), **ROLES)


def effects(frame, method, covariates=("x", "z")):
    found = pbc.att_gt(panel(frame, covariates), method=method).to_frame()
    return found.set_index(["cohort", "time"])[["estimate", "std_error"]]


def test_weighting_gives_what_r_gives():
    last = effects(DATA, "ipw").iloc[-1]
    assert last["estimate"] == pytest.approx(0.9922948, abs=5e-8)
    assert last["std_error"] == pytest.approx(0.0665365, abs=5e-8)


@pytest.mark.parametrize("names", ["abc", "cab", "bca"])
def test_it_is_that_of_the_data_without_them_whichever_level_is_the_reference(names):
    renamed = DATA.assign(z=DATA["z"].map(dict(zip("abc", names, strict=True))))
    whole, inside = effects(renamed, "ipw"), effects(DATA[DATA["z"] != "c"], "ipw")
    np.testing.assert_allclose(whole, inside, rtol=1e-7)
    # the regression of the doubly robust one learns from them; their weight is zero
    robust = effects(renamed, "dr")
    np.testing.assert_allclose(robust, effects(DATA, "dr"), rtol=1e-7)
    assert abs(robust - effects(DATA[DATA["z"] != "c"], "dr")).to_numpy().max() < 0.02


def test_the_ledger_and_the_notes_say_who_has_no_weight():
    found = pbc.att_gt(panel(DATA), method="ipw")
    steps = found.ledger.to_frame()
    assert steps["what"].iloc[-1] == "no weight"
    assert "97 comparison units get weight zero" in steps["why"].iloc[-1]
    assert "z[c]" in steps["why"].iloc[-1]
    note = next(note for note in found.method.notes if "weight zero" in note)
    assert any(isinstance(value, Units) and value.count == 97 for value in note.all_values())
    assert found.ledger.rows == len(DATA)


def rare(who):
    """A panel of three cohorts in two regions, a third region for the units of ``who``."""
    rng = np.random.default_rng(0)
    n = 120
    cohort = rng.choice([0, 2003, 2004], n)
    region = np.array(["a", "b"])[(np.arange(n) // 3) % 2].astype(object)
    members = np.flatnonzero(cohort == who)[:2]
    region[members] = "rare"
    rows = [
        (
            i,
            t,
            cohort[i],
            region[i],
            0.3 * (region[i] == "b") * (t - 2001)
            + 0.5 * rng.normal()
            + float(cohort[i] and t >= cohort[i]),
        )
        for i in range(n)
        for t in range(2001, 2006)
    ]
    frame = pd.DataFrame(rows, columns=["id", "t", "g", "region", "y"])
    return frame, frame[~frame["id"].isin(members)]


@pytest.mark.parametrize("method", ["reg", "dr", "ipw"])
@pytest.mark.parametrize("who", [0, 2004])
def test_a_rare_level_elsewhere_takes_no_effect_away(method, who):
    whole, without = rare(who)
    ours, wanted = (effects(part, method, ["region"]).loc[2003] for part in (whole, without))
    np.testing.assert_allclose(ours, wanted, rtol=1e-8)


def test_a_level_of_treated_units_alone_is_refused_by_its_name():
    frame = DATA.assign(z=DATA["z"].where(~((DATA["g"] == 3) & (DATA["id"] % 2 == 0)), "only"))
    for method in ("reg", "dr", "ipw"):
        with pytest.raises(DesignError, match=r"z\[only\]"):
            pbc.att_gt(panel(frame), method=method)


@pytest.mark.parametrize("method", ["reg", "dr", "ipw"])
def test_repeated_cross_sections_have_it_too(method):
    roles = {"time": "t", "outcome": "y", "cohort": "g", "covariates": ["x", "z"]}

    def of(frame):
        cross = pbc.Panel.from_data(frame, unit=None, **roles)
        return pbc.att_gt(cross, method=method).to_frame()[["estimate", "std_error"]]

    whole = of(DATA)
    assert np.isfinite(whole.to_numpy(dtype=float)).all()
    if method == "ipw":
        np.testing.assert_allclose(whole, of(DATA[DATA["z"] != "c"]), rtol=1e-6)


@pytest.mark.soak
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), share=st.floats(0.05, 0.4))
def test_weighting_never_hangs_on_people_where_nobody_is_treated(seed, share):
    """Their outcomes may be anything at all."""
    rng = np.random.default_rng(seed)
    ids = DATA.loc[DATA["g"] == 0, "id"].unique()
    outside = rng.choice(ids, max(2, int(share * len(ids))), replace=False)
    frame = DATA.assign(z=DATA["z"].where(~DATA["id"].isin(outside), "outside"))
    odd = frame.assign(y=frame["y"] + 100 * rng.normal(size=len(frame)) * (frame["z"] == "outside"))
    np.testing.assert_allclose(effects(frame, "ipw"), effects(odd, "ipw"), rtol=1e-6)


WEIGHTED = {
    "ipw": lambda frame: pbc.weight(frame, method="ipw", **PEOPLE),
    "cbps": lambda frame: pbc.weight(frame, method="cbps", **PEOPLE),
    "overlap": lambda frame: pbc.weight(frame, method="overlap", **PEOPLE),
    "pairs": lambda frame: pbc.match(frame, **PEOPLE),
    "full": lambda frame: pbc.match(frame, method="full", **PEOPLE),
}
PEOPLE = {"treatment": "treated", "covariates": ["x", "z"], "unit": "id"}


@pytest.mark.parametrize("way", WEIGHTED)
def test_matching_and_weighting_do_without_them_and_say_so(way):
    people = DATA[DATA["t"] == 3].assign(treated=(DATA["g"] > 0).astype(int))
    sample = WEIGHTED[way](people)
    ours, wanted = sample.effect("y"), WEIGHTED[way](people[people["z"] != "c"]).effect("y")
    assert ours.estimate == pytest.approx(wanted.estimate, rel=1e-9)
    # the factor n / (n - 1) counts those whose balancing weight is next to nothing
    near = 1e-3 if way == "cbps" else 1e-9
    assert ours.std_error == pytest.approx(wanted.std_error, rel=near)
    if way != "cbps":  # it balances by weights of next to nothing, without a fitted score
        step = sample.ledger.to_frame().set_index("what").loc["weight zero"]
        assert step["rows_dropped"] == 97
        assert "z=c: 0 treated, 97 comparison" in step["why"]


@pytest.mark.parametrize("estimand", ["ATC", "ATE"])
def test_an_effect_on_those_whom_nobody_is_like_is_refused_by_the_level(estimand):
    people = DATA[DATA["t"] == 3].assign(treated=(DATA["g"] > 0).astype(int))
    with pytest.raises(DesignError, match="z=c"):
        pbc.weight(people, estimand=estimand, **PEOPLE)
