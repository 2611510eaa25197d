"""Releases that would tell about few are refused or altered, and the page of them is up to date."""

import importlib.util
import sys

import pytest
from evaluations import PROJECT

pytestmark = pytest.mark.slow  # an evaluation is run


@pytest.fixture(scope="module")
def refused():
    spec = importlib.util.spec_from_file_location(
        "make_refused_releases", PROJECT / "tools" / "make_refused_releases.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_refused_releases"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def found(refused):
    return refused.screens()


SAID = {  # what each screen names: the thing, the rule, the remedy
    "headline-on-few": ["readmissions", "fewer than 10 treated units", "Publish a wider group"],
    "words-of-few": ["limitations[1]", "Three patients", "Change the words", "reviewed"],
    "largest-value": ["areas", "about one person", "max_income", "leave these figures out"],
    "median-in-a-final-edition": ["areas", "median", "publication.disclosure.reviewed"],
    "low-threshold": ["threshold is 5", "Add a reason"],
    "dominance-off": ["dominance is switched off", "Add a reason"],
    "rounding-too-wide": ["rounding to 10", "threshold 5", "round to less"],
    "told-in-another-edition": ["areas@2025", "East, people", "held back in 2026", "Hold the same"],
    "few-who-came": ["areas@2025", "East, people", "the few who came or left", "rounded counts"],
    "small-count-and-its-cover": ["North", "[c]", "30", "20"],
    "step-of-the-ledger": ["500", "400", "[c]"],
    "sentence": ["Fewer than 10 treated and 40", "[c] in all"],
    "rounded": ["115", "150"],
    "one-large-contributor": ["200.0", "270.0", "[c]"],
}
NOT_SAID = {
    "headline-on-few": ["8 treated"],
    "largest-value": ["81000", "94500", "94,500"],
    "few-who-came": ["44", "40", " 4 "],
    "small-count-and-its-cover": [" 9", "12"],
    "step-of-the-ledger": ["97", " 3 "],
    "one-large-contributor": ["320", "60.0"],
}


@pytest.mark.parametrize("name", SAID)
def test_each_names_the_thing_the_rule_and_the_remedy_and_no_value(found, name):
    for words in SAID[name]:
        assert words in found[name]
    for words in NOT_SAID.get(name, []):
        assert words not in found[name]


def test_the_page_of_refused_releases_is_up_to_date(refused, found):
    assert found.keys() == SAID.keys()
    assert refused.PAGE.read_text(encoding="utf-8") == refused.page(found)
