"""No two pages of a site disagree: report, summary, what-if page, design note, contract and index.

The owner of what they say is the edition's own results.json.
"""

import functools
import re

import pytest
from pages import Reader
from report.test_pages_agree import MONEY, contradictions

from pbc_eval.messages import numbers as fmt
from pbc_eval.publish.edition_results import read_results

pytestmark = pytest.mark.slow  # whole editions


@pytest.fixture(
    scope="module",
    params=["few_pages", pytest.param("every_page", marks=pytest.mark.soak)],
)
def reports(request):
    return request.getfixturevalue(request.param)


def editions_of(reports):
    """Each edition's folder with its results, the newest of each contract last."""
    return [
        (file.parent.parent, read(file.parent.parent))
        for file in sorted(reports.glob("*/*/downloads/results.json"))
    ]


read = functools.cache(read_results)


def text_of(page):
    return " ".join(Reader(page.read_text(encoding="utf-8")).text.split())


def pages_of(edition):
    return {path.name: text_of(path) for path in sorted(edition.glob("*.html"))}


def test_no_pages_of_one_contract_hold_a_pair_of_sentences_that_disagree(reports):
    """Read one by one and together, the page of the contract with its newest edition."""
    for edition, results in editions_of(reports):
        several = len(results.outcomes) > 1
        pages = pages_of(edition)
        if edition == max(
            each for each, _ in editions_of(reports) if each.parent == edition.parent
        ):
            pages["contract"] = text_of(edition.parent / "index.html")
        for name, text in {**pages, "together": " ".join(pages.values())}.items():
            pairs = contradictions(text)
            if several:
                pairs = [pair for pair in pairs if not pair.startswith("none near zero")]
            assert pairs == [], (edition, name)


def test_every_page_of_an_edition_names_one_payment_and_one_return(reports):
    for edition, results in editions_of(reports):
        pages, seen = pages_of(edition), set()
        for name, text in pages.items():
            for pattern, amount in facts_of(results):
                amounts = set(re.findall(pattern, text))
                currency = results.particulars.contract.currency
                # a revision tells what the edition before it said
                known = {amount, *(earlier_facts(edition, pattern))}
                allowed = {fmt.money(each, currency, digits) for each in known for digits in (0, 2)}
                assert amounts <= allowed, (edition, name, amounts, allowed)
                seen |= amounts
        assert seen or not list(facts_of(results)), edition  # the patterns still find something


def earlier_facts(edition, pattern):
    """The same numbers of the other editions of this contract."""
    return [
        amount
        for other, results in editions_of(edition.parent.parent)
        if other.parent == edition.parent
        for known, amount in facts_of(results)
        if known == pattern
    ]


def facts_of(results):
    """What a page may say in figures: where it stands, and the number."""
    if results.payment is not None:
        total = abs(float(results.payment.total))
        yield rf"(?:Payment due(?: \(illustrative\))?|Payment expected) ({MONEY})", total
        yield rf"({MONEY}) is due, the sum", total
        yield rf"beside ({MONEY}) as agreed", total
    if results.social_return is not None:
        ratio = results.social_return.ratio
        yield rf"Social return per {MONEY} invested ({MONEY})", ratio


def test_contract_and_index_tell_of_the_newest_edition_what_it_tells_itself(reports):
    index = text_of(reports / "index.html")
    newest = {edition.parent: (edition, results) for edition, results in editions_of(reports)}
    for contract, (_, results) in newest.items():
        page, headline = text_of(contract / "index.html"), results.particulars.headline
        if headline is not None:
            assert headline.figure in page, contract
            assert headline.verdict_words in page, contract
            assert headline.verdict_words in index, contract
        if results.payment is not None:
            currency = results.particulars.contract.currency
            assert fmt.money(float(results.payment.total), currency) in page, contract
        if results.social_return is not None:
            assert fmt.number(results.social_return.ratio, 2) in page, contract
