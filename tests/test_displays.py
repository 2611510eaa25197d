"""Results show themselves: one line in a prompt, an accessible table in a notebook."""

import inspect
import re
from functools import cache
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from test_import_graph import MODULES

import pbc_eval as pbc
from pbc_eval._display import MOST_ROWS, Displayed, html_table

LONGEST = 300  # characters of a line


def panel(units: int = 60) -> pbc.Panel:
    draw = np.random.default_rng(1)
    rows = [
        (f"u{u}", t, draw.normal() + t + (u > 20) * (t > 4), 5 + u % 3 if u > 20 else None)
        for u in range(units)
        for t in range(1, 9)
    ]
    frame = pd.DataFrame(rows, columns=["who", "time", "y", "start"])
    return pbc.Panel.from_data(frame, unit="who", time="time", outcome="y", cohort="start")


def people() -> pd.DataFrame:
    draw = np.random.default_rng(2)
    age = draw.integers(20, 60, 400)
    arm = (draw.random(400) < 0.3).astype(int)
    return pd.DataFrame(
        {"who": range(400), "arm": arm, "age": age, "y": age + arm + draw.normal(size=400)}
    )


def shown() -> list[Displayed]:
    """One of as many kinds as are made in a moment."""
    data = panel()
    effects = pbc.att_gt(data)
    study = pbc.att_gt(data, base_period="universal").aggregate("event")
    sample = pbc.match(people(), treatment="arm", unit="who", covariates=["age"])
    weighted = pbc.weight(people(), treatment="arm", unit="who", covariates=["age"])
    return [
        data, data.ledger, effects, study, study.overall, effects.aggregate("simple"),
        pbc.honest_did(study), pbc.bacon_decomposition(data), pbc.two_way_weights(data),
        sample, sample.ledger, sample.effect("y"), weighted, weighted.effect("y"),
    ]  # fmt: skip


def one_treated(*, units: int, periods: int, start: int) -> pbc.Panel:
    draw = np.random.default_rng(3)
    rows = [
        (f"u{u}", t, draw.normal() + 2 * (u == 0 and t >= start), start if u == 0 else None)
        for u in range(units)
        for t in range(1, periods + 1)
    ]
    frame = pd.DataFrame(rows, columns=["who", "time", "y", "start"])
    return pbc.Panel.from_data(frame, unit="who", time="time", outcome="y", cohort="start")


def few_tested() -> list[Displayed]:
    """Each test of an average effect, of one treated unit among forty, and people in an engine."""
    few = one_treated(units=40, periods=24, start=16)
    return [
        pbc.conley_taber(few), pbc.conformal_test(few), pbc.randomisation_test(panel(), draws=199),
        pbc.randomisation_test(panel(), draws=199, level=0.9),
        pbc.wild_cluster_bootstrap(panel(), draws=199),
        pbc.match_in_engine(people(), treatment="arm", unit="who", covariates=["age"],
                            by=pbc.InversePropensity()),
    ]  # fmt: skip


@cache
def results() -> list[Displayed]:
    """Made when a test asks: collecting the tests is not to wait for it."""
    return shown() + few_tested()


NAMES = (
    *("Panel", "Ledger", "GroupTimeEffects", "EffectSeries", "AttEstimate", "EffectSeries"),
    *("HonestDid", "BaconDecomposition", "TwoWayWeights", "MatchedSample", "SampleLedger"),
    *("AttEstimate", "WeightedSample", "AttEstimate"),
)
TESTS = (
    *("FewTreatedTest", "ConformalTest", "RandomisationTest", "RandomisationTest"),
    *("WildBootstrap", "EngineSample"),
)
KINDS = (*NAMES, *TESTS)


@pytest.fixture
def result(request) -> Displayed:
    return results()[request.param]


@pytest.mark.slow  # all of them are made
def test_each_result_is_of_the_kind_that_its_tests_are_named_after():
    assert [type(result).__name__ for result in results()] == [*KINDS]


@pytest.mark.slow
@pytest.mark.parametrize("result", range(len(NAMES), len(KINDS)), ids=TESTS, indirect=True)
def test_a_test_is_drawn_and_explained_by_what_it_found(result):
    figure, words = result.plot(), str(result.explain())
    assert figure.caption
    assert result.summary() in words
    assert "What would overturn it" in words
    if hasattr(result, "p_value"):
        row = result.to_frame().iloc[0]
        assert row["p_value"] == result.p_value
        assert f"{result.estimate:.4g}" in figure.alt
        is_open = np.isinf([result.conf_low, result.conf_high]).any()
        assert ("open" in figure.caption) == bool(is_open)
        assert ("interval" in result.summary()) == (getattr(result, "level", None) is not None)


