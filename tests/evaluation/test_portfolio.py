"""portfolio_of: contracts on one footing or on none; never a mix, never a change claimed twice."""

import dataclasses

import pytest
from portfolios import TABLE, jobs, members, portfolio, publish

from pbc_eval.disclosure import release_portfolio
from pbc_eval.errors import DisclosureError, SpecError, ValueMapError
from pbc_eval.evaluation.portfolio.assemble import portfolio_of
from pbc_eval.portfolio.pooling import pooled_effect


def test_contracts_of_one_kind_are_pooled_in_their_own_unit(tmp_path):
    found = portfolio_of(portfolio(tmp_path, jobs()), tmp_path)
    assert found.scale == "own_unit"
    by_hand = pooled_effect([i - 2.0 for i in range(8)], [(2 / (i + 1)) ** 2 for i in range(8)])
    assert found.pooled.mean == pytest.approx(by_hand.mean, rel=1e-3)
    assert len(found.league.rank) == 8
    assert (found.why_not_pooled, found.why_no_league) == ("", "")


def test_of_a_fall_that_is_better_the_signs_are_turned(tmp_path):
    rows = ["A,stays,-3,1,2,,,40,S", "B,stays,1,1,2,,,40,S"]
    good, bad = portfolio_of(portfolio(tmp_path, rows), tmp_path).contracts
    assert (good.effect, good.verdict) == (3, "improved")
    assert good.conf_low == pytest.approx(3 - 1.96, abs=0.001)
    assert (bad.effect, bad.verdict) == (-1, "uncertain")


def test_different_kinds_stand_side_by_side_as_shares_of_their_promise_and_are_never_pooled(
    tmp_path,
):
    rows = ["A,jobs,2,1,4,,,40,S", "B,stays,-3,1,2,,,40,S", "C,jobs,1,1,,,,40,S"]
    found = portfolio_of(portfolio(tmp_path, rows), tmp_path)
    assert found.scale == "share_of_promise"
    assert [one.label for one in found.on_scale] == ["A", "B"]
    assert found.pooled is None
    assert found.league is None
    assert "2 kinds of outcome" in found.why_not_pooled


def test_different_kinds_without_promises_have_no_scale(tmp_path):
    rows = ["A,jobs,2,1,,,,40,S", "B,stays,-3,1,,,,40,S"]
    found = portfolio_of(portfolio(tmp_path, rows), tmp_path)
    assert (found.scale, found.on_scale, found.pooled) == ("none", (), None)


def test_what_has_no_standard_error_is_shown_and_not_pooled(tmp_path):
    rows = [*jobs(3), "X,jobs,100,,4,,,40,S"]
    found = portfolio_of(portfolio(tmp_path, rows), tmp_path)
    assert found.pooled.contracts == 3
    assert found.contracts[-1].verdict == "no_interval"
    assert len(found.on_scale) == 4
    assert "4 or more contracts" in found.why_no_league
    alone = portfolio_of(portfolio(tmp_path / "one", jobs(1)), tmp_path)
    assert alone.pooled is None
    assert "nothing to pool" in alone.why_not_pooled


def test_members_are_read_from_their_editions(tmp_path):
    publish(tmp_path / "reports", "shelter")
    publish(tmp_path / "reports", "garden", bare=True)
    spec = portfolio(tmp_path / "p", jobs(1), extra=members("shelter", "garden"))
    measured, forecast = portfolio_of(spec, tmp_path / "reports").contracts
    assert (measured.effect, measured.conf_low, measured.conf_high) == (1.5, 0.52, 2.48)
    assert (measured.promised, measured.agreed, measured.paid, measured.unpaid) == (
        2,
        500,
        400,
        100,
    )
    assert measured.link == "../../shelter/2026-1/index.html"
    assert (forecast.effect, forecast.verdict) == (None, "not_measured")


def test_a_member_that_is_not_published_or_was_changed_or_has_no_results_is_refused(tmp_path):
    reports = tmp_path / "reports"
    publish(reports, "shelter")
    publish(reports, "note", summary={"report": "design_note"})
    with pytest.raises(SpecError, match=r"shelte, edition 2026-1: is not published"):
        portfolio_of(portfolio(tmp_path / "a", [], extra=members("shelte")), reports)
    with pytest.raises(SpecError, match="is a design note and has no results"):
        portfolio_of(portfolio(tmp_path / "b", [], extra=members("note")), reports)
    publish(reports, "old", older=True)
    with pytest.raises(SpecError, match=r"old, edition 2026-1: .* was written by an earlier"):
        portfolio_of(portfolio(tmp_path / "d", [], extra=members("old")), reports)
    results = reports / "shelter" / "2026-1" / "downloads" / "results.json"
    results.write_text(results.read_text().replace("-1.5", "-9.5"))
    with pytest.raises(SpecError, match="has changed since it was published"):
        portfolio_of(portfolio(tmp_path / "c", [], extra=members("shelter")), reports)


def test_one_change_claimed_by_two_contracts_is_refused(tmp_path):
    for name in ("shelter", "garden"):
        claim = {"change": "fewer-nights", "row": "nights", "share": 0.6}
        publish(tmp_path, name, claims=[claim])
    spec = portfolio(tmp_path / "p", [], extra=members("shelter", "garden"))
    with pytest.raises(ValueMapError, match=r"fewer-nights: 120% of the change is claimed"):
        portfolio_of(spec, tmp_path)


def test_a_result_that_rests_on_few_is_refused_unless_the_rule_says_it_is_safe(tmp_path):
    rows = ["A,jobs,2,1,4,,,9,S", "B,jobs,3,1,4,,,90,S"]
    found = portfolio_of(portfolio(tmp_path, rows), tmp_path)
    with pytest.raises(DisclosureError, match=r"the result of A rests on fewer than 10 people"):
        release_portfolio(found)
    rule = found.spec.publication.disclosure.model_copy(update={"threshold": 5, "reason": "safe"})
    publication = found.spec.publication.model_copy(update={"disclosure": rule})
    spec = found.spec.model_copy(update={"publication": publication})
    assert release_portfolio(dataclasses.replace(found, spec=spec)).rule.threshold == 5


def test_the_seed_and_the_inputs_are_those_of_the_edition(tmp_path):
    publish(tmp_path / "reports", "shelter")
    extra = TABLE + members("shelter")
    spec = portfolio(tmp_path / "p", jobs(), extra=extra)
    one, same = (portfolio_of(spec, tmp_path / "reports") for _ in range(2))
    assert one.inputs == same.inputs
    assert set(one.inputs) == {"portfolio.yaml", "table.csv", "shelter/2026-1/results.json"}


def test_a_draft_is_in_no_portfolio_but_a_draft(tmp_path):
    """The attack: the headline of a draft, on a page that is listed."""
    publish(tmp_path, "a", summary={"status": "draft"})
    spec = portfolio(tmp_path / "p", [], extra=members("a"))
    with pytest.raises(SpecError, match=r"a, edition 2026-1: is a draft.*status to draft too"):
        portfolio_of(spec, tmp_path)
    (contract,) = portfolio_of(spec.model_copy(update={"status": "draft"}), tmp_path).contracts
    assert contract.effect == 1.5
