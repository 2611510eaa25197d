"""Payment terms that cannot be applied are refused before anything runs, and the page of them is
up to date."""

import importlib.util
import json
import sys

import pytest
from evaluations import PROJECT, files_under, made_once

pytestmark = pytest.mark.slow  # whole commands are run


def _load(name: str):
    spec = importlib.util.spec_from_file_location(name, PROJECT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


evaluations = _load("make_broken_evaluations")
broken = _load("make_broken_payment_terms")

SAID = {  # what each screen names: the thing, the value, the rule, the remedy
    "gap-between-bands": ["payment.clauses[2].bands", "[0.05, 0.07) and [0.08, 0.12)",
                          "Start the second at 0.07"],
    "percentage-for-fraction": ["payment.clauses[2].bands", "got 5", "a fraction in [0, 1]",
                                "Did you mean 0.05?"],
    "deadweight-of-an-effect": ["payment.clauses[1]", "deadweight", "already net of what",
                                "Remove them, or pay on measure: count"],
    "outcome-not-there": ["avoided-readmissions", "'readmission'", "not among the outcomes",
                          "mean 'readmissions'?"],
    "money-with-its-sign": ["payment.clauses[1].cap", "'£2,000,000'", "Did you mean 2000000"],
    "floor-above-cap": ["payment.clauses[4]", "floor 70000 is above cap 60000", "Lower the floor"],
    "weights-above-one": ["payment.clauses[2]", "must sum to 1", "got 1.1"],
    "clauses-in-a-circle": ["late-visits, record-errors-deduction", "rest on each other",
                            "Take one out"],
    "index-that-ends": ["delivery: index 'cpi'", "no value in the year up to 2026-11-30",
                        "Add it under payment.indices"],
    "promise-with-the-wrong-sign": ["readmissions must be above zero", "got -2",
                                    "An improvement is positive"],
}  # fmt: skip


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    folder = made_once(tmp_path_factory, "broken-terms", _check)
    return json.loads((folder / "found.json").read_text(encoding="utf-8"))


def _check(folder):
    copies = folder / "copies"
    copies.mkdir()
    evaluations.make_all(copies, broken.TERMS)
    before = files_under(copies)
    code, screens, rest = evaluations.check_all(copies, broken.TERMS)
    found = {"code": code, "screens": screens, "rest": rest, "same": files_under(copies) == before}
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


def test_every_one_ends_with_a_code_and_a_screen_and_writes_nothing(checked):
    assert checked["code"] == 1
    assert checked["screens"].keys() == SAID.keys()
    assert checked["rest"].strip() == ""
    assert checked["same"]


@pytest.mark.parametrize("name", SAID)
def test_broken_terms_name_the_clause_the_value_the_rule_and_the_remedy(checked, name):
    screen = " ".join(checked["screens"][name].replace("│", " ").split())
    for words in SAID[name]:
        assert words in screen
    assert "Traceback" not in screen
    assert "function-after" not in screen


def test_the_page_of_broken_terms_is_up_to_date(checked):
    page = evaluations.page(checked["screens"], broken.HEAD, broken.TERMS)
    assert broken.PAGE.read_text(encoding="utf-8") == page
