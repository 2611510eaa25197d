"""Payment terms: money without loss, clauses that cannot be meant are refused with the remedy."""

from decimal import Decimal

import pytest

from pbc_eval.agreement.money import exact_decimal, money_text
from pbc_eval.agreement.payment_terms import PaymentTerms, payment_terms_from
from pbc_eval.errors import PaymentTermsError

WORDS = {"id": "a", "label": "A", "reference": "para 1", "source": "test", "outcome": "jobs"}
TARIFF = WORDS | {"type": "tariff", "measure": "total", "price": 10}
CLIFF = WORDS | {"type": "threshold", "measure": "relative_effect", "minimum": 0.1, "amount": 5}
BANDS = WORDS | {"type": "bands", "measure": "effect", "mode": "retroactive"}


def terms(*clauses, **fields) -> PaymentTerms:
    return payment_terms_from({"currency": "GBP", "clauses": list(clauses)} | fields)


# --- money ---


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        (1250, "1250"),
        (0.1, "0.1"),
        (1250.5, "1250.5"),
        ("1,250.50", "1250.50"),
        ("1250.50", "1250.50"),
        ("12345678901234567890.12", "12345678901234567890.12"),
        (Decimal("0.005"), "0.005"),
    ],
)
def test_money_is_read_without_loss(written, exact):
    assert str(exact_decimal(written)) == exact


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("£1,000", r"got '£1,000'\. The currency is stated once.* Did you mean 1000\?"),
        ("1000 GBP", "The currency is stated once.* Did you mean 1000"),
        ("25%", r"Did you mean 0\.25\?"),
        ("1.250,50", r"got .1\.250,50.\. Did you mean 1250\.5\?"),
        ("1,25", r"got .1,25.\. Did you mean 1\.25\?"),
        ("1e6", "plain number"),
        (True, "must be a number"),
        (float("nan"), "finite"),
        (None, "must be a number"),
    ],
)
def test_money_that_is_ambiguous_is_refused(written, message):
    with pytest.raises(ValueError, match=message):
        exact_decimal(written)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1200", "GBP", "£1,200"),
        ("1200.5", "EUR", "€1,200.50"),
        ("-0.125", "USD", "-$0.125"),
        ("1E+6", "AUD", "A$1,000,000"),
        ("1200.00", "GBP", "£1,200"),
    ],
)
def test_money_is_printed_one_way(amount, currency, text):
    assert money_text(Decimal(amount), currency) == text


# --- refusals ---


@pytest.mark.parametrize(
    ("clause", "message"),
    [
        (CLIFF | {"minimum": 25}, r"a > minimum|minimum must be a fraction .* mean 0\.25\?"),
        (CLIFF | {"minimum": "25%"}, r"a > minimum: .* mean 0\.25\?"),
        (CLIFF | {"minimum": 0}, "greater than 0"),
        (CLIFF | {"price": 5}, "either amount .* or price"),
        (CLIFF | {"amount": None, "price": 5}, "Add paid_on: total"),
        (CLIFF | {"paid_on": "total"}, "amount is a lump"),
        (TARIFF | {"measure": "relative_effect"}, "a relative effect has none"),
        (TARIFF | {"deadweight": 0.2}, "already net of what would have happened"),
        (TARIFF | {"baseline_count": 5}, "already net of what would have happened"),
        (TARIFF | {"measure": "count", "deadweight": 25}, r"a > deadweight: .* mean 0\.25\?"),
        (TARIFF | {"measure": "count", "deadweight": "25%"}, r"Did you mean 0\.25"),
        (TARIFF | {"measure": "count", "deadweight": 0.1, "baseline_count": 5}, "Keep one"),
        (TARIFF | {"measure": "count", "estimate_used": "lower_bound"}, "no sampling error"),
        (TARIFF | {"estimate_used": "lower_bounds"}, "mean 'lower_bound'"),
        (TARIFF | {"estimate_used": {"blend": {"headline": 0.8}}}, "sum to 1, got 0.8"),
        (TARIFF | {"price": "£1,000"}, "a > price: .*Did you mean 1000"),
        (TARIFF | {"price": -5}, "deduction: true"),
        (TARIFF | {"cap": 5, "floor": 6}, "floor 6 is above cap 5"),
        (TARIFF | {"cap": "5.005"}, "finer than payments"),
        (TARIFF | {"pricee": 5}, "unknown key. Did you mean 'price'"),
        (TARIFF | {"type": "tarif"}, "type must be one of .* mean 'tariff'"),
        ({k: v for k, v in TARIFF.items() if k != "source"}, "a > source: is missing"),
        (WORDS | {"type": "fixed_fee", "amount": 5, "times": 2}, "either for each counted"),
    ],
)
def test_a_clause_that_cannot_be_meant_is_refused(clause, message):
    with pytest.raises(PaymentTermsError, match=message):
        terms(clause)


def band(lower, upper, **pays):
    return {"from": lower, "to": upper} | (pays or {"pay": 1})


@pytest.mark.parametrize(
    ("bands", "message"),
    [
        ([band(0, 1), band(2, None)], r"between bands \[0, 1\) and \[2, no upper end\)"),
        ([band(0, 2), band(1, None)], r"\[0, 2\) and \[1, no upper end\) overlap.*at 1"),
        ([band(5, None), band(0, 5)], r"\[5, no upper end\) and \[0, 5\) are not in rising"),
        ([band(0, 1)], r"above band \[0, 1\)\. Set its to: null"),
        ([band(1, 1)], "ends where it starts"),
        ([band(0, None, pay=1, rate=1)], "either pay .* or rate"),
        ([band(-1, None)], "greater than or equal to 0"),
        ([], "at least 1 item"),
    ],
)
def test_bands_that_leave_a_doubt_are_refused(bands, message):
    with pytest.raises(PaymentTermsError, match=message):
        terms(BANDS | {"bands": bands})


def test_marginal_bands_price_the_measure_itself():
    clause = BANDS | {"bands": [band(0, None)], "mode": "marginal", "paid_on": "total"}
    with pytest.raises(PaymentTermsError, match="Remove paid_on"):
        terms(clause)


def test_percent_bands_of_a_relative_effect_are_refused():
    clause = BANDS | {"bands": [band(0, 10), band(10, None)], "measure": "relative_effect"}
    with pytest.raises(PaymentTermsError, match=r"to must be a fraction .* mean 0\.1\?"):
        terms(clause)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"currency": "£"}, "ISO 4217"),
        ({"cap": 1, "floor": 2}, "contract floor 2 is above contract cap 1"),
        ({"cap": "1.50", "rounding": {"decimals": 0}}, "finer than payments"),
        ({"rounding": {"mode": "up"}}, "rounding > mode"),
        ({"clauses": [TARIFF, CLIFF]}, "ids must be unique, got a"),
    ],
)
def test_a_contract_that_cannot_be_meant_is_refused(fields, message):
    with pytest.raises(PaymentTermsError, match=message):
        terms(TARIFF, **fields)


def test_every_problem_is_reported_at_once():
    with pytest.raises(PaymentTermsError) as refusal:
        terms(TARIFF | {"price": "£1"}, CLIFF | {"id": "b", "minimum": "5%"}, currency="gbp")
    assert len(str(refusal.value).splitlines()) == 3


def test_terms_survive_a_round_trip_and_cannot_be_changed():
    agreed = terms(TARIFF, BANDS | {"id": "b", "bands": [band(0, 1), band(1, None, rate="0.333")]})
    assert payment_terms_from(agreed.model_dump(mode="json")) == agreed
    with pytest.raises(ValueError, match="frozen"):
        agreed.cap = Decimal(1)
