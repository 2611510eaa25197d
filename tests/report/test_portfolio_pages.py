"""The page of a portfolio: counts that stand together, chance in view, figures with their words."""

import json
import re
from dataclasses import replace

import pytest
from evaluations import DATA
from hostile import VALUES
from portfolios import jobs, members, portfolio, publish
from shown import page_html

from pbc_eval.agreement.portfolio import load_portfolio
from pbc_eval.disclosure import release_portfolio
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.portfolio.assemble import portfolio_of
from pbc_eval.evaluation.portfolio.contract_words import effect_words
from pbc_eval.messages.sentence import Claim, Sentence
from pbc_eval.messages.values import Effect
from pbc_eval.publish.formats import write
from pbc_eval.publish.formats.results import results
from pbc_eval.publish.notebook import sanitise
from pbc_eval.report.figures.league import funnel
from pbc_eval.report.page import page_of
from pbc_eval.report.words import portfolio_words as words
from pbc_eval.report.words.claims import refuse_portfolio_over_claims

pytestmark = pytest.mark.slow  # whole evaluations are run

MIXED = ["A,jobs,2,0.5,4,1000,500,40,S", "B,stays,-3,1,2,900,900,40,S", "C,stays,9,,,,,,S"]


def released(spec, reports="."):
    return release_portfolio(portfolio_of(spec, reports))


def page(found) -> str:
    return page_html(found)


def figures_of(found):
    return page_of(found).figures


@pytest.fixture(scope="module")
def areas():
    return released(load_portfolio(DATA / "work-support-2026"))


def test_the_headline_counts_all_three_and_says_what_chance_would_do(areas):
    said = " ".join(words.headline_sentences(areas))
    counts = [areas.counted(v) for v in ("improved", "uncertain", "worsened")]
    assert sum(counts) == 24
    assert f"Of 24 contracts, {counts[0]} can show an improvement, {counts[1]} cannot tell" in said
    assert "about 0.6 of them would still show an improvement by chance" in said
    assert "has not failed" in said


NOT_SAID = (
    "success rate",
    "failure rate",
    "no effect on",
    "proves",
    "best contract",
    "worst contract",
)


def test_the_page_says_nothing_that_it_may_not(areas):
    plain = page(areas).casefold()
    assert not [phrase for phrase in NOT_SAID if phrase in plain]


@pytest.mark.parametrize(
    "claim",
    [
        Claim(kind="rate"),
        Claim(kind="causal"),
        Claim(kind="none", certainty="proven"),
        Claim(kind="association", effect="none"),
    ],
)
@pytest.mark.parametrize("words_around", ["So: {it}", "Felly {it}!", "{it}"])
def test_an_over_claim_stops_the_press_in_any_words(areas, claim, words_around):
    nested = Sentence(words_around, it=Sentence("it is so", claim))
    with pytest.raises(PublicationError, match="Reword it"):
        refuse_portfolio_over_claims(nested, areas)


def test_an_order_is_claimed_only_where_some_ranks_are_certain(areas):
    order = Sentence("This contract comes first.", Claim(kind="ranking", certainty="beyond_chance"))
    with pytest.raises(PublicationError, match="ranks are uncertain"):
        refuse_portfolio_over_claims(order, replace(areas, league=None))
    assert areas.league.surely_above
    refuse_portfolio_over_claims(order, areas)


def test_an_effect_over_contracts_states_its_claim(areas):
    with pytest.raises(PublicationError, match="does not state its claim"):
        refuse_portfolio_over_claims(Sentence("{e} better", e=Effect(2.0)), areas)


def test_money_is_never_added_over_currencies(tmp_path):
    publish(tmp_path, "shelter")
    publish(tmp_path, "garden", agreement={"currency": "USD"})
    extra = members("shelter", "garden")
    found = released(portfolio(tmp_path / "p", [], extra=extra), tmp_path)
    said = words.money_sentence(found)
    assert said == (
        "£400 is due or was paid under 1 contract, of £500 that could be paid; $400 is due or was "
        "paid under 1 contract, of $500 that could be paid."
    )
    assert "neither converted nor added up" in page(found)
    assert "£800" not in page(found)


def test_an_amount_that_was_made_up_is_not_said_to_be_paid(tmp_path):
    publish(tmp_path, "shelter")
    publish(tmp_path, "garden", payment={"illustrative": True, "total": "9000.00"})
    found = released(portfolio(tmp_path / "p", [], extra=members("shelter", "garden")), tmp_path)
    said = words.money_sentence(found)
    assert said.startswith("£400 is due or was paid under 1 contract, of £500")
    assert "The amounts of 1 contract were made up to show a rule" in said
    assert "9,400" not in page(found)


