"""Any plan, whatever varies it: the terms in force are those of the last variation, a year pays no
more than its cap, years add up, and nothing that is not verified moves what is due."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.payment_terms import PaymentTerms, payment_terms_from
from pbc_eval.errors import DataError
from pbc_eval.payment.account import Account, claims_account

pytestmark = pytest.mark.slow  # seconds, together

FIRST = dt.date(2023, 4, 1)
YEARS = [
    {"year": "2023-24", "start": "2023-04-01", "end": "2024-03-31"},
    {"year": "2024-25", "start": "2024-04-01", "end": "2025-03-31"},
    {"year": "2025-26", "start": "2025-04-01", "end": "2026-03-31"},
]
LINES = ("start", "stay")
FILE = {
    **{"file": "claims.csv", "claims_of": "what", "claim": "claim", "person": "person"},
    **{"achieved_on": "day", "state": "state", "corrects": "corrects", "units": "claims"},
    **{"source": "Invented", "status": "INVENTED"},
}
MONEY = st.integers(0, 5_000)
DAY = st.integers(0, 1_095)  # after the first day of the first year


@st.composite
def contracts(draw: st.DrawFn) -> dict[str, Any]:
    """A contract of three years, with caps or without, and up to four variations by date."""
    prices = {line: draw(MONEY) for line in LINES}
    caps = {year["year"]: draw(st.none() | MONEY) for year in YEARS}
    cap = draw(st.none() | st.integers(0, 20_000))
    changes, ended = [], dict[str, int]()
    days = draw(st.lists(st.integers(1, 1_000), max_size=4, unique=True))
    for number, day in enumerate(sorted(days)):
        change: dict[str, Any] = {"id": f"v{number}", "on": str(FIRST + dt.timedelta(days=day))}
        change |= {"reference": f"Deed {number}", "reason": "Agreed"}
        open_lines = [line for line in LINES if line not in ended]
        new = {line: draw(MONEY) for line in open_lines if draw(st.booleans())}
        over = [] if "stay" in ended or "stay" in new or draw(st.integers(0, 3)) else ["stay"]
        ended |= dict.fromkeys(over, day)
        capped = {
            year["year"]: draw(MONEY)
            for year in YEARS
            if caps[year["year"]] is not None
            and dt.date.fromisoformat(year["end"]) >= FIRST + dt.timedelta(days=day)
            and draw(st.booleans())
        }
        change |= {"prices": new, "ends": over, "year_caps": capped}
        if cap is not None and draw(st.booleans()):
            change["cap"] = draw(st.integers(0, 20_000))
        if new or over or capped or "cap" in change:
            changes.append(change)
    year = draw(st.sampled_from([year["year"] for year in YEARS]))
    paid = {y["year"]: draw(MONEY) for y in YEARS if y["year"] < year}
    made = {"prices": prices, "caps": caps, "cap": cap, "changes": changes, "year": year}
    return made | {"paid": paid}


CLAIM = st.tuples(
    st.sampled_from(LINES), DAY, st.sampled_from(["verified", "verified", "accrued", "forecast"])
)


def terms_of(contract: dict[str, Any]) -> PaymentTerms:
    card = {"reference": "Schedule 2", "source": "Invented", "claims_per_person": 1}
    prices = [{"id": k, "label": k, "price": v} for k, v in contract["prices"].items()]
    years = [
        year | ({} if (cap := contract["caps"][year["year"]]) is None else {"cap": cap})
        for year in YEARS
    ]
    terms = {"currency": "GBP", "rate_cards": [card | {"prices": prices}], "years": years}
    terms |= {"variations": contract["changes"], "year": contract["year"]}
    terms["earlier_years"] = [
        {"year": name, "paid": paid, "reference": f"Invoice {name}"}
        for name, paid in contract["paid"].items()
    ]
    return payment_terms_from(terms | ({} if contract["cap"] is None else {"cap": contract["cap"]}))


def price_on(contract: dict[str, Any], line: str, day: int) -> int | None:
    """The twin: the last variation in force that names the line; None once it has ended."""
    price: int | None = contract["prices"][line]
    for change in contract["changes"]:
        if change["on"] <= str(FIRST + dt.timedelta(days=day)):
            price = None if line in change["ends"] else change["prices"].get(line, price)
    return price


def in_force(contract: dict[str, Any], year: str) -> int | None:
    cap: int | None = contract["caps"][year]
    for change in contract["changes"]:
        cap = change["year_caps"].get(year, cap)
    return cap


def year_of(day: int) -> str:
    on = str(FIRST + dt.timedelta(days=day))
    return next(y["year"] for y in YEARS if y["start"] <= on <= y["end"])


def account_of(contract: dict[str, Any], claims: list[tuple[str, int, str]], order: Any) -> Account:
    rows = [
        {
            **{"claim": f"C{n}", "what": line, "person": f"P{n}", "claims": 1, "state": state},
            **{"day": str(FIRST + dt.timedelta(days=day)), "corrects": ""},
        }
        for n, (line, day, state) in enumerate(claims)
    ]
    order.shuffle(rows)
    return claims_account(terms_of(contract), FILE, pd.DataFrame(rows))


def told(contract: dict[str, Any], claims: list[tuple[str, int, str]]) -> list[Any]:
    """The claims that a contract lets be told: its price in force, none verified after the year."""
    names = [year["year"] for year in YEARS]
    now = names.index(contract["year"])
    return [
        (line, day, state)
        for line, day, state in claims
        if price_on(contract, line, day) is not None
        and (state != "verified" or names.index(year_of(day)) <= now)
    ]


@settings(max_examples=80, deadline=None)
@given(contracts(), st.lists(CLAIM, max_size=15), st.randoms(use_true_random=False))
def test_the_plan_and_its_variations_are_the_terms_that_pay(
    contract: dict[str, Any], claims: list[tuple[str, int, str]], order: Any
) -> None:
    claims = told(contract, claims)
    if not claims:
        return
    made = account_of(contract, claims, order)
    names = [year["year"] for year in YEARS]
    now = names.index(contract["year"])
    in_all = Decimal(0)
    for name, year in zip(names, made.years, strict=True):
        priced = [
            (price_on(contract, line, day) or 0, state)
            for line, day, state in claims
            if year_of(day) == name
        ]
        due = sum(price for price, state in priced if state == "verified")
        if (cap := in_force(contract, name)) is not None:
            due = min(due, cap)
            assert year.due <= cap
        if names.index(name) <= now:
            assert year.due == due
            assert year.to_pay == due - contract["paid"].get(name, 0)
        in_all += year.due
        assert year.due_in_all == in_all
        assert year.accrued == sum(price for price, state in priced if state == "accrued")
        assert year.forecast == sum(price for price, state in priced if state == "forecast")
    assert sum(year.to_pay for year in made.years) + made.contract_limits == made.balance
    cap = contract["cap"]
    for change in contract["changes"]:  # by the end of the year that is paid
        if change["on"] <= YEARS[now]["end"]:
            cap = change.get("cap", cap)
    if cap is not None:
        assert made.balance <= cap


@settings(max_examples=40, deadline=None)
@given(contracts(), st.lists(CLAIM, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_nothing_is_due_from_what_is_not_verified(
    contract: dict[str, Any], claims: list[tuple[str, int, str]], order: Any
) -> None:
    claims = told(contract, claims)
    verified = [claim for claim in claims if claim[2] == "verified"]
    if not verified:
        return
    with_it, without = (account_of(contract, some, order) for some in (claims, verified))
    assert with_it.balance == without.balance
    assert [year.due for year in with_it.years] == [year.due for year in without.years]


@settings(max_examples=40, deadline=None)
@given(contracts(), CLAIM, st.integers(0, 1_095))
def test_who_claims_twice_is_named_in_whatever_years_and_prices(
    contract: dict[str, Any], claim: tuple[str, int, str], again: int
) -> None:
    line, day, _ = claim
    both = told(contract, [(line, day, "verified"), (line, again, "verified")])
    if len(both) < 2:
        return
    rows = [
        {
            **{"claim": f"C{n}", "what": what, "person": "P7", "claims": 1, "state": state},
            **{"day": str(FIRST + dt.timedelta(days=on)), "corrects": ""},
        }
        for n, (what, on, state) in enumerate(both)
    ]
    with pytest.raises(DataError, match=r"at most 1 a person[\s\S]*P7 \(2 in rows 2, 3\)"):
        claims_account(terms_of(contract), FILE, pd.DataFrame(rows))
