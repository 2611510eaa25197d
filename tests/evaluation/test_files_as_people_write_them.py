"""Evaluations whose files hold numbers as text, counts by person and a cap for each of them."""

import pandas as pd
import pytest
from evaluations import change, copy_of
from shown import page_html

from pbc_eval import evaluate, load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.errors import DataError, PaymentTermsError, PbcError

pytestmark = pytest.mark.slow  # seconds, together

FORECAST = """
id: young-people
title: "Young people: a rate card with one cap for each"
edition: 2026-1
status: draft
contract:
  summary: Outcomes of a rate card, each person's together capped.
  commissioner: A council
  provider: A charity
  start: 2025-04-01
  currency: GBP
design: {method: forecast, rationale: Counted from the files of the charity.}
counts:
  - {outcome: entry, count: 2, file: people.csv, person: who, column: entry, source: S,
     status: READ}
  - {outcome: job, count: 3, file: people.csv, person: who, column: job, source: S, status: READ}
value_map:
  file: map.csv
  numbers: "1.234,5"
  inputs: [{stakeholder: Council, description: grant, value: 1000}]
  discount: 0.035
  valued_on: 2025-04-01
  price_base: 2025 prices
payment:
  currency: GBP
  clauses:
    - {id: entry, type: tariff, label: Entry, reference: R, outcome: entry, measure: count,
       price: 900, source: S}
    - {id: job, type: tariff, label: Job, reference: R, outcome: job, measure: count,
       price: 2600, source: S}
  limits:
    - {id: each, label: Each person, reference: R, of: [entry, job], cap_per_person: 3000}
publication: {contact: C, licence: L, release_date: 2026-06-30, data_status: real}
"""
PEOPLE = "who,entry,job\na,1,1\nb,1,\nc,,2\n"
MAP = (
    "id;stakeholder;outcome;indicator;proxy;proxy_source;quantity;proxy_value;deadweight\n"
    "green;Council;Greener space;m2;Upkeep;S;1.000;9,50;25%\n"
)


@pytest.fixture
def forecast(tmp_path):
    def write(file=FORECAST, people=PEOPLE, value_map=MAP):
        (tmp_path / "evaluation.yaml").write_text(file, encoding="utf-8")
        (tmp_path / "people.csv").write_text(people, encoding="utf-8")
        (tmp_path / "map.csv").write_text(value_map, encoding="utf-8")
        return load_evaluation(tmp_path)

    return write


def test_one_cap_for_each_person_over_several_clauses_from_the_file(forecast):
    payment = evaluate(forecast()).payment
    # a: 900 + 2,600 of which 3,000; b: 900; c: 5,200 of which 3,000
    assert payment.total == 3000 + 900 + 3000
    assert (
        "each person earns at most £3,000, which 2 reach beyond" in payment.adjustments[0].formula
    )
    html = page_html(release(evaluate(forecast())))
    assert "for each person" in html
    assert "Nothing is taken off for what would have happened anyway" in html


def test_a_value_map_of_another_notation_is_read_and_told(forecast):
    sroi = evaluate(forecast()).sroi
    assert sroi.outcomes[0].quantity == 1000
    assert sroi.outcomes[0].proxy_value == 9.5
    assert sroi.outcomes[0].deadweight == 0.25
    html = page_html(release(evaluate(forecast())))
    assert "read as written like 1.234,5" in html
    assert "Greener space (m2)" in html


def test_counts_by_person_add_up_to_what_was_verified(forecast):
    with pytest.raises(DataError, match="job: counts by person add up to 4, but count is 3"):
        evaluate(forecast(people=PEOPLE.replace("c,,2", "c,,3")))
    with pytest.raises(PaymentTermsError, match="needs the count of 'job' for each person"):
        evaluate(forecast(FORECAST.replace(", file: people.csv, person: who, column: job", "")))


def test_nobody_counts_for_less_than_nothing_and_a_correction_within_a_person_may(forecast):
    with pytest.raises(DataError, match=r"less than nothing for c \(-2\)\. A person counts for 0"):
        evaluate(forecast(people=PEOPLE.replace("c,,2", "c,,-2")))
    corrected = PEOPLE.replace("c,,2", "c,,3\nc,,-1")
    assert evaluate(forecast(people=corrected)).payment.total == 3000 + 900 + 3000


def test_problems_of_all_files_are_told_at_once(forecast):
    broken = MAP.replace("9,50", "9,5,0").replace("1.000", "many")
    spec = forecast(people="who,entry,job\na,one,1\n", value_map=broken)
    with pytest.raises(PbcError) as refused:
        evaluate(spec)
    for words in ("column 'proxy_value'", "column 'quantity'", "'entry'"):
        assert words in str(refused.value)


@pytest.mark.soak
def test_numbers_as_text_in_the_data_pay_as_much_when_they_are_declared(tmp_path):
    plain = evaluate(load_evaluation(copy_of("school-attendance", tmp_path / "plain")))
    folder = copy_of("school-attendance", tmp_path / "text")
    file = folder / "schools.csv"
    frame = pd.read_csv(file)
    frame["often_absent"] = [f"{100 * v:.10f}%".replace(".", ",") for v in frame["often_absent"]]
    frame.to_csv(file, index=False, sep=";")
    with pytest.raises(DataError, match="'often_absent' holds numbers written as text"):
        evaluate(load_evaluation(folder))
    change(
        folder / "evaluation.yaml", "  weight: pupils\n", '  weight: pupils\n  numbers: "1.234,5"\n'
    )
    read = evaluate(load_evaluation(folder))
    assert read.payment.total == plain.payment.total
    assert "is text, read as numbers written like 1.234,5" in page_html(release(read))