def test_a_relative_reduction_is_in_per_cent(tmp_path):
    publish(tmp_path, "shelter", outcome={"relative": True, "estimate": -0.09, "promised": 0.075})
    found = released(portfolio(tmp_path / "p", [], extra=members("shelter")), tmp_path)
    said = effect_words(found.contracts[0])
    assert said == "better by 9.0 per cent of the comparison group's level"
    assert "7.5 per cent" in page(found)


def test_money_counts_only_contracts_that_state_both(tmp_path):
    found = released(portfolio(tmp_path, MIXED))
    assert words.money_sentence(found) == (
        "£1,400 is due or was paid under 2 contracts, of £1,900 that could be paid."
    )


def test_a_mix_is_drawn_by_promise_and_each_in_its_own_unit(tmp_path):
    found = released(portfolio(tmp_path, MIXED))
    names = [figure.name for figure in figures_of(found)]
    assert names == ["portfolio-forest", "portfolio-panels", "portfolio-spending"]
    forest, panels, _ = figures_of(found)
    assert forest.data["effect"].tolist() == [0.5, 1.5]  # of what was promised
    assert "in percent of the effect promised" in forest.alt
    assert "C: worse by 9.0 nights, no interval" in panels.alt
    html = page(found)
    assert "would be of nothing" in html
    assert "are not ranked" in html
    assert "none measured: C" in html


def test_figures_say_what_they_show(areas):
    drawn = {figure.name: figure for figure in figures_of(areas)}
    assert list(drawn) == [
        "portfolio-forest", "portfolio-funnel", "portfolio-ranks", "portfolio-spending",
    ]  # fmt: skip
    forest = drawn["portfolio-forest"]
    n = int((forest.data["conf_low"] > 0).sum())
    assert f"{n} intervals lie above zero" in forest.alt
    top = forest.data.loc[forest.data["effect"].idxmax(), "contract"]
    assert f"({top})" in forest.alt
    ranks = drawn["portfolio-ranks"].data
    assert ranks["rank"].is_monotonic_increasing
    assert ranks.iloc[0]["contract"] in drawn["portfolio-ranks"].alt
    for figure in drawn.values():
        assert len(figure.svg) < 90_000
        assert b"<script" not in figure.svg


def test_the_funnel_counts_who_lies_outside(tmp_path):
    rows = [f"A{i},jobs,{5 + i % 2},1,,,,40,S" for i in range(9)] + ["Far,jobs,14,1,,,,40,S"]
    found = funnel(released(portfolio(tmp_path, rows)), name="f")
    assert (found.outside, found.far) == (1, 1)
    assert "99.8% limits: Far." in found.figure.alt
    assert "1 lies outside the 95% limits" in words.funnel_sentence(1, 1, 10)


def test_ranks_that_cannot_be_told_apart_are_said_to_be_so(tmp_path):
    rows = [f"A{i},jobs,{i / 10},2,,,,40,S" for i in range(6)]
    said = words.league_sentences(released(portfolio(tmp_path, rows)))
    assert "cannot be told apart" in said[0]


def test_results_hold_what_the_site_lists_and_no_number_that_json_has_not(areas):
    found = results(page_of(areas), areas)
    json.loads(found.to_json(), parse_constant=pytest.fail)
    assert found.summary.report == "portfolio"
    assert found.pooled.mean == areas.pooled.mean
    assert len(found.contracts) == 24


def test_hostile_names_neither_run_nor_break_the_page(tmp_path):
    safe = [v for v in VALUES if v.isprintable() and len(v.strip()) in range(1, 60)]
    rows = [
        f'"{value.replace(chr(34), chr(34) * 2)} {i}",jobs,1,1,4,,,40,"{chr(39)}=1+1"'
        for i, value in enumerate(safe)
        if not value.endswith("\\")
    ]
    found = released(portfolio(tmp_path / "p", rows))
    html = page(found)
    assert "<script" not in html
    assert not re.search(r"<[^>]+ on\w+=", re.sub(r'"[^"]*"', '""', html))
    assert sanitise(html).count("<tr>") == html.count("<tr>")
    write(page_of(found), found, tmp_path)


def test_a_row_without_anything_but_a_name_is_shown(tmp_path):
    found = released(portfolio(tmp_path, [*jobs(5), "Bare,jobs,,,,,,,S"]))
    assert "For 1 nothing was measured" in words.headline_sentences(found)[0]
    assert "Bare" in page(found)
