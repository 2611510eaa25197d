"""The schedule says what the code does: numbered clauses, definitions used, examples that hold."""

import re

import pytest
from hostile import VALUES
from payment.test_cases import CASES

from pbc_eval.agreement.payment_terms import payment_terms_from
from pbc_eval.payment import payment_due
from pbc_eval.payment.clauses import KINDS
from pbc_eval.payment.schedule import schedule_of
from pbc_eval.results import MeasuredOutcome


def terms_of(case):
    return payment_terms_from(case.data["terms"])


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.path.stem)
def test_every_clause_is_numbered_and_has_an_example(case):
    terms = terms_of(case)
    schedule = schedule_of(terms)
    assert [c.number for c in schedule.clauses] == [
        f"2.{n}" for n in range(1, len(terms.clauses) + 1)
    ]
    for clause, written in zip(terms.clauses, schedule.clauses, strict=True):
        assert written.examples
        assert clause.reference in written.reference
        assert all("The line is " in example for example in written.examples)


def test_the_cases_together_show_every_kind_of_clause():
    assert {clause.type for case in CASES for clause in terms_of(case).clauses} == set(KINDS)


def test_an_example_is_what_the_terms_pay(clause, terms):
    bands = [{"from": "0.05", "to": "0.08", "pay": 150}, {"from": "0.08", "to": None, "pay": 400}]
    agreed = terms(clause("bands", measure="relative_effect", mode="retroactive", bands=bands))
    examples = schedule_of(agreed).clauses[0].examples
    for example, effect in zip(examples, (0.065, 0.088), strict=True):
        paid = payment_due(
            agreed,
            [MeasuredOutcome(outcome="jobs", source="reported", effect=effect, counterfactual=1.0)],
        )
        assert example == (
            f"With the relative effect on jobs at {effect}: {paid.lines[0].formula}. "
            f"The line is £{paid.total:.0f}."
        )


def test_a_bound_is_shown_from_both_sides(clause, terms):
    agreed = terms(clause("threshold", measure="effect", minimum=2, amount=500))
    missed, met = schedule_of(agreed).clauses[0].examples
    assert "1.8 is below the minimum 2: nothing is paid. The line is £0." in missed
    assert "2 reaches the minimum 2: £500. The line is £500." in met


@pytest.mark.parametrize(("value", "hurdle"), [(380, 60_000), (7, 3), (3_000_000, 100), (0.9, 7)])
def test_an_example_has_numbers_that_a_person_can_read(clause, terms, value, hurdle):
    """Twice the hurdle by the price is 315.78947… of what is counted."""
    gained = clause("gainshare", measure="count", value=value, hurdle=hurdle, share="0.5")
    (example,) = schedule_of(terms(gained)).clauses[0].examples
    assert not re.search(r"\d\.\d{9,}", example), example


def test_only_what_is_used_is_defined(clause, terms):
    def defined(*clauses, **fields):
        return [term for term, _ in schedule_of(terms(*clauses, **fields)).definitions]

    assert defined(clause("fixed_fee", times=3, amount=1)) == ["Count"]
    slide = {"start": {"at": "0.1", "pay": 0}, "end": {"at": "0.2", "pay": 9}}
    relative = clause("slide", measure="relative_effect", estimate_used="lower_bound", **slide)
    assert defined(relative) == ["Effect", "Relative effect", "Lower confidence bound"]
    price = {"price": 3, "measure": "count"}
    by_index = {"series": "cpi", "since": "2024-01-01", "until": "2024-06-01"}
    index = clause("tariff", indexed=by_index, **price)
    cpi = {"cpi": {"2024-01-01": 100}}
    assert defined(index, indices=cpi) == ["Count", "Indexed", "Index cpi"]


@pytest.mark.parametrize("value", [value for value in VALUES if value.strip()])
def test_text_from_the_terms_can_neither_mark_up_nor_run(clause, terms, value):
    shown = "".join(c for c in value if c.isprintable())[:150].strip()
    if not shown:
        return
    agreed = terms(
        clause("fixed_fee", times=3, amount=1, label=shown, reference=shown), notes=shown
    )
    text = schedule_of(agreed).to_markdown()
    assert not re.search(r"(?<!\\)[<>`\[\]]", text.replace("> Example", ""))
    plain = re.sub(r"\\(.)", r"\1", text)
    assert " ".join(shown.split()) in plain


def test_limits_corrections_and_rounding_are_said():
    case = next(case for case in CASES if case.path.stem == "cohorts_and_years")
    schedule = schedule_of(terms_of(case))
    assert schedule.limits == (
        "The clauses of cohort 2024 together pay at most £150,000 (para 5).",
        "jobs-2024, jobs-2025 together pay at most £420,000 (para 6).",
        "Each year pays at most £500,000.",
        "The contract pays at most £800,000.",
    )
    assert any("two decimals), halves away from zero, in GBP" in said for said in schedule.working)
