"""No page says two things of one fact: all examples are read for pairs that disagree.

A fact has one owner (a record of the evaluation), and whatever a page says of it is compared with
that: the payment, the return, each headline. Then pairs of sentences that cannot both be true.
"""

import functools
import re

import pytest
from evaluations import EACH, released_of
from pages import Reader
from portfolios import portfolio
from shown import page_html

import pbc_eval as pbc
from pbc_eval.messages import numbers as fmt

pytestmark = pytest.mark.slow  # whole evaluations

MONEY = r"[£$€]\s?[\d,]+(?:\.\d+)?"
PAIRS = {  # never both on one page
    "no payment, and one": (r"No payment is known", rf"{MONEY} (?:is|are) due|due or was paid"),
    "nothing is due, and something": (
        r"nothing is due\b(?! by it)",
        rf"(?<!not )\b{MONEY} is due, the sum",
    ),
    "no measure of chance, and one": (
        r"How far chance could explain the result cannot be said",
        r"95% confidence interval",
    ),
    "a forecast, and verified": (r"\bforecast; nothing is due", r"\bverified and due\b"),
    "not registered, and compared": (
        r"No design note was registered",
        r"Every agreed part was compared",
    ),
    "none near zero, and cannot tell": (
        r"It keeps its direction throughout\.",
        r"It loses its direction without",
    ),
}
SEVERAL = {"none near zero, and cannot tell"}  # of each outcome, so only where there is one


@functools.cache
def page(name):
    released = released_of(name)
    return released, Reader(page_html(released)).text


def contradictions(text, pairs=PAIRS):
    return [
        name
        for name, (here, there) in pairs.items()
        if re.search(here, text) and re.search(there, text)
    ]


@pytest.mark.parametrize("name", EACH)
def test_no_page_holds_a_pair_of_sentences_that_disagree(name):
    released, text = page(name)
    several = len(released.findings) > 1
    pairs = {k: v for k, v in PAIRS.items() if not (several and k in SEVERAL)}
    assert contradictions(text, pairs) == []


@pytest.mark.parametrize("name", EACH)
def test_every_word_on_the_payment_is_that_of_the_statement(name):
    released, text = page(name)
    if released.payment is None:
        assert not re.search(r"Payment due", text)
        return
    total, currency = released.payment.total, released.spec.contract.currency
    whole = fmt.money(float(total), currency)
    assert whole in text
    said = re.findall(rf"({MONEY}) is due, the sum", text)
    assert {fmt.money(float(re.sub(r"[^\d.]", "", amount)), currency) for amount in said} <= {whole}
    of_due = re.findall(rf"beside ({MONEY}) as agreed", text)
    assert {amount.rstrip(",.") for amount in of_due} <= {whole}


@pytest.mark.parametrize("name", EACH)
def test_every_word_on_the_return_is_that_of_the_value_map(name):
    released, text = page(name)
    if released.sroi is None:
        assert "Social return per" not in text
        return
    ratio = fmt.money(released.sroi.ratio, released.spec.contract.currency, 2)
    boxes = re.findall(rf"Social return per {MONEY} invested ({MONEY})", text)
    assert boxes
    assert set(boxes) == {ratio}


@pytest.mark.parametrize("name", EACH)
def test_no_verdict_stands_against_what_is_said_of_its_outcome(name):
    released, text = page(name)
    for finding in released.findings:
        label = re.escape(finding.outcome.label)
        unsure = re.search(rf"{label}: we cannot tell whether", text)
        assert not (unsure and finding.headline.significant), finding.outcome.label


@pytest.mark.parametrize("row", ["1000,400", "1000,", ","])
def test_a_portfolio_that_knows_of_a_payment_does_not_say_that_none_is_known(tmp_path, row):
    agreed, paid = row.split(",")
    spec = portfolio(tmp_path, [f"Area,jobs,2,1,4,{agreed},{paid},50,Report"])
    released = pbc.release_portfolio(pbc.portfolio_of(spec, tmp_path))
    text = Reader(page_html(released)).text
    assert contradictions(text) == []
    assert ("No payment is known" in text) == (not paid)
    assert ("£400" in text) == bool(paid)


def test_the_reader_would_see_a_pair():
    assert contradictions("No payment is known. Of others £2,533,053 is due or was paid.")
    assert not contradictions("No payment is known.")
