"""Claims at the prices of a rate card: paid to the penny, or refused with every reason at once."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.claims import Claims
from pbc_eval.agreement.payment_terms import PaymentTerms, payment_terms_from
from pbc_eval.errors import DataError, PaymentTermsError
from pbc_eval.payment.account import Account, account_of, claims_account
from pbc_eval.payment.claims import claim_counts

pytestmark = pytest.mark.slow  # seconds, together

ROOT = Path(__file__).parents[2]
GOLDEN = json.loads((ROOT / "tests/golden/contracts/care_leavers_rate_cards.json").read_text())
YEARS = [
    {"year": "2023-24", "start": "2023-04-01", "end": "2024-03-31"},
    {"year": "2024-25", "start": "2024-04-01", "end": "2025-03-31"},
    {"year": "2025-26", "start": "2025-04-01", "end": "2026-03-31"},
]
PRICES = [
    {"id": "start", "label": "Starts work", "price": 500},
    {"id": "stay", "label": "Stays in work", "price": 800, "claims_per_person": 2},
]
CARD = {"reference": "Schedule 2", "source": "Invented", "claims_per_person": 1, "prices": PRICES}
CHANGE = {"id": "variation-1", "on": "2024-07-01", "reference": "Deed 1", "reason": "Agreed"}
FILE: dict[str, Any] = {
    "file": "claims.csv",
    "claims_of": "what",
    "claim": "claim",
    "person": "person",
    "units": "claims",
    "achieved_on": "day",
    "state": "state",
    "corrects": "corrects",
    "source": "Invented",
    "status": "INVENTED",
}
COLUMNS = ["claim", "what", "person", "day", "claims", "state", "corrects"]


def terms(**more: Any) -> PaymentTerms:
    base: dict[str, Any] = {"currency": "GBP", "rate_cards": [CARD], "year": "2024-25"}
    base |= {"years": YEARS, "variations": [{**CHANGE, "prices": {"start": 650}}]}
    base["earlier_years"] = [{"year": "2023-24", "paid": 500, "reference": "Invoice 1"}]
    return payment_terms_from(base | more)


def rows(*lines: str) -> pd.DataFrame:
    """Rows such as 'C1 start P1 2024-05-01 1 verified'."""
    cells = [[*line.split(), ""][: len(COLUMNS)] for line in lines]
    frame = pd.DataFrame(cells, columns=COLUMNS)
    return frame.assign(claims=pd.to_numeric(frame["claims"]))


def account(agreed: PaymentTerms, frame: pd.DataFrame, **file: Any) -> Account:
    return claims_account(agreed, FILE | file, frame)


def test_every_metric_of_three_bonds_is_paid_to_the_penny() -> None:
    """64 metrics, 4,885,540 pounds: prices and claims of the example, payments of the source."""
    with (ROOT / "data/care-leavers/claims.csv").open(encoding="utf-8") as stream:
        claimed = list(csv.DictReader(stream))
    cards = [
        {
            **CARD,
            "claims_per_person": "several",
            "cohort": bond,
            "prices": [
                {"id": line["metric"], "label": entry["metric"], "price": entry["price_per_unit"]}
                for line, entry in zip(claimed, GOLDEN, strict=True)
                if entry["project"] == bond
            ],
        }
        for bond in sorted({entry["project"] for entry in GOLDEN})
    ]
    agreed = payment_terms_from({"currency": "GBP", "rate_cards": cards})
    frame = pd.DataFrame(claimed).assign(
        **{name: pd.to_numeric([row[name] for row in claimed]) for name in ("claims", "people")}
    )
    file = {"claims_of": "metric", "file": "claims.csv", "units": "claims", "people": "people"}
    counts = claim_counts(
        agreed, Claims.model_validate({**file, "source": "INDIGO", "status": "READ"}), frame
    )
    paid = account_of(agreed, counts.results(agreed), counts)
    assert [line.amount for line in paid.lines] == [Decimal(e["paid_actual"]) for e in GOLDEN]
    assert paid.balance == 4_885_540
    assert [float(amount) for _, amount in paid.by_cohort.values()] == [
        sum(e["paid_actual"] for e in GOLDEN if e["project"] == bond) for bond in paid.by_cohort
    ]
    published = [
        e for e, row in zip(GOLDEN, claimed, strict=True) if row["claims_are"] == "published"
    ]
    assert all(entry["exact"] for entry in published)
    assert len(published) == 46


def test_a_claim_gets_the_price_in_force_on_its_day() -> None:
    """The day before the variation the old price, on the day the new one."""
    frame = rows("C1 start P1 2024-06-30 1 verified", "C2 start P2 2024-07-01 1 verified")
    agreed = terms(earlier_years=[])
    amounts = {line.clause: line.amount for line in account(agreed, frame).lines}
    assert amounts == {"start": 500, "start-from-2024-07-01": 650, "stay": 0}


def test_a_correction_moves_its_own_year_and_becomes_a_line_of_this_one() -> None:
    frame = rows(
        "C1 start P1 2023-05-01 1 verified",
        "C2 start P2 2024-05-01 1 verified",
        "K1 start P1 2024-09-01 -1 verified C1",
    )
    found = account(terms(), frame)
    assert [(y.year, y.due, y.to_pay) for y in found.years][:2] == [
        ("2023-24", 0, -500),
        ("2024-25", 500, 500),
    ]
    assert found.balance == 0


def test_what_has_accrued_and_what_is_forecast_are_never_due() -> None:
    lines = ["C1 start P1 2024-08-01 1 accrued", "C2 stay P2 2025-08-01 1 forecast"]
    found = account(terms(earlier_years=[]), rows(*lines))
    assert found.balance == 0
    assert [(year.accrued, year.forecast) for year in found.years] == [(0, 0), (650, 0), (0, 800)]
    assert "Nothing of either is due" in str(found.not_due)
    assert str(found.sentences[0]) == "This statement pays for 2024-25."


def test_the_cap_of_each_year_is_the_last_one_agreed_for_it() -> None:
    change = {**CHANGE, "year_caps": {"2024-25": 900}}
    years = [YEARS[0], {**YEARS[1], "cap": 600}, YEARS[2]]
    frame = rows(*(f"C{n} start P{n} 2024-05-01 1 verified" for n in range(3)))
    assert account(terms(years=years, earlier_years=[], variations=[]), frame).balance == 600
    assert account(terms(years=years, earlier_years=[], variations=[change]), frame).balance == 900


def test_a_share_of_a_line_is_of_each_of_its_prices() -> None:
    """Withholding from a line whose price was varied holds back of both prices."""
    held = {"id": "held", "type": "withhold", "label": "Held", "reference": "Schedule 3"}
    held |= {"of": ["start"], "share": 0.1, "source": "Invented"}
    frame = rows("C1 start P1 2024-06-30 1 verified", "C2 start P2 2024-07-01 1 verified")
    assert account(terms(clauses=[held], earlier_years=[]), frame).balance == Decimal("1035.00")


def test_one_cap_for_each_person_holds_over_both_prices_of_a_line() -> None:
    """Two qualifications of one person, one before and one after the price rose: 1,000 at most."""
    change = {**CHANGE, "prices": {"stay": 900}}
    cap = {"id": "each", "label": "Each person", "reference": "S2", "of": ["stay", "start"]}
    frame = rows(
        "C1 stay P1 2024-05-01 1 verified",
        "C2 stay P1 2024-09-01 1 verified",
        "C3 start P2 2024-09-01 1 verified",
    )
    agreed = {
        "variations": [change],
        "earlier_years": [],
        "limits": [cap | {"cap_per_person": 1000}],
    }
    assert account(terms(**agreed), frame).balance == 1000 + 500


def test_a_line_that_comes_later_is_a_card_in_force_from_its_day() -> None:
    later = {**CARD, "reference": "Deed 2", "in_force_from": "2024-10-01"}
    later["prices"] = [{"id": "train", "label": "Trains", "price": 70}]
    agreed = terms(rate_cards=[CARD, later], earlier_years=[])
    assert account(agreed, rows("C1 train P1 2024-10-01 1 verified")).balance == 70
    with pytest.raises(DataError, match="train is paid from 2024-10-01 on"):
        account(agreed, rows("C1 train P1 2024-09-30 1 verified"))


def test_a_price_may_be_varied_twice_and_end() -> None:
    changes = [
        {**CHANGE, "prices": {"start": 650}},
        {**CHANGE, "id": "v2", "on": "2024-09-01", "prices": {"start": 700}},
        {**CHANGE, "id": "v3", "on": "2025-02-01", "ends": ["start"]},
    ]
    days = ["2024-06-30", "2024-07-01", "2024-08-31", "2024-09-01", "2025-01-31"]
    frame = rows(*(f"C{n} start P{n} {day} 1 verified" for n, day in enumerate(days)))
    assert account(terms(variations=changes, earlier_years=[]), frame).balance == 3200


BROKEN_CLAIMS = [
    (
        ["C1 start P1 2024-05-01 1 verified", "C2 start P1 2024-05-09 1 verified"],
        "at most 1 a person",
    ),
    (["C1 strat P1 2024-05-01 1 verified"], "Did you mean 'start'?"),
    (["C1 start P1 2022-05-01 1 verified"], "lies in no payment year"),
    (["C1 start P1 2024-05-01 -1 verified"], "names none that it corrects"),
    (["K1 start P1 2024-05-01 -1 verified C7"], "which is no claim of the file"),
    (["C1 start P1 2024-05-01 1 verified", "C1 start P2 2024-05-01 1 verified"], "2 times"),
    (
        ["C1 start P1 2024-05-01 1 accrued", "K1 start P1 2024-06-01 -1 verified C1"],
        "verified claims",
    ),
    (
        ["C1 start P1 2024-05-01 1 verified", "K1 start P1 2024-06-01 -2 verified C1"],
        "are taken off",
    ),
    (["C1 start P1 2024-05-01 1 verifed"], "Did you mean 'verified'?"),
    (["C1 start P1 2025-05-01 1 verified"], "Set payment.year to 2025-26"),
    (["C1 start P1 2024-05-01 0.5 verified"], "claims are whole"),
]


@pytest.mark.parametrize(("lines", "said"), BROKEN_CLAIMS)
def test_a_claim_that_breaks_a_rule_is_refused_with_its_row(lines: list[str], said: str) -> None:
    with pytest.raises(DataError, match=r"claims\.csv: ") as refused:
        account(terms(), rows(*lines))
    assert said in str(refused.value)


def test_a_claim_after_its_line_ended_is_refused_with_the_days_it_is_paid() -> None:
    agreed = terms(variations=[{**CHANGE, "ends": ["start"]}])
    with pytest.raises(DataError, match=r"when no price was in force .*until 2024-06-30"):
        account(agreed, rows("C1 start P1 2024-07-01 1 verified"))


def test_every_broken_claim_is_told_at_once() -> None:
    lines = ["C1 strat P1 2024-05-01 1 verified", "C2 start P2 2022-05-01 1 verified"]
    with pytest.raises(DataError) as refused:
        account(terms(), rows(*lines))
    assert "row 2" in str(refused.value)
    assert "row 3" in str(refused.value)


BROKEN_VARIATIONS = [
    ({"prices": {"strat": 600}}, "'strat' is no line of a rate card. Did you mean 'start'?"),
    ({"year_caps": {"2023-24": 900}}, "which ended on 2024-03-31, before 2024-07-01"),
    ({"year_caps": {"2024-5": 900}}, "'2024-5' is no payment year"),
    ({"cap": 90_000}, "payment.cap states none"),
    ({}, "changes nothing"),
    ({"prices": {"start": 600}, "ends": ["start"]}, "gets a price and ends"),
    ({"value": 10, "by_year": {"2024-25": 11}}, "by_year adds up to 11 and value is 10"),
]


@pytest.mark.parametrize(("change", "said"), BROKEN_VARIATIONS)
def test_a_variation_that_cannot_be_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(PaymentTermsError) as refused:
        terms(variations=[{**CHANGE, **change}])
    assert said in str(refused.value)


def test_variations_are_listed_by_date() -> None:
    second = {**CHANGE, "id": "variation-2", "on": "2024-06-01", "prices": {"stay": 900}}
    with pytest.raises(PaymentTermsError, match="not after variation-1"):
        terms(variations=[{**CHANGE, "prices": {"start": 650}}, second])


def test_a_rule_on_persons_that_no_column_can_check_is_refused() -> None:
    frame = rows("C1 start P1 2024-05-01 1 verified").drop(columns="person")
    with pytest.raises(DataError, match=r"claims\.person or claims\.people"):
        account(terms(), frame, person=None)


def test_terms_that_were_written_out_are_read_again_as_they_were() -> None:
    agreed = terms()
    assert payment_terms_from(agreed.model_dump(mode="json")) == agreed


CLAIM = st.tuples(
    st.sampled_from(["start", "stay"]),
    st.integers(1, 700),  # days after the first
    st.sampled_from(["verified", "accrued", "forecast"]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(CLAIM, max_size=25), st.randoms(use_true_random=False))
def test_claims_come_to_what_adding_them_one_by_one_does(
    made: list[tuple[str, int, str]], shuffled: Any
) -> None:
    """A slow twin: each claim at its own price in its own year, whatever the order of the rows."""
    first = pd.Timestamp("2023-04-01")
    lines, due = [], {"2023-24": 0, "2024-25": 0}
    for number, (what, days, state) in enumerate(made):
        day = first + pd.Timedelta(days=days)
        lines.append(f"C{number} {what} P{number} {day:%Y-%m-%d} 1 {state}")
        year = "2023-24" if day < pd.Timestamp("2024-04-01") else "2024-25"
        price = 800 if what == "stay" else 650 if day >= pd.Timestamp("2024-07-01") else 500
        due[year] += price * (state == "verified")
    shuffled.shuffle(lines)
    if not lines:
        return
    found = account(terms(), rows(*lines))
    assert [year.due for year in found.years[:2]] == list(due.values())
    assert found.balance == sum(due.values()) - 500


def ended(frame: pd.DataFrame, **more: Any) -> Account:
    """The account of 2025-26, of which every price ended with the year before."""
    card = {**CARD, "in_force_until": "2025-03-31"}
    paid = [("2023-24", 500), ("2024-25", 1300)]
    earlier = [{"year": year, "paid": amount, "reference": "Invoice"} for year, amount in paid]
    base = {"rate_cards": [card], "year": "2025-26", "earlier_years": earlier}
    return account(terms(**base | more), frame)


MADE = ("C1 start P1 2023-05-01 1 verified", "C2 start P2 2024-08-01 1 verified")


def test_a_contract_of_which_every_price_has_ended_still_corrects_earlier_years() -> None:
    """1,300 was paid for 2024-25: 650 for one claim is due, and the other was withdrawn."""
    known = ended(rows(*MADE, "K1 start P1 2025-09-01 -1 verified C1"))
    assert [(y.year, y.due, y.to_pay) for y in known.years] == [
        ("2023-24", 0, -500),
        ("2024-25", 650, -650),
        ("2025-26", 0, 0),
    ]
    assert known.balance == -1150
    assert known.lines == ()
    assert str(known.sentences[0]) == (
        "No clause is paid in 2025-26. Corrections of 2023-24, 2024-25 take off £1,150."
    )


@settings(max_examples=60, deadline=None)
@given(
    claimed=st.lists(st.tuples(st.booleans(), st.integers(1, 9)), min_size=1, max_size=6),
    paid=st.tuples(st.integers(0, 9000), st.integers(0, 9000)),
    cap=st.none() | st.integers(100, 20000),
)
def test_what_is_due_after_the_last_price_is_what_was_not_paid_of_it(
    claimed: list[tuple[bool, int]], paid: tuple[int, int], cap: int | None
) -> None:
    """Due in all, within the contract's cap, less what was paid: to the penny."""
    lines = [
        f"C{n} start P{n} {'2023-05-01' if early else '2024-08-01'} {units} verified"
        for n, (early, units) in enumerate(claimed)
    ]
    card = {**CARD, "in_force_until": "2025-03-31", "claims_per_person": "several"}
    years = zip(("2023-24", "2024-25"), paid, strict=True)
    earlier = [{"year": year, "paid": amount, "reference": "Invoice"} for year, amount in years]
    limit = {} if cap is None else {"cap": cap}
    known = ended(rows(*lines), rate_cards=[card], earlier_years=earlier, **limit)
    due = sum(units * (500 if early else 650) for early, units in claimed)
    assert known.balance == (due if cap is None else min(due, cap)) - sum(paid)


def test_a_year_without_clauses_and_without_anything_to_correct_is_refused_with_what_serves() -> (
    None
):
    with pytest.raises(PaymentTermsError) as refused:
        ended(rows(*MADE), earlier_years=[])
    words = str(refused.value)
    assert "no clause is paid in year '2025-26', and no earlier year is corrected" in words
    assert "restate under earlier_years" in words
    restated = {"outcome": "start", "source": "counted", "count": 1}
    later = {"outcome": "start-from-2024-07-01", "source": "counted", "count": 1}
    stay = {"outcome": "stay", "source": "counted", "count": 0}
    year = {"year": "2024-25", "paid": 1300, "reference": "Invoice", "reason": "One was withdrawn"}
    first = {"year": "2023-24", "paid": 500, "reference": "Invoice"}
    corrected = {**year, "restated": [restated, later, stay]}
    assert ended(rows(*MADE), earlier_years=[first, corrected]).balance == -650
