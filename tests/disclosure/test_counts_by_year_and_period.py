"""Claims of few in a year, and measures that are numbers of few people, are told by nobody."""

import pandas as pd
import pytest
from attacker import invented

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate

pytestmark = pytest.mark.slow  # seconds, together

CARD = {"reference": "S", "source": "Invented", "claims_per_person": 1,
        "in_force_from": "2023-04-01", "in_force_until": "2026-03-31",
        "prices": [{"id": "starts", "label": "Starts work", "price": 1200},
                   {"id": "stays", "label": "Stays in work", "price": 1800}]}  # fmt: skip


def claims(folder, before, accrued, paid=None, owed=None):
    """A contract with ``before`` claims of one kind in an earlier year, beside many of the other,
    and ``accrued`` that are not verified."""
    made = [("starts", "2023-06-15", "verified")] * before
    made += [("stays", "2023-08-15", "verified")] * 12
    made += [("starts", "2024-06-15", "verified")] * 30 + [("stays", "2024-08-15", "verified")] * 15
    made += [("starts", "2025-03-15", "accrued")] * accrued
    frame = pd.DataFrame(made, columns=["what", "achieved_on", "state"])
    frame.insert(0, "claim", [f"C{k}" for k in range(len(frame))])
    frame["person"] = [f"P{k}" for k in range(len(frame))]
    columns = {name: name for name in ("claim", "person", "achieved_on", "state")}
    if paid is not None:
        frame["paid"] = frame["what"].map({"starts": 1200, "stays": 1800})
        frame.loc[frame.index[frame["achieved_on"] == "2024-06-15"][:paid], "paid"] = 0
        columns["paid"] = "paid"
    recorded = 3600 if owed is None else 1200 * before + 1800 * 12 - owed
    spec = {
        "id": "claims", "title": "Claims", "contract": invented.CONTRACT | {"start": "2023-04-01"},
        "design": {"method": "counted", "rationale": "Counted and paid."},
        "claims": {"file": "data.csv", "claims_of": "what", "as_of": "2025-03-31",
                   "source": "Invented", "status": "INVENTED", **columns},
        "payment": {"currency": "GBP", "year": "2024-25", "rate_cards": [CARD], "clauses": [],
                    "years": [{"year": "2023-24", "start": "2023-04-01", "end": "2024-03-31"},
                              {"year": "2024-25", "start": "2024-04-01", "end": "2025-03-31"}],
                    "earlier_years": [{"year": "2023-24", "paid": recorded, "reason": "None",
                                       "reference": "An invoice"}]},
    }  # fmt: skip
    return evaluate(load_evaluation(invented.write_evaluation(folder, spec, data=frame)))


@pytest.mark.parametrize(
    ("before", "accrued", "paid", "named"),
    [
        (3, 0, None, r"starts in 2023-24"),
        (20, 2, None, r"starts, not verified \(2024-25\)"),
        (20, 0, 4, r"starts, beside what was recorded as paid"),
    ],
)
def test_claims_of_few_in_a_year_stop_the_release_and_are_named(
    tmp_path, before, accrued, paid, named
):
    evaluation = claims(tmp_path / "few", before, accrued, paid)
    account = evaluation.account.to_frame().set_index("year")
    if before < 10:  # the attack: claims and amount of the year are two equations in two unknowns
        year = account.loc["2023-24"]
        assert (int(year["due"]) - 1800 * int(year["claims"])) / (1200 - 1800) == before
    if accrued:
        assert account.loc["2024-25", "accrued"] == 1200 * accrued
    with pytest.raises(DisclosureError, match=named):
        release(evaluation)


def test_enough_claims_in_every_year_pass(tmp_path):
    release(claims(tmp_path / "enough", 20, 12))


@pytest.mark.parametrize(
    ("measure", "passes"),
    [
        ({"label": "Started", "unit": "people"}, False),
        ({"label": "Participants who started"}, False),
        ({"label": "Started", "unit": "days"}, True),
        ({"label": "Wait of participants", "unit": "days"}, True),
    ],
)
def test_a_measure_that_is_a_number_of_few_people_stops_the_release(tmp_path, measure, passes):
    frame = invented.measures([300, 300, 300], [400, 400, 400]).assign(n=[14, 3, 12])
    folder = invented.measured_evaluation(tmp_path / "a", frame)
    kpi = {"id": "started", "type": "value", "reference": "2", "column": "n", "better": "higher",
           "target": 12, "source": "Invented", **measure}  # fmt: skip
    changed = {"file": "measures.csv", "period": "month", "every": "month", "first": "2025-01",
               "last": "2025-03", "kpis": [kpi]}  # fmt: skip
    invented.measured_evaluation(folder, frame, performance=changed)
    evaluation = evaluate(load_evaluation(folder))
    if passes:
        release(evaluation)
    else:
        with pytest.raises(DisclosureError, match=r"performance\.kpis\.started"):
            release(evaluation)


@pytest.mark.parametrize(
    ("owed", "is_of_few"),
    [(3 * 1200, True), (-1800, True), (2 * 1800 + 1200, True), (0, False), (1000, False)],
)
def test_a_correction_at_the_price_of_few_stops_the_release(tmp_path, owed, is_of_few):
    """The attack: the amount of the correction over the price is how many claims were corrected."""
    evaluation = claims(tmp_path / "few", 20, 0, owed=owed)
    year = evaluation.account.to_frame().set_index("year").loc["2023-24"]
    assert year["to_pay"] == owed
    if is_of_few:
        with pytest.raises(DisclosureError, match=r"the correction of 2023-24"):
            release(evaluation)
    else:
        release(evaluation)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("named", "passes"),
    [("Average over groups", False), pytest.param("headline", True, marks=pytest.mark.soak)],
)
def test_a_clause_is_not_paid_by_an_average_that_is_held_back(tmp_path, named, passes):
    outcome = {"id": "days", "label": "Days in hospital", "unit": "days", "column": "y",
               "direction": "lower_is_better", "primary": True}  # fmt: skip
    clause = {"id": "tariff", "type": "tariff", "label": "Days", "reference": "1", "price": 100,
              "outcome": "days", "measure": "effect", "unit": "day", "cap": 100000,
              "estimate_used": {"blend": {named: 1.0}}, "source": "Invented"}  # fmt: skip
    folder = invented.panel_evaluation(
        tmp_path / "panel", invented.panel({4: 3, 5: 30, 6: 25}), outcomes=[outcome],
        payment={"currency": "GBP", "clauses": [clause]},
    )  # fmt: skip
    evaluation = evaluate(load_evaluation(folder))
    paid = float(evaluation.payment.total) / 100
    known = dict(evaluation.results["days"].alternatives) | {
        "headline": evaluation.results["days"].effect
    }
    assert abs(paid - known[named]) < 0.01  # what a reader works out
    if passes:
        release(evaluation)
    else:
        with pytest.raises(DisclosureError, match=r"paid-estimates.*tariff: Average over groups"):
            release(evaluation)
