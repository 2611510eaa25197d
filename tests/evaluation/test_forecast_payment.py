"""What is expected is not verified, and nothing is due by it: in words and in fields."""

import json
from dataclasses import replace

import pytest
from editions import put, write_site_file
from evaluations import change, copy_of

import pbc_eval as pbc
from pbc_eval.publish.formats.paid import payment_result
from pbc_eval.publish.site.build import write_site
from pbc_eval.report.page import page_of

TERMS = """
counts:
  - {outcome: club-days, count: 250, counts: things, source: Plan, status: INVENTED,
     expected: true}
payment:
  currency: GBP
  clauses:
    - {id: days, type: tariff, label: Days, reference: S1, outcome: club-days, measure: count,
       price: 100, source: Invented}
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["forecast", "counted"])
def test_an_expected_count_makes_no_payment_due(tmp_path, method: str) -> None:
    folder = copy_of("timebank", tmp_path)
    file = folder / "evaluation.yaml"
    terms = TERMS.replace("GBP", "EUR")
    if method == "forecast":
        terms = terms.replace(",\n     expected: true", "")
    change(file, "\nvalue_map:\n", f"{terms}\nvalue_map:\n")
    change(file, "method: forecast", f"method: {method}")
    released = pbc.release(pbc.evaluate(pbc.load_evaluation(file)))
    payment = released.payment
    assert payment.expected == ("club-days",)
    assert str(payment.sentence).startswith("€25,000 would be due if what is expected comes about.")
    assert "nothing is due" in str(payment.sentence)
    assert payment_result(payment, None).expected == ("club-days",)
    page = page_of(released)._repr_html_()
    assert "Payment expected (a forecast; nothing is due)" in page
    assert ">Payment due<" not in page
    assert "is due, the sum of" not in page


def test_a_forecast_is_no_payment_in_any_catalogue(tmp_path) -> None:
    """A final edition whose payment is a forecast: no transaction, no actual payment."""
    put(tmp_path, summary__status="final", payment__expected=["nights"])
    write_site_file(tmp_path)
    write_site(tmp_path)
    package, project = (
        json.loads((tmp_path / "winter-shelter" / f"{name}.json").read_text())
        for name in ("ocds", "indigo")
    )
    done = package["releases"][-1]["contracts"][0]["implementation"]
    assert "transactions" not in done
    assert "£1,200.50 expected, not due: a forecast" in done["milestones"][-1]["description"]
    assert "outcome_payments" not in project
    assert "total_outcome_payments_made" not in project["overall_project_finance"]


def test_a_verified_payment_is_due_as_it_was() -> None:
    terms = {"currency": "GBP", "clauses": [
        {"id": "d", "type": "tariff", "label": "D", "reference": "S", "outcome": "d",
         "measure": "count", "price": 10, "source": "Invented"}]}  # fmt: skip
    due = pbc.payment_due(terms, [pbc.MeasuredOutcome(outcome="d", source="counted", count=3)])
    assert str(due.sentence).startswith("£30 is due")
    assert not due.is_forecast
    assert "nothing is due" in str(replace(due, expected=("d",)).sentence)