@pytest.mark.slow
@pytest.mark.parametrize("result", range(len(KINDS)), ids=KINDS, indirect=True)
def test_a_prompt_shows_one_line_and_no_array(result):
    line = repr(result)
    assert len(line) <= LONGEST
    assert "array(" not in line
    assert "\n" not in line
    assert line.startswith(f"<{type(result).__name__}: ")


@pytest.mark.slow
@pytest.mark.parametrize("result", range(len(KINDS)), ids=KINDS, indirect=True)
def test_a_notebook_shows_a_table_that_a_screen_reader_can_read(result):
    soup = BeautifulSoup(result._repr_html_(), "html.parser")
    frame = result.to_frame()
    assert result.summary() in soup.caption.get_text()
    assert [th["scope"] for th in soup.thead.find_all("th")] == ["col"] * frame.shape[1]
    rows = soup.tbody.find_all("tr")
    assert len(rows) == min(len(frame), MOST_ROWS)
    assert all(row.th["scope"] == "row" for row in rows)
    assert ("more rows" in soup.get_text()) == (len(frame) > MOST_ROWS)
    assert "before disclosure control" in soup.get_text()


@pytest.mark.slow
def test_what_a_panel_and_a_sample_say_is_what_they_hold():
    data, sample = results()[0], results()[9]
    assert repr(data) == "<Panel: data frame: 60 units (39 treated) over 8 periods, 1 to 8>"
    treated = int(people()["arm"].sum())
    assert f"{treated} of {treated} treated" in sample.summary()


def test_everything_that_has_a_table_shows_it():
    """No result with a ``to_frame`` prints its arrays."""
    bare = []
    for name in MODULES:
        if name == "pbc_eval.__main__" or ".cli" in name or name.endswith(".template"):
            continue
        for kind in vars(import_module(name)).values():
            own = inspect.isclass(kind) and kind.__module__ == name and "to_frame" in vars(kind)
            if own and not (issubclass(kind, Displayed) or "_repr_html_" in vars(kind)):
                bare.append(f"{name}.{kind.__name__}")
    assert bare == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_of_the_data_becomes_markup(heading, cell):
    page = html_table(pd.DataFrame({heading: [cell], "second": [cell]}), heading)
    soup = BeautifulSoup(page, "html.parser")
    assert {tag.name for tag in soup.find_all(True)} <= {
        "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "small",
    }  # fmt: skip
    assert not re.search(r"<script|<img", page)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "first"),
    [("simulation", "ratio"), ("performance", "Visits within three days of discharge")],
)
def test_what_an_evaluation_holds_shows_itself_and_prints_no_array(part, first):
    """README's evaluation.simulation printed 100,000 draws, and measures showed nothing."""
    result = getattr(pbc.evaluate(pbc.load_evaluation(pbc.example("hospital-readmissions"))), part)
    assert isinstance(result, Displayed)
    assert len(repr(result)) <= LONGEST
    assert "array(" not in repr(result)
    assert result.to_frame().iloc[0, 0] == first
    assert "<caption>" in result._repr_html_()
    assert result.plot().alt
    assert result.explain().what
    if part == "simulation":
        low, high = result.returns.interval("ratio")
        assert result.to_frame().loc[0, ["low", "high"]].tolist() == [low, high]
        assert "array(" not in repr(result.returns)


def synthetic_comparison() -> Displayed:
    return pbc.synthetic_did(one_treated(units=20, periods=10, start=7))


def test_a_synthetic_comparison_shows_its_effect_and_prints_no_array():
    result = synthetic_comparison()
    assert result.summary() == result.effect.summary()
    assert "array(" not in repr(result)
    assert result.to_frame().equals(result.series.to_frame())
    assert result.plot().alt
    assert result.explain().of == result.effect.summary()


def test_a_rate_that_a_clause_is_paid_on_is_no_small_count():
    """0.047 errors a record was marked as a count below 10."""
    rows = [("errors", "count", 0.047), ("jobs", "count", 4), ("effect", "effect", 4)]
    frame = pd.DataFrame(rows, columns=["clause", "measure", "measure_value"]).astype(
        {"measure_value": object}
    )
    shown_rows = BeautifulSoup(html_table(frame, "Payment"), "html.parser").select("tbody tr")
    assert ["†" in row.get_text() for row in shown_rows] == [False, True, False]
