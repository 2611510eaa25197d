"""Contracts an analyst can read: terms and results in YAML, the statement they must give."""

from decimal import Decimal
from pathlib import Path

import pytest

from pbc_eval.agreement.payment_terms import payment_terms_from
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.payment import payment_due
from pbc_eval.results import MeasuredOutcome

CASES = [read_yaml(path) for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))]


def results_of(rows) -> list[MeasuredOutcome]:
    return [
        MeasuredOutcome(**row | {"alternatives": tuple(map(tuple, row.get("alternatives", ())))})
        for row in rows
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.path.stem}-{c.data['status']}")
def test_statement_is_what_the_case_says(case):
    said, expected = case.data, case.data["expected"]
    statement = payment_due(payment_terms_from(said["terms"]), results_of(said["results"]))

    lines = {line.clause: line for line in statement.lines}
    assert {name: str(line.amount) for name, line in lines.items()} == expected["lines"]
    adjustments = {entry.name: str(entry.amount) for entry in statement.adjustments}
    assert adjustments == expected.get("adjustments", {})
    assert str(statement.total) == expected["total"]
    caps = {name: line.cap_applied for name, line in lines.items() if line.cap_applied}
    assert caps == expected.get("caps", {})
    for name, words in expected.get("says", {}).items():
        assert words in lines[name].formula
    for name, denominator in expected.get("denominators", {}).items():
        assert lines[name].denominator == denominator


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.path.stem)
def test_statement_adds_up_on_paper(case):
    said = case.data
    statement = payment_due(payment_terms_from(said["terms"]), results_of(said["results"]))
    frame = statement.to_frame()
    assert sum(frame["amount"]) == statement.total == frame["running_total"].iloc[-1]
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in frame["amount"])
    assert all(line.formula and line.reference and line.inputs for line in statement.lines)


def terms_of(name: str) -> dict:
    return next(case.data for case in CASES if case.path.stem == name)


def test_cases_hold_the_figures_of_their_golden_files(golden):
    chicago, paid = golden("chicago_cpc"), terms_of("chicago_naive")["expected"]["total"]
    assert Decimal(paid) == chicago["cohort1"]["naive"]
    assert round(chicago["cohort1"]["n"] * chicago["cohort1"]["ready_share"]) == 192

    assert (
        Decimal(terms_of("educate_girls")["expected"]["total"])
        == golden("educate_girls")["paid_usd"]
    )
    bands = terms_of("newpin")["terms"]["clauses"][0]["bands"]
    tiers = {tier["min"]: tier["irr"] for tier in golden("newpin")["tiers"]}
    assert {band["from"]: pytest.approx(band["pay"] / 100) for band in bands} == tiers

    families = golden("troubled_families")
    prices = [
        Decimal(str(c["price"]).replace(",", ""))
        for c in terms_of("troubled_families")["terms"]["clauses"]
    ]
    attachment = families["max_per_family"] * families["attachment_share"][0]
    result = families["year1_pbr"]
    assert prices == [attachment, result["education_crime"], result["progress_to_work"]]

    young = golden("innovation_fund")["round1"]
    assert {c["price"] for c in terms_of("innovation_fund")["terms"]["clauses"]} <= {
        *young.values()
    }
    peterborough = [c["minimum"] for c in terms_of("peterborough")["terms"]["clauses"]]
    bond = golden("peterborough")
    assert peterborough == [bond["early_threshold"], bond["pooled_threshold"]]
    tiers = [b["from"] for b in terms_of("rikers_not_significant")["terms"]["clauses"][0]["bands"]]
    assert tiers == [tier["min_reduction"] for tier in golden("rikers")["tiers"]]
