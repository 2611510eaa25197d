"""People who stay in an engine are matched, weighted and compared as rows in memory are."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import pbc_eval as pbc
from pbc_eval.agreement.matching_options import Cardinality
from pbc_eval.agreement.weighting_options import CovariateBalancing, Entropy, Overlap
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation.overlap_tables import bars_table
from pbc_eval.matching.in_engine.looked_at import number_apart
from pbc_eval.matching.in_engine.match import match_in_engine, needs_rows
from pbc_eval.matching.omitted_variables import strengths, strengths_of_products
from pbc_eval.panel.pulls import Pulls
from pbc_eval.panel.source import Source, open_source

COVARIATES = ["age", "income", "area", "woman"]
WAYS = {  # algorithm, how outcomes are compared, whom the effect is for, sampling weights, gaps
    "cells, least of all said": (pbc.Coarsened(), "regression", "ATT", None, False),
    "cells by quantiles and groups": (
        pbc.Coarsened(
            cutpoints={"age": [30, 45], "income": "q4"}, grouping={"area": [["north", "école"]]}
        ),
        "g_computation",
        "ATC",
        "w",
        True,
    ),
    "cells for everybody": (pbc.Coarsened(cutpoints=3), "difference", "ATE", "w", False),
    "a score, people in a level of one arm": (
        pbc.InversePropensity(),
        "augmented",
        "ATT",
        "w",
        True,
    ),
    "a score for everybody": (pbc.InversePropensity(), "difference", "ATE", None, False),
}


def people(seed: int, n: int = 400, *, gaps: bool, alone: bool) -> pd.DataFrame:
    """Numbers with ties, a text with rare levels, and, ``alone``, a level of one arm only."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "person": rng.permutation(n) * 7 + 3,
            "age": rng.integers(18, 65, n).astype(float),
            "income": np.round(np.exp(rng.normal(9, 0.6, n)), -2),
            "area": rng.choice(["north", "South", "east", "école"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "woman": rng.choice(["yes", "no"], n),
            "w": rng.choice([0.0, 0.5, 1.0, 2.5], n, p=[0.02, 0.3, 0.4, 0.28]),
        }
    )
    odds = 0.03 * (frame["age"] - 45) + 0.5 * (frame["area"] == "north")
    frame["t"] = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int)
    if alone:
        frame.loc[:24, ["area", "t"]] = ["abroad", 0]
    frame["y"] = 2 * frame["t"] + 0.1 * frame["age"] + rng.normal(size=n)
    if gaps:
        frame.loc[rng.choice(n, 12, replace=False), "age"] = np.nan
        frame.loc[rng.choice(n, 5, replace=False), "area"] = None
    return frame


def here_and_there(way: str, seed: int):
    by, method, estimand, weight, gaps = WAYS[way]
    frame = people(seed, gaps=gaps, alone="one arm" in way)
    covariates = COVARIATES if isinstance(by, pbc.Coarsened) else ["age", "area"]
    roles = {"treatment": "t", "covariates": covariates, "unit": "person", "by": by}
    roles |= {"estimand": estimand, "sampling_weights": weight}
    roles |= {"missing": "complete_cases"} if gaps else {}
    build = pbc.weight if isinstance(by, pbc.InversePropensity) else pbc.match
    return build(frame, **roles), match_in_engine(frame, **roles), method


def assert_alike(here, there, method):
    balance, others = here.balance(), there.balance()
    assert list(others["covariate"]) == list(balance["covariate"])
    assert list(others["binary"]) == list(balance["binary"])
    figures = [name for name in balance if not name.startswith("ecdf")][2:]
    close = {"rtol": 1e-9, "atol": 1e-11}
    np.testing.assert_allclose(others[figures], balance[figures], **close)
    gaps = [name for name in balance if name.startswith("ecdf")]
    two = balance["binary"].to_numpy(bool)
    np.testing.assert_allclose(others.loc[two, gaps], balance.loc[two, gaps], **close)
    assert others.loc[~two, gaps].isna().all(axis=None)
    pd.testing.assert_frame_equal(there.counts(), here.counts(), rtol=1e-9)
    assert there.ledger.to_frame().astype(str).equals(here.ledger.to_frame().astype(str))
    assert there.n_unmatched == len(here.unmatched.ids)
    profile = here.unmatched.profile.iloc[:, 1:].astype(float)
    np.testing.assert_allclose(there.profile.iloc[:, 1:].astype(float), profile, **close)
    wanted, effect = here.effect("y", method), there.effect("y", method)
    for name in ("estimate", "std_error", "degrees_of_freedom", "counterfactual_mean"):
        assert getattr(effect, name) == pytest.approx(getattr(wanted, name), rel=1e-9), name
    assert effect.method == wanted.method
    assert effect.no_interval == wanted.no_interval
    assert (effect.n_treated, effect.n_comparison) == (wanted.n_treated, wanted.n_comparison)


@pytest.mark.soak
@pytest.mark.parametrize("way", WAYS)
def test_sums_in_an_engine_are_rows_in_memory(way):
    assert_alike(*here_and_there(way, seed=16))


@pytest.mark.soak
def test_bars_of_the_score_are_those_of_rows():
    frame = people(5, gaps=False, alone=False)
    roles = {"treatment": "t", "covariates": ["age", "area"], "by": pbc.InversePropensity()}
    outcome = SimpleNamespace(id="y")
    there, here = (
        bars_table(None, outcome, build(frame, **roles), with_after=True)
        for build in (match_in_engine, pbc.weight)
    )
    assert there.subject == here.subject
    pd.testing.assert_frame_equal(there.frame, here.frame, rtol=1e-9)


