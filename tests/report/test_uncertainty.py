"""How sure the return is: sentences, tables and figures say what was drawn, and no more."""

import csv
import re
from dataclasses import replace

import pytest
from evaluations import evaluation_of, released_of
from shown import figures, html_of, listed, shown_page, tables

import pbc_eval as pbc
from pbc_eval.messages import numbers as fmt
from pbc_eval.publish.formats import write
from pbc_eval.publish.formats.results import results
from pbc_eval.sroi.value_of_information import value_of_information

pytestmark = pytest.mark.slow  # whole evaluations are run

NAMES = ("hospital-readmissions", "wheels-to-meals", "one-service")
EACH_OF_THEM = [pytest.param(NAMES[0], marks=pytest.mark.soak), *NAMES[1:]]


@pytest.fixture(scope="module")
def evaluated():
    return {n: evaluation_of(n) for n in NAMES}


@pytest.fixture(scope="module")
def released():
    return {name: released_of(name) for name in NAMES}


def figures_of_value(released):
    return [
        *figures(released, "value").values(),
        *figures(released, "uncertainty").values(),
    ]


def sentences(released):
    return listed(released, "uncertainty")


@pytest.mark.parametrize("name", EACH_OF_THEM)
def test_every_figure_of_value_has_words_data_and_its_csv(released, name, tmp_path):
    drawn = figures_of_value(released[name])
    assert [figure.name for figure in drawn] == [
        "value-waterfall", "sensitivity-tornado", "two-way-grid", "ratio-distribution",
    ]  # fmt: skip
    folder = write(shown_page(released[name]), released[name], tmp_path)
    for figure in drawn:
        assert len(figure.alt) > 80
        assert figure.caption.endswith(".")
        assert "nan" not in figure.alt
        with (folder / f"{figure.name}.csv").open(encoding="utf-8") as file:
            assert len(list(csv.reader(file))) == len(figure.data) + 1
    for table in tables(released[name], "uncertainty"):
        assert (folder / f"{table}.csv").is_file()
    assert (folder / "workbook.xlsx").is_file()


@pytest.mark.parametrize("name", EACH_OF_THEM)
def test_the_words_of_each_figure_are_those_of_its_data(released, evaluated, name):
    evaluation = evaluated[name]
    drawn = {figure.name: figure for figure in figures_of_value(released[name])}
    returns, currency = evaluation.simulation.returns, evaluation.sroi.currency
    low, high = returns.interval("ratio")
    alt = drawn["ratio-distribution"].alt
    assert f"between {fmt.number(low, 2)} and {fmt.number(high, 2)}" in alt
    assert (
        f"in {fmt.chance(returns.chance_ratio_above_one)} of the draws".casefold() in alt.casefold()
    )
    shares = drawn["ratio-distribution"].data["share_of_draws"]
    assert 0.99 < shares.sum() <= 1
    grid = drawn["two-way-grid"]
    above = int((grid.data["ratio"] > 1).sum())
    assert f"in {above} of {len(grid.data)} cells" in grid.alt
    steps = drawn["value-waterfall"]
    for total in ("Gross value", "Present value", "Net present value"):
        level = float(steps.data.set_index("name").loc[total, "level"])
        assert fmt.money(level, currency) in steps.alt


def test_the_grid_takes_two_figures_of_different_rows_and_no_duration(released):
    for name in NAMES:
        grid = figures(released[name], "value")["two-way-grid"]
        first, second = re.search(r"values of (.*) and \d+ of (.*?)\. It runs", grid.alt).groups()
        assert first.split(": ")[1] != second.split(": ")[1]
        assert "Duration" not in grid.alt


def test_sentences_state_the_interval_the_chance_and_what_to_research(released, evaluated):
    said = sentences(released["one-service"])
    returns = evaluated["one-service"].simulation.returns
    chance = fmt.chance(returns.chance_ratio_above_one)
    assert said[0] == f"In {chance} of 100,000 draws more comes back than is put in."
    assert "What to research next: quantity: Fewer reconvictions." in said[2]
    assert "the wrong one in" in said[2]
    hospital = sentences(released["hospital-readmissions"])
    assert "What is paid in a draw is part of what is invested in it." in hospital
    assert "nothing in this map would change the decision" in hospital[-1]
    assert not any("100%" in sentence for sentence in hospital)


def test_a_bad_bargain_says_not_to_commission(evaluated):
    evaluation = evaluated["one-service"]
    simulation = evaluation.simulation
    dear = replace(simulation.returns, investment=simulation.returns.investment + 70_000)
    worse = replace(simulation, returns=dear, information=value_of_information(dear))
    said = sentences(pbc.release(replace(evaluation, simulation=worse)))[-1]
    assert "the better choice is not to commission" in said


def test_draws_without_an_investment_are_counted(evaluated):
    evaluation = evaluated["one-service"]
    simulation = evaluation.simulation
    free = simulation.returns.investment.copy()
    free[:7] = 0
    none = replace(simulation, returns=replace(simulation.returns, investment=free))
    said = sentences(pbc.release(replace(evaluation, simulation=none)))
    assert "In 7 draws nothing is invested; they have no ratio." in said
    assert "nan" not in " ".join(said)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "more than 99.9%"),
        (0.9995, "more than 99.9%"),
        (0.996, "99.6%"),
        (0.62, "62%"),
        (0.004, "0.4%"),
        (0.0, "fewer than 0.1%"),
    ],
)
def test_a_share_of_draws_never_claims_certainty(share, words):
    assert fmt.chance(share) == words


def test_the_section_is_on_the_page_and_only_where_something_was_drawn(released):
    html = html_of(released["hospital-readmissions"], "uncertainty")
    assert "How sure the return is" in html
    assert "What it would be worth to know each figure exactly" in html
    assert html_of(replace(released["one-service"], simulation=None), "uncertainty") == ""


def test_recalled_and_illustrative_figures_are_marked_on_the_page(released):
    assert "recalled" in html_of(released["wheels-to-meals"], "value").casefold()
    one = html_of(released["one-service"], "value")
    assert "Illustrative." in one


def test_results_hold_the_intervals_and_the_seed(released, evaluated):
    shown, evaluation = released["hospital-readmissions"], evaluated["hospital-readmissions"]
    uncertainty = results(shown_page(shown), shown).uncertainty
    assert uncertainty.seed == evaluation.seed
    exact = evaluation.simulation.returns.interval("ratio")
    ten_digits = tuple(float(f"{end:.10g}") for end in exact)
    assert uncertainty.ratio_interval_95 == ten_digits
    assert uncertainty.chance_ratio_above_one == 1
