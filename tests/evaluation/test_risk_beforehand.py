"""The payment rule by chance in a design note: whatever is not stated, it says so with what helps,
and whoever does that gets the risk."""

import re
from itertools import product

import pytest
from evaluations import DATA

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.payment_terms import payment_terms_from
from pbc_eval.agreement.protocol import ExpectedOutcome, Planning
from pbc_eval.evaluation.note.design_note import expected_errors
from pbc_eval.evaluation.note.risk_beforehand import risk_beforehand

OUTCOME = "readmissions"
SPEC = load_evaluation(DATA / "hospital-readmissions")
STATED = {"std_error": 0.5, "level": 18.0, "units": 2000.0}
KEYS = ("std_error", "level", "units", "count")
BASE = {"label": "Better", "reference": "1", "source": "Invented"}
TARIFF = BASE | {"type": "tariff", "price": 100}
STEP = BASE | {
    "type": "threshold",
    "minimum": 0.05,
    "amount": 1000,
}  # a relative effect has no units


def noted(expected, **clause):
    """Risk and reason of a tariff, by what is expected of its outcome."""
    kind = STEP if clause["measure"] == "relative_effect" else TARIFF
    terms = {"currency": "GBP", "clauses": [kind | {"id": "better", "outcome": OUTCOME} | clause]}
    planning = None
    if expected:
        stated = ExpectedOutcome(outcome=OUTCOME, source="A guess", **expected)
        planning = Planning(question="Does it work?", expected=(stated,))
    spec = SPEC.model_copy(update={"payment": payment_terms_from(terms), "planning": planning})
    return risk_beforehand(spec, expected_errors(spec, None, 0.95, 0.8), 0.95, 7)


@pytest.mark.parametrize("given", [[], *([key] for key in STATED), ["level", "units"]])
@pytest.mark.parametrize(
    ("measure", "used"),
    [
        *product(("effect", "relative_effect", "total"), ("point", "lower_bound")),
        ("total", "zero_unless_significant"),
    ],
)
def test_whatever_is_not_stated_is_asked_for_and_stating_it_gives_the_risk(measure, used, given):
    """Each reason names a key of planning.expected; before, a total without units was a failure
    that told to state what was stated already."""
    expected = {key: STATED[key] for key in given}
    for _ in range(len(STATED) + 1):
        risk, why = noted(expected, measure=measure, estimate_used=used)
        if risk is not None:
            break
        asked_for = re.findall(r"State (\w+) in planning\.expected of readmissions", why)
        if "No standard error is stated" in why:
            asked_for = ["std_error"]
        assert len(asked_for) == 1, why
        assert asked_for[0] not in expected, why
        expected[asked_for[0]] = STATED[asked_for[0]]
    assert risk is not None
    assert why == ""


def test_a_count_stated_for_an_effect_and_an_effect_for_a_count_say_so():
    risk, why = noted({"count": 40}, measure="effect", estimate_used="point")
    assert (risk, "State its std_error instead" in why) == (None, True)
    risk, why = noted({"std_error": 0.5}, measure="count")
    assert (risk, "State its count, and no std_error, level or units" in why) == (None, True)
    assert noted({"count": 40}, measure="count")[1].startswith("No standard error")


@pytest.mark.parametrize(
    ("clause", "reason"),
    [
        (
            {"measure": "effect", "estimate_used": {"blend": {"headline": 0.8, "Other": 0.2}}},
            "how they will differ is not known before there are data",
        ),
        (
            {"measure": "count", "verification": {"rule": "point"}},
            "how many of it are wrong is not known before it is drawn",
        ),
    ],
)
def test_what_nobody_can_know_beforehand_is_a_reason_and_no_failure(clause, reason):
    risk, why = noted({"count": 60} if clause["measure"] == "count" else STATED, **clause)
    assert risk is None
    assert reason in why


def test_every_clause_is_told_at_once():
    clauses = [
        TARIFF | {"id": "one", "outcome": OUTCOME, "measure": "total"},
        STEP | {"id": "two", "outcome": OUTCOME, "measure": "relative_effect"},
    ]
    terms = payment_terms_from({"currency": "GBP", "clauses": clauses})
    spec = SPEC.model_copy(update={"payment": terms, "planning": None})
    _, why = risk_beforehand(spec, expected_errors(spec, None, 0.95, 0.8), 0.95, 7)
    assert "one pays on a total" in why
    assert "two pays on a relative effect" in why