@pytest.mark.soak
def test_no_row_comes_out_and_what_comes_out_is_hashed():
    frame = people(1, gaps=False, alone=False)

    def asked(data: pd.DataFrame) -> tuple[Pulls, float]:
        pulls = Pulls("DuckDB", limit=1e-9)
        opened = open_source(data)
        source = Source(opened.table, "people", pulls=pulls)
        sample = match_in_engine(
            source, treatment="t", covariates=["age", "area"], by=pbc.Coarsened(cutpoints=3)
        )
        return pulls, sample.effect("y").estimate

    pulls, effect = asked(frame)
    assert pulls.of("people") == pulls.of("y") == ()
    again, _ = asked(frame.sample(frac=1, random_state=2))
    assert again.snapshot == pulls.snapshot
    moved = frame.assign(y=frame["y"] + 0.1 * frame["t"])
    other, more = asked(moved)
    assert more == pytest.approx(effect + 0.1)
    assert other.snapshot != pulls.snapshot


@pytest.mark.parametrize(
    "by",
    [
        pbc.Nearest(),
        pbc.Optimal(),
        pbc.Full(),
        pbc.Subclass(),
        Cardinality(tolerance=0.1),
        Entropy(),
        CovariateBalancing(),
        pbc.Coarsened(one_to_one=True),
        pbc.InversePropensity(link="probit"),
        pbc.InversePropensity(trim=0.1),
        pbc.InversePropensity(truncate=0.9),
        Overlap(link="probit"),
    ],
    ids=lambda by: by.in_words,
)
def test_what_needs_rows_says_why_and_what_does_not(by):
    assert needs_rows(by) is not None
    with pytest.raises(DesignError, match=r"needs rows: .*Use Coarsened\(\), Exact\(\)"):
        match_in_engine(pd.DataFrame(), treatment="t", covariates=["age"], by=by)


BROKEN = {
    "status": ({"t": [1, 0, 2, 0]}, {}, "1 of 4 rows hold something else"),
    "no status": ({"t": [1, 0, None, 0]}, {}, "1 of 4 rows have no treatment status"),
    "ids": ({"person": [1, 1, 2, 3]}, {"unit": "person"}, "3 ids in 4 rows"),
    "ids with spaces": (
        {"person": ["a", "a ", "b", "c"]},
        {"unit": "person"},
        "names 1 units in two ways that differ in spaces only",
    ),
    "gap": ({"age": [1.0, None, 2, 3]}, {}, r"1 of 4 rows have missing values \(age 1\)"),
    "endless": ({"age": [1.0, np.inf, 2, 3]}, {}, "1 values are infinite"),
    "one arm": ({"t": [1, 1, 1, 1]}, {}, "no comparison units among 4 rows"),
    "constant": ({"age": [2.0, 2, 2, 2]}, {}, "no covariate varies"),
    "written twice": ({"age": ["a", "A ", "b", "c"]}, {}, "writes one label in several ways"),
    "weights": ({"w": [1.0, -1, 2, 3]}, {"sampling_weights": "w"}, "has 1 others"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", BROKEN)
def test_data_that_do_not_fit_are_refused_with_their_numbers(case):
    columns, roles, words = BROKEN[case]
    frame = pd.DataFrame({"t": [1, 0, 1, 0], "age": [1.0, 2.0, 3.0, 4.0]}).assign(**columns)
    with pytest.raises((DataError, DesignError), match=words):
        match_in_engine(frame, treatment="t", covariates=["age"], **roles)


def test_a_table_of_an_engine_given_to_match_is_shown_the_door():
    table = open_source(pd.DataFrame({"t": [1, 0]})).table
    for build in (pbc.match, pbc.weight):
        with pytest.raises(DataError, match="match_in_engine"):
            build(table, treatment="t", covariates=["age"])


@pytest.mark.slow
def test_those_apart_are_counted_exactly_where_a_threshold_is_near():
    rng = np.random.default_rng(3)
    values = np.r_[np.zeros(5_000), rng.normal(size=3_000)]
    few = np.r_[np.ones(6), np.zeros(4_994), np.ones(3), np.zeros(2_997)]
    table = open_source(pd.DataFrame({"x": values, "few": few})).table
    exact = number_apart(table, table["x"], {"few": table["few"] == 1.0})
    assert exact == {"few": 3}
    many = number_apart(table, table["x"], {"all": table["few"] >= 0.0})
    assert 1_000 <= many["all"] <= 3_000


def test_strengths_from_products_are_those_of_rows():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(90, 3))
    x = np.column_stack([x, x[:, 0] + x[:, 1]])  # the last follows from the first two
    d = (x[:, 0] + rng.normal(size=90) > 0).astype(float)
    y = d + x[:, 1] + rng.normal(size=90)
    names = ["a", "b", "c", "d"]
    whole = np.column_stack([x, d, y])
    centred = whole - whole.mean(axis=0)
    summed = strengths_of_products(centred.T @ centred, 90, names)
    for like, wanted in zip(summed, strengths(y, d, x, names), strict=True):
        assert like.covariate == wanted.covariate
        assert like.with_treatment == pytest.approx(wanted.with_treatment, rel=1e-9)
        assert like.with_outcome == pytest.approx(wanted.with_outcome, rel=1e-9)
