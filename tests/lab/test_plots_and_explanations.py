"""Every public result draws and explains itself; a kind that nobody wrote a row for is named."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from html import unescape

import numpy as np
import pandas as pd
import pytest
from evaluations import DATA
from payment.test_claims import account, rows
from payment.test_claims import terms as terms_of_claims
from sroi.conftest import valued
from test_displays import people, results, synthetic_comparison

import pbc_eval as pbc
from pbc_eval._display import HELD, Displayed, html_table
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.errors import DataError, PublicationError
from pbc_eval.lab.drawn import PLOTS, add_plot
from pbc_eval.lab.explained import EXPLANATIONS, add_explanation
from pbc_eval.lab.explanation import HEADINGS
from pbc_eval.messages.sentence import Sentence
from pbc_eval.portfolio.ranks import league

pytestmark = pytest.mark.slow  # seconds, together

CLAUSE = {
    "id": "t", "type": "threshold", "label": "L", "reference": "R", "source": "S",
    "outcome": "n", "measure": "effect", "minimum": 0.1, "amount": 100,
}  # fmt: skip


def more() -> Iterator[Displayed]:
    """One of each kind that those of ``test_displays`` leave out."""
    yield results()[3]  # an event study
    yield results()[2].aggregate("cohort")
    yield pbc.minimum_detectable_effect(results()[0])
    yield pbc.leave_one_out(results()[0], results()[2])
    yield pbc.scale_test(results()[0])
    frame = people().assign(job=lambda f: (f["y"] > 40).astype(int), falls=lambda f: f["arm"] + 1)
    sample = pbc.match(frame, treatment="arm", unit="who", covariates=["age"])
    yield pbc.risk_effects(sample, "job")
    yield pbc.rate_effects(sample, "falls")
    yield pbc.omitted_variable_bounds(
        frame, outcome="y", treatment="arm", covariates=["age"], benchmarks=["age"]
    )
    yield pbc.omitted_variable_bounds(estimate=1.0, std_error=0.2, degrees_of_freedom=50)
    terms = pbc.payment_terms_from({"currency": "GBP", "clauses": [CLAUSE]})
    result = pbc.MeasuredOutcome(
        outcome="n", source="estimated", effect=2.0, std_error=1.0, conf_low=0.04, conf_high=3.96
    )
    yield pbc.payment_due(terms, [result])
    yield account(terms_of_claims(), rows("C1 start P1 2024-05-01 1 verified"))
    yield pbc.payment_risk(terms, [result], promised={"n": 3.0}, seed=1)
    yield league(np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.5), seed=1)
    yield pbc.social_return([valued()], investment=1000, discount=0.035)
    spec = load_evaluation(DATA / "hospital-readmissions")
    whole = pbc.evaluate(spec)
    assert whole.performance is not None
    assert whole.simulation is not None
    yield from (whole.performance, *whole.performance.kpis, whole.simulation)
    yield synthetic_comparison()


@cache
def every_result() -> list[Displayed]:
    """Made when a test asks: collecting the tests is not to wait for it."""
    return [*results(), *more()]


def name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def of_kind(kind: str) -> list[Displayed]:
    results = [result for result in every_result() if name_of(type(result)) == kind]
    assert results
    return results


KINDS = pytest.mark.parametrize("kind", sorted(map(name_of, EXPLANATIONS)))


def kinds_below(base: type) -> set[str]:
    """By name: a data class with slots has a twin that nobody can make."""
    every = {
        kind
        for sub in base.__subclasses__()
        for kind in (kinds_below(sub) or {name_of(sub)})  # what several share is no kind of its own
    }
    return {name for name in every if name.startswith("pbc_eval.")}


def test_each_public_kind_has_its_figure_its_explanation_and_an_instance_here():
    every = kinds_below(Displayed)
    assert len(every) >= 20
    assert every == {*map(name_of, PLOTS)} == {*map(name_of, EXPLANATIONS)}
    assert every == {name_of(type(result)) for result in every_result()}


@KINDS
def test_a_result_is_drawn_with_its_words_and_data(kind):
    for result in of_kind(kind):
        figure = result.plot()
        assert figure.svg.startswith(b"<?xml")
        assert figure.alt.strip()
        assert figure.caption.strip()
        assert not figure.data.empty
        shown = figure._repr_html_()
        assert figure.alt in unescape(shown)
        assert "<figcaption>" in shown
        assert result.plot().svg == figure.svg  # the same every time


@KINDS
def test_a_result_explains_itself_in_typed_sentences(kind):
    for result in of_kind(kind):
        explained = result.explain()
        assert explained.of
        for name, heading in HEADINGS:
            sentences = getattr(explained, name)
            assert sentences
            assert all(isinstance(sentence, Sentence) for sentence in sentences)
            assert heading in str(explained)
            assert all(str(s) in unescape(explained._repr_html_()) for s in sentences)


def test_an_estimate_names_its_own_comparison_and_what_follows_from_its_design():
    over_time, matched = results()[5].overall.explain(), results()[11].explain()
    assert "parallel trends" in str(over_time.assumes[0])
    assert "never" in str(over_time.against[0]).casefold()
    assert "alike in the covariates" in str(matched.assumes[0])
    assert "honest_did" not in str(matched)


def test_a_kind_that_nobody_wrote_a_row_for_is_named_and_can_be_added():
    class Own(Displayed):
        def to_frame(self):
            return pd.DataFrame({"a": [1]})

    with pytest.raises(DataError, match="a Own"):
        Own().plot()
    with pytest.raises(DataError, match="a Own"):
        Own().explain()
    try:
        add_plot(Own, lambda _: results()[0].plot())
        add_explanation(Own, lambda _: results()[0].explain())
        assert Own().plot().name == "groups"
        assert Own().explain().of == results()[0].summary()
    finally:
        PLOTS.pop(Own)
        EXPLANATIONS.pop(Own)


def test_a_figure_is_saved_as_a_drawing_and_as_nothing_else(tmp_path):
    figure = results()[0].plot()
    assert figure.save(tmp_path / "a.svg").read_bytes() == figure.svg
    with pytest.raises(PublicationError, match=r"save it as \.svg"):
        figure.save(tmp_path / "a.png")


@pytest.mark.parametrize(("count", "is_held"), [(0, False), (1, True), (9, True), (10, False)])
def test_a_display_says_which_cells_could_not_be_published(count, is_held):
    page = html_table(pd.DataFrame({"what": ["a"], "n_treated": [count], "other": [3]}), "c")
    assert (f"{count}{HELD}" in page) is is_held
    assert ("not published" in page) is is_held
    assert f"3{HELD}" not in page


def test_counts_that_are_paid_for_are_marked_and_other_measures_are_not():
    rows = {"clause": ["a", "b", "c"], "measure": ["count", "effect", "count"],
            "measure_value": [Decimal(4), Decimal(3), Decimal(96)]}  # fmt: skip
    page = html_table(pd.DataFrame(rows), "c")
    assert f"<td>4{HELD}</td><" in page
    assert "<td>3</td>" in page
    assert "<td>96</td>" in page
    account = html_table(pd.DataFrame({"year": ["2024"], "claims": [7], "due": [5]}), "c")
    assert f"7{HELD}" in account
    assert f"5{HELD}" not in account


def test_figures_of_one_estimate_and_of_groups_say_what_they_show():
    effects = results()[2]
    assert "other ways" not in effects.aggregate("simple").plot().caption
    by_cohort = effects.aggregate("cohort").plot().caption
    assert "other ways" not in by_cohort
    assert "by cohort" in by_cohort
