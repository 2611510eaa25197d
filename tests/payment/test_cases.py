"""Contracts an analyst can read: terms and results in YAML, the statement they must give."""

from decimal import Decimal
from pathlib import Path

import pytest

from pbc_eval.payment import payment_due
from pbc_eval.results import MeasuredOutcome
from pbc_eval.spec.payment_terms import payment_terms_from
from pbc_eval.spec.yaml_file import read_yaml

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
